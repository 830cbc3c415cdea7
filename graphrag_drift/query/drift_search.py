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
from functools import partial
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.each import meanwhile
from graphrag_drift.language.cues import kind_of_question
from graphrag_drift.marks import MARK
from graphrag_drift.query.citations import cite, tree_of
from graphrag_drift.query.frontier import FollowUp, asked_again, choose_follow_ups
from graphrag_drift.query.inquiry import Inquiry, Node, SearchResult
from graphrag_drift.query.local_search import local_rows, show_local_context, show_more, show_question
from graphrag_drift.query.needed_reports import write_needed
from graphrag_drift.query.reduce import conclude, map_findings
from graphrag_drift.query.reports import nearest_reports, rows_of_reports
from graphrag_drift.query.retrieval import rank
from graphrag_drift.query.verification import check
from graphrag_drift.settings import LocalSearchSettings
from graphrag_drift.shown import batches, pack
from graphrag_drift.tasks import AnswerDraft, AnswerFollowUp, Findings, Hypothesize, Point, PrimeQuestion, Task
from graphrag_drift.values import Branch, Event, Shown, Usage

Floats = NDArray[np.float32]

_UNITS = 100  # text units looked at for what they have to say to the root question
_SURE = 0.5  # probability from which an answer needs no word on what was not found
_ANSWERED = 95.0  # score from which a first answer leaves nothing open
_HELPS = 10.0  # score below which an answer is of no help; a round of such answers is the last
_FACTS = ("person", "place", "date", "age", "number")  # kinds of things that one sentence tells
_ROOT = 1.5  # times what a follow-up reads, the root question does
_NARROWER = 2  # times fewer follow-ups are asked where little is to be hoped for and reading is paid for
_NEAR = 0.5  # of the nearest report, how near another must be to be read by the primer
_SHORT = 3_000  # tokens of findings that are read at once, without a map
_ALL_ALIKE = 50.0  # the score of findings that are weighed alike
_SHOWN = 0.5  # part of it that is still wanted of one which was shown, but which no answer cites


@dataclass
class _Tree:
    """What grows: the root, all questions asked so far and their vectors, the root's first, what was asked in the last
    round, and what to say of it.

    `near` (text_units,) is how near each is to the root question (0-1), `most_gain` the most that a follow-up
    promised; `failures` is how many of the ledger's errors the notes have; `first` is what local search answers, of a
    reader of forms; `first_scores` are how well the first answers do (0-100), that of local search first.
    """

    root: Node
    asked: list[str]
    vectors: Floats
    near: Floats
    most_gain: float = 0.0
    newest: list[Node] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: int = 0
    first: AnswerDraft | None = None
    first_scores: list[float] = field(default_factory=list)


async def drift_search(inquiry: Inquiry) -> SearchResult:
    """HyDE, primer, rounds of follow-ups best first, and one answer from the ranked tree."""
    vectors = await inquiry.embedder.embed_questions([inquiry.question])
    tree = _Tree(Node(inquiry.question), [inquiry.question], vectors, _near(inquiry, vectors[0]))
    await _prime(inquiry, tree)
    return await _explore(inquiry, tree, inquiry.settings.drift_search.rounds)


async def resume(inquiry: Inquiry, branch: Branch, rounds: int) -> SearchResult:
    """`rounds` more over the tree of an earlier answer; none of its questions is asked again.

    Raises: SettingsError, if it cites what this index does not have.
    """
    root = tree_of(inquiry, branch)
    asked = [node.question for node in root.below()]
    vectors = await inquiry.embedder.embed_questions(asked)
    return await _explore(inquiry, _Tree(root, asked, vectors, _near(inquiry, vectors[0])), rounds)


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
        lambda: _first_rows(inquiry),
    )
    aims = np.concatenate([tree.vectors, await inquiry.embedder.embed_questions([hypothesis] if hypothesis else [])])
    reports = nearest_reports(graph, aims, settings.k_reports, inquiry.reports, least=_NEAR)
    inquiry.observe(Event("retrieved", f"{len(reports)} reports"))
    written = await write_needed(inquiry, reports) if inquiry.writer else {}
    rows = inquiry.visible(rows_of_reports(graph, reports, inquiry.documents, written))
    tasks: list[Task[Findings]] = []
    if sources:
        more = partial(show_more, inquiry)
        question, wish = root.question, inquiry.response_type
        tasks.append(AnswerFollowUp(question, question, sources, settings.follow_ups, wish, more))
    folds = map(inquiry.show, batches(rows, settings.primer_fold_tokens, inquiry.tokenizer))
    tasks += [PrimeQuestion(root.question, fold, settings.follow_ups) for fold in folds if fold]

    def receive(_: int, reply: Findings, usage: Usage) -> None:
        root.usage += usage
        if reply.answer:
            inquiry.observe(Event("primed", reply.answer))

    replies = [reply for reply in await inquiry.read_all(tasks, receive) if isinstance(reply, Findings)]
    tree.first_scores = [_score(reply) for reply in replies]
    best = sorted((-reply.score, reply.answer) for reply in replies if reply.answer)
    answers = [answer for _, answer in best]
    draft = next((reply.draft for reply in replies if reply.draft), None)
    if draft is not None and draft.form != "nothing":
        rest = (part for answer in answers for part in answer.split("\n\n") if part not in draft.text)
        answers = [draft.text, *rest]
    root.answer = "\n\n".join(dict.fromkeys(answers))
    root.score = max((-score for score, _ in best), default=0.0)
    in_turn = zip_longest(*(reply.follow_ups for reply in replies))
    root.follow_ups = list(dict.fromkeys(question for questions in in_turn for question in questions if question))
    for reply in replies:
        root.leads |= dict(zip(reply.follow_ups, reply.leads, strict=False))
        tree.first = tree.first or reply.draft
    _note_failures(inquiry, tree, "a part of the primer failed")


