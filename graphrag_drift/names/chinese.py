"""A Chinese sentence -> the names in it, by countries, the sounds of foreign names, marks of works, and titles; with
rjieba by its tags.

Without the `zh` extra a word is taken only where its beginning and end are plain: a country, a foreign name around its
middle dot, what stands between 《 and 》, and Latin letters. All is looked up in simplified characters, and kept as
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module, util
from typing import Any, NamedTuple

from graphrag_drift.language.chinese import HAN, simplified
from graphrag_drift.language.language import any_of
from graphrag_drift.names.lists import word_list
from graphrag_drift.patterns import lazy_pattern

_TERRITORIES = frozenset(word for word in word_list("territories") if re.fullmatch(f"[{HAN}]{{2,}}", word))
_SOUNDS = "".join(sorted(word_list("chinese_sounds")))
_TITLES = word_list("chinese_titles")
_ENDS = {
    "organization": tuple(sorted(word_list("chinese_organization_ends"))),
    "place": tuple(sorted(word_list("chinese_place_ends"))),
    "event": tuple(sorted(word_list("chinese_event_ends"))),
}
_DOT = "·•‧・"
_FOREIGN = lazy_pattern(rf"[{_SOUNDS}]+(?:[{_DOT}][{_SOUNDS}A-Z]+)+")
_WORK = lazy_pattern("《([^》\n]{2,40})》")
_LATIN = lazy_pattern(r"[A-Z][A-Za-z0-9]*(?:[-&.][A-Za-z0-9]+)*(?: [A-Z][A-Za-z0-9-]*)*")
_TERRITORY = lazy_pattern(any_of(sorted(simplified(word) for word in _TERRITORIES)))
_PROPER = {"nr": "person", "nrt": "person", "nrfg": "person", "ns": "place", "nt": "organization", "nz": "other"}
_NOUNS = frozenset((*_PROPER, "n", "j", "vn", "an", "s", "ng"))
_SURROGATE = lazy_pattern("[\ud800-\udfff]")
_LONGEST = 12  # characters of a run of nouns


class Found(NamedTuple):
    """A name's span in the text, with its kind."""

    start: int
    end: int
    kind: str


@cache
def rjieba_installed() -> bool:
    """Whether the extra `zh` is there."""
    return util.find_spec("rjieba") is not None


def encodable(text: str) -> str:
    """`text` with a replacement character for each half of a surrogate pair, which no other library takes."""
    return _SURROGATE.sub("\ufffd", text)


def find_chinese(text: str, start: int, end: int) -> list[Found]:
    """The names between `start` and `end`, which is one sentence, in order, none inside another."""
    plain = simplified(text[start:end])
    items = [*_plain_names(plain), *(_tagged(plain) if rjieba_installed() else ())]
    names: list[Found] = []
    for item in items:  # the surest first
        if all(item.end <= other.start or other.end <= item.start for other in names):
            names.append(item)
    return sorted(Found(item.start + start, item.end + start, item.kind) for item in names)


def _plain_names(plain: str) -> Iterator[Found]:
    for match in _WORK.finditer(plain):
        yield Found(*match.span(1), "other")
    for match in _FOREIGN.finditer(plain):
        yield Found(*match.span(), "person")
    if not rjieba_installed():
        for match in _TERRITORY.finditer(plain):
            yield Found(*match.span(), "place")
    for match in _LATIN.finditer(plain):
        if match.end() - match.start() > 1:
            yield Found(*match.span(), "other")


class _Word(NamedTuple):
    start: int
    text: str
    tag: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def _words(plain: str) -> list[_Word]:
    words, at = [], 0
    for text, tag in _rjieba().tag(encodable(plain)):
        tag = "ns" if text in _TERRITORIES or _TERRITORY.fullmatch(text) else tag
        words.append(_Word(at, text, tag))
        at += len(text)
    return words


@cache
def _rjieba() -> Any:
    return import_module("rjieba")


def _tagged(plain: str) -> Iterator[Found]:
    """Runs of nouns that end as names of institutions do, and proper nouns by themselves."""
    run: list[_Word] = []
    for word in [*_words(plain), None]:
        if word is not None and word.tag in _NOUNS and word.text not in _TITLES:
            run.append(word)
            continue
        yield from _of_run(run, plain)
        run = []


def _of_run(run: list[_Word], plain: str) -> Iterator[Found]:
    for first, word in enumerate(run):
        for last in range(len(run), first + 1, -1):
            whole = plain[word.start : run[last - 1].end]
            kind = _kind_by_end(whole)
            if not kind or len(whole) > _LONGEST or not any(part.tag in _PROPER for part in run[first:last]):
                continue
            if kind != "place" or not _TERRITORY.fullmatch(word.text):  # Turkey | Gaziantep province
                yield Found(word.start, run[last - 1].end, kind)
                break
    for word in run:
        kind = _kind_by_end(word.text) if len(word.text) > 2 else ""
        if len(word.text) > 1 and (word.tag in _PROPER or kind):
            yield Found(word.start, word.end, kind if kind and word.tag != "ns" else _PROPER.get(word.tag, "other"))


def _kind_by_end(word: str) -> str:
    return next((kind for kind, ends in _ENDS.items() if len(word) > 2 and word.endswith(ends)), "")
