"""Marks in a text become numbers of spans that stand in the documents."""

from __future__ import annotations

from graphrag_drift.marks import Numbering, marked_sentences, resolve_marks, settled, without_marks
from graphrag_drift.values import Shown, Span

TEXT = "The strike began on Monday. It ended on 3 May. Nobody was paid."
DOCUMENTS = {"d": TEXT}
ROW = Shown(7, "source", TEXT, (Span("d", "u", 0, len(TEXT)),))


def _resolve(text: str, *rows: Shown) -> tuple[str, list[str], tuple[int, ...]]:
    numbering = Numbering()
    resolved, removed = resolve_marks(text, {row.mark: row for row in rows}, DOCUMENTS, numbering)
    quotes = [TEXT[span.start : span.end] for span in numbering.spans]
    return resolved, quotes, removed


def test_a_sentence_is_cited_by_itself_and_not_by_its_whole_text_unit() -> None:
    assert _resolve("It ended on 3 May. [7]", ROW) == ("It ended on 3 May. [1]", ["It ended on 3 May."], ())


def test_two_sentences_of_one_row_are_two_citations() -> None:
    text, quotes, _ = _resolve("Nobody was paid. [7] It ended on 3 May. [7]", ROW)
    assert (text, quotes) == (
        "Nobody was paid. [1] It ended on 3 May. [2]",
        ["Nobody was paid.", "It ended on 3 May."],
    )


def test_a_paraphrase_is_cited_by_the_nearest_sentence() -> None:
    assert _resolve("- The end of it came on 3 May [7].", ROW)[1] == ["It ended on 3 May."]


def test_a_mark_before_the_full_stop_leaves_the_next_sentence_its_own_quote() -> None:
    _, quotes, _ = _resolve("It ended on 3 May [7]. Nobody was paid [7].", ROW)
    assert quotes == ["It ended on 3 May.", "Nobody was paid."]


def test_other_spaces_quotation_marks_and_dashes_are_no_other_wording() -> None:
    text = "MAYOR:  “We’re closing –\nfor good,” she said, and left."
    row = Shown(7, "source", text, (Span("d", "u", 0, len(text)),))
    numbering = Numbering()
    reply = """MAYOR: "We're closing - for good" [7]. She was asked why [7]."""
    resolve_marks(reply, {7: row}, {"d": text}, numbering)
    assert text[numbering.spans[0].start : numbering.spans[0].end] == "MAYOR:  “We’re closing –\nfor good"


def test_a_remark_behind_a_quoted_sentence_is_not_part_of_the_quote() -> None:
    text, quotes, _ = _resolve("It ended on 3 May. (reported 4 May 2025) [7]", ROW)
    assert (text, quotes) == ("It ended on 3 May. (reported 4 May 2025) [1]", ["It ended on 3 May."])


def test_a_label_before_a_sentence_and_whom_it_means_are_not_part_of_the_quote() -> None:
    for written in ("- **3 May**: It ended on 3 May. [7]", "**End:** It [the strike] ended on 3 May. (so) [7]"):
        assert _resolve(written, ROW)[1] == ["It ended on 3 May."]


def test_a_labelled_sentence_is_cited_as_the_same_sentence_without_a_label() -> None:
    text = "HALDEN (Wire) - Of all that was said on 3 May nothing was new. The 38 men of Halden met on 3 May."
    row, numbering = Shown(7, "source", text, (Span("d", "u", 0, len(text)),)), Numbering()
    for written in (
        "The 38 men of Halden met on 3 May. [7]",
        "- **3 May 2025**: The 38 men of Halden met on 3 May. [7]",
    ):
        resolve_marks(written, {7: row}, {"d": text}, numbering)
    assert [text[span.start : span.end] for span in numbering.spans] == ["The 38 men of Halden met on 3 May."]


def test_a_mark_of_nothing_shown_is_removed_and_named() -> None:
    assert _resolve("It ended on 3 May. [7][99]", ROW) == ("It ended on 3 May. [1]", ["It ended on 3 May."], (99,))


def test_a_row_without_evidence_cannot_be_cited() -> None:
    assert _resolve("So it seems. [8]", Shown(8, "entity", "So it seems.")) == ("So it seems.", [], (8,))


