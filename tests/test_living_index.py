"""Whatever happens to the input, the index is as a fresh one; what was deleted stays out, what stays costs nothing."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from endpoints import obedient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model_server import ModelServer
from scipy.sparse import csr_array
from test_cluster import entities, members, planted, relationships, titles_of

import graphrag_drift.app as app
from graphrag_drift import (
    build_index_sync,
    delete_documents_sync,
    restore_documents_sync,
    update_index_sync,
)
from graphrag_drift.cli.main import cli
from graphrag_drift.cli.status import render_status
from graphrag_drift.commands.status import describe_documents
from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.index import describe_index
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.indexing.earlier import leiden_from
from graphrag_drift.input.removed import read_removed
from graphrag_drift.language.asked import Answers, AskedStatistics
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.memo import as_json, recalled, remembering
from graphrag_drift.providers.embedded.extraction import extract_graph
from graphrag_drift.settings import ChunkingSettings, ClusterGraphSettings, ModelSettings, ModelsSettings, Settings
from graphrag_drift.store.store import Store
from graphrag_drift.values import Event, Filters

TEXTS = (
    "Ingrid Solvay leads the Dockworkers Union in Brackwater. The union struck the port in May 2025.",
    "Ostrander Group signed a deal with Ingrid Solvay. Ostrander Group pays 7 million to Tarn Foods.",
    "Tarn Foods was founded by Petra Voss in Brackwater. Petra Voss met Ingrid Solvay on 3 June 2025.",
    "The Aldane Mill burned down. Corin Bank had lent money to the Aldane Mill, said Petra Voss.",
    "voss and mill are words here, and so are ostrander and group, which nobody writes large.",
)
NAMES = ("a.txt", "b.txt", "c.txt", "sub/d.txt")
DERIVED = (
    "documents",
    "text_units",
    "entities",
    "relationships",
    "entity_mentions",
    "vectors/text_unit_text",
    "vectors/entity_description",
)


def write(root: Path, **files: str) -> Settings:
    for name, text in files.items():
        place = root / "input" / f"{name}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return Settings(root=root)


def hashes(settings: Settings) -> dict[str, str]:
    return {name: record.hash for name, record in Store(settings.output_folder).manifest().files.items()}


def titles(settings: Settings) -> list[str]:
    return sorted(Store(settings.output_folder).table("documents")["title"])


class LivingIndex(RuleBasedStateMachine):
    """A person at work on a folder: what the index holds is at each moment what a fresh one would hold."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.settings = write(self.root, a=TEXTS[0], b=TEXTS[1])

    def teardown(self) -> None:
        self.index(recluster=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, name: str) -> Path:
        place = self.root / "input" / name
        place.parent.mkdir(exist_ok=True)
        return place

    def there(self) -> list[Path]:
        return sorted((self.root / "input").rglob("*.txt"))

    @rule(name=st.sampled_from(NAMES), text=st.sampled_from(TEXTS))
    def add_or_edit(self, name: str, text: str) -> None:
        self.path(name).write_text(text, "utf-8")

    @precondition(lambda self: len(self.there()) > 1)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.there())).unlink()

    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def rename(self, data: st.DataObject, name: str) -> None:
        data.draw(st.sampled_from(self.there())).replace(self.path(name))

    @rule(size=st.sampled_from([20, 300]))
    def change_settings(self, size: int) -> None:
        self.settings = self.settings.model_copy(update={"chunking": ChunkingSettings(size=size)})

    @rule(step=st.sampled_from(["extract", "merge", "cluster", "embed"]))
    def crash(self, step: str) -> None:
        def stop(event: Event) -> None:
            if (event.step, event.kind) == (step, "started"):
                raise InterruptedError

        with suppress(InterruptedError):
            build_index_sync(self.settings, observe=stop)

    @rule()
    def lose_what_was_kept(self) -> None:
        shutil.rmtree(self.settings.cache_folder, ignore_errors=True)

    @rule(recluster=st.booleans())
    def index(self, recluster: bool) -> None:
        build_index_sync(self.settings, recluster=recluster)
        fresh = self.settings.model_copy(update={"root": self.root / "fresh", "input": self.settings.input.model_copy(
            update={"folder": str(self.root / "input")}
        )})  # fmt: skip
        shutil.rmtree(fresh.root, ignore_errors=True)
        build_index_sync(fresh)
        ours, theirs = hashes(self.settings), hashes(fresh)
        assert {name: ours[name] for name in DERIVED} == {name: theirs[name] for name in DERIVED}
        if recluster:
            assert ours == theirs

    @invariant()
    def what_is_published_is_whole(self) -> None:
        if (self.settings.output_folder / "manifest.json").exists():
            assert Store(self.settings.output_folder).damage() == []


