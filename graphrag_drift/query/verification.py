"""An answer, what it cites -> the sentences that nothing they cite bears out.

It looks at words: figures (`figures.py`), names and quoted passages must stand in the cited text units (or their
titles), and so must a part of the other words. It cannot tell that the right words are put together wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import bare, without_marks
from graphrag_drift.query.figures import Source, dates_said, wrong_figure

# What goes with the sentence before it: marks, and a remark such as "(reported 4 May)".
_AFTER = re.compile(r"\s*(?:(?:\[\d{1,6}\]|\([^()]{1,60}\))\s*)+")
_REMARK = re.compile(r"\(reported [^()]*\)|\([^()]*보도\)")
_MARK = re.compile(r"\[(\d{1,6})\]")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\||---)")
_NAME = re.compile(r"(?<=[\w,;:)\"”’'] )[A-ZÀ-Þ][\w’'-]{2,}")
_QUOTE = re.compile(r'[“「]([^“”「」]{15,})[”」]|"([^"]{15,})"')
_SAID = 0.35  # share of a sentence's terms that its evidence must hold
_FEWEST = 3  # terms; less states nothing that could be checked
_ALIKE = 0.85  # of a quotation and a passage: a slip of the pen
Place = tuple[int, int]


@dataclass(frozen=True)
class Unsupported:
    """A sentence at `start` to `end` of a text, its marks included, and why it is not borne out."""

    start: int
    end: int
    sentence: str
    reason: str


def unsupported_sentences(text: str, evidence: Mapping[int, Source], known: str) -> Iterator[Unsupported]:
    """The sentences of `text` that their cited `evidence` (by mark) does not bear out; `known` needs none.

    Headings, questions and what is too short to state anything are passed over.
    """
    for start, end, marks in _sentences(text):
        said = without_marks(text[start:end]).strip()
        sentence = _REMARK.sub("", said).strip()
        if sentence.endswith(("?", ":")) or len(content_terms(sentence)) < _FEWEST:
            continue
        if not marks:
            yield Unsupported(start, end, sentence, "nothing is cited for it")
            continue
        sources = [evidence[mark] for mark in dict.fromkeys(marks) if mark in evidence]
        reason = _what_is_missing(sentence, sources, known) or wrong_figure(said, sources, known)
        if reason:
            yield Unsupported(start, end, sentence, reason)


def without_sentences(text: str, places: list[Place]) -> str:
    """`text` without what stands at `places`, nor lines and headings that hold nothing more."""
    kept = list(text)
    for start, end in places:
        kept[start:end] = [""] * (end - start)
    lines = [line.rstrip() for line in "".join(kept).split("\n")]
    full = [line for n, line in enumerate(lines) if line.strip(" -*•") and not _is_idle_heading(lines, n)]
    return "\n\n".join(full) if "\n\n" in text else "\n".join(full)


def _is_idle_heading(lines: list[str], n: int) -> bool:
    following = next((line for line in lines[n + 1 :] if line.strip()), "#")
    return bool(_HEADING.match(lines[n])) and bool(_HEADING.match(following))


def _sentences(text: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(start, end, marks) of each; marks after a full stop are of the sentence before it, and of those before that
    which have none."""
    offset = 0
    for line in text.split("\n"):
        if line.strip() and not _HEADING.match(line):
            yield from ((start + offset, end + offset, marks) for start, end, marks in _of_line(line))
        offset += len(line) + 1


def _of_line(line: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    found: list[tuple[int, int]] = []
    for start, end in split_sentences(line):
        leading = _AFTER.match(line, start, end)
        if leading and found:
            found[-1] = (found[-1][0], leading.end())
            start = leading.end()
        if line[start:end].strip():
            found.append((start, end))
    marks: tuple[int, ...] = ()
    cited = []
    for start, end in reversed(found):  # a sentence without marks goes with the next that has some
        marks = tuple(int(mark) for mark in _MARK.findall(line[start:end])) or marks
        cited.append((start, end, marks))
    yield from reversed(cited)


def _what_is_missing(sentence: str, sources: Sequence[Source], known: str) -> str:
    """What of the sentence, figures apart, its sources do not hold, or ""."""
    said = "\n".join(f"{source.title}\n{source.text}" for source in sources)
    for quote in (curly or straight for curly, straight in _QUOTE.findall(sentence)):
        if not is_quoted(quote, said):
            return f"the words {quote[:60]!r} do not stand in what it cites"
    held = f"{said}\n{known}".casefold()
    dates = [(start, end) for start, end, _ in dates_said(sentence, sources)]  # whose months are not looked for here
    found = [name for name in _NAME.finditer(sentence) if not any(a <= name.start() < b for a, b in dates)]
    names = [name[0] for name in found if name[0].casefold() not in held]
    if names:
        return f"the name {names[0]!r} does not stand in what it cites"
    terms = set(content_terms(sentence))
    shared = terms & (_terms(said) | _terms(known))
    return "" if len(shared) >= _SAID * len(terms) else "what it cites is about something else"


@lru_cache(maxsize=512)
def _terms(said: str) -> frozenset[str]:
    """The sentences of a tree cite the same passages again and again."""
    return frozenset(content_terms(said))


def is_quoted(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text`, as it is, but for spaces and punctuation, or but for a slip."""
    wanted, held = bare(quote), bare(text)
    if wanted in held:
        return True
    matcher = SequenceMatcher(None, held, wanted, autojunk=False)
    block = matcher.find_longest_match()
    start = max(0, block.a - block.b)
    return SequenceMatcher(None, held[start : start + len(wanted)], wanted, autojunk=False).ratio() >= _ALIKE
