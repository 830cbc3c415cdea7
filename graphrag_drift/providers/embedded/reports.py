"""WriteReport -> title, summary, findings and rating of a community, from the sentences about its members."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from graphrag_drift.language.detect import writing_of
from graphrag_drift.language.korean import KOREAN, LETTERS
from graphrag_drift.language.language import Language
from graphrag_drift.names.lists import word_list
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of, bag_of_title, candidates_of
from graphrag_drift.providers.embedded.topics import Topic, is_doing, topics_of
from graphrag_drift.providers.embedded.weights import Rarity, centroid, is_near_copy, nearness, weight
from graphrag_drift.tasks.indexing import FindingDraft, ReportDraft, WriteReport
from graphrag_drift.values import Shown

_TITLE_NAMES = 3
_NAMES = 2
_TRIED = 4  # topics
_LONGER = 1.6  # what a phrase of several words counts against a single word
_DEMONYMS = word_list("demonyms")
_HANGUL = re.compile(f"[{LETTERS}]{{2}}")


def title_of(names: Sequence[str], texts: Sequence[str], rarity: Rarity) -> str:
    """ "Port Ellery dock strike: Local 41, Meridian Terminals": what recurs in `texts`, and the first of `names`."""
    shown = distinct_names(names)[:_TITLE_NAMES]
    free = _free_topics(texts, shown, rarity, least=2 if len(texts) > 2 else 1)
    topics = _most_shared([topic for topic in free if _tells(topic)], texts, rarity)
    joined = _joined(shown, topics, texts)
    if joined:
        name, phrase = joined
        rest = [other for other in shown if other != name]
        return f"{phrase}: {', '.join(rest)}" if rest else phrase
    if not shown:
        return capital(topics[0].bare) if topics else ""
    return f"{capital(topics[0].bare)}: {', '.join(shown)}" if topics else listed(shown)


def heading_of(names: Sequence[str], texts: Sequence[str], used: set[str], rarity: Rarity) -> str:
    """ "Gideon Marsh and Kestrel Advisory: inspection report", unlike the headings in `used`."""
    shown = distinct_names(names)[:_NAMES]
    topics = _free_topics(texts, shown, rarity, least=1)
    subject = listed(shown)
    headings = [f"{subject}: {topic.bare}" if subject else capital(topic.bare) for topic in topics if _tells(topic)]
    headings += [subject] if subject else []
    headings += [f"{subject}: {topic.bare}" if subject else capital(topic.bare) for topic in topics]
    free = [heading for heading in headings if heading not in used]
    return next(iter([*free, *headings]), "")


def listed(names: Sequence[str]) -> str:
    """ "A, B and C"; Korean names with a middle dot."""
    if not all(map(str.isascii, "".join(names))):
        return "·".join(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def distinct_names(names: Sequence[str]) -> list[str]:
    """`names` without those whose words another one before them holds, or holds in part.

    "Ukrainian" names nothing in a title: where there are others, such are left out.
    """
    kept: list[str] = []
    things = [name for name in names if name.casefold() not in _DEMONYMS]
    for name in things or names:
        terms = bag_of_title(name)
        if terms and not any(terms <= bag_of_title(other) or bag_of_title(other) <= terms for other in kept):
            kept.append(name)
    return kept


def capital(text: str) -> str:
    """`text` with a large first letter."""
    return text[:1].upper() + text[1:]


def _free_topics(texts: Sequence[str], names: Sequence[str], rarity: Rarity, *, least: int) -> list[Topic]:
    named = frozenset[str]().union(*map(bag_of_title, names))
    korean = mostly_korean(texts)
    return [
        topic
        for topic in topics_of(texts, rarity, least=least)
        if not topic.terms & named and topic.bare.isascii() != korean
    ]


def mostly_korean(texts: Sequence[str]) -> bool:
    """Whether most of the sentences are Korean."""
    return 2 * sum(is_korean(text) for text in texts) > len(texts)


def is_korean(text: str) -> bool:
    """Whether a sentence holds Korean words."""
    return _HANGUL.search(text) is not None


def _most_shared(topics: Sequence[Topic], texts: Sequence[str], rarity: Rarity) -> list[Topic]:
    """The topics, those first whose words most of the sentences share, in a phrase or apart."""
    counts = Counter(term for text in texts for term in bag_of(text))

    def shared(topic: Topic) -> float:
        mean = sum(counts[term] * rarity(term) for term in topic.terms) / len(topic.terms)
        return mean * math.sqrt(topic.count) * (_LONGER if " " in topic.bare else 1.0)

    return sorted(topics, key=lambda topic: (-shared(topic), topic.bare))


def _tells(topic: Topic) -> bool:
    """Whether the phrase says what goes on: more than one word, a doing, or Korean."""
    return " " in topic.bare or is_doing(topic) or not topic.bare.isascii()


def _joined(names: Sequence[str], topics: Sequence[Topic], texts: Sequence[str]) -> tuple[str, str] | None:
    """A name and a topic that stand together in a text, "Port Ellery dock strike"."""
    for topic in topics[:_TRIED]:
        for name in names:
            if any(f"{name} {topic.bare}" in text for text in texts):
                return name, f"{name} {topic.bare}"
    return None


_POOL = 160  # sentences compared; rows come most important first
_NEW_MEMBER, _ROW, _SUBJECT = 0.12, 0.25, 0.1
_LEANS, _POINTS, _QUOTED = 0.5, 0.1, 0.08
_REDUNDANT = 0.6  # what likeness to a chosen sentence costs
_FLOOR = 0.12
_FRONT = 60  # characters within which a member is the subject of its sentence
_READABLE = (6, 34)  # content terms; shorter sentences say little, longer ones are hard to read
_FINDINGS, _TOGETHER = 8, 3
_COMMON = 0.5  # share of sentences from which a member tells none from another


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence, the members it names in order of appearance, and its worth."""

    candidate: Candidate
    members: tuple[str, ...]
    worth: float


