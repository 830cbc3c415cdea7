"""WriteReport -> title, summary, findings and rating of a community, from the sentences about its members."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.language.vocabulary import Vocabulary
from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.candidates import Candidate, candidates_of
from graphrag_drift.providers.extractive.composing import paragraph
from graphrag_drift.providers.extractive.topics import topics_of
from graphrag_drift.providers.extractive.weights import Rarity, centroid, is_near_copy, nearness
from graphrag_drift.tasks import FindingDraft, ReportDraft, WriteReport

_FINDINGS = 6


def write_report(task: WriteReport, vocabulary: Vocabulary, rarity: Rarity) -> ReportDraft:
    """The report; every sentence of it stands in a shown row."""
    rows = (*task.sources, *task.children) or (*task.relationships, *task.entities)
    chosen = _choose(candidates_of(rows), [row.title for row in task.entities], rarity, 2 + _FINDINGS)
    title = _title(task, [candidate.sentence.text for candidate in chosen], rarity)
    findings = tuple(FindingDraft(_heading(c, task), paragraph([c])) for c in chosen[2:] or chosen[:1])
    documents = len({span.document_id for row in rows for span in row.spans})
    rating = round(min(10.0, 1 + documents * 0.5 + len(task.entities) * 0.2), 1)
    explanation = f"{len(task.entities)} entities and {len(task.relationships)} relationships in {documents} documents."
    return ReportDraft(title, paragraph(chosen[:2]), findings, rating, explanation)


def _choose(candidates: Sequence[Candidate], members: Sequence[str], rarity: Rarity, limit: int) -> list[Candidate]:
    centre = centroid((candidate.sentence for candidate in candidates), rarity)
    keys = [frozenset(content_terms(member)) for member in members]
    scored = []
    for candidate in candidates:
        sentence = candidate.sentence
        named = sum(key <= sentence.bag for key in keys)
        score = nearness(sentence, centre, rarity) + 0.1 * min(named, 3) + 0.2 * candidate.row.score - 0.3 * sentence.leans
        scored.append((-score, candidate.place, sentence.start, candidate))
    chosen: list[Candidate] = []
    for *_, candidate in sorted(scored, key=lambda item: item[:3]):
        if len(chosen) == limit:
            break
        if not any(is_near_copy(candidate.sentence.bag, c.sentence.bag, rarity) for c in chosen):
            chosen.append(candidate)
    return chosen


def _title(task: WriteReport, texts: Sequence[str], rarity: Rarity) -> str:
    names = [row.title for row in task.entities][:3]
    topics = topics_of(texts, rarity)
    head = f"{topics[0].bare[0].upper()}{topics[0].bare[1:]}: " if topics else ""
    return head + ", ".join(names)


def _heading(candidate: Candidate, task: WriteReport) -> str:
    names = [row.title for row in task.entities if row.title in candidate.sentence.text][:2]
    return " and ".join(names) or candidate.row.title
