"""DRIFT over HTTP when there is too little, too much, or always the same to ask: fault 104.

The same with scripted readers, and more of how DRIFT explores, is in test_drift.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from endpoints import indexed, obedient, reading, run, server_in_a_thread
from model_server import ModelServer, Reply, Request

from graphrag_drift import Answer, Index

QUESTION = "Who bought the Aldane Mill?"
MOST_CALLS = 20


def shape_of(request: Request) -> str:
    return str(request.get("response_format", {}).get("json_schema", {}).get("name", ""))


def asking(server: ModelServer, *follow_ups: Any) -> None:
    """Let every finding raise these questions."""

    def reply(request: Request) -> Reply:
        if shape_of(request) != "findings_reply":
            return obedient(request)
        return {"answer": "Petra Voss sold it. [1]", "score": 80, "follow_ups": list(follow_ups)}

    server.reply(reply)


def drift(root: Path, question: str = QUESTION) -> dict[str, Any]:
    """What the command line answers."""
    done = run("query", question, "-m", "drift", "--json", root=root)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def asked_of(branch: dict[str, Any]) -> list[str]:
    return [branch["question"], *(question for child in branch["children"] for question in asked_of(child))]


@pytest.mark.parametrize("count", [0, 1, 500])
def test_fault_104_a_primer_with_no_or_500_follow_ups_is_bounded_and_answered(count: int, root: Path) -> None:
    with server_in_a_thread() as server:
        reading(root, server.base_url)
        asking(server, *(f"What did witness{n} of fire{n} say of bank{n}?" for n in range(count)))
        before = len(server.calls)
        answer = drift(root)
        assert answer["citations"]
        assert len(server.calls) - before <= MOST_CALLS
        assert len(asked_of(answer["tree"])) == 1 or count


@pytest.mark.parametrize("again", [QUESTION, "What did Corin Bank pay?", "what did  corin bank PAY ?"])
def test_fault_104_follow_ups_that_go_round_in_a_circle_are_asked_once(again: str, root: Path) -> None:
    with server_in_a_thread() as server:
        settings = reading(root, server.base_url)
        asking(server, again, QUESTION, again, "What did Corin Bank pay?")
        drift_search = settings.drift_search.model_copy(update={"rounds": 6})
        index = Index.open_sync(settings.model_copy(update={"drift_search": drift_search}))
        before = len(server.calls)
        answer: Answer = index.ask_sync(QUESTION, method="drift")
        assert answer.tree is not None
        assert len(answer.tree.children) == 1
        assert answer.tree.children[0].children == ()
        assert len(server.calls) - before <= MOST_CALLS


@pytest.mark.parametrize("odd", [[""], ["   "], [None], [{"question": ""}], [7], ["?" * 20_000], "one text"])
def test_fault_104_follow_ups_that_are_no_questions_cost_no_answer(odd: Any, root: Path) -> None:
    with server_in_a_thread() as server:
        settings = reading(root, server.base_url)
        asking(server, *(odd if isinstance(odd, list) else [odd]))
        before = len(server.calls)
        assert Index.open_sync(settings).ask_sync(QUESTION, method="drift").citations
        assert len(server.calls) - before <= MOST_CALLS


def test_fault_104_without_entities_and_communities_the_text_itself_answers(tmp_path: Path) -> None:
    def blind(request: Request) -> Reply:
        return {"entities": [], "relationships": []} if shape_of(request) == "graph_reply" else obedient(request)

    with server_in_a_thread(blind) as server:
        index = Index.open_sync(indexed(tmp_path, server.base_url))
        assert index.graph.entities.is_empty()
        assert index.graph.community_reports.is_empty()
        assert drift(tmp_path)["citations"]
        assert len(server.calls) <= MOST_CALLS


def test_fault_104_what_nothing_is_like_is_answered_or_plainly_not_found(root: Path) -> None:
    with server_in_a_thread() as server:
        reading(root, server.base_url)
        server.reply(
            lambda request: (
                {"answer": "", "score": 0, "follow_ups": []}
                if shape_of(request) == "findings_reply"
                else {"points": []}
                if shape_of(request) == "points_reply"
                else "NO ANSWER"
            )
        )
        before = len(server.calls)
        answer = drift(root, "Xyzzy plugh quux?")
        assert answer["text"] == "The articles do not say."
        assert answer["citations"] == []
        assert len(server.calls) - before <= MOST_CALLS
