"""What a report's writer is shown: no fact twice."""

from __future__ import annotations

from graphrag_drift.indexing.report_context import Contents
from graphrag_drift.values import Shown, Span

MOE = Shown(0, "entity", "Elin Moe sold the ferry Aurora to Dock Nine AS.", (Span("d", "u", 0, 9),), "Elin Moe")
NINE = Shown(0, "entity", "A shipyard.", (), "Dock Nine AS")


def related(text: str) -> Shown:
    return Shown(0, "relationship", text, (Span("d", "u", 20, 40),), "Elin Moe; Dock Nine AS")


def rows(*relationships: Shown, sources: tuple[Shown, ...] = ()) -> list[Shown]:
    return Contents({1: [MOE, NINE]}, {1: relationships}, {1: sources}, {}).rows(1)


def test_a_relationship_that_an_end_tells_is_shown_with_that_end_and_so_is_its_evidence() -> None:
    [moe, nine] = rows(related("Elin Moe sold the Aurora to Dock Nine AS."))
    assert (moe.text, nine) == (MOE.text, NINE)
    assert moe.spans == (Span("d", "u", 0, 9), Span("d", "u", 20, 40))


def test_a_relationship_that_says_more_or_another_figure_is_shown() -> None:
    more = related("Elin Moe was sued by Dock Nine AS over a leaking hull.")
    figure = related("Elin Moe sold the ferry Aurora to Dock Nine AS in 2019.")
    assert rows(more, figure)[2:] == [more, figure]


def test_a_relationship_in_the_words_of_a_text_is_shown() -> None:
    sentence = "Elin Moe sold the Aurora to Dock Nine AS."
    source = Shown(0, "source", sentence, (Span("d", "u", 20, 40),), "News")
    assert related(sentence) in rows(related(sentence), sources=(source,))
