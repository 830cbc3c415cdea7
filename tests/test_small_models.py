"""What small models do: go on for ever, invent, repeat the prompt's example, think aloud, forget to cite."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from endpoints import ARTICLES, TOKENIZER, chat_of, obedient, served, settings_of, user
from model_server import ModelServer, Request, failure

from graphrag_drift import Index, Settings, build_index
from graphrag_drift.errors import InvalidReply
from graphrag_drift.prompts import load_prompts
from graphrag_drift.providers.llm.invented import stands_in
from graphrag_drift.providers.llm.parse import parse_reply, pieces_of, plain
from graphrag_drift.providers.llm.shapes import Wire, shape_of
from graphrag_drift.providers.llm.uncited import with_marks
from graphrag_drift.providers.openai.chat import OpenAIChat, model_id
from graphrag_drift.settings import ModelSettings
from graphrag_drift.values import Shown, Span

REPLIES = [model for model in Wire.__subclasses__() if model.becomes is not None]


def unbounded(schema: Any, path: str = "") -> list[str]:
    """The places of a schema where a model may go on for ever."""
    if not isinstance(schema, dict):
        return []
    kind = schema.get("type")
    here = [path] if (kind == "array" and "maxItems" not in schema) else []
    here += [path] if kind == "string" and not {"maxLength", "enum"} & schema.keys() else []
    parts = {**schema.get("properties", {}), **({"items": schema["items"]} if "items" in schema else {})}
    return here + [place for name, part in parts.items() for place in unbounded(part, f"{path}/{name}")]


@pytest.mark.parametrize("model", REPLIES)
def test_every_list_and_string_of_a_reply_is_bounded(model: type[Wire]) -> None:
    shape = shape_of(model)
    assert unbounded(shape.bounded) == []
    assert "max" not in str(shape.json_schema)  # what replies are kept under does not change with a bound


@served
async def test_a_server_near_by_is_told_the_bounds_and_a_limit_and_none_if_it_knows_no_bounds(
    server: ModelServer,
) -> None:
    shape = shape_of(REPLIES[0])

    def reply(request: Request) -> Any:
        return failure(400, "json_schema: maxItems is not supported") if "maxItems" in str(request) else "{}"

    await chat_of(server).complete(user(), shape)
    server.reply(reply)
    chat = chat_of(server)
    for _ in range(2):
        await chat.complete(user(), shape)
    sent = [call.request for call in server.calls]
    assert ["maxItems" in str(request) for request in sent] == [True, True, False, False]
    assert {request["max_tokens"] for request in sent} == {4_000}


@served
async def test_a_limit_that_was_set_is_sent_under_the_name_that_servers_near_by_know(server: ModelServer) -> None:
    await chat_of(server, parameters={"max_completion_tokens": 700, "temperature": 0}).complete(user())
    [call] = server.calls
    assert (call.request["max_tokens"], call.request["temperature"]) == (700, 0)
    assert "max_completion_tokens" not in call.request


def test_far_away_only_what_was_set_is_sent_and_a_limit_is_no_part_of_an_id() -> None:
    far = ModelSettings(model="any", base_url="https://models.example.com/v1")
    limited = far.model_copy(update={"parameters": {"max_completion_tokens": 700}})
    assert model_id(far) == model_id(limited) != model_id(far.model_copy(update={"parameters": {"seed": 1}}))
    request = OpenAIChat(limited, TOKENIZER)._request(user(), shape_of(REPLIES[0]))
    assert request["max_completion_tokens"] == 700
    assert "maxItems" not in str(request)
    assert "max_tokens" not in OpenAIChat(far, TOKENIZER)._request(user(), None)


TEXT = "Voss sold the Aldane Mill to the World Health Organization (WHO) and the U.S. on Friday. Pier 9 is closed."


@pytest.mark.parametrize(
    ("name", "text", "stands"),
    [
        ("Aldane Mill", TEXT, True),
        ("aldane  mill", TEXT, True),
        ("Petra Voss", TEXT, True),  # the fuller form of a name in another part
        ("United States", TEXT, True),
        ("미국", TEXT, True),  # in another script: it may be a translation
        ("Norway", TEXT, False),
        ("Mara Lindqvist", TEXT, False),
        ("Norvik Port Authority", TEXT, False),
        ("김도현", "김도현은 서울에서 일한다.", True),
        ("박서준", "김도현은 서울에서 일한다.", False),
    ],
)
def test_a_name_is_taken_if_the_text_can_have_said_it(name: str, text: str, stands: bool) -> None:
    assert stands_in(name, text) is stands


def inventive(request: Request) -> Any:
    """A model that adds what the text does not say: the prompt's example, and a country."""
    reply = obedient(request)
    if isinstance(reply, dict) and "entities" in reply:
        extra = [{"name": name, "type": "person", "description": "x"} for name in ("Mara Lindqvist", "Norway")]
        reply["entities"] += extra
        reply["relationships"] += [
            {"source": "Mara Lindqvist", "target": "Petra Voss", "description": "x", "strength": 1}
        ]
    return reply


