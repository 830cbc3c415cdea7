"""What two names have to do with each other: the shortest passages that name both; else two that share a third name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.forms.material import Block, Material, block_of, blocks_of, item_of
from graphrag_drift.providers.embedded.sentences import Candidate, Sentence, bag_of_title, sentences_of
from graphrag_drift.tasks import ItemDraft

_SENTENCES = 8
_RUN = 3  # sentences of a passage that is shown whole; of a longer one, its ends
_ENOUGH = 2  # passages, beside which nothing else is shown
_PAIRS = 2  # by way of a third name


def related(material: Material) -> list[ItemDraft]:
    """Passages that name both, those first where both stand closest; where there are none, pairs of sentences that
    meet in a third name; then what is said of each."""
    blocks: list[Block] = []
    for block in _passages(material):
        known = any(material.said_already(candidate, blocks) for candidate in block if not candidate.sentence.leans)
        if not known and sum(map(len, [*blocks, block])) <= _SENTENCES:
            blocks.append(block)
    more = [] if blocks else [*_by_way(material)]
    chosen = dict.fromkeys([*more, *(item.candidate for item in material.ranked_sources[:_SENTENCES])])
    others = [candidate for candidate in chosen if not material.said_already(candidate, blocks)]
    left = _SENTENCES - sum(map(len, blocks)) if len(blocks) < _ENOUGH else 0
    rest = blocks_of(others[:left], material.knowledge.rarity) if left and others else []
    return [item_of(block) for block in [*blocks, *rest]]


def _passages(material: Material) -> list[Block]:
    """For each document the place where it names both, the closest first, of equals where more is said of what is
    asked."""
    documents: defaultdict[str, dict[int, Candidate]] = defaultdict(dict)
    for number, row in enumerate(material.rows):
        for sentence in sentences_of(row.text) if row.kind == "source" else ():
            documents[row.spans[0].document_id].setdefault(
                row.spans[0].start + sentence.start, Candidate(sentence, row, number)
            )
    places = [place for told in documents.values() if (place := _closest(told, material))]
    places.sort(key=lambda place: (place[0], -_most_said(place[1], material), -place[1][0].row.score))
    return [block for _, block in places]


def _closest(told: Mapping[int, Candidate], material: Material) -> tuple[int, Block] | None:
    """(characters between, block) of the two sentences of a document, by their places in it, that name one each in
    their own words and stand closest, with what is between them if that is little; None without such."""
    places = sorted(place for place, candidate in told.items() if candidate.sentence.prose)
    named = [
        [n for n, place in enumerate(places) if _names(told[place].sentence, name)]
        for name in material.question.names[:2]
    ]
    pairs = [(abs(places[i] - places[j]), min(i, j), max(i, j)) for i in named[0] for j in named[1]]
    if not pairs:
        return None
    gap, start, end = min(pairs)
    run = [told[place] for place in places[start : end + 1]]
    whole = len(run) <= _RUN and run[0].row == run[-1].row
    blocks = [block_of(run[0])] if whole else [block_of(run[0]), block_of(run[-1])]
    if not all(blocks):
        return None
    passage = dict.fromkeys([*(candidate for block in blocks for candidate in block), *(run if whole else ())])
    return gap, tuple(sorted(passage, key=lambda one: one.row.spans[0].start + one.sentence.start))


def _most_said(block: Block, material: Material) -> float:
    """How much of the question, by weight, the passage says."""
    said = frozenset[str]().union(*(candidate.sentence.bag for candidate in block))
    return sum(value for term, value in material.question.weights.items() if term in said)


def _names(sentence: Sentence, name: frozenset[str]) -> bool:
    """Whether the sentence names it, and not only as that of its speaker."""
    return name <= sentence.bag and not name <= sentence.speaker


def _by_way(material: Material) -> Iterator[Candidate]:
    """Pairs of sentences, one that names the first and one that names the second, that share the rarest third name."""
    first, second = (_meetings(material.ranked, name, material) for name in material.question.names[:2])
    spread = Counter(name for item in material.ranked for name in _others(item.candidate, material))
    for name in sorted(first.keys() & second.keys(), key=lambda name: (spread[name], name))[:_PAIRS]:
        yield from (first[name], second[name])


def _meetings(ranked: Sequence[Scored], asked: frozenset[str], material: Material) -> Mapping[str, Candidate]:
    """Each other name that stands with `asked` in a sentence, with the best such sentence."""
    meetings: dict[str, Candidate] = {}
    for item in ranked:
        if _names(item.candidate.sentence, asked):
            for name in sorted(_others(item.candidate, material)):
                meetings.setdefault(name, item.candidate)
    return meetings


def _others(candidate: Candidate, material: Material) -> set[str]:
    """The names of a sentence, whom its pronoun means among them, that the question does not hold."""
    names = {name for name, _ in material.knowledge.names_in(candidate.sentence.text)}
    if candidate.sentence.antecedent:
        names.add(candidate.sentence.antecedent.name.name)
    return {name for name in names if not bag_of_title(name) <= material.question.terms}
