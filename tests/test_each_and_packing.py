"""Running over many items, and what fits a budget."""

from __future__ import annotations

import asyncio

import pytest
from clock import GUARD_SECONDS

from graphrag_drift.each import Failed, blocking, each, meanwhile, read_each
from graphrag_drift.errors import GraphRAGError, ProviderError, SettingsError
from graphrag_drift.shown import ROW_OVERHEAD, batches, pack, pack_some
from graphrag_drift.values import Event, Shown, Span


class Letters:
    """A tokenizer for which a letter is a token."""

    id = "letters"

    def count(self, text: str) -> int:
        return len(text)


def _rows(*sizes: int) -> list[Shown]:
    return [Shown(n, "source", "x" * (size - ROW_OVERHEAD)) for n, size in enumerate(sizes)]


def test_results_keep_the_order_of_the_items_whoever_finishes_first() -> None:
    async def work(item: int) -> int:
        await asyncio.sleep(0.001 * (5 - item))
        return item * 10

    assert asyncio.run(each([1, 2, 3, 4], work, concurrency=4)) == [10, 20, 30, 40]


def test_work_is_done_while_a_call_is_under_way() -> None:
    async def both() -> tuple[str, str]:
        worked = asyncio.Event()

        async def call() -> str:
            await asyncio.wait_for(worked.wait(), GUARD_SECONDS)  # answers only when the work is done
            return "answer"

        async def work() -> str:
            worked.set()
            return "work"

        return await meanwhile(call(), work)

    assert asyncio.run(both()) == ("answer", "work")


@pytest.mark.parametrize("fails", ["call", "work"])
def test_what_fails_of_a_call_and_the_work_meanwhile_is_raised_and_neither_goes_on(fails: str) -> None:
    ended: list[str] = []

    async def call() -> str:
        try:
            if fails == "call":
                raise ProviderError("the call failed")
            await asyncio.sleep(60)
        finally:
            ended.append("call")
        return ""

    async def work() -> str:
        if fails == "work":
            raise ProviderError("the work failed")
        return ""

    with pytest.raises(ProviderError, match=f"the {fails} failed"):
        asyncio.run(meanwhile(call(), work))
    assert ended == ["call"]


def test_a_failed_item_does_not_stop_the_others() -> None:
    async def work(item: int) -> int:
        if item == 2:
            raise ProviderError("no reply")
        return item

    assert asyncio.run(each([1, 2, 3], work)) == [1, Failed("no reply"), 3]


def test_an_error_that_ends_the_run_is_raised_as_itself() -> None:
    async def work(item: int) -> int:
        raise SettingsError(f"item {item} cannot be")

    with pytest.raises(SettingsError, match="item 1 cannot be"):
        asyncio.run(each([1, 2], work))


def test_whoever_observes_hears_of_every_item_once() -> None:
    events: list[Event] = []

    async def work(item: int) -> int:
        return item

    asyncio.run(each([1, 2, 3], work, step="extract", observe=events.append))
    assert events == [Event("working", step="extract", done=done, total=3) for done in (0, 1, 2, 3)]


def test_what_failed_of_a_step_is_rows_by_the_ids_of_its_items_and_what_is_missing_of_a_reply_too() -> None:
    async def read(item: int) -> int:
        if item == 2:
            raise ProviderError("no reply")
        return item * 10

    values, failures = asyncio.run(
        read_each([1, 2, 3], read, step="count", ids=["a", "b", "c"], gaps=lambda reply: ["torn"] * (reply == 30))
    )
    assert values == [10, None, 30]
    assert failures.rows() == [("count", "b", "no reply"), ("count", "c", "torn")]


def test_a_sync_call_inside_a_loop_says_what_to_await() -> None:
    async def inner() -> int:
        return 1

    async def outer() -> None:
        blocking(inner(), "ask")

    with pytest.raises(GraphRAGError, match=r"use 'await ask\(\.\.\.\)'"):
        asyncio.run(outer())


def test_one_long_row_does_not_starve_the_shorter_ones_behind_it() -> None:
    rows = _rows(40, 500, 30)
    assert pack(rows, 100, Letters()) == ((rows[0], rows[2]), 30)


def test_where_no_row_fits_the_first_sentences_of_the_best_stand_for_it() -> None:
    text = "One tug came. Two tugs left at night. Nobody knows why they did."
    row = Shown(0, "source", text, (Span("d", "u", 100, 100 + len(text)),), "Tugs")
    [short], left = pack_some([row], ROW_OVERHEAD + 40, Letters())
    assert short.text == "One tug came. Two tugs left at night."
    assert short.spans == (Span("d", "u", 100, 100 + len(short.text)),)
    assert left == 40 - len(short.text)
    assert pack_some([row], ROW_OVERHEAD + 5, Letters()) == ((), ROW_OVERHEAD + 5)
    assert pack_some([], 50, Letters()) == ((), 50)


def test_batches_hold_every_row_in_order() -> None:
    rows = _rows(40, 50, 30, 500, 20)
    groups = batches(rows, 100, Letters())
    assert groups == [(rows[0], rows[1]), (rows[2],), (rows[3],), (rows[4],)]
    assert batches([], 100, Letters()) == []


def test_rows_with_more_words_than_tokens_are_left_are_not_even_counted() -> None:
    counted: list[str] = []

    class Counting(Letters):
        def count(self, text: str) -> int:
            counted.append(text)
            return super().count(text)

    rows = [Shown(1, "source", "a b"), Shown(2, "source", "c d e f"), Shown(3, "source", "g")]
    kept, left = pack(rows, 2 * ROW_OVERHEAD + 5, Counting())
    assert ([row.text for row in kept], left) == (["a b", "g"], 1)
    assert counted == ["a b", "g"]
