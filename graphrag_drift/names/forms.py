"""A name as written -> the form by which spellings of it are compared, and the parts that rules look at.

Strings only: it does not know which other names there are, nor what a name stands for.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from graphrag_drift.language.japanese import COMPANY as JAPANESE_COMPANY
from graphrag_drift.language.korean import COMPANY as KOREAN_COMPANY
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.names.korean import name_and_title, words_before_title
from graphrag_drift.names.lists import heads, titles, word_list
from graphrag_drift.patterns import lazy_pattern

_HONORIFICS = word_list("honorifics")
_TITLES = titles()
_HEADS = heads()

# Marks of direction, soft hyphens, zero-width spaces and byte-order marks: never seen, never meant.
_INVISIBLE = lazy_pattern("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_JOINERS = lazy_pattern("[\u200c\u200d\ufe0e\ufe0f]")
_DASHES = lazy_pattern("[\u2010-\u2015\u2212\u30a0\ufe58\ufe63\uff0d]")
_SINGLE = f"{APOSTROPHES}`"
_QUOTES = f'{_SINGLE}"“”„‟‚«»＂「」『』'
_APOSTROPHES = lazy_pattern(f"[{_SINGLE}]")
# "O'Brien" is "OBrien", but "I'd" is not "ID".
_SILENT = lazy_pattern(r"'(?=[^\W\d_]{3})|(?<=[^\W\d_]{2})'(?=[^\W\d_]{2})")
_QUOTE = lazy_pattern('["“”„‟«»＂]')
_POSSESSIVE = lazy_pattern(rf"(?:(?<=[^\W_])[{_SINGLE}][sS]|(?<=\w\.)[{_SINGLE}][sS]|(?<=[sS])[{_SINGLE}])\Z")
_ARTICLE = lazy_pattern(r"(?:the|an?(?=\s[^\W\d_]{2}))\s+(?=\S)")
_THE = lazy_pattern(r"the\s+(?=\S)", re.I)
_COMPANY = lazy_pattern(rf"\s*(?:{KOREAN_COMPANY}|{JAPANESE_COMPANY})\s*")
_QUALIFIER = lazy_pattern(r"\s\([^()]+\)\Z")
_TOKEN = lazy_pattern(r"[^\s,;:!?()\[\]{}/]+")
_INITIALS = lazy_pattern(r"(?:[^\W\d_]\.)+[^\W\d_]?\Z")
_LATIN_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "æ": "ae", "œ": "oe"})

SUFFIXES = word_set(
    """
    inc incorporated corp corporation co company ltd limited llc llp lp plc gmbh ag sa nv bv ab asa oyj spa srl kk
    pty pte sarl kgaa sas sasu eurl snc sci oy aps as kg ohg ug bvba doo kft
    """
)
# Those that French, Finnish, Swedish and Indonesian put in front too, and the word for a company itself.
_FRONT_FORMS = word_set("sas sasu sarl sa eurl snc sci oy ab pt societe societa sociedad sociedade")
_GENERATIONS = word_set("jr sr junior senior ii iii iv")
_AFTER_NAMES = _GENERATIONS | word_set("phd md esq")
_INVERTED = lazy_pattern(r"([^,]+),\s+([^,]+)\Z")
PARTICLES = word_set(
    """
    de del della di da dos das du des la le van von der den ten ter bin ibn al el af av
    """
)
_SMALL = word_set("of the and for de la du des on in to y et und für der")
# Titles that are words of their own without their full stop ("Gen Z").
ABBREVIATED = word_set("sen rep gov gen col capt lt sgt maj cmdr adm supt insp pres fr hon rt rev")
_FEMALE = word_set("mrs ms miss mme mlle madam lady dame")
_MALE = word_set("mr sir lord")


@dataclass(frozen=True, slots=True)
class NameForm:
    """What is compared of a name.

    `clean` is the name in NFC without what is around it: article in lower case, honorific, and the `possessive`
    ("'s"), which may yet belong to a brand ("McDonald's"). Names with equal `key` are spellings of one another.
    `tokens` are those of the key, hyphens and initials kept whole, without a qualifier in parentheses. `change`
    says what was taken off: possessive, article, honorific or "".
    """

    clean: str
    possessive: str
    key: str
    tokens: tuple[str, ...]
    honorific: str
    change: str


@lru_cache(maxsize=1 << 17)
def name_form(name: str) -> NameForm:
    """The form of `name`; equal for canonically equivalent spellings (NFC, NFD)."""
    written = tidy(name)
    text = _POSSESSIVE.sub("", written) or written
    without_article = _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text
    shown, honorific = _without_honorific(_COMPANY.sub("", without_article) or without_article)
    compared = _THE.sub("", shown, count=1)
    changes = (("possessive", text != written), ("honorific", honorific), ("article", without_article != text))
    return NameForm(
        clean=shown,
        possessive=written[len(text) :],
        key=_as_acronym(compared) or compare_key(compared) or compared.casefold(),
        tokens=_tokens(_QUALIFIER.sub("", compared)),
        honorific=honorific,
        change=next((change for change, happened in changes if happened), ""),
    )


@lru_cache(maxsize=1 << 17)
def tidy(name: str) -> str:
    """`name` in NFC, with single spaces, without invisible characters and quotes around it."""
    text = " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", name)).split())
    stripped = text.strip(",;:·•*_ ")
    if stripped[:1] in _QUOTES and stripped[-1:] in _QUOTES and len(stripped) > 2:
        stripped = stripped[1:-1].strip()
    return unicodedata.normalize("NFC", stripped) or text or name


def compare_key(text: str) -> str:
    """`text` without what spellings differ in: case, accents of Latin letters, dashes, quotes, full stops."""
    words = [_compared_word(word) for word in _TOKEN.findall(_plain(text))]
    joined: list[str] = []
    after_initial = False
    for word, is_initial in words:
        if is_initial and after_initial:
            joined[-1] += word
        elif word:
            joined.append(word)
        after_initial = is_initial
    qualifier = "()" if _QUALIFIER.search(text) else ""  # "Daniel Park (pilot)" is not "Daniel Park Pilot"
    return " ".join(joined).replace("-", " ").strip() + qualifier


def _as_acronym(text: str) -> str:
    """A short acronym without full stops, in capitals: "US" is "U.S." and not "Us"; "" if it is none."""
    letters = text.replace(".", "")
    return letters if 1 < len(letters) < 4 and letters.isalpha() and letters.isascii() and letters.isupper() else ""


def _plain(text: str) -> str:
    text = _APOSTROPHES.sub("'", text)  # NFKC would part an acute accent from its word
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _JOINERS.sub("", _INVISIBLE.sub("", text)).translate(_LATIN_PLAIN)
    text = _SILENT.sub("", _QUOTE.sub(" ", text))
    text = _DASHES.sub("-", text).replace("&", " and ")
    return text if text.isascii() else without_accents(text)


def without_accents(text: str) -> str:
    """`text` without the accents of its Latin letters."""
    characters: list[str] = []
    latin = False
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            if not latin:
                characters.append(character)
            continue
        latin = character < "\u0250"
        characters.append(character)
    return unicodedata.normalize("NFC", "".join(characters))


def _compared_word(word: str) -> tuple[str, bool]:
    """The word without full stops, and whether it is initials ("J.", "U.S.")."""
    if _INITIALS.match(word):
        return word.replace(".", ""), True
    return word.strip(".-*_'"), len(word) == 1 and word.isalpha()


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(word for raw in _TOKEN.findall(_plain(text)) if (word := _compared_word(raw)[0]))


def _without_honorific(text: str) -> tuple[str, str]:
    eastern = name_and_title(text)
    if eastern is not None:
        return eastern
    words = text.split(" ")
    dropped: list[str] = []
    while len(words) > 1 and _is_honorific(words[0]):
        dropped.append(words.pop(0))
    return (" ".join(words), " ".join(dropped).casefold()) if words[0][:1].isupper() else (text, "")


def _is_honorific(word: str) -> bool:
    folded = word.casefold()
    bare = folded.rstrip(".")
    if bare in ABBREVIATED:
        return folded != bare
    return bare in _HONORIFICS and bare not in ("lord", "lady", "madam")


def gender_of(honorific: str) -> str:
    """ "f", "m" or "" as the first gendered word of `honorific` says."""
    for word in honorific.replace(".", "").split():
        if word in _FEMALE:
            return "f"
        if word in _MALE:
            return "m"
    return ""


@lru_cache(maxsize=1 << 16)
def without_title(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens of a person without the titles around them, or () if there are none.

    `("deputy", "transport", "secretary", "ingrid", "solvay")` is `("ingrid", "solvay")`.
    """
    korean = words_before_title(" ".join(tokens))
    if korean:
        return tuple(korean.split())
    last = max((i for i, token in enumerate(tokens[:-1]) if token in _TITLES), default=-1)
    return tokens[last + 1 :] if 0 <= last <= 3 else ()


