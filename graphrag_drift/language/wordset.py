"""Words written with spaces between them -> the set of them, so that a word list reads like text."""


def word_set(words: str) -> frozenset[str]:
    """The words of `words`, which may go over many lines."""
    return frozenset(words.split())
