"""A sentence -> the runs of capitalised words in it that are names, with their clean form.

Everything here works on spans of the text; kinds and Korean are decided elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphrag_drift.language.capitals import Token, capitalised, unowned
from graphrag_drift.language.lexicon import (
    ARTICLES,
    CALENDAR,
    DEMONYMS,
    EVENT_HEADS,
    FUNCTION_WORDS,
    HONORIFICS,
    NOT_ALONE,
    OFFICES,
    ORGANIZATION_HEADS,
    PLACES,
    WEEKDAYS,
)
from graphrag_drift.language.links import holds, is_link, is_person_like, is_titled_person, owns, up_to_link
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.language.terms import APOSTROPHES

_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
_LOWER_WORD = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}.&-][^\W_]+)*")
_LOWER_LINKS = frozenset(("of", "de", "van", "von"))
_OFFICES = OFFICES | HONORIFICS
_VOWEL = re.compile(r"[AEIOUYÀ-Ý]")
_LONGEST = 10  # tokens; a longer run is a list or a table that lost its punctuation


@dataclass(frozen=True, slots=True)
class Run:
    """A name's span in the text, its clean form, and whether a person's title stood before it."""

    start: int
    end: int
    name: str
    titled: bool = False


def find_runs(text: str, start: int, end: int, vocabulary: Vocabulary) -> Iterator[Run]:
    """The names between `start` and `end`, which is one sentence, in order."""
    headline = _is_headline(text[start:end])
    for tokens in capitalised(text, start, end):
        for part in _parts(tokens, headline, vocabulary):
            run = _clean(text, _trim(part, start, vocabulary, alone=len(tokens) == 1), vocabulary)
            if run is not None:
                yield run


def find_lower_runs(question: str, vocabulary: Vocabulary) -> Iterator[Run]:
    """Runs of words of a question in lower case which the corpus writes with capitals."""
    run: list[re.Match[str]] = []
    for word in _LOWER_WORD.finditer(question):
        key = unowned(word.group())
        if (vocabulary.is_name(key) and key not in FUNCTION_WORDS | CALENDAR) or (run and key in _LOWER_LINKS):
            run.append(word)
        elif run:
            yield _lower_run(question, run)
            run = []
    if run:
        yield _lower_run(question, run)


def _lower_run(question: str, run: Sequence[re.Match[str]]) -> Run:
    while run[-1].group() in _LOWER_LINKS:
        run = run[:-1]
    start = run[0].start()
    surface = unowned(question[start : run[-1].end()])
    name = " ".join(word if word in _LOWER_LINKS else word[0].upper() + word[1:] for word in surface.split())
    return Run(start, start + len(surface), name)


def _is_headline(sentence: str) -> bool:
    """Whether most words of the sentence are capitalised, so that a capital says little."""
    if sentence[-1:] in ".!?":
        return sentence.isupper() and " " in sentence
    words = [word for word in _WORD.findall(sentence) if len(word) > 3]
    return len(words) >= 4 and sum(word[0].isupper() for word in words) >= 0.75 * len(words)


def _parts(tokens: list[Token], headline: bool, vocabulary: Vocabulary) -> Iterator[list[Token]]:
    """The run cut at dates, before a person's office, at loose links and after an owner's possessive."""
    part: list[Token] = []
    table = len(tokens) > _LONGEST
    for i, token in enumerate(tokens):
        rest = tokens[i + 1 :]
        if _ends_before(part, token, rest, vocabulary):
            yield part
            part = []
        if _is_gap(part, token, rest, vocabulary) or ((headline or table) and _is_label(token, table, vocabulary)):
            yield part
            part = []
            continue
        part.append(token)
        if rest and owns(part, rest, vocabulary):
            yield part
            part = []
    yield part


def _ends_before(part: list[Token], token: Token, rest: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether a person begins at `token` after what is another name: Microsoft | CEO Satya Nadella,
    United Kingdom | Liz Truss, Kenyan | Eliud Kipchoge.
    """
    if not part:
        return False
    rest = up_to_link(rest)
    if token.key in OFFICES:
        return any(before.key not in OFFICES for before in part) and is_titled_person(
            rest[_offices(rest) :], vocabulary
        )
    described = part[-1].key in DEMONYMS if len(part) == 1 else _is_long_place(part)
    return described and is_person_like([token, *rest], vocabulary)


def _is_long_place(part: list[Token]) -> bool:
    """Whether the part is, or ends after "of" with, a place of several words."""
    after = max((i for i, token in enumerate(part) if is_link(token)), default=-1) + 1
    return " ".join(token.key for token in part[after:]) in PLACES and (after > 0 or len(part) > 1)


