"""A question -> what an answer must speak of: its terms, its names, and the kind of thing it asks for.

It does not parse grammar; the kind is told by the question's own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphrag_drift.language.cues import asking_span, focus_of, kind_of_question, word_explained
from graphrag_drift.language.dates import date_apart, find_dates, written_date
from graphrag_drift.language.detect import either, every, language_of_question, spoken
from graphrag_drift.language.forms import form_of, surveys
from graphrag_drift.language.korean import KOREAN, LETTERS
from graphrag_drift.language.language import Form, Kind
from graphrag_drift.language.reading import languages
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.language.terms import STOPWORDS, content_terms, terms, words
from graphrag_drift.marks import MARK
from graphrag_drift.names.find import Name, find_query_names
from graphrag_drift.names.lists import word_list
from graphrag_drift.providers.embedded.weights import Rarity
from graphrag_drift.values import Shown

# Words about the asking, the articles and their number, not about what happened.
_FURNITURE = frozenset(term for word in every(lambda language: language.asking.about_texts) for term in terms(word))
# Words of questions about a whole corpus: they tell no subject from another.
_GENERIC = frozenset(term for word in every(lambda language: language.asking.about_corpora) for term in terms(word))
_ABOUT_TEXTS = _FURNITURE | _GENERIC
_LIGHT = frozenset(term for word in every(lambda language: language.asking.light_verbs) for term in terms(word))
_LEADS = frozenset(term for word in every(lambda language: language.asking.leads) for term in terms(word))
OFFICES = frozenset(term for office in word_list("offices") for term in terms(office))
"""Terms of what somebody holds or is: "mayor", "chief"."""
_ALL_TEXTS = re.compile(either(lambda language: language.asking.all_texts), re.I)
TYPED = ("age", "number", "date", "person", "place")
"""Kinds of things that a sentence shows to hold."""
_BOXED = ("person", "place", "date", "age", "number", "choice", "yes/no", "entity")
_SIDES = 2  # names of "which is older, X or Y?"
_HOW_MANY = re.compile(either(lambda language: language.asking.how_many), re.I)
_MEASURE = re.compile(either(lambda language: language.asking.measure), re.I)
_NAMED = 600  # the least that a term of a name counts, however common the name is
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\Z")
_OF = re.compile(r"\bthe (\w+) of (?!the\b)(?=\w)")  # "the CEO of Spotify"
_NESTED = re.compile(r"\b(?:the|whose) [a-z][\w -]{2,30}? (?:of|that|which|who|in|where)\b|['’]s? (?=[a-z])")
_HANGUL = re.compile(f"[{LETTERS}]{{2}}")
_KOREAN_VERB = re.compile(KOREAN.asking.verb)


@dataclass(frozen=True, slots=True)
class Question:
    """`weights`: what each content term counts; `names`: the terms of each name asked about."""

    text: str
    language: str
    weights: dict[str, int]
    names: tuple[frozenset[str], ...]
    name_texts: tuple[str, ...]
    kind: Kind  # of thing that is asked for: see `language/cues.py`
    general: bool  # about the whole corpus: no word of it tells one subject from another
    focus: tuple[str, ...] = ()  # the terms of what is asked for: "treasurer"

    @property
    def form(self) -> Form:
        """The form that an answer takes: the one that is asked for, else by the kind of thing."""
        if form := form_of(self.text):
            return form
        if self.surveys:
            return "timeline"
        if self.kind == "definition" or (self.names and not self.predicate and self.kind in ("", "entity", "person")):
            return "who"
        if self.kind == "choice" and len(self.names) == _SIDES:
            return "comparison"
        if self.kind in _BOXED:
            return "box"
        return "overview" if self.general else "passages"

    @property
    def length(self) -> int:
        """How many words it has for what is asked, besides names, dates and the words of asking."""
        since, until = asking_span(self.text)
        asked = self.predicate_without_dates
        spans = (span for span in words(self.text) if span[1] <= since or span[0] >= until)
        return sum(not asked.isdisjoint(terms(self.text[slice(*span)])) for span in spans)

    @property
    def relations(self) -> int:
        """How many relations it nests: two in "the mother of the director of Orlin"."""
        return len(_NESTED.findall(self.text))

    @property
    def surveys(self) -> bool:
        """Whether it asks for what no search by its words finds: who matters, what a period holds."""
        return surveys(self.text, self.name_texts)

    @property
    def predicate(self) -> frozenset[str]:
        """The content terms that are of no name."""
        return self.terms.difference(*self.names)

    @property
    def predicate_without_dates(self) -> frozenset[str]:
        """The predicate but for the words of dates."""
        dates = find_dates(self.text, None)
        return self.predicate.difference(*(terms(self.text[date.start : date.end]) for date in dates))

    @property
    def counted(self) -> frozenset[str]:
        """The terms of what is asked for the number of: "daily", "user" of "How many daily users does it have?"; none
        of people, who are counted as the workers or victims that they are."""
        match = _HOW_MANY.search(self.text)
        first = next(filter(None, match.groups()), "") if match else ""
        return frozenset(self.focus) if not self.terms.isdisjoint(terms(first)) else frozenset()

    @property
    def leads(self) -> frozenset[str]:
        """The terms of the predicate for being at the head of something, for which any of the `OFFICES` may stand."""
        return self.predicate & _LEADS if self.kind == "person" else frozenset()

    @property
    def terms(self) -> frozenset[str]:
        """The content terms."""
        return frozenset(self.weights)


def understand(text: str, vocabulary: Vocabulary, rarity: Rarity) -> Question:
    """What `text` asks."""
    names_found = find_query_names(text, vocabulary)
    found = [name for name in names_found if not frozenset(terms(name.name)) <= _ABOUT_TEXTS]
    content = content_terms(_without([name for name in names_found if name not in found], text))
    kind = kind_of_question(text)
    measures = (word for match in _MEASURE.finditer(text) for word in match.groups() if word)
    asking = _FURNITURE.union(*(terms(measure) for measure in measures))
    asking |= frozenset(terms(text[slice(*asking_span(text))])) if kind == "reason" else frozenset()
    asked = [term for term in content if term not in asking]
    by_terms = {frozenset(content_terms(name.name)): name.name for name in reversed(found)}
    names = tuple(reversed(by_terms))
    named = frozenset[str]().union(*names)
    special = [term for term in asked if term not in _GENERIC or term in named]
    weights = _weights(special or asked or content, text, rarity)
    weights = {term: max(value, _NAMED) if term in named else value for term, value in weights.items()}
    names, weights = _without_outlets(names, weights, vocabulary)
    language = spoken(language_of_question(text, frozenset(languages()))).code
    name_texts = tuple(by_terms[terms] for terms in names)
    focus = tuple(term for word in focus_of(text) for term in terms(word) if term in weights)
    slight = _LIGHT | STOPWORDS if form_of(text) == "overview" else _LIGHT
    general = slight.issuperset(special) or (not names and _ALL_TEXTS.search(text) is not None)
    return Question(text, language, weights, names, name_texts, kind_of_question(text, name_texts), general, focus)


def _without_outlets(
    names: tuple[frozenset[str], ...], weights: dict[str, int], vocabulary: Vocabulary
) -> tuple[tuple[frozenset[str], ...], dict[str, int]]:
    """The names and weights without those of whom the documents are from, if what is left weighs more.

    "What does The Verge say of Tesla?" asks what stands in some documents, "Who owns The Verge?" what it is.
    """
    others = tuple(name for name in names if not any(name <= outlet for outlet in vocabulary.outlet_terms))
    outlets = frozenset[str]().union(*names).difference(*others) if len(others) < len(names) else frozenset[str]()
    left = {term: value for term, value in weights.items() if term not in outlets}
    return (others, left) if sum(left.values()) > sum(weights.values()) - sum(left.values()) else (names, weights)


def stand_alone(text: str, history: Sequence[tuple[str, str]], understood: Callable[[str], Question]) -> str:
    """`text` with what it leaves out: a question that names nothing is about what the turn before was about.

    That are the subject of the last answer, which is the first name in it, as it writes names, that its question does
    not hold, and the words of that question. One for another time ("and a year earlier?") is the question before, of
    that time.
    """
    if not history or understood(text).names:
        return text
    before, reply = history[-1]
    if moved := _at_another_time(text, stand_alone(before, history[:-1], understood), reply):
        return moved
    earlier = understood(stand_alone(before, history[:-1], understood))
    answered = understood(MARK.sub("", reply).partition("\n")[0])
    named = zip(answered.names, answered.name_texts, strict=True)
    subject = next((name for terms, name in named if name in reply and not terms <= earlier.terms), "")
    spelled = [earlier.text[start:end] for start, end in words(earlier.text)]
    about = [
        word for word in spelled if earlier.terms.intersection(terms(word)) and word.casefold() not in text.casefold()
    ]
    left_out = " ".join(dict.fromkeys([*filter(None, [subject]), *about]))
    return f"{text} ({left_out})" if left_out else text


def _at_another_time(text: str, before: str, reply: str) -> str:
    """The question `before` for the time that `text` tells from the date in it, or from the first in its `reply`; "" if
    there is none."""
    dates = find_dates(before, None)
    told = dates or find_dates(MARK.sub("", reply), None)
    iso = date_apart(text, told[0].iso) if told else ""
    if not iso:
        return ""
    written = written_date(iso, language_of_question(before, frozenset(languages())))
    return f"{before[: dates[0].start]}{written}{before[dates[0].end :]}" if dates else f"{before} ({written})"


def with_shown_names(question: Question, rows: Sequence[Shown], vocabulary: Vocabulary) -> Question:
    """The question with those titles of shown entities, relationships and documents that stand in it as names, too.

    A title of one word that the question writes small is no name, if the corpus mostly does so too, or the question
    writes other names large ("When did Ann Hale die?" asks for no "Die").
    """
    words = terms(question.text)
    writes_large = any(name in question.text and name != name.lower() for name in question.name_texts)
    names = dict(zip(question.names, question.name_texts, strict=True))
    for title in dict.fromkeys(title for row in rows for title in _titles(row)):
        name = content_terms(_PARENTHESIS.sub("", title))
        if question.terms.isdisjoint(name) or not (_stands_in(terms(title), words) or _stands_in(name, words)):
            continue
        small = " " not in title and title not in question.text
        common = small and (writes_large or vocabulary.is_common(title))
        if not common and not frozenset(name) <= _ABOUT_TEXTS:
            names.setdefault(frozenset(name), _PARENTHESIS.sub("", title))
    if phrase := _explained(question, rows):
        names.setdefault(frozenset(content_terms(phrase)), phrase)
    for role in _roles_of_names(question.text, names):
        del names[role]
    longest = [name for name in names if not any(name < other for other in names)]
    if tuple(longest) == question.names:
        return question
    texts = tuple(names[name] for name in longest)
    named = frozenset[str]().union(*longest)
    weights = {term: max(value, _NAMED) if term in named else value for term, value in question.weights.items()}
    kind = kind_of_question(question.text, texts)
    return replace(question, names=tuple(longest), name_texts=texts, weights=weights, kind=kind)


def _explained(question: Question, rows: Sequence[Shown]) -> str:
    """The phrase whose meaning is asked for, as the rows mostly write it; "" if they do not have it."""
    phrase = word_explained(question.text)
    if not phrase or question.general or not content_terms(phrase):
        return ""
    pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.I)
    spellings = Counter(match.group() for row in rows for match in pattern.finditer(row.text))
    return min(spellings, key=lambda one: (-spellings[one], one)) if spellings else ""


def _stands_in(name: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words of the name follow each other there: "How old is the boy" names no "Old Boys"."""
    return any(words[i : i + len(name)] == name for i in range(len(words) - len(name) + 1))


