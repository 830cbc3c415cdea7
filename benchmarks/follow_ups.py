"""Ranked follow-up questions where they matter: `python benchmarks/follow_ups.py [--budget N] [--width N]`.

The 100 questions of musique_100, each of which needs two to four passages that lead to one another, over one index of
five corpora of `../shared/data`, so that most of what is near a question is of no use to it; half of the tokens and of
the questions that DRIFT asks in a round by default. By halves (even and odd questions), as a check that no constant
fits one half only. What is measured is what `drift_vs_local.py` measures.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import polars as pl
from data import Corpus, earnings_calls, multihop_news, musique_100, podcasts, wiki_51
from drift_vs_local import ask_all, report, variants
from measure import indexed


def main() -> None:
    """Print a table for each half and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=12_000, help="tokens of rows shown for one question")
    parser.add_argument("--width", type=int, default=2, help="follow-up questions answered in a round")
    options = parser.parse_args()
    corpus = five_corpora()
    with indexed(corpus, drift_search={"width": options.width}) as settings:
        outcomes = {
            name: ask_all(changed, corpus.questions, name, options.budget)
            for name, changed in variants(settings, options.budget, sweep=False)
        }
    for title, half in (("even", slice(0, None, 2)), ("odd", slice(1, None, 2)), ("all", slice(None))):
        print(f"\n{title} questions\n")
        report({name: rows[half] for name, rows in outcomes.items()})


def five_corpora() -> Corpus:
    """The documents of all, with ids that say of which, and the questions of musique_100."""
    corpora = [read().bare() for read in (multihop_news, musique_100, wiki_51, earnings_calls, podcasts)]
    documents = pl.concat(c.documents.with_columns(id=pl.lit(f"{c.name} ") + pl.col("id")) for c in corpora)
    questions = (replace(q, gold=frozenset(f"musique_100 {gold}" for gold in q.gold)) for q in corpora[1].questions)
    return Corpus("five corpora", documents, tuple(questions))


if __name__ == "__main__":
    main()
