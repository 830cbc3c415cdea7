"""Runs of a sentence -> the same with the quoted titles of works in place of the runs inside them.

A title is a short quotation whose long words are all capitalised; other quotations are left to the runs.
"""

import re

from graphrag_drift.language.runs import Run

_QUOTED = re.compile(r"[\"“‘]([^\"“”‘’\n]{2,80})[\"”’]|``([^`\n]{2,80}?)''|[《〈「『]([^《》〈〉「」『』\n]{2,40})[》〉」』]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDS = " \t,.!?;:"


def with_works(text: str, start: int, end: int, runs: list[Run]) -> list[Run]:
    """The runs of the sentence between `start` and `end`, in order, quoted titles among them as one run each."""
    works = [work for match in _QUOTED.finditer(text, start, end) if (work := _work(match)) is not None]
    if not works:
        return runs
    outside = [run for run in runs if all(run.end <= work.start or work.end <= run.start for work in works)]
    return sorted(outside + works, key=lambda run: run.start)


def _work(match: re.Match[str]) -> Run | None:
    quoted = match.group(match.lastindex or 0)
    offset = match.start(match.lastindex or 0)
    title = quoted.strip(_ENDS)
    words = _WORD.findall(title)
    if not 2 <= len(words) <= 9 or not words[0][0].isupper() or not words[-1][0].isupper():
        return None
    if not all(word[0].isupper() for word in words if len(word) > 4):
        return None
    start = offset + quoted.index(title)
    return Run(start, start + len(title), " ".join(title.split()))
