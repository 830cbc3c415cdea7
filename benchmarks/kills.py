"""Kill a run of `index` at its n-th write, for every n: nothing is lost or mixed, and how much is paid for twice.

    python benchmarks/kills.py [--every 1] [--first 1] [--json]

A project of two articles, read by a test server at most two calls at once, is killed (SIGKILL) at the n-th call that
changes a folder or waits for the disk, or that keeps a reply: in the first run, and in one over an index after an
article was edited. Afterwards the index must be the old one or the new one, whole, and the next run must make the same
one as a run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent / "tests"))
os.environ.setdefault("POLARS_MAX_THREADS", "1")
from endpoints import project, reading, server_in_a_thread
from publishing import after

from graphrag_drift import build_index_sync
from graphrag_drift.errors import IndexNotReady
from graphrag_drift.providers.llm.cache import ReplyCache
from graphrag_drift.store.store import Store

AT_ONCE = 2
_MOST = 5_000
_EDITED = "Mill sold\n\nPetra Voss sold the Aldane Mill to Corin Bank on Saturday. Corin Bank paid at once."


@dataclass
class Kills:
    """What came of one series: kills, and those after which something was lost, mixed or other than undisturbed."""

    run: str
    kills: int = 0
    mixed: int = 0
    different: int = 0
    repeated: int = 0
    """Calls that were paid for again, in all kills."""
    most_repeated: int = 0


def main() -> int:
    """Print what came of all kills; 1, if anything was lost or mixed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--every", type=int, default=1, help="kill at every so many writes")
    options.add_argument("--first", type=int, default=1, help="the first write to kill at")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, server_in_a_thread() as server:
        series = list(_all_series(Path(folder), server, range(chosen.first, _MOST, chosen.every)))
    if chosen.json:
        print(json.dumps([asdict(kills) for kills in series]))
    else:
        print("| run | kills | lost or mixed | other than undisturbed | calls repeated, mean (most) |")
        print("|---|---|---|---|---|")
        for kills in series:
            mean = kills.repeated / max(1, kills.kills)
            row = (kills.run, kills.kills, kills.mixed, kills.different, f"{mean:.2f} ({kills.most_repeated})")
            print(f"| {' | '.join(map(str, row))} |")
    return int(any(kills.mixed or kills.different for kills in series))


def _all_series(folder: Path, server: Any, places: range) -> Iterator[Kills]:
    first, second = folder / "first", folder / "second"
    first.mkdir()
    project(first, server.base_url)
    yield _series("first", first, server, places)
    shutil.copytree(first, second, symlinks=True)
    _in_child(lambda: _index(second, server.base_url))
    (second / "input" / "sale.txt").write_text(_EDITED, "utf-8")
    yield _series("after an edit", second, server, places)


def _series(name: str, base: Path, server: Any, places: range) -> Kills:
    kills, url = Kills(name), server.base_url
    before = _in_child(lambda: _generation(base))
    undisturbed, calls = _again(base, server)
    for place in places:
        root = base.with_name("killed")
        shutil.copytree(base, root, symlinks=True)
        start = len(server.calls)
        finished = _in_child(lambda root=root, place=place: _killed(root, url, place))
        kills.kills += finished is None
        kills.mixed += _in_child(lambda root=root: _generation(root)) not in (before, undisturbed)
        kills.different += _in_child(lambda root=root: _index(root, url)) != undisturbed
        repeated = len(server.calls) - start - calls
        kills.repeated += repeated
        kills.most_repeated = max(kills.most_repeated, repeated)
        shutil.rmtree(root)
        if finished is not None:
            break
    return kills


def _again(base: Path, server: Any) -> tuple[Any, int]:
    """(what an undisturbed run makes, the calls that it takes)."""
    root, start = base.with_name("undisturbed"), len(server.calls)
    shutil.copytree(base, root, symlinks=True)
    made = _in_child(lambda: _index(root, server.base_url))
    shutil.rmtree(root)
    return made, len(server.calls) - start


def _in_child(work: Callable[[], Any]) -> Any:
    """What `work` gives in a process of its own, as JSON; None, if that was killed."""
    reading_end, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        warnings.simplefilter("ignore")
        try:
            os.write(writing_end, json.dumps([work()]).encode())
        except BaseException as error:
            os.write(writing_end, json.dumps([repr(error)]).encode())
        os._exit(0)
    os.close(writing_end)
    with os.fdopen(reading_end, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said)[0] if said else None


def _index(root: Path, url: str) -> str:
    """What a reader sees after a run."""
    build_index_sync(reading(root, url, concurrent_requests=AT_ONCE))
    return _generation(root)


def _killed(root: Path, url: str, place: int) -> str:
    """As `_index`, but that it dies at a write."""
    settings = reading(root, url, concurrent_requests=AT_ONCE)
    after(place, lambda: os.kill(os.getpid(), signal.SIGKILL))
    keep = ReplyCache.put_all

    def put_all(cache: ReplyCache, replies: Any) -> None:
        os.unlink(_marker(root))  # counts as a write, before the reply is kept, and another one after
        keep(cache, replies)
        _marker(root).touch()
        os.replace(_marker(root), _marker(root))

    _marker(root).touch()
    ReplyCache.put_all = put_all  # type: ignore[method-assign]
    return build_index_sync(settings).manifest.generation


def _marker(root: Path) -> Path:
    return root / "marker"


def _generation(root: Path) -> str:
    """The generation that a reader sees, "none", or what is wrong with it."""
    store = Store(root / "output")
    try:
        damage = store.damage()
    except IndexNotReady as error:
        return "none" if "there is no index" in str(error) else str(error)
    return str(damage) if damage else store.manifest().generation


if __name__ == "__main__":
    sys.exit(main())
