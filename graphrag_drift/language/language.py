"""What the package knows of one language, as one value: its closed word classes, patterns, templates and few functions.

`english.py`, `korean.py`, `japanese.py` and `chinese.py` each make one, `western.py` and `cyrillic.py` several, and
`detect.py` lists them. A further language is one more such value: what it leaves out has a default that finds nothing.
Patterns are regular expressions, joined over all languages where they are used, so that a text of several languages is
read by all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

APOSTROPHES = "'’‘‛ʻʼʹ´＇"
"""What is written for an apostrophe: for a regular expression's class of characters."""

DateForm = Literal["full", "month", "year", "yearless", "near", "weekday", "ago", "month off", "year off", "day off"]
Form = Literal["box", "who", "list", "people", "timeline", "chain", "comparison", "overview", "passages", "nothing"]
"""What an answer looks like: see `forms.py`."""
Kind = Literal["choice", "age", "number", "date", "reason", "place", "person", "yes/no", "entity", "definition", ""]
"""Of what a question asks for, in the order in which they are tried: "how many people" asks for a number."""


def word_set(words: str) -> frozenset[str]:
    """The words of `words`, which may go over many lines."""
    return frozenset(words.split())


def any_of(words: Sequence[str] | Mapping[str, int]) -> str:
    """A pattern for each of `words`, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


@dataclass(frozen=True)
class Dates:
    """How a language writes dates. Words are in lower case.

    `forms` are patterns with the groups that their reader wants: `year`, `month` (a number or a name of which the first
    three letters are in `months`), `day`, `near`, `weekday`, `direction`, `count`, `unit`, `period`. `day_of` is a
    pattern for a day and month, where {name} is the month's first three letters, {month} and {day} are numbers.
    """

    forms: tuple[tuple[DateForm, str], ...] = ()
    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)  # first letters -> days after Monday
    counts: Mapping[str, int] = field(default_factory=dict)
    days_off: Mapping[str, int] = field(default_factory=dict)
    months_off: Mapping[str, int] = field(default_factory=dict)
    years_off: Mapping[str, int] = field(default_factory=dict)
    past: frozenset[str] = frozenset()
    future: frozenset[str] = frozenset()
    units: Mapping[str, Literal["day", "week", "month", "year"]] = field(default_factory=dict)
    apart: tuple[str, ...] = ()  # how far a date is from one named before: `count`, if not one, `unit`, `direction`
    before: frozenset[str] = frozenset()  # the directions of `apart` that lead back
    labels: str = ""  # what stands before the date of a document
    day_of: str = ""
    hour: str = ""  # what follows a number that is a time of day
    written: str = ""  # a full date, as `Language.write_date` writes it


@dataclass(frozen=True)
class Figures:
    """How a language writes figures: powers of ten, units, signs that stand for a unit, and small numbers in words.

    The words of `scales` stand between spaces; those of `tight_scales` and `signs` need none.
    """

    scales: Mapping[str, int] = field(default_factory=dict)
    tight_scales: Mapping[str, int] = field(default_factory=dict)
    units: str = ""
    signs: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a question that `asked` matches wants a figure of: its unit stands `after` the figure, or `before` it."""

    asked: str
    after: str
    before: str = r"(?!)"


