"""Fits the weights by which the embedded reader chooses sentences: `python benchmarks/train_chooser.py [CACHE]`.

Prints how a model that was trained on all other corpora does on each, against plain overlap of words; ends with an
error if it is not ahead. Writes `weights.json` beside the reader. The same data give the same weights, to the digit.
CACHE is a folder for indexes and what they retrieved, kept between runs; it is yours to delete.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import data
import numpy as np
from chooser_sets import Asked, TrainingSet, loaded
from measure import index_set, plain, print_head, print_row
from numpy.typing import NDArray
from scipy.optimize import minimize

from graphrag_drift import Index
from graphrag_drift.providers.embedded import choose
from graphrag_drift.providers.embedded.chains import SIGNS, bridge_values, path_signs
from graphrag_drift.providers.embedded.chains import chains as follow
from graphrag_drift.providers.embedded.features import BRIDGE, PLAIN, features
from graphrag_drift.providers.embedded.question import understand, with_shown_names
from graphrag_drift.providers.embedded.sentences import Candidate, candidates_of
from graphrag_drift.providers.embedded.support import asks_for_thing_of_name
from graphrag_drift.providers.embedded.weights import knowledge_of
from graphrag_drift.query.context import source_rows
from graphrag_drift.query.retrieval import rank
from graphrag_drift.values import Shown

Floats = NDArray[np.float64]
PASSAGES = 20
PENALTY = 20.0  # L2
SURE_PENALTY = 1.0
DIGITS = 3
STEP, PATHS = 5, 100  # passages a step; questions of each kind and corpus that tell which path answers
LEAST_AHEAD = 0.01  # mean reciprocal place, over the corpora left out
MOST = 0.9  # of the questions of a set, whose number of words a short question has
REFUSED = 0.02  # of the questions that a corpus answers, which the line may refuse
OUT = Path(choose.__file__).parent / "weights.json"


@dataclass(frozen=True)
class Listed:
    """The candidates of one question: features, which are gold, which hold an answer, the length of each text; and
    whether it asks for one thing of something named, which the line is for."""

    values: Floats
    gold: NDArray[np.bool_]
    holds: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    one_thing: bool = False
    terms: int = 0  # of the question, besides names


Retrieved = list[tuple[Asked, tuple[Shown, ...]]]


def retrieved(name: str, part: str, asked: Sequence[Asked], index: Index, cache: Path) -> Retrieved:
    """The best passages for each question, as local search shows them."""
    file = cache / f"{name}-{part}.pickle"
    if file.exists():
        rows: Retrieved = pickle.loads(file.read_bytes())
        return rows
    evidence = index.graph.evidence
    blank = np.zeros(evidence.vectors.shape[1], dtype=np.float32)
    result = []
    for question in asked:
        ranking = rank(question.text, blank, evidence, method="local", k=PASSAGES)
        result.append((question, tuple(source_rows(ranking, index.graph))))
    file.write_bytes(pickle.dumps(result))
    return result


def listed(question: Asked, rows: Sequence[Shown], titles: frozenset[str], knowledge: Any, *, bridge: bool) -> Listed:
    """Features and gold of the candidates of one question; gold of a bridge leads there and does not answer."""
    understood = understand(question.text, knowledge.vocabulary, knowledge.rarity)
    understood = with_shown_names(understood, rows, knowledge.vocabulary)
    candidates = candidates_of(rows)
    values = features(understood, candidates)
    if bridge:
        values = bridge_values(understood, candidates, values)
    holds = np.array([_holds(question, c) for c in candidates], dtype=np.bool_)
    right = np.array([c.row.title in titles for c in candidates], dtype=np.bool_)
    if bridge:
        gold = right & ~holds
    elif question.quotes:
        quotes = [plain(quote) for quote in question.quotes]
        gold = right & np.array([_quoted(c, quotes) for c in candidates], dtype=np.bool_)
    else:
        gold = right & holds
    lengths = np.array([len(c.sentence.text) for c in candidates], dtype=np.int64)
    return Listed(values, gold, holds, lengths, asks_for_thing_of_name(understood), understood.length)


def _holds(question: Asked, candidate: Candidate) -> bool:
    text = plain(candidate.sentence.text)
    return any(plain(answer) in text for answer in question.answers)


def _quoted(candidate: Candidate, quotes: Sequence[str]) -> bool:
    terms = set(plain(candidate.sentence.text).split())
    return any(len(terms & set(q.split())) >= 0.6 * min(len(terms), len(set(q.split()))) for q in quotes)


def fit(lists: dict[str, list[Listed]]) -> Floats:
    """Weights that make the gold sentences of each list the likeliest (a listwise logistic model).

    A corpus counts as the square root of its number of lists. Source: Cao et al. 2007, "Learning to Rank", listwise.
    """
    usable = [item for items in lists.values() for item in items if item.gold.any() and not item.gold.all()]
    scale = {id(i): len(items) ** -0.5 for items in lists.values() for i in items}
    weighed = [(item, scale[id(item)]) for item in usable]
    size = usable[0].values.shape[1]

    def loss(w: Floats) -> tuple[float, Floats]:
        total, gradient = 0.0, np.zeros(size)
        for item, weight in weighed:
            scores = item.values @ w
            likely = np.exp(scores - scores.max())
            share = likely / likely.sum()
            right = np.where(item.gold, share, 0.0)
            total -= weight * float(np.log(right.sum()))
            gradient -= weight * ((right / right.sum() - share) @ item.values)
        # The lists weigh about one a corpus's square root; the penalty is for a sum of plain ones.
        ridge = PENALTY / len(usable) * sum(weight for _, weight in weighed) / len(lists)
        return total + ridge * float(w @ w) / 2, gradient + ridge * w

    return np.asarray(minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x)


def fit_sure(items: Sequence[tuple[Floats, bool]]) -> tuple[float, Floats]:
    """Bias and weights of a logistic model of whether the first sentence answers."""
    signs = np.array([values for values, _ in items])
    right = np.array([answers for _, answers in items], dtype=np.float64)
    design = np.column_stack([np.ones(len(signs)), signs])

    def loss(w: Floats) -> tuple[float, Floats]:
        logits = design @ w
        chance = 1.0 / (1.0 + np.exp(-logits))
        ridge = SURE_PENALTY * np.concatenate([[0.0], w[1:]])
        value = float(np.sum(np.logaddexp(0.0, logits) - right * logits)) + float(ridge @ w) / 2
        return value, design.T @ (chance - right) + ridge

    fitted = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return float(fitted[0]), np.asarray(fitted[1:])


def measures(lists: Sequence[Listed], w: Floats) -> tuple[float, float, float]:
    """(mean reciprocal place of the first gold sentence, share of gold first, of an answer first) of all lists."""
    places, first, answer = [], [], []
    for item in lists:
        order = np.argsort(-(item.values @ w), kind="stable") if len(item.gold) else np.array([], dtype=np.int64)
        hits = np.flatnonzero(item.gold[order])
        places.append(1.0 / (hits[0] + 1) if len(hits) else 0.0)
        first.append(bool(len(hits)) and hits[0] == 0)
        answer.append(bool(len(order)) and bool(item.holds[order[0]]))
    return float(np.mean(places)), float(np.mean(first)), float(np.mean(answer))


Lists = dict[str, list[Listed]]


def prepare(cache: Path) -> tuple[Lists, Lists, Lists, Lists]:
    """(plain, chained, crossed, gone) lists by corpus.

    Crossed are questions of the next corpus, gone are plain ones without the documents that answer them.
    """
    sets: dict[str, TrainingSet] = dict(loaded())
    plains, chains, crossed, gone = {}, {}, {}, {}
    names = list(sets)
    for place, name in enumerate(names):
        learnt = sets[name]
        folder = cache / name
        index = Index.open_sync(index_set(learnt.corpus, folder))
        knowledge = knowledge_of(index.graph.lexicon)
        title_of = titles_of(learnt.corpus, index)
        lists = partial(_lists, title_of=title_of, knowledge=knowledge)
        shown = retrieved(name, "plain", learnt.plain, index, cache)
        plains[name] = lists(shown)
        gone[name] = lists([(q, _without(rows, {title_of[i] for i in q.documents})) for q, rows in shown])
        chains[name] = lists(retrieved(name, "chained", learnt.chained, index, cache), bridge=True)
        strange = [Asked(q.text, (), frozenset()) for q in sets[names[(place + 1) % len(names)]].plain[:100]]
        crossed[name] = lists(retrieved(name, "crossed", strange, index, cache))
        print_row(name, len(plains[name]), len(chains[name]), len(crossed[name]))
    return plains, {name: lists for name, lists in chains.items() if lists}, crossed, gone


def titles_of(corpus: data.Corpus, index: Index) -> dict[str, str]:
    """By the id that the set has for a document, the title that the index has for it."""
    documents = index.graph.documents
    names = zip(documents["path"], documents["title"], documents["title"], strict=True)
    by_name = {name: title for path, own, title in names for name in (path, own)}
    return {i: by_name.get(name, name) for i, name in corpus.documents.select("id", "title").iter_rows()}


def _without(rows: Sequence[Shown], titles: set[str]) -> tuple[Shown, ...]:
    return tuple(row for row in rows if row.title not in titles)


def signs(lists: Sequence[Listed], w: Floats) -> list[tuple[Floats, bool]]:
    """What tells how sure one can be of the first sentence, and whether it is gold."""
    result = []
    for item in lists:
        if len(item.gold):
            scores = item.values @ w
            top = int(np.argmax(scores))
            result.append((choose.signs_of(item.values, scores)[top], bool(item.gold[top])))
    return result


def calibrated(items: Sequence[tuple[Floats, bool]], bias: float, w: Floats) -> list[tuple[float, bool]]:
    """(probability, whether right), the surest first."""
    pairs = [(float(1 / (1 + np.exp(-(bias + s @ w)))), right) for s, right in items]
    return sorted(pairs, key=lambda pair: -pair[0])


def main() -> None:
    """Print the table, check it and write the weights."""
    with tempfile.TemporaryDirectory() as temporary:
        cache = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        cache.mkdir(parents=True, exist_ok=True)
        train(cache)


def train(cache: Path) -> None:
    """Print, check, write; what was retrieved is kept in `cache`."""
    print_head("corpus", "plain", "chained", "of another corpus")
    plains, chains, crossed, gone = prepare(cache)
    line = check_on_others(plains, crossed, gone)
    lengths = [[item.terms for item in lists if item.one_thing] for lists in plains.values()]
    few = float(np.mean([np.quantile(terms, MOST) for terms in lengths]))
    model: dict[str, Any] = {"made by": "benchmarks/train_chooser.py"}
    weights = fit(plains)
    direct = {name: [_without_bridges(item) for item in lists] for name, lists in chains.items()}
    pairs = [pair for o in plains for pair in signs(plains[o], weights) + signs(crossed[o], weights)]
    pairs += [pair for lists in direct.values() for pair in signs(lists, weights)]
    bias, sure = fit_sure(pairs)
    model["plain"], model["bridge"] = _named(PLAIN, weights), _named(BRIDGE, fit(chains))
    model["sure"] = {"bias": round(bias, DIGITS), "weights": [round(float(x), DIGITS) for x in sure]}
    model["sure"] |= {"line": line, "terms": round(few)}
    model["path"] = {"bias": 0.0, **dict.fromkeys(SIGNS, 0.0)}
    write(model)
    bias, path = fit_sure([pair for name in plains for pair in paths(name, cache)])
    model["path"] = {"bias": round(bias, DIGITS), **_named(SIGNS, path)}
    write(model)
    print(json.dumps(model, indent=1))


def _lists(rows: Retrieved, title_of: dict[str, str], knowledge: Any, *, bridge: bool = False) -> list[Listed]:
    return [
        listed(question, shown, frozenset(title_of[i] for i in question.documents), knowledge, bridge=bridge)
        for question, shown in rows
    ]


def check_on_others(plains: Lists, crossed: Lists, gone: Lists) -> float:
    """Print what weights that never saw a corpus do on it, and return the probability below which a question may be
    refused: that at which no corpus loses more than `REFUSED` of what it answers.

    Raises: SystemExit, if the weights are not ahead of overlap.
    """
    overlap = np.array([1.0 if name == "window" else 0.0 for name in PLAIN])
    print()
    print_head(
        "left out",
        "overlap MRR / gold first / answer first",
        "learned",
        "surest 10 / 25 / 50 %",
        "crossed below .3",
        f"{REFUSED:.0%} of the answered / this much of the gone below",
    )
    ahead, lines = [], []
    for name in plains:
        others = {other: lists for other, lists in plains.items() if other != name}
        w = fit(others)
        sure = fit_sure([pair for o in others for pair in signs(plains[o], w) + signs(crossed[o], w)])
        before, after = measures(plains[name], overlap), measures(plains[name], w)
        pairs = calibrated(signs(plains[name], w), *sure)
        shares = [
            float(np.mean([right for _, right in pairs[: max(1, len(pairs) * part // 100)]])) for part in (10, 25, 50)
        ]
        strange = [p < 0.3 for p, _ in calibrated(signs(crossed[name], w), *sure)]
        told = [item for item in plains[name] if item.gold.any() and item.one_thing]
        answered = [p for p, _ in calibrated(signs(told, w), *sure)]
        lines.append(float(np.quantile(answered, REFUSED)))
        absent = [
            p < lines[-1] for p, _ in calibrated(signs([item for item in gone[name] if item.one_thing], w), *sure)
        ]
        apart = f"{lines[-1]:.3f} / {np.mean(absent):.2f}"
        print_row(name, _row(before), _row(after), _row(shares), f"{np.mean(strange):.2f}", apart)
        ahead.append(after[0] - before[0])
    if np.mean(ahead) < LEAST_AHEAD:
        sys.exit(f"the learned weights are not ahead of overlap on corpora they never saw: {ahead}")
    return round(min(lines), DIGITS)


def write(model: dict[str, Any]) -> None:
    """Writes the weights beside the reader, which reads them anew."""
    OUT.write_text(json.dumps(model, indent=2) + "\n", "utf-8")
    choose.weights.cache_clear()


def _without_bridges(item: Listed) -> Listed:
    """The list as one of single sentences, of which those that hold an answer are right."""
    return Listed(item.values[:, : len(PLAIN)], item.holds, item.holds, item.lengths)


def paths(name: str, cache: Path) -> list[tuple[Floats, bool]]:
    """For questions of which one path answers and the other does not: what tells which, and whether it is the chain.

    What a step retrieves is kept in the cache.
    """
    learnt = dict(loaded())[name]
    index = Index.open_sync(index_set(learnt.corpus, cache / name))
    knowledge = knowledge_of(index.graph.lexicon)
    evidence = index.graph.evidence
    blank = np.zeros(evidence.vectors.shape[1], dtype=np.float32)
    file = cache / f"{name}-steps.pickle"
    rows: dict[tuple[str, int], tuple[Shown, ...]] = pickle.loads(file.read_bytes()) if file.exists() else {}

    def shown(text: str, k: int) -> tuple[Shown, ...]:
        if (text, k) not in rows:
            found = source_rows(rank(text, blank, evidence, method="local", k=k), index.graph)
            rows[text, k] = tuple(replace(row, mark=evidence.row_of[row.spans[0].text_unit_id] + 1) for row in found)
        return rows[text, k]

    async def search(text: str) -> tuple[Shown, ...]:
        return shown(text, STEP)

    pairs = []
    for question in [*learnt.plain[:PATHS], *learnt.chained[:PATHS]]:
        if not question.answers:
            continue
        first = shown(question.text, PASSAGES)
        understood = understand(question.text, knowledge.vocabulary, knowledge.rarity)
        understood = with_shown_names(understood, first, knowledge.vocabulary)
        candidates = candidates_of(first)
        ranked = choose.rank(understood, candidates, knowledge)
        found = asyncio.run(follow(understood, candidates, search, knowledge)) if ranked else []
        if found and (one := _holds(question, ranked[0].candidate)) != _holds(question, found[0].answer.candidate):
            pairs.append((path_signs(understood, ranked, found), not one))
    file.write_bytes(pickle.dumps(rows))
    return pairs


def _named(names: Sequence[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(value), DIGITS) for name, value in zip(names, weights, strict=True)}


def _row(values: Sequence[float]) -> str:
    return " / ".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    main()
