"""Word, PowerPoint, Excel and e-books -> documents, through the extra `docs` where a library reads them

Word is read by mammoth, which gives HTML of what the file says: insertions, content controls, text boxes, footnotes and
comments, not deletions. Slides and e-books are parts of XML and XHTML in an archive, which the standard library opens.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote
from xml.etree import ElementTree

from graphrag_drift.input.decode import UnreadableError, clean, open_text, read_text
from graphrag_drift.input.delimited import table_rows
from graphrag_drift.input.extracted import Extracted, Stamp, join_sections
from graphrag_drift.input.html import read_page
from graphrag_drift.input.records import TEXTS, plain_name
from graphrag_drift.settings import InputSettings

_NO_EXTRA = 'needs an optional dependency: pip install "graphrag-drift[docs]"'
_MAX_UNZIPPED = 1 << 29
_MAX_RATIO = 200
_SMALL = 1 << 24  # a small archive's ratio does not matter
_MAX_PARTS = 10_000
_ARCHIVES = (".zip", ".7z", ".gz", ".bz2", ".xz", ".rar", ".tar")
_PICTURE = re.compile(r"<img[^>]*>")
_BACK = re.compile(r'\s*<a href="#[^"]*-ref-[^"]*">↑</a>')
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_HIDDEN_RUN = re.compile(rb"<w:vanish\s*(?:w:val=\"(?:1|true|on)\"\s*)?/>")


def word_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a Word file is: paragraphs, and a line for each row of a table.

    Raises: UnreadableError, if it is damaged or unpacks to too much, or mammoth is not installed.
    """
    try:
        import mammoth
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    with _archive(raw, "Word file") as archive:
        properties = _properties(archive)
        packed = _without_hidden_runs(archive)
    try:
        page = mammoth.convert_to_html(
            packed,
            style_map="comment-reference => sup",
            convert_image=mammoth.images.img_element(lambda image: {"src": ""}),
        ).value
    except Exception as error:  # mammoth lets through whatever zipfile and the parser of XML raise
        raise UnreadableError(f"is not a readable Word file: {error or type(error).__name__}") from error
    pictures = len(_PICTURE.findall(page))
    document = read_page(clean(f"<body>{_BACK.sub('', _PICTURE.sub('', page))}</body>"))
    yield _with_properties(document, properties, "Word", (f"{pictures} picture(s) left out",) if pictures else ())


def _without_hidden_runs(archive: zipfile.ZipFile) -> io.BytesIO:
    """The archive, without the text that Word hides, which nobody sees."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as copy:
        for part in archive.infolist():
            if part.filename.startswith(("word/media/", "docProps/thumbnail")):
                copy.writestr(part.filename, b"")
                continue
            content = archive.read(part)
            if part.filename.startswith("word/") and _HIDDEN_RUN.search(content):
                content = _drop_hidden(content)
            copy.writestr(part.filename, content)
    packed.seek(0)
    return packed


def _drop_hidden(content: bytes) -> bytes:
    for prefix, uri in re.findall(rb'xmlns:(\w+)="([^"]*)"', content):
        ElementTree.register_namespace(prefix.decode(), uri.decode())
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError):
        return content
    for run in root.iter(f"{_W}r"):
        vanish = run.find(f"{_W}rPr/{_W}vanish")
        if vanish is not None and vanish.get(f"{_W}val", "1") in ("1", "true", "on"):
            for child in list(run):
                run.remove(child)
    return ElementTree.tostring(root)


def _properties(archive: zipfile.ZipFile) -> dict[str, str]:
    """What an Office file says of itself, by name: title, creator, created, modified, ..."""
    try:
        root = ElementTree.fromstring(archive.read("docProps/core.xml"))
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile):
        return {}
    return {child.tag.rpartition("}")[2]: clean(child.text).strip() for child in root if child.text}


def _with_properties(
    document: Extracted, properties: dict[str, str], program: str, notices: tuple[str, ...]
) -> Extracted:
    by_library = properties.get("creator", "") == "python-docx"  # whose template has its own dates
    created = "" if by_library else properties.get("created", "")
    return Extracted(
        text=document.text,
        title=properties.get("title", "") if len(properties.get("title", "").split()) > 1 else document.title,
        dates=(Stamp(created, f"{program} properties", last_resort=True),) if created else (),
        author="" if by_library else properties.get("creator", ""),
        sections=document.sections,
        fields=properties,
        notices=(*document.notices, *notices),
    )


def slides(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a presentation is: its slides in order, with their notes.

    Raises: UnreadableError, if it is damaged or unpacks to too much.
    """
    with _archive(raw, "PowerPoint file") as archive:
        try:
            parts = list(_slides(archive))
            properties = _properties(archive)
        except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, ValueError) as error:
            raise UnreadableError(f"is not a readable PowerPoint file: {error}") from error
    text, sections = join_sections(parts)
    title = next((section.title.partition(": ")[2] for section in sections), "")
    yield _with_properties(Extracted(text=text, title=title, sections=sections), properties, "PowerPoint", ())