@dataclass(frozen=True)
class Asking:
    """How a language asks. `asks` are patterns of questions by the kind of thing they want, `holds` those of such
    things in sentences. The group of `focus` is what is asked for, that of `defines` who or what is to be told of,
    that of `explains` a word whose meaning is asked for."""

    asks: Mapping[Kind, str] = field(default_factory=dict)
    holds: Mapping[Kind, str] = field(default_factory=dict)
    focus: str = ""
    defines: str = ""
    explains: str = ""
    measure: str = ""  # the group is the word for a measure, "old" of "how old", which no answer has to say
    counted: str = ""  # the group is what a figure counts, "devices" of "the number of devices"
    how_many: str = ""  # a question for how many there are; the group is the first word for what
    joins: str = ""  # between two questions in one
    measured: tuple[Measured, ...] = ()  # of figures that are asked for: what of
    forms: Mapping[Form, str] = field(default_factory=dict)  # patterns of questions that ask for a form of answer
    latest: str = ""  # a question for what is newest
    change: str = ""  # a question for how a figure went up or down
    whole_corpus: str = ""  # a question about all that there is
    all_texts: str = ""  # points at what there is to read without naming it
    spelled_out: Mapping[str, str] = field(default_factory=dict)  # acronyms of common nouns, in lower case
    leads: frozenset[str] = frozenset()  # verbs and nouns for being at the head of something, whatever the office
    light_verbs: frozenset[str] = frozenset()  # verbs that say little without their object, and particles
    compares: str = ""
    about_texts: frozenset[str] = frozenset()  # words about the asking and the articles, not about what happened
    about_corpora: frozenset[str] = frozenset()  # words of questions about a whole corpus
    verb: str = ""  # the verb that ends a question


@dataclass(frozen=True, slots=True)
class Anaphor:
    """A word for what was named before: what it can stand for, and how {name} is said in its place."""

    stands_for: Literal["man", "woman", "person", "thing", "role"]
    shown: str = "{name}"


@dataclass(frozen=True)
class Prose:
    """Patterns that begin, or for `ends` end, a sentence or line: how prose leans on what stands before it."""

    leaning: str = ""  # not understood without its predecessor
    pointing: str = ""  # better understood with it
    anaphors: Mapping[str, Anaphor] = field(default_factory=dict)  # pronouns for one, in lower case
    no_anaphor: str = ""  # begins with a word that looks like one
    role: str = ""  # the group `noun` stands for one thing or person that was named before
    kinds_of_things: Mapping[str, str] = field(default_factory=dict)  # nouns that say no more than a name's kind
    became: str = ""  # follows a name, the group `noun` being what the person is or was made
    correction: str = ""
    byline: str = ""
    dateline: str = ""
    after_quote: str = ""  # goes on with a sentence after what it quotes
    last_letter: str = ""  # of a sentence, whatever sign follows
    ends: str = ""  # the last letters of a sentence without a full stop
    explains: str = ""  # after a name that is being explained
    namesakes: str = ""  # says that two people have one name
    negation: str = ""  # anywhere in a sentence
    silent: str = ""  # says what the texts do not say
    definition: str = ""  # before an acronym in parentheses


@dataclass(frozen=True)
class Questions:
    """Templates for questions about {name}, {topic} and the {partner} that stands with it."""

    topic: str
    deed: str
    partner: str
    person: str
    place: str
    related: str
    other: str


@dataclass(frozen=True)
class Templates:
    """What the package says itself, with fields in braces, see `Language.fill`."""

    not_said: str = ""
    reported: str = ""  # {date}
    rest: str = ""  # the heading of what has no other
    unanswered: str = ""  # said before what is near a question that nothing answers
    nowhere: str = ""  # {words}, which stand in no document
    rating: str = ""  # {documents}, {entities}, {name}, {share}
    questions: Questions | None = None


@dataclass(frozen=True)
class NounCapitals:
    """How a language that writes every noun with a capital tells that one is no name: by the word before it, an article
    of the genitive after it, or its ending."""

    determiners: frozenset[str]
    genitives: frozenset[str]
    adjective: str  # a pattern for words of which few are anything else
    endings: str


