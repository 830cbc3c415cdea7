"""text -> the names in it: where they stand, their clean form, and what kind of thing they seem to name.

Runs of capitalised words judged by the corpus's own spelling (truecasing), and Korean words by their endings.
It does not decide which names mean the same thing.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphrag_drift.language.chinese import HAN, simplified
from graphrag_drift.language.detect import writing_of
from graphrag_drift.language.japanese import KANA
from graphrag_drift.language.korean import KOREAN
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics, most_frequent
from graphrag_drift.names.capitals import Run, find_lower_runs, find_runs
from graphrag_drift.names.chinese import Found, find_chinese
from graphrag_drift.names.japanese import find_japanese
from graphrag_drift.names.kinds import kind_of
from graphrag_drift.names.korean import find_korean, goes_on_in_hangul
from graphrag_drift.names.nouns import end_of_name
from graphrag_drift.names.writing import Writing, writing

_QUOTED = re.compile(
    r"[\"“‘]((?:[^\"“”‘’\n]|(?<=\w)[‘’](?=\w)){2,80})[\"”’]"
    r"|``([^`\n]{2,80}?)''|[《〈「『]([^《》〈〉「」『』\n]{2,40})[》〉」』]"
)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\Z")
_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
_SMALL = word_set(
    "a an the of and or but nor in on at to for from with by as into de la le el du der die das van von vs"
)
_ENDS = " \t,.!?;:"
_EAST_ASIAN = re.compile(f"[{HAN}{KANA}]")
_UNSPACED: Mapping[str, Callable[[str, int, int], list[Found]]] = {"zh": find_chinese, "ja": find_japanese}


def repeated_heading(text: str, heading: tuple[int, int]) -> str:
    """The heading at that span without a parenthesis, if it is a name that the text repeats after it; else ""."""
    title = _PARENTHESIS.sub("", text[slice(*heading)])
    words = title.split()
    if not 2 <= len(words) <= 8 or title[-1] in ".!?:" or not (words[0][0].isupper() and words[-1][0].isupper()):
        return ""
    return title if _occurrences(text, title, heading[1], len(text)) else ""


def with_works(text: str, sentence: tuple[int, int], runs: list[Run], heading: str) -> list[Run]:
    """The runs of the sentence, in order, with each quoted title and each place of `heading` as one run."""
    works = [work for match in _QUOTED.finditer(text, *sentence) if (work := _work(match)) is not None]
    if heading:
        places = _occurrences(text, heading, *sentence)
        works += [Run(at, at + len(heading), heading) for at in places if not _covers(works, at, at + len(heading))]
    if not works:
        return runs
    outside = [run for run in runs if not _covers(works, run.start, run.end)]
    return sorted(outside + works, key=lambda run: run.start)


def _covers(runs: list[Run], start: int, end: int) -> bool:
    return any(start < run.end and run.start < end for run in runs)


def _occurrences(text: str, phrase: str, start: int, end: int) -> list[int]:
    places = []
    at = text.find(phrase, start, end)
    while at >= 0:
        if not text[at + len(phrase) : at + len(phrase) + 1].isalnum():
            places.append(at)
        at = text.find(phrase, at + len(phrase), end)
    return places


def _work(match: re.Match[str]) -> Run | None:
    quoted = match.group(match.lastindex or 0)
    offset = match.start(match.lastindex or 0)
    title = quoted.strip(_ENDS)
    words = _WORD.findall(title)
    if not 2 <= len(words) <= 9 or not words[0][0].isupper() or not words[-1][0].isupper():
        return None
    if not all(word[0].isupper() or word in _SMALL for word in words):
        return None
    start = offset + quoted.index(title)
    return Run(start, start + len(title), " ".join(title.split()))


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`, which is its `text`; `name` is the clean form."""

    start: int
    end: int
    text: str
    name: str
    kind: str  # person | organization | place | event | other
    sentence: int


