"""The context of each model -> the settings whose budgets fit into it, with room for instructions and the reply.

Asks nobody: what a server tells of its models is for `providers/openai/windows.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from graphrag_drift.settings import Section, Settings

S = TypeVar("S", bound=Section)
_REPLY_TOKENS = 1_500
_REPLY_SHARE = 0.25  # of a small context, at most
_INSTRUCTIONS = 500  # of our prompts, with a question of usual length
_LEAST = 100
TOKENS_FOR_ONE = 1.25
"""Tokens of a model for one of ours, where `doctor` has not measured them: 1.1 to 1.2 were seen of English."""

_BUDGETS: tuple[tuple[str, str, str], ...] = (
    ("report", "community_reports", "max_input_length"),
    ("query", "basic_search", "max_context_tokens"),
    ("query", "local_search", "max_context_tokens"),
    ("query", "global_search", "data_max_tokens"),
    ("query", "drift_search", "data_max_tokens"),
    ("query", "drift_search", "primer_fold_tokens"),
    ("query", "drift_search", "follow_up_context_tokens"),
)


def reply_tokens(window: int) -> int:
    """How much of a context of `window` tokens is left to the reply."""
    return min(_REPLY_TOKENS, int(window * _REPLY_SHARE))


def budget_in(window: int, ratio: float | None = None) -> int:
    """The tokens of ours that may be shown to a model of `window` tokens; `ratio`: its tokens for one of ours."""
    return max(_LEAST, int((window - reply_tokens(window)) / (ratio or TOKENS_FOR_ONE)) - _INSTRUCTIONS)


def fitted(settings: Settings, budget_of: Callable[[str], int | None]) -> Settings:
    """`settings` with no budget above what the model of its role can be shown; None: as much as is set."""
    sections: dict[str, Section] = {}
    for role, name, field in _BUDGETS:
        most = budget_of(role)
        section: Section = sections.get(name) or getattr(settings, name)
        if most is not None and getattr(section, field) > most:
            sections[name] = section.model_copy(update={field: most})
    return settings.model_copy(update=sections) if sections else settings
