"""DRIFT: which follow-ups are asked, what a failure costs, what is saved and gone on with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphrag_drift import Branch, Budget, Index, Settings, tasks
from graphrag_drift.answer.as_json import answer_json, load_answer
from graphrag_drift.errors import EndpointError, ProviderError, SettingsError
from graphrag_drift.providers.embedded.embedder import HashedTfidf
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.query.frontier import FollowUp, choose_follow_ups
from graphrag_drift.query.reports import kin, nearest_reports
from graphrag_drift.shown import row_tokens
from graphrag_drift.tasks import (
    AnswerFollowUp,
    Findings,
    Hypothesize,
    MapFindings,
    MapReports,
    Point,
    PrimeQuestion,
    RateReports,
    ReduceAnswers,
)
from graphrag_drift.values import Event

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
QUESTION = "What do the port strike and the drug trial have to do with each other?"


def branches(branch: Branch | None) -> Iterator[Branch]:
    if branch is not None:
        yield branch
        for child in branch.children:
            yield from branches(child)


def script(**changed: Any) -> dict[type, Any]:
    """A reader of one short answer a task; follow-ups are questions about the newsroom, each raised once."""
    lines = (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()
    questions = cycle(json.loads(line)["question"] for line in lines)

    def findings(task: PrimeQuestion | AnswerFollowUp) -> Findings:
        rows = task.reports if isinstance(task, PrimeQuestion) else task.context
        asked = tuple(islice(questions, task.follow_ups))
        return Findings(f"It is so [{rows[0].mark}].", 50.0, asked)

    replies: dict[type, Any] = {
        Hypothesize: "The strike held up the drug.",
        PrimeQuestion: findings,
        AnswerFollowUp: findings,
        MapFindings: lambda task: task.findings,
        ReduceAnswers: lambda task: task.points[0].text,
    }
    return replies | {getattr(tasks, name): reply for name, reply in changed.items()}


def opened(
    settings: Settings, replies: dict[type, Any], *, paid: bool = False, **drift: Any
) -> tuple[Index, ScriptedReader]:
    """The newsroom, read by a script, whose every reply is `paid` for."""
    reader = ScriptedReader(replies)
    own = models_for(settings)
    changed = settings.model_copy(update={"drift_search": settings.drift_search.model_copy(update=drift)})
    maker: Maker[Reader] = Maker(lambda _: reader, lambda: "scripted", composes=paid)
    return Index.open_sync(changed, models=Models(maker, own.embedder, own.tokenizer)), reader


def kinds(reader: ScriptedReader) -> list[str]:
    return [type(task).__name__ for task in reader.asked]


def test_drift_asks_hyde_primer_rounds_and_reduce_and_at_most_twenty_times(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script())
    answer = index.ask_sync(QUESTION, method="drift")
    asked = kinds(reader)
    assert asked[0] == "Hypothesize"
    assert asked[-1] == "ReduceAnswers"
    assert set(asked[1:-1]) == {"PrimeQuestion", "AnswerFollowUp"}
    assert len(asked) <= 20
    assert answer.tree is not None
    assert {len(branch.follow_ups) > 0 for branch in branches(answer.tree)} == {True}


def test_the_hypothesis_is_shaped_like_the_report_nearest_to_the_question(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script())
    index.ask_sync(QUESTION, method="drift")
    task = next(task for task in reader.asked if isinstance(task, Hypothesize))
    vector = asyncio.run(index._embedder.embed_questions([QUESTION]))[0]
    nearest = index.graph.report_rows[int(np.argmax(index.graph.report_vectors @ vector))]
    assert {row.title for row in task.reports} == {nearest["title"]}


def test_reports_for_the_primer_are_never_of_one_family_and_folds_never_empty(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script(), primer_fold_tokens=600)
    index.ask_sync(QUESTION, method="drift")
    folds = [task.reports for task in reader.asked if isinstance(task, PrimeQuestion)]
    assert len(folds) > 1
    assert all(folds)
    vectors = asyncio.run(index._embedder.embed_questions([QUESTION]))
    rows = nearest_reports(index.graph, vectors, 20)
    assert all(not set(kin(row, index.graph)) & set(rows) for row in rows)


def test_one_failed_branch_costs_no_other_and_is_said(newsroom_settings: Settings) -> None:
    calls = iter(range(1000))

    def second_fails(task: AnswerFollowUp) -> Findings:
        if next(calls) == 2:
            raise ProviderError("the reply was cut off")
        return Findings(f"It is so [{task.context[0].mark}].", 50.0, ("What happened to the cranes at Pier 9?",))

    index, _ = opened(newsroom_settings, script(AnswerFollowUp=second_fails))
    answer = index.ask_sync(QUESTION, method="drift")
    assert answer.citations
    assert [note for note in answer.notes if "the reply was cut off" in note]


@pytest.mark.parametrize("failing", ["Hypothesize", "PrimeQuestion", "MapFindings", "ReduceAnswers"])
def test_whatever_fails_the_answer_is_made_from_what_is_there(failing: str, newsroom_settings: Settings) -> None:
    long = {"PrimeQuestion": lambda task: Findings(f"It is so [{task.reports[0].mark}]. " * 1_000, 50.0)}
    failed = {failing: EndpointError("the server is gone")}
    index, _ = opened(newsroom_settings, script(**(long if failing == "MapFindings" else {}) | failed))
    answer = index.ask_sync(QUESTION, method="drift")
    assert "It is so" in answer.text
    assert answer.citations
    assert any("the server is gone" in note for note in answer.notes)


def test_if_nothing_at_all_was_answered_the_reason_is_raised(newsroom_settings: Settings) -> None:
    error = EndpointError("the server is gone")
    index, _ = opened(newsroom_settings, dict.fromkeys((Hypothesize, PrimeQuestion, AnswerFollowUp), error))
    with pytest.raises(EndpointError, match="the server is gone"):
        index.ask_sync(QUESTION, method="drift")


@pytest.mark.parametrize("count", [0, 500])
def test_a_primer_with_no_or_many_follow_ups_is_bounded(count: int, newsroom_settings: Settings) -> None:
    many = tuple(f"Who is witness{n} of the strike?" for n in range(count))
    prime = Findings("Nothing is known.", 10.0, many)
    index, reader = opened(newsroom_settings, script(PrimeQuestion=prime, AnswerFollowUp=Findings("", 0.0, many)))
    index.ask_sync(QUESTION, method="drift")
    assert len(reader.asked) <= 20


def test_follow_ups_that_come_round_again_are_asked_once(newsroom_settings: Settings) -> None:
    def again(task: AnswerFollowUp) -> Findings:
        return Findings(f"It is so [{task.context[0].mark}].", 50.0, (task.root, task.question, "Who led the strike?"))

    index, reader = opened(newsroom_settings, script(PrimeQuestion=again_primer, AnswerFollowUp=again), rounds=5)
    index.ask_sync(QUESTION, method="drift")
    asked = [task.question for task in reader.asked if isinstance(task, AnswerFollowUp)]
    assert len(asked) == len(set(asked)) == 2


def again_primer(task: PrimeQuestion) -> Findings:
    return Findings(f"It is so [{task.reports[0].mark}].", 50.0, ("Who led the strike?", task.question))


def test_follow_ups_on_one_subject_see_more_of_it_than_one_of_them_would(newsroom_settings: Settings) -> None:
    asked = (
        "Why did dockworkers walk out?",
        "What did Meridian offer dockworkers?",
        "Which ships waited for dockworkers?",
    )

    def findings(task: PrimeQuestion | AnswerFollowUp) -> Findings:
        rows = task.reports if isinstance(task, PrimeQuestion) else task.context
        return Findings(f"It is so [{rows[0].mark}].", 50.0, asked)

    index, reader = opened(
        newsroom_settings, script(PrimeQuestion=findings, AnswerFollowUp=findings), follow_up_context_tokens=1_500
    )
    index.ask_sync("How did the strike at Port Ellery end?", method="drift")
    contexts = [
        {row.spans[0].text_unit_id for row in task.context if row.kind == "source"}
        for task in reader.asked
        if isinstance(task, AnswerFollowUp) and task.question != task.root
    ]
    assert len(contexts) == 3
    assert len(set.union(*contexts)) >= 0.9 * sum(map(len, contexts))


def test_a_follow_up_reads_mostly_text_units_within_its_own_limit(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script())
    index.ask_sync(QUESTION, method="drift")
    settings = newsroom_settings.drift_search
    tokenizer = models_for(newsroom_settings).tokenizer
    for task in reader.asked:
        if isinstance(task, AnswerFollowUp) and task.question != task.root:
            tokens = dict.fromkeys(("source", "finding", "entity", "relationship", "claim", "report"), 0)
            for row in task.context:
                tokens[row.kind] += row_tokens(row, tokenizer)
            assert sum(tokens.values()) <= settings.follow_up_context_tokens
            assert tokens["source"] >= 0.7 * sum(tokens.values())
            assert tokens["finding"] > 0
            assert tokens["relationship"] > 0


def test_events_come_as_branches_finish_before_the_round_ends(newsroom_settings: Settings) -> None:
    index, _ = opened(newsroom_settings, script())
    seen: list[Event] = []
    index.ask_sync(QUESTION, method="drift", observe=seen.append)
    kinds_seen = [event.kind for event in seen]
    assert kinds_seen.index("primed") < kinds_seen.index("asked") < kinds_seen.index("answered")
    assert kinds_seen[-1] == "mapped"


def test_equal_weights_hide_the_scores_of_the_answers(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script(AnswerFollowUp=Findings("It is so.", 90.0)), weights="equal")
    index.ask_sync(QUESTION, method="drift")
    [task] = [task for task in reader.asked if isinstance(task, ReduceAnswers)]
    assert {point.score for point in task.points} == {50.0}


def test_a_fact_that_local_search_finds_ends_the_search_there(newsroom_settings: Settings) -> None:
    certain = Findings("Ann Hale signed it.", 100.0, ("Who is Ann Hale?",))
    index, reader = opened(newsroom_settings, script(AnswerFollowUp=certain))
    answer = index.ask_sync("Who signed the report on the tank?", method="drift")
    assert list(dict.fromkeys(kinds(reader))) == ["Hypothesize", "AnswerFollowUp", "PrimeQuestion", "ReduceAnswers"]
    assert answer.tree is not None
    assert "Who is Ann Hale?" in answer.tree.follow_ups


@pytest.mark.parametrize(("score", "rounds"), [(96.0, 1), (90.0, 2)])
def test_after_first_answers_that_leave_nothing_open_there_is_one_round(
    score: float, rounds: int, newsroom_settings: Settings
) -> None:
    replies = script()

    def findings(task: PrimeQuestion | AnswerFollowUp) -> Findings:
        first = isinstance(task, PrimeQuestion) or task.question == task.root
        reply: Findings = replies[AnswerFollowUp](task)
        return replace(reply, score=score if first else 60.0)

    index, _ = opened(newsroom_settings, script(PrimeQuestion=findings, AnswerFollowUp=findings))
    tree = index.ask_sync(QUESTION, method="drift").tree
    assert tree is not None
    assert depth(tree) == 1 + rounds


def depth(branch: Branch) -> int:
    return 1 + max(map(depth, branch.children), default=0)


def test_a_round_of_answers_that_help_nothing_is_the_last_and_the_best_of_them_stands(
    newsroom_settings: Settings,
) -> None:
    replies = script()

    def idle(task: AnswerFollowUp) -> Findings:
        return replace(replies[AnswerFollowUp](task), score=5.0)

    nothing = Findings("", 0.0, ("What did Ingrid Solvay say?", "Where is Pier 9?", "Who is Judith Hale?"))
    index, reader = opened(newsroom_settings, script(AnswerFollowUp=idle, PrimeQuestion=nothing), paid=True)
    answer = index.ask_sync("Where did Judith Hale study toxicology?", method="drift")
    assert "ReduceAnswers" not in kinds(reader)
    assert kinds(reader).count("AnswerFollowUp") == 3  # the root's own, and two where four would be asked
    assert "It is so" in answer.text
    assert any(note.startswith("nothing answers the whole question; this answers") for note in answer.notes)


def test_an_answered_tree_is_never_told_as_nothing(newsroom_settings: Settings) -> None:
    index, _ = opened(newsroom_settings, script(ReduceAnswers=""), paid=True)
    answer = index.ask_sync(QUESTION, method="drift")
    assert "It is so" in answer.text
    assert any("nothing answers the whole question" in note for note in answer.notes)


def test_follow_ups_of_a_round_that_is_paid_for_are_shown_the_same_rows_in_the_same_order(
    newsroom_settings: Settings,
) -> None:
    index, reader = opened(newsroom_settings, script(), paid=True, rounds=1)
    index.ask_sync(QUESTION, method="drift")
    contexts = [task.context for task in reader.asked if isinstance(task, AnswerFollowUp)][1:]
    assert len(contexts) == 4
    assert len(set(contexts)) == 1


def test_what_a_question_found_is_reduced_with_that_question(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script())
    answer = index.ask_sync(QUESTION, method="drift")
    [task] = [task for task in reader.asked if isinstance(task, ReduceAnswers)]
    assert {point.question for point in task.points} == {branch.question for branch in branches(answer.tree)}


def test_follow_ups_that_ask_again_what_was_asked_are_not_told_as_open(newsroom_settings: Settings) -> None:
    asked = ("Who at Meridian declined the talks in May?", "Who at Meridian declined these talks in May?")

    def findings(task: PrimeQuestion | AnswerFollowUp) -> Findings:
        rows = task.reports if isinstance(task, PrimeQuestion) else task.context
        return Findings(f"It is so [{rows[0].mark}].", 50.0, (*asked, "What is Pier 9?"))

    index, _ = opened(newsroom_settings, script(PrimeQuestion=findings, AnswerFollowUp=findings), width=1, rounds=1)
    tree = index.ask_sync(QUESTION, method="drift").tree
    assert tree is not None
    [child] = tree.children
    left = {question for branch in branches(tree) for question in branch.follow_ups}
    assert left == ({"What is Pier 9?"} if child.question in asked else set(asked))


def test_stopping_by_gain_asks_no_more_than_fixed_rounds_and_at_the_highest_line_only_the_best(
    newsroom_settings: Settings,
) -> None:
    counts = []
    for changed in ({}, {"stop": "gain", "min_gain": 0.6}, {"stop": "gain", "min_gain": 1.0}):
        index, reader = opened(newsroom_settings, script(), **changed)
        index.ask_sync(QUESTION, method="drift")
        counts.append(kinds(reader).count("AnswerFollowUp"))
    assert counts[0] > counts[1] >= counts[2] > 1  # the root's own, and in each round what promises most so far
    assert counts[2] <= 3


def choose(
    index: Index, questions: list[str], wanted: float, *, bound: bool = False, **changed: float
) -> tuple[list[tuple[str, float]], float]:
    """What is asked of `questions` and the gain of each, where all text units are `wanted` as much."""
    graph = index.graph
    root = "How did the port strike end?"
    vectors = asyncio.run(HashedTfidf(graph.lexicon, 1024).embed_questions([*questions, root]))
    chosen, most = choose_follow_ups(
        [FollowUp(question, 0.5, bound=bound) for question in questions],
        vectors[:-1],
        asked=[root],
        asked_vectors=vectors[-1:],
        evidence=graph.evidence,
        wanted=np.full(len(graph.evidence.text_unit_ids), wanted, np.float32),
        width=3,
        **changed,
    )
    return [(questions[place], prospect.gain) for place, prospect in chosen], most


def test_the_question_whose_text_units_are_wanted_is_asked_first(newsroom_index: Index) -> None:
    questions = ["Who is Zanzibar Quux?", "What did Ingrid Solvay propose?", "Why was the tram line delayed?"]
    chosen, most = choose(newsroom_index, questions, 1.0)
    gains = dict(chosen)
    assert gains["Who is Zanzibar Quux?"] == 0.0
    assert chosen[-1][0] == "Who is Zanzibar Quux?"
    assert most == max(gains.values())
    unwanted, _ = choose(newsroom_index, questions, 0.0)
    assert set(dict(unwanted).values()) == {0.0}


def test_what_promises_too_little_of_the_most_before_is_not_asked_nor_what_promises_nothing(
    newsroom_index: Index,
) -> None:
    questions = ["What did Ingrid Solvay propose?", "Who is Zanzibar Quux?"]
    [(asked, gain)], most = choose(newsroom_index, questions, 1.0, least_gain=0.1)
    assert (asked, gain) == (questions[0], most)
    assert choose(newsroom_index, questions, 1.0, least_gain=0.5, most_before=3 * most) == ([], 3 * most)
    assert choose(newsroom_index, questions, 0.0, least_gain=0.1) == ([], 0.0)


def test_the_same_question_about_another_name_is_another_question_and_bound_ones_come_first(
    newsroom_index: Index,
) -> None:
    questions = ["When did Ingrid Solvay join the talks at Pier 9?", "When did Walter Pruitt join the talks at Pier 9?"]
    assert {question for question, _ in choose(newsroom_index, questions, 1.0)[0]} == set(questions)
    same = ["When did Ingrid Solvay join the talks at Pier 9?", "When did Ingrid Solvay join these talks at Pier 9?"]
    assert len(choose(newsroom_index, same, 1.0)[0]) == 1
    assert len(choose(newsroom_index, same, 1.0, bound=True)[0]) == 2


def test_a_part_of_the_root_question_may_be_asked_but_not_the_root_question_again(newsroom_index: Index) -> None:
    part, again = "How did the port strike end for Ingrid Solvay?", "How did the port strike end then?"
    chosen, _ = choose(newsroom_index, [part, again], 1.0)
    assert [question for question, _ in chosen] == [part]


def test_each_choice_takes_from_the_others_what_it_will_read(newsroom_index: Index) -> None:
    same = ["What did Ingrid Solvay propose to the dockers?", "Which offer by Ingrid Solvay did dockers hear?"]
    alone = [choose(newsroom_index, [question], 1.0)[0][0][1] for question in same]
    together, _ = choose(newsroom_index, same, 1.0)
    assert together[0][1] == max(alone)
    assert together[1][1] < min(alone)


def test_a_saved_answer_is_gone_on_with_and_none_of_its_questions_asked_again(
    newsroom_settings: Settings, tmp_path: Path
) -> None:
    index, _ = opened(newsroom_settings, script())
    first = index.ask_sync(QUESTION, method="drift")
    (tmp_path / "answer.json").write_text(json.dumps(answer_json(first)), "utf-8")
    loaded = load_answer(tmp_path / "answer.json")
    assert loaded.tree == first.tree
    again, reader = opened(newsroom_settings, script())
    second = again.resume_sync(loaded)
    asked = [task.question for task in reader.asked if isinstance(task, AnswerFollowUp)]
    before = {branch.question for branch in branches(first.tree)}
    assert asked
    assert not set(asked) & before
    assert {"Hypothesize", "PrimeQuestion"} & set(kinds(reader)) == set()
    assert {branch.question for branch in branches(second.tree)} == before | set(asked)
    assert second.citations


def test_an_answer_without_a_tree_or_of_another_index_is_refused(newsroom_index: Index, tmp_path: Path) -> None:
    plain = newsroom_index.ask_sync("Who is Ingrid Solvay?", method="local")
    with pytest.raises(SettingsError, match="no tree of questions"):
        newsroom_index.resume_sync(plain)
    tree = newsroom_index.ask_sync("Who is Ingrid Solvay?", method="drift")
    text = json.dumps(answer_json(tree)).replace("Solvay", "Sorvay")
    (tmp_path / "other.json").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="as another index has it"):
        newsroom_index.resume_sync(load_answer(tmp_path / "other.json"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"text": 1}', "not json", '{"text": "a", "method": "x"}'])
def test_a_file_that_holds_no_answer_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="holds no answer; expected a file that"):
        load_answer(tmp_path / "answer.json")


def test_dynamic_selection_rates_from_the_roots_down_and_reads_the_deepest_relevant_reports(
    newsroom_settings: Settings,
) -> None:
    rated: list[str] = []

    def rate(task: RateReports) -> tuple[float, ...]:
        rated.extend(report.title for report in task.reports)
        return tuple(5.0 if "strike" in report.text.casefold() else 0.0 for report in task.reports)

    def points(task: MapReports) -> tuple[Point, ...]:
        return (Point(f"It is so [{task.reports[0].mark}].", 50.0),)

    index, reader = opened(newsroom_settings, script(RateReports=rate, MapReports=points))
    search = index.settings.global_search.model_copy(update={"selection": "dynamic"})
    index.settings = index.settings.model_copy(update={"global_search": search})
    answer = index.ask_sync("How did the strike end?", method="global")
    read = {row.title for task in reader.asked if isinstance(task, MapReports) for row in task.reports}
    assert answer.citations
    assert read
    assert read <= set(rated)
    level = index.settings.global_search.community_level
    everything = {r["title"] for r in index.graph.report_rows if not r["children"] or r["level"] == level}
    assert len(read) < len(everything)


def test_the_light_mode_reads_the_nearest_reports_only(newsroom_settings: Settings) -> None:
    index, reader = opened(newsroom_settings, script(MapReports=(), AnswerQuestion=""))
    search = index.settings.global_search.model_copy(update={"selection": "light", "k_reports": 3})
    index.settings = index.settings.model_copy(update={"global_search": search})
    index.ask_sync("How did the strike end?", method="global")
    assert len({row.title for task in reader.asked if isinstance(task, MapReports) for row in task.reports}) == 3


def test_an_index_without_entities_answers_or_says_that_it_cannot(tmp_path: Path) -> None:
    from graphrag_drift import build_index_sync

    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text("it rained all day and nobody came.", "utf-8")
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings)
    answer = Index.open_sync(settings).ask_sync("Why did nobody come?", method="drift", budget=Budget(tasks=50))
    assert answer.text
