"""The word lists that finding names rests on: a text file each, one word a line, its first line says why it exists.

A list is a closed class of a language, or what an atlas or a register of names has; no list of people or companies.
What a corpus can tell by itself is learned from it instead, see `language/statistics.py`.
"""

from functools import cache
from importlib.resources import files


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of `name`.txt, in lower case; some are of several words.

    Raises: FileNotFoundError, if there is no such list.
    """
    lines = files(__name__).joinpath(f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(lines[1:])


@cache
def titles() -> frozenset[str]:
    """Forms of address, offices, ranks and titles of all kinds."""
    return word_list("honorifics") | word_list("offices") | word_list("noble_titles")


@cache
def heads() -> frozenset[str]:
    """Nouns that head the names of organizations, places and events."""
    return word_list("organization_heads") | word_list("place_heads") | word_list("event_heads")
