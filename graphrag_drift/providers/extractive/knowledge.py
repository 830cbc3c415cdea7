"""What the reader knows of the corpus, made once from its statistics: how rare a term is, what is a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from graphrag_drift.language.statistics import Lexicon, Vocabulary
from graphrag_drift.language.terms import STOPWORDS
from graphrag_drift.names.find import Name, find_names
from graphrag_drift.providers.extractive.weights import Rarity, rarity_of

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
    vocabulary = lexicon.vocabulary

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
        return "가" <= words[0][0] <= "힣"
    return len(words) <= _LONGEST_NAME and len(name.name) > 1
