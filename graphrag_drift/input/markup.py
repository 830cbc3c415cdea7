"""reStructuredText and LaTeX -> documents, without their commands; headings are marked as in Markdown

Comments, code, tables and displayed formulas are left out, formulas in a line stay as they are written. Macros that a
file defines itself are not expanded: their names go, their arguments stay.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from graphrag_drift.input.decode import clean, open_text, read_text
from graphrag_drift.input.extracted import Extracted
from graphrag_drift.input.records import describe
from graphrag_drift.input.text import first_heading, markdown_sections
from graphrag_drift.settings import InputSettings

_ADORNMENT = re.compile(r"^([=\-~^\"'`#*+.:_])\1{2,}[ \t]*$")
_ROLE = re.compile(r":[\w:.+-]+:`([^`<]+?)(?:\s*<[^`>]*>)?`|`([^`<]+?)\s*<[^`>]*>`__?|``([^`]+)``|`([^`]+)`_{0,2}")
_DIRECTIVE = re.compile(r"^(\s*)\.\.(?:\s+(.*))?$")
_SHOWN = re.compile(
    r"(?:note|warning|tip|important|hint|caution|admonition|epigraph|sidebar|topic|figure|table)::\s*(.*)"
)
_FIELD = re.compile(r"^:([\w -]+):\s+(.+)$")


def restructured(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a reStructuredText file is; comments, code and directives without text are left out."""
    lines = read_text(open_text(raw, settings.encoding)).split("\n")
    kept, fields = _restructured_lines(lines)
    text = _ROLE.sub(lambda match: next(filter(None, match.groups()), ""), "\n".join(kept)).strip("\n")
    text = re.sub(r"(\*{1,2})(?=\S)([^*\n]+?)(?<=\S)\1", r"\2", text)
    document = Extracted(text=text + "\n", title=first_heading(text), sections=markdown_sections(text), fields=fields)
    yield describe(document, settings)


def _restructured_lines(lines: list[str]) -> tuple[list[str], dict[str, object]]:
    kept: list[str] = []
    fields: dict[str, object] = {}
    levels: dict[str, int] = {}
    inside = -1  # the indent of a directive whose content is left out
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if inside >= 0 and (not line.strip() or indent > inside):
            continue
        inside = -1
        directive = _DIRECTIVE.match(line)
        if directive:
            shown = _SHOWN.match(directive[2] or "")
            inside = -1 if shown else len(directive[1])
            kept += [shown[1]] if shown and "figure" not in shown[0] and shown[1] else []
        elif (match := _FIELD.match(line)) and not any(text.strip() and not text.startswith("#") for text in kept):
            fields[match[1]] = match[2].strip()
        elif _ADORNMENT.match(line) and kept and kept[-1].strip() and kept[-1][:1] != "#":
            kept[-1] = f"{'#' * min(6, levels.setdefault(line[0], len(levels) + 1))} {kept[-1].strip()}"
        elif not (_ADORNMENT.match(line) and number + 2 < len(lines) and lines[number + 2].strip() == line.strip()):
            kept.append(line)
    return kept, fields


