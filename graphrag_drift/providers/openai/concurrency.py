"""How many calls at once pay: a server of unknown width is begun with one, and asked more while it stays as fast.

A server that answers one call after another takes twice as long for each of two, a wide one no longer than for one.
What is measured is seconds for the work of a call, so that long replies do not look like a slow server.
"""

from __future__ import annotations

from graphrag_drift.values import Usage

_FEWEST = 3  # calls that a pace is measured by
_LOOK_AGAIN = 50  # calls after which a number that was settled on is tried anew: texts and tasks change
# Tokens of a prompt that take as long as one of a reply: 3.5 to 4.2 of llama.cpp on a processor.
_PROMPT_TOKENS = 4.0


def work_of(usage: Usage) -> float:
    """What a call had to do, in tokens of a reply."""
    return usage.completion_tokens + (usage.prompt_tokens - usage.cached_tokens) / _PROMPT_TOKENS


class Climb:
    """The number of calls at once, `level`: it doubles while calls stay as fast, and goes back when they do not."""

    def __init__(self, most: int) -> None:
        self.level = 1
        self._most = most
        self._below: tuple[int, float] | None = None  # the level before, and its seconds for a token
        self._settled = False
        self._begin()

    def add(self, seconds: float, work: float) -> None:
        """A call of so much work took so long, with `level` calls under way from its begin to its end."""
        if work <= 0:
            return
        if self._unsettled_calls:  # a model is loaded, or the places of the server are not taken yet
            self._unsettled_calls -= 1
            return
        self._calls += 1
        self._seconds += seconds
        self._work += work
        if self._settled and self._calls >= _LOOK_AGAIN:
            self._move(max(1, self.level // 2), None, settled=False)
        elif not self._settled and self._calls >= max(_FEWEST, self.level):
            self._judge(self._seconds / self._work)

    def slow_down(self) -> None:
        """The server asks for less, or did not get done in time."""
        self._move(max(1, self.level // 2), None, settled=True)

    def _judge(self, pace: float) -> None:
        if self._below is not None and pace > self._below[1] * (1 + (self.level / self._below[0] - 1) / 2):
            self._move(self._below[0], None, settled=True)
        else:
            self._move(min(self._most, 2 * self.level), (self.level, pace), settled=self.level == self._most)

    def _move(self, level: int, below: tuple[int, float] | None, *, settled: bool) -> None:
        self.level, self._below, self._settled = level, below, settled
        self._begin()

    def _begin(self) -> None:
        self._unsettled_calls = self.level
        self._calls = 0
        self._seconds = self._work = 0.0
