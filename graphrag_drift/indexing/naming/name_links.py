"""Names of a corpus -> links from a name to the fuller name it stands for, each with its reason.

A link is made only where exactly one fuller name can be meant: of several, none. Homonyms are told apart later, in
`homonyms.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from graphrag_drift.indexing.naming.corpus_rules import CORPUS_RULES, CorpusRule
from graphrag_drift.indexing.naming.document_rules import DOCUMENT_RULES, DocumentRule
from graphrag_drift.indexing.naming.links import Links
from graphrag_drift.indexing.naming.lone_names import link_lone_names
from graphrag_drift.indexing.naming.names import Corpus


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
