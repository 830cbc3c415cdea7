"""A sentence -> the runs of capitalised words in it that are names, with their clean form.

Everything here works on spans of the text; kinds and Korean are decided elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphrag_drift.language.lexicon import (
    ARTICLES,
    CALENDAR,
    FUNCTION_WORDS,
    HEADS,
    HONORIFICS,
    JOINED_BY_ON,
    NOT_ALONE,
    OFFICES,
    ORGANIZATION_HEADS,
    PLACES,
    TITLES,
)
from graphrag_drift.language.vocabulary import Vocabulary

_UP = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u024f\u0386-\u03ab\u0400-\u042f\u1e00-\u1eff"
_TAIL = r"[^\W_\u0590-\u1cff\u3040-\ud7af]"  # a letter or digit of a script with letter case
_ABBREVIATION = (
    r"(?:St|Mt|Ft|Dr|Mr|Mrs|Ms|Jr|Sr|Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Maj|Cmdr|Adm|Prof|Rev|Fr|Hon|Insp|Supt|Bros)\."
)
_CAPITAL = (
    rf"(?:{_ABBREVIATION}|(?:[{_UP}]\.){{2,}}|[{_UP}]\.(?=\s?[{_UP}])"
    rf"|[{_UP}]{_TAIL}*(?:['’&/.+‐-]{_TAIL}+)*|[a-z][A-Z]{_TAIL}+)"
)
_GAP = r"(?:[^\S\n]{1,2}|[^\S\n]?\n[^\S\n]?)"
_LINK = (
    r"(?:of the|of|for the|for|on the|on|and the|and|&|de la|de las|de los|del|della|delle|de|di|da|dos|das|du|des|"
    r"la|le|les|el|al|van der|van den|van|von der|von|zu|ter|ten|bin|ibn|bint|y|e|-)"
)
_NUMBER = r"\d[\d,./:-]*(?:st|nd|rd|th|[A-Z])?\b"
_RUN = re.compile(
    rf"(?<![^\W_])(?:(?:1[5-9]|20)\d\d {_CAPITAL}|\d{{1,3}}(?:st|nd|rd|th) {_CAPITAL}|{_CAPITAL})"
    rf"(?:{_GAP}(?:{_LINK}{_GAP})?{_CAPITAL}|{_GAP}{_NUMBER}| of (?:1[5-9]|20)\d\d\b| [dl]['’]{_CAPITAL}"
    rf"|, (?:Inc|Ltd|LLC|Corp|L\.?P|Jr|Sr|D\.C)\b\.?)*"
)
_TOKEN = re.compile(rf"[dl]['’]{_CAPITAL}|{_CAPITAL}|{_NUMBER}|&|-|[^\W\d_]+")
_POSSESSIVE = re.compile(r"(?:['’][sS]?)\Z")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LOWER_WORD = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*")
_ROMAN = re.compile(r"[IVXL]+\Z")
_VOWEL = re.compile(r"[AEIOUYÀ-Ý]")
_NO_PERSON = HEADS | JOINED_BY_ON | PLACES
_LONGEST = 10  # tokens; a longer run is a list or a table that lost its punctuation


@dataclass(frozen=True, slots=True)
class Run:
    """A name's span in the text, its clean form, and whether a person's title stood before it."""

    start: int
    end: int
    name: str
    titled: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str
    key: str  # casefolded, without possessive and final stop


def find_runs(text: str, start: int, end: int, vocabulary: Vocabulary) -> Iterator[Run]:
    """The names between `start` and `end`, which is one sentence, in order."""
    headline = _is_headline(text[start:end])
    for match in _RUN.finditer(text, start, end):
        for part in _parts(_tokens(text, match.start(), match.end()), headline, vocabulary):
            run = _clean(text, _trim(part, start, vocabulary), vocabulary)
            if run is not None:
                yield run


def find_lower_runs(question: str, vocabulary: Vocabulary) -> Iterator[Run]:
    """Runs of words of a question in lower case which the corpus writes with capitals."""
    run: list[re.Match[str]] = []
    for word in _LOWER_WORD.finditer(question):
        key = word.group().removesuffix("'s")
        if vocabulary.is_name(key) and key not in FUNCTION_WORDS | CALENDAR:
            run.append(word)
        elif run:
            yield _lower_run(question, run)
            run = []
    if run:
        yield _lower_run(question, run)


def _lower_run(question: str, run: Sequence[re.Match[str]]) -> Run:
    start = run[0].start()
    surface = _POSSESSIVE.sub("", question[start : run[-1].end()])
    return Run(start, start + len(surface), surface.title())


def _is_headline(sentence: str) -> bool:
    """Whether most words of the sentence are capitalised, so that a capital says little."""
    if sentence[-1:] in ".!?":
        return sentence.isupper() and " " in sentence
    words = [word for word in _WORD.findall(sentence) if len(word) > 3]
    return len(words) >= 4 and sum(word[0].isupper() for word in words) >= 0.75 * len(words)


def _tokens(text: str, start: int, end: int) -> list[_Token]:
    return [
        _Token(m.start(), m.end(), m.group(), _POSSESSIVE.sub("", m.group()).casefold().rstrip("."))
        for m in _TOKEN.finditer(text, start, end)
    ]


def _parts(tokens: list[_Token], headline: bool, vocabulary: Vocabulary) -> Iterator[list[_Token]]:
    """The run cut at dates, at links that do not hold a name together, and at an owner's possessive."""
    part: list[_Token] = []
    strict = headline or len(tokens) > _LONGEST
    for i, token in enumerate(tokens):
        rest = tokens[i + 1 :]
        if part and token.key in OFFICES and _is_person_like(rest, vocabulary):
            yield part
            part = []
        if (
            _is_calendar(token, part, rest)
            or (strict and vocabulary.is_mostly_common(token.key))
            or (_is_link(token) and not _holds(part, token, rest, vocabulary))
        ):
            yield part
            part = []
            continue
        part.append(token)
        if rest and _owns(part, rest, vocabulary):
            yield part
            part = []
    yield part