def test_an_index_that_lives_equals_a_fresh_one() -> None:
    few = settings(
        max_examples=5,
        stateful_step_count=10,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(LivingIndex, settings=few)


def test_what_did_not_change_keeps_its_community() -> None:
    edges = planted(3)
    people, ties = entities(titles_of(edges)), relationships(edges)
    options = {"settings": ClusterGraphSettings(), "period": ""}
    before = cluster(people, ties, **options)
    assert cluster(people, ties, **options, before=before).equals(before)
    more = [*edges, ("new", "e001", 1.0), ("lone", "e002", 1.0)]
    people, ties = entities(titles_of(more)), relationships(more)
    after = cluster(people, ties, **options, before=before)
    assert sorted(i for part in members(after.filter(level=0)).values() for i in part) == sorted(people["id"])
    same = set(after["id"]) & set(before["id"])
    assert len(same) >= 0.9 * before.height


def test_communities_start_from_any_partition_whatever_hangs_together_in_it() -> None:
    rng = np.random.default_rng(5)
    for _ in range(150):
        size = int(rng.integers(2, 25))
        weights = np.triu(rng.integers(1, 6, (size, size)) * (rng.random((size, size)) < 0.2), 1)
        start = rng.integers(-1, 6, size)
        parts = leiden_from(csr_array(weights + weights.T), start, resolution=1, randomness=0.001, iterations=1, seed=1)
        alone = np.flatnonzero((weights + weights.T).sum(axis=0) == 0)
        assert len(parts) == size
        assert all((parts == parts[row]).sum() == 1 for row in alone), "a row without edges is a community"


def test_pools_of_loose_entities_stay_and_new_ones_join_them() -> None:
    loose = [f"x{i:02}" for i in range(23)]
    places = {title: f"d{int(title[1:]) % 3}" for title in (*loose, "x99")}
    options = {"settings": ClusterGraphSettings(), "period": ""}
    before = cluster(entities(loose, places), relationships([]), **options)
    after = cluster(entities([*loose, "x99"], places), relationships([]), **options, before=before)
    assert len(set(before["id"]) - set(after["id"])) == 1
    assert after.height == before.height
    assert max(after["size"]) <= ClusterGraphSettings().max_cluster_size


def test_small_communities_join_as_they_did_and_pools_of_two_languages_stay_apart() -> None:
    clique = [(f"{c}{i}", f"{c}{j}", 9.0) for c in "ab" for i in range(5) for j in range(i)]
    edges = [*clique, ("u0", "u1", 9.0), ("u0", "b0", 0.5), ("u1", "a0", 0.2)]
    homes = {f"x{i}": "en" for i in range(5)} | {f"y{i:02}": "ko" for i in range(12)} | {"z": "en"}
    documents = pl.DataFrame({"id": ["en", "ko"], "language": ["en", "ko"]})
    options = {"documents": documents, "settings": ClusterGraphSettings(), "period": ""}
    titles = [*titles_of(edges), *homes]
    people, ties = entities(titles, homes), relationships(edges)
    before = cluster(people, ties, **options)
    assert sorted(before["size"]) == [5, 6, 7, 12]
    assert cluster(people, ties, **options, before=before).equals(before)
    more = entities([*titles, *(f"w{i}" for i in range(4))], homes | {f"w{i}": "en" for i in range(4)})
    after = cluster(more, ties, **options, before=before)
    assert sorted(after["size"]) == [5, 7, 10, 12]
    assert len(set(after["id"]) & set(before["id"])) == 3


def test_a_deleted_document_stays_out_though_its_file_is_edited_and_comes_back_when_asked(tmp_path: Path) -> None:
    project = write(tmp_path, a=TEXTS[0], b=TEXTS[1], c=TEXTS[2])
    build_index_sync(project)
    done = delete_documents_sync(project, ["b.txt"])
    assert titles(project) == ["a.txt", "c.txt"]
    assert "1 deleted document(s) were left out: 'b.txt'" in done.notices
    write(tmp_path, b=TEXTS[3])
    build_index_sync(project)
    assert titles(project) == ["a.txt", "c.txt"]
    assert "Ostrander Group" not in Store(project.output_folder).table("entities")["title"]
    restore_documents_sync(project, ["b.txt"])
    assert titles(project) == ["a.txt", "b.txt", "c.txt"]
    assert not project.removed_file.exists()


def test_documents_are_deleted_by_filter_and_one_that_nobody_has_is_refused(tmp_path: Path) -> None:
    project = write(tmp_path, a=TEXTS[0], b=TEXTS[1])
    build_index_sync(project)
    with pytest.raises(SettingsError, match=r"no document has the id, path or title 'b.tx'; is it 'b.txt'\?"):
        delete_documents_sync(project, ["b.tx"])
    with pytest.raises(SettingsError, match="no document was chosen"):
        delete_documents_sync(project, filters=Filters(where=(("path", "z*"),)))
    with pytest.raises(SettingsError, match="all 2 documents of the input were deleted"):
        delete_documents_sync(project, filters=Filters(where=(("path", "*.txt"),)))
    assert not project.removed_file.exists(), "what failed has deleted nothing"
    delete_documents_sync(project, filters=Filters(where=(("path", "b*"),)))
    assert titles(project) == ["a.txt"]


def test_a_damaged_list_of_deleted_documents_is_told_and_not_overlooked(tmp_path: Path) -> None:
    project = write(tmp_path, a=TEXTS[0])
    project.removed_file.write_text('[{"id": 1}]', "utf-8")
    with pytest.raises(SettingsError, match=r"removed\.json' is damaged; mend it, or remove it"):
        build_index_sync(project)


def test_rows_of_a_frame_are_added_replaced_and_deleted(tmp_path: Path) -> None:
    project = Settings(root=tmp_path / "updated")
    rows = [{"id": f"d{number}", "title": f"t{number}", "text": text} for number, text in enumerate(TEXTS)]
    build_index_sync(project, documents=pl.DataFrame(rows[:2]))
    edited = {**rows[1], "text": TEXTS[1] + " It was later denied."}
    update_index_sync(project, documents=pl.DataFrame([edited, rows[2]]))
    delete_documents_sync(project, ["t0"])
    fresh = Settings(root=tmp_path / "fresh")
    build_index_sync(fresh, documents=pl.DataFrame([edited, rows[2]]))
    ours, theirs = hashes(project), hashes(fresh)
    assert {name: ours[name] for name in DERIVED} == {name: theirs[name] for name in DERIVED}

    def fail(event: Event) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        update_index_sync(project, documents=pl.DataFrame(rows[:1]), observe=fail)
    assert [each.id for each in read_removed(project.removed_file)] == ["d0"], "what failed has changed nothing"
    update_index_sync(project, documents=pl.DataFrame(rows[:1]))
    assert titles(project) == ["t0", "t1", "t2"], "a row that is given again is no longer deleted"


def test_a_document_more_asks_a_model_only_for_what_is_new(tmp_path: Path) -> None:
    async def work() -> tuple[list[int], set[str], set[str]]:
        async with ModelServer() as server:
            server.reply(obedient)
            model = ModelSettings(model="any", base_url=server.base_url, api_key="any")
            project = write(tmp_path, a=TEXTS[0], b=TEXTS[3]).model_copy(update={"models": ModelsSettings(chat=model)})
            counts, reports = [], []
            for name in ("c", "d"):
                write(tmp_path, **{name: TEXTS[2] + f" {name}"})
                before = len(server.calls)
                await app.build_index(project)
                counts.append(len(server.calls) - before)
                reports.append(set(Store(project.output_folder).table("communities")["id"]))
            return counts, *reports  # type: ignore[return-value]

    (first, second), before, after = asyncio.run(work())
    assert 0 < second < first
    assert before & after


def test_a_piece_is_made_once_and_a_damaged_one_again(tmp_path: Path) -> None:
    made: list[str] = []

    def piece(text: str) -> list[str]:
        def make() -> list[str]:
            made.append(text)
            return [text, "\ud800"]

        with remembering(tmp_path / "cache" / "pieces.sqlite") as memo:
            memo.is_complete = True
            return recalled("graphrag_drift.memo:piece", (text,), make, write=as_json, read=json.loads)

    assert piece("a") == piece("a") == ["a", "\ud800"]
    assert made == ["a"]
    file = tmp_path / "cache" / "pieces.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE pieces_1 SET value = substr(value, 1, 6) || x'00'")
    connection.close()
    assert piece("a") == ["a", "\ud800"]
    assert made == ["a", "a"], "a damaged piece is a miss"
    piece("b")
    piece("a")
    assert made == ["a", "a", "b", "a"], "what a complete run did not ask for is dropped"
    file.write_bytes(b"no database at all" * 100)
    assert piece("a") == ["a", "\ud800"]
    assert not file.exists()


