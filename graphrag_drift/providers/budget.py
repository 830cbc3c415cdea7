"""What may be spent at models, in tokens or money, and what was."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.values import Usage


class BudgetExhausted(GraphRAGError):
    """The tokens or the money allowed are used up."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Price:
    """Money for a million tokens, in whatever currency the user thinks in; nothing is assumed."""

    input: float
    output: float = 0.0
    cached_input: float | None = None

    def of(self, usage: Usage) -> float:
        """What `usage` costs."""
        cached = self.input if self.cached_input is None else self.cached_input
        fresh = usage.prompt_tokens - usage.cached_tokens
        return (fresh * self.input + usage.cached_tokens * cached + usage.completion_tokens * self.output) / 1e6


@dataclass
class Budget:
    """What may be spent, by all who share it; None: as much as it takes. Calls in flight may go beyond."""

    tokens: int | None = None
    money: float | None = None
    usage: Usage = field(default_factory=Usage)
    spent: float = 0.0

    def pay(self, usage: Usage, price: Price | None) -> None:
        """Count what was used."""
        self.usage = self.usage + usage
        self.spent += price.of(usage) if price else 0.0

    def check(self) -> None:
        """Raises: BudgetExhausted, if nothing is left."""
        used = self.usage.prompt_tokens + self.usage.completion_tokens
        kept = "replies so far are kept, run again with a larger one"
        if self.tokens is not None and used >= self.tokens:
            raise BudgetExhausted(f"the budget of {self.tokens} tokens is used up ({used}); {kept}")
        if self.money is not None and self.spent >= self.money:
            raise BudgetExhausted(f"the budget of {self.money:g} is used up ({self.spent:.4f}); {kept}")
