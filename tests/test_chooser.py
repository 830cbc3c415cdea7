"""The chooser of the embedded reader: ranking, chains, comparisons, and the probability that a sentence answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from graphrag_drift.language.cues import kind_of_question
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.choose import choose, rank
from graphrag_drift.providers.embedded.compare import Comparison, compare
from graphrag_drift.providers.embedded.features import PLAIN, among_themselves, features
from graphrag_drift.providers.embedded.question import Question, understand, with_shown_names
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.embedded.sentences import candidates_of, nearest, sentences_of
from graphrag_drift.providers.embedded.weights import Knowledge, is_near_copy, knowledge_of, near_copies
from graphrag_drift.tasks import AnswerDraft, AnswerQuestion
from graphrag_drift.values import Shown, Span

Passages = dict[str, str]

FILMS: Passages = {
    "The Amber Road": "The Amber Road is a 1951 Danish drama film directed by Karla Holm. It won a prize in Odense.",
    "Salt Harbour": "Salt Harbour is a 1938 Danish film directed by Emil Strand. It was shot on Fanø.",
    "Karla Holm": "Karla Holm (3 May 1912 – 9 June 1980) was a Danish director. Holm was born in Ribe.",
    "Emil Strand": "Emil Strand (23 February 1833 – 1 March 1901) was a Norwegian director. Strand died in Bergen.",
    "Ribe": "Ribe is a town in Denmark.",
}


def shown(passages: Passages, *, first: int = 1) -> tuple[Shown, ...]:
    return tuple(
        Shown(mark, "source", text, (Span(title, title, 0, len(text)),), title, "", 1 - mark / 50)
        for mark, (title, text) in enumerate(passages.items(), start=first)
    )


def known(passages: Passages) -> Knowledge:
    return knowledge_of(Lexicon.from_texts(passages.values()))


def asked(text: str, passages: Passages) -> Question:
    knowledge = known(passages)
    return with_shown_names(
        understand(text, knowledge.vocabulary, knowledge.rarity), shown(passages), knowledge.vocabulary
    )


def compared(text: str, passages: Passages = FILMS, visible: Sequence[str] = ()) -> Comparison | None:
    """With `visible` titles shown at first, and all that are searched for."""
    rows = [row for row in shown(passages) if not visible or row.title in visible]

    async def search(question: str) -> tuple[Shown, ...]:
        return tuple(row for row in shown(passages) if row.title in question)

    return asyncio.run(compare(asked(text, passages), candidates_of(rows), search, known(passages)))


def answered(text: str, passages: Passages, visible: Sequence[str]) -> tuple[AnswerDraft, list[str]]:
    """The answer from the `visible` passages, and the questions that were searched for."""
    questions: list[str] = []

    async def search(question: str) -> tuple[Shown, ...]:
        questions.append(question)
        return tuple(row for row in shown(passages) if row.title in question)

    rows = tuple(row for row in shown(passages) if row.title in visible)
    task = AnswerQuestion(text, rows, search=search)
    reply = asyncio.run(ExtractiveReader(Lexicon.from_texts(passages.values())).read(task))
    assert isinstance(reply, AnswerDraft)
    return reply, questions


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who directed Salt Harbour?", "person"),
        ("Who is Karla Holm?", "definition"),
        ("When was Karla Holm born?", "date"),
        ("How many people live in Ribe?", "number"),
        ("Where is Ribe?", "place"),
        ("Why was the film cut?", "reason"),
        ("Is Ribe a town?", "yes/no"),
        ("Which film is older, Salt Harbour or The Amber Road?", "choice"),
        ("What is the anthem of Denmark?", "entity"),
        ("나래해운은 언제 설립되었나?", "date"),
        ("films of Denmark", ""),
    ],
)
def test_a_question_tells_what_kind_of_thing_it_asks_for(question: str, kind: str) -> None:
    assert kind_of_question(question, ("Karla Holm",)) == kind


def test_features_are_shares_and_do_not_depend_on_the_order_of_the_candidates() -> None:
    question, candidates = asked("When was Karla Holm born?", FILMS), candidates_of(shown(FILMS))
    values = features(question, candidates)
    assert values.shape == (len(candidates), len(PLAIN))
    assert np.all((values >= 0) & (values <= 1.8))
    assert np.array_equal(features(question, candidates[::-1]), values[::-1])


def test_features_among_a_part_of_the_candidates_are_those_of_the_part_alone() -> None:
    question, candidates = asked("Who directed The Amber Road?", FILMS), candidates_of(shown(FILMS))
    part = [1, 3, 4]
    rows = [candidates[place] for place in part]
    assert np.array_equal(among_themselves(features(question, candidates)[part], rows), features(question, rows))


def test_near_copies_found_at_once_are_those_of_each_pair() -> None:
    text = (
        "The ferry sank off Bergen on Monday. On Monday the ferry sank off Bergen. The ferry sank off Bergen on 3 May."
        " Divers found the ferry on 4 May. The crew was saved by a trawler. A trawler saved the crew at night."
    )
    sentences, rarity = sentences_of(text), known({"a": text, "b": "The crew of a ferry met a trawler."}).rarity
    pairs = [
        {j for j, other in enumerate(sentences) if i != j and is_near_copy(one, other, rarity)}
        for i, one in enumerate(sentences)
    ]
    assert near_copies(sentences, rarity) == pairs
    assert pairs[0] >= {1}


def test_of_near_copies_the_ranking_has_one() -> None:
    passages = {
        "A": "The port of Ribe was closed in May by the mayor.",
        "B": "The port of Ribe was closed in May by mayor.",
    }
    question = asked("When was the port of Ribe closed?", passages)
    assert len(rank(question, candidates_of(shown(passages)), known(passages))) == 1


def test_names_are_known_from_shown_titles_without_capitals_and_in_korean() -> None:
    assert asked("when was karla holm born", FILMS).name_texts == ("Karla Holm",)
    korean = {"나래해운": "나래해운은 부산에 있다."}
    assert "나래해운" in asked("나래해운의 본사는 어디에 있나?", korean).name_texts


def test_choice_leaves_out_what_is_far_less_likely_than_the_best() -> None:
    question = asked("When was Karla Holm born?", FILMS)
    ranked = rank(question, candidates_of(shown(FILMS)), known(FILMS))
    chosen = choose(ranked, question, 8)
    assert chosen[0] == ranked[0]
    assert len(chosen) < len(ranked)


def test_of_the_text_units_the_best_twenty_are_read() -> None:
    rows = [Shown(n, "source", f"Text {n}.", score=n / 100) for n in range(1, 31)]
    report = Shown(99, "finding", "A finding.")
    assert [row.mark for row in nearest([report, *rows])] == list(range(30, 10, -1))
    assert nearest([report]) == (report,)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which film was released first, The Amber Road or Salt Harbour?", "Salt Harbour"),
        ("Which film came out later, The Amber Road or Salt Harbour?", "The Amber Road"),
        ("Who was born first, Karla Holm or Emil Strand?", "Emil Strand"),
        ("Who is younger, Karla Holm or Emil Strand?", "Karla Holm"),
        ("Who died later, Karla Holm or Emil Strand?", "Karla Holm"),
        ("Who lived longer, Karla Holm or Emil Strand?", "Karla Holm"),
        ("Do Karla Holm and Emil Strand have the same nationality?", "No"),
        ("Are The Amber Road and Salt Harbour from the same country?", "Yes"),
    ],
)
def test_two_things_are_compared_by_their_values(question: str, answer: str) -> None:
    found = compared(question)
    assert found is not None
    assert found.answer == answer
    assert all(operand.sentences for operand in found.operands)


def test_a_film_is_compared_by_its_director_whose_passage_is_looked_for() -> None:
    found = compared(
        "Which film has the director who was born first, The Amber Road or Salt Harbour?",
        visible=("The Amber Road", "Salt Harbour"),
    )
    assert found is not None
    assert found.answer == "Salt Harbour"
    assert [[c.row.title for c in operand.sentences] for operand in found.operands] == [
        ["The Amber Road", "Karla Holm"],
        ["Salt Harbour", "Emil Strand"],
    ]


def test_a_day_does_not_end_in_the_year_of_its_month() -> None:
    found = compared("Who was born first, Karla Holm or Emil Strand?")
    assert found is not None
    assert [operand.value for operand in found.operands] == ["1912-05-03", "1833-02-23"]


@pytest.mark.parametrize(
    "question",
    [
        "Who was born first, Karla Holm or Ribe?",  # a town is not born
        "Who directed Salt Harbour?",
        "Which film won the prize of Odense, The Amber Road or Salt Harbour?",
    ],
)
def test_what_has_no_value_or_no_order_is_not_compared(question: str) -> None:
    assert compared(question) is None


def test_equal_values_are_no_answer() -> None:
    same = {"Oda Lind": "Oda Lind (born 1900) was a poet.", "Per Lund": "Per Lund (born 1900) was a poet."}
    assert compared("Who was born first, Oda Lind or Per Lund?", same) is None


def test_a_comparison_shows_its_answer_and_both_operands_with_their_marks() -> None:
    reply, _ = answered("Which film was released first, The Amber Road or Salt Harbour?", FILMS, tuple(FILMS))
    assert reply.text.startswith("**Salt Harbour**")
    assert "1951 Danish drama film directed by Karla Holm. [1]" in reply.text
    assert "1938 Danish film directed by Emil Strand. [2]" in reply.text


def test_a_chain_is_followed_through_the_name_that_a_sentence_introduces() -> None:
    reply, questions = answered(
        "Where was the director of The Amber Road born?", FILMS, ("The Amber Road", "Salt Harbour")
    )
    assert any("Karla Holm" in question for question in questions)
    assert "Holm was born in Ribe. [3]" in reply.items[0].text
    assert any("directed by Karla Holm. [1]" in item.text for item in reply.items)


def test_without_a_search_the_best_single_sentences_are_the_answer() -> None:
    rows = tuple(row for row in shown(FILMS) if row.title in ("The Amber Road", "Salt Harbour"))
    task = AnswerQuestion("Where was the director of The Amber Road born?", rows)
    reply = asyncio.run(ExtractiveReader(Lexicon.from_texts(FILMS.values())).read(task))
    assert isinstance(reply, AnswerDraft)
    assert "Ribe" not in reply.text


def test_a_plain_question_is_answered_with_a_probability() -> None:
    reply, _ = answered("Who directed Salt Harbour?", FILMS, tuple(FILMS))
    assert "Emil Strand" in reply.items[0].text
    assert reply.probability is not None
    assert 0.0 < reply.probability < 1.0


def test_tasks_that_differ_by_their_search_alone_are_the_same_question() -> None:
    async def search(question: str) -> tuple[Shown, ...]:
        return ()

    assert AnswerQuestion("Who?", (), search=search) == AnswerQuestion("Who?", ())
