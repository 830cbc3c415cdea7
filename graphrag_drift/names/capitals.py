"""A sentence -> the runs of capitalised words in it that are names, with their clean form.

Everything here works on spans of the text; kinds and Korean are decided elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.language.terms import APOSTROPHES, straight
from graphrag_drift.names.lists_en import (
    ARTICLES,
    CALENDAR,
    DEMONYMS,
    EVENT_HEADS,
    FUNCTION_WORDS,
    GIVEN_NAMES,
    HEADS,
    HONORIFICS,
    JOINED_BY_IN,
    JOINED_BY_ON,
    NOT_ALONE,
    OFFICES,
    ORGANIZATION_HEADS,
    PLACES,
    SUBJECTS,
    TITLES,
    WEEKDAYS,
)

_UP = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u024f\u0386-\u03ab\u0400-\u042f\u1e00-\u1eff"
_TAIL = rf"[^\W_{APOSTROPHES}\u0590-\u1cff\u3040-\ud7af]"  # of a script with letter case; some apostrophes are letters
_ABBREVIATION = (
    r"(?:St|Mt|Ft|Dr|Mr|Mrs|Ms|Jr|Sr|Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Maj|Cmdr|Adm|Prof|Rev|Fr|Hon|Insp|Supt|Bros)\."
)
# Character classes over several alphabets are slow to compile: each is written as seldom as can be.
_CAPITAL = (
    rf"(?:{_ABBREVIATION}|[{_UP}](?:\.(?:[{_UP}]\.)+|\.(?=\s?[{_UP}])|{_TAIL}*(?:[{APOSTROPHES}&/.+‐-]{_TAIL}+)*)"
    r"|[a-z][A-Z]\w+)"
)
_GAP = r"(?:[^\S\n]{1,2}|[^\S\n]?\n[^\S\n]?)"
_LINK = (
    r"(?:of the|of|for the|for|on the|on|in|and the|and|&|de la|de las|de los|del|della|delle|de|di|da|dos|das|du|des|"
    r"la|le|les|el|al|van der|van den|van|von der|von|zu|ter|ten|bin|ibn|bint|y|e|-)"
)
_NUMBER = (
    r"\d[\d,./:-]*(?:st|nd|rd|th|[A-Z])?\b"
    r"(?!\s?(?:%|percent|per cent|points?|votes?|years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kilometers|"
    r"feet|people))"
)
_RUN = re.compile(
    rf"(?<![^\W_])(?:(?:(?:1[5-9]|20)\d\d|\d{{1,3}}(?:st|nd|rd|th)) )?{_CAPITAL}"
    rf"(?:{_GAP}(?:{_LINK}{_GAP}|[dl][{APOSTROPHES}])?{_CAPITAL}|{_GAP}{_NUMBER}| of (?:1[5-9]|20)\d\d\b"
    rf"|, (?:Inc|Ltd|LLC|Corp|L\.?P|Jr|Sr|D\.C)\b\.?){{0,40}}"
)
_TOKEN = re.compile(rf"(?:[dl][{APOSTROPHES}])?{_CAPITAL}|{_NUMBER}|&|-|[^\W\d_]+")
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?\Z")


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    text: str
    key: str  # casefolded, without possessive and final stop, with straight apostrophes


def capitalised(text: str, start: int, end: int) -> Iterator[list[Token]]:
    """The runs between `start` and `end`, in order, each as its tokens."""
    for match in _RUN.finditer(text, start, end):
        yield [
            Token(m.start(), m.end(), m.group(), straight(unowned(m.group())).casefold().rstrip("."))
            for m in _TOKEN.finditer(text, match.start(), match.end())
        ]


def unowned(word: str) -> str:
    """`word` without its possessive ending."""
    return _POSSESSIVE.sub("", word)


_NO_PERSON = HEADS | JOINED_BY_ON | PLACES


def is_link(token: Token) -> bool:
    return token.text.islower() or token.text in "-&"


def up_to_link(tokens: Sequence[Token]) -> list[Token]:
    return list(takewhile(lambda token: not is_link(token), tokens))


def holds(left: list[Token], link: Token, right: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether `link` is inside a name that begins with `left`."""
    if not left:
        return False
    last, word = left[-1], link.text
    if word == "of":
        return last.key not in OFFICES and not (is_person_like(left, vocabulary) or _is_given_and_surname(left))
    if word == "for":
        return any(token.key in ORGANIZATION_HEADS for token in left)
    if word == "in":
        return last.key in JOINED_BY_IN and right[:1] != [] and right[0].key not in PLACES
    if word == "on":
        return any(token.key in JOINED_BY_ON for token in left)
    if word == "the":
        return last.text in ("of", "for", "on")
    if word == "-":  # a hyphen with spaces, not the dash of a dateline
        return not last.text.isupper() and right[:1] != [] and not vocabulary.is_common(right[0].key)
    if word == "and":
        return _joins(left, right, vocabulary)
    return True


def _joins(left: list[Token], right: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether "and" is inside a name: Department of Health and Human Services, Food and Drug Administration."""
    content = up_to_link(right)
    if not content or not _is_subject(content[0].key, vocabulary):
        return False
    keys = [token.key for token in left]
    if ("of" in keys or "for" in keys) and not ORGANIZATION_HEADS.isdisjoint(keys):
        return True
    known = _is_subject(keys[-1], vocabulary) and keys[-1] not in HEADS
    return known and len(content) > 1 and content[-1].key in HEADS


def _is_subject(word: str, vocabulary: Vocabulary) -> bool:
    """Whether `word` is of the kind offices and agencies are named after."""
    return word in SUBJECTS or vocabulary.lower.get(word, 0) > 0


def is_person_like(tokens: list[Token], vocabulary: Vocabulary) -> bool:
    """Two to four capitalised words, none of which is a common word: Maria Smith, not National Register."""
    return (
        2 <= len(tokens) <= 4
        and tokens[-1].key not in TITLES
        and all(_may_be_in_person(token, vocabulary) for token in tokens if token.key not in TITLES)
    )


def _is_given_and_surname(tokens: list[Token]) -> bool:
    bare = [token for token in tokens if token.key not in TITLES]
    return len(bare) == 2 and bare[0].key in GIVEN_NAMES and bare[1].key not in ORGANIZATION_HEADS


def is_titled_person(tokens: list[Token], vocabulary: Vocabulary) -> bool:
    """As `is_person_like`, where a title before the tokens vouches for a given name: Capt. Daniel Park."""
    given = 2 <= len(tokens) <= 3 and tokens[0].key in GIVEN_NAMES and all(token.text[0].isupper() for token in tokens)
    return given or is_person_like(tokens, vocabulary)


def _may_be_in_person(token: Token, vocabulary: Vocabulary) -> bool:
    if not token.text[0].isupper() or token.key in _NO_PERSON:
        return False
    return token.key in GIVEN_NAMES or not vocabulary.lower.get(token.key)


def owns(part: list[Token], rest: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether the possessive that ends `part` names an owner (France's Macron), not a name's part (King's College)."""
    last = part[-1]
    text = straight(last.text)
    if not text.endswith(("'s", "s'")) or (text.endswith("s'") and len(part) == 1):
        return False
    if vocabulary.is_common(last.key) and len(part) == 1:
        return False
    single_head = len(rest) == 1 and rest[0].key in HEADS
    return not (single_head and last.key not in PLACES and len(part) <= 2)


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
