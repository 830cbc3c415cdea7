"""News that nobody wrote, as much as is asked for: short articles about stories, with names that follow Zipf's law.

A name is a new one as seldom as in Pitman and Yor 1997 ("The two-parameter Poisson-Dirichlet distribution"), so that
the number of names grows as a power of the number of mentions; else one that was written before, the likelier the more
often. A story has a few names that its articles share. The same seed and number give the same articles, and fewer
articles are no part of more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate, islice

_ONSETS = ("b", "br", "d", "f", "g", "h", "j", "k", "kr", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w")
_RHYMES = ("a", "e", "i", "o", "u", "al", "an", "ar", "el", "en", "er", "il", "in", "ol", "on", "or", "un")
_SYLLABLES = [onset + rhyme for onset in _ONSETS for rhyme in _RHYMES]
_TEMPLATES = (
    "{A} told {B} on {day} that the {noun} in {place} would {verb} before the {noun} is over.",
    "The {noun} of {B} began after {A} asked for a {adj} {noun} and a {noun} in {place}.",
    "According to {A}, the {adj} {noun} cost {figure} million and was paid for by {B}.",
    "In {place}, {A} met {B} to speak about the {noun}, which had been {adj} since {month}.",
    "{B} said it would {verb} the {noun} because its {noun} had become {adj}.",
    "It was not the first {noun} that {A} wanted to {verb}, and {B} had warned of a {adj} {noun}.",
    "He said the {noun} was {adj} and that nobody had wanted to {verb} the {noun} in time.",
    "A {noun} of {figure} people came to {place}, where {B} showed its {adj} {noun}.",
    "The {adj} {noun} will {verb} by {month}, said {A}, who has led {B} for {figure} years.",
    "Nobody at {B} would say whether the {noun} had been {adj} when the {noun} failed.",
    "They want to {verb} the {noun} and to make the {noun} less {adj} than it was in {place}.",
    "Since {month} the {noun} has been {adj}, and a {noun} of {figure} percent is expected.",
    "{A} denied that the {noun} with {C} had anything to do with the {adj} {noun}.",
    "A spokesman for {C} said that {A} had never asked for the {noun} in {place}.",
)
_PLACE_TEMPLATE = "{A} and {B} at odds over {noun} in {place}"
_HEADS = ("Group", "Bank", "Institute", "University", "Council", "Energy", "Agency", "Foundation", "Union", "Ministry")
_MONTHS = ("January", "February", "March", "April", "June", "July", "August", "September", "October", "November")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_WORDS = 12_000
_SENTENCES = (10, 16)
_ARTICLES_OF_STORY = 8  # on average
_NEW, _DISCOUNT = 200.0, 0.6  # of names: Pitman and Yor's theta and alpha


def articles(count: int, seed: int = 11) -> Iterator[dict[str, str]]:
    """`count` articles of about 1,500 characters: id, title, text, date."""
    dice = random.Random(seed)
    words = _Words(dice)
    people, offices, places = (_Names(make, dice) for make in (words.person, words.office, words.place))
    stories = [
        (
            [people.draw() for _ in range(dice.randint(2, 4))],
            [offices.draw() for _ in range(dice.randint(2, 3))],
            [places.draw() for _ in range(dice.randint(1, 2))],
        )
        for _ in range(max(1, count // _ARTICLES_OF_STORY))
    ]
    first = date(2020, 1, 1)
    for number in range(count):
        own = dice.choice(stories)

        def sentence(template: str, own: Sequence[Sequence[str]] = own) -> str:
            aside = dice.random() < 0.2
            person = people.draw() if aside else dice.choice(own[0])
            office, other = (offices.draw() if dice.random() < 0.2 else dice.choice(own[1]) for _ in range(2))
            text = template.format_map(_Slots(words, dice, A=person, B=office, C=other, place=dice.choice(own[2])))
            return text[0].upper() + text[1:]

        body = [sentence(dice.choice(_TEMPLATES)) for _ in range(dice.randint(*_SENTENCES))]
        paragraphs = [" ".join(body[start : start + 3]) for start in range(0, len(body), 3)]
        yield {
            "id": f"article-{number}",
            "title": sentence(_PLACE_TEMPLATE),
            "text": "\n\n".join(paragraphs),
            "date": (first + timedelta(days=number * 1_500 // count)).isoformat(),
        }


def questions(count: int, documents: int) -> list[str]:
    """Questions about names of the first articles of `documents`."""
    titles = [row["title"] for row in islice(articles(documents), count)]
    return [f"What happened between {title.partition(' at odds')[0]}?" for title in titles]


class _Words:
    """Common words by Zipf's law, and parts of names."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        words = sorted({self._word() for _ in range(2 * _WORDS)})
        dice.shuffle(words)
        self._words = words[:_WORDS]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def common(self) -> str:
        return self._dice.choices(self._words, cum_weights=self._weights)[0]

    def person(self) -> str:
        return f"{self._word().title()} {self._word().title()}"

    def office(self) -> str:
        return f"{self._word().title()} {self._dice.choice(_HEADS)}"

    def place(self) -> str:
        return self._word().title() + self._dice.choice(("ville", "ton", "burg", " City"))

    def _word(self) -> str:
        return "".join(self._dice.choices(_SYLLABLES, k=self._dice.randint(2, 3)))


class _Names:
    """Names of one kind, drawn as they would be in news."""

    def __init__(self, make: Callable[[], str], dice: random.Random) -> None:
        self._make, self._dice = make, dice
        self._written: list[str] = []  # each as often as it was written
        self._distinct: list[str] = []

    def draw(self) -> str:
        mentions, names = len(self._written), len(self._distinct)
        if self._dice.random() * (mentions + _NEW) < _NEW + _DISCOUNT * names:
            name = self._make()
            self._distinct.append(name)
        else:
            name = self._dice.choice(self._written)
        self._written.append(name)
        return name


class _Slots(dict[str, str]):
    """The names of a sentence, and any other word as it is asked for."""

    def __init__(self, words: _Words, dice: random.Random, **names: str) -> None:
        super().__init__(names)
        self._words, self._dice = words, dice

    def __missing__(self, slot: str) -> str:
        if slot == "day":
            return self._dice.choice(_DAYS)
        if slot == "month":
            return self._dice.choice(_MONTHS)
        return str(self._dice.randint(2, 900)) if slot == "figure" else self._words.common()
