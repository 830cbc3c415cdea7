"""One contract for everything that keeps vectors: memory, LanceDB in a folder and in a bucket, PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from object_store import S3
from postgres import postgres_server

from graphrag_drift import Filters, Index, Settings, build_index_sync
from graphrag_drift.errors import IndexNotReady, ProviderError, SettingsError
from graphrag_drift.interop.postgres_vectors import PostgresVectors
from graphrag_drift.interop.vector_stores import (
    Stored,
    VectorStore,
    hashes_of,
    table_name,
    vector_store,
    write_vectors,
)
from graphrag_drift.query.nearness import UNRELATED, Nearness, Scan
from graphrag_drift.settings import VectorsSettings

Floats = NDArray[np.float32]
STORES = ("lancedb", "lancedb in a bucket", "postgres")
DICE = np.random.default_rng(5)


def units(rows: int, dimensions: int = 8) -> Floats:
    """Vectors of length 1, each third one missing."""
    vectors = DICE.standard_normal((rows, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::3] = 0
    return vectors.astype(np.float32)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    pytest.importorskip("pgserver", reason="needs a PostgreSQL server with pgvector")
    with postgres_server() as address:
        yield address


@pytest.fixture
def settings_of(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], VectorsSettings]:
    """The settings of a store by what it is called here."""

    def made(name: str) -> VectorsSettings:
        if name == "postgres":
            return VectorsSettings.model_validate({"store": name, "uri": request.getfixturevalue("postgres")})
        if name == "lancedb":
            return VectorsSettings.model_validate({"store": name, "uri": str(tmp_path / "vectors")})
        s3: S3 = request.getfixturevalue("s3")
        s3.bucket("vectors")
        for variable, value in {**s3.variables, "AWS_ALLOW_HTTP": "true"}.items():
            monkeypatch.setenv(variable, value)
        return VectorsSettings.model_validate({"store": "lancedb", "uri": f"s3://vectors/{tmp_path.name}"})

    return made


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, settings_of: Callable[[str], VectorsSettings]) -> VectorStore:
    return vector_store(settings_of(request.param))


@pytest.fixture(params=("memory", *STORES))
def nearness(
    request: pytest.FixtureRequest, settings_of: Callable[[str], VectorsSettings]
) -> Callable[[Floats], Nearness]:
    """Makes what is to be tested of vectors."""
    if request.param == "memory":
        return Scan

    def stored(vectors: Floats) -> Nearness:
        store = vector_store(settings_of(request.param))
        store.drop("contract")
        write_vectors(store, "contract", vectors)
        table = store.open("contract")
        assert table is not None
        return Stored(table, table.mean(), np.ones(len(vectors), dtype=np.bool_))

    return stored


def test_cosines_stand_at_their_rows_and_rows_without_a_vector_are_unrelated(
    nearness: Callable[[Floats], Nearness],
) -> None:
    vectors, question = units(20), units(2)[1]
    cosines, middle = nearness(vectors).cosines(question)
    there = vectors.any(axis=1)
    assert cosines[there] == pytest.approx((vectors @ question)[there], abs=1e-6)
    assert (cosines[~there] == UNRELATED).all()
    assert middle == pytest.approx(float((vectors @ question)[there].mean()), abs=1e-6)


def test_a_question_without_a_vector_is_near_to_nothing(nearness: Callable[[Floats], Nearness]) -> None:
    cosines, middle = nearness(units(5)).cosines(np.zeros(8, dtype=np.float32))
    assert cosines.max() == middle == 0


def test_what_is_not_allowed_is_unrelated_however_near(nearness: Callable[[Floats], Nearness]) -> None:
    vectors = units(9)
    allowed = np.ones(9, dtype=np.bool_)
    allowed[4] = False
    cosines, _ = nearness(vectors).within(allowed).within(~np.eye(9, dtype=np.bool_)[1]).cosines(vectors[4])
    assert cosines[[1, 4]].tolist() == [UNRELATED, UNRELATED]
    assert cosines[2] == pytest.approx(float(vectors[2] @ vectors[4]), abs=1e-6)


def test_what_is_allowed_is_found_however_many_others_are_nearer(store: VectorStore) -> None:
    vectors = units(9)
    write_vectors(store, "few", vectors)
    table = store.open("few")
    assert table is not None
    every = Stored(table, table.mean(), np.ones(9, dtype=np.bool_), most=2)
    farthest = int((vectors @ vectors[4]).argmin())
    cosines, _ = every.within(np.arange(9) == farthest).cosines(vectors[4])
    assert cosines[farthest] == pytest.approx(float(vectors[farthest] @ vectors[4]), abs=1e-6)
    assert np.delete(cosines, farthest).max() == UNRELATED
    assert every.within(np.zeros(9, dtype=np.bool_)).cosines(vectors[4])[0].max() == UNRELATED


def test_a_sample_is_of_vectors_that_are_there(nearness: Callable[[Floats], Nearness]) -> None:
    vectors = units(12)
    made = nearness(vectors)
    assert made.dimensions == 8
    sample = made.sample(3)
    assert len(sample) == 3
    assert (sample @ vectors.T).max(axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_a_table_is_there_when_it_was_written_until_it_is_dropped(store: VectorStore) -> None:
    assert store.open("absent") is None
    write_vectors(store, "one", units(3))
    write_vectors(store, "one", units(3))  # as another run may, at the same time
    write_vectors(store, "two", np.zeros((3, 8), dtype=np.float32))  # nothing could be embedded
    two = store.open("two")
    assert two is not None
    assert [len(part) for part in two.nearest(units(2)[1], 5)] == [0, 0]
    store.drop("one")
    store.drop("one")
    assert store.open("one") is None


@pytest.mark.parametrize("name", ["lancedb", "postgres"])
def test_an_index_answers_from_a_store_as_it_does_from_memory(
    name: str,
    newsroom_settings: Settings,
    newsroom_index: Index,
    tmp_path: Path,
    settings_of: Callable[[str], VectorsSettings],
) -> None:
    shutil.copytree(newsroom_settings.root, tmp_path / "project", symlinks=True)
    settings = newsroom_settings.model_copy(update={"root": tmp_path / "project", "vectors": settings_of(name)})
    question = "What did the water tests find in Brackwater?"
    with pytest.raises(IndexNotReady, match="has none of this index; run `graphrag-drift index` again"):
        Index.open_sync(settings).ask_sync(question)
    assert build_index_sync(settings).manifest == newsroom_index.manifest  # where vectors are shapes nothing
    opened = Index.open_sync(settings)
    assert isinstance(opened.graph.evidence.vectors, Stored)
    filters = Filters(since="2025-03-01")
    for options in ({"method": "basic"}, {"method": "local"}, {"method": "basic", "filters": filters}):
        ours, theirs = (index.retrieve(question, **options) for index in (opened, newsroom_index))
        assert ours["text_unit_id"].to_list() == theirs["text_unit_id"].to_list()


def test_only_the_vectors_of_the_index_and_the_one_before_are_kept(
    tmp_path: Path, settings_of: Callable[[str], VectorsSettings]
) -> None:
    vectors = settings_of("lancedb")
    store, names = vector_store(vectors), []
    settings = Settings.model_validate({"root": tmp_path}).model_copy(update={"vectors": vectors})
    for word in ("harbour", "bridge", "mayor"):
        documents = pl.DataFrame({"title": [word], "text": [f"Nothing is known of the {word} of Bergen yet."]})
        names.append(table_name(hashes_of(build_index_sync(settings, documents=documents, force=True).manifest)))
    assert [store.open(name) is not None for name in names] == [False, True, True]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"store": "postgres"}, "vectors.uri does not say where it is"),
        ({"store": "postgres", "uri": "mysql://me:a-secret@host/x"}, "vectors.uri is no address of a database"),
        ({"store": "postgres", "uri": "postgresql://me:a-secret@127.0.0.1:9/x"}, "cannot be reached"),
        ({"store": "lancedb", "uri": "ftp://a-secret/x"}, "LanceDB cannot use its folder at vectors.uri"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_a_sentence_without_its_keys(
    settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason) as raised:
        vector_store(VectorsSettings.model_validate(settings)).open("table")
    assert "a-secret" not in str(raised.value)


def test_a_wrong_database_is_told(postgres: str) -> None:
    store = PostgresVectors(postgres.replace("/postgres?", "/nobody?"))
    with pytest.raises(SettingsError, match="there is no such database"):
        store.open("table")


def test_a_write_that_dies_leaves_no_table_in_postgres(postgres: str) -> None:
    store = PostgresVectors(postgres)
    with pytest.raises(ProviderError, match="failed with its error"):
        store.write("half", np.array([1, 1]), units(3)[1:])  # a row twice, found after the first was sent
    assert store.open("half") is None
