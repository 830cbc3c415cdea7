"""What stands around every call to an endpoint, so that it is asked neither too often nor in vain.

`Limits.call` reads like an onion, the outermost skin first: when nothing works, nobody tries any more; what may pass
is tried again; everybody waits for their turn; nothing is sent beyond a budget.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from graphrag_drift.errors import EndpointError, ProviderError, TooLong, Unavailable
from graphrag_drift.metering import check_budgets
from graphrag_drift.providers.openai.chat import OpenAIChat, Rung, reply_limit
from graphrag_drift.providers.openai.deadline import Progress
from graphrag_drift.providers.openai.endpoint_url import is_near, url_of
from graphrag_drift.providers.openai.pacing import Gate, Late, Passing, PerLoop, Rejected
from graphrag_drift.providers.openai.spans import call_span
from graphrag_drift.providers.protocols import ChatModel, Completion, Message, ReplyShape, Tokenizer
from graphrag_drift.settings import ModelSettings
from graphrag_drift.tracing import about_usage, ignore
from graphrag_drift.values import Usage

if TYPE_CHECKING:
    from graphrag_drift.providers.openai.connection import Connection

T = TypeVar("T")
_AWAY_SECONDS = 5.0  # at most, between two looks whether a server is there again
_REPLY_TOKENS = 500  # of a reply whose limit was not set, until replies have told


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an endpoint that fails is tried, in seconds: waits are `base` and up to twice as much each time."""

    attempts: int = 6
    base: float = 0.5
    most: float = 60.0
    total: float = 120.0
    """Of all waits for one call; an endpoint that asks for more is not waited for."""
    away: float = 150.0
    """Of all waits for a server that was there and is starting anew, however many attempts that takes."""
    failures: int = 10
    """Calls given up in a row, after which nobody tries any more."""
    pause: float = 30.0
    """Until then one call may try again, for those who ask for days."""


