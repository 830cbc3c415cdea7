"""text -> the character spans of its sentences, by rules over the places where a sentence may end.

It learns nothing from the text and does not tokenise; scripts without letter case split at every full stop.
"""

import re
from collections.abc import Iterator

from graphrag_drift.language.detect import SCRIPTED, either, every
from graphrag_drift.language.english import MONTH_ABBREVIATIONS
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.language.lines import BREAK, rows_and_soft_breaks
from graphrag_drift.language.terms import straight

NEVER_END = word_set(
    """
    mr mrs ms mx dr prof gen sen sens rep reps gov lt col maj sgt capt cmdr adm cpl pvt det insp supt
    rev fr hon pres amb messrs mme mlle st mt ft vs v viz cf al eds trans approx ca repr resp e.g i.e eg
    ie dept univ assn bros ave blvd rd hwy
    """
)
_ABBREVIATIONS = NEVER_END | every(lambda language: language.abbreviations)
_CALENDAR = every(lambda language: language.calendar)
# Before a number with a full stop these show an ordinal where nouns are written large, as openings of sentences are.
_BEFORE_ORDINAL = every(lambda language: language.nouns.determiners if language.nouns else ())
NUMBERED = word_set("no nos fig figs vol vols pp p art sec sect ch chap para eq par § nr op")
# They end a sentence only if a word that opens sentences follows.
MAY_END = word_set(
    """
    inc corp ltd co cos llc plc jr sr esq etc u.s u.k u.n e.u d.c a.m p.m b.c a.d ph.d m.d l.l.p l.p n.a
    s.a est mass calif fla conn mich minn wash ore ariz colo tex va pa ga ill ind ky la md mo neb nev
    okla tenn vt wis wyo
    """
)
OPENERS = word_set(
    """
    the a an this that these those it its he she they we i you his her their our my your there here in
    on at for from with by to as of and but or so yet nor if when while where who what why how which
    because although though since until unless after before during despite under over between among
    about against through however moreover meanwhile nevertheless nonetheless still then thus therefore
    also even instead indeed now today yesterday tomorrow later earlier last next some many most more
    several both each every all any no not other others another one two three first second third finally
    according once only just such let please do does did is are was were has have had can could will
    would should may might must it's he's she's they're we're i'm i've we've that's there's what's don't
    let's
    """
)


MAX_SENTENCE = 2_000  # characters; longer ones are broken at whitespace, or hard where there is none
_CLOSERS = "\"'”’»›)\\]}」』）】》〉］"
_MARK = re.compile(
    rf"(?P<stop>[.!?…]+[{_CLOSERS}]*(?:\[\d{{1,3}}\])*)"
    rf"|(?P<wide>[。！？｡．؟۔।॥։።။]+[{_CLOSERS}]*)"
    r"|(?P<line>(?:\r\n|[\n\r\u2028\u2029\x0b\x0c\x85])\s*)"
)
_NEXT = re.compile(r"\s*([\"'“‘«‹(\[{「『（【《〈`*_–—-]*\s?)(\S{0,30})")
_LONGEST_ENDING = 24  # characters of the word before a stop that are looked at
_LIST_MARK = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_AFTER_QUOTE = re.compile(rf"[，、]|{either(lambda language: language.prose.after_quote)}")
_LAST_LETTER = re.compile(either(lambda language: language.prose.last_letter))
_ELIDED = re.compile(rf"\A[dl][{APOSTROPHES}]")
_LAST_WORD = re.compile(r"([^\W\d_]+)\s+\Z")
_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)?")
_CASELESS = re.compile(r"[\u0590-\u1fff\u3040-\ud7af]")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences, in order, without outer whitespace, covering all that is not whitespace.

    A line break ends a sentence where the writer broke the line: after a headline or byline, before a list's item,
    not where a paragraph was wrapped. A row of a table is one sentence.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in (*_ends(text), len(text)):
        if end - start > MAX_SENTENCE:
            spans += _pieces(text, start, end)
        else:
            spans += _trimmed(text, start, end)
        start = end
    return spans


def _ends(text: str) -> Iterator[int]:
    rows, wraps = rows_and_soft_breaks(text)
    soft = {text_break.start() for start, _ in wraps if (text_break := BREAK.search(text, start))}
    coming, row = iter(rows), (-1, -1)
    opened = 0
    for mark in _MARK.finditer(text):
        start, end = mark.span()
        while row[1] < end:
            row = next(coming, (len(text), len(text)))
        if mark.lastgroup != "line" and row[0] < end:
            ends = False  # a row of a table is one sentence
        elif mark.lastgroup == "stop":
            ends = _stop_ends(text, start, end, opened)
        elif mark.lastgroup == "wide":
            ends = not _quote_goes_on(text, mark.group(), end)
        else:
            ends = start not in soft
        if ends:
            opened = end
            yield end


