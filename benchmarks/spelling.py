"""How many words that a corpus does not have would be taken for a misspelling of one that it has, by the mistake.

Each pair of corpora lends the words: those that one has and the other has not are right, so each that is mended is
mended wrongly. `language/spelling.py` takes its lengths from here.

    python benchmarks/spelling.py FOLDER_WITH_SETTINGS...
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations

from graphrag_drift import Index
from graphrag_drift.language.spelling import neighbours
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import terms

_MOST = 1_500  # words of a pair
_LENGTHS = range(4, 8)  # letters; the last stands for all longer ones


def strangers(of: Statistics, to: Statistics) -> Iterator[str]:
    """Words in Latin letters that `of` has more than once, or at all in one text, and `to` has in no form."""
    for word, count in of.documents.items():
        often = count > 1 or len(of.documents) < _MOST
        if often and word.isascii() and word.isalpha() and not any(term in to.frequencies for term in terms(word)):
            yield word


def wrong(corpora: list[Statistics]) -> dict[int, list[float]]:
    """By letters: the share of words with a neighbour in the other corpus that has a letter more, less, or another."""
    counts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one, other in permutations(corpora, 2):
        words = sorted(strangers(one, other))
        for word in random.Random(1).sample(words, min(_MOST, len(words))):
            near = {len(known) - len(word) for known in neighbours(word, other) if known in other.documents}
            row = counts[min(len(word), _LENGTHS[-1])]
            row[0] += 1
            for column, difference in enumerate((1, -1, 0), start=1):
                row[column] += difference in near
    return {length: [number / row[0] for number in row[1:]] for length, row in sorted(counts.items())}


def main() -> None:
    """Print the table."""
    corpora = [Index.open_sync(folder).graph.lexicon for folder in sys.argv[1:]]
    print("| letters typed | one missing | one too many | another |\n|---|---|---|---|")
    for length, shares in wrong(corpora).items():
        if length in _LENGTHS:
            print(f"| {length}{'+' if length == _LENGTHS[-1] else ''} | {' | '.join(f'{one:.1%}' for one in shares)} |")


if __name__ == "__main__":
    main()
