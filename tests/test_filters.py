"""Questions to a part of the documents, and questions in a conversation, by every method."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command_line import run_command

from graphrag_drift import Answer, Branch, Filters, Index, Settings, build_index_sync
from graphrag_drift.errors import SettingsError
from graphrag_drift.query.filters import allowed_documents
from graphrag_drift.tables import DOCUMENTS, conform, stated_dates

METHODS = ("basic", "local", "global", "drift", "auto")
QUESTION = "What happened in the dockers' strike at the port?"


def cited(answer: Answer) -> set[str]:
    def of(branch: Branch | None) -> Iterator[str]:
        if branch is not None:
            yield from (citation.document_id for citation in branch.citations)
            for child in branch.children:
                yield from of(child)

    return {citation.document_id for citation in answer.citations} | set(of(answer.tree))


def dates(index: Index) -> dict[str, str]:
    return {row[0]: row[1][:10] for row in index.graph.documents.select("id", "creation_date").iter_rows()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("since", "until"), [("2025-03-20", ""), ("", "2025-03-10"), ("2025-04", "2025-04")])
def test_answers_rest_on_nothing_outside_the_dates(method: Any, since: str, until: str, newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync(QUESTION, method=method, filters=Filters(since=since, until=until))
    of = dates(newsroom_index)
    assert cited(answer)
    assert all(
        of[document] >= since and (not until or of[document][: len(until)] <= until) for document in cited(answer)
    )


def test_retrieval_ranks_only_what_passes_and_finds_as_much(newsroom_index: Index) -> None:
    of = dates(newsroom_index)
    found = newsroom_index.retrieve(QUESTION, k=10, filters=Filters(since="2025-04"))
    assert found.height == 10
    assert all(of[document] >= "2025-04" for document in found["document_id"])
    everything = newsroom_index.retrieve(QUESTION, k=10, filters=Filters(where=(("id", "*"),)))
    assert set(everything["text_unit_id"]) == set(newsroom_index.retrieve(QUESTION, k=10)["text_unit_id"])


@pytest.fixture(scope="module")
def wires(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Two sources that tell of the same mill, one of them without a date."""
    frame = pl.DataFrame(
        {
            "title": ["Mill sold", "Mill kept"],
            "text": ["Petra Voss sold the Aldane Mill to Corin Bank.", "Petra Voss kept the Aldane Mill after all."],
            "source": ["Harbour Wire", "Tamsin Post"],
            "date": ["2025-05-02", ""],
        }
    )
    root = tmp_path_factory.mktemp("wires")
    settings = Settings.model_validate({"root": root, "input": {"metadata_columns": ["source"]}})
    build_index_sync(settings, documents=frame)
    return Index.open_sync(settings)


def test_metadata_chooses_documents_and_a_star_stands_for_anything(wires: Index) -> None:
    for value, said in (("Harbour Wire", "sold"), ("Tam*", "kept")):
        answer = wires.ask_sync("What did Petra Voss do?", method="local", filters=Filters(where=(("source", value),)))
        assert said in answer.text
        assert len(cited(answer)) == 1
    nothing = wires.ask_sync("What did Petra Voss do?", method="drift", filters=Filters(where=(("source", "X"),)))
    assert (nothing.text, nothing.citations) == ("Nothing in the documents answers this directly.", ())


def test_documents_without_a_date_are_left_out_and_counted(wires: Index) -> None:
    answer = wires.ask_sync("What did Petra Voss do?", method="basic", filters=Filters(since="2025"))
    assert "1 document(s) without a date of their own were left out" in answer.notes
    assert len(cited(answer)) == 1


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        (Filters(since="last week"), "since 'last week' is no date"),
        (Filters(where=(("sauce", "x"),)), "no document has 'sauce'; known are id, title, path, language, source"),
    ],
)
def test_what_is_no_filter_is_one_sentence(filters: Filters, says: str, wires: Index) -> None:
    with pytest.raises(SettingsError, match=says):
        wires.ask_sync("What did Petra Voss do?", filters=filters)


@pytest.mark.parametrize("method", METHODS)
def test_a_question_in_a_conversation_is_read_so_that_it_stands_alone(method: Any, newsroom_index: Index) -> None:
    history = [("Who is Ingrid Solvay?", "She mediated the strike at the port.")]
    answer = newsroom_index.ask_sync("What did she propose?", method=method, history=history)
    assert answer.question == "What did she propose?"
    assert answer.notes[0].startswith("the question was read as 'What did she propose? (Ingrid Solvay")
    assert "Solvay" in " ".join([answer.text, *(branch.answer for branch in [answer.tree] if branch)])


def test_a_question_that_names_somebody_stays_as_it_is(newsroom_index: Index) -> None:
    history = [("Who is Ingrid Solvay?", "A mediator.")]
    plain = newsroom_index.ask_sync("Who sold the Brackwater wells?", method="local")
    answer = newsroom_index.ask_sync("Who sold the Brackwater wells?", method="local", history=history)
    assert answer.text == plain.text


def test_the_command_line_takes_filters_and_a_history(wires: Index, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("{}\n", "utf-8")
    (tmp_path / "history.json").write_text(json.dumps([{"question": "Who is Petra Voss?", "answer": "Ah."}]), "utf-8")
    data = str(wires.settings.output_folder)

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return run_command("query", "What did she do?", "-r", str(tmp_path), "-d", data, *options)

    done = run("--where", "source=Tamsin*", "--history", str(tmp_path / "history.json"), "-m", "local", "--json")
    assert "kept the Aldane Mill" in json.loads(done.stdout)["text"]
    for options, says in (
        (["--where", "source"], "--where 'source' is no filter; expected KEY=VALUE"),
        (["--since", "soon"], "since 'soon' is no date"),
        (["--history", str(tmp_path / "settings.yaml")], "expected a JSON list such as"),
    ):
        refused = run(*options)
        assert refused.returncode == 2
        assert says in refused.stderr


def test_a_date_that_only_a_programs_properties_give_is_neither_shown_nor_filtered_by() -> None:
    rows = [("a", "2031-04-05", "PDF properties (last resort)"), ("b", "2031-04-06", "dateline"), ("c", "", "")]
    frame = pl.DataFrame(rows, ["id", "creation_date", "date_source"], orient="row")
    documents = conform(
        frame.with_columns(**{name: pl.lit(None) for name in DOCUMENTS if name not in frame.columns}), DOCUMENTS, "rows"
    )
    assert stated_dates(documents).to_list() == ["", "2031-04-06", ""]
    passed, notes = allowed_documents(documents, Filters(since="2000"))
    assert (passed, notes) == (frozenset("b"), ("2 document(s) without a date of their own were left out",))


def test_a_question_in_a_language_that_few_documents_are_in_is_told_so(tmp_path: Path) -> None:
    texts = [
        "Die Brücke von Aldernach ist seit Montag für den Verkehr gesperrt.",
        "등대지기 한소율은 화요일 등대를 떠났다.",
    ]
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings, documents=pl.DataFrame({"title": ["a", "b"], "text": texts}))
    index = Index.open_sync(settings)
    note = "the question is in English, as are 0 of 2 documents: ask in that of the others"
    assert note in index.ask_sync("When was the bridge of Aldernach closed?").notes
    for question in ("Wann wurde die Brücke von Aldernach gesperrt?", "한소율은 언제 떠났는가?", "Aldernach"):
        assert not any("the question is in" in note for note in index.ask_sync(question).notes)