def _roles_of_names(text: str, names: Mapping[frozenset[str], str]) -> list[frozenset[str]]:
    """Names of one word that the question asks about another for: "CEO" of "the CEO of Spotify"."""
    asked = [frozenset(terms(word)) for word in _OF.findall(text)]
    return [name for name in names if name in asked and len(names) > 1]


def _titles(row: Shown) -> Sequence[str]:
    if row.kind == "relationship":
        return row.title.split("; ")
    return [row.title] if row.kind in ("entity", "source") else []


def _weights(asked: Sequence[str], text: str, rarity: Rarity) -> dict[str, int]:
    """What each term counts; the syllable pairs of a long Korean word count together as much as the word."""
    verb = frozenset(terms(found.group())) if (found := _KOREAN_VERB.search(text)) else frozenset[str]()
    weights: dict[str, int] = {}
    whole, pairs = "", 0
    for term in asked:
        if pairs and len(term) == 2 and term in whole:
            share = rarity(whole) // (2 * (len(whole) - 1))
            pairs -= 1
        else:
            is_long = len(term) > 2 and KOREAN.writes(term[0])
            whole, pairs = (term, len(term) - 1) if is_long else ("", 0)
            share = rarity(term) // 2 if is_long else rarity(term)
        weights[term] = max(weights.get(term, 0), share // 3 if term in verb else share, 1)
    return weights


def _without(names: Sequence[Name], text: str) -> str:
    for name in reversed(names):
        text = f"{text[: name.start]} {text[name.end :]}"
    return text


def speaks_its_language(text: str, question: Question) -> bool:
    """Whether `text` is Korean just as the question is, or neither is."""
    return bool(_HANGUL.search(text)) == (question.language == "ko")