@pytest.mark.parametrize(("invented", "extra"), [("drop", set()), ("keep", {"Norway"})])
def test_invented_names_are_left_out_and_told_and_the_example_of_the_prompt_is_always(
    invented: str, extra: set[str], tmp_path: Path
) -> None:
    (tmp_path / "input").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "input" / name).write_text(text, "utf-8")

    async def work() -> None:
        async with ModelServer() as server:
            server.reply(inventive)
            chat = settings_of(server).model_dump()
            settings = Settings.model_validate(
                {"root": tmp_path, "models": {"extract": chat}, "extract_graph": {"invented": invented}}
            )
            run = await build_index(settings)
            index = await Index.open(settings)
            assert set(index.graph.entities["title"]) == {"Petra Voss", "Aldane Mill", "Corin Bank"} | extra
            reasons = run.failures["reason"].to_list()
            assert all("stand nowhere in the text, and were left out: 'Mara Lindqvist'" in each for each in reasons)
            assert len(reasons) == len(ARTICLES)

    asyncio.run(work())


def test_the_example_of_the_prompt_is_in_it() -> None:
    assert "Mara Lindqvist" in load_prompts()["extract_graph"].render(text="", document="")[0].content


@pytest.mark.parametrize(
    "reply",
    [
        "Okay, the user wants to know.\n</think>\n\nSolvay mediated [1].",
        "<think>well</think>Solvay mediated [1].",
        "<thought>well</thought>\nSolvay mediated [1].",
        "<seed:think>well</seed:think>Solvay mediated [1].",
        "<|channel|>analysis<|message|>We say it.<|end|><|start|>assistant<|channel|>final<|message|>"
        "Solvay mediated [1].<|return|>",
    ],
)
def test_thoughts_are_no_answer_whoever_opens_them(reply: str) -> None:
    assert plain(reply) == ("Solvay mediated [1].", True)
    assert parse_reply(reply.replace("Solvay mediated [1].", '{"a": "{"}')).value == {"a": "{"}


def test_a_reply_that_quotes_the_tag_keeps_it_and_thoughts_alone_are_refused() -> None:
    assert parse_reply('{"a": "it says </think> here"}').value == {"a": "it says </think> here"}
    for reply in ("<|channel|>analysis<|message|>Hm.", "<thought>Hm.", "Hm.</think>"):
        with pytest.raises(InvalidReply, match=r"no reply|is empty"):
            plain(reply)


def test_thoughts_that_were_streamed_end_the_answer() -> None:
    async def pieces() -> list[str]:
        async def raw() -> Any:
            for piece in ("Okay, the user ", "wants.", "</think>", "Solvay."):
                yield piece

        return [piece async for piece in pieces_of(raw(), str)]

    with pytest.raises(InvalidReply, match="ask without streaming"):
        asyncio.run(pieces())


ROWS = [
    Shown(
        3,
        "source",
        "The strike was long. Ingrid Solvay mediated the strike of the docks for 14 days.",
        (Span("d", "t", 0, 80),),
    ),
    Shown(7, "source", "The crews got a contract of four years and 14.5 per cent more.", (Span("d", "t", 0, 60),)),
]


def test_an_answer_without_marks_is_cited_by_the_sentences_that_bear_it_out() -> None:
    text = (
        "Ingrid Solvay mediated the strike at the docks. The contract of the crews is for four years."
        " All were happy about it then."
    )
    assert with_marks(text, ROWS) == (
        "Ingrid Solvay mediated the strike at the docks. [3]"
        " The contract of the crews is for four years. [7]"
        " All were happy about it then."
    )
    wrong = "Ingrid Solvay mediated the strike of the docks for 15 days."
    assert with_marks(wrong, ROWS) == wrong
    assert with_marks(text + " [7]", ROWS) == text + " [7]"
