"""Steps run in order, once; what did not change is skipped and not even loaded."""

from __future__ import annotations

import asyncio
import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from pydantic import BaseModel, ConfigDict

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.indexing.pipeline import Run, Step, fingerprint, run, spelled
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.protocols import Maker
from graphrag_drift.settings import ChunkingSettings
from graphrag_drift.store.files import Content
from graphrag_drift.store.manifest import Manifest
from graphrag_drift.store.store import Store
from graphrag_drift.tables import FAILURES
from graphrag_drift.versions import code_version

DOCUMENTS = pl.DataFrame({"id": ["d1", "d2"], "text": ["One. Two.", "Three."]})


def split(documents: pl.DataFrame, *, size: int) -> pl.DataFrame:
    return documents.select(text=pl.col("text").str.head(size))


async def count(text_units: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    await asyncio.sleep(0)
    return text_units.select(n=pl.len()), np.arange(len(text_units))


def join(documents: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    return documents.join(counts, how="cross")


def steps(size: int = 3) -> list[Step]:
    return [
        Step(partial(split, size=size), ["documents"], ["text_units"]),
        Step(count, ["text_units"], ["counts", "vectors/text_units"]),
        Step(join, ["documents", "counts"], ["joined"]),
    ]


def index(folder: Path, steps: Sequence[Step], documents: pl.DataFrame = DOCUMENTS) -> tuple[Run, list[str], list[str]]:
    """Run and publish; also what was observed, and which tables were read."""
    states: list[str] = []
    loaded: list[str] = []
    store = Store(folder)

    def read(name: str) -> Content:
        loaded.append(name)
        return store.read(name)

    with store.writer() as writer:
        made = asyncio.run(
            run(
                steps,
                {"documents": documents},
                previous=writer.previous,
                read=read,
                observe=lambda event: states.append(f"{event.step} {event.kind}"),
            )
        )
        writer.write("failures", made.failures)
        for name in made.hashes:
            if name in made.kept:
                writer.keep(name)
            else:
                writer.write(name, made.tables[name])
        writer.publish(package="1", libraries={}, settings={}, models={}, steps=made.fingerprints, run={})
    return made, states, loaded


def ran(states: Sequence[str]) -> list[str]:
    return [line.removesuffix(" finished") for line in states if line.endswith(" finished")]


def test_steps_run_in_order_and_give_all_their_tables(tmp_path: Path) -> None:
    made, states, _ = index(tmp_path, steps())
    assert states == [f"{step} {state}" for step in ("split", "count", "join") for state in ("started", "finished")]
    assert sorted(made.tables) == ["counts", "documents", "joined", "text_units", "vectors/text_units"]
    joined = made.tables["joined"]
    assert isinstance(joined, pl.DataFrame)
    assert joined.rows() == [("d1", "One. Two.", 2), ("d2", "Three.", 2)]
    assert made.reasons["split"] == ("code", "libraries", "size", "step", "table documents")


def test_a_second_run_skips_every_step_and_reads_nothing_until_asked(tmp_path: Path) -> None:
    first, _, _ = index(tmp_path, steps())
    manifest = (tmp_path / "manifest.json").read_bytes()
    second, states, loaded = index(tmp_path, steps())
    assert states == ["split skipped", "count skipped", "join skipped"]
    assert loaded == []
    assert second.kept == {"text_units", "counts", "vectors/text_units", "joined"}
    assert second.hashes == first.hashes
    assert (tmp_path / "manifest.json").read_bytes() == manifest


def test_a_skipped_steps_table_is_read_when_somebody_needs_it(tmp_path: Path) -> None:
    index(tmp_path, steps())
    changed = [*steps()[:2], Step(partial(join), ["documents", "text_units"], ["joined"])]
    _, states, loaded = index(tmp_path, changed)
    assert (ran(states), loaded) == (["join"], ["text_units"])


def test_a_changed_setting_runs_its_step_and_stops_where_the_tables_are_equal_again(tmp_path: Path) -> None:
    index(tmp_path, steps(size=3))
    made, states, _ = index(tmp_path, steps(size=2))
    assert ran(states) == ["split", "count"]  # as many text units as before, so "counts" is what it was
    assert made.reasons == {"split": ("size",), "count": ("table text_units",), "join": ()}


def test_a_changed_document_runs_what_depends_on_it(tmp_path: Path) -> None:
    index(tmp_path, steps())
    made, states, _ = index(tmp_path, steps(), DOCUMENTS.reverse())
    assert ran(states) == ["split", "count", "join"]
    assert made.reasons["split"] == ("table documents",), "row order is content"


def test_an_updated_index_equals_a_fresh_one(tmp_path: Path) -> None:
    index(tmp_path / "updated", steps(size=5))
    index(tmp_path / "updated", steps(size=2), DOCUMENTS[:1])
    index(tmp_path / "fresh", steps(size=2), DOCUMENTS[:1])
    updated, fresh = (tmp_path / name / "manifest.json" for name in ("updated", "fresh"))
    assert updated.read_bytes() == fresh.read_bytes()


def test_a_damaged_table_runs_everything_again(tmp_path: Path) -> None:
    index(tmp_path, steps())
    Store(tmp_path).path("counts").unlink()
    _, states, _ = index(tmp_path, steps())
    assert ran(states) == ["split", "count", "join"]


def test_a_failing_step_publishes_nothing(tmp_path: Path) -> None:
    def fail(documents: pl.DataFrame) -> pl.DataFrame:
        raise GraphRAGError("no")

    index(tmp_path, steps())
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(GraphRAGError, match="no"):
        index(tmp_path, [*steps(size=1), Step(fail, ["documents"], ["more"])])
    assert (tmp_path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([Step(join, ["documents", "counts"], ["joined"])], r"wants \['counts'\], which no step before it makes"),
        ([Step(count, ["documents"], ["documents", "x"])], r"makes \['documents'\], which is made before it"),
        ([*steps(), Step(partial(split, size=1), ["documents"], ["more"])], "two steps are named 'split'"),
        ([Step(count, ["documents"], ["counts"])], r"gave 2 tables, expected \['counts'\]"),
    ],
)
def test_a_list_that_cannot_be_run_is_refused(wrong: list[Step], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        asyncio.run(run(wrong, {"documents": DOCUMENTS}, previous=None, read=_nothing))


WORDS = pl.DataFrame({"word": [""], "lower": [0], "capital": [0], "documents": [7]})
TERMS = pl.DataFrame({"term": ["port"], "text_units": [3]})


def count_words(text_units: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return WORDS, TERMS.head(len(text_units))


def weigh(text_units: pl.DataFrame, *, weight: Callable[[str], float] | None = None) -> pl.DataFrame:
    return pl.DataFrame({"weight": [weight("port") if weight else 0.0]})


async def doubt(text_units: pl.DataFrame, *, weight: Callable[[str], float], bad: int) -> tuple[Any, pl.DataFrame]:
    rows = [("doubt", f"t{number}", "no") for number in range(bad)]
    return text_units, pl.DataFrame(rows, schema=FAILURES, orient="row")


def made_steps(made: list[int], *, version: str = "1", bad: int = 0, weighed: bool = True) -> list[Step]:
    """Steps bound to what is made from the statistics; `made` notes of each making how many text units there were."""

    def make(lexicon: Lexicon) -> Callable[[str], float]:
        made.append(lexicon.text_units)
        return lexicon.idf

    maker: Maker[Any] = Maker(make, lambda: version)
    return [
        *steps()[:2],
        Step(count_words, ["text_units"], ["words", "terms"]),
        Step(weigh, ["text_units"], ["weights"], {"weight": maker if weighed else None}),
        Step(partial(doubt, bad=bad), ["text_units"], ["doubted", "failures"], {"weight": maker}),
    ]


def test_what_is_made_from_the_statistics_is_made_once_and_only_for_a_step_that_runs(tmp_path: Path) -> None:
    made: list[int] = []
    first, *_ = index(tmp_path, made_steps(made))
    assert made == [7]
    assert cast(pl.DataFrame, first.tables["weights"]).item() == pytest.approx(math.log(1 + 4.5 / 3.5))
    _, _, loaded = index(tmp_path, made_steps(made))
    assert (made, loaded) == ([7], [])


def test_a_step_runs_again_when_its_provider_or_the_statistics_change(tmp_path: Path) -> None:
    made: list[int] = []
    index(tmp_path, made_steps(made))
    run, *_ = index(tmp_path, made_steps(made, version="2"))
    assert (run.reasons["weigh"], run.reasons["doubt"]) == (("weight",), ("weight",))
    step, hashes = made_steps(made)[-1], {"text_units": "0", "words": "0", "terms": "0"}
    assert fingerprint(step, hashes) != fingerprint(step, hashes | {"terms": "1"})


def test_a_step_that_does_without_a_provider_depends_neither_on_it_nor_on_the_statistics(tmp_path: Path) -> None:
    run, *_ = index(tmp_path, made_steps([], weighed=False))
    assert cast(pl.DataFrame, run.tables["weights"]).item() == 0.0
    assert set(run.fingerprints["weigh"]) == {"code", "libraries", "step", "table text_units"}


def test_a_step_with_failures_runs_again_and_its_rows_are_then_those_of_the_last_run(tmp_path: Path) -> None:
    first, *_ = index(tmp_path, made_steps([], bad=2))
    assert first.failures.rows() == [("doubt", "t0", "no"), ("doubt", "t1", "no")]
    second, states, _ = index(tmp_path, made_steps([], bad=2))
    assert (ran(states), second.failures.rows()) == (["doubt"], first.failures.rows())
    third, states, _ = index(tmp_path, made_steps([], bad=0))
    assert (ran(states), third.failures.rows()) == (["doubt"], [])
    _, states, _ = index(tmp_path, made_steps([], bad=0))
    assert ran(states) == []


def test_a_provider_before_the_statistics_is_refused() -> None:
    step = Step(weigh, ["documents"], ["weights"], {"weight": Maker(lambda lexicon: lexicon.idf, lambda: "1")})
    with pytest.raises(ValueError, match=r"wants \['words', 'terms'\], which no step before it makes"):
        asyncio.run(run([step], {"documents": DOCUMENTS}, previous=None, read=_nothing))


def _nothing(name: str) -> Content:
    raise AssertionError(name)


def test_a_previous_manifest_without_the_file_does_not_count() -> None:
    hashes = {"documents": "0"}
    step = steps()[0]
    previous = Manifest(package="1", steps={"split": fingerprint(step, hashes)})
    made = asyncio.run(run([step], {"documents": DOCUMENTS}, previous=previous, read=_nothing))
    assert made.kept == frozenset()


@dataclass(frozen=True)
class Provider:
    id: str
    connection: object = None


@dataclass(frozen=True)
class Options:
    depth: int
    names: tuple[str, ...] = ()


def captures(depth: int) -> Callable[[], int]:
    def captured() -> int:
        return depth

    return captured


@dataclass
class Changing:
    depth: int


class Loose(BaseModel):
    depth: int = 1


class Strict(Loose):
    model_config = ConfigDict(frozen=True)


VALUES: list[object] = [
    None,
    True,
    1,
    1.0,
    "1",
    b"1",
    (1, 2),
    [1, 2],
    (12,),
    ("1", "2"),
    {"a": 1},
    {"a": 2},
    {"b": 1},
    frozenset({1, 2}),
    frozenset({1, 3}),
    Options(1),
    Options(2),
    Options(1, ("a",)),
    Provider("m1"),
    Provider("m2"),
    ChunkingSettings(),
    ChunkingSettings(size=400),
    Strict(),
    split,
    count,
]


def test_different_values_are_described_differently() -> None:
    assert len({spelled(value) for value in VALUES}) == len(VALUES)


def test_equal_values_are_described_equally() -> None:
    assert spelled({"a": 1, "b": 2}) == spelled({"b": 2, "a": 1})
    assert spelled(set("korea")) == spelled(set("aerok"))
    assert spelled(Provider("m", connection=object())) == spelled(Provider("m", connection=object()))


@pytest.mark.parametrize(
    "value", [object(), Changing(1), Loose(), pl.DataFrame(), [object()], lambda: 0, Options, captures(1)]
)
def test_what_cannot_be_told_apart_tomorrow_is_refused(value: object) -> None:
    with pytest.raises(
        TypeError, match=r"argument 'option' of step 'split': a .* cannot be part of a step's cache key"
    ):
        fingerprint(Step(partial(split, size=1, option=value), ["documents"], ["x"]), {"documents": "0"})


def test_whoever_watches_a_step_changes_nothing() -> None:
    def watch(*args: object) -> None:
        return None

    hashes = {"documents": "0"}
    plain, watched = partial(split, size=1), partial(split, size=1, observe=watch)
    assert fingerprint(Step(plain, ["documents"], ["x"]), hashes) == fingerprint(
        Step(watched, ["documents"], ["x"]), hashes
    )


def test_arguments_are_bound_by_name() -> None:
    with pytest.raises(TypeError, match="has arguments bound by position"):
        fingerprint(Step(partial(split, DOCUMENTS), [], ["x"]), {})


def test_a_step_runs_again_when_a_module_that_it_imports_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "sample_steps"
    package.mkdir()
    sources = {
        "__init__": "",
        "first": "from sample_steps import helper\n\ndef chunk():\n    return helper.x\n",
        "helper": "def late():\n    from sample_steps.far import y\n",
        "far": "y = 1\n",
        "other": "z = 1\n",
    }
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    versions = []
    for name in (None, "first", "helper", "far", "other"):
        if name:
            (package / f"{name}.py").write_text(sources[name] + "# changed\n")
        code_version.cache_clear()
        versions.append(code_version("sample_steps.first"))
    assert len(set(versions[:4])) == 4
    assert versions[4] == versions[3], "nobody imports it"
    code_version.cache_clear()