def _is_link(token: _Token) -> bool:
    return token.text.islower() and "'" not in token.text or token.text in "-&"


def _is_calendar(token: _Token, part: list[_Token], rest: list[_Token]) -> bool:
    """A month or weekday that stands for a date: alone, or with a number."""
    if token.key not in CALENDAR or token.text.islower():
        return False
    return not part and not rest or any(near.text[0].isdigit() for near in rest[:1] + part[-1:]) or not rest


def _holds(left: list[_Token], link: _Token, right: list[_Token], vocabulary: Vocabulary) -> bool:
    """Whether `link` is inside a name that begins with `left`."""
    if not left:
        return False
    last, word = left[-1], link.text
    if word == "of":
        return not _is_person_like(left, vocabulary)
    if word == "for":
        return any(token.key in ORGANIZATION_HEADS for token in left)
    if word == "on":
        return any(token.key in JOINED_BY_ON for token in left)
    if word == "the":
        return last.text in ("of", "for", "on")
    if word == "and":
        return _joins(left, right, vocabulary)
    return True


def _joins(left: list[_Token], right: list[_Token], vocabulary: Vocabulary) -> bool:
    """Whether "and" is inside a name: Department of Health and Human Services, Food and Drug Administration."""
    content = [token for token in right if not _is_link(token)]
    if not content or not vocabulary.lower.get(content[0].key):
        return False
    keys = [token.key for token in left]
    if ("of" in keys or "for" in keys) and not ORGANIZATION_HEADS.isdisjoint(keys):
        return True
    known = vocabulary.lower.get(keys[-1], 0) > 0 and keys[-1] not in HEADS
    return known and len(content) > 1 and content[-1].key in HEADS


