"""PDF -> its text in reading order, by PDFium: paragraphs of whole words, without what recurs at the edge of each page

Lines are put together by where they stand: two columns one after the other, a paragraph over the end of a page. A word
divided at the end of a line is joined; a hyphen of its own stays. Pictures, and so scanned pages, are not read.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from statistics import median
from typing import Any, BinaryIO

from graphrag_drift.input.decode import UnreadableError, clean
from graphrag_drift.input.extracted import Extracted, Stamp
from graphrag_drift.settings import InputSettings

_NO_EXTRA = 'needs an optional dependency: pip install "graphrag-drift[docs]"'
_MOST_RECTANGLES = 3_000  # on a page; drawings have more, and their text is taken in the file's order
_EDGE_LINES = 3  # at the top and the bottom of a page, where running lines stand
_RUNNING_GAP = 1.2  # times the usual distance of two lines, between a running line and the text
_RECURS = 0.5  # share of the pages on which a running line stands, at least
_WIDE_GAP = 3.0  # line heights between two cells of a row
_NO_GAP = 0.12  # line heights within a word
_NEW_PARAGRAPH = 1.35  # times the usual distance of two lines
_SHORT = 0.8  # of a column's width, below which the last line of a paragraph ends
_CROSSING = 0.12  # share of lines that may run across the gap between two columns
_HYPHENS = "-\u00ad\u2010\x02\ufffe"
_PAGE_NUMBER = re.compile(
    r"\W*(?:[^\W\d_]{1,8}\.?\s)?\d{1,4}(?:\s?(?:/|[^\W\d_]{1,3})\s?\d{1,4})?\W*|\W*[ivxl]{1,7}\W*", re.IGNORECASE
)
_ENDS = re.compile(r"[.!?:。！？…][\"'”’»)\]]*$")
_ITEM = re.compile(r"(?:[-*•·▪■–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_DIVIDED = re.compile(rf"(\w*[^\W\d_])[{_HYPHENS}]$")
_BEGINS = re.compile(r"[^\W\d_]+")
_NO_TITLE = re.compile(
    r"untitled|unnamed|document\d*|presentation\d*|microsoft \w+\s?-|.*\.\w{2,5}$|\W*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a column: where it begins and ends, its bottom and top in points, its text, its place in the file."""

    left: float
    bottom: float
    right: float
    top: float
    text: str
    number: int = -2

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class _Usual:
    """Of a page in points: the distance of two lines, how wide full ones are, how high most are."""

    step: float
    width: float
    height: float


def pdf_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a PDF is.

    Raises: UnreadableError, if it is damaged, needs a password or is a scan, or pypdfium2 is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    try:
        with pypdfium2.PdfDocument(raw.read()) as document:
            pages = [list(_page(page)) for page in document]
            properties = document.get_metadata_dict(skip_empty=True)
            tagged = _lines_of_text(pages)
    except Exception as error:  # what a damaged PDF makes the library raise is not only its own errors
        if "password" in str(error).lower():
            raise UnreadableError("is a PDF with a password; save it without one") from error
        raise UnreadableError(f"is not a readable PDF: {error or type(error).__name__}") from error
    if pages and not tagged:
        raise UnreadableError("is a PDF without text, perhaps a scan; run text recognition (OCR) on it first")
    yield _extract(pages, properties)


def _lines_of_text(pages: Sequence[Sequence[_Line]]) -> int:
    return sum(bool(line.text.strip()) for page in pages for line in page)


def _extract(pages: Sequence[Sequence[_Line]], properties: Mapping[str, str]) -> Extracted:
    running = _running_lines(pages)
    kept = [[line for line in page if id(line) not in running] for page in pages]
    heads = [running[key] for key in running]
    text = clean(_paragraphs(kept))
    empty = sum(not page for page in pages)
    notices = []
    if empty:
        notices.append(f"{empty} page(s) without text, perhaps scans")
    if running:
        notices.append(f"{len(running)} running line(s) and page number(s) left out")
    title = clean(properties.get("Title", "")).strip()
    author = clean(properties.get("Author", "")).strip()
    return Extracted(
        text=text,
        title=title if not _NO_TITLE.match(title) else _largest(kept) or _running_title(heads),
        author="" if author.lower().strip("()") in ("anonymous", "unknown", "unspecified") else author,
        dates=(Stamp(properties.get("CreationDate", ""), "PDF properties", last_resort=True),),
        fields=properties,
        notices=tuple(notices),
    )


