"""Given names for `names/lists/given_names.txt`, printed: `python benchmarks/given_names.py`, with faker installed.

From the lists of faker (MIT), by locale: those of two locales or more, but no word of the language, place or title. A
name is a word of the language if the corpora of `../shared/data` write it small.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import data
import polars as pl

from graphrag_drift.language.detect import every
from graphrag_drift.names.lists import heads, titles, word_list

CORPORA = (
    data.multihop_news,
    data.hotpotqa_200,
    data.wiki_1000,
    data.podcasts,
    data.earnings_calls,
    data.christmas_carol,
)
_LOCALES = 2  # that have a name, at least; what one has alone is more often a word elsewhere
_LATIN = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-Ɏ][a-zà-öø-ÿā-ɏ'’-]{2,}")
_SMALL = re.compile(r"(?<![^\W_])[a-zà-öø-ÿ]{3,}(?![^\W_])")


def faker_names() -> Iterator[str]:
    """First names in Latin letters, each once for every locale that has it."""
    person = importlib.import_module("faker.providers.person")
    for found in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{found.name}").Provider
        lists = [names for attribute, names in vars(provider).items() if attribute.startswith("first_names")]
        yield from {name for names in lists if isinstance(names, tuple | list | dict) for name in names}


def main() -> None:
    """Print the list."""
    texts = pl.concat([corpus().documents["text"] for corpus in CORPORA])
    small = Counter(word for text in texts for word in _SMALL.findall(text))
    small += Counter(word for blurb in data.in_the_news() for word in _SMALL.findall(blurb.text))
    words = every(lambda language: language.function_words | language.stop_words | language.calendar)
    others = words | heads() | titles() | word_list("places") | word_list("demonyms") | word_list("territories")
    locales = Counter(name.casefold() for name in faker_names() if _LATIN.fullmatch(name))
    names = {name for name, count in locales.items() if count >= _LOCALES}
    known = word_list("given_names")
    print("\n".join(sorted(known | {name for name in names - others if not small[name]})))


if __name__ == "__main__":
    main()
