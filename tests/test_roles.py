"""Any mixture of models and none: who is asked for what is counted at a real endpoint, by the name of the model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from endpoints import ARTICLES, obedient, server_in_a_thread
from model_server import ModelServer, failure

from graphrag_drift import Budget, Index, Settings, build_index, load_settings
from graphrag_drift.app import IndexRun
from graphrag_drift.cli.main import cli
from graphrag_drift.errors import SettingsError
from graphrag_drift.indexing.core import core
from graphrag_drift.settings_file import parse_settings
from graphrag_drift.tasks import EntityDraft, GraphDraft

QUESTION = "Who bought the Aldane Mill?"
DOCUMENTS = pl.DataFrame(list(ARTICLES.items()), ["id", "text"], orient="row")
BY_MODEL = "this answer was written by a language model from the cited documents"
QUOTED = "this answer is extractive: its sentences are quoted from the documents, not written by a model"


class Project:
    """Documents in a folder, read and asked about through a server whose calls are counted by model."""

    def __init__(self, root: Path, server: ModelServer) -> None:
        self.root = root
        self.server = server
        self.counted = 0

    def settings(self, *roles: str, **sections: Any) -> Settings:
        models = {role: {"model": role, "base_url": self.server.base_url, "max_attempts": 1} for role in roles}
        return Settings.model_validate({"root": self.root, "models": models, **sections})

    def calls(self) -> dict[str, int]:
        """How often each model was asked since the last time."""
        models = Counter(call.request["model"] for call in self.server.calls[self.counted :])
        self.counted = len(self.server.calls)
        return dict(models)

    async def index(self, *roles: str, documents: pl.DataFrame = DOCUMENTS, **sections: Any) -> IndexRun:
        return await build_index(self.settings(*roles, **sections), documents=documents)

    async def ask(self, *roles: str, method: Any = "drift", **sections: Any) -> Any:
        index = await Index.open(self.settings(*roles, **sections))
        return await index.ask(QUESTION, method=method)


def projected(work: Callable[[Project], Awaitable[None]]) -> Callable[[Path], None]:
    """A test that gets a project at a server of its own."""

    def run(tmp_path: Path) -> None:
        async def inside() -> None:
            async with ModelServer() as server:
                server.reply(obedient)
                await work(Project(tmp_path, server))

        asyncio.run(inside())

    run.__name__ = work.__name__
    run.__doc__ = work.__doc__
    return run


def made(run: IndexRun) -> set[str]:
    """The steps that were done."""
    return {step for step, reasons in run.steps.items() if reasons}


def answers(notes: tuple[str, ...]) -> list[str]:
    return [note for note in notes if note.startswith(("this answer", "the documents were"))]


@projected
async def test_a_model_for_questions_alone_answers_over_an_index_made_without_one(project: Project) -> None:
    await project.index()
    again = await project.index("query")
    assert (again.changed, made(again), project.calls()) == (False, set(), {})
    answer = await project.ask("query")
    assert answer.text.startswith("Petra Voss sold the mill to Corin Bank. [1]")
    assert set(project.calls()) == {"query"}
    read = "the documents were read by the embedded reader, and the reports on them written by the embedded reader"
    assert answers(answer.notes) == [BY_MODEL, read]


@projected
async def test_a_model_for_reports_alone_writes_them_over_an_embedded_graph(project: Project) -> None:
    before = await project.index()
    run = await project.index("report")
    assert made(run) == {"report", "embed"}
    assert run.counts["entities"] == before.counts["entities"]
    assert project.calls() == {"report": run.counts["community_reports"]}
    answer = await project.ask("report", method="local")
    assert project.calls() == {}
    read = "the documents were read by the embedded reader, and the reports on them written by report"
    assert answers(answer.notes) == [QUOTED, read]


@projected
async def test_a_model_for_reading_alone_leaves_reports_and_answers_to_the_embedded_reader(project: Project) -> None:
    run = await project.index("extract")
    assert set(project.calls()) == {"extract"}
    assert run.counts["community_reports"] > 0
    assert QUOTED in (await project.ask("extract", method="local")).notes
    assert project.calls() == {}


@projected
async def test_a_model_for_ratings_alone_rates_and_answers_nothing(project: Project) -> None:
    project.server.reply(lambda request: {"ratings": [{"row": 1, "rating": 5}]})
    await project.index()
    answer = await project.ask("rate", method="global", global_search={"selection": "dynamic"})
    assert set(project.calls()) == {"rate"}
    assert answers(answer.notes) == [QUOTED]


@projected
async def test_chat_stands_in_for_every_role_that_is_not_set(project: Project) -> None:
    await project.index("chat")
    assert set(project.calls()) == {"chat"}
    run = await project.index("chat", "report")
    assert made(run) == {"report"}
    assert project.calls() == {"report": run.counts["community_reports"]}
    answer = await project.ask("chat", "query")
    assert set(project.calls()) == {"query"}
    assert answers(answer.notes)[1:] == ["the documents were read by chat, and the reports on them written by report"]


MANY = pl.DataFrame(
    [(str(n), f"Petra Voss met Corin Bank at Pier {n}. Lena Roth of Pier {n} wrote to Karl Amsel.") for n in range(5)]
    + [(f"alone {n}", f"Nothing new happened in week {n} of the year.") for n in range(5)],
    ["id", "text"],
    orient="row",
)


@projected
async def test_of_a_share_of_the_text_units_the_model_reads_only_those_at_the_core(project: Project) -> None:
    settings = project.settings("extract", extract_graph={"share": 0.25})
    run = await build_index(settings, documents=MANY)
    requests = [call.request for call in project.server.calls if "graph_reply" in str(call.request["response_format"])]
    texts = [request["messages"][-1]["content"] for request in requests]
    assert len(texts) == 2 * 3  # three of ten text units, each gleaned once
    assert not any("Nothing new" in text for text in texts)
    assert run.readers["extract"] == "extract (a share of 0.25) and the embedded reader"
    entities = (await Index.open(settings)).graph.entities["title"].to_list()
    assert {"Lena Roth", "Karl Amsel"} <= set(entities)
    # What the model says is strong, and what the embedded reader counts, have one measure.
    assert (await Index.open(settings)).graph.relationships["weight"].max() <= 5
    project.calls()
    await build_index(settings, documents=MANY.reverse())
    assert project.calls() == {}


def test_the_core_are_the_texts_that_names_link_most_whatever_stands_before_them() -> None:
    def draft(*names: str) -> GraphDraft:
        return GraphDraft(tuple(EntityDraft(name, "person", "") for name in names))

    hub, first, second, alone, silent = draft("A", "B", "C"), draft("A"), draft("b", "C"), draft("Z"), draft()
    assert core([alone, hub, first, second, silent], "abcde", 0.2) == {1}
    assert core([silent, second, alone, first, hub], "abcde", 0.2) == {4}
    assert core([alone, hub, first, second, silent], "abcde", 0.4) == {1, 3}
    assert core([hub, first], "ab", 1.0) == {0, 1}
    assert core([hub, first], "ab", 0.0) == core([], "", 0.5) == frozenset()
    assert core([silent, silent], "ba", 0.5) == {1}


NEEDED: Mapping[str, Any] = {"community_reports": {"when": "needed"}}


@projected
async def test_a_report_is_written_when_a_question_first_needs_it_and_paid_once(project: Project) -> None:
    await project.index()
    run = await project.index("report", "query", **NEEDED)
    assert (made(run), project.calls()) == (set(), {})
    assert run.readers["report"] == "the embedded reader, and by report when a question needs one"
    index = await Index.open(project.settings("report", "query", **NEEDED))
    await index.ask(QUESTION, method="drift", budget=Budget(tokens=50_000))  # which is for the answer
    assert set(project.calls()) == {"query"}
    answer = await project.ask("report", "query", **NEEDED)
    calls = project.calls()
    assert 0 < calls["report"] <= run.counts["community_reports"]
    note = f"for this question {calls['report']} community reports were written by a model, and kept"
    assert note in answer.notes
    primed = [call for call in project.server.calls if "A mill changed hands." in str(call.request["messages"])]
    assert primed
    again = await project.ask("report", "query", **NEEDED)
    assert (again.text, project.calls()) == (answer.text, {})
    assert note not in again.notes
    await project.ask("report", "query", method="global", **NEEDED)
    assert project.calls().get("report", 0) <= run.counts["community_reports"] - calls["report"]
    await project.ask("report", "query", method="local", **NEEDED)
    assert "report" not in project.calls()


@projected
async def test_a_report_that_cannot_be_written_stands_as_the_index_has_it(project: Project) -> None:
    await project.index()
    project.server.reply(lambda request: failure(400) if request["model"] == "report" else obedient(request))
    answer = await project.ask("report", "query", **NEEDED)
    assert answer.text.startswith("Petra Voss sold the mill")
    assert any("could not be written, and stand as the index has them" in note for note in answer.notes)
    assert not [note for note in answer.notes if "were written by a model, and kept" in note]


@projected
async def test_reports_of_an_embedded_answer_may_be_written_by_a_model_too(project: Project) -> None:
    await project.index()
    answer = await project.ask("report", method="global", **NEEDED)
    assert set(project.calls()) == {"report"}
    assert QUOTED in answer.notes


@pytest.mark.parametrize(
    ("roles", "sections", "said"),
    [
        (("query", "report"), {"extract_graph": {"share": 0.1}}, "set models.extract or models.chat, or extract_graph"),
        (("query", "extract"), NEEDED, "set models.report or models.chat, or community_reports.when to always"),
        (
            ("query", "report"),
            {"extract_claims": {"enabled": True}},
            "claims need a language model: set models.extract",
        ),
    ],
)
def test_a_model_that_is_wanted_and_not_there_is_a_mistake_of_the_settings(
    roles: tuple[str, ...], sections: Mapping[str, Any], said: str, tmp_path: Path
) -> None:
    @projected
    async def work(project: Project) -> None:
        with pytest.raises(SettingsError, match=said):
            await project.index(*roles, **sections)
        assert project.calls() == {}

    work(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {query: {base_url: 'http://x/v1', api_key: sk-canary}}", "'models.query' has no 'model'; add 'model"),
        ("models: {query: gpt-4.1-mini}", r"expected settings below it, as in \{model: gpt-4.1-mini\}"),
        ("models: {query: {model: ''}}", "'models.query.model' has the value ''"),
        (
            "extract_graph: {share: 10}",
            "'extract_graph.share' has the value 10: Input should be less than or equal to 1",
        ),
        ("extract_graph: {share: -0.1}", "greater than or equal to 0"),
        ("community_reports: {when: never}", "Input should be 'always' or 'needed'"),
    ],
)
def test_a_role_without_usable_settings_is_one_sentence_and_shows_no_key(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        parse_settings(text, root=Path(), name="settings.yaml")
    assert "canary" not in str(raised.value)


def test_a_key_is_missing_only_when_its_role_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    with server_in_a_thread() as server:
        model = f"{{model: any, base_url: '{server.base_url}', api_key: '${{NOWHERE_SET}}'}}"
        (tmp_path / "settings.yaml").write_text(f"models: {{query: {model}}}\n", "utf-8")
        settings = load_settings(tmp_path)
        asyncio.run(build_index(settings, documents=DOCUMENTS))
        with pytest.raises(SettingsError, match="the variable 'NOWHERE_SET', in which the key of model 'any' is to be"):
            Index.open_sync(settings).ask_sync(QUESTION)
        assert server.calls == []
        monkeypatch.setenv("NOWHERE_SET", "sk-there")
        Index.open_sync(load_settings(tmp_path)).ask_sync(QUESTION)
        assert {call.headers["authorization"] for call in server.calls} == {"Bearer sk-there"}


def typed(*arguments: str) -> tuple[int, str]:
    """The exit code, and what was printed or raised."""
    done = CliRunner().invoke(cli, arguments)
    return done.exit_code, done.output + (str(done.exception) if isinstance(done.exception, SettingsError) else "")


@pytest.mark.parametrize(
    ("options", "model", "base_url", "key"),
    [
        (("gpt-4.1-mini",), "gpt-4.1-mini", None, "${OPENAI_API_KEY}"),
        (("ollama/qwen3:8b",), "qwen3:8b", "http://localhost:11434/v1", None),
        (("llamacpp/any",), "any", "http://localhost:8080/v1", None),
        (("lmstudio/org/small", "--base-url", "http://10.0.0.7:1/v1"), "org/small", "http://10.0.0.7:1/v1", None),
        (
            ("org/big", "--base-url", "https://host.example/v1"),
            "org/big",
            "https://host.example/v1",
            "${MODEL_API_KEY}",
        ),
        (("a: #b", "--base-url", "http://127.0.0.1:1"), "a: #b", "http://127.0.0.1:1", None),
    ],
)
def test_init_writes_settings_for_a_model_that_answers(
    options: tuple[str, ...], model: str, base_url: str | None, key: str | None, tmp_path: Path
) -> None:
    code, printed = typed("init", "-r", str(tmp_path), "--model", *options)
    assert code == 0, printed
    models = load_settings(tmp_path).models
    assert models.query is not None
    secret = models.query.api_key and models.query.api_key.get_secret_value()
    assert (models.query.model, models.query.base_url, secret) == (model, base_url, key)
    assert (models.chat, models.extract, models.report) == (None, None, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "org/big"), "it is not known where 'org/big' is; give --base-url"),
        (("--model", "ollama/"), "the name of a model is missing"),
        (("--model", "m", "--base-url", "host"), "'host' is no address of an endpoint"),
        (("--base-url", "http://x/v1"), "name it with --model"),
    ],
)
def test_init_writes_nothing_for_a_model_that_is_nowhere(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    code, printed = typed("init", "-r", str(tmp_path), *options)
    assert code != 0
    assert said in printed
    assert list(tmp_path.iterdir()) == []


def test_what_init_writes_works_and_every_command_says_who_reads_what(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        root = str(tmp_path)
        typed("init", "-r", root, "--model", "small", "--base-url", server.base_url)
        for name, text in ARTICLES.items():
            (tmp_path / "input" / name).write_text(text, "utf-8")
        line = "Documents are read and reports written by the embedded reader; questions are answered by small."
        for command in ("index", "status", "doctor"):
            assert line in typed(command, "-r", root)[1]
        assert "No model is asked while indexing" in typed("index", "--estimate", "-r", root)[1]
        assert "Petra Voss sold the mill" in typed("query", "-r", root, QUESTION)[1]
        file = tmp_path / "settings.yaml"
        file.write_text(file.read_text("utf-8").replace("  query:", "  report:"), "utf-8")
        assert (
            "after the next `graphrag-drift index`: Documents are read by the embedded"
            in typed("status", "-r", root)[1]
        )
        assert "reports (small)" in typed("index", "--estimate", "-r", root)[1]
