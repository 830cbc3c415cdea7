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
from graphrag_drift.language.forms import ABOUT_TEXTS
from graphrag_drift.language.japanese import KANA
from graphrag_drift.language.korean import KOREAN
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics, most_frequent
from graphrag_drift.language.terms import terms
from graphrag_drift.names.capitals import Run, find_runs, unowned
from graphrag_drift.names.chinese import Found, find_chinese
from graphrag_drift.names.japanese import find_japanese
from graphrag_drift.names.kinds import is_placed_by_context, kind_of
from graphrag_drift.names.korean import find_korean, goes_on_in_hangul
from graphrag_drift.names.lists import heads, word_list
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
_CAPITALISED = rf"[^\W\d_a-z][^\W\d_]*(?:[{APOSTROPHES}-][^\W\d_]+)*"
_TURNED = re.compile(  # of a list, or of a line: "Garcia, Maria", "van der Berg, Anna K."
    rf"(?:(?<=\A)|(?<=[;\n])|(?<=; ))((?:(?:van|von|de|del|da|der|den|ter|la)\s)*{_CAPITALISED}),\s"
    rf"({_CAPITALISED}(?:\s(?:[A-Z]\.|{_CAPITALISED}))?)(?:;\s*|(?=\.?\s*(?:\n|\Z)))"
)
_GIVEN_NAMES = word_list("given_names")
_PLACES = word_list("places")
_STOPS = tuple(".!?…")
_ENDS = " \t,.!?;:"
_CODE = re.compile(r"(?<![\w-])[^\W\d_]+-\d{1,4}[a-z]?(?![\w-])")  # "gpt-5", "f-16": a name however it is written
_EAST_ASIAN = re.compile(f"[{HAN}{KANA}]")
_LOWER_WORD = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}.&-][^\W_]+)*")
_LOWER_LINKS = frozenset(("of", "de", "van", "von"))
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


def with_turned_names(text: str, sentence: tuple[int, int], runs: list[Run]) -> list[Run]:
    """The runs of the sentence, in order, with those of a list of people as one each: Garcia, Maria; Lien, Tuva."""
    if not _TURNED.match(text, *sentence):
        return runs
    items = list(_TURNED.finditer(text, *sentence))
    listed = [item for item in items if item[2].split()[0].casefold() in _GIVEN_NAMES]
    whole = "".join(item.group() for item in items).strip(" .") == text[slice(*sentence)].strip(" .")
    if not listed or not (whole or len(items) == len(listed)):
        return runs
    if any(part.casefold() in _PLACES for item in items for part in item.groups()):
        return runs
    people = [Run(item.start(1), item.end(2), f"{item[2]} {item[1]}", titled=True) for item in items]
    outside = [run for run in runs if not _covers(people, run.start, run.end)]
    return sorted(outside + people, key=lambda run: run.start)


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
        if unspaced is not None:
            names += [_unspaced_name(text, item, index, statistics) for item in unspaced(text, start, end)]
            continue
        runs = with_works(text, (start, end), list(find_runs(text, start, end, statistics, written)), heading)
        runs = with_turned_names(text, (start, end), runs)
        if korean:
            runs = [run for run in runs if not goes_on_in_hangul(text, run.end)]
            names.extend(_korean_names(text, runs, (start, end), index, statistics))
        names.extend(_names(text, runs, (start, end), index, statistics, written))
    in_order = sorted(names, key=lambda name: (name.start, name.end))
    return agree(in_order, _speakers(text, in_order, sentences, statistics))


def _speakers(
    text: str, names: Sequence[Name], sentences: Sequence[tuple[int, int]], statistics: Statistics
) -> list[str]:
    """The names of two words or three, none a word of the language, that stand before what is said, in turns."""
    turns: Counter[str] = Counter()
    for name in names:
        start, end = sentences[name.sentence]
        if name.start == start and text[name.end : name.end + 1] == ":" and text[end - 1 : end] in _STOPS:
            turns[name.name] += 1
    speakers = [
        name
        for name in turns
        if 1 < len(words := name.casefold().split()) < 4
        and heads().isdisjoint(words)
        and not any(statistics.is_written_small(word) and word not in _GIVEN_NAMES for word in words)
    ]
    return speakers if sum(turns[name] for name in speakers) > 1 else []


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


def agree(names: list[Name], speakers: Sequence[str] = ()) -> list[Name]:
    """The names, those of unknown kind as the others of their name, or as the person whose surname they are; the
    `speakers` are people."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for speaker in speakers:
        votes[speaker.casefold()]["person"] += 1
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
    """The names of a question, also of one typed without capitals, where the corpus knows the words as names; and codes
    of letters and a number."""
    names = find_names(question, split_sentences(question), statistics)
    if not names and question[1:].islower():
        runs = list(_lower_runs(question, statistics))
        names = list(_names(question, runs, (0, len(question)), 0, statistics, writing("en")))
    names = [_after_request(name) for name in names]
    taken = {place for name in names for place in range(name.start, name.end)}
    codes = [code.span() for code in _CODE.finditer(question) if taken.isdisjoint(range(*code.span()))]
    names += [Name(start, end, question[start:end], question[start:end], "other", 0) for start, end in codes]
    return sorted(names, key=lambda name: name.start)


def _lower_runs(question: str, statistics: Statistics) -> Iterator[Run]:
    """Runs of words of a question in lower case which the corpus writes with capitals."""
    small = writing("en").function_words | writing("en").calendar
    run: list[re.Match[str]] = []
    for word in _LOWER_WORD.finditer(question):
        key = unowned(word.group())
        if (statistics.is_name(key) and key not in small) or (run and key in _LOWER_LINKS):
            run.append(word)
        elif run:
            yield _lower_run(question, run)
            run = []
    if run:
        yield _lower_run(question, run)


def _lower_run(question: str, run: Sequence[re.Match[str]]) -> Run:
    while run[-1].group() in _LOWER_LINKS:
        run = run[:-1]
    start = run[0].start()
    surface = unowned(question[start : run[-1].end()])
    name = " ".join(word if word in _LOWER_LINKS else word[0].upper() + word[1:] for word in surface.split())
    return Run(start, start + len(surface), name)


def _after_request(name: Name) -> Name:
    """The name without the word that opens a request: of "Compare Orlin Mill", which is no part of it."""
    first, _, rest = name.text.partition(" ")
    if name.start or not rest or not ABOUT_TEXTS.issuperset(terms(first)):
        return name
    return replace(name, start=len(first) + 1, text=rest, name=name.name.partition(" ")[2])


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
        if kind == "place" and is_placed_by_context(run.name) and _is_of_words(run.name, statistics):
            kind = "other"  # growth in Search is no place
        yield Name(run.start, run.end, text[run.start : run.end], run.name, kind, index)


def _is_of_words(name: str, statistics: Statistics) -> bool:
    """Whether all words of `name` are words of the language, too, as the corpus writes them."""
    words = _WORD.findall(name.casefold())
    return all(statistics.is_rarely_large(word) for word in words)


def _korean_names(
    text: str, runs: list[Run], sentence: tuple[int, int], index: int, statistics: Statistics
) -> Iterator[Name]:
    for start, end, kind in find_korean(text, *sentence, statistics):
        if all(end <= run.start or run.end <= start for run in runs):
            name = unicodedata.normalize("NFC", text[start:end])
            yield Name(start, end, text[start:end], name, kind, index)