def _page(page: Any) -> Iterator[_Line]:
    """The lines of a page in reading order."""
    text_page = page.get_textpage()
    count = text_page.count_rects()
    if count > _MOST_RECTANGLES:
        height = page.get_height()
        for number, line in enumerate(text_page.get_text_range().splitlines()):
            yield _Line(0, height - number - 1, 100, height - number, line)
        return
    pieces = _pieces(text_page, [text_page.get_rect(number) for number in range(count)])
    yield from _in_order(pieces)


def _pieces(text_page: Any, rectangles: Sequence[tuple[float, float, float, float]]) -> list[_Line]:
    """What stands in each of the `rectangles`, as far as anything does.

    Both they and the characters come in the file's order, and each is drawn around characters that follow each other.
    Where letters are moved together (kerning) rectangles overlap; what is asked for by place would come twice.
    """
    from pypdfium2 import raw

    texts = [""] * len(rectangles)
    box = [ctypes.c_double() for _ in range(4)]
    at = 0
    for number in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, number)
        if not code or chr(code) in "\r\n":
            continue
        if not chr(code).isspace() and raw.FPDFText_GetCharBox(text_page, number, *box):
            left, right, bottom, top = (edge.value for edge in box)
            while at < len(rectangles) - 1 and not _contains(rectangles[at], left, bottom, right, top):
                at += 1
        texts[at] += chr(code)
    return [
        _Line(*rectangle, text, number)
        for number, (rectangle, text) in enumerate(zip(rectangles, texts, strict=True))
        if text.strip()
    ]


def _contains(rectangle: tuple[float, float, float, float], *box: float) -> bool:
    left, bottom, right, top = rectangle
    near = 0.01  # points; rectangles are kept with less precision than characters
    inside = left - near <= box[0] and box[2] <= right + near
    return inside and bottom - near <= box[1] and box[3] <= top + near


def _in_order(pieces: Sequence[_Line]) -> Iterator[_Line]:
    """The lines that `pieces` of text make: those of two columns band by band, the left one first."""
    gap = _gap(pieces)
    if gap is None:
        yield from _lines(pieces)
        return
    across = sorted((piece for piece in pieces if piece.left < gap < piece.right), key=lambda piece: -piece.top)
    rest = [piece for piece in pieces if not piece.left < gap < piece.right]
    for piece in [*across, None]:
        bound = piece.top if piece else float("-inf")
        band = [other for other in rest if other.bottom >= bound - 1]
        rest = [other for other in rest if other.bottom < bound - 1]
        yield from _lines([other for other in band if other.right <= gap])
        yield from _lines([other for other in band if other.left >= gap])
        if piece:
            yield piece


def _gap(pieces: Sequence[_Line]) -> float | None:
    """Where the gap between two columns is, or None if there is one column."""
    if len(pieces) < 12:
        return None
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    best, fewest = None, float("inf")
    for step in range(35, 66):
        place = left + (right - left) * step / 100
        crossing = sum(piece.left < place < piece.right for piece in pieces)
        before = [piece for piece in pieces if piece.right <= place]
        after = [piece for piece in pieces if piece.left >= place]
        # Columns are full of lines; what stands far right of a line of its own is a cell or a number.
        full = min(_wide(before, place - left), _wide(after, right - place))
        if crossing <= _CROSSING * len(pieces) and full >= 4 and crossing < fewest:
            best, fewest = place, crossing
    return best


def _wide(pieces: Sequence[_Line], width: float) -> int:
    return sum(piece.right - piece.left > width * 0.6 for piece in pieces)


