"""Text units: the law of spans in every script, size, progress, overlap, headings, the last unit."""

from __future__ import annotations

import polars as pl
import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from graphrag_drift.indexing.chunk import cut, last_boundary, with_text_units
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.tables import DOCUMENTS, TEXT_UNITS


class Words:
    """One token a word; a word without end has one for each ten characters."""

    id = "words"

    def count(self, text: str) -> int:
        return sum(-(-len(word) // 10) for word in text.split())


def documents(*texts: str) -> pl.DataFrame:
    rows = [
        {"id": f"d{i}", "human_readable_id": i, "title": "", "text": text, "text_unit_ids": [], "path": ""}
        for i, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=DOCUMENTS)


def texts(text: str, size: int, overlap: int = 0) -> list[str]:
    units = cut(documents(text), tokenizer=Words(), size=size, overlap=overlap)
    return units["text"].to_list()


SAMPLES = [
    "The port was closed on Monday. ",
    "Prices rose 3.5% to $1,200; nobody knew why!\n\n",
    "부산항 노조는 12일 파업에 들어간다고 밝혔다. ",
    "東京都は12日、ストライキに入ると発表した。",
    "الحكومة أعلنت أمس أن المفاوضات ستستمر؟ ",
    "הממשלה הודיעה אתמול כי המשא ומתן יימשך. ",
    "सरकार ने कल घोषणा की कि बातचीत जारी रहेगी। ",
    "รัฐบาลประกาศเมื่อวานนี้ว่าการเจรจา",
    "👩‍👩‍👧‍👦👍🏽🇰🇷🇰🇷🏴\U000e0067\U000e0062\U000e007f",
    "e\u0301\u0323o\u0308",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "<|endoftext|>",
    "x" * 70,
    "\r\n",
    " \u00a0\u2009\t",
]
TEXT = st.lists(st.one_of(st.sampled_from(SAMPLES), st.text(max_size=12)), max_size=30).map("".join)


@given(TEXT, st.integers(10, 40), st.integers(0, 5), st.sampled_from([Words(), ApproximateTokenizer("o200k_base")]))
@example("", 10, 0, Words())
@example(" \n\t ", 10, 0, Words())
@example("🇰🇷" * 100, 10, 0, ApproximateTokenizer("o200k_base"))
@example("a" + "\u0301" * 500, 10, 0, ApproximateTokenizer("o200k_base"))
@example("00À0À00À0Àהממשלה הודיעה אתמול כי המשא ומתן יימשך. ", 10, 3, ApproximateTokenizer("o200k_base"))
def test_units_are_exact_slices_in_order_within_size_that_leave_out_only_whitespace(text, size, overlap, tokenizer):
    units = cut(documents(text), tokenizer=tokenizer, size=size, overlap=overlap)
    covered, previous = 0, (-1, -1)
    for unit in units.iter_rows(named=True):
        start, end = unit["start"], unit["end"]
        assert text[start:end] == unit["text"] == unit["text"].strip() != ""
        assert start > previous[0]
        assert end > previous[1]
        assert text[covered:start].strip() == ""
        assert unit["n_tokens"] == tokenizer.count(unit["text"])
        assert unit["n_tokens"] <= size or len(unit["text"]) <= 32
        covered, previous = end, (start, end)
    assert text[covered:].strip() == ""


@given(st.lists(st.sampled_from([*"".join(SAMPLES), "\u094d", "\u0915", "\u0600"]), max_size=30).map("".join))
def test_a_cut_never_falls_inside_a_character(text):
    boundaries = {match.end() for match in regex.finditer(r"\X", text)} | {0}
    starts = sorted(boundaries - {len(text)})
    for start in starts[:5]:
        for end in range(start + 1, min(len(text), start + 31) + 1):
            assert last_boundary(text, start, end) in boundaries


@pytest.mark.parametrize("word", ["x" * 100_000, "漢" * 100_000, "👩‍👩‍👧‍👦" * 3_000])
def test_a_word_without_end_becomes_full_units(word):
    tokenizer = ApproximateTokenizer("o200k_base")
    units = cut(documents(word), tokenizer=tokenizer, size=300, overlap=50)
    assert "".join(units["text"]) == word
    assert units["n_tokens"].max() <= 300
    assert units["n_tokens"].median() > 100


def test_sentences_stay_whole_and_the_last_two_units_are_levelled():
    text = "One two three four. Five six seven. Eight nine ten eleven. Twelve thirteen."
    assert texts(text, 11) == [
        "One two three four. Five six seven.",
        "Eight nine ten eleven. Twelve thirteen.",
    ]


def test_overlap_repeats_whole_sentences():
    text = "One two three four. Five six. Seven eight nine ten. Eleven twelve. One two three four five."
    assert texts(text, 10, 3) == [
        "One two three four. Five six. Seven eight nine ten.",
        "Eleven twelve. One two three four five.",
    ]
    assert texts(text, 8, 3) == [
        "One two three four. Five six.",
        "Five six. Seven eight nine ten. Eleven twelve.",
        "Eleven twelve. One two three four five.",
    ]


def test_a_sentence_longer_than_a_unit_is_cut_at_whitespace():
    parts = texts("word " * 25 + "end.", 10)
    assert [len(part.split()) for part in parts] == [8, 9, 9]
    assert set(" ".join(parts).split()) == {"word", "end."}


def test_a_heading_goes_with_the_text_below_it():
    text = "First sentence of the first part here.\n\nA heading\n\nThe text below it is this one."
    assert texts(text, 9) == [
        "First sentence of the first part here.",
        "A heading\n\nThe text below it is this one.",
    ]


def test_ids_tell_equal_texts_of_other_places_apart_and_do_not_change():
    twice = cut(documents("Same text.", "Same text."), tokenizer=Words(), size=10, overlap=0)
    again = cut(documents("Same text.", "Same text."), tokenizer=Words(), size=10, overlap=0)
    assert twice["id"].n_unique() == 2
    assert twice.equals(again)
    assert dict(twice.schema) == dict(TEXT_UNITS)
    assert twice["human_readable_id"].to_list() == [0, 1]


def test_documents_list_their_text_units_also_those_that_have_none():
    frame = documents("One two. Three four.", " ")
    units = cut(frame, tokenizer=Words(), size=10, overlap=0)
    assert with_text_units(frame, units)["text_unit_ids"].to_list() == [sorted(units["id"]), []]


@pytest.mark.parametrize(
    "lines",
    [
        "\n".join(f"| Ward {n} | Dr. A. Lund | {n * 7} beds. Full |" for n in range(90)),
        "\n".join(f"- item number {n} of the list" for n in range(90)),
        "\n".join(f"Key {chr(65 + n % 26)}: value {n}" for n in range(90)),
        "\n\n".join(f"A picture of light {n}" for n in range(90)),
        "\n".join(f"And {n} times the long waves fell" for n in range(90)),
    ],
    ids=["table", "list", "keys and values", "captions", "verse"],
)
def test_units_of_short_lines_fill_their_size_and_no_line_is_cut(lines):
    units = texts(lines, 60)
    assert len(units) <= 2 + len(lines.split()) // 50
    assert "\n".join(line for unit in units for line in unit.split("\n") if line) == lines.replace("\n\n", "\n")


def test_a_chapter_and_its_section_go_with_the_text_below_them():
    text = "The first part has eight words in all.\n\n# Chapter\n\n## Section\n\nThe text below them is this one."
    assert texts(text, 14)[1] == "# Chapter\n\n## Section\n\nThe text below them is this one."
