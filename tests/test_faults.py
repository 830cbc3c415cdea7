"""What an endpoint answered travels in the fault; nobody reads it back from the words, which the endpoint chose."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import chat_of, served, user
from model_server import ModelServer, failure

from graphrag_drift.errors import EndpointError, ProviderError
from graphrag_drift.providers.openai.faults import Where, status_fault

WHERE = Where("any", "http://host/v1")
ECHO = "the server behind answered 404 to stream_options"


@pytest.mark.parametrize(
    ("status", "error", "parameter"),
    [
        (400, {"message": "Unknown parameter", "param": "top_k"}, "top_k"),
        (400, {"message": "no such field", "param": "stream_options.include_usage"}, "stream_options"),
        (422, "stream_options: extra fields not permitted", "stream_options"),
        (422, {"detail": [{"loc": ["body", "response_format"], "msg": "extra"}]}, "response_format"),
        (302, {"message": ""}, ""),
        (401, {"message": "wrong key"}, ""),
        (404, {"message": "no such model"}, ""),
        (413, {"message": "too large"}, ""),
        (429, {"message": "slow down"}, ""),
        (402, {"code": "insufficient_quota"}, ""),
        (500, {}, ""),
    ],
)
def test_a_fault_holds_the_status_and_the_refused_parameter(status: int, error: Any, parameter: str) -> None:
    fault = status_fault(status, error, {}, WHERE)
    assert (fault.status, fault.parameter) == (status, parameter)


def test_a_fault_without_an_answer_has_no_status() -> None:
    assert (ProviderError("nobody there").status, ProviderError("nobody there").parameter) == (None, "")


@served
async def test_a_model_is_looked_for_only_if_the_status_says_that_it_is_missing(server: ModelServer) -> None:
    server.reply(lambda _: failure(401, ECHO))
    with pytest.raises(EndpointError, match="check api_key") as caught:
        await chat_of(server).complete(user())
    assert (caught.value.status, "/models" in str(caught.value)) == (401, False)


@served
async def test_the_hint_for_a_missing_model_keeps_its_status(server: ModelServer) -> None:
    server.reply(lambda _: failure(404, "The model 'any' does not exist"))
    with pytest.raises(EndpointError, match="under /models") as caught:
        await chat_of(server).complete(user())
    assert caught.value.status == 404