def _lines(pieces: Sequence[_Line]) -> Iterator[_Line]:
    """The lines of a column, from the top, each of the pieces at its height."""
    row: list[_Line] = []
    for piece in sorted(pieces, key=lambda piece: (-(piece.top + piece.bottom), piece.left)):
        tallest = max(other.height for other in (*row, piece))
        if row and abs((piece.top + piece.bottom) - (row[0].top + row[0].bottom)) > tallest:
            yield _joined(row)
            row = []
        row.append(piece)
    if row:
        yield _joined(row)


def _joined(row: Sequence[_Line]) -> _Line:
    ordered = sorted(row, key=lambda piece: piece.left)
    text = ordered[0].text
    for before, piece in pairwise(ordered):
        distance = (piece.left - before.right) / max(before.height, 1)
        follows = piece.number == before.number + 1  # then PDFium has put a space where there is one
        apart = distance > _NO_GAP and not follows and not text.endswith(" ")
        text = text.rstrip() + " | " if distance > _WIDE_GAP else text + " " * apart
        text += piece.text
    return _Line(
        ordered[0].left,
        min(piece.bottom for piece in row),
        max(piece.right for piece in row),
        max(piece.top for piece in row),
        text,
    )


def _running_lines(pages: Sequence[Sequence[_Line]]) -> dict[int, str]:
    """The lines, by identity, that recur at the top or the bottom of the pages, and page numbers there."""
    heights = [line.height for page in pages for line in page]
    large = 1.3 * median(heights) if heights else 0.0
    edges = [
        [(line, _shapes(line, large)) for line in {id(line): line for line in _edge(page)}.values()] for page in pages
    ]
    times = Counter(shape for edge in edges for shape in {shape for _, shapes in edge for shape in shapes})
    least = max(2, _RECURS * sum(map(bool, pages)))
    return {
        id(line): line.text
        for edge in edges
        for line, shapes in edge
        if all(times[shape] >= least for shape in shapes)
        or (_PAGE_NUMBER.fullmatch(line.text) and line in (edge[0][0], edge[-1][0]))
    }


def _edge(page: Sequence[_Line]) -> list[_Line]:
    """The lines at the top and at the bottom of a page that stand apart from its text, if they do."""
    ordered = sorted(page, key=lambda line: -line.top)
    steps = [before.bottom - line.bottom for before, line in pairwise(page) if before.bottom > line.bottom]
    usual = median(steps) if steps else 0.0
    return [*_apart(ordered, usual), *_apart(ordered[::-1], usual)]


def _apart(ordered: Sequence[_Line], usual: float) -> Sequence[_Line]:
    """The first lines, from an edge of the page, up to the gap before its text; all that may be, if there is none.

    Of a page of one column a line among others at the usual distance is text, though other pages begin as it does.
    """
    for number in range(min(_EDGE_LINES, len(ordered) - 1), 0, -1):
        outer, inner = ordered[number - 1], ordered[number]
        if abs(outer.bottom - inner.bottom) > _RUNNING_GAP * usual:
            return ordered[:number]
    return ordered[:1]


def _shapes(line: _Line, large: float) -> list[tuple[str, bool]]:
    """A line's parts without what differs from page to page, numbers, and whether it is large, as a title is."""
    parts = (" ".join(part.split()).lower() for part in line.text.split("|"))
    return [(re.sub(r"\d+|\b[ivxl]+$", "#", part), line.height > large) for part in parts if part]


def _running_title(heads: Sequence[str]) -> str:
    """The running line that is no page number, as the title that it mostly is."""
    for text in heads:
        title = re.sub(r"(?:\|?\s*[^\W\d_]{1,8}\.?)?\s*\|?\s*\d+\W*$|^\d+\W+", "", text).strip(" |")
        if len(title.split()) >= 2:
            return clean(title)
    return ""


