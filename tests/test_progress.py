"""What a run says while it works: counts, speed, time left, and what it waits for when it is interrupted."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from graphrag_drift import interrupts
from graphrag_drift.cli.progress import Watch
from graphrag_drift.each import each
from graphrag_drift.metering import metered, spend
from graphrag_drift.values import Event, Usage


def test_a_step_says_calls_and_speed_before_its_first_item_is_done_and_then_the_time_left() -> None:
    now = [100.0]
    with metered() as meter:
        watch = Watch(meter, lambda: now[0])
        watch.observe(Event("started", step="extract"))
        watch.observe(Event("working", step="extract", done=0, total=12))
        assert [*watch.lines().values()] == ["Reading text units: 0 of 12"]
        spend(Usage(3, 1500, 500), "any", None)
        now[0] += 50.0
        assert [*watch.lines().values()] == ["Reading text units: 0 of 12, 3 calls, 2.0k tokens, 40 tokens/s"]
        watch.observe(Event("working", step="extract", done=2, total=12))
        now[0] += 50.0
        assert [*watch.lines().values()] == [
            "Reading text units: 2 of 12, 3 calls, 2.0k tokens, 20 tokens/s, about 8 min left"
        ]
        watch.observe(Event("finished", step="extract"))
        assert watch.lines() == {}


def test_a_step_tells_how_much_there_is_before_its_first_item() -> None:
    events: list[tuple[int, int]] = []

    async def work(item: str) -> str:
        assert events == [(0, 1)]
        return item

    asyncio.run(each(["a"], work, observe=lambda event: events.append((event.done, event.total))))
    assert events == [(0, 1), (1, 1)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")
def test_an_interrupted_run_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Calls:
        active, slow = 1, True

        async def drain(self) -> None:
            pass

    async def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(3600)

    said: list[str] = []
    monkeypatch.setattr(interrupts, "_LISTENERS", [said.append])
    calls = Calls()
    interrupts.register(calls)
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(interrupted())
    assert said == ["Waiting up to 120 s for a call that is under way, so that it is kept; again to drop it."]
