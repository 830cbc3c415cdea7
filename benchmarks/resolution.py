"""B-cubed of the name resolution against the gold clusters of `redocred_dev`, rule by rule.

The gold mentions of each document (names as tokenised, dates and numbers left out) are the entity mentions; the
gold clusters know nothing across documents, so only mentions of one document are compared. "reader's types"
takes the kinds from the sentence, as the extractive reader would, instead of the gold's.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

import polars as pl
from data import redocred_dev
from measure import f1

from graphrag_drift.names.kinds import kind_of
from graphrag_drift.resolution.agreement import with_agreed_kinds
from graphrag_drift.resolution.corpus import Corpus, read_names, surroundings
from graphrag_drift.resolution.link_names import link_names
from graphrag_drift.resolution.rules import CORPUS_RULES, DOCUMENT_RULES
from graphrag_drift.resolution.titles import assign_titles
from graphrag_drift.tables import ENTITY_MENTIONS, RELATIONSHIP_MENTIONS, empty

_KINDS = {"PER": "person", "ORG": "organization", "LOC": "place", "MISC": "other"}
Score = tuple[float, float, float]


def read_gold(*, gold_types: bool = True) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Entity mentions, text units and, for each mention, its gold cluster."""
    rows, texts, clusters = [], [], []
    for number, document in enumerate(redocred_dev()):
        document_id = f"{number:04d}"
        sentences = [" ".join(words) for words in document.sentences]
        offsets = [0, *accumulate(len(sentence) + 1 for sentence in sentences)]
        texts.append((document_id, document_id, " ".join(sentences), 0))
        for index, entity in enumerate(document.entities):
            for mention in entity:
                if mention.kind not in _KINDS:
                    continue
                words, first, last = document.sentences[mention.sentence], mention.start, mention.end
                before, text = " ".join([*words[:first], ""]), " ".join(words[first:last])
                kind = _KINDS[mention.kind]
                if not gold_types:
                    after = re.sub(r" ([,.;:)]|['’]s\b)", r"\1", " " + " ".join(words[last:]))
                    kind = kind_of(text, before, after)
                start = offsets[mention.sentence] + len(before)
                sentence = sentences[mention.sentence]
                rows.append((document_id, document_id, text, kind, sentence, start, start + len(text)))
                clusters.append(f"{document_id} {index}")
    mentions = pl.DataFrame(rows, schema=ENTITY_MENTIONS, orient="row")
    units = pl.DataFrame(texts, schema=["document_id", "id", "text", "start"], orient="row")
    return mentions, units, clusters


def b_cubed(ours: Sequence[str], gold: Sequence[str]) -> Score:
    """Precision, recall and F1 averaged over mentions (Bagga and Baldwin 1998)."""
    together = Counter(zip(ours, gold, strict=True))
    of_ours, of_gold = Counter(ours), Counter(gold)
    precision = sum(n * n / of_ours[a] for (a, _), n in together.items()) / len(gold)
    recall = sum(n * n / of_gold[b] for (_, b), n in together.items()) / len(gold)
    return precision, recall, f1(precision, recall)


def clusters_without(corpus: Corpus, mentions: pl.DataFrame, without: str = "") -> list[str]:
    """The title of each mention, within its document, when one rule is left out."""
    links = link_names(
        corpus,
        corpus_rules=[rule for rule in CORPUS_RULES if rule.__name__ != without],
        document_rules=[rule for rule in DOCUMENT_RULES if rule.__name__ != without],
    )
    titles = {(a.document_id, a.name): a.title for a in assign_titles(corpus, links, {})}
    pairs = mentions.select("document_id", "name").iter_rows()
    return [f"{document_id} {titles[document_id, name]}" for document_id, name in pairs]


def table() -> list[tuple[str, Score]]:
    """The rows of the benchmark: baselines, all rules, all but one."""
    rows: list[tuple[str, Score]] = []
    for types in ("gold types", "reader's types"):
        mentions, units, gold = read_gold(gold_types=types == "gold types")
        around = surroundings(mentions, units)
        mentions = with_agreed_kinds(mentions, around)
        corpus = read_names(mentions, empty(RELATIONSHIP_MENTIONS), units, around)
        pairs = list(mentions.select("document_id", "name").iter_rows())
        rows.append((f"{types}: the same string", b_cubed([f"{d} {n}" for d, n in pairs], gold)))
        rows.append((f"{types}: the same key", b_cubed([f"{d} {corpus.keys[n]}" for d, n in pairs], gold)))
        rows.append((f"{types}: all rules", b_cubed(clusters_without(corpus, mentions), gold)))
        for rule in (*CORPUS_RULES, *DOCUMENT_RULES):
            score = b_cubed(clusters_without(corpus, mentions, rule.__name__), gold)
            rows.append((f"{types}: without {rule.__name__}", score))
    return rows


def main() -> None:
    """Print the table."""
    began = time.process_time()
    print(f"{'redocred_dev, B-cubed within documents':60} precision  recall    F1")
    for label, (precision, recall, harmonic) in table():
        print(f"{label:60} {precision:9.4f} {recall:7.4f} {harmonic:.4f}")
    print(f"{time.process_time() - began:.1f} CPU-seconds")


if __name__ == "__main__":
    main()
