"""Wire copies: found, linked to one original, set aside only where they say nothing of their own."""

from __future__ import annotations

import polars as pl
import pytest

from graphrag_drift.indexing.chunk import cut
from graphrag_drift.indexing.copies import copies_found, link_copies
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.tables import DOCUMENTS, TEXT_UNITS

WIRE = (
    "Dockers at the port of Corvane walked out on Monday after talks with the operator broke down. "
    "The union said 1,200 workers had joined the strike, which stops all container traffic. "
    "The operator called the action irresponsible and asked the government to step in. "
    "Freight costs have doubled since January, according to a survey of importers. "
    "A spokeswoman for the ministry said a mediator would be named within the week. "
    "Retailers fear that shelves will be empty before the spring holidays begin."
)
CORRECTED = WIRE.replace("1,200 workers", "2,100 workers")
REPRINT = WIRE.replace("on Monday after", "on  Monday, after") + " Reporting by our own correspondent."
OTHER = "The laboratory found lead in the water of four schools, and parents were told to use bottles until May."


def documents(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"id": i, "creation_date": date, "text": text, "text_unit_ids": [], "title": ""} for i, date, text in rows],
        schema=DOCUMENTS,
    )


def linked(rows: list[tuple[str, str, str]], size: int = 60, threshold: float = 0.7):
    frame = documents(rows)
    units = cut(frame, tokenizer=ApproximateTokenizer("o200k_base"), size=size, overlap=0)
    return link_copies(frame, units, threshold=threshold)


def copies(frame: pl.DataFrame) -> dict[str, str | None]:
    return dict(frame.select("id", "copy_of").iter_rows())


def test_a_reprint_is_linked_and_its_repeated_units_set_aside_but_not_its_own_sentence():
    frame, units = linked([("a", "2025-03-03", WIRE), ("b", "2025-03-04", REPRINT), ("c", "2025-03-01", OTHER)])
    assert copies(frame) == {"a": None, "b": "a", "c": None}
    of_b = units.filter(pl.col("document_id") == "b")
    assert [(row["copy_of"], "own correspondent" in row["text"]) for row in of_b.iter_rows(named=True)] == [
        ("a", False),
        (None, True),
    ]
    assert copies_found(frame, units) == (1, 1)
    assert dict(units.schema) == dict(TEXT_UNITS)


def test_a_changed_number_is_read_again():
    _, units = linked([("a", "2025-03-03", WIRE), ("b", "2025-03-04", CORRECTED)])
    kept = units.filter((pl.col("document_id") == "b") & pl.col("copy_of").is_null())
    assert ["2,100" in text for text in kept["text"]] == [True]


@pytest.mark.parametrize(("old", "new"), [("$1.5", "$15"), ("$5", "€5"), ("5%", "5"), ("3:15", "315"), ("-5", "5")])
def test_figures_that_differ_by_a_sign_are_not_the_same(old, new):
    rows = [("a", "", f"{WIRE} It cost {old} more."), ("b", "", f"{WIRE} It cost {new} more.")]
    frame, units = linked(rows)
    assert frame["copy_of"].count() == 1
    assert units.filter(pl.col("text").str.contains("cost"))["copy_of"].null_count() == 2


def test_the_original_is_the_earliest_then_the_longest_then_the_first_by_id():
    same = [("c", "2025-01-02", WIRE), ("b", "2025-01-01", WIRE), ("a", "2025-01-01", WIRE)]
    assert copies(linked(same)[0]) == {"c": "a", "b": "a", "a": None}
    longer = [("a", "", WIRE), ("b", "", f"{WIRE} One more sentence.")]
    assert copies(linked(longer)[0]) == {"a": "b", "b": None}


def test_copies_do_not_chain():
    words = [f"word{i}" for i in range(120)]
    texts = [" ".join(words[start : start + 80]) for start in range(0, 40, 5)]
    frame, _ = linked([(f"d{i}", "", text) for i, text in enumerate(texts)], threshold=0.8)
    found = copies(frame)
    assert any(found.values())
    assert all(found[source] is None for source in found.values() if source is not None)


def test_links_do_not_depend_on_the_order_of_the_documents():
    rows = [("a", "2025-03-03", WIRE), ("b", "", REPRINT), ("c", "2025-03-04", CORRECTED), ("d", "", OTHER)]
    frame, units = linked(rows)
    turned, turned_units = linked(rows[::-1])
    assert copies(frame) == copies(turned)
    assert copies(units) == copies(turned_units)


def test_korean_copies_and_scripts_without_spaces_are_found():
    korean = "부산항 노조는 12일 파업에 들어간다고 밝혔다. 회사 측은 협상을 계속하겠다고 말했다. 물류 차질이 예상된다."
    chinese = "政府昨天宣布，与港口工人的谈判将在下周继续进行。尽管公司已经退出，工会仍然希望达成协议。"
    frame, _ = linked(
        [
            ("k1", "", korean),
            ("k2", "", korean.replace("  ", " ") + " 끝."),
            ("z1", "", chinese),
            ("z2", "", chinese + "完。"),
        ]
    )
    assert copies(frame) == {"k1": "k2", "k2": None, "z1": "z2", "z2": None}


def test_empty_and_very_short_documents_do_not_match_unless_equal():
    frame, _ = linked([("a", "", ""), ("b", "", ""), ("c", "", "Yes."), ("d", "", "yes"), ("e", "", "No.")])
    assert copies(frame) == {"a": None, "b": None, "c": None, "d": "c", "e": None}
    none, no_units = linked([])
    assert copies_found(none, no_units) == (0, 0)


def test_all_near_copies_of_one_document_are_linked_to_the_first():
    frame, _ = linked([(f"d{i:04}", "", f"{WIRE} Edition {i:04}.") for i in range(200)])
    assert frame["copy_of"].to_list() == [None, *["d0000"] * 199]