def _stop_ends(text: str, start: int, end: int, opened: int) -> bool:
    """Whether the stop at `start`, with its closing quotes up to `end`, ends the sentence that began at `opened`."""
    if end >= len(text):
        return True
    if not text[end].isspace():
        return _glued_stop_ends(text, start, end)
    following = _NEXT.match(text, end)
    assert following is not None  # the pattern matches the empty string
    opening, word = following.group(1), following.group(2)
    if not word:
        return True
    near = text[max(opened, start - _LONGEST_ENDING) : start]
    before = near.split()[-1] if near and not near[-1].isspace() else ""
    last = before.lstrip("\"'“‘«([")
    place = start - len(before)
    if before and place < opened + 8 and _LIST_MARK.fullmatch(last) and not text[opened:place].strip():
        return False  # the number or letter of a list's item
    if word[0].islower() and not _is_branded(word) and "`" not in opening:  # code may open a sentence as it is
        return False
    if text[start] != "." or text.startswith("..", start):
        return True
    if last.isdigit() and len(last) < 3 and _is_ordinal(text[opened : start - len(last)], word):
        return False
    return _period_ends(last, word, opening)


def _is_ordinal(before: str, word: str) -> bool:
    """Whether a number with a full stop between them is one: "bis zum 1. Juni", "im 3. Stock"."""
    following, previous = _WORD.match(word), _LAST_WORD.search(before[-40:])
    if following is None:
        return False
    in_order = previous is not None and previous[1].casefold() in _BEFORE_ORDINAL
    return in_order or following.group().casefold() in _CALENDAR


def _period_ends(last: str, word: str, opening: str) -> bool:
    """Whether a single full stop between the words `last` and `word` ends a sentence, `word` not in lower case."""
    key = _ELIDED.sub("", last.casefold())
    if key in _ABBREVIATIONS or (key.endswith("str") and word[0].isdigit()):  # Marktstr. 5
        return False
    if key in MONTH_ABBREVIATIONS or (key in NUMBERED and not (len(last) == 1 and last.isupper())):
        return not word[0].isdigit()
    if key in MAY_END or (_INITIALS.fullmatch(last) and last[-1].lower() != last[-1].upper()):
        return _opens_sentence(word, opening, last)
    return True


def _opens_sentence(word: str, opening: str, last: str) -> bool:
    plain = _WORD.match(word)
    if plain is None:
        return bool(opening.strip()) or not word[0].isdigit()
    if _CASELESS.match(word):
        return len(last) > 1
    if last.islower() and "." in last:  # a.m., p.m.: a name seldom follows
        return plain.group() not in ("EST", "EDT", "ET", "PST", "PT", "GMT", "UTC", "BST", "CET", "KST", "Eastern")
    return straight(plain.group()).casefold() in OPENERS


def _glued_stop_ends(text: str, start: int, end: int) -> bool:
    """A stop with no space after it: only where both sides cannot be one word."""
    if start == 0 or (text[start] != "." and text[start] not in "!?"):
        return False
    previous, following = text[start - 1], text[end]
    if any(language.writes(following) for language in SCRIPTED) or following in "“‘\"'":
        return bool(_LAST_LETTER.match(previous)) and text[start:end] != "'"
    if previous.islower() and following.isupper() and text[max(0, start - 2)].islower():
        word = _WORD.match(text, end)
        return word is not None and straight(word.group()).casefold() in OPENERS and word.group()[1:].islower()
    return False


def _quote_goes_on(text: str, mark: str, end: int) -> bool:
    """Whether the sentence of a quoted CJK sentence continues: "「行く。」と言った"."""
    return len(mark) > 1 and mark[-1] in _CLOSERS and _AFTER_QUOTE.match(text, end) is not None


def _is_branded(word: str) -> bool:
    """iPhone, eBay: a name that begins in lower case."""
    return len(word) > 1 and word[1:2].isupper()


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch without its outer whitespace, in pieces of at most MAX_SENTENCE characters."""
    while end - start > MAX_SENTENCE:
        while start < end and text[start].isspace():
            start += 1
        stop = min(start + MAX_SENTENCE, end)
        if stop < end:
            cut = max(text.rfind(" ", start + 1, stop), text.rfind("\n", start + 1, stop))
            stop = cut if cut > start else stop
        yield from _trimmed(text, start, stop)
        start = stop
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The stretch without its outer whitespace, if anything is left."""
    piece = text[start:end].rstrip()
    length = len(piece.lstrip())
    end = start + len(piece)
    return [(end - length, end)] if length else []
