"""A sentence -> the runs of capitalised words in it that are names, with their clean form.

Everything here works on spans of the text; kinds and Korean are decided elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from graphrag_drift.language.language import APOSTROPHES
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import straight
from graphrag_drift.names.conjunctions import FOR_SOMETHING, is_link, joins, up_to_link
from graphrag_drift.names.lists import heads, titles, word_list
from graphrag_drift.names.nouns import names_among
from graphrag_drift.names.numbered import is_formula, without_part_of_text
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

_UP = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u024f\u0386-\u03ab\u0400-\u042f\u1e00-\u1eff"
_TAIL = rf"[^\W_{APOSTROPHES}\u0590-\u1cff\u3040-\ud7af]"  # of a script with letter case; some apostrophes are letters
_ABBREVIATION = (
    r"(?:St|Mt|Ft|Dr|Mr|Mrs|Ms|Jr|Sr|Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Maj|Cmdr|Adm|Prof|Rev|Fr|Hon|Insp|Supt|Bros)\."
)
# Character classes over several alphabets are slow to compile: each is written as seldom as can be.
_CAPITAL = (
    rf"(?:{_ABBREVIATION}|Co\.(?= (?:KG|OHG)\b)|Nos?\.(?=\s?\d)"
    rf"|[{_UP}](?:\.(?:[{_UP}]\.)+|\.(?=\s?[{_UP}])|{_TAIL}*(?:[{APOSTROPHES}&/.+‐-]{_TAIL}+)*)"
    r"|[a-z][A-Z]\w+)"
)
_GAP = r"(?:[^\S\n]{1,2}|[^\S\n]?\n[^\S\n]?)"
_LINK = (
    r"(?:of the|of|for the|for|on the|on|in|and the|and|the|&|de la|de las|de los|del|della|delle|de|di|da|dos|das|"
    r"du|des|la|le|les|el|al|van der|van den|van|von der|von|zu|ter|ten|bin|ibn|bint|y|e|-)"
)
_FOREIGN_LINK = rf"(?:van de|van het|de l[{APOSTROPHES}]|do|dei|degli|dell|av|af|der|am|{_LINK})"
_NUMBER = (
    r"\d[\d,./:-]*(?:st|nd|rd|th|[A-Z])?\b"
    r"(?!\s?(?:%|percent|per cent|points?|votes?|years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kilometers|"
    r"feet|people))"
)


def _runs_by(link: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?:(?:(?:1[5-9]|20)\d\d|\d{{1,3}}(?:st|nd|rd|th)) )?{_CAPITAL}"
        rf"(?:(?:(?<=s)[{APOSTROPHES}])?{_GAP}(?:{link}{_GAP}|[dl][{APOSTROPHES}])?{_CAPITAL}|{_GAP}{_NUMBER}"
        rf"| of (?:1[5-9]|20)\d\d\b"
        rf"|, (?:Inc|Ltd|LLC|Corp|L\.?P|Jr|Sr|D\.C)\b\.?){{0,40}}"
    )


_RUN = _runs_by(_LINK)
_foreign_run = cache(lambda: _runs_by(_FOREIGN_LINK))  # slow to compile, and seldom needed
_TOKEN = re.compile(rf"(?:[dl][{APOSTROPHES}])?{_CAPITAL}(?:(?<=s)[{APOSTROPHES}](?=\s))?|{_NUMBER}|&|-|[^\W\d_]+")
_QUARTER = re.compile(r"q[1-4]|fy\d{2,4}")
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?\Z")
# What a speaker's label, a quotation, an aside, a list's item and a table's cell begin with: the next word owes it its
# capital, as it does to the beginning of a sentence.
_OPENING = re.compile(rf"(?:[:|•*#(\[“„«\"]|(?<![^\W_])[{APOSTROPHES}]|(?<=\s)[-–—])\s*\Z")
_PAUSES = tuple(",.!?;…")  # after which a word that opens something stands alone: "Nora: Yeah."
_FIELDS = tuple(":|•*#(")  # what stands alone behind them is rather a name: "Ship: Solvind", "(Belgium)"
_GOES_ON = re.compile(r" [^\W\dA-Z_]")
_EXTENSION = re.compile(r"\.(?:txt|md|pdf|html?|docx?|json|csv|xml)\b")
_IDENTIFIER = re.compile(rf"(?<!\S)(?:(?:[^\s_]+_\s+)?[^\s_]\S*[^\W_]_[^\W_]\S*|\S+{_EXTENSION.pattern})")


class Token(NamedTuple):  # made in a third of the time that a frozen dataclass takes, for every capital of a corpus
    start: int
    end: int
    text: str
    key: str  # casefolded, without possessive and final stop, with straight apostrophes


def capitalised(text: str, start: int, end: int, *, english: bool = True) -> Iterator[list[Token]]:
    """The runs between `start` and `end`, in order, each as its tokens; with other languages' small words in them."""
    for match in (_RUN if english else _foreign_run()).finditer(text, start, end):
        yield [
            Token(m.start(), m.end(), m.group(), _key_of(m.group()))
            for m in _TOKEN.finditer(text, match.start(), match.end())
        ]


