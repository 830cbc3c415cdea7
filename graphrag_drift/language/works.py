"""Runs of a sentence -> the same with the titles of works and of the text itself in place of the runs inside them.

A title is a short quotation whose long words are all capitalised, or the heading of the text if the text repeats it.
"""

import re

from graphrag_drift.language.runs import Run
from graphrag_drift.language.terms import APOSTROPHES, word_set

_QUOTED = re.compile(
    r"[\"“‘]((?:[^\"“”‘’\n]|(?<=\w)[‘’](?=\w)){2,80})[\"”’]"
    r"|``([^`\n]{2,80}?)''|[《〈「『]([^《》〈〉「」『』\n]{2,40})[》〉」』]"
)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\Z")
_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
_SMALL = word_set(
    "a an the of and or but nor in on at to for from with by as into de la le el du der die das van von vs"
)
_ENDS = " \t,.!?;:"


def repeated_heading(text: str, heading: tuple[int, int]) -> str:
    """The heading at that span without a parenthesis, if it is a name that the text repeats after it; else ""."""
    title = _PARENTHESIS.sub("", text[slice(*heading)])
    words = title.split()
    if not 2 <= len(words) <= 8 or title[-1] in ".!?:" or not (words[0][0].isupper() and words[-1][0].isupper()):
        return ""
    return title if _occurrences(text, title, heading[1], len(text)) else ""


def with_works(text: str, sentence: tuple[int, int], runs: list[Run], heading: str) -> list[Run]:
    """The runs of the sentence, in order, with each quoted title and each place of `heading` as one run."""
    works = [work for match in _QUOTED.finditer(text, *sentence) if (work := _work(match)) is not None]
    if heading:
        places = _occurrences(text, heading, *sentence)
        works += [Run(at, at + len(heading), heading) for at in places if not _covers(works, at, at + len(heading))]
    if not works:
        return runs
    outside = [run for run in runs if not _covers(works, run.start, run.end)]
    return sorted(outside + works, key=lambda run: run.start)


def _covers(runs: list[Run], start: int, end: int) -> bool:
    return any(start < run.end and run.start < end for run in runs)


def _occurrences(text: str, phrase: str, start: int, end: int) -> list[int]:
    places = []
    at = text.find(phrase, start, end)
    while at >= 0:
        if not text[at + len(phrase) : at + len(phrase) + 1].isalnum():
            places.append(at)
        at = text.find(phrase, at + len(phrase), end)
    return places


def _work(match: re.Match[str]) -> Run | None:
    quoted = match.group(match.lastindex or 0)
    offset = match.start(match.lastindex or 0)
    title = quoted.strip(_ENDS)
    words = _WORD.findall(title)
    if not 2 <= len(words) <= 9 or not words[0][0].isupper() or not words[-1][0].isupper():
        return None
    if not all(word[0].isupper() or word in _SMALL for word in words):
        return None
    start = offset + quoted.index(title)
    return Run(start, start + len(title), " ".join(title.split()))
