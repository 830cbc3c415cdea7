"""PDF and Word files -> their text, through the extra `docs`. Pictures, and so scanned pages, are not read."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from graphrag_drift.input.decode import UnreadableError, clean

_NO_EXTRA = 'needs an optional dependency: pip install "graphrag-drift[docs]"'
_MAX_UNZIPPED = 1 << 29
_MAX_RATIO = 200
_SMALL = 1 << 24  # a small archive's ratio does not matter
_MAX_PARTS = 10_000
_ARCHIVES = (".zip", ".7z", ".gz", ".bz2", ".xz", ".rar", ".tar")


def pdf_text(raw: BinaryIO) -> str:
    """The text of a PDF's pages, with a blank line between them.

    Raises: UnreadableError, if it is damaged, encrypted or a scan, or pypdf is not installed.
    """
    try:
        from pypdf import PdfReader
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    try:
        pages = [clean(page.extract_text()).strip() for page in PdfReader(raw).pages]
    except Exception as error:  # what a damaged PDF makes pypdf raise is not only its own errors
        raise UnreadableError(f"is not a readable PDF: {_said(error)}") from error
    if pages and not any(pages):
        raise UnreadableError("is a PDF without text, perhaps a scan")
    return "\n\n".join(filter(None, pages))


def docx_text(raw: BinaryIO) -> str:
    """The paragraphs and table rows of a Word file, in order, with a blank line between them.

    Raises: UnreadableError, if it is damaged or unpacks to too much, or python-docx is not installed.
    """
    try:
        import docx
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    _check_archive(raw)
    try:
        document = docx.Document(io.BytesIO(raw.read()))
        return "\n\n".join(filter(None, (clean(block).strip() for block in _blocks(document))))
    except Exception as error:  # python-docx lets through whatever zipfile and lxml raise
        raise UnreadableError(f"is not a readable Word file: {_said(error)}") from error


def _blocks(document: Any) -> Iterator[str]:
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            yield "\n".join("\t".join(cell.text for cell in row.cells) for row in block.rows)
        else:
            yield block.text


def _check_archive(raw: BinaryIO) -> None:
    """Raises: UnreadableError, if unpacking would cost far more than the file's size promises."""
    try:
        parts = zipfile.ZipFile(raw).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableError("is not a readable Word file: not a ZIP archive") from error
    packed = sum(part.compress_size for part in parts)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MAX_PARTS or unpacked > _MAX_UNZIPPED or unpacked > max(_SMALL, packed * _MAX_RATIO):
        raise UnreadableError(f"would unpack from {packed:,} to {unpacked:,} bytes in {len(parts):,} parts")
    nested = [part.filename for part in parts if part.filename.lower().endswith(_ARCHIVES)]
    if nested:
        raise UnreadableError(f"holds another archive, {nested[0]!r}")
    raw.seek(0)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