def test_the_same_span_keeps_its_number() -> None:
    text, _, _ = _resolve("It ended on 3 May. [7] Again: It ended on 3 May. [7]", ROW)
    assert text.count("[1]") >= 1


def test_marked_sentences_come_with_all_their_marks() -> None:
    text = "# Title\n\n- One thing. [1][2]\n- Another thing. [3] No mark here."
    assert list(marked_sentences(text)) == [("One thing.", (1, 2)), ("Another thing.", (3,))]


def test_marks_can_be_taken_out() -> None:
    assert without_marks("One. [1] Two [2][3].") == "One. Two."


MEMO = (
    "Mill repairs were put off\nBy Ana Ruiz | Harbour Wire | 2025-05-19\n\n"
    "OSLO (Wire) - Petra Voss put off repairs of the mill, a memo of the bank says. The memo is dated May 2, 2025. "
    'Beside the line for the wheel stands: "Leave it. Ask me in June." It lists 14 repairs for the mill. '
    "Voss was 61."
)
MEMO_ROW = Shown(3, "source", MEMO, (Span("m", "u", 0, len(MEMO)),), "Mill repairs were put off", "2025-05-19")


def _quotes(statement: str, *rows: Shown, text: str = MEMO) -> list[str]:
    numbering = Numbering()
    marks = "".join(f"[{row.mark}]" for row in rows)
    resolve_marks(f"{statement} {marks}.", {row.mark: row for row in rows}, {"m": text, "d": TEXT}, numbering)
    return [{"m": text, "d": TEXT}[span.document_id][span.start : span.end] for span in numbering.spans]


def test_a_quotation_over_two_sentences_is_quoted_whole() -> None:
    said = 'Of the wheel of the mill somebody wrote: "Leave it. Ask me in June."'
    assert _quotes(said, MEMO_ROW) == ['Beside the line for the wheel stands: "Leave it. Ask me in June."']


def test_sentences_are_added_until_each_figure_and_date_is_shown_and_are_in_the_order_of_reading() -> None:
    assert _quotes("The memo of 2 May on the mill lists 14 repairs, says the bank", MEMO_ROW) == [
        "The memo is dated May 2, 2025.",
        "It lists 14 repairs for the mill.",
    ]


def test_the_only_sentence_that_has_a_figure_is_quoted_though_it_shares_no_other_word() -> None:
    assert "Voss was 61." in _quotes("The owner, 61, put off repairs of the mill", MEMO_ROW)


def test_neither_headline_nor_byline_nor_dateline_is_quoted() -> None:
    assert _quotes("Mill repairs were put off, Ana Ruiz reported", MEMO_ROW) == [
        "Petra Voss put off repairs of the mill, a memo of the bank says."
    ]


def test_marks_that_become_the_same_number_are_given_once() -> None:
    twice = Shown(8, "finding", "", (Span("d", "u", 0, len(TEXT)),))
    assert _resolve("The end of it came on 3 May [7][8] [7].", ROW, twice)[0] == "The end of it came on 3 May [1]."


def test_what_shares_nothing_with_another_language_is_quoted_as_it_is_cited() -> None:
    [quote] = _quotes("방앗간 주인이 수리를 미뤘다고 은행이 밝혔다", MEMO_ROW)
    assert quote.startswith("Petra Voss put off")
    assert quote.endswith("Voss was 61.")


def test_a_figure_is_found_beside_the_sentence_that_a_description_rests_on() -> None:
    start = MEMO.index("Petra")
    row = Shown(5, "entity", "", (Span("m", "u", start, MEMO.index("The memo is")),), "Petra Voss")
    assert _quotes("The memo on the mill lists 14 repairs", row) == [
        "Petra Voss put off repairs of the mill, a memo of the bank says.",
        "It lists 14 repairs for the mill.",
    ]


def test_marks_at_the_end_of_a_text_are_not_settled() -> None:
    assert settled("It ended on 3 May. [7][8]") == "It ended on 3 May."
    assert settled("It ended on 3 May. [7] Nobody") == "It ended on 3 May. [7] Nobody"
