"""Names of a corpus -> links from a name to the fuller name it stands for, each with its reason.

A link is made only where exactly one fuller name can be meant: of several, none. Homonyms are told apart later, in
`homonyms.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from graphrag_drift.names.forms import surnames_of
from graphrag_drift.names.lists import word_list
from graphrag_drift.resolution.corpus import Corpus, Document, Occurrence
from graphrag_drift.resolution.links import Contexts, Link, Links, read_contexts
from graphrag_drift.resolution.rules import CORPUS_RULES, DOCUMENT_RULES, CorpusRule, DocumentRule

_PLACES = word_list("places")

_SHARED = 2  # entities that the documents must have in common, if the shorter one has as many

_Fuller = dict[str, dict[str, str]]


def link_lone_names(corpus: Corpus, links: Links) -> Links:
    """`links` with those of lone names, until there are no more: each brings contexts closer."""
    while True:
        contexts = read_contexts(corpus, links)
        more = dict(_lone_links(corpus, links, contexts, _fuller_names(corpus, links)))
        if not more:
            return links
        links = Links({**links.local, **more}, links.everywhere)


def _fuller_names(corpus: Corpus, links: Links) -> _Fuller:
    """Name -> the last keys that it may stand for, each with the reason: full names with this surname, and what the
    name is short for in half of its documents."""
    fuller: defaultdict[str, dict[str, str]] = defaultdict(dict)
    shortened: Counter[tuple[str, str]] = Counter()
    for document, occurrence in corpus.occurrences():
        link = links.local.get((document.id, occurrence.key))
        if link is None and len(occurrence.tokens) == 1:
            continue
        target = links.target(document.id, occurrence.key)
        if link is not None and link.reason == "short form":
            shortened[occurrence.key, target] += 1
        if "person" in (corpus.kinds[occurrence.key], corpus.kinds[target]):
            for surname in surnames_of(occurrence.tokens):
                fuller[surname.replace("-", " ")][target] = "surname"
    for (key, target), documents in shortened.items():
        if documents * 2 >= corpus.counts[key]:
            fuller[key].setdefault(target, "short form")
    return fuller


def _lone_links(
    corpus: Corpus, links: Links, contexts: Contexts, fuller: _Fuller
) -> Iterator[tuple[tuple[str, str], Link]]:
    around: dict[str, frozenset[str]] = {}
    for document, occurrence in corpus.occurrences():
        candidates = fuller.get(occurrence.key, {})
        if len(candidates) != 1 or links.path(document.id, occurrence.key):
            continue
        [(target, reason)] = candidates.items()
        if not _may_be_short(document, occurrence, target, reason, corpus):
            continue
        if target not in around:
            around[target] = contexts.around(target)
        beside = contexts.telling[document.id] - {occurrence.key}
        shared = around[target] & beside
        if shared and len(shared) >= min(_SHARED, len(beside)):
            named = ", ".join(corpus.shown[key] for key in sorted(shared)[:3])
            evidence = f"the only fuller name in all documents; both stand with {named}"
            yield (document.id, occurrence.key), Link(target, reason, evidence)


def _may_be_short(document: Document, occurrence: Occurrence, target: str, reason: str, corpus: Corpus) -> bool:
    if occurrence.key in _PLACES or target in document.names:
        return False
    if reason == "surname" and occurrence.key in corpus.independent:
        return False
    wanted = ("person", "other") if reason == "surname" else ("organization", "person", "other")
    return corpus.kinds[occurrence.key] in wanted and len(occurrence.genders) < 2


def link_names(
    corpus: Corpus,
    *,
    corpus_rules: Sequence[CorpusRule] = CORPUS_RULES,
    document_rules: Sequence[DocumentRule] = DOCUMENT_RULES,
) -> Links:
    """The links of all rules, an earlier rule's before a later one's, and then those of lone names."""
    links = Links({}, {})
    for rule in corpus_rules:
        for key, link in rule(corpus):
            if key != link.target:
                links.everywhere.setdefault(key, link)
    for document in corpus.documents:
        find = partial(links.target, document.id)
        for document_rule in document_rules:
            for key, link in list(document_rule(document, corpus, find)):
                if find(key) == key and find(link.target) != key:
                    links.local[document.id, key] = link
    return link_lone_names(corpus, links)