@lru_cache(maxsize=1 << 16)
def without_legal_form(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens of a company without its legal form, in front or behind, or () if it has none.

    `("sas", "verdanne")` and `("verdanne", "sas")` are `("verdanne",)`; of "SAS Institute" nothing would be left that
    tells it from another.
    """
    start, end = 0, len(tokens)
    while end > 1 and tokens[end - 1] in SUFFIXES:
        end -= 1
    while end - start > 1 and tokens[start] in _FRONT_FORMS and not (end - start == 2 and tokens[end - 1] in _HEADS):
        start += 1
    return tokens[start:end] if end - start < len(tokens) else ()


def key_of_tokens(tokens: tuple[str, ...]) -> str:
    """The key of a name that consists of `tokens`."""
    return " ".join(tokens).replace("-", " ")


@lru_cache(maxsize=1 << 16)
def surnames_of(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """How the bearer of a full name may be called: the last token, and that with its particles ("van gogh")."""
    end = len(tokens)
    while end > 1 and tokens[end - 1] in _AFTER_NAMES:
        end -= 1
    if end < 2 or "of" in tokens:
        return ()
    start = end - 1
    while start > 1 and tokens[start - 1] in PARTICLES:
        start -= 1
    return tuple(dict.fromkeys(" ".join(tokens[i:end]) for i in (end - 1, start)))


def generation_of(tokens: tuple[str, ...]) -> str:
    """What tells a father from a son of the same name ("jr"), or ""."""
    last = tokens[-1] if len(tokens) > 1 else ""
    return {"junior": "jr", "senior": "sr"}.get(last, last) if last in _GENERATIONS else ""


def turned_name(name: str) -> str:
    """ "Maria Garcia" of "Garcia, Maria"; "" of a name that is not written so."""
    inverted = _INVERTED.match(name)
    if inverted is None or compare_key(inverted[2]) in SUFFIXES | _AFTER_NAMES:
        return ""
    return f"{inverted[2]} {inverted[1]}"


def is_latin(text: str) -> bool:
    """Whether all letters of `text` are Latin."""
    return all(character < "\u0250" or "\u1e00" <= character < "\u1f00" for character in text if character.isalpha())


def is_acronym(text: str) -> bool:
    """Whether `text` is written like an acronym: one word of 2 to 8 letters, mostly capitals."""
    letters = [character for character in text if character.isalpha()]
    capitals = sum(character.isupper() for character in letters)
    return " " not in text and 2 <= len(letters) <= 8 and capitals >= 2 and capitals * 2 >= len(letters)


@lru_cache(maxsize=1 << 16)
def initials_of(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The acronyms that `tokens` could have, with and without small words: at most two."""
    if len(tokens) < 2:
        return ()
    parts = [part for token in tokens for part in token.split("-") if part]
    every = "".join(part[0] for part in parts)
    large = "".join(part[0] for part in parts if part not in _SMALL)
    return tuple(dict.fromkeys((large, every)))
