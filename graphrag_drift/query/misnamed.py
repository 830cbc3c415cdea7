"""A sentence, what it cites -> the first name of it that what it cites does not bear out, or "".

A name must stand in what is cited. One that stands there, but elsewhere, is told by two signs: the words beside it have
another name beside them there ("the east side of Corvane" for "the east side of Brackwater"), or the source names it
once, and nowhere near what it says of the same. What two names have to do with each other is not looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graphrag_drift.facts import CALENDAR, CAPITALISED, Source, bare, sentences_of
from graphrag_drift.language.detect import SCRIPTED
from graphrag_drift.language.reading import remembered
from graphrag_drift.language.terms import STOPWORDS, content_terms, terms

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_INITIALS = re.compile(r"[A-Z]{2,6}")
_BETWEEN = re.compile(r"[\s.]*")  # two words of one name: "Dr. Ann Lee"
_BESIDE = ((3, 1, True), (2, 2, True), (3, 2, False), (2, 2, False))
"""How many words beside a name tell what is said of it, if so many are no function words, and whether before it."""
_MOST_BESIDE = 3
_GLOSSED = re.compile(r"([^\W_]+) ?\(([A-ZÀ-Þ][^()]{1,60})\)")
_AROUND = 12  # words before and after a name that tell which sentences of a source speak of the same
_NEAR = 1 / 3  # of the words that the nearest sentence shares with them
_REACH = 2  # sentences before and after those, which may speak of the same with "she"
_AGAIN = 2  # times that a source names what it may then call "the town" or "it"


@dataclass(frozen=True, slots=True)
class Names:
    """Words that are names however they are written (`terms`), and those that the corpus writes small (`small`)."""

    terms: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()


NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class _Place:
    """A name at `start` to `end` of a text, its words and their terms, and the words before and after it."""

    start: int
    end: int
    words: tuple[str, ...]
    terms: frozenset[str]
    before: tuple[str, ...]
    after: tuple[str, ...]


def wrong_name(sentence: str, sources: Sequence[Source], known: str, names: Names, is_foreign: bool) -> str:
    """What is wrong with the first name of `sentence` that the `sources` do not bear out, or ""; those of `known` need
    nothing to. Of two languages (`is_foreign`) only acronyms are written alike."""
    text = "\n".join(f"{source.title}\n{source.text}" for source in sources)
    words = _all_terms(text) | _all_terms(known)
    places = _places(sentence, names)
    for name in (name for place in places for name in place.words):
        if is_foreign and not _INITIALS.fullmatch(name):
            continue
        if words.isdisjoint(terms(name)) and not _is_abbreviated(name, text):
            return f"the name {name!r} does not stand in what it cites"
    if is_foreign:
        return ""
    free = _all_terms(known).union(*(_all_terms(source.title) for source in sources))
    here = frozenset(term for place in places for term in place.terms)
    for place in places:
        if place.terms & free or any(_is_abbreviated(word, text) for word in place.words):
            continue
        if other := _instead(place, sources, here, names):
            return f"what it cites has {other!r} in the place of {' '.join(place.words)!r}"
        if _is_far(sentence, place, sources):
            return f"the name {' '.join(place.words)!r} stands only elsewhere in what it cites"
    return _wrong_gloss(sentence, sources)


@remembered(2048)
def _places(text: str, names: Names) -> tuple[_Place, ...]:
    """The names of a sentence, in order; adjacent words are one name."""
    runs: list[list[tuple[str, int]]] = []
    for word, start in _names_in(text, names):
        if runs and _BETWEEN.fullmatch(text, runs[-1][-1][1] + len(runs[-1][-1][0]), start):
            runs[-1].append((word, start))
        else:
            runs.append([(word, start)])
    return tuple(_place(text, run) for run in runs)


def _place(text: str, run: Sequence[tuple[str, int]]) -> _Place:
    start, end = run[0][1], run[-1][1] + len(run[-1][0])
    words = tuple(word for word, _ in run)
    own = frozenset(term for word in words for term in terms(word))
    return _Place(
        start,
        end,
        words,
        own,
        tuple(bare(text[:start]).split()[-_MOST_BESIDE:]),
        tuple(bare(text[end:]).split()[:_MOST_BESIDE]),
    )


def _instead(place: _Place, sources: Sequence[Source], here: frozenset[str], names: Names) -> str:
    """The name that the sources have where the sentence has this one, or ""; they may have it elsewhere, if the
    words beside it are those of one name only, which is none of the sentence."""
    parts = [part for source in sources for part in sentences_of(source.text, source.date, False)]
    for size, least, is_before in _BESIDE:
        beside = _beside(place, size, is_before)
        if len(beside) < size or sum(word not in STOPWORDS for word in beside) < least:
            continue
        holding = [part for part in parts if f" {' '.join(beside)} " in f" {part.plain} "]
        places = [other for part in holding for other in _places(part.text, names)]
        others = [other for other in places if _beside(other, size, is_before) == beside]
        if others and len(others) == len(holding) and not any(other.terms & here for other in others):
            return " ".join(others[0].words)
    return ""


def _beside(place: _Place, size: int, is_before: bool) -> tuple[str, ...]:
    return place.before[-size:] if is_before else place.after[:size]


def _wrong_gloss(sentence: str, sources: Sequence[Source]) -> str:
    """What is wrong with a name in parentheses after what it explains, as in "the drug (Corvane)", or ""; both stand in
    the sources, and never near each other."""
    parts = [part for source in sources for part in sentences_of(source.text, source.date, False)]
    for match in _GLOSSED.finditer(sentence):
        one, other = _all_terms(match[1]), frozenset(content_terms(match[2]))
        if _is_short_for(match[2], sentence[: match.end(1)]):
            continue
        with_one = {n for n, part in enumerate(parts) if one & _all_terms(part.text)}
        with_other = {n for n, part in enumerate(parts) if other <= _all_terms(part.text)}
        if with_one and with_other and not with_one & with_other:
            return f"{match[2]!r} stands only elsewhere in what it cites"
    return ""


def _is_short_for(name: str, before: str) -> bool:
    """Whether the letters of `name` stand in `before`, in order, from the beginning of a word on."""
    letters = iter(before[before.casefold().rfind(f" {name[:1].casefold()}") + 1 :].casefold())
    return all(letter in letters for letter in name.casefold() if letter.isalnum())


def _is_far(sentence: str, place: _Place, sources: Sequence[Source]) -> bool:
    """Whether each source names it seldom, and not near its sentences that say what `sentence` says around it."""
    before, after = sentence[: place.start].split()[-_AROUND:], sentence[place.end :].split()[:_AROUND]
    wanted = set(content_terms(" ".join((*before, *after)))) - place.terms
    times = 0
    for source in sources:
        parts = sentences_of(source.text, source.date, False)
        shared = [len(wanted & part.facts.terms) for part in parts]
        least = max(1, _NEAR * max(shared, default=0))
        near = {n + step for n, count in enumerate(shared) if count >= least for step in range(-_REACH, _REACH + 1)}
        naming = {n for n, part in enumerate(parts) if place.terms & _all_terms(part.text)}
        if naming & near or place.terms & _all_terms(source.quote):
            return False
        # Titles and datelines count too: of whom a whole article is, it may then call "the town".
        counts = Counter(terms(source.text))
        times += max(counts[term] for term in place.terms)
    return times < _AGAIN


@lru_cache(maxsize=2048)
def _all_terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _names_in(sentence: str, names: Names) -> Iterator[tuple[str, int]]:
    """Names and where they begin: capitalised words that are no months or days, at the beginning only known ones, known
    words without case, and those that are written small."""
    plain = CALENDAR.sub(lambda match: " " * len(match[0]), sentence)
    for match in _WORD.finditer(plain):
        name = _POSSESSIVE.sub("", match[0])
        first = not plain[: match.start()].strip(" \"'“”‘’([*-•")
        if _explains(plain, match):
            continue
        if CAPITALISED.match(name):
            known = not first or _known(name, names) or CAPITALISED.match(plain[match.end() :].lstrip())
            latin = re.match(r"[A-Za-z0-9À-ÿ&.’'-]*[A-Za-z0-9À-ÿ]", name)
            if known and latin and len(name) > 1 and name.casefold() not in STOPWORDS:
                yield latin[0], match.start()
        elif name in names.small or (any(language.writes(name[0]) for language in SCRIPTED) and _known(name, names)):
            yield name, match.start()


def _explains(sentence: str, match: re.Match[str]) -> bool:
    """Whether a word is the short form, in parentheses, of what stands before it."""
    return sentence[: match.start()].endswith(" (") and sentence[match.end() :].startswith(")")


def _known(word: str, names: Names) -> bool:
    return any(term in names.terms for term in terms(word)[:1])


def _is_abbreviated(name: str, text: str) -> bool:
    """Whether the letters of `name` begin words that stand in a row in `text`."""
    if not _INITIALS.fullmatch(name):
        return False
    between = r"\w*(?:[\s-]+(?:of|the|and|for|in))?[\s-]+"
    return re.search(rf"\b{between.join(name)}", text, re.IGNORECASE) is not None