_TEX_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n?[ \t]*")
_TEX_ARGUMENT = r"\s*(?:\[[^\]]*\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_TEX_HEADINGS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_TEX_HEADING = re.compile(rf"\\({'|'.join(_TEX_HEADINGS)})\*?{_TEX_ARGUMENT}")
_TEX_DROPPED = re.compile(
    r"\\begin\{(equation|align|tikzpicture|lstlisting|verbatim|thebibliography|tabular|figure|table)(\*?)\}"
    r"((?:(?!\\begin\{\1\2\}).)*?)\\end\{\1\2\}",
    re.DOTALL,
)
_TEX_CAPTION = re.compile(rf"\\caption{_TEX_ARGUMENT}")
_TEX_SILENT = re.compile(
    r"\\(?:cite\w*|ref|eqref|autoref|cref|label|pageref|bibliography|bibliographystyle|vspace|hspace|includegraphics|"
    rf"input|include|usepackage|documentclass|thispagestyle|pagestyle|setlength|index){_TEX_ARGUMENT}"
)
_TEX_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^}]*\}(?:\[[^\]]*\])?")
_TEX_FOOTNOTE = re.compile(rf"\\footnote{_TEX_ARGUMENT}")
_TEX_WRAPPED = re.compile(rf"\\[A-Za-z]+\*?{_TEX_ARGUMENT}")
_TEX_ACCENT = re.compile(r"""\\(?:([`'^"~=.])\s*\{?\\?(\w)\}?|([uvHcdbkr])(?:\{\\?(\w)\}|\s+\\?(\w)))""")
_TEX_SIGNS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307"}
_TEX_SIGNS |= {
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "d": "\u0323",
    "b": "\u0331",
    "k": "\u0328",
    "r": "\u030a",
}
_TEX_LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "l": "ł",
    "L": "Ł",
}
_TEX_LETTER = re.compile(r"\\(ss|ae|AE|oe|OE|aa|AA|o|O|l|L)(?:\{\}|\s+|(?![A-Za-z]))")
_TEX_QUOTES = (("``", "“"), ("''", "”"), ("---", "—"), ("--", "–"), ("~", " "), ("\\\\", "\n"))


def latex(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a LaTeX file is: its text without preamble, commands, tables and displayed formulas."""
    source = _TEX_COMMENT.sub("", read_text(open_text(raw, settings.encoding)))
    begin = source.find(r"\begin{document}")
    body = source[begin + len(r"\begin{document}") :] if begin >= 0 else source
    body = body.partition(r"\end{document}")[0]
    commands = {name: _tex_command(name, source) for name in ("title", "author", "date")}
    fields = {name: _plain_tex(match[1]) for name, match in commands.items() if match}
    body = re.sub(rf"\\(?:title|author|date|maketitle)(?:{_TEX_ARGUMENT}|(?![A-Za-z]))", "", body)
    left_out = sum(1 for _ in _TEX_DROPPED.finditer(body))
    body = _TEX_DROPPED.sub(lambda match: "\n\n".join(_TEX_CAPTION.findall(match[3])), body)
    text = clean(_plain_tex(body))
    notices = (f"{left_out} table(s), figure(s) and formula(s) left out",) if left_out else ()
    document = Extracted(text=text, sections=markdown_sections(text), fields=fields, notices=notices)
    yield describe(document, settings)


def _tex_command(name: str, source: str) -> re.Match[str] | None:
    return re.search(rf"\\{name}{_TEX_ARGUMENT}", source)


def _plain_tex(text: str) -> str:
    text = _TEX_HEADING.sub(lambda match: f"\n\n{'#' * _TEX_HEADINGS[match[1]]} {match[2].strip()}\n\n", text)
    text = _TEX_FOOTNOTE.sub(r" (\1)", text)
    text = _TEX_ACCENT.sub(lambda match: (match[2] or match[4] or match[5]) + _TEX_SIGNS[match[1] or match[3]], text)
    text = _TEX_LETTER.sub(lambda match: _TEX_LETTERS[match[1]], text)
    text = _TEX_ENVIRONMENT.sub("\n", _TEX_SILENT.sub("", text))
    text = re.sub(rf"\\(?:href|textcolor|colorbox){_TEX_ARGUMENT}\s*\{{([^{{}}]*)\}}", r"\2", text)
    for _ in range(4):  # commands inside commands
        text = _TEX_WRAPPED.sub(r"\1", text)
    text = re.sub(r"\\item\b(?:\[([^\]]*)\])?", r"\n- \1", text)
    for sign, kept in _TEX_QUOTES:
        text = text.replace(sign, kept)
    text = re.sub(r"\\([%&$#_{}])", "\\1", re.sub(r"\\(?:and|par|newline|newpage)\b", "\n", text))
    text = re.sub(r"\\[A-Za-z]+\*?[ \t]*", "", text).replace("{", "").replace("}", "")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+(?=\n)|(?<=\n)[ \t]+", "", text)).strip()
