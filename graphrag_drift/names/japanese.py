"""A Japanese sentence -> the names in it, by countries, titles and the dots of foreign names; with SudachiPy by tags.

Without the `ja` extra a word is taken only where its beginning and end are plain: a country, words in Katakana around a
middle dot or before a title, what stands between 『 and 』, and Latin letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module, util
from typing import Any

from graphrag_drift.language.chinese import HAN
from graphrag_drift.language.japanese import NOUN, NUMERAL, PERSON, PLACE, PROPER, SUFFIX
from graphrag_drift.language.language import any_of
from graphrag_drift.names.chinese import Found, encodable
from graphrag_drift.names.lists import word_list
from graphrag_drift.patterns import lazy_pattern

_KATAKANA = "\u30a1-\u30fa\u30fc"
_TERRITORY = lazy_pattern(
    any_of(sorted(word for word in word_list("territories") if re.search(f"[{_KATAKANA}{HAN}]{{2,}}", word)))
)
_TITLES = word_list("japanese_titles")
_ENDS = tuple(sorted(word_list("japanese_ends")))
_DOTTED = lazy_pattern(rf"[{_KATAKANA}]+(?:[・＝][{_KATAKANA}]+)+")
_TITLED = lazy_pattern(
    rf"([{_KATAKANA}]{{2,}}|(?<![{HAN}])[{HAN}]{{2,4}}?)(?:{any_of(sorted(_TITLES))})(?![{_KATAKANA}])"
)
_WORK = lazy_pattern("『([^』\n]{2,40})』")
_LATIN = lazy_pattern(r"[A-Z][A-Za-z0-9]+(?:[-&.][A-Za-z0-9]+)*(?: [A-Z][A-Za-z0-9-]*)*")


@cache
def sudachi_installed() -> bool:
    """Whether the extra `ja` is there."""
    return util.find_spec("sudachipy") is not None and util.find_spec("sudachidict_core") is not None


def find_japanese(text: str, start: int, end: int) -> list[Found]:
    """The names between `start` and `end`, which is one sentence, in order, none inside another."""
    sentence = text[start:end]
    items = [*_plain_names(sentence), *(_tagged(sentence) if sudachi_installed() else ())]
    names: list[Found] = []
    for item in items:  # the surest first
        if all(item.end <= other.start or other.end <= item.start for other in names):
            names.append(item)
    return sorted(Found(item.start + start, item.end + start, item.kind) for item in names)


def _plain_names(sentence: str) -> Iterator[Found]:
    for match in _WORK.finditer(sentence):
        yield Found(*match.span(1), "other")
    for match in _DOTTED.finditer(sentence):
        yield Found(*match.span(), "person")
    if not sudachi_installed():
        for match in _TITLED.finditer(sentence):
            yield Found(*match.span(1), "person")
        for match in _TERRITORY.finditer(sentence):
            yield Found(*match.span(), "place")
    for match in _LATIN.finditer(sentence):
        yield Found(*match.span(), "other")


def _tagged(sentence: str) -> Iterator[Found]:
    """Proper nouns, together with the nouns they stand with if the last ends as names of institutions do; the parts of
    a person's name as one."""
    run: list[Any] = []
    for word in [*_sudachi().tokenize(encodable(sentence)), None]:
        if word is not None and _is_noun(word):
            run.append(word)
            continue
        yield from _of_run(run, sentence)
        run = []


def _is_noun(word: Any) -> bool:
    tags = word.part_of_speech()
    suffix = tags[0] == SUFFIX and word.surface() not in _TITLES
    return (tags[0] == NOUN and tags[1] != NUMERAL and word.surface() not in _TITLES) or suffix


def _of_run(run: list[Any], sentence: str) -> Iterator[Found]:
    at = 0
    while at < len(run):
        tags = run[at].part_of_speech()
        whole = _institution(run, at, sentence)
        if whole:
            yield Found(run[at].begin(), run[whole - 1].end(), "organization")
            at = whole
            continue
        end = at + 1
        if tags[1] == PROPER:
            while end < len(run) and tags[2] == PERSON and run[end].part_of_speech()[2] == PERSON:
                end += 1
            kind = {PERSON: "person", PLACE: "place"}.get(tags[2], "other")
            if run[end - 1].end() - run[at].begin() > 1:
                yield Found(run[at].begin(), run[end - 1].end(), kind)
        at = end


def _institution(run: list[Any], at: int, sentence: str) -> int:
    """The end of the nouns from `at` on that name an institution or place of several words, else 0."""
    for end in range(len(run), at, -1):
        whole = sentence[run[at].begin() : run[end - 1].end()]
        proper = any(word.part_of_speech()[1] == PROPER for word in run[at:end])
        compound = end - at > 1 or len(whole) > 4
        if len(whole) > 2 and whole.endswith(_ENDS) and compound and (proper or end - at == 1):
            if end - at == 1 and run[at].part_of_speech()[2] == PLACE:
                return 0
            return end
    return 0


@cache
def _sudachi() -> Any:
    sudachi = import_module("sudachipy")
    return sudachi.Dictionary().tokenizer(sudachi.SplitMode.C)
