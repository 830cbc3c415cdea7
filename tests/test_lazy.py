"""lazy: which text units are tested, what the tests cost, and what is answered from them, by a model on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from click.testing import CliRunner
from endpoints import server_in_a_thread
from model_server import Fault, ModelServer, Reply, failure

from graphrag_drift import Answer, Budget, Filters, Index, Settings, build_index_sync
from graphrag_drift.cli.main import cli
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.question import understand
from graphrag_drift.providers.embedded.relevance import select_relevant
from graphrag_drift.providers.embedded.weights import knowledge_of
from graphrag_drift.providers.llm.shapes import RelevantReply, validated
from graphrag_drift.query.bm25 import Postings
from graphrag_drift.query.deepening import NOWHERE, Deepening, homes
from graphrag_drift.query.evidence import Evidence
from graphrag_drift.values import Shown, Usage

QUESTION = "How did the strike at the docks end?"
ROW = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)


def shape_of(request: dict[str, Any]) -> str:
    name: str = request.get("response_format", {}).get("json_schema", {}).get("name", "text")
    return name


def rows_of(request: dict[str, Any]) -> list[tuple[int, str]]:
    return [(int(mark), text) for mark, text in ROW.findall(request["messages"][-1]["content"])]


def striking(request: dict[str, Any]) -> Reply:
    """A model to which everything helps that speaks of a strike; it claims the first words of what it reads."""
    rows = rows_of(request)
    replies: dict[str, Reply] = {
        "questions_reply": {"questions": ["Who ended the strike?", "When did the strike end?"]},
        "relevant_reply": {"relevant": [mark for mark, text in rows if "strike" in text]},
        "points_reply": {"points": [{"text": f"{text[:60]} [{mark}].", "score": 80} for mark, text in rows]},
    }
    points = re.findall(r"\[(\d+)\]", request["messages"][-1]["content"])
    return replies.get(shape_of(request), " ".join(f"It ended [{mark}]." for mark in points[:3]) or "NO ANSWER")


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with server_in_a_thread(striking) as running:
        yield running


Open = Callable[..., Index]


@pytest.fixture
def opened(newsroom_settings: Settings, server: ModelServer, tmp_path: Path) -> Open:
    """Opens the newsroom, which no model has read, with a model for questions; `cache` is where replies are kept."""

    def open_it(cache: str = "cache", **lazy: Any) -> Index:
        model = {"model": "any", "base_url": server.base_url, "api_key": "any", "max_attempts": 1}
        model["price"] = {"input": 1.0, "output": 1.0}  # type: ignore[assignment]
        sections = {"models": {"query": model, "cache_dir": str(tmp_path / cache)}, "lazy_search": lazy}
        changed = Settings.model_validate({**newsroom_settings.model_dump(), **sections})
        return Index.open_sync(changed)

    return open_it


def ask(index: Index, **options: Any) -> Answer:
    return index.ask_sync(QUESTION, method="lazy", **options)


def asked_about(server: ModelServer) -> list[str]:
    """The text units that were asked about, in the order of the calls."""
    return [
        text for call in server.calls if shape_of(call.request) == "relevant_reply" for _, text in rows_of(call.request)
    ]


def shapes(server: ModelServer) -> dict[str, int]:
    names = [shape_of(call.request) for call in server.calls]
    return {name: names.count(name) for name in sorted(set(names))}


def holds(index: Index, answer: Answer) -> bool:
    """Whether every quote stands where its citation says."""
    texts = index.graph.texts
    return all(texts[c.document_id][c.start : c.end] == c.quote for c in answer.citations)


def test_a_question_is_refined_tested_in_few_calls_and_answered_from_what_helps(
    opened: Open, server: ModelServer
) -> None:
    index = opened(tests=40)
    answer = ask(index)
    assert shapes(server) == {"questions_reply": 1, "relevant_reply": 5, "text": 1}
    assert len(asked_about(server)) == len(set(asked_about(server))) == 40
    read = rows_of(server.calls[-1].request)
    assert {text for _, text in read} == {text for text in asked_about(server) if "strike" in text}
    assert answer.citations
    assert holds(index, answer)
    assert answer.notes[0] == f"{len(read)} of 40 tested text units help"


def test_the_parts_of_a_question_are_told_to_those_who_test_and_are_searched_for(
    opened: Open, server: ModelServer
) -> None:
    ask(opened(tests=40))
    asked = next(call.request for call in server.calls if shape_of(call.request) == "relevant_reply")
    said = asked["messages"][-1]["content"]
    assert said.endswith(f"Question: {QUESTION}\n- Who ended the strike?\n- When did the strike end?")


def test_verdicts_are_kept_so_that_a_question_with_more_tests_pays_for_few_again(
    opened: Open, server: ModelServer
) -> None:
    ask(opened(tests=60))
    first = asked_about(server)
    server.calls.clear()
    assert ask(opened(tests=60)).usage.calls == 0
    assert not server.calls
    ask(opened(tests=100))
    assert len(set(first) & set(asked_about(server))) < len(first) / 2
    assert "questions_reply" not in shapes(server)


def test_the_same_question_gets_the_same_calls_and_the_same_answer(opened: Open, server: ModelServer) -> None:
    answers = [ask(opened("one")), ask(opened("two"))]
    half = len(server.calls) // 2
    sent = [sorted(json.dumps(call.request) for call in calls) for calls in (server.calls[:half], server.calls[half:])]
    first, second = (replace(answer, usage=Usage()) for answer in answers)
    assert first == second
    assert sent[0] == sent[1]


def test_where_much_helps_claims_are_drawn_from_groups_and_the_answer_from_claims(
    opened: Open, server: ModelServer
) -> None:
    index = opened(tests=60, max_context_tokens=600, read_tokens=1_800)
    answer = ask(index)
    counts = shapes(server)
    assert counts["points_reply"] >= 3
    assert counts["text"] == 1
    claims = re.findall(r"^- .+ \[\d+\]\.$", server.calls[-1].request["messages"][-1]["content"], re.MULTILINE)
    assert len(claims) > 5
    assert answer.citations
    assert holds(index, answer)


def test_calls_of_tests_that_fail_cost_no_other_and_are_noted(opened: Open, server: ModelServer) -> None:
    failed: list[str] = []

    def at_times(request: dict[str, Any]) -> Reply:
        if shape_of(request) == "relevant_reply" and not failed:
            failed.extend(text for _, text in rows_of(request))
            return failure(500)
        return striking(request)

    server.reply(at_times)
    answer = ask(opened(tests=40))
    assert answer.citations
    assert f"; {len(failed)} tests failed: " in answer.notes[0]
    assert not set(failed) & {text for _, text in rows_of(server.calls[-1].request)}


def test_if_no_test_can_be_made_the_best_text_units_are_read_untested(opened: Open, server: ModelServer) -> None:
    fault: Fault = failure(500)
    server.reply(lambda request: striking(request) if shape_of(request) == "text" else fault)
    answer = ask(opened(tests=40))
    assert answer.citations
    assert answer.notes[0].startswith("the question was not divided into parts: ")
    assert "so the best 10 are read untested" in answer.notes[1]
    assert len(rows_of(server.calls[-1].request)) == 10


def test_where_nothing_helps_the_answer_says_so_and_nobody_writes_one(opened: Open, server: ModelServer) -> None:
    server.reply(lambda request: {"relevant": []} if shape_of(request) == "relevant_reply" else striking(request))
    answer = ask(opened(tests=40))
    assert not answer.citations
    assert "text" not in shapes(server)
    assert answer.notes[0] == "0 of 40 tested text units help"


@pytest.mark.parametrize("budget", [Budget(tokens=9_000), Budget(tasks=4), Budget(money=0.012)])
def test_a_budget_ends_the_tests_in_time_for_an_answer(opened: Open, server: ModelServer, budget: Budget) -> None:
    free, bounded = opened("free"), opened("bounded")
    ask(free)
    without = len(asked_about(server))
    server.calls.clear()
    answer = ask(bounded, budget=budget)
    assert 0 < len(asked_about(server)) < without
    assert answer.citations
    assert budget.money is None or answer.usage.money <= budget.money
    assert budget.tokens is None or answer.usage.prompt_tokens <= budget.tokens


def test_a_budget_that_affords_no_test_says_so(opened: Open, server: ModelServer) -> None:
    answer = ask(opened(), budget=Budget(tokens=100))
    assert not asked_about(server)
    assert answer.notes[0] == "0 of 0 tested text units help; so the best 10 are read untested"


def test_only_documents_that_pass_the_filters_are_tested(opened: Open, server: ModelServer) -> None:
    index = opened()
    answer = ask(index, filters=Filters(until="2025-04"))
    heads = index.graph.heads
    allowed = [text for text, document, _, _ in index.graph.text_unit_rows if heads[document][1] < "2025-05"]
    assert 0 < len(asked_about(server)) <= len(allowed)
    assert set(asked_about(server)) <= {" ".join(text.split()) for text in allowed}
    assert all(citation.date < "2025-05" for citation in answer.citations)


def test_the_number_of_tests_is_an_option_of_the_command_line(
    opened: Open, server: ModelServer, newsroom_settings: Settings, tmp_path: Path
) -> None:
    models = {"query": {"model": "any", "base_url": server.base_url, "api_key": "any"}}
    root = {
        "input": {"folder": newsroom_settings.input.folder},
        "output": {"folder": str(newsroom_settings.output_folder)},
    }
    (tmp_path / "settings.yaml").write_text(json.dumps({**root, "models": models}), "utf-8")
    arguments = ["query", QUESTION, "--root", str(tmp_path), "--method", "lazy", "--tests", "15"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert len(asked_about(server)) == 15
    assert "of 15 tested text units help" in done.output


def test_a_text_that_stands_in_several_documents_is_tested_once(opened: Open, server: ModelServer) -> None:
    index = opened(tests=500, patience=100)
    ask(index)
    assert index.graph.is_copy.any()
    assert len(asked_about(server)) == len(set(asked_about(server))) > 100


def test_more_tests_are_waited_for_hardly_more_often(opened: Open) -> None:
    waits: list[str] = []
    ask(opened(tests=1_500, batch=1), observe=lambda event: waits.append(event.kind))
    assert waits.count("tested") <= 6


def test_what_is_tested_is_told_while_it_goes_on(opened: Open) -> None:
    events: list[str] = []
    ask(opened(tests=60), observe=lambda event: events.append(f"{event.kind}: {event.text}"))
    tests = [event for event in events if event.startswith("tested")]
    assert len(tests) >= 2
    assert re.fullmatch(r"tested: 60 of 60 text units, \d+ help", tests[-1])


# Deepening: 12 text units, two a community of level 1, four a community of level 0; the last four name nothing.
LEVEL_0 = np.array([0, 0, 0, 0, 1, 1, 1, 1, NOWHERE, NOWHERE, NOWHERE, NOWHERE])
LEVEL_1 = np.array([2, 2, 3, 3, 4, 4, 5, 5, NOWHERE, NOWHERE, NOWHERE, NOWHERE])
SCORES = np.array([0.9, 0.1, 0.5, 0.1, 0.8, 0.1, 0.4, 0.1, 0.3, 0.1, 0.1, -1.0], dtype=np.float32)


def evidence(mentions: Sequence[tuple[int, int]] = ()) -> Evidence:
    """12 text units; `mentions` are (text unit, entity)."""
    shape = (12, 3)
    units, entities = [unit for unit, _ in mentions], [entity for _, entity in mentions]
    counts = sp.csr_matrix((np.ones(len(units), dtype=np.float32), (units, entities)), shape=shape)
    return Evidence(
        postings=Postings.from_texts([""] * 12),
        mentions=counts,
        about=sp.csr_matrix(shape, dtype=np.float32),
        walk=sp.csr_matrix((3, 3), dtype=np.float32),
        names={},
        groups=np.arange(12),
        vectors=np.zeros((12, 2), dtype=np.float32),
        text_unit_ids=[f"unit {row:02}" for row in range(12)],
        entities=3,
    )


def deepened(relevant: set[int], budget: int = 100, **options: Any) -> list[list[int]]:
    """The waves of a search in which those text units are relevant."""
    options = {"first": 2, "width": 2, "batch": 1, "most": 10, "patience": 4, **options}
    search = Deepening([LEVEL_0, LEVEL_1], SCORES, evidence(), frozenset(), **options)
    waves: list[list[int]] = []
    while budget > 0 and (wave := search.propose(budget)):
        budget -= len(wave)
        search.learn(wave, relevant & set(wave))
        waves.append(wave)
    return waves


def test_the_best_of_the_whole_are_tested_first_then_each_community_by_its_best() -> None:
    assert deepened({0, 2, 4}) == [[0, 4], [2, 6], [1, 8], [3, 5], [7]]


def test_below_a_community_in_which_nothing_is_relevant_nothing_is_tested() -> None:
    assert deepened({0, 2, 4}, budget=4) == [[0, 4], [2, 6]]
    assert deepened({0, 2}) == [[0, 4], [2, 6], [1, 8], [3]]


def test_a_level_that_brings_nothing_is_the_last() -> None:
    assert deepened(set()) == [[0, 4], [2, 6], [8]]
    assert deepened({0}) == [[0, 4], [2, 6], [8]]


def test_several_communities_in_a_row_without_anything_relevant_end_a_level() -> None:
    assert deepened({0}, patience=1) == [[0, 4], [2, 6]]


def test_after_all_levels_what_is_left_is_tested_while_it_brings_something() -> None:
    everything = set(range(12))
    waves = deepened(everything)
    assert sorted(unit for wave in waves for unit in wave) == list(range(11))
    assert waves[:2] == [[0, 4], [2, 6]]


def test_a_community_gets_no_more_than_its_share_of_tests_in_a_level() -> None:
    waves = deepened({0, 1, 2, 3}, first=1, most=2, width=1)
    assert waves[:4] == [[0], [2], [1], [4]]


def test_what_leads_on_from_what_is_relevant_is_tested_next() -> None:
    linked = Deepening([], SCORES, evidence([(0, 1), (9, 1)]), frozenset(), 10, width=1, batch=1)
    linked.learn(linked.propose(10), {0})
    assert linked.promises[9] > SCORES[9]
    assert linked.promises[10] == SCORES[10]


def test_each_text_unit_is_at_home_in_one_community_of_a_level_below_that_of_the_level_above(
    newsroom_index: Index,
) -> None:
    graph = newsroom_index.graph
    parents = dict(graph.communities.select("community", "parent").iter_rows())
    levels = homes(graph, graph.evidence)
    assert len(levels) == graph.communities["level"].max() + 1
    for above, below in pairwise(levels):
        assert all(
            parents[low] == high for high, low in zip(above.tolist(), below.tolist(), strict=True) if low != NOWHERE
        )
    members = dict(graph.communities.select("community", "entity_ids").iter_rows())
    ids = graph.entities["id"].to_list()
    for row, home in enumerate(levels[0].tolist()):
        named = {ids[entity] for entity in graph.evidence.mentions[row].indices if entity < len(ids)}
        assert home == NOWHERE or named & set(members[home])


CORPUS = ["Elin Moe sold the ferry Aurora to Dock Nine in May.", "The harbour of Norvik froze.", "Rain fell on Monday."]


def helping(question: str, scores: Sequence[float]) -> tuple[bool, ...]:
    knowledge = knowledge_of(Lexicon.from_texts(CORPUS))
    rows = [Shown(n, "source", text, score=score) for n, (text, score) in enumerate(zip(CORPUS, scores, strict=True))]
    return select_relevant(understand(question, knowledge.vocabulary, knowledge.rarity), rows, knowledge)


def test_without_a_model_a_text_unit_helps_that_was_well_found_or_has_a_sentence_that_likely_answers() -> None:
    assert helping("Who sold the ferry Aurora to Dock Nine?", [0.1, 0.1, 0.1]) == (True, False, False)
    assert helping("Who sold the ferry Aurora to Dock Nine?", [0.1, 0.5, 0.2]) == (True, True, False)
    assert helping("What are the main topics?", [0.0, 0.0, 0.0]) == (True, True, True)


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ([2, 5], [2, 5]),
        (["[2]", "5"], [2, 5]),
        ("[2][5]", [2, 5]),
        ([{"row": 2}], [2]),
        (None, []),
        ("none", []),
        ([2.0], [2]),
    ],
)
def test_a_model_may_write_the_numbers_of_rows_in_its_own_way(written: Any, numbers: list[int]) -> None:
    assert validated(RelevantReply, {"relevant": written})[0].relevant == numbers


def test_lazy_search_works_without_a_model_at_no_cost(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who owns Lodestar Storage?", method="lazy")
    assert "Ostrander" in answer.text
    assert answer.usage == Usage()
    assert holds(newsroom_index, answer)
    assert newsroom_index.ask_sync("Who owns Lodestar Storage?", method="lazy") == answer


def test_without_a_model_a_question_about_everything_gets_themes_of_documents(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("What are the main topics?", method="lazy")
    titles = {title for title, _ in newsroom_index.graph.heads.values()}
    assert answer.form == "overview"
    assert len(answer.items) > 3
    assert {item.heading for item in answer.items} <= titles
    assert holds(newsroom_index, answer)


def test_an_index_without_entities_is_searched_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text("it rained all day and nobody came.", "utf-8")
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings)
    answer = Index.open_sync(settings).ask_sync("Why did nobody come?", method="lazy")
    assert answer.notes[0] == "1 of 1 tested text units help"
    assert answer.text