def _score(reply: Findings) -> float:
    """How well it answers the root question: a reader of forms knows how likely it is right."""
    if reply.draft is not None and reply.draft.probability is not None:
        return 100 * reply.draft.probability
    return reply.score


async def _first_rows(inquiry: Inquiry) -> tuple[Shown, ...]:
    """What the root question is answered from beside the reports: what local search shows, where reading is free."""
    if not inquiry.paid:
        return await show_question(inquiry)
    return await show_local_context(inquiry, inquiry.question, _follow_up_settings(inquiry, _ROOT))


def _follow_up_settings(inquiry: Inquiry, times: float = 1.0) -> LocalSearchSettings:
    """How follow-ups are answered: by local search with shares and a limit of DRIFT's own, so many `times`, though
    more than that limit only as far as local search itself may show."""
    drift = inquiry.settings.drift_search
    most = max(drift.follow_up_context_tokens, inquiry.settings.local_search.max_context_tokens)
    shares = {
        "text_unit_prop": drift.local_search_text_unit_prop,
        "community_prop": drift.local_search_community_prop,
        "max_context_tokens": min(int(drift.follow_up_context_tokens * times), most),
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
    """Rounds of follow-ups until the question is answered, then the answer from all that is there."""
    for _ in range(_rounds_needed(inquiry, tree, rounds)):
        follow_ups = await _next_questions(inquiry, tree)
        if not follow_ups:
            break
        await _answer(inquiry, tree, follow_ups)
        if max((node.score for node in tree.newest), default=0.0) < _HELPS:
            break
    await _prune(inquiry, tree)
    nodes = [node for node in tree.root.below() if node.answer]
    if not nodes and inquiry.ledger.errors:
        raise inquiry.ledger.errors[0]
    draft = await _conclude(inquiry, tree, nodes)
    return SearchResult(draft, tree.root, tuple(dict.fromkeys(tree.notes)))


def _rounds_needed(inquiry: Inquiry, tree: _Tree, rounds: int) -> int:
    """None after a fact that is found, one after first answers that all are nearly complete, else `rounds`."""
    if not tree.first_scores:
        return rounds
    if kind_of_question(inquiry.question) in _FACTS and tree.first_scores[0] >= _ANSWERED:
        return 0
    return min(rounds, 1) if min(tree.first_scores) >= _ANSWERED else rounds


async def _prune(inquiry: Inquiry, tree: _Tree) -> None:
    """Leave out of the follow-ups that were not asked those that ask again what was."""
    questions = sorted({question for node in tree.root.below() for question in node.follow_ups})
    if not questions:
        return
    vectors = await inquiry.embedder.embed_questions(questions)
    again = asked_again(questions, vectors, tree.asked, tree.vectors, inquiry.evidence)
    for node in tree.root.below():
        node.follow_ups = [question for question in node.follow_ups if question not in again]


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
        [_follow_up(question, parents[question], tree) for question in questions],
        vectors,
        asked=tree.asked,
        asked_vectors=tree.vectors,
        evidence=inquiry.evidence,
        wanted=_wanted(inquiry, tree),
        width=_width(inquiry, tree),
        least_gain=settings.min_gain if settings.stop == "gain" else 0.0,
        most_before=tree.most_gain,
    )
    places = [place for place, _ in choices]
    tree.vectors = np.concatenate([tree.vectors, vectors[places]])
    tree.asked.extend(questions[place] for place in places)
    nodes = []
    for place, prospect in choices:
        parent = parents[questions[place]]
        lead = parent.leads.get(questions[place])
        nodes.append(Node(questions[place], parent, prospect.relevance, lead=lead))
    chosen = {node.question for node in nodes}
    for node in tree.root.below():
        node.follow_ups = [question for question in node.follow_ups if question not in chosen]
    return nodes