@lru_cache(maxsize=1 << 15)
def _key_of(word: str) -> str:
    return straight(unowned(word)).casefold().rstrip(".")


def unowned(word: str) -> str:
    """`word` without its possessive ending."""
    return _POSSESSIVE.sub("", word)


_NO_PERSON = _HEADS | _PLACES


def holds(left: list[Token], link: Token, right: list[Token], statistics: Statistics) -> bool:
    """Whether `link` is inside a name that begins with `left`."""
    if not left:
        return False
    last, word = left[-1], link.text
    if word == "in":
        return False
    if word == "of":
        return last.key not in _OFFICES and not (is_person_like(left, statistics) or _is_given_and_surname(left))
    if word == "for":
        return last.key not in _OFFICES and any(token.key in FOR_SOMETHING for token in left)
    if word == "on":
        return any(token.key in _ON_SOMETHING for token in left) and not _is_place(up_to_link(right))
    if word == "the":
        return last.text in ("of", "for", "on") or (
            len(left) == 1 and last.key in _ENGLISH.function_words
        )  # Behind the Wall
    if word == "-":  # a hyphen with spaces, not the dash of a dateline
        return not last.text.isupper() and right[:1] != [] and not statistics.is_common(right[0].key)
    if word == "and":
        return joins(left, right, statistics)
    return True


def _is_place(tokens: list[Token]) -> bool:
    """Whether the tokens name a place: a court stands on a street, and a treaty is on trade."""
    return any(token.key in _PLACE_HEADS or token.key in _PLACES for token in tokens)


def is_person_like(tokens: list[Token], statistics: Statistics) -> bool:
    """Two to four capitalised words, none of which is a common word: Maria Smith, not National Register."""
    return (
        2 <= len(tokens) <= 4
        and tokens[-1].key not in _TITLES
        and all(_may_be_in_person(token, statistics) for token in tokens if token.key not in _TITLES)
    )


def _is_given_and_surname(tokens: list[Token]) -> bool:
    bare = [token for token in tokens if token.key not in _TITLES]
    return len(bare) == 2 and bare[0].key in _GIVEN_NAMES and bare[1].key not in _ORGANIZATION_HEADS


def is_titled_person(tokens: list[Token], statistics: Statistics) -> bool:
    """As `is_person_like`, where a title before the tokens vouches for a given name: Capt. Daniel Park."""
    given = 2 <= len(tokens) <= 3 and tokens[0].key in _GIVEN_NAMES and all(token.text[0].isupper() for token in tokens)
    return given or is_person_like(tokens, statistics)


def _may_be_in_person(token: Token, statistics: Statistics) -> bool:
    if not token.text[0].isupper() or token.key in _NO_PERSON:
        return False
    return token.key in _GIVEN_NAMES or not statistics.is_written_small(token.key)


