"""How much of a perfect model's extraction reaches the graph: `redocred_dev` answers for the model, on loopback.

    python benchmarks/oracle.py [--every N]

The test server replies to an extraction prompt with the gold entities and relations of its document, each entity once,
in its fullest form; or worse, by a seed. Extraction, resolution and merging are those of an index.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from data import here
from gold_oracle import DATA, Degradation, build_graph, read_gold
from gold_scores import score
from measure import print_head, print_row

DEGRADATIONS = {
    "none": Degradation(),
    "10 % missed": Degradation(missed=0.1),
    "30 % missed": Degradation(missed=0.3),
    "20 % renamed": Degradation(renamed=0.2),
    "50 % renamed": Degradation(renamed=0.5),
    "20 % malformed": Degradation(malformed=0.2),
    "50 % malformed": Degradation(malformed=0.5),
    "10 % of each": Degradation(0.1, 0.1, 0.1),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="take every Nth document only")
    every = parser.parse_args().every
    golds = read_gold(every, here(DATA))
    print(f"{len(golds)} documents, {sum(len(gold.names) for gold in golds)} entities")
    columns = ("entity F1 (P / R)", "relation F1 (P / R)", "statement F1", "right way round", "failures", "s")
    print_head("replies", *columns)
    for label, degradation in DEGRADATIONS.items():
        began = time.monotonic()
        scores = score(golds, asyncio.run(build_graph(golds, degradation)))
        shown = (scores.entities, scores.relations)
        cells = [f"{each.f1:.3f} ({each.precision:.3f} / {each.recall:.3f})" for each in shown]
        cells += [f"{scores.statements.f1:.3f}", f"{scores.forward.recall:.3f}", str(scores.failures)]
        print_row(label, *cells, f"{time.monotonic() - began:.0f}")


if __name__ == "__main__":
    main()
