"""What a reader can be asked: one frozen dataclass a task, which knows the type of its reply and who is to be asked.

A new task is a class in `indexing.py` or `questions.py`, a prompt of its name in `prompts/`, and a method of each
reader that answers it; prompts, shapes, roles and stages follow from the class. The words for a language model are not
here but in `prompts/`.
"""

from __future__ import annotations

from typing import Any

from graphrag_drift.tasks import indexing, questions
from graphrag_drift.tasks.indexing import *  # noqa: F403
from graphrag_drift.tasks.questions import *  # noqa: F403
from graphrag_drift.tasks.task import ROLES, Role, Task, prompt_names, reply_type

__all__ = ["ROLES", "TASKS", "Role", "Task", "prompt_names", "reply_type"]

TASKS: tuple[type[Task[Any]], ...] = tuple(
    value
    for module in (indexing, questions)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Task) and value is not Task
)
"""Every task, in the order of the files: ids of readers hang on it."""
