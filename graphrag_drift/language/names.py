"""text -> the names in it: where they stand, their clean form, and what kind of thing they seem to name.

Runs of capitalised words judged by the corpus's own spelling (truecasing), and Korean words by their endings.
It does not decide which names mean the same thing.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graphrag_drift.language.kinds import kind_of
from graphrag_drift.language.korean import find_korean, goes_on_in_hangul, has_hangul
from graphrag_drift.language.runs import Run, find_lower_runs, find_runs
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.language.works import repeated_heading, with_works

__all__ = ["Name", "Vocabulary", "find_names", "find_query_names"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`, which is its `text`; `name` is the clean form."""

    start: int
    end: int
    text: str
    name: str
    kind: str  # person | organization | place | event | other
    sentence: int


def find_names(text: str, sentences: Sequence[tuple[int, int]], vocabulary: Vocabulary) -> list[Name]:
    """The names of `text` in order, none inside another; `sentence` is the index into `sentences`."""
    korean = has_hangul(text)
    heading = repeated_heading(text, sentences[0]) if sentences else ""
    found: list[Name] = []
    for index, (start, end) in enumerate(sentences):
        runs = with_works(text, (start, end), list(find_runs(text, start, end, vocabulary)), heading)
        if korean:
            runs = [run for run in runs if not goes_on_in_hangul(text, run.end)]
            found.extend(_korean_names(text, runs, (start, end), index))
        found.extend(_names(text, runs, (start, end), index))
    return agree(sorted(found, key=lambda name: (name.start, name.end)))


def agree(names: list[Name]) -> list[Name]:
    """The names, those of unknown kind as the others of their name, or as the person whose surname they are."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        if name.kind != "other":
            votes[name.name.casefold()][name.kind] += 1
            surname = name.name.casefold().rpartition(" ")[2]
            if name.kind == "person":
                votes[surname]["person"] += 1
    kinds = {key: min(counts, key=lambda kind: (-counts[kind], kind)) for key, counts in votes.items()}
    return [
        replace(name, kind=kinds[name.name.casefold()])
        if name.kind == "other" and name.name.casefold() in kinds
        else name
        for name in names
    ]


def find_query_names(question: str, vocabulary: Vocabulary) -> list[Name]:
    """The names of a question, also of one typed without capitals, where the corpus knows the words as names."""
    found = find_names(question, split_sentences(question), vocabulary)
    if found or not question[1:].islower():
        return found
    return list(_names(question, list(find_lower_runs(question, vocabulary)), (0, len(question)), 0))


def _names(text: str, runs: list[Run], sentence: tuple[int, int], index: int) -> Iterator[Name]:
    start, end = sentence
    for run in runs:
        before, after = text[max(start, run.start - 40) : run.start], text[run.end : min(end, run.end + 80)]
        kind = "person" if run.titled else kind_of(run.name, before, after)
        yield Name(run.start, run.end, text[run.start : run.end], run.name, kind, index)


def _korean_names(text: str, runs: list[Run], sentence: tuple[int, int], index: int) -> Iterator[Name]:
    for start, end, kind in find_korean(text, *sentence):
        if all(end <= run.start or run.end <= start for run in runs):
            name = unicodedata.normalize("NFC", text[start:end])
            yield Name(start, end, text[start:end], name, kind, index)
