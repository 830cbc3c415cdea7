"""drift: a primer over the nearest reports, rounds of ranked follow-up questions by local search, map and reduce.

Source: DRIFT search (Dynamic Reasoning and Inference with Flexible Traversal), Microsoft Research, October 2024.
Where the published method draws follow-ups at random, here each is scored before it is paid for (`frontier.py`). Its
primer reads reports only; here local search of the root question beside it costs one call, and keeps what no report
found worth a finding. Read `drift_search`, then `_prime`, then `_explore`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.each import meanwhile
from graphrag_drift.marks import MARK
from graphrag_drift.query.citations import cite, tree_of
from graphrag_drift.query.frontier import choose_follow_ups
from graphrag_drift.query.inquiry import Inquiry, Node, SearchResult
from graphrag_drift.query.local_search import show_local_context
from graphrag_drift.query.needed_reports import write_needed
from graphrag_drift.query.reduce import conclude, map_findings
from graphrag_drift.query.reports import nearest_reports, rows_of_reports
from graphrag_drift.query.retrieval import rank
from graphrag_drift.query.verification import check
from graphrag_drift.settings import LocalSearchSettings
from graphrag_drift.shown import batches
from graphrag_drift.tasks import AnswerDraft, AnswerFollowUp, Findings, Hypothesize, Point, PrimeQuestion, Task
from graphrag_drift.values import Branch, Event, Usage

Floats = NDArray[np.float32]

_UNITS = 100  # text units looked at for what they have to say to the root question
_SHOWN = 0.5  # part of it that is still wanted of one which was shown, but which no answer cites


@dataclass
class _Tree:
    """What grows: the root, the vectors of all questions asked so far, the root's first, what was asked in the last
    round, and what to say of it.

    `near` (text_units,) is how near each is to the root question (0-1), `most_gain` the most that a follow-up
    promised; `failures` is how many of the ledger's errors the notes have.
    """

    root: Node
    vectors: Floats
    near: Floats
    most_gain: float = 0.0
    newest: list[Node] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: int = 0


async def drift_search(inquiry: Inquiry) -> SearchResult:
    """HyDE, primer, rounds of follow-ups best first, and one answer from the ranked tree."""
    vectors = await inquiry.embedder.embed_questions([inquiry.question])
    tree = _Tree(Node(inquiry.question), vectors, _near(inquiry, vectors[0]))
    await _prime(inquiry, tree)
    return await _explore(inquiry, tree, inquiry.settings.drift_search.rounds)


async def resume(inquiry: Inquiry, branch: Branch, rounds: int) -> SearchResult:
    """`rounds` more over the tree of an earlier answer; none of its questions is asked again.

    Raises: SettingsError, if it cites what this index does not have.
    """
    root = tree_of(inquiry, branch)
    vectors = await inquiry.embedder.embed_questions([node.question for node in root.below()])
    return await _explore(inquiry, _Tree(root, vectors, _near(inquiry, vectors[0])), rounds)


def _near(inquiry: Inquiry, vector: Floats) -> Floats:
    """(text_units,), how near each is to the root question, the best 1; `vector` is that of the question."""
    ranking = rank(inquiry.question, vector, inquiry.evidence, method="auto", k=_UNITS)
    near = np.zeros(len(inquiry.evidence.text_unit_ids), dtype=np.float32)
    near[ranking.rows] = ranking.scores / max(float(ranking.scores.max(initial=0.0)), 1e-9)
    return near


async def _prime(inquiry: Inquiry, tree: _Tree) -> None:
    """Answer the root, from the top-K reports in folds and once by local search."""
    settings = inquiry.settings.drift_search
    graph, root = inquiry.graph, tree.root
    hypothesis, sources = await meanwhile(
        _hypothesis(inquiry, tree),
        lambda: show_local_context(inquiry, root.question, _follow_up_settings(inquiry)),
    )
    aims = np.concatenate([tree.vectors, await inquiry.embedder.embed_questions([hypothesis] if hypothesis else [])])
    reports = nearest_reports(graph, aims, settings.k_reports, inquiry.reports)
    inquiry.observe(Event("retrieved", f"{len(reports)} reports"))
    written = await write_needed(inquiry, reports) if inquiry.writer else {}
    rows = inquiry.visible(rows_of_reports(graph, reports, inquiry.documents, written))
    tasks: list[Task[Findings]] = []
    if sources:
        tasks.append(AnswerFollowUp(root.question, root.question, sources, settings.follow_ups))
    folds = map(inquiry.show, batches(rows, settings.primer_fold_tokens, inquiry.tokenizer))
    tasks += [PrimeQuestion(root.question, fold, settings.follow_ups) for fold in folds if fold]

    def receive(_: int, reply: Findings, usage: Usage) -> None:
        root.usage += usage
        if reply.answer:
            inquiry.observe(Event("primed", reply.answer))

    replies = [reply for reply in await inquiry.read_all(tasks, receive) if isinstance(reply, Findings)]
    best = sorted((-reply.score, reply.answer) for reply in replies if reply.answer)
    root.answer = "\n\n".join(dict.fromkeys(answer for _, answer in best))
    root.score = max((-score for score, _ in best), default=0.0)
    root.follow_ups = [question for reply in replies for question in reply.follow_ups]
    _note_failures(inquiry, tree, "a part of the primer failed")


def _follow_up_settings(inquiry: Inquiry) -> LocalSearchSettings:
    """How follow-ups are answered: by local search with shares and a limit of DRIFT's own."""
    drift = inquiry.settings.drift_search
    shares = {
        "text_unit_prop": drift.local_search_text_unit_prop,
        "community_prop": drift.local_search_community_prop,
        "max_context_tokens": drift.follow_up_context_tokens,
    }
    return inquiry.settings.local_search.model_copy(update=shares)