def _slides(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, int]]:
    """("Slide 3: its title", its text, 1) of each slide that is shown."""
    order = _relations(archive, "ppt/presentation.xml")
    shown = ElementTree.fromstring(archive.read("ppt/presentation.xml"))
    numbers = [entry.get(f"{_R}id") for entry in shown.iter() if entry.tag.endswith("}sldId")]
    for number, target in enumerate((order[key] for key in numbers if key in order), start=1):
        slide = ElementTree.fromstring(archive.read(target))
        if slide.get("show") == "0":
            continue
        title, paragraphs = _slide_text(slide)
        for name in _relations(archive, target).values():
            if "notesSlide" in name:
                paragraphs += _slide_text(ElementTree.fromstring(archive.read(name)))[1]
            elif "/diagrams/data" in name:
                paragraphs += _paragraphs(ElementTree.fromstring(archive.read(name)))
        yield f"Slide {number}: {title}" if title else f"Slide {number}", "\n\n".join(paragraphs), 1


def _slide_text(slide: ElementTree.Element) -> tuple[str, list[str]]:
    """(its title, its paragraphs and rows of tables), without numbers, dates and footers of the layout."""
    title, paragraphs = "", list[str]()
    for shape in slide.iter():
        kind = shape.tag.rpartition("}")[2]
        if kind not in ("sp", "graphicFrame"):
            continue
        holder = next((element.get("type", "") for element in shape.iter() if element.tag.endswith("}ph")), "")
        if holder in ("sldNum", "dt", "ftr", "hdr", "sldImg"):
            continue
        rows = [[" ".join(_paragraphs(cell)) for cell in row.iter(f"{_A}tc")] for row in shape.iter(f"{_A}tr")]
        texts = ["\n".join(" | ".join(filter(None, row)) for row in rows)] if rows else _paragraphs(shape)
        if holder in ("title", "ctrTitle") and not title:
            title = " ".join(texts)
        paragraphs += filter(None, texts)
    return title, paragraphs