def _is_person_like(tokens: list[_Token], vocabulary: Vocabulary) -> bool:
    """Two to four capitalised words, none of which is ever a common word: Maria Smith, not National Register."""
    return 2 <= len(tokens) <= 4 and all(
        token.text[0].isupper() and token.key not in _NO_PERSON and not vocabulary.lower.get(token.key)
        for token in tokens
        if token.key not in TITLES
    )


def _owns(part: list[_Token], rest: list[_Token], vocabulary: Vocabulary) -> bool:
    """Whether the possessive that ends `part` names an owner (France's Macron), not a name's part (King's College)."""
    last = part[-1]
    if not last.text.endswith(("'s", "’s", "s'", "s’")) or last.text.endswith(("s'", "s’")) and len(part) == 1:
        return False
    if vocabulary.is_common(last.key) and len(part) == 1:
        return False
    single_head = len(rest) == 1 and rest[0].key in HEADS
    return not (single_head and last.key not in PLACES and len(part) <= 2)


def _trim(tokens: list[_Token], sentence_start: int, vocabulary: Vocabulary) -> list[_Token]:
    """The tokens of the name: without openers of the sentence, articles and loose ends."""
    first, end = 0, len(tokens)
    while first < end and (_is_link(tokens[first]) or _opens(tokens[first:end], sentence_start, vocabulary)):
        first += 1
    while end > first and (_is_link(tokens[end - 1]) or end - first > 1 and _trails(tokens[end - 1])):
        end -= 1
    kept = tokens[first:end]
    return [] if len(kept) == 1 and _is_nothing(kept[0]) else kept


def _opens(tokens: list[_Token], sentence_start: int, vocabulary: Vocabulary) -> bool:
    """Whether the first token owes its capital to its place, not to a name."""
    first = tokens[0]
    if first.key in ARTICLES:
        return True
    shouted = first.text.isupper() and len(first.text) > 1
    initial = first.start - sentence_start <= 2
    if shouted and (not initial or len(first.text) <= 4):
        return False
    if first.key in FUNCTION_WORDS:
        return initial or len(tokens) == 1 or first.key == "i"
    if not initial or first.text[0].isdigit():
        return False
    return vocabulary.is_common(first.key) if len(tokens) == 1 else vocabulary.is_mostly_common(first.key)


def _trails(token: _Token) -> bool:
    return token.key in FUNCTION_WORDS and not token.text.isupper()


def _is_nothing(token: _Token) -> bool:
    return token.key in NOT_ALONE or not any(c.isupper() for c in token.text)


def _clean(text: str, tokens: list[_Token], vocabulary: Vocabulary) -> Run | None:
    if not tokens or not any(c.isupper() for token in tokens for c in token.text):
        return None
    start, end = tokens[0].start, tokens[-1].end
    end = start + len(_POSSESSIVE.sub("", text[start:end]))
    bare = _without_titles(tokens, vocabulary)
    words = text[bare[0].start : end].split()
    name = unicodedata.normalize("NFC", " ".join(words))
    if name.isupper() and len(words) > 1:
        name = " ".join(word if len(word) < 3 or not _VOWEL.search(word) else word.capitalize() for word in words)
    titled = len(bare) < len(tokens)
    return Run(start, end, name, titled) if len(name) > 1 or titled else None


def _without_titles(tokens: list[_Token], vocabulary: Vocabulary) -> list[_Token]:
    """The tokens without honorifics and offices before a person's name."""
    rest = tokens
    while len(rest) > 1 and rest[0].key in HONORIFICS:
        rest = rest[1:]
    first = 0
    while first < len(rest) - 1 and rest[first].key in OFFICES:
        first += 1
    single = len(rest) - first == 1 and first and _is_person_like([rest[-1], rest[-1]], vocabulary)
    return rest[first:] if single or _is_person_like(rest[first:], vocabulary) else rest
