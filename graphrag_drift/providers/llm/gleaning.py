"""A text and the names that a model found in it -> the passages of it that are worth reading once more.

A further reading of all of it costs as many tokens as the first, and most find nothing. Names are looked for by
capitals and, where a script has none, by what else tells them; which is rough, so that one name more is no reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from graphrag_drift.language.detect import either
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import terms
from graphrag_drift.names.find import find_names
from graphrag_drift.names.lists import word_list

_BYLINE = re.compile(either(lambda language: language.prose.byline))
_WRITERS = re.compile(r"^(?:author|source): (.+)$", re.MULTILINE)
_DEMONYMS = word_list("demonyms")
_WORTH = 2  # names that were not found; a single one is often a title, a headline's word or an adjective
_BEFORE = 1  # sentence before one with such a name, which may say of whom it speaks
_MOST = 0.75  # of a text; more of it is read whole, since its beginning is then what was sent before


def missed_passages(text: str, found: Iterable[str], document: str = "") -> str:
    """The passages of `text` around names of which `found` holds neither whole, part nor initials; "" if it is not
    worth while, and `text` if they are most of it.

    Names of bylines, and of the author and source that the lines of `document` tell, are none; nor is an acronym in
    brackets behind its long form, nor "South Korean".
    """
    known = [(frozenset(terms(name)), _initials(name)) for name in found]
    writers = "\n".join(_WRITERS.findall(document))
    sentences = split_sentences(text)
    missing: dict[str, set[int]] = {}
    for name, sentence in _names(text, sentences):
        if name not in writers and not _is_known(name, known):
            missing.setdefault(name, set()).add(sentence)
    if len(missing) < _WORTH:
        return ""
    near = {n + step for each in missing.values() for n in each for step in range(-_BEFORE, 1)}
    spans = [span for n, span in enumerate(sentences) if n in near]
    return text if sum(end - start for start, end in spans) >= _MOST * len(text) else _joined(text, spans)


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The spans of `text`, those without a gap between them as one, each other on lines of its own."""
    passages: list[tuple[int, int]] = []
    for start, end in spans:
        if passages and not text[passages[-1][1] : start].strip():
            passages[-1] = (passages[-1][0], end)
        else:
            passages.append((start, end))
    return "\n\n".join(text[start:end].strip() for start, end in passages)


def _is_known(name: str, known: Iterable[tuple[frozenset[str], tuple[str, str]]]) -> bool:
    words = frozenset(terms(name))
    return any(words <= held or (held and held <= words) or name in initials for held, initials in known)


def _names(text: str, sentences: Sequence[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """(name, number of its sentence); bylines are passed over."""
    read = [n for n, span in enumerate(sentences) if not _BYLINE.match(text[slice(*span)])]
    names = find_names(text, [sentences[n] for n in read], Statistics.from_texts([text], with_terms=False))
    for name in names:
        if f"({name.name})" not in text and not _is_demonym(name.name):
            yield name.name, read[name.sentence]


def _is_demonym(name: str) -> bool:
    return name.split()[-1].casefold() in _DEMONYMS


def _initials(name: str) -> tuple[str, str]:
    """Of all words in capitals, and of those that are written with one: "DSMB"; "PEA" for Port of Ellery Authority."""
    letters = [word[0] for word in re.split(r"[\s-]+", name) if word]
    return "".join(letters).upper(), "".join(letter for letter in letters if letter.isupper())
