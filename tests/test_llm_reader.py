"""The reader over a chat model: what is asked, what a reply becomes, and what happens when it is of no use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift import tasks
from graphrag_drift.errors import InvalidReply, ProviderError, SettingsError
from graphrag_drift.prompts import fenced, load_prompts
from graphrag_drift.providers.llm.asking import Asking
from graphrag_drift.providers.llm.gleaning import missed_passages
from graphrag_drift.providers.llm.parse import pieces_of
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.protocols import Completion, Message
from graphrag_drift.providers.testing import Reply, ScriptedChat
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.values import Shown, Usage

R = TypeVar("R")
TOKENIZER = ApproximateTokenizer("o200k_base")
ROWS = (
    Shown(1, "source", "Elin Moe sold the ferry."),
    Shown(2, "source", "Dock Nine AS bought it."),
    Shown(7, "entity", "Owned ferries.", (), "Elin Moe"),
)
TEXT = "Elin Moe sold the ferry Aurora to Dock Nine AS in 2019. Moe had owned it for ten years."
NOTHING = '{"entities":[],"relationships":[]}'


MORE = "Ina Holm of Tarn Foods saw it."


def graph(*entities: str, relationships: Sequence[tuple[str, str, str]] = ()) -> str:
    return json.dumps(
        {
            "entities": [{"name": name, "type": "Person", "description": f"On {name}."} for name in entities],
            "relationships": [
                {"source": a, "target": b, "description": said, "strength": 7} for a, b, said in relationships
            ],
        }
    )


def reader(
    replies: Sequence[Reply] | Callable[[Sequence[Message]], Reply], **options: Any
) -> tuple[LLMReader, ScriptedChat]:
    chat = ScriptedChat(replies)
    return LLMReader(Asking({"chat": chat}), load_prompts(), TOKENIZER, **options), chat


def read(task: tasks.Task[R], *replies: Reply, **options: Any) -> R:
    """The reply to a task, all of the scripted replies being used."""
    made, chat = reader(replies, **options)
    reply = asyncio.run(made.read(task))
    assert len(chat.asked) == len(replies)
    return reply


def cut(text: str) -> Completion:
    return Completion(text, "length", Usage(1, 10, 10))


def test_a_text_becomes_entities_and_relationships_with_their_places() -> None:
    sold = ("Elin Moe", "Dock Nine AS", "Elin Moe sold the Aurora to Dock Nine AS.")
    draft = read(tasks.ExtractGraph(TEXT), graph("Elin Moe", "Dock Nine AS", relationships=[sold]))
    assert draft.entities == (
        tasks.EntityDraft("Elin Moe", "person", "On Elin Moe.", 0, 8),
        tasks.EntityDraft("Dock Nine AS", "person", "On Dock Nine AS.", 34, 46),
    )
    assert draft.relationships == (tasks.RelationshipDraft(*sold, 7.0, 0, 55),)
    assert TEXT[0:55] == "Elin Moe sold the ferry Aurora to Dock Nine AS in 2019."
    assert draft.gaps == ()


def test_a_further_reading_has_the_text_first_short_instructions_and_no_reply() -> None:
    asked, chat = reader([graph("Elin Moe", relationships=[("Elin Moe", "Aurora", "Sold it.")]), graph("Dock Nine AS")])
    draft = asyncio.run(asked.read(tasks.ExtractGraph(f"{TEXT} {MORE}")))
    assert [entity.name for entity in draft.entities] == ["Elin Moe", "Aurora", "Dock Nine AS"]
    first, second = chat.asked
    assert [message.role for message in second] == ["system", "user"]
    assert TOKENIZER.count(second[0].content) < 0.6 * TOKENIZER.count(first[0].content)
    assert second[1].content.startswith(first[1].content)
    assert "1 Elin Moe; 2 Aurora\n1>2" in second[1].content


@pytest.mark.parametrize(
    ("text", "found", "worth"),
    [
        ("By Lena Strachan\n\nElin Moe sold the Aurora on Monday.", ["Elin Moe", "Aurora"], False),
        ("The Port of Ellery Authority fined Elin Moe; the PEA sued.", ["Port of Ellery Authority", "Elin Moe"], False),
        ("Elin Moe sold the Aurora to Ina Holm of Tarn Foods.", ["Elin Moe", "Aurora"], True),
        ("Elin Moe sold the Aurora to Ina Holm.", ["Elin Moe", "Aurora"], False),
        ("서울에서 김도현 선장이 나래해운과 부산항을 고소했다.", [], True),
        ("The South Korean court and the Swedish one (SVEA) heard Elin Moe.", ["Elin Moe"], False),
        ("NORVIK (Tarn Wire) - Elin Moe met Ina Holm.", ["Elin Moe", "Norvik"], False),
        ("It rained, and nobody came.", [], False),
    ],
)
def test_a_text_is_read_once_more_where_it_names_two_that_were_not_found(
    text: str, found: list[str], worth: bool
) -> None:
    assert bool(missed_passages(text, found, "title: A sale\nsource: Tarn Wire")) is worth


def test_only_the_passages_around_missed_names_are_read_once_more_with_what_was_found_in_them() -> None:
    rain = " ".join(f"It rained on the quay for {n} hours." for n in range(2, 12))
    text = (
        f"Elin Moe sold the Aurora. {rain} The buyer was Ina Holm of Tarn Foods, with Elin Moe. {rain} Ole Berg wept."
    )
    first = graph("Ole Berg", "Elin Moe", "Aurora", relationships=[("Elin Moe", "Ole Berg", "Met.")])
    asked, chat = reader([first, graph("Ina Holm", relationships=[("2", "Ina Holm", "Sold to.")])], gleanings=1)
    draft = asyncio.run(asked.read(tasks.ExtractGraph(text)))
    user = chat.asked[1][-1].content
    passage = "It rained on the quay for 11 hours. The buyer was Ina Holm of Tarn Foods, with Elin Moe."
    assert fenced(passage) in user
    assert fenced("2 Elin Moe\nnone") in user
    assert [(r.source, r.target) for r in draft.relationships] == [("Elin Moe", "Ole Berg"), ("Elin Moe", "Ina Holm")]


def test_a_text_whose_names_were_all_found_is_read_once() -> None:
    found = graph("Elin Moe", "Aurora", "Dock Nine AS")
    assert len(read(tasks.ExtractGraph(TEXT), found, gleanings=3).entities) == 3


def test_what_is_known_of_the_document_is_shown_behind_a_fence_of_its_own() -> None:
    asked, chat = reader([graph("Elin Moe", "Aurora", "Dock Nine AS")])
    asyncio.run(asked.read(tasks.ExtractGraph(TEXT, document="title: A sale\ndate: 2019-05-03")))
    [(_, user)] = chat.asked
    assert fenced("title: A sale\ndate: 2019-05-03") in user.content
    assert fenced(TEXT) in user.content


def test_gleaning_stops_when_a_reading_finds_nothing_new() -> None:
    draft = read(tasks.ExtractGraph(TEXT), graph("Elin Moe"), graph("the Elin  Moe"), gleanings=3)
    assert len(draft.entities) == 1
    read(tasks.ExtractGraph(TEXT), graph("Elin Moe"), gleanings=0)
    read(tasks.ExtractGraph(TEXT), graph("A"), graph("B"), graph("C"), graph("D"), gleanings=3)


def test_an_unknown_end_is_an_entity_a_number_is_a_listed_one_and_itself_is_a_description() -> None:
    first = graph("Elin Moe", relationships=[("Elin Moe", "Dock Nine AS", "Sold.")])
    more = graph(relationships=[("2", "1", "Bought."), ("Elin Moe", "ELIN MOE", "Retired.")])
    draft = read(tasks.ExtractGraph(f"{TEXT} {MORE}"), first, more)
    assert [(e.name, e.type, e.description) for e in draft.entities] == [
        ("Elin Moe", "person", "On Elin Moe. Retired."),
        ("Dock Nine AS", "other", "Sold."),
    ]
    assert [(r.source, r.target, r.description) for r in draft.relationships] == [
        ("Elin Moe", "Dock Nine AS", "Sold."),
        ("Dock Nine AS", "Elin Moe", "Bought."),
    ]


def test_a_further_reading_that_fails_leaves_the_first_and_a_gap() -> None:
    draft = read(tasks.ExtractGraph(TEXT), graph("Elin Moe"), "no", "still no")
    assert [entity.name for entity in draft.entities] == ["Elin Moe"]
    assert "a further reading failed: asked once more, the reply to prompt 'glean'" in draft.gaps[0]


def test_a_text_whose_reply_is_cut_off_is_read_in_halves_and_places_hold() -> None:
    text = " ".join(f"Person{n} met Guest{n} on a fine day in the harbour of Norvik." for n in range(20))

    def answer(messages: Sequence[Message]) -> Reply:
        names = [n for n in range(20) if f"Person{n} " in messages[-1].content]
        if "An earlier reading" in messages[-1].content:
            return NOTHING
        return cut("{") if len(names) > 5 else graph(*(f"Person{n}" for n in names))

    asked, chat = reader(answer)
    draft = asyncio.run(asked.read(tasks.ExtractGraph(text)))
    assert [entity.name for entity in draft.entities] == [f"Person{n}" for n in range(20)]
    assert all(text[e.start : e.end] == e.name for e in draft.entities)
    assert len(chat.asked) == 3 + 4 + 4


def test_a_short_text_whose_reply_is_always_cut_off_is_an_invalid_reply() -> None:
    asked, chat = reader(lambda messages: cut('{"entities":[]'))
    with pytest.raises(InvalidReply, match="cut off") as caught:
        asyncio.run(asked.read(tasks.ExtractGraph(TEXT)))
    assert caught.value.reply == '{"entities":[]'
    assert len(chat.asked) == 1


def test_a_useless_reply_is_shown_to_the_model_with_what_is_wrong() -> None:
    asked, chat = reader(['{"answer":"A.","follow_ups":[]}', '{"answer":"A [1].","score":"80/100","follow_ups":[]}'])
    assert asyncio.run(asked.read(tasks.PrimeQuestion("Q?", ROWS, 5))) == tasks.Findings("A [1].", 80.0)
    first, second = chat.asked
    assert second[: len(first)] == first
    assert second[len(first)] == Message("assistant", '{"answer":"A.","follow_ups":[]}')
    assert second[-1].content.startswith("Your reply cannot be used: score: Field required.")


def test_a_reply_that_stays_useless_is_kept_in_the_error() -> None:
    asked, chat = reader(["prose", "more prose"])
    with pytest.raises(
        InvalidReply, match="asked once more, the reply to prompt 'map_reports' cannot be used"
    ) as caught:
        asyncio.run(asked.read(tasks.MapReports("Q?", ROWS)))
    assert caught.value.reply == "more prose"
    assert len(chat.asked) == 2


def test_a_reply_that_is_cut_off_is_asked_for_shorter_and_never_parsed() -> None:
    whole = '{"points":[{"text":"A [1].","score":9}]}'
    asked, chat = reader([cut(whole), whole])
    assert asyncio.run(asked.read(tasks.MapReports("Q?", ROWS))) == (tasks.Point("A [1].", 9.0),)
    assert "at most half as long" in chat.asked[1][-1].content


@pytest.mark.parametrize("finish", ["content_filter"])
def test_a_filtered_reply_is_not_asked_for_again(finish: str) -> None:
    asked, chat = reader([Completion("", finish, Usage(1))])
    with pytest.raises(InvalidReply, match="content_filter"):
        asyncio.run(asked.read(tasks.MapReports("Q?", ROWS)))
    assert len(chat.asked) == 1


def test_transport_errors_are_not_for_the_reader() -> None:
    asked, chat = reader([ProviderError("the endpoint is down")])
    with pytest.raises(ProviderError, match="down"):
        asyncio.run(asked.read(tasks.ExtractGraph(TEXT)))
    assert len(chat.asked) == 1


def test_a_report_has_uniform_marks_where_marks_belong() -> None:
    reply = {
        "title": "Ferries [1]",
        "summary": "Sold [1, 2].",
        "findings": [
            {"summary": "A sale [1].", "explanation": "Moe sold [Data: Sources (1, 2); Entities (7, +more)]."}
        ],
        "rating": "6/10",
        "rating_explanation": "Small.",
    }
    assert read(tasks.WriteReport((), (), ROWS), json.dumps(reply)) == tasks.ReportDraft(
        "Ferries",
        "Sold [1][2].",
        (tasks.FindingDraft("A sale.", "Moe sold [1][2][7]."),),
        6.0,
        "Small.",
    )


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("a [1]【2】 b", "a [1][2] b"),
        ("a [1-2].", "a [1][2]."),
        ("a [Sources: 1; 2].", "a [1][2]."),
        ("a [99] b", "a [99] b"),
        ("[2019, 2020] and [see below] and [1a]", "[2019, 2020] and [see below] and [1a]"),
        ("[1, 99]", "[1]"),
    ],
)
def test_citations_in_any_dress(written: str, tidied: str) -> None:
    assert read(tasks.AnswerQuestion("Q?", ROWS), written) == tidied


@pytest.mark.parametrize("reply", ["NO ANSWER", "**No answer.**", " no answer\n"])
def test_no_answer_is_no_text(reply: str) -> None:
    assert read(tasks.AnswerQuestion("Q?", ROWS), reply) == ""
    assert asyncio.run(_streamed(reader([reply])[0])) == []


def test_nothing_is_asked_where_there_is_nothing_to_read() -> None:
    assert read(tasks.ExtractGraph(" \n")) == tasks.GraphDraft()
    assert read(tasks.ExtractClaims("")) == tasks.ClaimDrafts()
    assert read(tasks.AnswerQuestion("Q?", ())) == ""
    assert read(tasks.ReduceAnswers("Q?", (), ())) == ""
    assert read(tasks.MapReports("Q?", ())) == ()
    assert read(tasks.PrimeQuestion("Q?", (), 5)) == tasks.Findings("", 0.0)
    assert read(tasks.SummarizeDescriptions("A", ())) == ""
    assert read(tasks.SummarizeDescriptions("A", ("One.", " One. "))) == "One."
    assert read(tasks.SummarizeDescriptions("A", ("One.", "Two."))) == "One. Two."
    assert read(tasks.RewriteQuestion("Q?", ())) == "Q?"


def test_descriptions_that_say_the_same_are_one_without_asking_and_a_denial_is_not_the_same() -> None:
    said = (
        "Elin Moe sold the Aurora.",
        "Elin Moe has sold the Aurora",
        "Elin Moe sold the Aurora to Ina Holm in 2019.",
    )
    assert read(tasks.SummarizeDescriptions("A", said)) == said[2]
    denied = (
        "Elin Moe sold the Aurora.",
        "Elin Moe never sold the Aurora to Ina Holm.",
        "The Aurora was sold by Elin Moe.",
    )
    assert read(tasks.SummarizeDescriptions("A", denied)) == " ".join(denied)


def test_descriptions_are_merged_with_the_dates_on_which_they_were_given() -> None:
    asked, chat = reader(["All of it."])
    said = tuple(f"{word} " * 150 for word in ("One", "Two", "Three"))
    asyncio.run(asked.read(tasks.SummarizeDescriptions("A", said, ("", "2025-06-09", "2025-06-12"))))
    [(_, user)] = chat.asked
    assert [line[:16] for line in user.content.splitlines() if line.startswith("- ")] == [
        "- One One One On", "- 2025-06-09: Tw", "- 2025-06-12: Th"
    ]  # fmt: skip


def test_a_report_is_written_from_relationships_with_the_day_on_which_they_were_stated() -> None:
    report = {"title": "T", "summary": "S [1].", "findings": [], "rating": 5, "rating_explanation": "R."}
    asked, chat = reader([json.dumps(report)])
    row = Shown(1, "relationship", "Elin Moe sold the Aurora.", (), "Elin Moe; Aurora", "2019-05-03")
    asyncio.run(asked.read(tasks.WriteReport((), (row,), ())))
    [(_, user)] = chat.asked
    assert "[1] Elin Moe sold the Aurora. (2019-05-03)" in user.content


def test_many_descriptions_are_folded_and_all_of_them_are_shown() -> None:
    said = tuple(f"Fact {n} " + "and so on " * 60 for n in range(200))
    asked, chat = reader(lambda messages: f"Merged {len(messages[-1].content)}.")
    merged = asyncio.run(asked.read(tasks.SummarizeDescriptions("A", said)))
    shown = "".join(messages[-1].content for messages in chat.asked)
    assert all(f"Fact {n} " in shown for n in range(200))
    assert merged.startswith("Merged")
    assert max(TOKENIZER.count(messages[-1].content) for messages in chat.asked) < 4_300


def test_descriptions_of_any_length_come_to_an_end() -> None:
    giant = tuple(f"{n} " + "word " * 9_000 for n in range(5))
    asked, chat = reader(lambda messages: messages[-1].content)
    assert asyncio.run(asked.read(tasks.SummarizeDescriptions("A", giant)))
    assert len(chat.asked) == 4


def test_follow_ups_are_at_most_as_many_as_asked_for() -> None:
    reply = json.dumps({"answer": "", "score": 70, "follow_ups": [f"Q{n}?" for n in range(500)]})
    assert read(tasks.AnswerFollowUp("R?", "Q?", ROWS, 2), reply) == tasks.Findings("", 0.0, ("Q0?", "Q1?"))


def test_points_come_best_first() -> None:
    reply = json.dumps([{"text": "B [1]", "score": 5}, {"text": "A [2]", "score": "90%"}, {"text": "C", "score": None}])
    points = read(tasks.MapReports("Q?", ROWS), reply)
    assert [(point.text, point.score) for point in points] == [("A [2]", 90.0), ("B [1]", 5.0), ("C", 0.0)]


def test_claims_have_dates_and_the_place_of_their_quote() -> None:
    claim = {
        "subject": "Elin Moe",
        "object": "NONE",
        "type": "Sale",
        "status": "true",
        "start_date": "2019-03-04T00:00:00",
        "end_date": "unknown",
        "description": "Moe sold the ferry.",
        "quote": "elin moe sold  the ferry",
    }
    drafts = read(tasks.ExtractClaims(TEXT, ("Elin Moe",)), json.dumps({"claims": [claim]}))
    assert drafts.claims == (
        tasks.ClaimDraft(
            "Elin Moe",
            "",
            "sale",
            "TRUE",
            "Moe sold the ferry.",
            "2019-03-04",
            "2019-03-04",
            "elin moe sold  the ferry",
            0,
            23,
        ),
    )


def test_small_tasks() -> None:
    moe, other = tasks.EntityDraft("Elin Moe", "person", "x"), tasks.EntityDraft("E. Moe", "person", "y")
    assert read(tasks.ResolvePair(moe, other), '{"reason":"Both own it.","same":"true"}') == tasks.Sameness(
        True, "Both own it."
    )
    assert read(tasks.JudgePair("Q?", "C?", "a", "b"), '{"winner":"2","reason":"r"}') == tasks.Verdict("second", "r")
    assert read(tasks.Hypothesize("Q?", ROWS), "<think>Hm.</think>\nIt was sold.") == "It was sold."
    assert read(tasks.RewriteQuestion("When?", (("Who?", "Moe."),)), "When\nMoe?") == "When Moe?"


def test_a_role_without_a_model_falls_back_on_chat() -> None:
    chat, judge = ScriptedChat(['{"reason":"","same":false}']), ScriptedChat(['{"winner":"tie","reason":""}'])
    made = LLMReader(Asking({"chat": chat, "judge": judge}), load_prompts(), TOKENIZER)
    entity = tasks.EntityDraft("A", "", "")
    asyncio.run(made.read(tasks.ResolvePair(entity, entity)))
    asyncio.run(made.read(tasks.JudgePair("Q?", "C?", "a", "b")))
    assert (len(chat.asked), len(judge.asked)) == (1, 1)


def test_a_role_with_no_model_at_all_is_a_fault_when_it_is_asked_and_not_before() -> None:
    made = LLMReader(Asking({"judge": ScriptedChat([])}), load_prompts(), TOKENIZER)
    with pytest.raises(SettingsError, match=r"no model is set for 'query', only for \['judge'\]; set models.query"):
        asyncio.run(made.read(tasks.AnswerQuestion("Q?", ROWS)))


def test_the_id_changes_with_whatever_changes_replies() -> None:
    def id_of(name: str = "m", language: str = "auto", gleanings: int = 1) -> str:
        chats = {"chat": ScriptedChat([], name=name)}
        return LLMReader(Asking(chats), load_prompts(language=language), TOKENIZER, gleanings=gleanings).id

    ids = [id_of(), id_of("n"), id_of(language="ko"), id_of(gleanings=2)]
    assert len(set(ids)) == 4
    assert id_of() == ids[0]


async def _streamed(made: LLMReader) -> list[str]:
    return [piece async for piece in made.stream(tasks.AnswerQuestion("Q?", ROWS))]


def test_a_stream_says_what_reading_says() -> None:
    reply = "Moe sold it [1, 2] to Dock Nine [Data: Entities (7)].\n\nIn 2019 [2]. "
    pieces = asyncio.run(_streamed(reader([reply])[0]))
    assert "".join(pieces) == read(tasks.AnswerQuestion("Q?", ROWS), reply)
    assert len(pieces) > 3


@given(st.text(alphabet="ab [1],\n<think>/`NOASWER"), st.integers(1, 9))
def test_pieces_of_any_size_add_up_to_the_whole(text: str, size: int) -> None:
    async def raw() -> AsyncIterator[str]:
        for start in range(0, len(text), size):
            yield text[start : start + size]

    async def joined() -> str:
        return "".join([piece async for piece in pieces_of(raw(), lambda piece: piece)])

    def whole() -> str:
        from graphrag_drift.providers.llm.parse import NO_ANSWER, plain

        said, _ = plain(text, sentinel=True)
        return "" if said == NO_ANSWER else said

    def outcome(work: Callable[[], str]) -> str:
        try:
            return work()
        except InvalidReply as error:
            return f"refused: {error}"

    assert outcome(lambda: asyncio.run(joined())) == outcome(whole)


def test_a_stream_that_ends_early_raises() -> None:
    made, _ = reader([cut("Moe sold it [1]")])
    with pytest.raises(ProviderError, match="length"):
        asyncio.run(_streamed(made))
