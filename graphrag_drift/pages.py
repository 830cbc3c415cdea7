"""An answer -> a page of its own, as Markdown or as HTML: text, DRIFT's tree of questions and answers, sources, notes.

A page needs nothing but itself: no scripts, no fonts, no network. What documents and models said is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from graphrag_drift.values import Answer, Branch, Citation

_MARK = re.compile(r"\[(\d+)\]")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_STYLE = """
body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 Georgia,serif;color:#222;background:#fdfdfb}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.05rem;margin-top:2.2rem;text-transform:uppercase;
letter-spacing:.06em;color:#666}details{margin:.4rem 0 .4rem 0;padding-left:1rem;border-left:2px solid #ddd}
summary{cursor:pointer;font-weight:bold}.score{color:#666;font-weight:normal;font-size:.85rem}
a{color:#06c;text-decoration:none}ol{padding-left:2.2rem}li{margin:.5rem 0}li:target{background:#fff4c2}
q,blockquote{color:#444;font-style:italic}.open{color:#666}.meta{color:#666;font-size:.9rem}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{color:#6af}li:target{background:#443c10}
q,.meta,.score,h2,.open{color:#aaa}details{border-color:#444}}
"""


def markdown_page(answer: Answer) -> str:
    """The answer as Markdown."""
    lines = [f"# {answer.question}", "", answer.text, ""]
    if answer.tree is not None:
        lines += ["## Questions and answers", "", *_markdown_branch(answer.tree, 0), ""]
    if sources := sources_of(answer):
        lines += ["## Sources", ""]
        lines += [f"{c.mark}. {c.document_title}, characters {c.start}-{c.end}: “{_flat(c.quote)}”" for c in sources]
        lines += [""]
    lines += [f"> {note}." for note in answer.notes]
    return "\n".join(lines).rstrip() + "\n"


def html_page(answer: Answer) -> str:
    """The answer as one HTML file."""
    parts = [f"<h1>{escape(answer.question)}</h1>", *_paragraphs(answer.text)]
    if answer.tree is not None:
        parts += ["<h2>Questions and answers</h2>", _html_branch(answer.tree, is_open=True)]
    if sources := sources_of(answer):
        parts += ["<h2>Sources</h2>", "<ol>", *map(_html_source, sources), "</ol>"]
    parts += [f'<p class="meta">{escape(note)}.</p>' for note in answer.notes]
    head = f'<meta charset="utf-8"><title>{escape(answer.question)}</title><style>{_STYLE}</style>'
    body = "\n".join(parts)
    return f"<!doctype html>\n<html><head>{head}</head>\n<body>\n{body}\n</body></html>\n"


def sources_of(answer: Answer) -> list[Citation]:
    """The citations of the text and of all branches, each mark once, in order."""
    found = {citation.mark: citation for citation in answer.citations}
    for branch in _branches(answer.tree):
        found |= {citation.mark: citation for citation in branch.citations}
    return [found[mark] for mark in sorted(found)]


def _branches(branch: Branch | None) -> Iterator[Branch]:
    if branch is not None:
        yield branch
        for child in branch.children:
            yield from _branches(child)


def _markdown_branch(branch: Branch, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}- **{branch.question}** (score {branch.score:.0f}, relevance {branch.relevance:.2f})"
    for paragraph in branch.answer.split("\n"):
        if paragraph.strip():
            yield f"{indent}  {paragraph.strip()}"
    for child in branch.children:
        yield from _markdown_branch(child, depth + 1)
    for question in branch.follow_ups:
        yield f"{indent}  - {question} (not asked)"


def _html_branch(branch: Branch, *, is_open: bool = False) -> str:
    numbers = f"score {branch.score:.0f}, relevance {branch.relevance:.2f}"
    if branch.usage.calls:
        numbers += f", {branch.usage.calls} calls, {branch.usage.prompt_tokens + branch.usage.completion_tokens} tokens"
    head = f'<summary>{escape(branch.question)} <span class="score">({numbers})</span></summary>'
    below = "".join(_html_branch(child) for child in branch.children)
    left = "".join(f"<li>{escape(question)}</li>" for question in branch.follow_ups)
    unasked = f'<div class="open">Not asked:<ul>{left}</ul></div>' if left else ""
    opened = " open" if is_open else ""
    return f"<details{opened}>{head}{''.join(_paragraphs(branch.answer))}{below}{unasked}</details>"


def _html_source(citation: Citation) -> str:
    place = f"characters {citation.start}-{citation.end}"
    title = f'{escape(citation.document_title)}, <span class="score">{place}</span>'
    return f'<li id="s{citation.mark}" value="{citation.mark}">{title}<br><q>{escape(_flat(citation.quote))}</q></li>'


def _paragraphs(text: str) -> Iterator[str]:
    """The Markdown that answers are written in (headings, bold, lists, paragraphs), escaped, with linked marks."""
    for block in re.split(r"\n\s*\n", text.strip()):
        for line in block.split("\n"):
            heading = _HEADING.match(line)
            if heading:
                yield f"<h3>{_inline(heading[2])}</h3>"
            elif line.strip():
                yield f"<p>{_inline(line.strip())}</p>"


def _inline(text: str) -> str:
    bold = _BOLD.sub(r"<b>\1</b>", escape(text))
    return _MARK.sub(r'<a href="#s\1">[\1]</a>', bold)


def _flat(text: str) -> str:
    return " ".join(text.split())