def choose_telling(
    candidates: Sequence[Candidate], members: Sequence[str], rarity: Rarity, limit: int
) -> list[ScoredSentence]:
    """Up to `limit` sentences, best first.

    None that names no member, or that leans on another, unless there is nothing else.
    """
    usable = [c for c in candidates if not c.sentence.leans and not c.sentence.corrects] or list(candidates)
    usable.sort(key=lambda c: (-c.row.score, c.row.date, c.sentence.text))
    weighed = _weigh(usable[:_POOL], members, rarity)
    pool = [item for item in weighed if item.members] or weighed
    importance = {member: 1.0 / (1 + i) ** 0.5 for i, member in enumerate(members)}
    chosen: list[ScoredSentence] = []
    likeness = dict.fromkeys(range(len(pool)), 0.0)
    covered: set[str] = set()
    while likeness and len(chosen) < limit:
        gains = {
            i: pool[i].worth
            + _NEW_MEMBER * sum(importance[m] for m in pool[i].members if m not in covered)
            - _REDUNDANT * like
            for i, like in likeness.items()
        }
        best = max(gains, key=lambda i: (gains[i], -i))
        if chosen and gains[best] < _FLOOR:
            break
        item = pool[best]
        chosen.append(item)
        covered.update(item.members)
        likeness = _less_like(item, pool, likeness, rarity, best)
    return chosen


def _less_like(
    item: ScoredSentence, pool: Sequence[ScoredSentence], likeness: dict[int, float], rarity: Rarity, taken: int
) -> dict[int, float]:
    """The likeness of what is left to what is chosen, without near copies of `item`."""
    told = item.candidate.sentence
    heavy = weight(told.bag, rarity)
    left: dict[int, float] = {}
    for i, like in likeness.items():
        other = pool[i].candidate.sentence
        if i == taken or is_near_copy(told, other, rarity):
            continue
        shared = weight(told.bag & other.bag, rarity)
        left[i] = max(like, shared / max(1, heavy + weight(other.bag, rarity) - shared))
    return left


def _weigh(candidates: Sequence[Candidate], members: Sequence[str], rarity: Rarity) -> list[ScoredSentence]:
    centre = centroid((candidate.sentence for candidate in candidates), rarity)
    keys = [(member, bag_of_title(member)) for member in members]
    return [_telling(candidate, keys, centre, rarity) for candidate in candidates]


def _telling(
    candidate: Candidate, keys: Sequence[tuple[str, frozenset[str]]], centre: dict[str, float], rarity: Rarity
) -> ScoredSentence:
    sentence = candidate.sentence
    places = {member: sentence.text.find(member) for member, key in keys if key and key <= sentence.bag}
    named = tuple(sorted(places, key=lambda member: (places[member] % 10_000, member)))
    length = len(sentence.terms)
    worth = nearness(sentence, centre, rarity) + _ROW * candidate.row.score
    worth += _SUBJECT * any(0 <= place < _FRONT for place in places.values())
    worth -= _LEANS * sentence.leans + _POINTS * sentence.points_back
    worth -= _QUOTED * ('"' in sentence.text or "“" in sentence.text)
    worth -= 0.05 * max(0, _READABLE[0] - length) + 0.01 * max(0, length - _READABLE[1])
    return ScoredSentence(candidate, named, worth)


