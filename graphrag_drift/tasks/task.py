"""What every task says of itself: its prompt, the role of the model that is asked, its reply, its stage of indexing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args

R = TypeVar("R")
Role = Literal["extract", "report", "query", "rate", "judge"]
ROLES: tuple[Role, ...] = get_args(Role)
"""What models can be set for, apart from "chat", which stands in for each."""


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """A question to a reader; `R` is the type of the reply."""

    prompt: ClassVar[str] = ""
    """The name of its prompt, for a language model."""
    further_prompts: ClassVar[tuple[str, ...]] = ()
    """The names of prompts that continue the first."""
    role: ClassVar[Role] = "query"
    """Whose model is asked."""
    stage: ClassVar[str] = ""
    """How estimates call this part of indexing; "" if the reply shapes no index."""


def prompt_names(kinds: Iterable[type[Task[Any]]]) -> tuple[str, ...]:
    """The names of all prompts of the tasks, in their order."""
    return tuple(name for kind in kinds for name in (kind.prompt, *kind.further_prompts))


def reply_type(kind: type[Task[Any]]) -> Any:
    """The `R` of `class Kind(Task[R])`: GraphDraft for ExtractGraph."""
    return get_args(kind.__orig_bases__[0])[0]  # type: ignore[attr-defined]
