"""A task says all that lists of tasks need: a new one is a class, a prompt, and a method of each reader."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from graphrag_drift import tasks
from graphrag_drift.commands.estimate import _STAGES
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.prompts import NAMES, Prompt, Prompts, fenced, load_prompts
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.llm.asking import Asking, Reply, Request
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.llm.shapes import FindingsReply, shape_for, shape_of
from graphrag_drift.providers.testing import ScriptedChat, ScriptedReader
from graphrag_drift.settings import ModelSettings, Settings, role_models
from graphrag_drift.tasks import TASKS, Findings, Task
from graphrag_drift.values import Shown

PACKAGE = Path(tasks.__file__).parent.parent
ROWS = (Shown(1, "source", "A mill burned.", (), "News"),)
INDEXING = [kind for kind in TASKS if kind.stage]
ADA = tasks.EntityDraft("A", "person", "x")
# The first request that a task makes to a model called "scripted": its prompt, and the key of the kept reply.
KEYS = {
    tasks.ExtractGraph("Ada met Bo."): ("extract_graph", "69053ab56d3150be22a4ed8fd444b92d"),
    tasks.ResolvePair(ADA, ADA): ("resolve_entities", "be3a4fd4381119b995c87bdfbd79cdd4"),
    tasks.WriteReport(ROWS, (), ()): ("write_report", "423be1e2b21f6939e6634a8414d75d26"),
    tasks.AnswerFollowUp("Who?", "When?", ROWS, 3): ("answer_follow_up", "2df93d6190d62e2f964c060926304639"),
    tasks.AnswerQuestion("Who?", ROWS): ("answer_question", "a48019a8409aebf77b5fed1cbe792ab4"),
    tasks.RateReports("Who?", ROWS): ("rate_reports", "76375889f5534cb83818835bd19398f4"),
}


class Words:
    """Counts words."""

    id = "words"

    def count(self, text: str) -> int:
        return len(text.split())


class Listening(Asking):
    """Remembers requests."""

    def __init__(self, chats: dict[str, ScriptedChat]) -> None:
        super().__init__(chats)
        self.requests: list[Request] = []

    async def ask(self, request: Request, read: Any) -> tuple[Any, Reply]:
        self.requests.append(request)
        return await super().ask(request, read)


@pytest.mark.parametrize("task", KEYS, ids=lambda task: task.prompt)
def test_kept_replies_are_found_whatever_classes_and_functions_are_called(task: Task[Any]) -> None:
    asker = Listening({"chat": ScriptedChat(lambda messages: ValueError("it is enough to be asked"))})
    with pytest.raises(ValueError, match="enough"):
        asyncio.run(LLMReader(asker, load_prompts(), Words()).read(task))
    request = asker.requests[0]
    assert (request.prompt, asker.key(request)) == KEYS[task]


def test_ids_of_readers_do_not_hang_on_the_names_of_classes_and_functions() -> None:
    reader = LLMReader(Asking({"chat": ScriptedChat([])}), load_prompts(), Words())
    assert (reader.id, reader.id_of(INDEXING)) == (
        "llm-4d1d9aab4fabb956e9a8841b08f4c627",
        "llm-5e2bfaff32781186aa948ed6de145ae2",
    )


def test_every_task_has_a_prompt_of_its_own_and_every_prompt_a_file() -> None:
    assert len(set(NAMES)) == len(NAMES) > len(TASKS)
    assert {path.stem for path in (PACKAGE / "prompts").glob("*.md")} == set(NAMES)


def test_a_language_model_is_asked_every_task() -> None:
    reader = LLMReader(Asking({"chat": ScriptedChat([])}), load_prompts(), Words())
    assert tuple(reader._replies) == TASKS


def test_every_stage_of_indexing_is_in_estimates_under_a_name_of_its_own() -> None:
    prompts = tasks.prompt_names(kind for kind in TASKS if kind.stage)
    assert set(_STAGES) == {*prompts, "embed"}
    assert len(set(_STAGES.values())) == len(_STAGES)


def test_every_role_can_be_set_a_model() -> None:
    models = {role: {"model": role} for role in (*tasks.ROLES, "chat")}
    chosen = role_models(Settings.model_validate({"models": models}))
    assert {role: model.model for role, model in chosen.items()} == {role: role for role in models}
    assert {kind.role for kind in TASKS} == set(tasks.ROLES)


def test_rating_is_for_the_model_that_answers_unless_it_has_its_own() -> None:
    chosen = role_models(Settings.model_validate({"models": {"query": {"model": "big"}}}))
    assert chosen == {"query": ModelSettings(model="big"), "rate": ModelSettings(model="big")}


@dataclass(frozen=True, slots=True)
class Rebut(Task[Findings]):
    """Answer a statement with what speaks against it."""

    prompt = "rebut"
    role = "judge"

    statement: str


REBUT = Prompt("rebut", "Say what speaks against it.", "{{statement}}")


class RebuttingModel(LLMReader):
    """Asks a language model for it."""

    def __init__(self, asker: Asking, prompts: Prompts) -> None:
        super().__init__(asker, prompts, Words())
        self._replies[Rebut] = self._rebut

    async def _rebut(self, task: Rebut) -> Findings:
        reply, _ = await self._requests.shaped(
            self._requests.request(Rebut, statement=fenced(task.statement)), FindingsReply
        )
        return Findings(reply.answer, reply.score)


class RebuttingText(ExtractiveReader):
    """Denies it."""

    def __init__(self) -> None:
        super().__init__(Lexicon.from_texts(["A mill burned."]))
        self._replies[Rebut] = lambda task: Findings(f"Not so: {task.statement}", 10.0)


def with_rebut() -> Prompts:
    return replace(load_prompts(), prompts={**load_prompts().prompts, "rebut": REBUT})


def test_a_new_task_is_a_class_a_prompt_and_a_method_of_each_reader() -> None:
    judge = ScriptedChat(['{"answer":"It rained.","score":70,"follow_ups":[]}'], name="judge")
    asker = Listening({"chat": ScriptedChat([]), "judge": judge})
    task = Rebut("The mill burned.")
    assert asyncio.run(RebuttingModel(asker, with_rebut()).read(task)) == Findings("It rained.", 70.0)
    assert [(request.role, request.prompt) for request in asker.requests] == [("judge", "rebut")]
    assert judge.shapes == [shape_of(FindingsReply)] == [shape_for(Rebut)]
    assert asyncio.run(RebuttingText().read(task)) == Findings("Not so: The mill burned.", 10.0)
    scripted = ScriptedReader({Rebut: Findings("No.", 0.0)})
    assert asyncio.run(scripted.read(task)) == Findings("No.", 0.0)


def test_a_new_task_about_questions_changes_the_id_of_its_reader_but_no_index() -> None:
    asker = Asking({"chat": ScriptedChat([])})
    before, after = LLMReader(asker, load_prompts(), Words()), RebuttingModel(asker, with_rebut())
    assert before.id != after.id
    assert before.id_of(INDEXING) == after.id_of(INDEXING)


@pytest.mark.parametrize("folder", ["indexing", "resolution", "providers/embedded"])
def test_no_index_is_made_anew_for_an_edit_of_the_tasks_of_questions(folder: str) -> None:
    from graphrag_drift.versions import _modules, _read

    pending = [f"graphrag_drift.{folder.replace('/', '.')}.{name}" for name in _entries(folder)]
    reached: set[str] = set()
    while pending:
        module = pending.pop()
        if module not in reached:
            reached.add(module)
            pending += [part for statement in _read(module)[1] for part in _modules(statement, "graphrag_drift")]
    assert "graphrag_drift.tasks.indexing" in reached
    assert "graphrag_drift.tasks.questions" not in reached


def _entries(folder: str) -> list[str]:
    """The modules that hold steps, or what a step asks for."""
    if folder == "providers/embedded":
        return ["indexing"]
    named = ast.walk(ast.parse((PACKAGE / "app.py").read_text("utf-8")))
    modules = [node.module for node in named if isinstance(node, ast.ImportFrom) and node.module]
    start = f"graphrag_drift.{folder}."
    return [module.removeprefix(start) for module in modules if module.startswith(start)]