def owns(part: list[Token], rest: list[Token], statistics: Statistics) -> bool:
    """Whether the possessive that ends `part` names an owner (France's Macron), not a name's part (King's College)."""
    last = part[-1]
    text = straight(last.text)
    if not text.endswith(("'s", "s'")):
        return False
    if text.endswith("s'") and all(
        token.key in _ENGLISH.articles for token in part[:-1]
    ):  # Tenants' Union, but the Beatles' | Paul McCartney
        content = up_to_link(rest)
        return last.key in _PLACES or len(content) > 2 or not content or content[-1].key not in _HEADS
    if statistics.is_common(last.key) and len(part) == 1:
        return False
    single_head = len(rest) == 1 and rest[0].key in _HEADS
    return not (single_head and last.key not in _PLACES and len(part) <= 2)


_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
_HYPHENATED = re.compile(r"[^-]+")
_VOWEL = re.compile(r"[AEIOUYÀ-Ý]")
_LONGEST_PERSON = 4  # tokens
_LONGEST_ACRONYM = 6
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
    identifiers = list(_identifiers(text, start, end))
    for tokens in capitalised(text, start, end, english=english):
        if len(tokens) == 1 and _is_small_word(tokens[0], start, written):
            continue
        opening = tokens[0].start if _OPENING.search(text, max(start, tokens[0].start - 4), tokens[0].start) else start
        runs = [tokens] if english else names_among(text, tokens, opening, statistics, written, _is_person)
        kept = opening > start and text[opening - 2 : opening].strip()[-1:] in _FIELDS
        kept = kept and not _GOES_ON.match(text, tokens[0].end)  # "Nora: Welcome back"
        alone = len(tokens) == 1 and not (kept and text[tokens[0].end : tokens[0].end + 1] not in _PAUSES)
        for part in (part for run in runs for part in _parts(run, headline, statistics, written) if part):
            if any(part[0].start < last and first < part[-1].end for first, last in identifiers):
                continue  # a word of a file's name is nobody's
            run = _clean(text, _trim(part, opening, statistics, written, alone=alone), statistics, written)
            if run is not None:
                yield run


def _is_small_word(token: Token, sentence_start: int, written: Writing) -> bool:
    """Whether a capital that stands alone is that of a small word, as most are: at a sentence's beginning, or "I"."""
    word = token.key.partition("'")[0]
    if word not in written.function_words or (token.text.isupper() and len(token.text) > 1):
        return False
    return token.start - sentence_start <= 2 or word == "i"


def _is_person(tokens: Sequence[Token], statistics: Statistics) -> bool:
    return len(up_to_link(tokens)) > 1 and is_person_like(list(tokens[:_LONGEST_PERSON]), statistics)


