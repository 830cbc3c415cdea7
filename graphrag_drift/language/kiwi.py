"""A Korean sentence -> its runs of proper nouns by the tags of kiwipiepy, the `ko` extra; imported at first use.

Kiwi decides which words are proper nouns; what they name is decided by the word lists of `korean`.
"""

from functools import cache
from importlib import import_module, util
from typing import Any, NamedTuple

_NOUNS = frozenset(("NNP", "NNG", "SL", "SN", "SH", "XPN", "XSN", "NR"))
_PROPER = frozenset(("NNP", "SL", "SN"))


class NounRun(NamedTuple):
    """Nouns written together at a span of the text, and the span of the proper nouns at their beginning."""

    start: int
    end: int
    proper_start: int
    proper_end: int


@cache
def kiwi_version() -> str | None:
    """The version of kiwipiepy, None if it is not installed."""
    if util.find_spec("kiwipiepy") is None:
        return None
    from importlib.metadata import version as version_of  # slow to import, and seldom needed

    return version_of("kiwipiepy")


def noun_runs(sentence: str) -> list[NounRun]:
    """The runs of nouns that hold a proper noun, in order."""
    runs: list[NounRun] = []
    run: list[Any] = []
    for token in [*_kiwi().tokenize(sentence), None]:
        if token is not None and token.tag in _NOUNS and (not run or token.start == run[-1].start + run[-1].len):
            run.append(token)
            continue
        runs.extend(_proper_run(run))
        run = [token] if token is not None and token.tag in _NOUNS else []
    return runs


def _proper_run(run: list[Any]) -> list[NounRun]:
    first = next((i for i, token in enumerate(run) if token.tag == "NNP"), None)
    if first is None:
        return []
    while first > 0 and run[first - 1].tag in _PROPER:
        first -= 1
    last = first
    while last + 1 < len(run) and run[last + 1].tag in _PROPER:
        last += 1
    end = run[-1].start + run[-1].len
    return [NounRun(run[0].start, end, run[first].start, run[last].start + run[last].len)]


@cache
def _kiwi() -> Any:
    return import_module("kiwipiepy").Kiwi(num_workers=1)