async def _hypothesis(inquiry: Inquiry, tree: _Tree) -> str:
    """HyDE: a hypothetical answer shaped like the nearest report; "" without one, and the question finds alone."""
    nearest = nearest_reports(inquiry.graph, tree.vectors, 1, inquiry.reports)
    rows = inquiry.show(rows_of_reports(inquiry.graph, nearest, inquiry.documents))

    def receive(_: int, reply: str, usage: Usage) -> None:
        tree.root.usage += usage

    replies = await inquiry.read_all([Hypothesize(inquiry.question, rows)] if rows else [], receive)
    _note_failures(inquiry, tree, "there was no hypothetical answer")
    return "".join(reply for reply in replies if isinstance(reply, str))


async def _explore(inquiry: Inquiry, tree: _Tree, rounds: int) -> SearchResult:
    """Rounds of follow-ups, then the answer from all that is there."""
    for _ in range(rounds):
        follow_ups = await _next_questions(inquiry, tree)
        if not follow_ups:
            break
        await _answer(inquiry, tree, follow_ups)
    nodes = [node for node in tree.root.below() if node.answer]
    if not nodes and inquiry.ledger.errors:
        raise inquiry.ledger.errors[0]
    draft = await _conclude(inquiry, tree, nodes)
    return SearchResult(draft, tree.root, tuple(dict.fromkeys(tree.notes)))


