"""A question -> what an answer must speak of: its terms, its names, and the kind of thing it asks for.

It does not parse grammar; the kind is told by the question's own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graphrag_drift.language.cues import cue_of, focus_of
from graphrag_drift.language.detect import every, language_of
from graphrag_drift.language.korean import KOREAN, LETTERS
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.language.terms import content_terms, terms
from graphrag_drift.names.find import Name, find_query_names
from graphrag_drift.providers.embedded.weights import Rarity

# Words about the asking, the articles and their number, not about what happened.
_FURNITURE = frozenset(term for word in every(lambda language: language.asking.about_texts) for term in terms(word))
# Words of questions about a whole corpus: they tell no subject from another.
_GENERIC = frozenset(term for word in every(lambda language: language.asking.about_corpora) for term in terms(word))
_ABOUT_TEXTS = _FURNITURE | _GENERIC
_NAMED = 600  # the least that a term of a name counts, however common the name is
_HANGUL = re.compile(f"[{LETTERS}]{{2}}")
_KOREAN_VERB = re.compile(KOREAN.asking.verb)
_LINK = r"[\s'‘’\"“”]+(?:(?:both|sources?|the|an?|another|articles?|by|in|from|including)[\s'‘’\"“”]+)*\Z"
_CITED_BEFORE = re.compile(
    r"\b(?:according to|as per|implied by|(?:reported|covered|discussed|highlighted|published|described|mentioned|"
    r"noted|cited|claimed|featured|outlined|detailed|suggested|stated|speculated|expressed) (?:by|in)|"
    r"(?:articles?|reports?|pieces?|stor(?:y|ies)|reviews?|coverage|posts?|sources?|another) "
    rf"(?:from|by|in|including)){_LINK}",
    re.I,
)
_CITED_AFTER = re.compile(
    r"['’\"”]*s?['’\"”]*\s(?:\w+\s)?(?:articles?|reports?|pieces?|reviews?|stor(?:y|ies)|coverage|reporting)\b"
)
_JOINED = re.compile(rf"['’\"”]*,?\s?(?:and|or|nor)?(?:{_LINK[:-2]})?", re.I)


@dataclass(frozen=True, slots=True)
class Question:
    """`weights`: what each content term counts; `names`: the terms of each name asked about."""

    text: str
    language: str
    weights: dict[str, int]
    names: tuple[frozenset[str], ...]
    name_texts: tuple[str, ...]
    cue: str  # the kind of thing asked for: see `cues.py`
    general: bool  # about the whole corpus: no word of it tells one subject from another
    people: tuple[str, ...] = ()  # those of the names that may be people's
    focus: tuple[str, ...] = ()  # the terms of what is asked for: "treasurer"

    @property
    def terms(self) -> frozenset[str]:
        """The content terms."""
        return frozenset(self.weights)


def understand(text: str, vocabulary: Vocabulary, rarity: Rarity) -> Question:
    """What `text` asks."""
    names_found = find_query_names(text, vocabulary)
    found = _subjects(names_found, text)
    content = content_terms(_without([name for name in names_found if name not in found], text))
    asked = [term for term in content if term not in _FURNITURE]
    by_terms = {frozenset(content_terms(name.name)): name.name for name in reversed(found)}
    names = tuple(reversed(by_terms))
    named = frozenset[str]().union(*names)
    special = [term for term in asked if term not in _GENERIC or term in named]
    weights = _weights(special or asked or content, text, rarity)
    weights = {term: max(value, _NAMED) if term in named else value for term, value in weights.items()}
    language = "ko" if language_of(text) == "ko" else "en"
    name_texts = tuple(by_terms[terms] for terms in names)
    people = tuple(dict.fromkeys(name.name for name in found if _may_be_person(name)))
    focus = tuple(term for word in focus_of(text) for term in terms(word) if term in weights)
    return Question(text, language, weights, names, name_texts, cue_of(text), not special, people, focus)


def _may_be_person(name: Name) -> bool:
    return name.kind == "person" or (
        name.kind == "other" and re.fullmatch(r"[^\d\s]+( [^\d\s]+)+", name.name) is not None
    )


def _subjects(names: Sequence[Name], text: str) -> list[Name]:
    """The names of the question but for the papers and agencies it cites."""
    cited: set[str] = set()
    cited_until = -1
    for name in names:
        joined = cited_until >= 0 and _JOINED.fullmatch(text[cited_until : name.start])
        if joined or _CITED_BEFORE.search(text[: name.start]) or _CITED_AFTER.match(text, name.end):
            cited.add(name.name)
            cited_until = name.end
        else:
            cited_until = -1
    return [name for name in names if name.name not in cited and not frozenset(terms(name.name)) <= _ABOUT_TEXTS]


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