@dataclass(frozen=True)
class Language:
    """A language by its ISO 639-1 `code`.

    `letters` is its own script as a regular expression's class of characters, "" if others write with it too. `stem`
    takes off a word what its place in the sentence puts there, if the word is in that script. `stemmer` is the name of
    its Snowball algorithm, for a language that shares its script. `titles`, `calendar` and `connectors` are words of
    names: before those of people, those of dates, and small ones within.
    """

    code: str
    letters: str = ""
    stemmer: str = ""
    lone_letters: str = ""  # of its script, that stand in no word
    function_words: frozenset[str] = frozenset()
    stop_words: frozenset[str] = frozenset()  # not looked for when asked for
    empty_words: frozenset[str] = frozenset()  # nouns that name no topic, and verbs that look like nouns
    common_noun: str = ""  # a word with an ending that no name takes; the group is the word without it
    verbal: str = ""  # the ends of words that are no nouns
    articles: frozenset[str] = frozenset()  # not before a person's name
    calendar: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    connectors: frozenset[str] = frozenset()
    abbreviations: frozenset[str] = frozenset()  # before a name or a number, so that they end no sentence
    attributive: str = ""  # words that, large and alone, begin a name that the next noun ends
    tail: str = ""  # what goes on in small letters with a name that begins with a noun, `of` which in its group
    nouns: NounCapitals | None = None  # None: a noun has no capital unless it is a name
    dates: Dates = Dates()
    figures: Figures = Figures()
    asking: Asking = Asking()
    prose: Prose = Prose()
    templates: Templates = Templates()
    stem: Callable[[str], str] = str
    irregular: Mapping[str, str] = field(default_factory=dict)  # forms of words that share no stem, and the word
    write_date: Callable[[Sequence[int]], str] | None = None  # of year, month, day, or the first of them
    word: Callable[[str], str] = str  # what `fill` puts into a template, with a `__format__` of its own

    @cached_property
    def _letter(self) -> re.Pattern[str]:
        return re.compile(f"[{self.letters}]" if self.letters else r"(?!)")

    def writes(self, text: str) -> bool:
        """Whether `text` holds a letter of the language's own script."""
        return self._letter.search(text) is not None

    def says_noun(self, before: str, word: str, after: str) -> bool:
        """Whether `word`, written large, is a common noun where nouns are, by the words before and after it."""
        if self.nouns is None:
            return False
        previous = before.casefold()
        if previous in self.nouns.determiners or previous[-1:].isdigit() or after in self.nouns.genitives:
            return True
        described = before.islower() and previous not in self.function_words
        return (described and self._adjective.fullmatch(previous) is not None) or self.has_noun_ending(word)

    def begins_name(self, word: str) -> bool:
        """Whether `word`, written large and alone, is an adjective of the name that the noun behind it ends."""
        return self._attributive.fullmatch(word.casefold()) is not None

    def end_of_tail(self, text: str, start: int, end: int, *, common: bool) -> int:
        """Where what belongs to a name in small letters, from `start` on, ends; `start`, if nothing does.

        Only behind a noun that is `common`, written small elsewhere, is it what the noun is of.
        """
        match = self._tail.match(text, start, end)
        return match.end() if match and (common or not match["of"]) else start

    def is_verbal(self, word: str) -> bool:
        """Whether `word` ends as no noun does."""
        return self._verbal.search(word) is not None

    @cached_property
    def _attributive(self) -> re.Pattern[str]:
        return re.compile(rf"\w{{3,}}(?:{self.attributive})" if self.attributive else r"(?!)")

    @cached_property
    def _tail(self) -> re.Pattern[str]:
        return re.compile(self.tail or r"(?!)(?P<of>)")

    @cached_property
    def _verbal(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.verbal})\Z" if self.verbal else r"(?!)")

    def has_noun_ending(self, word: str) -> bool:
        """Whether `word` ends as nouns are made of other words, and no name does."""
        return self._noun_end.search(word.casefold()) is not None

    @cached_property
    def _adjective(self) -> re.Pattern[str]:
        return re.compile(self.nouns.adjective if self.nouns else r"(?!)")

    @cached_property
    def _noun_end(self) -> re.Pattern[str]:
        return re.compile(rf"\w{{3}}(?:{self.nouns.endings})\Z" if self.nouns else r"(?!)")

    def fill(self, template: str, **words: object) -> str:
        """`template` with `words` in its braces, inflected as the template says: "{name:은/는}"."""
        inflected = {key: self.word(value) if isinstance(value, str) else value for key, value in words.items()}
        return template.format(**inflected)