def _largest(pages: Sequence[Sequence[_Line]]) -> str:
    """The first lines of the first page that are in the largest letters, if those are larger than the text's."""
    lines = pages[0] if pages else []
    if len(lines) < 3:
        return ""
    usual = median(line.height for line in lines)
    largest = max(line.height for line in lines[: len(lines) // 2 + 1])
    if largest < 1.2 * usual:
        return ""
    # How high a line is depends on its letters: without one that goes below the line it is a quarter less.
    first = next(at for at, line in enumerate(lines) if line.height > 0.75 * largest and line.height >= 1.2 * usual)
    title = [lines[first].text]
    for line in lines[first + 1 : first + 3]:
        if line.height < max(0.75 * largest, 1.1 * usual):
            break
        title.append(line.text)
    joined = clean(" ".join(" ".join(title).split()))
    return joined if 3 <= len(joined) <= 200 else ""


def _paragraphs(pages: Sequence[Sequence[_Line]]) -> str:
    whole = (_DIVIDED.sub("", line.text) for page in pages for line in page)
    words = Counter(word.lower() for text in whole for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text))
    text = ""
    for page in pages:
        text = _page_text(page, text, words)
    return text


def _page_text(page: Sequence[_Line], text: str, words: Mapping[str, int]) -> str:
    """`text` with the lines of `page` behind it."""
    steps = [before.bottom - line.bottom for before, line in pairwise(page) if before.bottom > line.bottom]
    widths = sorted(line.right - line.left for line in page)
    usual = _Usual(
        step=median(steps) if steps else 0.0,
        width=widths[len(widths) * 9 // 10] if widths else 0.0,
        height=median(line.height for line in page) if len(page) > 3 else float("inf"),
    )
    before: _Line | None = None
    for line in page:
        written = line.text.strip()
        separator = _separator(before, line, text, usual)
        text = _append(text, written, separator, words)
        before = line
    return text


def _separator(before: _Line | None, line: _Line, text: str, usual: _Usual) -> str:
    """What stands between a line and the one before it: a space in a paragraph, a line or a blank line elsewhere."""
    height, width = usual.height, usual.width
    if not text:
        return ""
    written = line.text.strip()
    goes_on = not _ENDS.search(text) and (written[:1].islower() or text[-1] in _HYPHENS)
    if before is None or before.bottom < line.bottom:  # another page or column
        return " " if goes_on else "\n\n"
    step = before.bottom - line.bottom
    heading = min(before.height, line.height) > 1.1 * height and step < 1.6 * max(before.height, line.height)
    if heading and not _ENDS.search(before.text) and abs(before.left - line.left) < line.height:
        return " "
    if (usual.step and step > _NEW_PARAGRAPH * usual.step) or abs(before.height - line.height) > 0.25 * line.height:
        return " " if goes_on and step < 2 * usual.step else "\n\n"
    short = before.right - before.left < _SHORT * width
    if _ITEM.match(written) or " | " in written or " | " in before.text:
        return "\n"
    if short and _ENDS.search(before.text):
        return "\n\n"
    return "\n" if short and not goes_on and before.right - before.left < 0.5 * width else " "


def _append(text: str, written: str, separator: str, words: Mapping[str, int]) -> str:
    divided = _DIVIDED.search(text[-60:]) if separator == " " else None
    begins = _BEGINS.match(written)
    if divided is None or begins is None or not begins[0][0].islower():
        joint = "" if separator == " " and text[-1:] in _HYPHENS and text[-2:-1].isalnum() else separator
        return f"{text[:-1]}-{joint}{written}" if text and text[-1] in _HYPHENS else text + joint + written
    hyphen = "-" if text[-1] != "\u00ad" and _is_compound(divided[1], begins[0], words) else ""
    return text[:-1] + hyphen + written


def _is_compound(first: str, last: str, words: Mapping[str, int]) -> bool:
    """Whether the hyphen between the halves of a word belongs to it: as elsewhere in the text, or as in English."""
    first, last = first.lower(), last.lower()
    with_hyphen, closed = words.get(f"{first}-{last}", 0), words.get(first + last, 0)
    if with_hyphen or closed:
        return with_hyphen > closed
    lists = _compounds()
    if f"{first}-{last}" in lists["whole"]:
        return True
    known = first in lists["first"] or words.get(first, 0) > 0
    return known and last in lists["last"] and first + last not in lists["closed"]


@lru_cache(maxsize=1)
def _compounds() -> dict[str, frozenset[str]]:
    lines = resources.files("graphrag_drift.input").joinpath("compounds.txt").read_text("utf-8").splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {kind: frozenset(words.split()) for kind, _, words in pairs}
