"""A sentence -> the runs of capitalised words in it that are names, with their clean form.

Everything here works on spans of the text; kinds and Korean are decided elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphrag_drift.language.language import APOSTROPHES
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import straight
from graphrag_drift.names.lists import heads, titles, word_list
from graphrag_drift.names.nouns import names_among
from graphrag_drift.names.tokens import (
    Token,
    capitalised,
    is_given_and_surname,
    is_link,
    is_person_like,
    is_titled_person,
    unowned,
    up_to_link,
)
from graphrag_drift.names.writing import Writing, writing

_HONORIFICS = word_list("honorifics")
_OFFICES = word_list("offices")
_TITLES = titles()
_ORGANIZATION_HEADS = word_list("organization_heads")
_PLACE_HEADS = word_list("place_heads")
_EVENT_HEADS = word_list("event_heads")
_ON_SOMETHING = _ORGANIZATION_HEADS | _EVENT_HEADS
_HEADS = heads()
_PLACES = word_list("places")
_DEMONYMS = word_list("demonyms")
_GIVEN_NAMES = word_list("given_names")
_ENGLISH = writing("en")


def holds(left: list[Token], link: Token, right: list[Token], statistics: Statistics) -> bool:
    """Whether `link` is inside a name that begins with `left`."""
    if not left:
        return False
    last, word = left[-1], link.text
    if word == "in":
        return False
    if word == "of":
        return last.key not in _OFFICES and not (is_person_like(left, statistics) or is_given_and_surname(left))
    if word == "for":
        return any(token.key in _ORGANIZATION_HEADS for token in left)
    if word == "on":
        return any(token.key in _ON_SOMETHING for token in left) and not _is_place(up_to_link(right))
    if word == "the":
        return last.text in ("of", "for", "on")
    if word == "-":  # a hyphen with spaces, not the dash of a dateline
        return not last.text.isupper() and right[:1] != [] and not statistics.is_common(right[0].key)
    if word == "and":
        return _joins(left, right, statistics)
    return True


def _is_place(tokens: list[Token]) -> bool:
    """Whether the tokens name a place: a court stands on a street, and a treaty is on trade."""
    return any(token.key in _PLACE_HEADS or token.key in _PLACES for token in tokens)


def _joins(left: list[Token], right: list[Token], statistics: Statistics) -> bool:
    """Whether "and" is inside a name: Department of Health and Human Services, Food and Drug Administration."""
    content = up_to_link(right)
    if not content or not _is_subject(content[0].key, statistics):
        return False
    keys = [token.key for token in left]
    if ("of" in keys or "for" in keys) and not _ORGANIZATION_HEADS.isdisjoint(keys):
        return True
    known = _is_subject(keys[-1], statistics) and keys[-1] not in _HEADS
    return known and len(content) > 1 and content[-1].key in _HEADS


def _is_subject(word: str, statistics: Statistics) -> bool:
    """Whether `word` is of the kind offices and agencies are named after."""
    return statistics.lower.get(word, 0) > 0


def owns(part: list[Token], rest: list[Token], statistics: Statistics) -> bool:
    """Whether the possessive that ends `part` names an owner (France's Macron), not a name's part (King's College)."""
    last = part[-1]
    text = straight(last.text)
    if not text.endswith(("'s", "s'")) or (text.endswith("s'") and len(part) == 1):
        return False
    if statistics.is_common(last.key) and len(part) == 1:
        return False
    single_head = len(rest) == 1 and rest[0].key in _HEADS
    return not (single_head and last.key not in _PLACES and len(part) <= 2)


_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
_LOWER_WORD = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}.&-][^\W_]+)*")
_NO_NAMES = _ENGLISH.function_words | _ENGLISH.calendar
_LOWER_LINKS = frozenset(("of", "de", "van", "von"))
_VOWEL = re.compile(r"[AEIOUYÀ-Ý]")
_LONGEST = 10  # tokens; a longer run is a list or a table that lost its punctuation


