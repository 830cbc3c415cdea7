"""What models really reply: the one JSON value in it, what stands for a score or a question, and what is refused."""

from __future__ import annotations

import contextlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift.errors import InvalidReply
from graphrag_drift.prompts import load_prompts
from graphrag_drift.providers.llm.parse import parse_reply
from graphrag_drift.providers.llm.shapes import (
    ClaimsReply,
    FindingsReply,
    GraphReply,
    PointsReply,
    ReportReply,
    VerdictReply,
    shape_for,
    validated,
)
from graphrag_drift.tasks import TASKS, ExtractGraph

TREES = Path(__file__).parent.parent / "../shared/data/drift_trees/drift_trees.jsonl"
REPLIES = [
    TREES.parent.parent / "llm_replies_gpt4o" / "mock_cache.json",
    TREES.parent.parent / "llm_replies_dickens" / "kv_store_llm_response_cache.json",
]
OBJECT = '{"answer":"It did.","score":85,"follow_ups":["Why?"]}'
VALUE = {"answer": "It did.", "score": 85, "follow_ups": ["Why?"]}


def findings(**changed: Any) -> FindingsReply:
    return validated(FindingsReply, {**VALUE, **changed})[0]


@pytest.mark.parametrize(
    ("reply", "repaired"),
    [
        (OBJECT, False),
        (f"\ufeff {OBJECT}\n", False),
        (f"```json\n{OBJECT}\n```", True),
        (f"Here you are, from [7]:\n\n```\n{OBJECT}\n```\nGood luck [7]!", True),
        (f"Sure! {OBJECT} I hope that helps.", True),
        (f"<think>I might reply {{}} or\n{{'a':1}}</think>\n{OBJECT}", False),
        ('{"answer":"It did.","score":85,"follow_ups":["Why?",],}', True),
        ('{"answer":"It did.","score":85,"follow_ups":["Why?"]', True),
        ("{'answer':'It did.','score':85,'follow_ups':['Why?']}", True),
        ('{"answer": “It did.”, "score": 85, "follow_ups": ["Why?"]}', True),
        ('```json\n{"answer":"It did.","score":85,\n"follow_ups":["Why?"],}\n```', True),
    ],
)
def test_the_value_is_found_and_repairs_are_told(reply: str, repaired: bool) -> None:
    parsed = parse_reply(reply)
    assert (parsed.value, parsed.repaired) == (VALUE, repaired)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("", "empty"),
        ("I cannot help with that.", "no JSON object"),
        ("The sources [7] and [8] say nothing.", "no JSON object"),
        (f"{OBJECT}\n{OBJECT}", "more than one"),
        (f"```json\n{OBJECT}\n```\nor\n```json\n{OBJECT}\n```", "more than one"),
        ('{"score":1,"score":2}', "'score' stands twice"),
        ('{"score":1,"score":2,}', "damaged"),
        ('{"score":NaN}', "NaN"),
        ('{"score":-Infinity}', "Infinity"),
        ('{"score":1e999}', "too large"),
        ('{"score":' + "9" * 5000 + "}", "too large"),
        ('{"answer":"It did.","score":85,"follow_ups":["Why', "cut off"),
        ('{"answer":"It did.","score":85', "cut off"),
        ('{"score":85,"points":[{"text":"A."},{"text":"B."}', "cut off"),
        ('{"a":' * 100_000, "nested"),
        ("[" * 100_000, "nested"),
        ("<think>Well, {}", "thoughts"),
        ('{"a":"' + "x" * 1_000_000 + '"}', "characters"),
    ],
)
def test_what_would_lose_or_guess_is_refused(reply: str, said: str) -> None:
    with pytest.raises(InvalidReply, match=said) as caught:
        parse_reply(reply)
    assert caught.value.reply == reply


@given(st.text(alphabet='{}[]",:ab1 \n\\`'))
def test_no_reply_raises_anything_else(reply: str) -> None:
    with contextlib.suppress(InvalidReply):
        parse_reply(reply)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    )
)
def test_strict_json_is_read_as_it_is(value: Any) -> None:
    parsed = parse_reply(json.dumps({"value": value}, ensure_ascii=False))
    assert parsed.value == {"value": value}
    assert not parsed.repaired


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (85, 85.0),
        (8.5, 8.5),
        ("85", 85.0),
        ("85/100", 85.0),
        ("8.5 / 10", 85.0),
        ("8 out of 10", 80.0),
        ("85%", 85.0),
        (None, 0.0),
        (150, 100.0),
        (-3, 0.0),
    ],
)
def test_a_score_in_any_dress(given: Any, score: float) -> None:
    assert findings(score=given).score == score


@pytest.mark.parametrize("given", ["high", True, [85], {"value": 85}, "1/0", float("nan"), float("inf"), ""])
def test_what_is_no_score_is_refused(given: Any) -> None:
    with pytest.raises(InvalidReply, match="score"):
        findings(score=given)


