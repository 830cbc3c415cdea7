"""Statistics that note what is asked of them -> whether what was made of their answers still holds for another corpus.

A document more changes all counts, but few answers: a name is found by whether words are written small, not by how
often. So what was found in a text stands as long as each question that was asked for it has the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn

from graphrag_drift.language.statistics import Statistics

_QUESTIONS = {
    "c": "is_common",
    "m": "is_mostly_common",
    "n": "is_name",
    "w": "is_written_small",
    "r": "is_rarely_large",
    "i": "is_inflected",
    "l": "has_letters",
}
"""What may be asked of a word, by a letter. Each is answered by yes or no."""


class Answers:
    """The answers of one corpus, each looked up once."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._yes: set[str] = set()
        self._no: set[str] = set()

    def hold(self, yes: list[str], no: list[str]) -> bool:
        """Whether these questions, each a letter and a word, are still answered so."""
        for question in {*yes, *no} - self._yes - self._no:
            self.ask(question[0], question[1:])
        return self._yes.issuperset(yes) and self._no.issuperset(no)

    def ask(self, letter: str, word: str) -> bool:
        """The answer to one question."""
        question = letter + word
        if question in self._yes:
            return True
        if question in self._no:
            return False
        answer = bool(getattr(self.statistics, _QUESTIONS[letter])(word))
        (self._yes if answer else self._no).add(question)
        return answer


class _Counts(Mapping[str, int]):
    """Counts that must not be looked at: no answer that rests on them would be noted."""

    def __getitem__(self, word: str) -> NoReturn:
        raise TypeError("counts are not noted; ask a question of `language/asked.py`")

    def __iter__(self) -> Iterator[str]:
        raise TypeError("counts are not noted; ask a question of `language/asked.py`")

    def __len__(self) -> int:
        raise TypeError("counts are not noted; ask a question of `language/asked.py`")


class AskedStatistics(Statistics):
    """Statistics that answer from `answers` and keep, in `asked`, what they were asked."""

    answers: Answers
    asked: dict[str, bool]

    def __init__(self, answers: Answers) -> None:
        nothing = _Counts()
        super().__init__(nothing, nothing, nothing, nothing, 0)
        object.__setattr__(self, "answers", answers)
        object.__setattr__(self, "asked", {})

    def _ask(self, letter: str, word: str) -> bool:
        answer = self.asked[letter + word] = self.answers.ask(letter, word)
        return answer

    def is_common(self, word: str) -> bool:
        """As `Statistics.is_common`."""
        return self._ask("c", word)

    def is_mostly_common(self, word: str) -> bool:
        """As `Statistics.is_mostly_common`."""
        return self._ask("m", word)

    def is_name(self, word: str) -> bool:
        """As `Statistics.is_name`."""
        return self._ask("n", word)

    def is_written_small(self, word: str) -> bool:
        """As `Statistics.is_written_small`."""
        return self._ask("w", word)

    def is_rarely_large(self, word: str) -> bool:
        """As `Statistics.is_rarely_large`."""
        return self._ask("r", word)

    def is_inflected(self, word: str) -> bool:
        """As `Statistics.is_inflected`."""
        return self._ask("i", word)

    def has_letters(self, word: str) -> bool:
        """As `Statistics.has_letters`."""
        return self._ask("l", word)
