"""Whether shown rows support an answer at all: do they speak of what is asked, together, and of whom.

It weighs words; it cannot tell that a sentence speaks of the right things and leaves out the very one asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from graphrag_drift.language.cues import things_asked
from graphrag_drift.language.spelling import written_otherwise
from graphrag_drift.language.terms import content_terms, other_forms
from graphrag_drift.providers.embedded.choose import Scored, weights
from graphrag_drift.providers.embedded.features import FAMILY
from graphrag_drift.providers.embedded.question import OFFICES, TYPED, Question
from graphrag_drift.providers.embedded.sentences import bag_of, led_in, neighbour, sentences_of, title_at
from graphrag_drift.providers.embedded.weights import UNSEEN
from graphrag_drift.values import Shown

# Chosen on MultiHop-RAG's even answerable and unanswerable questions, by four ways of finding rows, and checked on the
# odd ones, on chained and on short ones. The best stretch of text tells most; a long question is never covered as well
# as a short one; the more is shown, the more is covered by chance.
_TOGETHER, _BEST, _NEAR, _NAMES, _LENGTH, _LONGEST = 0.9, 2.0, 1.2, 0.4, 0.02, 30
_CHANCE = 0.07  # less by the logarithm of the number of stretches
_ENOUGH = 1.45
_WINDOWS = 4  # stretches that an answer could be made of
_FOREIGN = 0.4
_EACH = 600  # added to the weight of each term, so that one rare word of the asker is not taken for the question
_LOOKED_AT = 20  # sentences


def is_answered(question: Question, ranked: Sequence[Scored]) -> bool:
    """Whether one of the best sentences may hold the one thing that is asked for.

    It must speak of the name and hold something of that kind, and the best must answer with the probability at
    which those that documents answer begin (`line` in `weights.json`); who holds an office is told by the name of the
    office. Of other questions nothing is said.
    """
    if not asks_for_one_thing(question):
        return True
    if not ranked or ranked[0].probability < weights()["sure"]["line"]:
        return False
    direct = [item for item in ranked[:_LOOKED_AT] if _is_direct(item, question)]
    asked = question.predicate_without_dates
    if question.kind == "person" and asked and asked <= OFFICES:
        asked |= written_otherwise(question.text)
        return any(asked & (item.candidate.sentence.bag | item.candidate.title) for item in direct)
    return bool(direct)


def asks_for_one_thing(question: Question) -> bool:
    """Whether a person, place, date, age or figure is asked for, in few words, of one thing that has a name.

    So are the questions that the probability was measured on; `terms` in `weights.json` is how many words, besides
    names, nine of ten of them have. What is only described may be told of in other words, and somewhere else.
    """
    few = question.length <= weights()["sure"]["terms"] and question.relations < 2
    return few and asks_for_thing_of_name(question)


def asks_for_thing_of_name(question: Question) -> bool:
    """Whether a thing of a kind that has a look of its own is asked for, of one thing that has a name, or a number of
    things, of any."""
    return question.kind in TYPED and (len(question.names) == 1 or bool(question.names and question.counted))


def _is_direct(item: Scored, question: Question) -> bool:
    sentence = item.candidate.sentence
    before = neighbour(item.candidate, -1)
    previous = before.sentence.bag if before else frozenset[str]()
    own = sentence.bag | item.candidate.title | led_in(item.candidate) | (previous if sentence.leans else frozenset())
    if not all(_speaks_of(own, name) for name in question.names):
        return False
    if question.kind == "date" and item.candidate.row.date:
        return True  # "Croatia adopts the euro": that day
    if question.counted and not any(_says(own | previous, term) for term in question.counted):
        return False  # a figure, but of something else
    asked = question.text.casefold()
    spans = things_asked(question.kind, question.text, sentence.text)
    return any(sentence.text[start:end].casefold() not in asked for start, end in spans)


def _says(bag: Set[str], term: str) -> bool:
    """Whether `bag` holds the term or another word of its family."""
    return term in bag or (len(term) >= FAMILY and any(other.startswith(term[:FAMILY]) for other in bag))


def is_supported(question: Question, rows: Sequence[Shown]) -> bool:
    """Whether the rows say enough of what is asked, and know the names."""
    if not rows or not question.weights:
        return False
    if question.general:
        return True
    sought = _sought(question, rows)
    return not is_foreign(sought) and _support(sought, rows) >= _ENOUGH


def _sought(question: Question, rows: Sequence[Shown]) -> Question:
    """The question with weights that tell what the rows have to say.

    An unseen verb of which the rows have another form is seen, and "runs" where they have an office; of a question for
    a list an unseen word for the things, "companies", is not sought: no text has to say it of them.
    """
    weights = dict(question.weights)
    for term in {term for term, value in weights.items() if value >= UNSEEN}:
        others = frozenset(other_forms(frozenset((term,)))) | (OFFICES if term in question.leads else frozenset())
        if any(others & bag_of(row.text) for row in rows):
            weights[term] = _EACH
        elif question.form == "list" and term in question.focus:
            del weights[term]
    return replace(question, weights=weights or question.weights)


def is_foreign(question: Question) -> bool:
    """Whether the corpus has never seen a word of the names; without names: much of the question."""
    if question.names:
        named = frozenset[str]().union(*question.names)
        return all(question.weights.get(term, UNSEEN) >= UNSEEN for term in named)
    unseen = sum(value + _EACH for value in question.weights.values() if value >= UNSEEN)
    return unseen >= _FOREIGN * sum(value + _EACH for value in question.weights.values())


def _support(question: Question, rows: Sequence[Shown]) -> float:
    """How much of the question the best stretches say together, the best alone and the best on one of the names, and
    how much of the names is known."""
    weights = {term: value + min(_EACH, 5 * value) for term, value in question.weights.items()}
    windows = list(_windows(rows))
    forms = other_forms(question.terms)
    windows = [window | {forms[term] for term in window & forms.keys()} for window in windows]
    held = list(dict.fromkeys(question.terms & window for window in windows))
    said: frozenset[str] = frozenset()
    for _ in range(_WINDOWS):
        said |= max(held, key=lambda terms: sum(weights[term] for term in terms - said), default=said)
    known = frozenset[str]().union(*windows)
    return (
        _TOGETHER * _share(said, question.terms, weights)
        + _BEST * max((_share(terms, question.terms, weights) for terms in held), default=0.0)
        + _NEAR * _said_of_names(question, held, weights)
        + _NAMES * _names_known(question, rows, known)
        + _LENGTH * min(len(question.weights), _LONGEST)
        - _CHANCE * math.log1p(len(windows))
    )


def _share(terms: Iterable[str], whole: frozenset[str], weights: Mapping[str, int]) -> float:
    """The part of `whole`, by weight, that `terms` are; all of nothing."""
    total = sum(weights[term] for term in whole)
    return sum(weights[term] for term in terms) / total if total else 1.0


def _said_of_names(question: Question, held: Sequence[frozenset[str]], weights: Mapping[str, int]) -> float:
    """The share of what is asked besides the names that a stretch says which speaks of one of them."""
    asked = question.terms.difference(*question.names)
    near = [terms for terms in held if not question.names or any(_speaks_of(terms, name) for name in question.names)]
    return max((_share(terms & asked, asked, weights) for terms in near), default=0.0)


def _speaks_of(terms: Set[str], name: Set[str]) -> bool:
    """Whether most of the name is there, and its number, which tells it from others of the name: "Tank 14"."""
    return 2 * len(terms & name) >= len(name) and all(term in terms for term in name if term.isdigit())


def _windows(rows: Sequence[Shown]) -> Iterator[frozenset[str]]:
    """The terms of every sentence with its neighbours and the title above it."""
    for row in rows:
        sentences = sentences_of(row.text)
        for i, sentence in enumerate(sentences):
            yield title_at(row, sentence.start).union(*(near.bag for near in sentences[max(0, i - 1) : i + 2]))


def _names_known(question: Question, rows: Sequence[Shown], known: frozenset[str]) -> float:
    """The share of the names asked about, by weight, that the rows mention."""
    weights = [max((question.weights.get(term, 1) for term in terms), default=1) for terms in question.names]
    if not weights:
        return 1.0
    text = "\n".join(f"{row.title}\n{row.text}" for row in rows)
    found = [
        weight
        for weight, name in zip(weights, question.name_texts, strict=True)
        if _is_known(name, text, known, question)
    ]
    return sum(found) / sum(weights)


def _is_known(name: str, text: str, known: frozenset[str], question: Question) -> bool:
    """Whether most of the name occurs; a word that the text only writes small is no name there."""
    total = said = 0
    for word in name.split():
        for term in content_terms(word):
            value = question.weights.get(term, 1)
            total += value
            said += value * (term in known and (word in text or word.lower() not in text))
    return 2 * said >= total