def test_ratings_are_out_of_ten() -> None:
    report: dict[str, Any] = {"title": "T", "summary": "S", "findings": [], "rating_explanation": None}
    ratings = [
        validated(ReportReply, {**report, "rating": rating})[0].rating for rating in ("7.5/10", 7.5, "75/100", "75%")
    ]
    assert ratings == [7.5, 7.5, 7.5, 7.5]


@pytest.mark.parametrize(
    ("given", "questions"),
    [
        (["Why?", "How?"], ["Why?", "How?"]),
        ([{"question": "Why?", "intent": "x"}, {"query": "How?"}, {"anything": "Who?"}], ["Why?", "How?", "Who?"]),
        (["1. Why?", "- How?", "(3) Who?"], ["Why?", "How?", "Who?"]),
        ("1. Why?\n2. How?\n", ["Why?", "How?"]),
        (["Why?", " Why? ", "", None], ["Why?"]),
        (None, []),
        ([2024], ["2024"]),
    ],
)
def test_questions_in_any_dress(given: Any, questions: list[str]) -> None:
    assert findings(follow_ups=given).follow_ups == questions


@pytest.mark.parametrize("given", [[{"a": "x", "b": "y"}], [["Why?"]], 7])
def test_what_is_no_question_is_refused(given: Any) -> None:
    with pytest.raises(InvalidReply, match="follow_ups"):
        findings(follow_ups=given)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(InvalidReply, match="score: Field required"):
        validated(FindingsReply, {"answer": "x", "follow_ups": []})


def test_the_keys_of_other_engines_are_understood() -> None:
    reply = {"intermediate_answer": "A.", "score": 1, "follow_up_queries": []}
    assert validated(FindingsReply, reply)[0].answer == "A."
    assert validated(FindingsReply, {"response": "A.", "score": 1, "follow_up_queries": []})[0].answer == "A."


def test_a_bare_list_stands_for_the_only_list() -> None:
    reply, _ = validated(PointsReply, [{"text": "A.", "score": "50"}])
    assert [(point.text, point.score) for point in reply.points] == [("A.", 50.0)]


def test_numbers_and_nulls_stand_for_strings_and_names_are_clean() -> None:
    entities = [{"name": ' "Route\n66" ', "type": None, "description": 3.5}, {"name": 1984, "type": "WORK"}]
    graph, gaps = validated(GraphReply, {"entities": entities, "relationships": []})
    assert [(e.name, e.type, e.description) for e in graph.entities] == [("Route 66", "", "3.5"), ("1984", "WORK", "")]
    assert gaps == ()


def test_a_few_unusable_records_are_left_out_and_told_and_many_are_refused() -> None:
    good, bad = {"name": "A"}, {"type": "person"}
    graph, gaps = validated(
        GraphReply, {"entities": [good, bad, good], "relationships": []}, ("entities", "relationships")
    )
    assert len(graph.entities) == 2
    assert gaps == ("1 of 3 entities could not be used: entities.1.name: Field required",)
    with pytest.raises(InvalidReply):
        validated(GraphReply, {"entities": [good, bad, bad], "relationships": []}, ("entities", "relationships"))


def test_claims_need_a_subject_a_status_and_what_is_claimed() -> None:
    claim = {"subject": "A", "status": "suspected", "description": "A did it.", "object": None}
    reply, _ = validated(ClaimsReply, {"claims": [claim]})
    assert (reply.claims[0].status, reply.claims[0].object) == ("SUSPECTED", "")
    with pytest.raises(InvalidReply, match="status"):
        validated(ClaimsReply, {"claims": [{**claim, "status": "MAYBE"}]})


@pytest.mark.parametrize(
    ("given", "verdict"), [("1", "first"), (2, "second"), ("Answer 2", "second"), ("A", "first"), ("Tie", "tie")]
)
def test_a_verdict_in_any_dress(given: Any, verdict: str) -> None:
    assert validated(VerdictReply, {"winner": given})[0].verdict == verdict


def test_schemas_are_strict_and_free_of_references() -> None:
    shapes = [shape for kind in TASKS if (shape := shape_for(kind)) is not None]
    assert len(shapes) > 10
    for shape in shapes:
        assert "$ref" not in json.dumps(shape.json_schema)
        for part in _objects(shape.json_schema):
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False


def _objects(schema: Any) -> list[Any]:
    found = [schema] if schema.get("type") == "object" else []
    for part in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        found += _objects(part)
    return found


@given(st.integers(0, 10_000))
def test_no_reply_that_was_cut_passes_for_a_shorter_one(cut: int) -> None:
    records = [{"name": f'A "{n}" [x] {{y}}', "type": "t", "description": "d"} for n in range(5)]
    whole = {"rating": 5, "relationships": [], "entities": records}
    text = json.dumps(whole)
    reply = text[: cut % len(text)]
    with contextlib.suppress(InvalidReply):
        value = parse_reply(reply).value
        assert value == {key: whole[key] for key in value}  # a key that is missing is for the shape to tell