async def _next_questions(inquiry: Inquiry, tree: _Tree) -> list[Node]:
    """The follow-ups worth asking now; they leave the `follow_ups` of whose answers raised them."""
    settings = inquiry.settings.drift_search
    pairs = [(question, node) for node in tree.root.below() for question in node.follow_ups]
    parents = dict(reversed(pairs))  # of what several answers raised, the first
    questions = sorted(parents)
    if not questions:
        return []
    vectors = await inquiry.embedder.embed_questions(questions)
    choices, tree.most_gain = choose_follow_ups(
        questions,
        vectors,
        [parents[question].score / 100 for question in questions],
        [parents[question] in tree.newest for question in questions],
        root=tree.vectors[0],
        asked=tree.vectors,
        evidence=inquiry.evidence,
        wanted=_wanted(inquiry, tree),
        width=settings.width,
        least_gain=settings.min_gain if settings.stop == "gain" else 0.0,
        most_before=tree.most_gain,
    )
    tree.vectors = np.concatenate([tree.vectors, vectors[[place for place, _ in choices]]])
    nodes = [Node(questions[place], parents[questions[place]], prospect.relevance) for place, prospect in choices]
    chosen = {node.question for node in nodes}
    for node in tree.root.below():
        node.follow_ups = [question for question in node.follow_ups if question not in chosen]
    return nodes


def _wanted(inquiry: Inquiry, tree: _Tree) -> Floats:
    """(text_units,), what each still has for the root question: how near it is, less if it was shown, 0 if cited."""
    cited = {int(mark) for node in tree.root.below() for mark in MARK.findall(node.answer)}
    row_of = inquiry.evidence.row_of
    wanted = tree.near.copy()
    for mark, row in inquiry.ledger.rows.items():
        units = [row_of[span.text_unit_id] for span in row.spans if span.text_unit_id in row_of]
        wanted[units] = np.minimum(wanted[units], 0.0 if mark in cited else _SHOWN * tree.near[units])
    return wanted


async def _answer(inquiry: Inquiry, tree: _Tree, nodes: Sequence[Node]) -> None:
    """Answer the questions, all at once, and hang them into the tree; one without evidence is left out."""
    tasks: list[Task[Findings]] = []
    tree.newest = []
    for node in nodes:
        rows = await show_local_context(inquiry, node.question, _follow_up_settings(inquiry))
        if rows:
            inquiry.observe(Event("asked", node.question))
            follow_ups = inquiry.settings.drift_search.follow_ups
            tasks.append(AnswerFollowUp(inquiry.question, node.question, rows, follow_ups))
            tree.newest.append(node)

    def grow(place: int, reply: Findings, usage: Usage) -> None:
        node = tree.newest[place]
        node.answer, node.score, node.usage, node.follow_ups = reply.answer, reply.score, usage, [*reply.follow_ups]
        siblings = node.parent.children if node.parent else []
        siblings.append(node)
        siblings.sort(key=lambda child: (-child.relevance, child.question))
        inquiry.observe(Event("answered", f"{node.question} {node.answer}"))

    await inquiry.read_all(tasks, grow)
    _note_failures(inquiry, tree, "a follow-up question could not be answered")


async def _conclude(inquiry: Inquiry, tree: _Tree, nodes: Sequence[Node]) -> AnswerDraft:
    """One answer from the answers of all `nodes`."""
    settings = inquiry.settings.drift_search
    ranked = settings.weights == "ranked"
    findings = [Point(node.answer, node.score if ranked else 50.0) for node in nodes]
    points = await map_findings(inquiry, findings, settings.data_max_tokens)
    inquiry.observe(Event("mapped", f"{len(points)} points"))
    _note_failures(inquiry, tree, "findings were not weighed")
    (draft, notes), _ = await meanwhile(
        conclude(inquiry, points, settings.data_max_tokens), lambda: _check_ahead(inquiry, nodes)
    )
    tree.notes.extend(notes)
    return draft


async def _check_ahead(inquiry: Inquiry, nodes: Sequence[Node]) -> None:
    """Check the answers of the tree, which `check` remembers, so that this is done when the final text is there."""
    for node in nodes:
        check(cite(inquiry, SearchResult(AnswerDraft(node.answer)), "drift"), inquiry.graph)
        await asyncio.sleep(0)


def _note_failures(inquiry: Inquiry, tree: _Tree, what: str) -> None:
    """Say in the notes what failed since the last time."""
    errors = inquiry.ledger.errors
    tree.notes.extend(f"{what}: {error}" for error in errors[tree.failures :])
    tree.failures = len(errors)
