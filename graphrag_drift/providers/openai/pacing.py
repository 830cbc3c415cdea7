"""Who may call an endpoint now: requests and tokens a minute, concurrency that halves when asked to slow down.

Nothing here blocks the loop, or knows what a call is. A gate belongs to the event loop that it is used in.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from graphrag_drift.errors import EndpointError, ProviderError, Unavailable
from graphrag_drift.interrupts import register
from graphrag_drift.providers.openai.concurrency import Climb, work_of
from graphrag_drift.values import Usage

T = TypeVar("T")
# Windows are counted a little longer than they are: a call that was let in first may arrive last.
_SLACK = 1.02
# After a call was asked to slow down, one more at once is let in for each so many seconds without that.
_RECOVERY_SECONDS = 1.0


def monotonic() -> float:
    """Seconds by the clock of the running loop, which its timers keep to."""
    return asyncio.get_running_loop().time()


class Passing(ProviderError):
    """A fault that may pass. `wait`: the seconds that were asked for; `busy`: the endpoint asks to slow down; `away`:
    the server is starting anew, or loads its model."""

    def __init__(self, message: str, wait: float | None = None, *, busy: bool = False, away: bool = False) -> None:
        super().__init__(message)
        self.wait = wait
        self.busy = busy
        self.away = away


class Late(Passing):
    """Nothing came in time. `crowded`: other calls were under way, so that it may have waited for them only."""

    crowded = False


class Rejected(ProviderError):
    """The endpoint does not take a request; if it takes none, something is wrong with all of them."""


class Window:
    """At most `limit` in any `seconds`; more than that at once is let in alone."""

    def __init__(self, limit: float, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds * _SLACK
        self._entries: deque[list[float]] = deque()  # (when, amount), oldest first
        self._sum = 0.0

    def delay(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be let in."""
        while self._entries and self._entries[0][0] + self._seconds <= now:
            self._sum -= self._entries.popleft()[1]
        free = self._limit - self._sum
        wait = 0.0
        for at, used in self._entries:
            if free >= amount:
                break
            free += used
            wait = at + self._seconds - now
        return wait

    def add(self, amount: float, now: float) -> Callable[[float], None]:
        """Let `amount` in; what comes back corrects it, when it is known better."""
        entry = [now, amount]
        self._entries.append(entry)
        self._sum += amount

        def correct(known: float) -> None:
            if self._entries and self._entries[0][0] <= entry[0]:  # not forgotten yet
                self._sum += known - entry[1]
                entry[1] = known

        return correct


def windows(limit: int | None) -> list[Window]:
    """A window of a minute, and one of a tenth of it, so that a minute's calls do not come all at once."""
    return [Window(limit, 60.0), Window(math.ceil(limit / 10), 6.0)] if limit else []


class Slot:
    """A place at an endpoint; whoever holds it tells what the call used."""

    def __init__(self, tokens: int, now: float, requests: list[Window], token_windows: list[Window]) -> None:
        self.since = now
        self.level = 0
        """How many were let in at once when it was."""
        self.work = 0.0
        for window in requests:
            window.add(1, now)
        self._corrections = [window.add(tokens, now) for window in token_windows]

    def used(self, usage: Usage) -> None:
        """What the call took, whatever was estimated."""
        self.work = work_of(usage)
        for correct in self._corrections:
            correct(usage.prompt_tokens + usage.completion_tokens)


