"""What an index shows of one entity, of its documents and of what happened when."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from graphrag_drift import Index, Settings, SettingsError, build_index_sync

ARTICLES = {
    "fire.txt": (
        "Fire destroys Aldane Mill\n\nBy Ann Lee | Mill Post | 2025-03-04\n\n"
        "A fire destroyed the Aldane Mill on Monday. The owner, Petra Voss, said that nobody was hurt."
    ),
    "sale.txt": (
        "Petra Voss sells mill\n\nBy Ann Lee | Mill Post | 2025-05-06\n\n"
        "Corin Bank bought the Aldane Mill from Petra Voss on Monday for $2 million. Voss will leave."
    ),
    "note.txt": "Mill note\n\nPetra Voss and Corin Bank wrote a note on the Aldane Mill.",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root: Path = tmp_path_factory.mktemp("mill")
    (root / "input").mkdir()
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    settings = Settings.model_validate({"root": root})
    build_index_sync(settings)
    return Index.open_sync(settings)


def test_an_entity_is_found_by_its_title_another_name_and_its_id(index: Index) -> None:
    entity = index.entity("Petra Voss")
    assert [alias.name for alias in entity.aliases] == ["Voss"]
    assert index.entity(" petra  VOSS ") == index.entity("Voss") == index.entity(entity.id) == entity


def test_an_entity_has_passages_by_date_and_neighbours_with_what_they_rest_on(index: Index) -> None:
    entity = index.entity("Petra Voss")
    assert [passage.date for passage in entity.passages[:2]] == ["2025-03-04", "2025-05-06"]
    assert entity.passages[-1].date == ""
    texts = index.graph.texts
    for passage in [*entity.passages, *entity.evidence, *(p for each in entity.neighbours for p in each.evidence)]:
        assert texts[passage.document_id][passage.start : passage.end] == passage.text
        assert (passage.path.endswith(".txt"), passage.source in ("Mill Post", "")) == (True, True)
    assert {each.title for each in entity.neighbours} <= set(index.graph.entities["title"])
    assert entity.degree == len(entity.neighbours)


def test_a_word_that_only_one_entity_has_in_its_name_is_enough(index: Index) -> None:
    assert index.entity("corin").title == "Corin Bank"


def test_a_name_that_nobody_has_is_told_with_those_most_like_it(index: Index) -> None:
    with pytest.raises(SettingsError, match="the documents name no 'Petra Vos'; nearest are 'Petra Voss'"):
        index.entity("Petra Vos")
    with pytest.raises(SettingsError, match="nearest are 'Aldane Mill'"):
        index.timeline("aldan")
    with pytest.raises(SettingsError, match="see the table 'entities'"):
        index.entity("qqqq")


def test_a_timeline_has_of_each_dated_document_the_first_sentence_that_names_somebody(index: Index) -> None:
    assert [(passage.date, passage.text) for passage in index.timeline("Voss")] == [
        ("2025-03-04", "The owner, Petra Voss, said that nobody was hurt."),
        ("2025-05-06", "Corin Bank bought the Aldane Mill from Petra Voss on Monday for $2 million."),
    ]


def test_a_timeline_of_all_has_how_each_dated_document_begins(index: Index) -> None:
    assert [(passage.title, passage.text) for passage in index.timeline()] == [
        ("Fire destroys Aldane Mill", "A fire destroyed the Aldane Mill on Monday."),
        ("Petra Voss sells mill", "Corin Bank bought the Aldane Mill from Petra Voss on Monday for $2 million."),
    ]


def test_a_timeline_leaves_copies_out(newsroom_index: Index) -> None:
    copies = set(newsroom_index.documents.filter(pl.col("copy_of").is_not_null())["id"])
    assert copies
    assert copies.isdisjoint(passage.document_id for passage in newsroom_index.timeline())


def test_documents_come_newest_first_with_where_they_are_from(index: Index) -> None:
    rows = index.documents.select("title", "date", "source", "path", "characters").rows()
    assert rows == [
        ("Petra Voss sells mill", "2025-05-06", "Mill Post", "sale.txt", len(ARTICLES["sale.txt"])),
        ("Fire destroys Aldane Mill", "2025-03-04", "Mill Post", "fire.txt", len(ARTICLES["fire.txt"])),
        ("Mill note", "", "", "note.txt", len(ARTICLES["note.txt"])),
    ]


def test_an_entity_is_json_as_it_stands(index: Index) -> None:
    fields = asdict(index.entity("Corin Bank"))
    assert list(fields)[:4] == ["id", "title", "kind", "description"]
    assert list(fields["neighbours"][0]) == ["id", "title", "description", "weight", "evidence"]


def test_a_follow_up_is_about_the_person_whom_the_last_answer_names(newsroom_index: Index) -> None:
    question = "Who was elected mayor of Port Ellery?"
    answer = newsroom_index.ask_sync(question)
    assert "Oyelaran" not in question
    follow_up = newsroom_index.ask_sync("What will she do first?", history=[(question, answer.text)])
    assert "Miriam Oyelaran" in next(note for note in follow_up.notes if "was read as" in note)
    assert all("Oyelaran" in paragraph for paragraph in follow_up.text.split("\n\n"))