def _offices(tokens: list[Token]) -> int:
    """How many offices and honorifics the tokens begin with."""
    return next((i for i, token in enumerate(tokens) if token.key not in _OFFICES), len(tokens))


def _is_gap(part: list[Token], token: Token, rest: list[Token], vocabulary: Vocabulary) -> bool:
    if token.text.isdigit() and _is_opened(part) and rest:  # 2012 Olympics, but 2001 | American film
        return len(token.text) < 4 or not any(word.key in EVENT_HEADS for word in rest)
    return _is_calendar(token, part, rest) or (is_link(token) and not holds(part, token, rest, vocabulary))


def _is_opened(part: list[Token]) -> bool:
    """Whether no name has begun: On | Monday | Zoe Mills, Among | 31 | Brackwater residents."""
    return all(before.key in FUNCTION_WORDS for before in part)


def _is_label(token: Token, table: bool, vocabulary: Vocabulary) -> bool:
    """Whether the token separates names in a headline, or in a table that lost its lines."""
    return not is_link(token) and (vocabulary.is_mostly_common(token.key) or (table and token.text[0].isdigit()))


def _is_calendar(token: Token, part: list[Token], rest: list[Token]) -> bool:
    """A month or weekday that stands for a date: alone, with a number, or a weekday before a name (not a paper's)."""
    if token.key not in CALENDAR or token.text.islower():
        return False
    if token.key in WEEKDAYS and _is_opened(part) and rest and rest[0].key not in ORGANIZATION_HEADS:
        return True
    return (not part and not rest) or any(near.text[0].isdigit() for near in rest[:1] + part[-1:]) or not rest


def _trim(tokens: list[Token], sentence_start: int, vocabulary: Vocabulary, *, alone: bool) -> list[Token]:
    """The tokens of the name: without openers of the sentence, articles and loose ends.

    A word `alone` at a sentence's beginning needs some sign that it is a name.
    """
    if alone and tokens and tokens[0].start - sentence_start <= 2 and not _is_known(tokens[0], vocabulary):
        return []
    first, end = 0, len(tokens)
    while first < end and (is_link(tokens[first]) or _opens(tokens[first:end], sentence_start, vocabulary)):
        first += 1
    while end > first and (is_link(tokens[end - 1]) or (end - first > 1 and _trails(tokens[end - 1]))):
        end -= 1
    kept = tokens[first:end]
    return [] if (len(kept) == 1 and _is_nothing(kept[0])) or _offices(kept) == len(kept) else kept


def _is_known(token: Token, vocabulary: Vocabulary) -> bool:
    listed = token.key in PLACES or token.key in DEMONYMS
    return listed or vocabulary.is_name(token.key) or any(c.isupper() for c in token.text[1:])


def _opens(tokens: list[Token], sentence_start: int, vocabulary: Vocabulary) -> bool:
    """Whether the first token owes its capital to its place, not to a name."""
    first = tokens[0]
    if first.key in ARTICLES:
        return True
    shouted = first.text.isupper() and len(first.text) > 1
    initial = first.start - sentence_start <= 2
    if shouted and (not initial or len(first.text) <= 4):
        return False
    if first.key.partition("'")[0] in FUNCTION_WORDS:
        return initial or first.key == "i" or not any(token.text[0].isupper() for token in tokens[1:])
    if not initial or first.text[0].isdigit():
        return False
    if len(tokens) == 1:
        return vocabulary.is_common(first.key)
    return vocabulary.is_mostly_common(first.key)


def _trails(token: Token) -> bool:
    return token.key in FUNCTION_WORDS and not token.text.isupper()


def _is_nothing(token: Token) -> bool:
    return token.key in NOT_ALONE or not any(c.isupper() for c in token.text)


def _clean(text: str, tokens: list[Token], vocabulary: Vocabulary) -> Run | None:
    if not tokens or not any(c.isupper() for token in tokens for c in token.text):
        return None
    start, end = tokens[0].start, tokens[-1].end
    end = start + len(unowned(text[start:end]))
    bare = _without_titles(tokens, vocabulary)
    words = text[bare[0].start : end].split()
    name = unicodedata.normalize("NFC", " ".join(words))
    if name.isupper() and len(words) > 1:
        name = " ".join(word if len(word) < 3 or not _VOWEL.search(word) else word.capitalize() for word in words)
    titled = len(bare) < len(tokens)
    return Run(start, end, name, titled) if len(name) > 1 or titled else None


def _without_titles(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens without honorifics and offices before a person's name."""
    titles = min(_offices(tokens), len(tokens) - 1)
    named = tokens[titles:]
    if any(token.key in HONORIFICS for token in tokens[:titles]):
        return named
    single = titles > 0 and len(named) == 1 and is_person_like(named * 2, vocabulary)
    return named if single or (titles and is_titled_person(named, vocabulary)) else tokens