def _identifiers(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of the names of files and of variables."""
    if text.find("_", start, end) >= 0 or _EXTENSION.search(text, start, end):
        for match in _IDENTIFIER.finditer(text, start, end):
            yield match.span()


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
        label = (headline or table) and _is_label(token, table, statistics)
        if label or _is_gap(part, token, rest, statistics, written):
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


def _offices(tokens: list[Token], written: Writing = _ENGLISH) -> int:
    """How many offices and honorifics the tokens begin with."""
    known = written.offices | _HONORIFICS
    return next((i for i, token in enumerate(tokens) if token.key not in known), len(tokens))


def _is_gap(part: list[Token], token: Token, rest: list[Token], statistics: Statistics, written: Writing) -> bool:
    if token.text.isdigit() and _is_opened(part, written) and rest:  # 2012 Olympics, but 2001 | American film
        return len(token.text) < 4 or not any(word.key in _EVENT_HEADS for word in rest)
    if _is_calendar(token, part, rest, written):
        return True
    within = written.links is None or token.key in written.links
    return is_link(token) and not (within and holds(part, token, rest, statistics))


def _is_opened(part: list[Token], written: Writing) -> bool:
    """Whether no name has begun: On | Monday | Zoe Mills, Among | 31 | Brackwater residents."""
    return all(before.key in written.function_words for before in part)


def _is_label(token: Token, table: bool, statistics: Statistics) -> bool:
    """Whether the token separates names in a headline, or in a table that lost its lines."""
    return not is_link(token) and (statistics.is_mostly_common(token.key) or (table and token.text[0].isdigit()))


def _is_calendar(token: Token, part: list[Token], rest: list[Token], written: Writing) -> bool:
    """A month or weekday that stands for a date: alone, with a number, or a weekday before a name (not a paper's)."""
    if token.key not in written.calendar or token.text.islower():
        return _QUARTER.fullmatch(token.key) is not None
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
    name = without_part_of_text(tokens[first:], tokens[first:end])
    return [] if (len(name) == 1 and _is_nothing(name[0], written)) or _is_office(name, written) else name


def _is_office(name: list[Token], written: Writing) -> bool:
    """Whether the tokens, of which there may be none, only say what somebody is: Chief Technology Officer."""
    if _offices(name, written) == len(name):
        return True
    return name[0].key in written.offices and name[-1].key in written.offices


def _is_known(token: Token, statistics: Statistics, written: Writing) -> bool:
    listed = token.key in _PLACES or token.key in _DEMONYMS or written.is_territory(token.key)
    # A headline's or a label's capitals say nothing.
    label = token.text.isupper() and token.text.isalpha() and len(token.text) > _LONGEST_ACRONYM
    return listed or statistics.is_name(token.key) or (not label and any(c.isupper() for c in token.text[1:]))


def _opens(tokens: list[Token], sentence_start: int, statistics: Statistics, written: Writing) -> bool:
    """Whether the first token owes its capital to its place, not to a name."""
    first = tokens[0]
    if first.key in written.articles or first.text == "O":
        return True
    shouted = first.text.isupper() and len(first.text) > 1
    initial = first.start - sentence_start <= 2
    if shouted and (not initial or len(first.text) <= 4):
        return False
    if (word := first.key.partition("'")[0]) in written.function_words:
        return initial or word == "i" or not any(token.text[0].isupper() for token in tokens[1:])
    if first.text[0].isdigit():
        return False
    if initial and len(tokens) > 2 and tokens[1].text.startswith("of") and _is_plural_noun(first, statistics):
        return True
    if len(tokens) == 1:
        return (statistics.is_common if initial else statistics.is_mostly_common)(first.key)
    if not initial:
        return False
    return statistics.is_mostly_common(first.key)


def _is_plural_noun(token: Token, statistics: Statistics) -> bool:
    """Whether it says who, of what is named behind it: Officials | of the Ministry of Health."""
    return token.key.endswith("s") and token.key not in FOR_SOMETHING | _HEADS and not statistics.is_name(token.key)


def _trails(token: Token, written: Writing) -> bool:
    # In other languages many a surname is such a word: van der Meer.
    return written.links is None and token.key in written.function_words and not token.text.isupper()


def _is_nothing(token: Token, written: Writing) -> bool:
    return token.key in written.not_alone or not any(c.isupper() for c in token.text) or is_formula(token.text)


def _clean(text: str, tokens: list[Token], statistics: Statistics, written: Writing) -> Run | None:
    if not tokens or not any(c.isupper() for token in tokens for c in token.text):
        return None
    start, end = tokens[0].start, tokens[-1].end
    end = start + len(unowned(text[start:end]))
    bare = _without_titles(tokens, statistics, written)
    words = text[bare[0].start : end].split()
    name = unicodedata.normalize("NFC", " ".join(words))
    if name.isupper() and len(words) > 1:
        name = " ".join(_HYPHENATED.sub(_in_usual_case, word) for word in words)
    titled = len(bare) < len(tokens)
    return Run(start, end, name, titled) if len(name) > 1 or titled else None


def _in_usual_case(word: re.Match[str]) -> str:
    written = word.group()
    return written if len(written) < 3 or not _VOWEL.search(written) else written.capitalize()


def _without_titles(tokens: list[Token], statistics: Statistics, written: Writing) -> list[Token]:
    """The tokens without honorifics and offices before a person's name."""
    titles = min(_offices(tokens, written), len(tokens) - 1)
    named = tokens[titles:]
    if any(token.key in _HONORIFICS for token in tokens[:titles]):
        return named
    single = titles > 0 and len(named) == 1 and is_person_like(named * 2, statistics)
    return named if single or (titles and is_titled_person(named, statistics)) else tokens
