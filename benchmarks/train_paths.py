"""Weigh the ways by which DRIFT comes to an answer: `train_paths.py [--every N] [--index DIR] [--write]`.

Every N-th chained question of the given half of 2WikiMultihop, and thrice as many of MuSiQue, are asked by DRIFT with
the embedded reader; HotpotQA is left out, for measuring. A way is right if the sentence at its end holds the gold
answer. The weights make the right ways of each question the likeliest (softmax, a penalty on the squares). Printed: how
often local search begins with the gold answer, and how often that or the best other way ends in it, by the weights of
the other set; `--write` replaces `path_weights.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from data import musique_100, wiki_1000
from drift_chains import kept
from measure import plain, print_head, print_row
from scipy.optimize import minimize

from graphrag_drift import Index
from graphrag_drift.providers.embedded import paths, reader

PENALTY = 20.0
WEIGHTS = Path(paths.__file__).with_name("path_weights.json")


@dataclass(frozen=True)
class Asked:
    """(ways, SIGNS) of a question, where each ends, and which end in the gold answer."""

    values: np.ndarray
    ends: tuple[str, ...]
    right: np.ndarray


def main() -> None:
    """Print the table, and write the weights if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=6, help="of 2WikiMultihop; of MuSiQue thrice as many")
    parser.add_argument("--index", type=Path, help="keep the indexes there, or use those that are")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    asked = {
        "2wiki_1000": ask(wiki_1000, options.index, options.every),
        "musique_100": ask(musique_100, options.index, max(1, options.every // 3)),
    }
    print_head("set", "questions", "gold by local search", "or by the best other way", "by any way")
    for name, own in asked.items():
        weights = fit([one for other, rest in asked.items() if other != name for one in rest])
        shares = [np.mean([holds(one, weights, most) for one in own]) for most in (0, 1, 999)]
        print_row(name, len(own), *(f"{share:.3f}" for share in shares))
    weights = fit([one for own in asked.values() for one in own])
    told = {name: round(float(weight), 3) for name, weight in zip(paths.SIGNS, weights, strict=True)}
    if options.write:
        WEIGHTS.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    print(told)


def ask(load: object, folder: Path | None, every: int) -> list[Asked]:
    """The ways that DRIFT finds for every so-manieth chained question."""
    corpus = load()  # type: ignore[operator]
    outcomes: list[Asked] = []
    with kept(corpus, folder) as settings:
        index = Index.open_sync(settings)
        chained = [q for q in corpus.questions if q.answers and "comparison" not in q.kind][::every]
        for question in chained:
            ways: list[tuple[np.ndarray, tuple[str, ...]]] = []

            def note(root, task, first, knowledge, understand, ways=ways):  # type: ignore[no-untyped-def]
                found = paths.paths_of(root, task, knowledge, understand)
                ends = tuple(path.answer.candidate.sentence.text for path in found)
                ways.append((paths.path_values(root, found), ends))
                return first

            with patch.object(reader, "add_findings", note):
                index.ask_sync(question.text, method="drift")
            for values, ends in ways:
                right = [any(plain(answer) in plain(end) for answer in question.answers) for end in ends]
                outcomes.append(Asked(values, ends, np.array(right, dtype=bool)))
    return outcomes


def fit(asked: Sequence[Asked]) -> np.ndarray:
    """(SIGNS,), the weights by which the right ways are likeliest; questions that cannot tell are passed over."""
    telling = [one for one in asked if one.right.any() and not one.right.all()]
    spread = np.concatenate([one.values for one in telling]).std(axis=0) + 1e-9

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = PENALTY * float(weights @ weights) / 2, PENALTY * weights
        for one in telling:
            scaled = one.values / spread
            likely = np.exp(scaled @ weights - (scaled @ weights).max())
            share = likely / likely.sum()
            right = likely * one.right / (likely * one.right).sum()
            value -= float(np.log((share * one.right).sum()))
            slope = slope - scaled.T @ (right - share)
        return value, slope

    return np.asarray(minimize(loss, np.zeros(len(paths.SIGNS)), jac=True, method="L-BFGS-B").x / spread)


def holds(one: Asked, weights: np.ndarray, others: int) -> bool:
    """Whether local search begins with the gold answer, or one of so many best ways that end otherwise does."""
    first = {end for end, values in zip(one.ends, one.values, strict=True) if values[paths.SIGNS.index("first")]}
    order = np.argsort(-(one.values @ weights), kind="stable")
    ends = [end for end in dict.fromkeys(one.ends[place] for place in order) if end not in first]
    right = {end for end, is_right in zip(one.ends, one.right, strict=True) if is_right}
    return not right.isdisjoint([*first, *ends[:others]])


if __name__ == "__main__":
    main()
