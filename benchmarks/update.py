"""What a change of the corpus costs, as a share of the first run: calls, prompt tokens and CPU; and its communities.

    python benchmarks/update.py [--pieces N] [--embedded N]

The first run indexes the podcasts but for the last twentieth; each change starts from a copy of that. A model says what
that of benchmarks/peers_index.py says, in the process; CPU is that of processes of their own, with the embedded reader.
Modularity and NMI (of level 0) compare the communities of the changed index with those of a fresh one.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE / "peers")]

from communities import modularity  # noqa: E402
from data import podcasts  # noqa: E402
from estimate import oracle_answers, settings_in  # noqa: E402
from measure import print_head, print_row  # noqa: E402
from recorded_chat import paid_for  # noqa: E402

from graphrag_drift.app import build_index_sync  # noqa: E402
from graphrag_drift.indexing.cluster import _ends, _matrix  # noqa: E402
from graphrag_drift.settings import Settings  # noqa: E402
from graphrag_drift.store.store import Store  # noqa: E402
from graphrag_drift.values import Usage  # noqa: E402

TOKENS = 300


def changes(documents: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """By name, the corpus that a change makes of the first of them."""
    twentieth, hundredth = max(1, documents.height // 20), max(1, documents.height // 100)
    first = documents.head(documents.height - twentieth)
    told = pl.concat_str("text", pl.lit(" It was said again a week later, and nobody objected."))
    edited = first.with_columns(text=pl.when(pl.int_range(pl.len()) == 7).then(told).otherwise("text"))
    return {
        "first run": first,
        "nothing": first,
        "+1 %": documents.head(first.height + hundredth),
        "+5 %": documents,
        "-5 %": first.head(first.height - twentieth),
        "one edited": edited,
    }


def chat_of(usage: dict[str, Usage]) -> Usage:
    """All but embeddings."""
    return sum((used for kind, used in usage.items() if kind != "embed"), Usage())


async def calls(documents: pl.DataFrame) -> None:
    """Print what a model is asked after each change."""
    print_head(f"podcasts, {documents.height} pieces", "calls", "share", "prompt tokens", "share", "reports of them")
    with tempfile.TemporaryDirectory() as folder:
        base, first = Path(folder) / "base", Usage()
        for name, corpus in changes(documents).items():
            root = base if name == "first run" else Path(folder) / "changed"
            if root != base:
                shutil.rmtree(root, ignore_errors=True)
                shutil.copytree(base, root, symlinks=True)
            usage = dict(await paid_for(oracle_answers, settings_in(str(root), TOKENS), corpus))
            chat = chat_of(usage)
            first = chat if root == base else first
            shares = (chat.calls / first.calls, chat.prompt_tokens / first.prompt_tokens)
            reports = usage.get("write_report", Usage()).calls
            print_row(name, chat.calls, f"{shares[0]:.1%}", chat.prompt_tokens, f"{shares[1]:.1%}", reports)


def cpu_of(root: Path, documents: pl.DataFrame) -> float:
    """CPU seconds of a process that indexes `documents` into `root`."""
    file = root.with_suffix(".parquet")
    documents.write_parquet(file)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, __file__, "--index", str(root), str(file)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def level_0(store: Store) -> tuple[float, np.ndarray, set[str]]:
    """Modularity, the community of each entity by title, and the ids of all communities."""
    entities, communities = store.table("entities").sort("title"), store.table("communities")
    places = communities.filter(level=0).select("community", id="entity_ids").explode("id")
    parts = entities.join(places, on="id", how="left", maintain_order="left")["community"].to_numpy()
    matrix = _matrix(_ends(entities, store.table("relationships")), entities.height)
    return modularity(matrix, parts), parts, set(communities["id"])


def nmi(one: np.ndarray, other: np.ndarray) -> float:
    """Normalised mutual information of two partitions, by the mean of their entropies."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1 / len(one))
    rows, columns = table.sum(1), table.sum(0)
    there = table > 0
    shared = float((table[there] * np.log(table[there] / np.outer(rows, columns)[there])).sum())
    entropies = [-float((part[part > 0] * np.log(part[part > 0])).sum()) for part in (rows, columns)]
    return 2 * shared / sum(entropies)


def embedded(documents: pl.DataFrame) -> None:
    """Print what each change costs without a model, and what becomes of the communities."""
    print_head(
        f"podcasts, {documents.height} pieces, embedded",
        "CPU s",
        "of a fresh run",
        "modularity",
        "fresh",
        "NMI",
        "kept",
    )
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        before: set[str] = set()
        for name, corpus in changes(documents).items():
            root, other = Path(folder) / "changed", Path(folder) / "fresh"
            for place in (root, other):
                shutil.rmtree(place, ignore_errors=True)
            if name == "first run":
                seconds = cpu_of(base, corpus)
                value, _, before = level_0(Store(Settings(root=base).output_folder))
                print_row(name, f"{seconds:.1f}", "", f"{value:.4f}", "", "", "")
                continue
            shutil.copytree(base, root, symlinks=True)
            seconds, whole = cpu_of(root, corpus), cpu_of(other, corpus)
            (value, parts, ids), (fresh, fresh_parts, _) = (
                level_0(Store(Settings(root=place).output_folder)) for place in (root, other)
            )
            kept = f"{len(before & ids)} of {len(ids)}"
            share = f"{seconds / whole:.0%} of {whole:.1f}"
            print_row(
                name, f"{seconds:.1f}", share, f"{value:.4f}", f"{fresh:.4f}", f"{nmi(parts, fresh_parts):.3f}", kept
            )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=400, help="pieces that a model reads; 0: none")
    parser.add_argument("--embedded", type=int, default=1669, help="pieces that are indexed without one; 0: none")
    parser.add_argument("--index", nargs=2, metavar=("ROOT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.index:
        build_index_sync(Settings(root=Path(options.index[0])), documents=pl.read_parquet(options.index[1]))
        return
    documents = podcasts().documents
    if options.pieces:
        asyncio.run(calls(documents.head(options.pieces)))
        print()
    if options.embedded:
        embedded(documents.head(options.embedded))


if __name__ == "__main__":
    main()
