"""text -> which of its line breaks only wrap a paragraph, and what kinds of lines it holds.

Greedy wrapping breaks a line where the next word no longer fits; a break where it would have fitted is one the
writer made. Blank lines always divide. Nothing here knows where sentences end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from itertools import pairwise

from graphrag_drift.language.language import word_set

# What a paragraph is, in characters: no column of prose is narrower, no line of a wrapped one longer.
_NARROWEST, _WIDEST = 30, 250
_SMALL_WORD = 3  # letters of a word that headlines, too, write small
_MOST = 1_000  # lines that are judged together
_LONGEST_ROW = 500  # characters; a longer line with a tab is prose
_HALF = 0.5  # of a column's width: a shorter line in the midst of a paragraph was broken by its writer

BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029\x0b\x0c\x85]")
_DIVIDES = "\u2029\x0b\x0c\x85"
_HEADING = re.compile(r"#{1,6}[ \t]+\S")
_RULE = re.compile(r"(?:[-=*_~+] ?){3,}\Z|\|?[ \t:|+-]*-{3}[ \t:|+-]*\Z")
_FENCE = re.compile(r"```|~~~")
_ROW = re.compile(r"\|.*\|\Z|\|(?:[^|]*\|){2}|[^\t]*\S\t")
_GAP = re.compile(r"\S {3,}\S")
_QUOTED = re.compile(r">")
_ITEM = re.compile(r"(?P<sign>[•·▪■□◆▲▶○●※])|(?P<dash>[-*+–])\s|\(?(?P<mark>\d{1,3}|[A-Za-z])[.)]\s")
_KEY = re.compile(r"[^\W\d_a-z][\w .'’/&-]{0,30}[:：]\s+\S")
_BYLINE = re.compile(r"(?:By|BY) [^\W\d_a-z]")
_SMALL_BYLINE = re.compile(r"by(?: (?:[^\W\d_a-z][\w.'’-]*|and|de|van|von)){2,6}\Z")
_STAMPED = re.compile(r"\[?\d{1,4}([./-])\d{1,2}\1\d{1,4},? \d{1,2}[:.]\d\d\b|[\[(]\d{1,2}:\d\d")
_META = re.compile(r"\S \| \S")
_WORD = re.compile(r"[^\W\d_]+")
_FINISHED = re.compile(r"[.!?…。！？।؟۔][\"'”’»›)\]}」』）】]*(?:\[\d{1,3}\])*\Z")
_SHORTENED = re.compile(r"\b[^\W\d_a-z][^\W\d_]{0,2}\.\Z")
_GOES_ON = (",", ";", "、", "，", "(", "–", "—", "-", "|", "&", "/")
_DANGLING = word_set(
    """
    a an the of and or to in for on at by with from as that which who is are was were be has have had
    will would his her its their our my your this these those than into between über und der die das de
    la le et
    """
)
# With a capital these begin a sentence, or a title.
_OPENERS = word_set("the a an this that these those it he she they we in on at for but and if when while as after")
_HAN_KANA = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED = re.compile(rf"[\u3001-\u3030\uff08-\uff5e]*[{_HAN_KANA}]")
_UNSPACED_END = re.compile(rf"[{_HAN_KANA}\u3001-\u3030\uff00-\uff60]")
_WORD_HYPHEN = re.compile(r"[^\W_]-\Z")
_SUSPENDED = word_set("and or to und oder et ou y e o og och en of")


@dataclass(frozen=True, slots=True)
class Line:
    """`text[start:end]`, which is `words`, without outer whitespace.

    `kind` is heading | rule | row | code | quoted, or "" for prose.
    """

    start: int
    end: int
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Break:
    """A line break between two lines of a block: `fits` if the next word would have had its place, `goes_on` if what
    stands there shows that a sentence does."""

    hard: bool
    fits: bool
    goes_on: bool
    unfinished: bool


def blocks(text: str) -> Iterator[list[Line]]:
    """The lines of `text` that hold more than whitespace, in order, those between two blank lines together.

    A block of more than `_MOST` lines comes in parts, the last line of one the first of the next.
    """
    block: list[Line] = []
    fenced = False
    for start, end, divides in _stretches(text):
        words = text[start:end].strip()
        if words:
            fence = _FENCE.match(words) is not None
            left = start + len(text[start:end]) - len(text[start:end].lstrip())
            block.append(Line(left, left + len(words), words, "code" if fenced or fence else kind_of_line(words)))
            fenced ^= fence
        if block and (divides or not words):
            yield _with_columns(block)
            block = []
        elif len(block) == _MOST:
            yield _with_columns(block)
            block = block[-1:]
    if block:
        yield _with_columns(block)


def _with_columns(block: list[Line]) -> list[Line]:
    """The block, its lines with a gap as rows where several have one, or all as rows if all have a bar."""
    barred = all(" | " in line.words for line in block) and not _BYLINE.match(block[0].words)
    gaps = [not line.kind and (barred or _has_gap(line.words)) for line in block]
    if sum(gaps) < 2:
        return block
    return [replace(line, kind="row") if gap else line for line, gap in zip(block, gaps, strict=True)]


def _has_gap(words: str) -> bool:
    return "   " in words and _GAP.search(words) is not None


def _stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether the break after it divides) of each line."""
    start = 0
    for match in BREAK.finditer(text):
        yield start, match.start(), match.group() in _DIVIDES
        start = match.end()
    yield start, len(text), False