def test_what_was_found_in_a_text_stands_as_long_as_the_corpus_answers_the_same() -> None:
    text = "Later the Voss Group met Ingrid Solvay in Brackwater."
    statistics = Statistics.from_texts([text, TEXTS[2]])
    asked = AskedStatistics(Answers(statistics))
    assert extract_graph(text, asked) == extract_graph(text, statistics)
    yes, no = ([key for key, answer in asked.asked.items() if answer is wanted] for wanted in (True, False))
    assert Answers(Statistics.from_texts([text, TEXTS[2], TEXTS[2]])).hold(yes, no)
    assert not Answers(Statistics.from_texts([text, "a brackwater, in the brackwater"])).hold(yes, no)
    with pytest.raises(TypeError, match="counts are not noted"):
        asked.lower.get("voss", 0)


def test_status_says_what_is_covered_and_what_changed_since(tmp_path: Path) -> None:
    project = write(tmp_path, b=TEXTS[1], c=TEXTS[2], **{"2025-03-03": TEXTS[0]})
    build_index_sync(project)
    delete_documents_sync(project, ["c.txt"])
    write(tmp_path, d=TEXTS[3], **{"2025-03-03": TEXTS[4]})
    (tmp_path / "input" / "b.txt").unlink()
    described = describe_index(project) | describe_documents(project)
    assert described["since"] == {"new": ["d.txt"], "changed": ["2025-03-03.txt"], "gone": ["b.txt"]}
    assert described["dates"] == {"first": "2025-03-03", "last": "2025-03-03", "undated": 1}
    assert described["names"][0] == {"name": "Ingrid Solvay", "text_units": 2}
    text = render_status(described, why=True)
    assert "Dates: 2025-03-03 to 2025-03-03, 1 without a date. Languages: en (2)." in text
    assert "Deleted, and left out of each run: 'c.txt'; `graphrag-drift delete --undo` takes them back." in text
    assert "Files since the last run: 1 new ('d.txt'), 1 changed ('2025-03-03.txt'), 1 gone ('b.txt')." in text
    assert "Documents were added, edited or removed." in text


