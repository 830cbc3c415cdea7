"""WriteReport -> title, summary, findings and rating of a community, from the sentences about its members."""

from __future__ import annotations

import math
from collections.abc import Sequence

from graphrag_drift.language.detect import language_of
from graphrag_drift.providers.extractive.candidates import Candidate, candidates_of
from graphrag_drift.providers.extractive.citing import paragraph
from graphrag_drift.providers.extractive.headings import heading_of, is_korean, mostly_korean, title_of
from graphrag_drift.providers.extractive.telling import Telling, choose_telling, cluster_findings
from graphrag_drift.providers.extractive.weights import Rarity
from graphrag_drift.tasks import FindingDraft, ReportDraft, WriteReport
from graphrag_drift.values import Shown

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
    rating, explanation = _rate(task, rows, language_of(" ".join(texts[:3])))
    return ReportDraft(
        title_of(ordered, [candidate.sentence.text for candidate in candidates[:_TITLE_TEXTS]], rarity),
        paragraph(_in_order(summary)),
        tuple(_findings(rest, rarity)),
        rating,
        explanation,
    )


def _by_mentions(members: Sequence[str], told: Sequence[Telling]) -> list[str]:
    """The members that the chosen sentences name, most central first; all, if they name none."""
    named = {member for item in told for member in item.members}
    return [member for member in members if member in named] or list(members)


def _divide(told: Sequence[Telling], korean: bool) -> tuple[Sequence[Telling], Sequence[Telling]]:
    """The sentences of the summary, in the language of most, and those of the findings."""
    count = 1 if len(told) < 5 else 2 if len(told) < 10 else 3
    summary = [item for item in told if is_korean(item.candidate.sentence.text) == korean][:count]
    return summary, [item for item in told if item not in summary]


def _in_order(items: Sequence[Telling]) -> list[Candidate]:
    return sorted((item.candidate for item in items), key=lambda candidate: candidate.order)


def _findings(told: Sequence[Telling], rarity: Rarity) -> list[FindingDraft]:
    findings: list[FindingDraft] = []
    used: set[str] = set()
    for items in cluster_findings(told):
        names = list(dict.fromkeys(name for item in items for name in item.members))
        texts = [item.candidate.sentence.text for item in items]
        heading = heading_of(names, texts, used, rarity)
        used.add(heading)
        findings.append(FindingDraft(heading, paragraph(_in_order(items))))
    return findings


def _rate(task: WriteReport, rows: Sequence[Shown], language: str) -> tuple[float, str]:
    """A rating of 0-10 by how many documents speak of how many entities and how central the first is, and why."""
    documents = len({span.document_id for row in rows for span in row.spans})
    entities = len(task.entities)
    central = max(task.entities, key=lambda row: (row.score, row.title), default=None)
    share = central.score if central else 0.0
    rating = 4 * _share(documents, _MOST_DOCUMENTS) + 2.5 * _share(entities, _MOST_ENTITIES) + 3.5 * share
    name = central.title if central else ""
    if language == "ko":
        return round(rating, 1), (
            f"문서 {documents}건이 개체 {entities}개를 다루며, 가장 중심에 있는 {name}의 연결 수는 "
            f"전체 최다 개체의 {share:.0%}이다."
        )
    spoken = f"{documents} document speaks" if documents == 1 else f"{documents} documents speak"
    return round(rating, 1), (
        f"{spoken} of its {entities} entities, and its most central one, {name}, has {share:.0%} as many links as the "
        "best-connected entity of all."
    )


def _share(count: int, most: int) -> float:
    return min(1.0, math.log1p(count) / math.log1p(most))