@dataclass(frozen=True, slots=True)
class Run:
    """A name's span in the text, its clean form, and whether a person's title stood before it."""

    start: int
    end: int
    name: str
    titled: bool = False


def find_runs(text: str, start: int, end: int, statistics: Statistics, written: Writing = _ENGLISH) -> Iterator[Run]:
    """The names between `start` and `end`, which is one sentence, in order, as a language writes them."""
    headline = written.language.nouns is None and _is_headline(text[start:end])
    english = written.links is None
    for tokens in capitalised(text, start, end, english=english):
        runs = [tokens] if english else names_among(text, tokens, start, statistics, written)
        for part in (part for run in runs for part in _parts(run, headline, statistics, written)):
            run = _clean(text, _trim(part, start, statistics, written, alone=len(tokens) == 1), statistics, written)
            if run is not None:
                yield run


def find_lower_runs(question: str, statistics: Statistics) -> Iterator[Run]:
    """Runs of words of a question in lower case which the corpus writes with capitals."""
    run: list[re.Match[str]] = []
    for word in _LOWER_WORD.finditer(question):
        key = unowned(word.group())
        if (statistics.is_name(key) and key not in _NO_NAMES) or (run and key in _LOWER_LINKS):
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


def _parts(tokens: list[Token], headline: bool, statistics: Statistics, written: Writing) -> Iterator[list[Token]]:
    """The run cut at dates, before a person's office, at loose links and after an owner's possessive."""
    part: list[Token] = []
    table = len(tokens) > _LONGEST
    for i, token in enumerate(tokens):
        rest = tokens[i + 1 :]
        if _ends_before(part, token, rest, statistics, written):
            yield part
            part = []
        if _is_gap(part, token, rest, statistics, written) or (
            (headline or table) and _is_label(token, table, statistics)
        ):
            yield part
            part = []
            continue
        part.append(token)
        if rest and owns(part, rest, statistics):
            yield part
            part = []
    yield part


def _ends_before(part: list[Token], token: Token, rest: list[Token], statistics: Statistics, written: Writing) -> bool:
    """Whether a person begins at `token` after what is another name: Microsoft | CEO Satya Nadella,
    United Kingdom | Liz Truss, Kenyan | Eliud Kipchoge.
    """
    if not part:
        return False
    rest = up_to_link(rest)
    if token.key in written.offices:
        return any(before.key not in written.offices for before in part) and is_titled_person(
            rest[_offices(rest, written) :], statistics
        )
    described = part[-1].key in _DEMONYMS if len(part) == 1 else _is_long_place(part)
    return described and is_person_like([token, *rest], statistics)


def _is_long_place(part: list[Token]) -> bool:
    """Whether the part is, or ends after "of" with, a place of several words."""
    after = max((i for i, token in enumerate(part) if is_link(token)), default=-1) + 1
    return " ".join(token.key for token in part[after:]) in _PLACES and (after > 0 or len(part) > 1)


def _offices(tokens: list[Token], written: Writing) -> int:
    """How many offices and honorifics the tokens begin with."""
    for i, token in enumerate(tokens):
        if token.key not in written.offices and token.key not in _HONORIFICS:
            return i
    return len(tokens)


def _is_gap(part: list[Token], token: Token, rest: list[Token], statistics: Statistics, written: Writing) -> bool:
    if token.text.isdigit() and _is_opened(part, written) and rest:  # 2012 Olympics, but 2001 | American film
        return len(token.text) < 4 or not any(word.key in _EVENT_HEADS for word in rest)
    if _is_calendar(token, part, rest, written):
        return True
    return is_link(token) and not (_is_within(token, written) and holds(part, token, rest, statistics))


def _is_within(link: Token, written: Writing) -> bool:
    return written.links is None or link.key in written.links


def _is_opened(part: list[Token], written: Writing) -> bool:
    """Whether no name has begun: On | Monday | Zoe Mills, Among | 31 | Brackwater residents."""
    return all(before.key in written.function_words for before in part)