class Limits:
    """The limits of one endpoint, shared by all that call it. `climbs`: it begins with one call at once, see `Gate`."""

    def __init__(
        self,
        concurrency: int,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        patience: Patience | None = None,
        probe_seconds: float = 3.0,
        drains: bool = True,
        climbs: bool = False,
    ) -> None:
        self._patience = patience or Patience()
        self._gate = PerLoop(
            lambda: Gate(
                concurrency,
                requests_per_minute=requests_per_minute,
                tokens_per_minute=tokens_per_minute,
                longest_wait=self._patience.total,
                pause=self._patience.pause,
                probe_seconds=probe_seconds,
                drains=drains,
                climbs=climbs,
            )
        )
        self.progress = PerLoop(Progress)
        """When the endpoint last sent anything, by loop."""
        self.climbs = climbs
        self.counts_tokens = tokens_per_minute is not None
        self._failures = 0
        # Not seeded: processes that were refused together must not come again together. No result depends on it.
        self._dice = random.Random()

    @property
    def gate(self) -> Gate:
        """The gate of the running loop."""
        return self._gate()

    async def call(
        self, send: Callable[[], Awaitable[T]], tokens: int, used: Callable[[T], Usage], *, whole: bool = True
    ) -> T:
        """What `send` gets, which will take about `tokens` and in the end took `used`.

        Not `whole`: whoever asks can do with less at a time. Raises: Late, then, the first time that nothing came.
        """
        with self._circuit(whole):
            async for attempt in self._attempts(whole):
                with attempt:
                    async with self.gate.slot(tokens) as slot:
                        check_budgets()
                        reply = await send()
                        slot.used(used(reply))
                        return reply
        raise AssertionError("attempts end with a reply or an error")

    async def stream(self, send: Callable[[], AsyncGenerator[str, None]], tokens: int) -> AsyncGenerator[str, None]:
        """The pieces that `send` gets. Tried again only until the first one came; the place is held until the last."""
        first: str | None = None
        async with AsyncExitStack() as stack:
            stack.enter_context(self._circuit())
            async for attempt in self._attempts():
                with attempt:
                    async with AsyncExitStack() as trying:
                        await trying.enter_async_context(self.gate.slot(tokens))
                        check_budgets()
                        pieces = await trying.enter_async_context(aclosing(send()))
                        first = await anext(pieces, None)
                        stack.push_async_exit(trying.pop_all())
            if first is not None:
                yield first
                async for piece in pieces:
                    yield piece

    @contextmanager
    def _circuit(self, whole: bool = True) -> Iterator[None]:
        """When an endpoint has failed too many in a row: shut the gate, so that nobody tries in vain."""
        try:
            yield
        except EndpointError:
            raise
        except ProviderError as error:
            if isinstance(error, Late) and not whole:
                raise
            self._failures = self._failures + 1 if isinstance(error, (Passing, Rejected)) else 0
            if self._failures >= self._patience.failures:
                raise self._opened(error) from None
            if isinstance(error, Passing):
                attempts = self._patience.attempts
                raise ProviderError(f"{error}; given up after at most {attempts} attempts") from None
            raise
        else:
            self._failures = 0

    def _opened(self, error: ProviderError) -> Unavailable:
        fault = Unavailable(
            f"{self._failures} calls in a row failed, the last one because: {error}; replies so far are kept, run again"
        )
        self._failures = 0
        self.gate.shut(fault)
        return fault

    def _attempts(self, whole: bool = True) -> AsyncRetrying:
        """A call that was late while others were under way does not count, nor does one that met nobody."""
        uncounted = 0

        def stop(state: RetryCallState) -> bool:
            nonlocal uncounted
            error = state.outcome.exception() if state.outcome else None
            away = isinstance(error, Passing) and error.away
            uncounted += away or (isinstance(error, Late) and error.crowded)
            return (isinstance(error, Late) and not whole) or self._is_enough(state, uncounted, away)

        return AsyncRetrying(retry=retry_if_exception_type(Passing), wait=self._wait, stop=stop, reraise=True)

    def _wait(self, state: RetryCallState) -> float:
        """The endpoint's word, else full jitter (Brooker 2015, "Exponential Backoff and Jitter")."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Passing) and error.wait is not None:
            return error.wait + self._dice.uniform(0, self._patience.base)
        longest = _AWAY_SECONDS if isinstance(error, Passing) and error.away else self._patience.most
        most = min(longest, self._patience.base * 2.0**state.attempt_number)
        return self._patience.base + self._dice.uniform(0, most)

    def _is_enough(self, state: RetryCallState, uncounted: int, away: bool) -> bool:
        waited = state.idle_for + state.upcoming_sleep
        most = self._patience.away if away else self._patience.total
        return state.attempt_number - uncounted >= self._patience.attempts or waited > most


class LimitedChat:
    """A ChatModel within limits. `settings` are those of its model; None: it has none."""

    def __init__(
        self, chat: ChatModel, limits: Limits, tokenizer: Tokenizer, settings: ModelSettings | None = None
    ) -> None:
        self.limits = limits
        self._settings = settings
        self._chat = chat
        self._tokenizer = tokenizer
        self._reply_tokens = reply_limit(settings) if settings else None
        self._replies, self._reply_sum = 0, 0
        self.learn_window: Callable[[int], None] = lambda _: None
        """Hears how many tokens the context of the model has, when a prompt was longer."""

    @property
    def id(self) -> str:
        """That of the model."""
        return self._chat.id

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """See `ChatModel`. Raises: BudgetExhausted."""
        tokens = self._estimate(messages)
        around = call_span("chat", self._settings) if self._settings else nullcontext(ignore)
        with self._learning(), around as tell:
            completion = await self.limits.call(lambda: self._chat.complete(messages, shape), tokens, self._used)
            tell({"gen_ai.response.finish_reasons": [completion.finish], **about_usage(completion.usage)})
            return completion

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """See `ChatModel`. Raises: BudgetExhausted."""
        stream = self.limits.stream(lambda: self._chat.stream(messages), self._estimate(messages))
        with self._learning():
            async with aclosing(stream) as pieces:
                async for piece in pieces:
                    yield piece

    @contextmanager
    def _learning(self) -> Iterator[None]:
        try:
            yield
        except TooLong as error:
            if error.window is not None:
                self.learn_window(error.window)
            raise

    def _estimate(self, messages: Sequence[Message]) -> int:
        """Endpoints count a reply's limit beforehand; where there is none, replies are as long as they were so far."""
        if not self.limits.counts_tokens:
            return 0
        reply = self._reply_tokens or (self._reply_sum // self._replies if self._replies else _REPLY_TOKENS)
        return sum(self._tokenizer.count(message.content) for message in messages) + reply

    def _used(self, completion: Completion) -> Usage:
        self._replies += 1
        self._reply_sum += completion.usage.completion_tokens
        return completion.usage


def limits_of(settings: ModelSettings) -> Limits:
    """The limits that `settings` set; a server near by is begun with one call at once, unless they say how many."""
    return Limits(
        settings.concurrent_requests,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        patience=Patience(attempts=settings.max_attempts),
        climbs="concurrent_requests" not in settings.model_fields_set and is_near(url_of(settings)),
    )


def chat_model(
    settings: ModelSettings,
    tokenizer: Tokenizer,
    *,
    limits: Limits | None = None,
    rung: Rung | None = None,
    connection: Connection | None = None,
) -> LimitedChat:
    """The model of `settings` within `limits`, which all who call the same endpoint share.

    What is paid for counts on the meters around the caller.
    """
    within = limits or limits_of(settings)
    chat = OpenAIChat(settings, tokenizer, rung=rung, connection=connection, progress=within.progress)
    return LimitedChat(chat, within, tokenizer, settings)