def cluster_findings(told: Sequence[ScoredSentence]) -> list[list[ScoredSentence]]:
    """The sentences in at most `_FINDINGS` groups of up to `_TOGETHER` about the same member, best first."""
    left = list(told)
    counts = Counter(member for item in told for member in item.members)
    common = {member for member, count in counts.items() if count > max(2, _COMMON * len(told))}
    groups: list[list[ScoredSentence]] = []
    while left and len(groups) < _FINDINGS:
        first = left[0]
        focus = [member for member in first.members if member not in common]
        near = [
            item for item in left[1:] if any(member in focus for member in item.members) and _same_script(item, first)
        ]
        group = [first, *near[: _TOGETHER - 1]]
        left = [item for item in left if item not in group]
        groups.append(group)
    return groups


def _same_script(one: ScoredSentence, other: ScoredSentence) -> bool:
    return is_korean(one.candidate.sentence.text) == is_korean(other.candidate.sentence.text)


_SENTENCES = 18
_TITLE_TEXTS = 120  # sentences in which the topic of the title recurs
_MOST_DOCUMENTS, _MOST_ENTITIES = 40, 30  # from which on a community is not rated higher for more


def write_report(task: WriteReport, rarity: Rarity) -> ReportDraft:
    """The report; every sentence of it stands in a shown row, none twice."""
    rows = (*task.sources, *task.children) or (*task.relationships, *task.entities)
    members = [row.title for row in task.entities]
    candidates = candidates_of(rows)
    told = choose_telling(candidates, members, rarity, _SENTENCES)
    ordered = _by_mentions(members, told)
    texts = [item.candidate.sentence.text for item in told]
    summary, rest = _divide(told, mostly_korean(texts))
    rating, explanation = _rate(task, rows, writing_of(" ".join(texts[:3])))
    return ReportDraft(
        title_of(ordered, [candidate.sentence.text for candidate in candidates[:_TITLE_TEXTS]], rarity),
        paragraph(_in_order(summary)),
        tuple(_findings(rest, rarity)),
        rating,
        explanation,
    )


def _by_mentions(members: Sequence[str], told: Sequence[ScoredSentence]) -> list[str]:
    """The members that the chosen sentences name, most central first; all, if they name none."""
    named = {member for item in told for member in item.members}
    return [member for member in members if member in named] or list(members)


def _divide(told: Sequence[ScoredSentence], korean: bool) -> tuple[Sequence[ScoredSentence], Sequence[ScoredSentence]]:
    """The sentences of the summary, in the language of most, and those of the findings."""
    count = 1 if len(told) < 5 else 2 if len(told) < 10 else 3
    summary = [item for item in told if is_korean(item.candidate.sentence.text) == korean][:count]
    return summary, [item for item in told if item not in summary]


def _in_order(items: Sequence[ScoredSentence]) -> list[Candidate]:
    return sorted((item.candidate for item in items), key=lambda candidate: candidate.order)


def _findings(told: Sequence[ScoredSentence], rarity: Rarity) -> list[FindingDraft]:
    findings: list[FindingDraft] = []
    used: set[str] = set()
    for items in cluster_findings(told):
        names = list(dict.fromkeys(name for item in items for name in item.members))
        texts = [item.candidate.sentence.text for item in items]
        heading = heading_of(names, texts, used, rarity)
        used.add(heading)
        findings.append(FindingDraft(heading, paragraph(_in_order(items))))
    return findings


def _rate(task: WriteReport, rows: Sequence[Shown], language: Language) -> tuple[float, str]:
    """A rating of 0-10 by how many documents speak of how many entities and how central the first is, and why."""
    documents = len({span.document_id for row in rows for span in row.spans})
    entities = len(task.entities)
    central = max(task.entities, key=lambda row: (row.score, row.title), default=None)
    share = central.score if central else 0.0
    rating = 4 * _share(documents, _MOST_DOCUMENTS) + 2.5 * _share(entities, _MOST_ENTITIES) + 3.5 * share
    name = central.title if central else ""
    if language is KOREAN:
        template = KOREAN.templates.rating
        return round(rating, 1), KOREAN.fill(template, documents=documents, entities=entities, name=name, share=share)
    spoken = f"{documents} document speaks" if documents == 1 else f"{documents} documents speak"
    return round(rating, 1), (
        f"{spoken} of its {entities} entities, and its most central one, {name}, has {share:.0%} as many links as the "
        "best-connected entity of all."
    )


def _share(count: int, most: int) -> float:
    return min(1.0, math.log1p(count) / math.log1p(most))
