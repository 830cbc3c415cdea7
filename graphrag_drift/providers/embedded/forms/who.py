"""who and what: the sentence that says what something is, then what it did, in the order of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from graphrag_drift.language.english import FUNCTION_WORDS, STOP_WORDS
from graphrag_drift.names.roles import person_nouns, roles_of
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.forms.material import Material, block_of, blocks_of, item_of
from graphrag_drift.providers.embedded.forms.related import related
from graphrag_drift.providers.embedded.sentences import Candidate, headlines_of, led_in, occurrences
from graphrag_drift.tasks import ItemDraft

_MORE = 4  # sentences on what it did
_AROUND = 80  # characters beside a name in which a role is looked for
_COPULA = re.compile(r"\s*(?:[,(:–—]|-\s)?\s*(?:is|was|are|were|became|remains)?\s*(?:an?|the|one of)\b|\s*,\s*\d{2}\b")
_CELLS = "\0"  # where the name stands
_FIRST_CELL = re.compile(r"\W*\0\W*[|\t].*", re.S)
"""A row of a table that is about the name, which its first cell is."""
_BARE = re.compile(r",\s((?:[A-Za-z][a-z-]*\s){0,5}([A-Za-z][a-z-]+))(?=[,.;)])")
"""An apposition without an article; the groups are it and its last word: "Omar Reyes, chief financial officer, and"."""
_BARE_OF = re.compile(r",\s(?:\d+,\s)?(?:[a-z][a-z-]*\s){0,3}([a-z-]+(?<!ing|.ed))\s(?:of|at|for|to|with)\s")
"""One that goes on with whose or where: "Bob Cratchit, clerk to Ebenezer Scrooge"."""


def who(material: Material) -> list[ItemDraft]:
    """The sentences that define the name first, then what else is told of it, oldest first."""
    ranked = [item for item in material.ranked if _names_it(item, material)] or material.ranked_sources
    if not ranked:
        return []
    if len(material.question.names) > 1:
        return related(material)
    # As ranked, not chosen for what is new of the question, which is but the name.
    told = [item.candidate for item in ranked[: _MORE + 1]]
    pool = [*(item.candidate for item in ranked), *headlines_of(material.rows)]
    lead = _defining(pool, material) or _headed(pool, material) or ranked[0].candidate
    first, *more = blocks_of([lead, *(c for c in told if c != lead)][: _MORE + 1], material.knowledge.rarity)
    return [item_of(first), *map(item_of, sorted(more, key=lambda block: block[0].order))]


def _names_it(item: Scored, material: Material) -> bool:
    """Whether the sentence has most of a name, or its pronoun means it, and not only as that of whoever speaks; or it
    comes first below a heading that has it."""
    said = (item.candidate.sentence.bag - item.candidate.sentence.speaker) | led_in(item.candidate)
    return any(2 * len(said & name) >= len(name) for name in material.question.names)


def _defining(pool: Sequence[Candidate], material: Material) -> Candidate | None:
    """The sentence that gives the name the role that most give it, the newest of them; else the first that says what
    it is: "X, a lawyer", "X is the head of"."""
    bare = _bare_nouns(pool, material)
    roles = {candidate: _roles(candidate, material, bare) for candidate in dict.fromkeys(pool)}
    counts = Counter(role for own in roles.values() for role in own if role)
    usable = [candidate for candidate, own in roles.items() if own and block_of(candidate)]

    def worth(candidate: Candidate) -> tuple[int, bool, str]:
        # One that a single sentence gives is best told in prose; of several, the newest counts.
        most = max(counts[role] for role in roles[candidate])
        return (most, candidate.sentence.prose, candidate.row.date if most > 1 else "")

    return max(usable, key=worth, default=None)  # the first of equals: the best ranked


def _headed(pool: Sequence[Candidate], material: Material) -> Candidate | None:
    """The first sentence below a heading that is the name, or else has it."""
    led = {one: led_in(one) for one in pool}
    names = material.question.names
    return next((one for one in pool if led[one] in names), None) or next(
        (one for one in pool if any(name <= led[one] for name in names)), None
    )


def _roles(candidate: Candidate, material: Material, bare: frozenset[str]) -> frozenset[str]:
    """The roles beside the name in the sentence, "" for one that follows without a word for it; none, if it tells
    nothing of what the name is."""
    roles: set[str] = set()
    for name, before, after in _surroundings(candidate, material):
        if _COPULA.match(after) or _FIRST_CELL.fullmatch(f"{before}{_CELLS}{after}"):
            roles.add("")
        if name.islower():
            continue  # a word of the language, which holds no office
        roles.update(roles_of(before, after, person_nouns([(before, after, True)])))
        noun = _BARE.match(after)
        if noun and noun[2].casefold() in bare:
            roles.add(noun[2].casefold())
        noun = _BARE_OF.match(after)
        if noun and noun[1] not in FUNCTION_WORDS | STOP_WORDS:
            roles.add(noun[1])
    return frozenset(roles)


def _bare_nouns(pool: Sequence[Candidate], material: Material) -> frozenset[str]:
    """The nouns that end appositions without an article of several people in the sentences: "officer", "analyst"."""
    bearers: dict[str, set[str]] = {}
    for candidate in pool:
        text = candidate.sentence.text
        names = dict(material.knowledge.names_in(text)) if ", " in text else {}
        for name in (name for name, kind in names.items() if kind == "person"):
            for _, end in occurrences(name, text):
                noun = _BARE.match(text, end)
                if noun and noun[1] not in names:
                    bearers.setdefault(noun[2].casefold(), set()).add(name)
    return frozenset(noun for noun, names in bearers.items() if len(names) > 1)


def _surroundings(candidate: Candidate, material: Material) -> Iterator[tuple[str, str, str]]:
    """Each name, and the text before and after each place where it stands; its last word stands for it where that is no
    part of somebody else's name. A name in small letters may begin a sentence."""
    text = candidate.sentence.text
    for name in material.question.name_texts:
        places = [*occurrences(name, text.lower() if name.islower() else text)]
        if not places and len(words := name.split()) > 1:
            others = {other for other, _ in material.knowledge.names_in(text) if not set(other.split()) <= set(words)}
            taken = [span for other in others for span in occurrences(other, text)]
            places = [
                (start, end)
                for start, end in occurrences(words[-1], text)
                if not any(since <= start and end <= until for since, until in taken)
            ]
        for start, end in places:
            yield name, text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