def _paragraphs(element: ElementTree.Element) -> list[str]:
    texts = []
    for paragraph in element.iter(f"{_A}p"):
        parts = [part for part in paragraph.iter() if part.tag in (f"{_A}t", f"{_A}br")]
        pieces = [(part.text or "") if part.tag == f"{_A}t" else "\n" for part in parts]
        texts.append(clean("".join(pieces)).strip())
    return [text for text in texts if text]


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts to which `part` refers, by the id of the reference."""
    folder, _, name = part.rpartition("/")
    try:
        root = ElementTree.fromstring(archive.read(f"{folder}/_rels/{name}.rels"))
    except KeyError:
        return {}
    targets = {}
    for relation in root:
        if relation.get("TargetMode") != "External":
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            targets[relation.get("Id", "")] = path
    return {key: path for key, path in targets.items() if path in archive.namelist()}


def workbook(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The documents of a workbook: the rows of a sheet that has a column of text, else the sheets as one document.

    Raises: UnreadableError, if it is damaged, or python-calamine is not installed.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    try:
        if zipfile.is_zipfile(raw):
            _archive(raw, "workbook").close()
        raw.seek(0)
        book_ = python_calamine.CalamineWorkbook.from_filelike(raw)
        visible = [sheet.name for sheet in book_.sheets_metadata if "Visible" in str(sheet.visible)]
        sheets = [(name, _cells(book_.get_sheet_by_name(name).to_python())) for name in visible]
    except UnreadableError:
        raise
    except Exception as error:  # the library's errors have no common class
        raise UnreadableError(f"is not a readable workbook: {error}") from error
    tables: list[tuple[str, str, int]] = []
    for name, rows in sheets:
        if rows and _has_text_column(rows[0], settings):
            yield from table_rows(rows[0], rows[1:], settings)
        else:
            lines = (" | ".join(filter(None, row)) for row in rows)
            tables.append((name, "\n".join(filter(None, lines)), 1))
    if tables:
        text, sections = join_sections(tables)
        yield Extracted(text=text, sections=sections)


def _has_text_column(header: list[str], settings: InputSettings) -> bool:
    named = (settings.text_column,) if isinstance(settings.text_column, str) else settings.text_column or ()
    return any(name in named or (not named and plain_name(name) in TEXTS) for name in header)


def _cells(rows: list[list[Any]]) -> list[list[str]]:
    texts = [[_cell(value) for value in row] for row in rows]
    return [row for row in texts if any(row)]


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value)).strip()


def book(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that an e-book is: its chapters in the order in which they are read.

    Raises: UnreadableError, if it is damaged or unpacks to too much.
    """
    with _archive(raw, "e-book") as archive:
        try:
            package = _package(archive)
            root = ElementTree.fromstring(archive.read(package))
            parts = list(_chapters(archive, posixpath.dirname(package), root))
        except (KeyError, StopIteration, ElementTree.ParseError, zipfile.BadZipFile) as error:
            raise UnreadableError(f"is not a readable e-book: {error}") from error
    said: dict[str, str] = {}
    for element in root.iter():
        if element.tag.startswith("{http://purl.org/dc/elements/") and element.text:
            said.setdefault(element.tag.rpartition("}")[2], clean(element.text).strip())
    text, sections = join_sections(parts)
    yield Extracted(
        text=text,
        title=said.get("title", ""),
        dates=(Stamp(said["date"], "e-book 'date'"),) if said.get("date") else (),
        author=said.get("creator", ""),
        source=said.get("publisher", ""),
        language=said.get("language", "")[:2].lower(),
        sections=sections,
        fields=said,
    )


def _package(archive: zipfile.ZipFile) -> str:
    container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
    return next(element.get("full-path", "") for element in container.iter() if element.tag.endswith("}rootfile"))


def _chapters(archive: zipfile.ZipFile, folder: str, root: ElementTree.Element) -> Iterator[tuple[str, str, int]]:
    """(title, text, 1) of each part of the spine."""
    items = {item.get("id"): item for item in root.iter() if item.tag.endswith("}item")}
    for reference in root.iter():
        if not reference.tag.endswith("}itemref") or reference.get("idref") not in items:
            continue
        item = items[reference.get("idref")]
        if "nav" in item.get("properties", "").split() or "html" not in item.get("media-type", "html"):
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        page = read_page(read_text(open_text(io.BytesIO(archive.read(path)), None)))
        yield page.title, page.text, 1


def _archive(raw: BinaryIO, what: str) -> zipfile.ZipFile:
    """`raw` as an archive.

    Raises: UnreadableError, if it is none, or if unpacking would cost far more than the file's size promises.
    """
    try:
        archive = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableError(f"is not a readable {what}: not a ZIP archive") from error
    parts = archive.infolist()
    packed = sum(part.compress_size for part in parts)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MAX_PARTS or unpacked > _MAX_UNZIPPED or unpacked > max(_SMALL, packed * _MAX_RATIO):
        raise UnreadableError(f"would unpack from {packed:,} to {unpacked:,} bytes in {len(parts):,} parts")
    nested = [part.filename for part in parts if part.filename.lower().endswith(_ARCHIVES)]
    if nested:
        raise UnreadableError(f"holds another archive, {nested[0]!r}")
    return archive
