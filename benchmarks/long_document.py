"""Memory and CPU of indexing one long file of made-up prose, 10 MB unless a number of megabytes is given."""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from graphrag_drift import Settings, build_index_sync


def main() -> None:
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "input").mkdir()
        with (Path(root) / "input" / "log.txt").open("w") as file:
            written = 0
            for sentence in sentences():
                written += file.write(sentence)
                if written >= megabytes * 1e6:
                    break
        with get_context("spawn").Pool(1) as pool:
            imports, _ = pool.apply(index, (root, False))
        with get_context("spawn").Pool(1) as pool:
            peak, seconds = pool.apply(index, (root, True))
    print(f"{megabytes:g} MB in one file: {peak:.0f} MB at most, {imports:.0f} MB of it imports; {seconds:.1f} CPU-s")


def sentences() -> Iterator[str]:
    """Sentences of eight to twenty words, some with names, in paragraphs."""
    rng = random.Random(1)
    words = [
        "".join(rng.choice("bdfglmnprst") + rng.choice("aeiou") for _ in range(rng.randint(1, 4))) for _ in range(6000)
    ]
    names = [f"{one.capitalize()} {other.capitalize()}" for one, other in zip(words[:300], words[300:600], strict=True)]
    while True:
        chosen = rng.choices(words, k=rng.randint(8, 20))
        if rng.random() < 0.5:
            chosen[rng.randrange(1, len(chosen))] = rng.choice(names)
        yield f"{chosen[0].capitalize()} {' '.join(chosen[1:])}." + ("\n\n" if rng.random() < 0.15 else " ")


def index(root: str, build: bool) -> tuple[float, float]:
    """(megabytes of memory at most, CPU seconds) of this process."""
    if build:
        build_index_sync(Settings.model_validate({"root": root}))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time()


if __name__ == "__main__":
    main()
