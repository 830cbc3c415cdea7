"""Table of languages other than English and Korean: names found in news, and events found by other texts.

- names: the share of what somebody linked in the blurbs of a language that is found as it stands, where it has a
  capital; Chinese has none, so that there links to common nouns (earthquake, election) count as missed names.
- codes: the share of the blurbs that are told to be in their language.
- headline: the mean reciprocal rank, among all blurbs of the language, of one of the event that a title is of, by terms
  alone (BM25); texts that hold the title as it stands are left out.
- again: the same, of another blurb of the event that shares less than three tenths of the words with the one asked by.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from data import Blurb, in_the_news
from language import names, normalised

from graphrag_drift.language.detect import language_of
from graphrag_drift.language.reading import languages_of_corpus, reading
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import terms

_LANGUAGES = ("en", "de", "fr", "pt", "sv", "ru", "uk", "be", "pl", "da", "no", "fi", "ro", "el", "id", "ar", "zh")
_CASELESS = ("zh", "ar")
_NEAR = 0.3  # of the words of both
_K1, _B = 1.5, 0.75


def main() -> None:
    """Print the table."""
    by_language: defaultdict[str, list[Blurb]] = defaultdict(list)
    for blurb in in_the_news():
        by_language[blurb.language].append(blurb)
    print(f"{'':4} {'blurbs':>6} {'codes':>6} {'names':>6} {'of':>5} {'headline':>8} {'of':>4} {'again':>6} {'of':>4}")
    for code in _LANGUAGES:
        blurbs = by_language[code]
        told = sum(language_of(blurb.text) == code for blurb in blurbs) / len(blurbs)
        share, linked = linked_names(blurbs)
        search = Search(blurbs)
        ranks = [events_by_headline(search), events_again(search)]
        shown = " ".join(f"{sum(each) / max(len(each), 1):>8.3f} {len(each):>4}" for each in ranks)
        print(f"{code:4} {len(blurbs):>6} {told:>6.2f} {share:>6.3f} {linked:>5} {shown}")


def linked_names(blurbs: Sequence[Blurb]) -> tuple[float, int]:
    """(the share of the linked names that are found, how many are linked)."""
    texts = [blurb.text.replace("\u00ad", "") for blurb in blurbs]  # as `input` reads them
    statistics = Statistics.from_texts(texts)
    hits = total = 0
    for blurb, text in zip(blurbs, texts, strict=True):
        found = {normalised(form) for name in names(text, statistics) for form in (name.name, name.text)}
        caseless = blurb.language in _CASELESS
        gold = {normalised(link) for link in blurb.links if caseless or link[:1].isupper()}
        hits, total = hits + len(found & gold), total + len(gold)
    return hits / max(total, 1), total


def surface(blurb: Blurb) -> frozenset[str]:
    """The words of a blurb as they stand; pairs of characters, where no space divides words."""
    text = normalised(blurb.text)
    pairs = (text[at : at + 2] for at in range(len(text) - 1))
    return frozenset(pairs if blurb.language == "zh" else text.split())


class Search:
    """BM25 over the terms of the blurbs of one language, read as the index of that corpus reads them."""

    def __init__(self, blurbs: Sequence[Blurb]) -> None:
        self.blurbs = blurbs
        self.languages = languages_of_corpus(language_of(blurb.text) for blurb in blurbs)
        self.bags = [self.bag(blurb.text) for blurb in blurbs]
        self.frequencies = Counter(term for bag in self.bags for term in bag)
        self.mean = sum(bag.total() for bag in self.bags) / len(self.bags)

    def bag(self, text: str) -> Counter[str]:
        with reading(self.languages):
            return Counter(terms(text))

    def reciprocal_rank(self, question: Counter[str], among: Iterable[int], gold: Collection[int]) -> float:
        order = sorted(among, key=lambda at: (-self._score(question, self.bags[at]), at))
        return 1 / (1 + next(place for place, at in enumerate(order) if at in gold))

    def _score(self, question: Counter[str], bag: Counter[str]) -> float:
        length, count = _K1 * (1 - _B + _B * bag.total() / self.mean), len(self.bags)
        return sum(
            math.log(1 + (count - self.frequencies[term] + 0.5) / (self.frequencies[term] + 0.5))
            * (bag[term] * (_K1 + 1) / (bag[term] + length))
            for term in question
            if term in bag
        )


def events_again(search: Search) -> list[float]:
    """The reciprocal rank of another text of the event, for each blurb that has one."""
    words = [surface(blurb) for blurb in search.blurbs]
    ranks = []
    for at, blurb in enumerate(search.blurbs):
        same = {i for i, other in enumerate(search.blurbs) if i != at and other.topic == blurb.topic}
        near = {i for i in same if len(words[at] & words[i]) >= _NEAR * len(words[at] | words[i])}
        if same - near:
            others = [i for i in range(len(words)) if i != at and i not in near]
            ranks.append(search.reciprocal_rank(search.bags[at], others, same))
    return ranks


def events_by_headline(search: Search) -> list[float]:
    """The reciprocal rank of a text of the event that does not hold its headline, for each event that has one."""
    topics = defaultdict(set)
    for at, blurb in enumerate(search.blurbs):
        topics[(blurb.topic, blurb.headline)].add(at)
    ranks = []
    for (_, headline), gold in topics.items():
        holding = {at for at in gold if headline.casefold() in search.blurbs[at].text.casefold()}
        if gold - holding:
            others = [at for at in range(len(search.blurbs)) if at not in holding]
            ranks.append(search.reciprocal_rank(search.bag(headline), others, gold))
    return ranks


if __name__ == "__main__":
    main()