def kind_of_line(words: str) -> str:
    """heading | rule | row | quoted, or "" for what may be prose; `words` is a line without outer whitespace."""
    if _HEADING.match(words):
        return "heading"
    if _RULE.match(words):
        return "rule"
    if ("|" in words or "\t" in words) and _ROW.match(words):
        return "row"
    return "quoted" if _QUOTED.match(words) else ""


def rows_and_soft_breaks(text: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The spans of the rows of tables, and those between two lines of one paragraph, each in order.

    The latter are whitespace with a line break that only wraps.
    """
    rows: list[tuple[int, int]] = []
    soft: list[tuple[int, int]] = []
    for block in blocks(text):
        rows += [(line.start, line.end) for line in block if line.kind == "row" and len(line.words) <= _LONGEST_ROW]
        soft += [span for span, _ in _soft_spans(block)]
    return rows, soft


def unwrap(text: str) -> str:
    """`text` with each paragraph on one line, if a sentence of it is seen to run over the end of a full line.

    Spaces take the place of the line break and of what is around it; nothing that of one after the hyphen of a
    word, or between two characters of a script without spaces.
    """
    if not any(runs_over for block in blocks(text) for _, runs_over in _soft_spans(block)):
        return text
    unwrapped, position = StringIO(), 0
    for start, end in (span for block in blocks(text) for span, _ in _soft_spans(block)):
        unwrapped.write(text[position:start])
        unwrapped.write(_joint(text, start, end))
        position = end
    unwrapped.write(text[position:])
    return unwrapped.getvalue()


def _joint(text: str, start: int, end: int) -> str:
    if _UNSPACED_END.match(text[start - 1]) and _UNSPACED.match(text, end):
        return ""
    following = _WORD.match(text, end)
    if _WORD_HYPHEN.search(text, max(0, start - 2), start) and text[end].isalnum():
        return " " if following and following.group().casefold() in _SUSPENDED else ""
    return " " * (end - start)


def _soft_spans(block: Sequence[Line]) -> list[tuple[tuple[int, int], bool]]:
    """The span of each break in the block that only wraps, and whether a sentence runs over the end of a full line."""
    if len(block) < 2:
        return []
    breaks, width = _breaks(block)
    spans = []
    wrapped = sum(each.goes_on and not each.fits for each in breaks if not each.hard)
    made = sum(each.fits and not each.goes_on for each in breaks if not each.hard)
    full = sum(not each.fits for each in breaks if not each.hard)
    plausible = wrapped > 0 or (made <= full and width <= _WIDEST)
    strong = 2 * wrapped >= sum(not each.hard for each in breaks)
    inside = False
    for (line, below), each in zip(pairwise(block), breaks, strict=True):
        ragged = strong and inside and each.unfinished and len(line.words) >= _HALF * width
        opens = not wrapped and each.unfinished and _opens(below.words)
        inside = not each.hard and (each.goes_on or ragged or (plausible and not each.fits and not opens))
        if inside:
            spans.append(((line.end, below.start), each.unfinished and not each.fits))
    return spans


def _breaks(block: Sequence[Line]) -> tuple[list[_Break], int]:
    """The breaks of the block, in order, and the width of its column in characters."""
    # A single long word stands out of its column.
    filled = [line.words for line in block if " " in line.words or _UNSPACED.search(line.words)]
    width, wide = (max([_NARROWEST, *map(count, filled)]) for count in (len, _columns))
    # A headline and who wrote it; a sentence has words in small letters.
    titled = all(word[0].isupper() for word in _WORD.findall(block[0].words) if len(word) > _SMALL_WORD)
    alone = titled and len(block) == 2 and _SMALL_BYLINE.match(block[1].words) is not None
    keys = [_KEY.match(line.words) is not None for line in block]
    items = _item_starts(block, width)
    breaks = []
    for n, (line, below) in enumerate(pairwise(block)):
        fits = _fits(line.words, below.words, width, len) and _fits(line.words, below.words, wide, _columns)
        unfinished = not _FINISHED.search(line.words) or _SHORTENED.search(line.words) is not None
        key = keys[0] and keys[n + 1] and (fits or not unfinished or all(keys))
        hard = (
            bool(line.kind or below.kind or key or alone) or n + 1 in items or _STAMPED.match(below.words) is not None
        )
        hard = hard or (unfinished and _is_meta(line, below))
        breaks.append(_Break(hard, fits, _goes_on(line.words, below.words), unfinished))
    return breaks, width


def _fits(line: str, below: str, width: int, count: Callable[[str], int]) -> bool:
    """Whether the first word of the line below would have had its place on the line."""
    head = below[:1] if _UNSPACED.match(below) else below.split(None, 1)[0]
    gap = 0 if _UNSPACED.match(below) and _UNSPACED_END.match(line[-1]) else 1
    return count(line) + gap + count(head) <= width


def _columns(words: str) -> int:
    """The width of `words` where East Asian characters take two columns."""
    if words.isascii():
        return len(words)
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in words)


def _goes_on(line: str, below: str) -> bool:
    """Whether a sentence is seen to go on from the line to the one below."""
    return (below[0].islower() and not below[1:2].isupper()) or _reaches_over(line)


def _reaches_over(line: str) -> bool:
    return line.endswith(_GOES_ON) or line.rpartition(" ")[2].casefold() in _DANGLING


def _opens(below: str) -> bool:
    word = _WORD.match(below)
    return word is not None and word.group()[0].isupper() and word.group().casefold() in _OPENERS


def _is_meta(line: Line, below: Line) -> bool:
    """Whether a byline, or a line of fields, begins below a line that is none."""
    if _BYLINE.match(below.words):
        return True
    return _META.search(below.words) is not None and "|" not in line.words + below.words[:1]


def is_item(words: str) -> bool:
    """Whether a line begins as the items of lists do; a sentence that was wrapped may begin so by chance."""
    return _ITEM.match(words) is not None


def _item_starts(block: Sequence[Line], width: int) -> set[int]:
    """The numbers of the lines that begin an item of a list.

    A sign, number or letter that may stand in a sentence begins one only where nothing goes on: at the beginning,
    after a stop, a colon or a line with room, or as the next one of a list.
    """
    starts: set[int] = set()
    last = ""
    for n, line in enumerate(block):
        mark = _ITEM.match(line.words)
        if mark is None:
            continue
        above = block[n - 1].words if n else ""
        ended = _FINISHED.search(above) and not _SHORTENED.search(above)
        free = not n or ended or above.endswith((":", "：")) or _fits(above, line.words, width, len)
        if mark["sign"] or _follows(mark, last) or (free and not _reaches_over(above)):
            starts.add(n)
            last = mark["dash"] or mark["mark"] or ""
    return starts


def _follows(mark: re.Match[str], last: str) -> bool:
    if mark["dash"]:
        return mark["dash"] == last
    if mark["mark"].isdigit():
        return last.isdigit() and int(mark["mark"]) == int(last) + 1
    return len(last) == 1 and ord(mark["mark"]) == ord(last) + 1
