"""What models were paid for while something was done, and what may be: `with metered(budget) as meter: ...`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from graphrag_drift.errors import BudgetExhausted
from graphrag_drift.settings import Price
from graphrag_drift.values import Budget, Usage


@dataclass
class Meter:
    """Usage so far, by model; tasks that are started inside the block count too."""

    budget: Budget = field(default_factory=Budget)
    _by_model: dict[str, Usage] = field(default_factory=dict)

    @property
    def by_model(self) -> Mapping[str, Usage]:
        """What each model was paid for, by name."""
        return dict(sorted(self._by_model.items()))

    @property
    def usage(self) -> Usage:
        """What all models were paid for."""
        return sum(list(self._by_model.values()), Usage())  # a copy: bars look at it from another thread

    def count(self, usage: Usage, model: str) -> None:
        """Add to what `model` was paid for."""
        self._by_model[model] = self._by_model.get(model, Usage()) + usage

    def check(self, ahead: Usage) -> None:
        """Raises: BudgetExhausted, if nothing is left of the budget's tokens or money once `ahead` is spent too."""
        if self.budget.tokens is None and self.budget.money is None:
            return
        used = self.usage + ahead
        kept = "replies so far are kept, run again with a larger one"
        tokens = used.prompt_tokens + used.completion_tokens
        if self.budget.tokens is not None and tokens >= self.budget.tokens:
            raise BudgetExhausted(f"the budget of {self.budget.tokens} tokens is used up ({tokens}); {kept}")
        if self.budget.money is not None and used.money >= self.budget.money:
            raise BudgetExhausted(f"the budget of {self.budget.money:g} is used up ({used.money:.4f}); {kept}")


_METERS: ContextVar[tuple[Meter, ...]] = ContextVar("meters", default=())


@contextmanager
def metered(budget: Budget | None = None) -> Iterator[Meter]:
    """A meter of all that is spent inside the block; meters may stand in one another."""
    meter = Meter(budget or Budget())
    token = _METERS.set((*_METERS.get(), meter))
    try:
        yield meter
    finally:
        _METERS.reset(token)


def spend(usage: Usage, model: str, price: Price | None) -> None:
    """Count `usage` on every meter around the caller, with the money that it is at `price`."""
    priced = _priced(usage, price)
    for meter in _METERS.get():
        meter.count(priced, model)


def check_budgets(ahead: Usage | None = None, price: Price | None = None) -> None:
    """Raises: BudgetExhausted, if a meter around the caller has nothing left. Calls in flight may go beyond.

    `ahead` is what is bound to be spent, besides what was.
    """
    coming = _priced(ahead or Usage(), price)
    for meter in _METERS.get():
        meter.check(coming)


def _priced(usage: Usage, price: Price | None) -> Usage:
    if price is None:
        return usage
    return replace(usage, money=price.of(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens))