def _is_label(token: Token, table: bool, statistics: Statistics) -> bool:
    """Whether the token separates names in a headline, or in a table that lost its lines."""
    return not is_link(token) and (statistics.is_mostly_common(token.key) or (table and token.text[0].isdigit()))


def _is_calendar(token: Token, part: list[Token], rest: list[Token], written: Writing) -> bool:
    """A month or weekday that stands for a date: alone, with a number, or a weekday before a name (not a paper's)."""
    if token.key not in written.calendar or token.text.islower():
        return False
    if token.key in written.weekdays and _is_opened(part, written) and rest and rest[0].key not in _ORGANIZATION_HEADS:
        return True
    return (not part and not rest) or any(near.text[0].isdigit() for near in rest[:1] + part[-1:]) or not rest


def _trim(
    tokens: list[Token], sentence_start: int, statistics: Statistics, written: Writing, *, alone: bool
) -> list[Token]:
    """The tokens of the name: without openers of the sentence, articles and loose ends.

    A word `alone` at a sentence's beginning needs some sign that it is a name.
    """
    if alone and tokens and tokens[0].start - sentence_start <= 2 and not _is_known(tokens[0], statistics, written):
        return []
    first, end = 0, len(tokens)
    while first < end and (is_link(tokens[first]) or _opens(tokens[first:end], sentence_start, statistics, written)):
        first += 1
    while end > first and (is_link(tokens[end - 1]) or (end - first > 1 and _trails(tokens[end - 1], written))):
        end -= 1
    name = tokens[first:end]
    return [] if (len(name) == 1 and _is_nothing(name[0], written)) or _offices(name, written) == len(name) else name


def _is_known(token: Token, statistics: Statistics, written: Writing) -> bool:
    listed = token.key in _PLACES or token.key in _DEMONYMS or written.is_territory(token.key)
    return listed or statistics.is_name(token.key) or any(c.isupper() for c in token.text[1:])


def _opens(tokens: list[Token], sentence_start: int, statistics: Statistics, written: Writing) -> bool:
    """Whether the first token owes its capital to its place, not to a name."""
    first = tokens[0]
    if first.key in written.articles:
        return True
    shouted = first.text.isupper() and len(first.text) > 1
    initial = first.start - sentence_start <= 2
    if shouted and (not initial or len(first.text) <= 4):
        return False
    if first.key.partition("'")[0] in written.function_words:
        return initial or first.key == "i" or not any(token.text[0].isupper() for token in tokens[1:])
    if not initial or first.text[0].isdigit():
        return False
    if len(tokens) == 1:
        return statistics.is_common(first.key)
    return statistics.is_mostly_common(first.key)


def _trails(token: Token, written: Writing) -> bool:
    return token.key in written.function_words and not token.text.isupper()


def _is_nothing(token: Token, written: Writing) -> bool:
    return token.key in written.not_alone or not any(c.isupper() for c in token.text)


def _clean(text: str, tokens: list[Token], statistics: Statistics, written: Writing) -> Run | None:
    if not tokens or not any(c.isupper() for token in tokens for c in token.text):
        return None
    start, end = tokens[0].start, tokens[-1].end
    end = start + len(unowned(text[start:end]))
    bare = _without_titles(tokens, statistics, written)
    words = text[bare[0].start : end].split()
    name = unicodedata.normalize("NFC", " ".join(words))
    if name.isupper() and len(words) > 1:
        name = " ".join(word if len(word) < 3 or not _VOWEL.search(word) else word.capitalize() for word in words)
    titled = len(bare) < len(tokens)
    return Run(start, end, name, titled) if len(name) > 1 or titled else None


def _without_titles(tokens: list[Token], statistics: Statistics, written: Writing) -> list[Token]:
    """The tokens without honorifics and offices before a person's name."""
    titles = min(_offices(tokens, written), len(tokens) - 1)
    named = tokens[titles:]
    if any(token.key in _HONORIFICS for token in tokens[:titles]):
        return named
    single = titles > 0 and len(named) == 1 and is_person_like(named * 2, statistics)
    return named if single or (titles and is_titled_person(named, statistics)) else tokens
