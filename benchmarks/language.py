"""Table of the language layer: sentences, names and terms against gold or an independent tool, and their speed.

Run it with the plain environment, and again where the `ko` extra is installed for the second Korean figure.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

from data import earnings_calls, in_the_news, klue_ner_ko, openie_records, podcasts, redocred_dev
from measure import f1

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import terms
from graphrag_drift.names.find import Name, find_names
from graphrag_drift.names.korean import kiwi_version

_DATE = re.compile(
    r"(?:(?:\d+(?:st|nd|rd|th|s)?|january|february|march|april|may|june|july|august|september|october|november|december|"
    r"of|the|bc|ad|to|and|c|mid|early|late|century|centuries)\s?)+"
)
_KINDS = {"PER": "person", "ORG": "organization", "LOC": "place"}
_TAGS = ("PS", "LC", "OG")


def main() -> None:
    """Print the table."""
    rows = [*sentence_rows(), *musique_rows(), *redocred_rows(), *klue_rows(), *news_rows(), *speed_rows()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


def names(text: str, statistics: Statistics) -> list[Name]:
    return find_names(text, split_sentences(text), statistics)


def normalised(name: str) -> str:
    """Without case, punctuation and leading article."""
    return re.sub(r"^(the|a|an) ", "", " ".join(re.sub(r"[^\w\s]", " ", name.casefold()).split()))


def scores(pairs: Iterable[tuple[set[Any], set[Any]]]) -> str:
    """P/R/F1 of found against gold, summed over the pairs."""
    hits = n_found = n_gold = 0
    for found, gold in pairs:
        hits, n_found, n_gold = hits + len(found & gold), n_found + len(found), n_gold + len(gold)
    precision, recall = hits / max(n_found, 1), hits / max(n_gold, 1)
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1(precision, recall):.3f}"


def relaxed(pairs: Iterable[tuple[set[str], set[str]]]) -> str:
    """F1 where a name counts if it contains one of the other side as whole words, or the reverse."""
    near_found = near_gold = n_found = n_gold = 0
    for found, gold in pairs:
        near_found += sum(any(_contain(name, other) for other in gold) for name in found)
        near_gold += sum(any(_contain(name, other) for other in found) for name in gold)
        n_found, n_gold = n_found + len(found), n_gold + len(gold)
    precision, recall = near_found / n_found, near_gold / n_gold
    return f"{f1(precision, recall):.3f}"


def _contain(one: str, other: str) -> bool:
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "


def sentence_rows() -> Iterator[tuple[str, str]]:
    """Agreement = F1 of the ends of sentences, as offsets in the text without whitespace."""
    if find_spec("syntok") is None:
        yield "sentences, agreement with syntok", "left out: run `pip install --group benchmarks`"
        return
    from syntok import segmenter

    pairs = []
    for text in earnings_calls().documents["text"]:
        ours, end = set(), 0
        for start, stop in split_sentences(text):
            end += len("".join(text[start:stop].split()))
            ours.add(end)
        pairs.append((ours, syntok_ends(segmenter, text)))
    yield "sentences, agreement with syntok, earnings_calls", scores(pairs)


def syntok_ends(segmenter: Any, text: str) -> set[int]:
    squeezed, position, ends = "".join(text.split()), 0, set()
    for paragraph in segmenter.process(text):
        for sentence in paragraph:
            for token in sentence:
                value = "".join(token.value.split())
                at = squeezed.find(value, position, position + len(value) + 40)
                position = at + len(value) if at >= 0 else position
            ends.add(position)
    return ends


def musique_rows() -> Iterator[tuple[str, str]]:
    records = openie_records()
    statistics = Statistics.from_texts(record["passage"] for record in records)
    pairs = [
        (
            {normalised(name.name) for name in names(record["passage"], statistics)} - {""},
            {normalised(entity) for entity in record["extracted_entities"]} - {""},
        )
        for record in records
    ]
    undated = [(found, {name for name in gold if not _DATE.fullmatch(name)}) for found, gold in pairs]
    yield "names, musique_100", f"{scores(pairs)}  relaxed {relaxed(pairs)}"
    yield "names, musique_100, reference without dates", f"{scores(undated)}  relaxed {relaxed(undated)}"


def redocred_rows() -> Iterator[tuple[str, str]]:
    """Names of persons, organisations, places and others; kinds: among found names of a kind, and of that gold kind."""
    documents = redocred_dev()
    texts = [" ".join(joined(sentence) for sentence in document.sentences) for document in documents]
    statistics = Statistics.from_texts(texts)
    pairs, kinds = [], []
    for document, text in zip(documents, texts, strict=True):
        mentions = [mention for entity in document.entities for mention in entity]
        gold = {normalised(joined([m.name])): m.kind for m in mentions if m.kind not in ("TIME", "NUM")}
        found = {normalised(name.name): name.kind for name in names(text, statistics)}
        pairs.append((set(found), set(gold)))
        kinds += [(found[name], gold[name]) for name in found if name in gold]
    yield "names, redocred_dev", scores(pairs)
    for tag, kind in _KINDS.items():
        right = sum(pair == (kind, tag) for pair in kinds)
        said, true = sum(found == kind for found, _ in kinds), sum(gold == tag for _, gold in kinds)
        yield f"kind {kind}, redocred_dev, of names found", f"P {right / said:.3f}  R {right / true:.3f}"


def joined(tokens: Iterable[str]) -> str:
    text = re.sub(r" ([,.;:!?)'’])", r"\1", " ".join(tokens))
    return re.sub(r" ('s)\b", r"\1", re.sub(r"\( ", "(", text))


def klue_rows() -> Iterator[tuple[str, str]]:
    """Exact spans of persons, places and organisations (PS, LC, OG)."""
    extra = kiwi_version()
    label = f"names, klue_ner_ko, {'kiwipiepy ' + extra if extra else 'rules alone'}"
    for part, source in (("news", "wikitree"), ("reviews", "nsmc")):
        sentences = [sentence for sentence in klue_ner_ko() if sentence.source == source]
        statistics = Statistics.from_texts(sentence.text for sentence in sentences)
        before = time.process_time()
        found = [{(name.start, name.end) for name in names(sentence.text, statistics)} for sentence in sentences]
        seconds = time.process_time() - before
        gold = [{(start, end) for start, end, tag in sentence.entities if tag in _TAGS} for sentence in sentences]
        size = sum(len(sentence.text.encode()) for sentence in sentences) / 1e6
        yield f"{label}, {part}", f"{scores(zip(found, gold, strict=True))}  {size / seconds:.2f} MB/CPU-s"


def news_rows() -> Iterator[tuple[str, str]]:
    """Share of the hyperlinked entities of news blurbs that are found as they stand; nobody linked every name."""
    for language in ("en", "ko"):
        blurbs = [blurb for blurb in in_the_news() if blurb.language == language]
        statistics = Statistics.from_texts(blurb.text for blurb in blurbs)
        hits = total = 0
        for blurb in blurbs:
            found = {normalised(name.name) for name in names(blurb.text, statistics)}
            gold = {normalised(link) for link in blurb.links if link[:1].isupper() or language == "ko"}
            hits, total = hits + len(found & gold), total + len(gold)
        yield f"linked names found, in_the_news {language}", f"R {hits / total:.3f} of {total}"


def speed_rows() -> Iterator[tuple[str, str]]:
    texts = podcasts().documents["text"].to_list()
    size = sum(len(text.encode()) for text in texts) / 1e6
    spans = [split_sentences(text) for text in texts]
    statistics = Statistics.from_texts(texts)

    def measure(work: Callable[[], object]) -> str:
        before = time.process_time()
        work()
        return f"{size / (time.process_time() - before):.2f} MB/CPU-s"

    yield "speed, sentences, podcasts", measure(lambda: [split_sentences(text) for text in texts])
    yield "speed, terms, cold cache", measure(lambda: [terms(text) for text in texts])
    yield "speed, terms, warm cache", measure(lambda: [terms(text) for text in texts])
    yield "speed, statistics", measure(lambda: Statistics.from_texts(texts))
    found = [(text, ends) for text, ends in zip(texts, spans, strict=True)]
    yield "speed, names", measure(lambda: [find_names(text, ends, statistics) for text, ends in found])


if __name__ == "__main__":
    main()