def find_names(
    text: str, sentences: Sequence[tuple[int, int]], statistics: Statistics, language: str = ""
) -> list[Name]:
    """The names of `text` in order, none inside another; `sentence` is the index into `sentences`.

    `language` is the code of the text's, "" where it is to be seen from the text.
    """
    own = writing_of(text).code if not language or _EAST_ASIAN.search(text) else language
    korean, written, unspaced = KOREAN.writes(text), writing(language or own), _UNSPACED.get(own)
    heading = repeated_heading(text, sentences[0]) if sentences else ""
    names: list[Name] = []
    for index, (start, end) in enumerate(sentences):
        runs = with_works(text, (start, end), list(find_runs(text, start, end, statistics, written)), heading)
        if unspaced is not None:
            names += [_unspaced_name(text, item, index, statistics) for item in unspaced(text, start, end)]
            continue
        if korean:
            runs = [run for run in runs if not goes_on_in_hangul(text, run.end)]
            names.extend(_korean_names(text, runs, (start, end), index, statistics))
        names.extend(_names(text, runs, (start, end), index, statistics, written))
    return agree(sorted(names, key=lambda name: (name.start, name.end)))


def with_tail(text: str, run: Run, sentence: tuple[int, int], statistics: Statistics, written: Writing) -> Run:
    """The run of that sentence with what belongs to its name in small letters behind it, or as it is."""
    last = end_of_name(text, run.start, run.end, sentence, statistics, written)
    return run if last == run.end else replace(run, end=last, name=text[run.start : last])


def _unspaced_name(text: str, item: Found, index: int, statistics: Statistics) -> Name:
    """The name there, in simplified characters where the corpus writes those, too."""
    written = text[item.start : item.end]
    plain = simplified(written)
    name = plain if plain != written and statistics.has_letters(plain) else written
    return Name(item.start, item.end, written, name, item.kind, index)


def agree(names: list[Name]) -> list[Name]:
    """The names, those of unknown kind as the others of their name, or as the person whose surname they are."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        if name.kind != "other":
            votes[name.name.casefold()][name.kind] += 1
            surname = name.name.casefold().rpartition(" ")[2]
            if name.kind == "person":
                votes[surname]["person"] += 1
    kinds = {key: most_frequent(counts) for key, counts in votes.items()}
    return [
        replace(name, kind=kinds[name.name.casefold()])
        if name.kind == "other" and name.name.casefold() in kinds
        else name
        for name in names
    ]


def find_query_names(question: str, statistics: Statistics) -> list[Name]:
    """The names of a question, also of one typed without capitals, where the corpus knows the words as names."""
    names = find_names(question, split_sentences(question), statistics)
    if names or not question[1:].islower():
        return names
    return list(
        _names(question, list(find_lower_runs(question, statistics)), (0, len(question)), 0, statistics, writing("en"))
    )


def _names(
    text: str, runs: list[Run], sentence: tuple[int, int], index: int, statistics: Statistics, written: Writing
) -> Iterator[Name]:
    start, end = sentence
    for run in (with_tail(text, run, sentence, statistics, written) for run in runs):
        before, after = text[max(start, run.start - 40) : run.start], text[run.end : min(end, run.end + 80)]
        kind = "person" if run.titled else kind_of(run.name, before, after)
        if kind == "other" and (territory := written.territory(run.name.casefold())):
            run, kind = (
                replace(run, name=territory if territory.casefold() != run.name.casefold() else run.name),
                "place",
            )
        yield Name(run.start, run.end, text[run.start : run.end], run.name, kind, index)


def _korean_names(
    text: str, runs: list[Run], sentence: tuple[int, int], index: int, statistics: Statistics
) -> Iterator[Name]:
    for start, end, kind in find_korean(text, *sentence, statistics):
        if all(end <= run.start or run.end <= start for run in runs):
            name = unicodedata.normalize("NFC", text[start:end])
            yield Name(start, end, text[start:end], name, kind, index)