def test_status_tells_what_was_set_aside_by_document(tmp_path: Path) -> None:
    project = write(tmp_path, a=TEXTS[0])
    (tmp_path / "input" / "broken.docx").write_bytes(b"no archive")
    build_index_sync(project)
    (row,) = describe_documents(project)["set_aside"]
    assert (row["document"], row["step"], row["pieces"]) == ("broken.docx", "load", 1)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, a=TEXTS[0], b=TEXTS[1])
    (tmp_path / "settings.yaml").write_text("input: {folder: input}\n", "utf-8")
    return tmp_path


def test_update_and_delete_are_typed_as_they_are_known(project: Path) -> None:
    run = CliRunner().invoke
    assert "2 documents" in run(cli, ["update", "-r", str(project)]).output
    dry = run(cli, ["delete", "-r", str(project), "--where", "path=b*", "--dry-run"])
    assert dry.output == "Would delete 'b.txt' (b.txt)\n"
    assert "1 document" in run(cli, ["delete", "-r", str(project), "b.txt"]).output
    assert "2 documents" in run(cli, ["delete", "-r", str(project), "--undo"]).output
    refused = run(cli, ["delete", "-r", str(project)])
    assert (refused.exit_code, "say which: ids, paths or titles" in refused.output) == (2, True)


def test_watching_indexes_at_once_and_after_each_change_until_it_is_ended(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(*_: object, **__: object) -> Iterator[set[tuple[int, str]]]:
        yield set()
        write(project, c=TEXTS[2])
        yield {(1, str(project / "input" / "c.txt"))}
        (project / "settings.yaml").write_text("chunking: {size: none}\n", "utf-8")
        yield {(2, str(project / "settings.yaml"))}
        (project / "settings.yaml").write_text("{}\n", "utf-8")
        yield {(2, str(project / "settings.yaml"))}
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", changes)
    done = CliRunner().invoke(cli, ["watch", "-r", str(project)])
    assert done.exit_code == 0, done.output
    assert [line.split(":")[0] for line in done.stdout.splitlines() if " documents" in line][1].startswith("Indexed")
    assert "3 documents" in done.stdout
    assert "chunking.size" in done.stderr
    assert done.stderr.endswith("Stopped watching; the index is as it was last published.\n")


def test_errors_of_a_changed_index_are_ours(tmp_path: Path) -> None:
    with pytest.raises(GraphRAGError, match="there is no index"):
        delete_documents_sync(write(tmp_path, a=TEXTS[0]), ["a.txt"])
