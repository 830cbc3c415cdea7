"""What a term says: its rarity in the corpus, and from it the weights of sentences and questions.

The corpus's term frequencies come with the reader; nothing is counted here. Weights are whole numbers, so that
sums over sets do not depend on their order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array

from graphrag_drift.language.korean import KOREAN
from graphrag_drift.language.statistics import Lexicon, Vocabulary
from graphrag_drift.language.terms import STOPWORDS
from graphrag_drift.names.find import Name, find_names
from graphrag_drift.providers.embedded.sentences import Sentence

UNSEEN = 1000
Rarity = Callable[[str], int]  # a term's weight, 20 (in every text) to UNSEEN (in none)
_NEAR_COPY = 0.7  # share of the shorter sentence's terms, by rarity, found in the other
_OF_LONGER = 0.3  # and of the longer's: a long sentence that holds the words of a short one tells something else


def rarity_of(lexicon: Lexicon) -> Rarity:
    """The weight of terms in the corpus of `lexicon`, by the logarithm of the share of texts that hold them."""
    return lexicon.rarity


def weight(terms: Iterable[str], rarity: Rarity) -> int:
    """The sum of the rarities of `terms`."""
    return sum(map(rarity, terms))


def restates(one: Sentence, other: Sentence, rarity: Rarity) -> bool:
    """Whether two sentences are in nearly the same words, whatever their figures."""
    shared = one.words & other.words
    if not shared:
        return False
    both, own, others = weight(shared, rarity), weight(one.words, rarity), weight(other.words, rarity)
    return both >= _NEAR_COPY * min(own, others) and both >= _OF_LONGER * max(own, others)


def is_near_copy(one: Sentence, other: Sentence, rarity: Rarity) -> bool:
    """Whether two sentences say the same in nearly the same words; other figures are another statement."""
    figures, others = one.bag - one.words, other.bag - other.words
    return not (figures - others and others - figures) and restates(one, other, rarity)


def near_copies(sentences: Sequence[Sentence], rarity: Rarity) -> list[set[int]]:
    """For each sentence the places of those that `is_near_copy` says it is one of; all at once, by a sparse product."""
    copies: list[set[int]] = [set() for _ in sentences]
    columns: dict[str, int] = {}
    places = np.array(
        [columns.setdefault(term, len(columns)) for one in sentences for term in one.words], dtype=np.int64
    )
    if not columns:
        return copies
    lengths = [len(one.words) for one in sentences]
    ends, shape = np.cumsum([0, *lengths]), (len(sentences), len(columns))
    worth = np.array([rarity(term) for term in columns], dtype=np.float64)[places]
    own = np.bincount(np.repeat(np.arange(len(sentences)), lengths), worth, len(sentences))
    held = csr_array((np.ones(len(places)), places, ends), shape=shape)
    shared = (csr_array((worth, places, ends), shape=shape) @ held.T).tocoo()
    one_own, other_own = own[shared.row], own[shared.col]
    alike = (shared.row < shared.col) & (shared.data >= _NEAR_COPY * np.minimum(one_own, other_own))
    alike &= shared.data >= _OF_LONGER * np.maximum(one_own, other_own)
    for one, other in zip(shared.row[alike].tolist(), shared.col[alike].tolist(), strict=True):
        if is_near_copy(sentences[one], sentences[other], rarity):
            copies[one].add(other)
            copies[other].add(one)
    return copies


def centroid(sentences: Iterable[Sentence], rarity: Rarity) -> dict[str, float]:
    """Per term the number of sentences that hold it times its rarity, scaled to length 1."""
    counts = Counter(term for sentence in sentences for term in sentence.bag)
    length = math.sqrt(sum((count * rarity(term)) ** 2 for term, count in counts.items())) or 1.0
    return {term: count * rarity(term) / length for term, count in counts.items()}


def nearness(sentence: Sentence, centre: Mapping[str, float], rarity: Rarity) -> float:
    """The cosine of a sentence with a centroid: 0-1."""
    length = math.sqrt(sum(rarity(term) ** 2 for term in sentence.bag)) or 1.0
    return math.fsum(rarity(term) * centre.get(term, 0.0) for term in sentence.bag) / length


_ADJECTIVE = re.compile(r"(?:ian|ean|ish|ese|can|ench|utch|eek|aeli|ific)s?\Z")
_KNOWN_SENTENCES = 8192
_LONGEST_NAME = 6  # words; longer runs are titles of works or quotes


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`names_in` gives the names of a sentence with their kinds, in order, each once."""

    vocabulary: Vocabulary
    rarity: Rarity
    names_in: Callable[[str], tuple[tuple[str, str], ...]]


def knowledge_of(lexicon: Lexicon) -> Knowledge:
    """What `lexicon` tells; analyses of the last sentences are kept."""
    vocabulary = lexicon

    @lru_cache(maxsize=_KNOWN_SENTENCES)
    def names_in(text: str) -> tuple[tuple[str, str], ...]:
        found = find_names(text, [(0, len(text))], vocabulary)
        kept = {name.name: name.kind for name in reversed(found) if _is_subject(name, text, vocabulary)}
        return tuple(reversed(kept.items()))

    return Knowledge(vocabulary, rarity_of(lexicon), names_in)


def _is_subject(name: Name, text: str, vocabulary: Vocabulary) -> bool:
    """Whether one can ask about it: no "South Korean ship", no "Negotiators said", no quoted sentence."""
    words = name.name.split()
    after = text[name.end : name.end + 2]
    if name.kind != "person" and _ADJECTIVE.search(words[-1]) and after[:1] == " " and after[1:].islower():
        return False
    if any(word in STOPWORDS and word not in ("of", "the", "and", "for", "in", "on") for word in words):
        return False
    if name.start == 0 and len(words) == 1 and name.kind == "other" and not vocabulary.is_name(words[0]):
        return KOREAN.writes(words[0][0])
    return len(words) <= _LONGEST_NAME and len(name.name) > 1
