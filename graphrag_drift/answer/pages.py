"""An answer -> a page of its own, as Markdown or as HTML: text, DRIFT's tree of questions and answers, sources, notes.
For a notebook it is a part of a page.

A page needs nothing but itself: no scripts, no fonts, no network. What documents and models said is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from graphrag_drift.language.detect import language_of
from graphrag_drift.query.graph import Graph
from graphrag_drift.tables import content_id
from graphrag_drift.values import Answer, Branch, Citation

_MARK = re.compile(r"\[(\d+)\]")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_ITEM = re.compile(r"^[-*•]\s+(.*)$")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_LINK = re.compile(r"\]([(\[:])")  # an inline link, one by reference, and the definition of one
_AROUND = 160  # characters of context before and after a quote
_LEGEND = (
    "Score: how far an answer helps with its question, from 0 to 100, as its reader judged. Relevance: how near a"
    " question is to the one asked, from 0 to 1."
)
_STYLE = """
:root{color-scheme:light dark;--text:#222;--page:#fdfdfb;--quiet:#5c5c5c;--line:#d8d8d4;--link:#0a58ca;--lit:#fff1b8}
@media(prefers-color-scheme:dark){:root{--text:#ddd;--page:#181818;--quiet:#a5a5a5;--line:#444;--link:#79b0ff;
--lit:#4a4012}}
body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1.05rem/1.6 Georgia,serif;color:var(--text);
background:var(--page);overflow-wrap:anywhere}
@media print{body{max-width:none;margin:0;font-size:10.5pt;color:#000;background:none}a{color:inherit}
details{border:0;padding:0}details::details-content{content-visibility:visible;block-size:auto}
summary{list-style:none}li,blockquote{break-inside:avoid}.back{display:none}}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2.5rem}h3{font-size:1.05rem}
"""
_RULES = """
a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
details{margin:.6rem 0;padding-left:.9rem;border-left:2px solid var(--line)}summary{cursor:pointer;font-weight:bold}
.quiet{color:var(--quiet);font-size:.9rem;font-weight:normal}ol.sources{padding-left:2.4rem}
ol.sources li{margin:1rem 0}blockquote{margin:.2rem 0;color:var(--quiet);font-size:.95rem}
blockquote mark{color:var(--text);background:none}:target,li:target mark{background:var(--lit)}
"""
# Of a part of a page, whose colours and letters are those around it.
_PART = f"""
.graphrag-answer{{--text:inherit;--quiet:color-mix(in srgb,currentColor 70%,transparent);--line:#8886;--link:LinkText;
--lit:#ffd33d55;max-width:44rem;overflow-wrap:anywhere;h1{{font-size:1.25em}}h2{{font-size:1.1em}}h3{{font-size:1em}}
{_RULES}}}
"""


def markdown_page(answer: Answer) -> str:
    """The answer as Markdown."""
    lines = [f"# {_tame(_flat(answer.question))}", "", _tame(answer.text), ""]
    if answer.tree is not None:
        lines += ["## Questions and answers", "", _LEGEND, "", *_markdown_branch(answer.tree, 0), ""]
    if sources := sources_of(answer):
        lines += ["## Sources", ""]
        for source in sources:
            where = ", ".join((_tame(_flat(source.document_title)), *_place(source)))
            lines.append(f"{source.mark}. {where}: “{_tame(_flat(source.quote))}”")
        lines += [""]
    lines += [f"> {_tame(_flat(note))}.\n" for note in answer.notes]
    return "\n".join(lines).rstrip() + "\n"


def html_page(answer: Answer, graph: Graph | None = None) -> str:
    """The answer as one HTML file; with the `graph` of its index, sources have what stands around."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(_flat(answer.question))}</title><style>{_STYLE}{_RULES}</style>"
    )
    body = _body(answer, graph)
    language = language_of(answer.question)
    return (
        f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body><main>\n{body}\n</main></body></html>\n'
    )


def html_part(answer: Answer) -> str:
    """The answer as a part of a page that holds other answers too; its styles are for itself alone."""
    prefix = f"{content_id(answer.question, answer.text)[:8]}-"
    return f'<div class="graphrag-answer"><style>{_PART}</style>\n{_body(answer, None, prefix)}\n</div>\n'


def _body(answer: Answer, graph: Graph | None, prefix: str = "") -> str:
    """What stands on the page; the names of places in it begin with `prefix`."""
    question, sources = escape(_flat(answer.question)), sources_of(answer)
    text = _Text(frozenset(source.mark for source in sources), prefix)
    parts = [f"<h1>{question}</h1>", f'<p class="quiet">{_summary(answer, sources)}</p>', *text.blocks(answer.text)]
    if answer.tree is not None:
        parts += ["<h2>Questions and answers</h2>", f'<p class="quiet">{_LEGEND}</p>', _html_branch(answer.tree, text)]
    if sources:
        items = [_html_source(source, graph, text) for source in sources]
        parts += ["<h2>Sources</h2>", '<ol class="sources">', *items, "</ol>"]
    if answer.notes:
        parts += ["<h2>Notes</h2>", "<ul>", *(f"<li>{escape(_sentence(note))}</li>" for note in answer.notes), "</ul>"]
    return "\n".join(parts)


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
    yield f"{indent}- **{_tame(_flat(branch.question))}** ({_numbers(branch, root=depth == 0)})"
    for paragraph in branch.answer.split("\n"):
        if paragraph.strip():
            yield f"\n{indent}  {_tame(paragraph.strip())}"
    for child in branch.children:
        yield from _markdown_branch(child, depth + 1)
    for question in branch.follow_ups:
        yield f"{indent}  - {_tame(_flat(question))} (not asked)"


def _html_branch(branch: Branch, text: _Text, *, root: bool = True) -> str:
    """A branch, closed; the root is open and its own answer, of which the final one was made, is closed."""
    said = "".join(text.blocks(branch.answer))
    if root and branch.children:
        said = f'<details><summary class="quiet">What was found first</summary>{said}</details>'
    below = "".join(_html_branch(child, text, root=False) for child in branch.children)
    left = "".join(f"<li>{escape(_flat(question))}</li>" for question in branch.follow_ups)
    unasked = f'<details><summary class="quiet">Not asked: {len(branch.follow_ups)}</summary><ul>{left}</ul></details>'
    head = f'{escape(_flat(branch.question))} <span class="quiet">({_numbers(branch, root=root)})</span>'
    opened = " open" if root else ""
    return f"<details{opened}><summary>{head}</summary>{said}{below}{unasked if left else ''}</details>"


def _html_source(source: Citation, graph: Graph | None, text: _Text) -> str:
    """A source with its quote, and a way back to where the `text` first has its mark."""
    where = "".join(f", {part}" for part in _place(source))
    place = f"{text.prefix}c{source.mark}"
    back = f' <a class="back" href="#{place}" aria-label="back to the text">↑</a>' if source.mark in text.told else ""
    before, after = around(source, graph)
    quote = f"<blockquote>{escape(before)}<mark>{escape(_flat(source.quote))}</mark>{escape(after)}</blockquote>"
    title = escape(_flat(source.document_title))
    item = f'<li id="{text.prefix}s{source.mark}" value="{source.mark}">'
    return f'{item}{title}<span class="quiet">{where}</span>{back}{quote}</li>'


class _Text:
    """Texts of one page: the first mark of each source is where it links back to. `told` are those marks."""

    def __init__(self, sources: frozenset[int], prefix: str = "") -> None:
        self.prefix = prefix
        self._sources = sources
        self.told: set[int] = set()

    def blocks(self, text: str) -> Iterator[str]:
        """The Markdown that answers are written in (headings, bold, lists, paragraphs), escaped, with linked marks."""
        items: list[str] = []
        for line in [*text.strip().split("\n"), ""]:
            item, heading = _ITEM.match(line.strip()), _HEADING.match(line)
            if item:
                items.append(f"<li>{self._inline(item[1])}</li>")
                continue
            if items:
                yield f"<ul>{''.join(items)}</ul>"
                items = []
            if heading:
                yield f"<h3>{self._inline(heading[1])}</h3>"
            elif line.strip():
                yield f"<p>{self._inline(line.strip())}</p>"

    def _inline(self, text: str) -> str:
        return _MARK.sub(self._link, _BOLD.sub(r"<b>\1</b>", escape(text)))

    def _link(self, match: re.Match[str]) -> str:
        mark = int(match[1])
        if mark not in self._sources:
            return match[0]
        place = "" if mark in self.told else f' id="{self.prefix}c{mark}"'
        self.told.add(mark)
        return f'<a href="#{self.prefix}s{mark}"{place}>[{mark}]</a>'


def _summary(answer: Answer, sources: list[Citation]) -> str:
    """How the answer came about, in one line."""
    documents = len({source.document_id for source in sources})
    passages = f"{len(sources)} passage{'s' * (len(sources) != 1)} of {documents} document{'s' * (documents != 1)}"
    calls = f", {answer.usage.calls} calls of a model" if answer.usage.calls else ""
    method = "DRIFT" if answer.method == "drift" else answer.method
    return f"By {method} search, from {passages}{calls}."


def _numbers(branch: Branch, *, root: bool) -> str:
    """What the legend explains; every root has the relevance 1."""
    said = [f"score {branch.score:.0f}"] + ([] if root else [f"relevance {branch.relevance:.2f}"])
    if branch.usage.calls:
        tokens = branch.usage.prompt_tokens + branch.usage.completion_tokens
        said.append(f"{branch.usage.calls} calls, {tokens} tokens")
    return ", ".join(said)


def _place(source: Citation) -> list[str]:
    """The date of the document, where it is known, and the characters of the quote."""
    return [*([escape(source.date)] if source.date else []), f"characters {source.start}-{source.end}"]


def around(source: Citation, graph: Graph | None) -> tuple[str, str]:
    """What stands before and after the quote, in whole words; "" and "" if the index is another one."""
    text = graph.texts.get(source.document_id, "") if graph else ""
    if text[source.start : source.end] != source.quote:
        return "", ""
    before, after = text[: source.start][-_AROUND:], text[source.end :][:_AROUND]
    if source.start > _AROUND:
        before = f"… {before.partition(' ')[2]}"
    if len(text) - source.end > _AROUND:
        after = f"{after.rpartition(' ')[0]} …"
    return f"{_flat(before)} ".lstrip(), f" {_flat(after)}".rstrip()


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def _tame(text: str) -> str:
    """`text` without what Markdown would take for HTML, fetch as a picture, or lead away by, wherever to."""
    text = text.replace("<", "&lt;").replace("![", "!\\[")
    return _LINK.sub(r"]\\\1", text)


def _flat(text: str) -> str:
    return " ".join(text.split())