def _width(inquiry: Inquiry, tree: _Tree) -> int:
    """How many follow-ups are asked now: fewer in a later round or where nothing was found, if reading is paid for."""
    width = inquiry.settings.drift_search.width
    full = len(tree.asked) == 1 and max(tree.first_scores, default=0.0) >= _HELPS
    return width if full or not inquiry.paid else -(-width // _NARROWER)


def _follow_up(question: str, parent: Node, tree: _Tree) -> FollowUp:
    """What speaks for the question, as it stands in `parent`."""
    order = 1.0 - parent.follow_ups.index(question) / len(parent.follow_ups)
    return FollowUp(question, parent.score / 100, parent in tree.newest, order, question in parent.leads)


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
    tree.newest = []
    tasks: list[Task[Findings]] = []
    contexts = await (_shared_rows if inquiry.paid else _own_rows)(inquiry, nodes)
    for node, rows in zip(nodes, contexts, strict=True):
        if rows:
            inquiry.observe(Event("asked", node.question))
            follow_ups = inquiry.settings.drift_search.follow_ups
            tasks.append(AnswerFollowUp(inquiry.question, node.question, rows, follow_ups))
            tree.newest.append(node)

    def grow(place: int, reply: Findings, usage: Usage) -> None:
        node = tree.newest[place]
        node.answer, node.score, node.usage, node.follow_ups = reply.answer, reply.score, usage, [*reply.follow_ups]
        node.leads = dict(zip(reply.follow_ups, reply.leads, strict=False))
        siblings = node.parent.children if node.parent else []
        siblings.append(node)
        siblings.sort(key=lambda child: (-child.relevance, child.question))
        inquiry.observe(Event("answered", f"{node.question} {node.answer}"))

    await inquiry.read_all(tasks, grow)
    _note_failures(inquiry, tree, "a follow-up question could not be answered")


async def _own_rows(inquiry: Inquiry, nodes: Sequence[Node]) -> list[tuple[Shown, ...]]:
    """What each question is answered from; what the reader saw before counts less."""
    settings = _follow_up_settings(inquiry)
    return [await show_local_context(inquiry, node.question, settings) for node in nodes]


async def _shared_rows(inquiry: Inquiry, nodes: Sequence[Node]) -> list[tuple[Shown, ...]]:
    """The same rows for all questions, in one order: what a provider has read for the first it need not read again.

    The rows of each in turn, best first, as far as the limit of one goes.
    """
    settings = _follow_up_settings(inquiry)
    contexts = [await local_rows(inquiry, node.question, settings) for node in nodes]
    in_turn = [row for rows in zip_longest(*contexts) for row in rows if row is not None]
    distinct = {(row.kind, row.title, row.text): row for row in reversed(in_turn)}
    rows = sorted(distinct.values(), key=in_turn.index)
    shared, _ = pack(rows, settings.max_context_tokens, inquiry.tokenizer)
    return [inquiry.show(shared) for _ in nodes]


async def _conclude(inquiry: Inquiry, tree: _Tree, nodes: Sequence[Node]) -> AnswerDraft:
    """One answer from the answers of all `nodes`."""
    settings = inquiry.settings.drift_search
    findings = [_finding(node, settings.weights == "ranked") for node in nodes]
    helpful = max((node.score for node in nodes), default=0.0) >= _HELPS
    points = findings if helpful or tree.first is not None else []
    if points and tree.first is None and sum(inquiry.tokenizer.count(point.text) for point in findings) > _SHORT:
        points = await map_findings(inquiry, findings, settings.data_max_tokens)
        _note_failures(inquiry, tree, "findings were not weighed")
    inquiry.observe(Event("mapped", f"{len(points)} points"))
    (draft, notes), _ = await meanwhile(
        conclude(inquiry, points, settings.data_max_tokens, tree.first), lambda: _check_ahead(inquiry, nodes)
    )
    tree.notes.extend(notes)
    unmet = next((node.question for node in tree.root.below() if node.lead and not node.answer), "")
    if unmet and (draft.probability or 0.0) < _SURE:
        tree.notes.append(f"nothing that was read answers {unmet!r}")
    if draft.text or not nodes:
        return draft
    best = max(nodes, key=lambda node: (node.score, -nodes.index(node)))
    tree.notes.append(f"nothing answers the whole question; this answers {best.question!r}")
    return AnswerDraft(best.answer)


def _finding(node: Node, ranked: bool) -> Point:
    return Point(node.answer, node.score if ranked else _ALL_ALIKE, node.question, node.path)


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