@pytest.mark.skipif(not REPLIES[0].exists(), reason="needs the recorded replies of ../shared/data")
def test_every_real_report_and_map_reply_is_read_without_repair() -> None:
    read: Counter[str] = Counter()
    for path in REPLIES:
        for kept in json.loads(path.read_text("utf-8")).values():
            reply = kept["return"]
            if '"findings"' in reply or '"points"' in reply:
                model: type[ReportReply | PointsReply] = PointsReply if '"points"' in reply else ReportReply
                parsed = parse_reply(reply)
                assert not parsed.repaired
                assert validated(model, parsed.value)[1] == ()
                read[model.__name__] += 1
    assert read == {"ReportReply": 133, "PointsReply": 1}


@pytest.mark.skipif(not TREES.exists(), reason="needs the recorded trees of ../shared/data")
def test_every_real_follow_up_reply_parses_and_normalises() -> None:
    read = 0
    five = 0
    for line in TREES.read_text("utf-8").splitlines():
        tree = json.loads(line)
        queries = {node["id"]: node["query"] for node in tree["nodes"]}
        children = defaultdict(list)
        for edge in tree["edges"]:
            children[edge["source"]].append(queries[edge["target"]])
        for node in tree["nodes"]:
            if node["answer"] is None:
                continue
            asked = list(dict.fromkeys(children[node["id"]]))
            reply = {"response": node["answer"], **_dressed(read, node["score"], asked)}
            made, gaps = validated(FindingsReply, parse_reply(json.dumps(reply)).value)
            assert made.score == pytest.approx(node["score"])
            assert gaps == ()
            assert made.answer.split() == node["answer"].split()
            assert made.follow_ups == [" ".join(question.split()) for question in asked]
            read += 1
            five += len(made.follow_ups) == 5
    assert read == 1890
    assert five > 1700


def _dressed(number: int, score: float, asked: list[str]) -> dict[str, Any]:
    """The same score and questions as models write them, in turn."""
    scores = (score, f"{score:g}/100", f"{score / 10:g} / 10", f"{score:g}%")
    questions = (asked, [{"query": text} for text in asked], [f"{n}. {text}" for n, text in enumerate(asked, start=1)])
    return {"score": scores[number % 4], "follow_up_queries": questions[number % 3]}


ASKED_FOR = {
    "entities": [{"name": "Petra Voss", "type": "person", "description": "She sold it."}],
    "relationships": [
        {"source": "Petra Voss", "target": "Aldane Mill", "description": "She sold the mill.", "strength": 8}
    ],
}
OWN_KEYS = [
    {
        "Entities": [{"entity_name": "Petra Voss", "entity_type": "person", "entity_description": "She sold it."}],
        "Relationships": [
            {
                "source_entity": "Petra Voss",
                "target_entity": "Aldane Mill",
                "relationship_description": "She sold the mill.",
                "relationship_strength": 8,
            }
        ],
    },
    {
        "nodes": [{"id": 1, "label": "Petra Voss", "Type": "person", "description": "She sold it."}],
        "edges": [{"head": "Petra Voss", "tail": "Aldane Mill", "relation": "She sold the mill.", "weight": 8}],
    },
    {
        "graph": {
            "ENTITIES": [{"NAME": "Petra Voss", "TYPE": "person", "DESCRIPTION": "She sold it."}],
            "RELATIONSHIPS": [
                {"from": "Petra Voss", "to": "Aldane Mill", "description": "She sold the mill.", "Strength": "8/10"}
            ],
        }
    },
    {
        "entities": [{"entityName": "Petra Voss", "entityType": "person", "description": "She sold it."}],
        "relations": [
            {"subject": "Petra Voss", "object": "Aldane Mill", "predicate": "She sold the mill.", "strength": 8}
        ],
    },
]


@pytest.mark.parametrize("value", OWN_KEYS)
def test_keys_of_a_models_own_are_understood_where_their_meaning_is_plain(value: dict[str, Any]) -> None:
    assert validated(GraphReply, value) == validated(GraphReply, ASKED_FOR)


def test_null_is_an_empty_list_and_what_may_be_two_things_is_refused() -> None:
    assert validated(GraphReply, {"entities": None, "relationships": None})[0] == GraphReply(
        entities=[], relationships=[]
    )
    two = {"entities": [{"label": "Petra Voss", "title": "A sale"}], "relationships": []}
    with pytest.raises(InvalidReply, match="name"):
        validated(GraphReply, two)
    with pytest.raises(InvalidReply):
        validated(GraphReply, {"things": ["Petra Voss"]})


def test_a_finding_keeps_its_own_keys_and_may_call_its_explanation_a_description() -> None:
    report = {"title": "T", "summary": "S.", "findings": [{"summary": "F.", "description": "E."}], "rating": 5}
    assert validated(ReportReply, {"report": report})[0].findings[0].explanation == "E."


def test_types_are_held_to_those_asked_for_where_a_schema_holds() -> None:
    shape = shape_for(ExtractGraph, ("person", "mill"))
    assert shape is not None
    kind = shape.json_schema["properties"]["entities"]["items"]["properties"]["type"]
    assert kind == {"type": "string", "enum": ["person", "mill", "other"]}
    assert load_prompts(entity_types=("person", "mill")).entity_types == ("person", "mill")