class Gate:
    """Lets calls to one endpoint in, first come first served.

    The first call goes alone, until it has ended or `probe_seconds` have passed: a wrong key costs one call, not as
    many as are allowed at once. A call that finds that no other can succeed shuts the gate for `pause` seconds.
    One that `climbs` begins with one call at once, and lets in as many as the endpoint does at the same speed.
    Unless it `drains`, an interrupted run does not wait for its calls.
    """

    def __init__(
        self,
        concurrency: int,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        longest_wait: float = 120.0,
        pause: float = 30.0,
        probe_seconds: float = 3.0,
        drains: bool = True,
        climbs: bool = False,
    ) -> None:
        if drains:
            register(self)
        self._resting: asyncio.Event | None = None
        self._climb = Climb(concurrency) if climbs else None
        self._most = 1 if climbs else concurrency
        self._allowed = float(self._most)
        self._requests = windows(requests_per_minute)
        self._tokens = windows(tokens_per_minute)
        self._longest_wait = longest_wait
        self._pause = pause
        self._probe_seconds = probe_seconds
        self.active = 0
        """Calls under way."""
        self.slow = climbs
        self._waiting: deque[tuple[asyncio.Future[Slot], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._changed = 0.0
        self._proved: float | None = None  # when everybody may go: None: nobody went yet
        self._shut: tuple[EndpointError, float] | None = None

    async def drain(self) -> None:
        """Let nobody in any more, and wait until those inside have left."""
        self._resting = asyncio.Event()
        if self.active:
            await self._resting.wait()

    @property
    def concurrency(self) -> int:
        """How many calls are let in at once now."""
        return int(self._allowed)

    def shut(self, error: EndpointError, seconds: float | None = None) -> None:
        """Answer everybody with `error` for so long; then one call may try."""
        if self._shut is None:
            self._shut = (error, monotonic() + (self._pause if seconds is None else seconds))
            self._proved = None
            self._let_in()

    @asynccontextmanager
    async def slot(self, tokens: int) -> AsyncIterator[Slot]:
        """A place for a call of about `tokens`.

        Raises: EndpointError, while the gate is shut, and if the call was asked to wait longer than is waited.
        """
        slot = await self._enter(tokens)
        try:
            yield slot
        except EndpointError as error:
            self.shut(error)
            raise
        except ProviderError as fault:
            self._proved = 0.0
            if isinstance(fault, Late):
                fault.crowded = fault.busy = self.active > 1
            if isinstance(fault, Passing):
                self._heed(fault, slot)
            raise
        else:
            self._proved = 0.0
            if self._climb is not None:
                self._measure(self._climb, slot)
            else:
                self._speed_up()
        finally:
            self.active -= 1
            if self._resting is not None and not self.active:
                self._resting.set()
            self._let_in()

    async def _enter(self, tokens: int) -> Slot:
        future: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, tokens))
        self._let_in()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.active -= 1  # it was let in, but does not come
            self._let_in()
            raise

    def _let_in(self) -> None:
        """Let in, in order, whoever may go now; come again when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and self._resting is None:
            future, tokens = self._waiting[0]
            now = monotonic()
            if future.done():  # cancelled
                self._waiting.popleft()
            elif self._shut is not None and now < self._shut[1]:
                self._waiting.popleft()
                future.set_exception(type(self._shut[0])(str(self._shut[0])))
            elif (wait := self._delay(tokens, now)) is None:
                return
            elif wait > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self._let_in)
                return
            else:
                self._waiting.popleft()
                self._shut = None
                self.active += 1
                if self._proved is None:
                    self._proved = now + self._probe_seconds
                slot = Slot(tokens, now, self._requests, self._tokens)
                slot.level = self._most
                future.set_result(slot)

    def _delay(self, tokens: int, now: float) -> float | None:
        """Seconds until the next one may go; None: when another one has ended."""
        if self.active >= int(self._allowed):
            return None
        probing = (self._proved or 0.0) - now if self.active else 0.0
        pausing = self._not_before - now
        requests = (window.delay(1, now) for window in self._requests)
        amounts = (window.delay(tokens, now) for window in self._tokens)
        return max(0.0, probing, pausing, *requests, *amounts)

    def _heed(self, fault: Passing, slot: Slot) -> None:
        """Slow down as asked. Raises: EndpointError, if that is to wait longer than is waited."""
        now = monotonic()
        if fault.wait is not None and fault.wait > self._longest_wait:
            asked = f"it asks to wait {fault.wait:g} s: run again then, replies so far are kept"
            error = Unavailable(f"{fault}; {asked}")
            self.shut(error, fault.wait)
            raise error from None
        if fault.busy:
            self._not_before = max(self._not_before, now + (fault.wait or 0.0))
            if slot.since >= self._changed:  # those who were let in before the last change say nothing new
                self._allowed = max(1.0, self._allowed / 2)
                self._changed = now
                if self._climb is not None:
                    self._climb.slow_down()
                    self._most = self._climb.level

    def _measure(self, climb: Climb, slot: Slot) -> None:
        """Only what ran beside as many as are let in tells how many the endpoint does at the same speed."""
        if slot.level == self._most and self.active >= self._most:
            climb.add(monotonic() - slot.since, slot.work)
            self._most = climb.level
            self._allowed = float(self._most)

    def _speed_up(self) -> None:
        now = monotonic()
        if self._allowed < self._most and now >= self._changed + _RECOVERY_SECONDS:
            self._allowed = min(self._most, self._allowed + 1)
            self._changed = now


class PerLoop(Generic[T]):
    """One thing for each event loop, for what cannot be shared between loops."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._things: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def __call__(self) -> T:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        thing = self._things.get(loop)
        if thing is None:
            # What is made may refer to its loop, which then would be kept for ever.
            for ended in [each for each in self._things if each.is_closed()]:
                del self._things[ended]
            thing = self._things[loop] = self._make()
        return thing
