"""Whole runs: the same bytes whatever the order, edits cost what they change, one generation is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import polars as pl
import pytest

from graphrag_drift import Event, Index, Settings, build_index_sync
from graphrag_drift.tables import PUBLIC

ARTICLES = {
    "a.txt": "Strike at Halden\n\nThe International Dockers Federation (IDF) struck at Halden Port on Monday. "
    "IDF leader Mara Quist said 400 workers had walked out.",
    "b.txt": "Talks at Halden\n\nMara Quist met Halden Port chief Olaf Brenner on Friday. "
    "Brenner said the port had lost $3 million.",
    "c.txt": "Water scare\n\nThe Lindal Water Board closed two wells in Lindal after tests by Karin Moss.",
    "d.txt": "Strike at Halden, again\n\nThe International Dockers Federation (IDF) struck at Halden Port on Monday. "
    "IDF leader Mara Quist said 400 workers had walked out. The Lindal Water Board had no comment.",
}
BUILD = """
import json, sys
from graphrag_drift import Settings, build_index_sync
done = build_index_sync(Settings.model_validate(json.loads(sys.argv[1])))
print(done.manifest.generation)
"""


def _settings(root: Path, **sections: object) -> Settings:
    return Settings.model_validate({"root": root, **sections})


def _write(folder: Path, articles: dict[str, str], order: list[str]) -> None:
    folder.mkdir(parents=True)
    for name in order:
        (folder / name).write_text(articles[name], "utf-8")


def _tables(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(settings.output_folder.glob("*.parquet"))}


def test_the_same_documents_give_the_same_bytes_whatever_the_order_hash_seed_and_threads(tmp_path: Path) -> None:
    found = []
    for seed, order in (("1", sorted(ARTICLES)), ("4", sorted(ARTICLES, reverse=True))):
        root = tmp_path / seed
        _write(root / "input", ARTICLES, order)
        done = subprocess.run(
            [sys.executable, "-c", BUILD, json.dumps({"root": str(root)})],
            env={**os.environ, "PYTHONHASHSEED": seed, "POLARS_MAX_THREADS": seed, "OMP_NUM_THREADS": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.append((done.stdout, (root / "output/manifest.json").read_bytes(), _tables(_settings(root))))
    assert found[0] == found[1]


def test_tables_have_microsoft_s_columns_first_and_their_types(newsroom_index: Index) -> None:
    for name, schema in PUBLIC.items():
        table = getattr(newsroom_index.graph, name)
        assert table.columns == list(schema)
        wrong = {c: table.schema[c] for c in schema if c != "raw_data" and table.schema[c] != schema[c]}
        assert wrong == {}
        if name not in ("communities", "community_reports"):
            assert table["human_readable_id"].to_list() == list(range(table.height))


def test_an_edit_and_its_undoing_give_the_index_of_a_fresh_run(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    _write(tmp_path / "input", ARTICLES, sorted(ARTICLES))
    first = build_index_sync(settings)
    (tmp_path / "input" / "c.txt").unlink()
    second = build_index_sync(settings)
    assert second.changed
    assert "Karin Moss" not in Index.open_sync(settings).graph.entities["title"].to_list()
    (tmp_path / "input" / "c.txt").write_text(ARTICLES["c.txt"], "utf-8")
    third = build_index_sync(settings).manifest
    assert {name: record for name, record in third.files.items() if "commun" not in name} == {
        name: record for name, record in first.manifest.files.items() if "commun" not in name
    }
    assert build_index_sync(settings, recluster=True).manifest == first.manifest
    assert not build_index_sync(settings).changed


def test_a_second_run_skips_every_step(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    _write(tmp_path / "input", ARTICLES, sorted(ARTICLES))
    assert build_index_sync(settings).changed
    again = build_index_sync(settings)
    assert (again.changed, set(again.steps.values())) == (False, {()})


def test_a_setting_reruns_only_what_depends_on_it(tmp_path: Path) -> None:
    _write(tmp_path / "input", ARTICLES, sorted(ARTICLES))
    build_index_sync(_settings(tmp_path))
    done = build_index_sync(_settings(tmp_path, cluster_graph={"max_cluster_size": 4}))
    assert {step for step, reasons in done.steps.items() if reasons} <= {"cluster", "report", "embed"}


def test_a_copy_counts_once_but_its_own_sentence_is_kept(tmp_path: Path) -> None:
    articles = {
        f"{name}.txt": ARTICLES["a.txt"] + " " + " ".join(f"Ship number {n} waited." for n in range(30))
        for name in "xy"
    }
    articles["z.txt"] = articles["x.txt"] + " Mara Quist later said it was 450 workers."
    _write(tmp_path / "input", articles, sorted(articles))
    settings = _settings(tmp_path)
    done = build_index_sync(settings)
    graph = Index.open_sync(settings).graph
    assert graph.documents["copy_of"].count() == 2
    assert any("copies were linked" in notice for notice in done.notices)
    read = graph.text_units.filter(pl.col("copy_of").is_null())
    assert read["text"].str.contains("450 workers").sum() == 1
    answer = Index.open_sync(settings).ask_sync("How many workers walked out, according to Mara Quist?", method="local")
    quotes = [" ".join(citation.quote.split()) for citation in answer.citations]
    assert len(quotes) == len(set(quotes))


def test_an_open_index_answers_from_its_own_generation_while_another_is_published(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    _write(tmp_path / "input", ARTICLES, sorted(ARTICLES))
    build_index_sync(settings)
    index = Index.open_sync(settings)
    (tmp_path / "input" / "e.txt").write_text("Harbour news\n\nTomas Veld became mayor of Halden.", "utf-8")
    build_index_sync(settings)
    assert index.graph.documents.height == 4
    assert Index.open_sync(settings).graph.documents.height == 5


def test_a_frame_is_indexed_as_a_folder_is(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["1", "2"], "title": ["One", "Two"], "text": [ARTICLES["a.txt"], ARTICLES["c.txt"]]})
    settings = _settings(tmp_path)
    build_index_sync(settings, documents=frame)
    index = Index.open_sync(settings)
    assert index.graph.documents["title"].to_list() == ["One", "Two"]
    found = index.retrieve("Who tested the wells in Lindal?", k=1)
    assert found["title"].to_list() == ["Two"]
    assert found["document_id"].to_list() == [index.graph.documents["id"][1]]


def test_every_entity_is_in_a_community_and_every_community_has_a_report(newsroom_index: Index) -> None:
    graph = newsroom_index.graph
    covered = graph.communities["entity_ids"].explode().unique().sort()
    assert covered.to_list() == graph.entities["id"].sort().to_list()
    of_communities = graph.community_reports.filter(pl.col("level") >= 0)  # the root report apart
    assert of_communities["community"].to_list() == graph.communities["community"].to_list()


def test_reports_cite_sentences_of_their_own_community(newsroom_index: Index) -> None:
    graph = newsroom_index.graph
    texts = graph.texts
    for report in graph.report_rows:
        for number, span in enumerate(report["evidence"], start=1):
            assert f"[{number}]" in report["full_content"]
            assert texts[span["document_id"]][span["start"] : span["end"]].strip()


def test_the_graph_can_be_had_for_networkx(newsroom_index: Index) -> None:
    graph = newsroom_index.graph.to_networkx()
    assert isinstance(graph, nx.Graph)
    assert graph.number_of_nodes() == newsroom_index.graph.entities.height
    assert graph.number_of_edges() == newsroom_index.graph.relationships.height


def test_an_unknown_method_and_an_empty_question_are_settings_errors(newsroom_index: Index) -> None:
    from graphrag_drift import SettingsError

    with pytest.raises(SettingsError, match="'best'"):
        newsroom_index.ask_sync("Who?", method="best")
    with pytest.raises(SettingsError, match="empty"):
        newsroom_index.ask_sync("  ")


def test_fault_64_an_input_that_changes_during_the_run_is_told(tmp_path: Path) -> None:
    _write(tmp_path / "input", ARTICLES, sorted(ARTICLES))

    def observe(event: Event) -> None:
        if (event.step, event.kind) == ("count_terms", "started"):
            (tmp_path / "input" / "late.txt").write_text("Tomas Veld became mayor of Halden.", "utf-8")

    done = build_index_sync(_settings(tmp_path), observe=observe)
    assert done.failures.rows() == [
        ("load", "input", "changed while it was being indexed; run `graphrag-drift index` again")
    ]
    assert build_index_sync(_settings(tmp_path)).failures.height == 0


STEPS = ["chunk", "count_terms", "extract", "resolve", "merge", "describe", "claims", "link", "contextualize"]
STEPS += ["index_terms", "cluster", "report", "embed"]


def test_whoever_observes_hears_of_each_step_and_of_each_item_that_is_read(tmp_path: Path) -> None:
    _write(tmp_path / "input", ARTICLES, sorted(ARTICLES))
    events: list[Event] = []
    build_index_sync(_settings(tmp_path), observe=events.append)
    assert [event.step for event in events if event.kind == "started"] == STEPS
    assert [event.step for event in events if event.kind == "finished"] == STEPS
    items = [(event.done, event.total) for event in events if (event.kind, event.step) == ("working", "extract")]
    assert items == [(done, len(items) - 1) for done in range(len(items))]
    assert len(items) > 1
    events.clear()
    build_index_sync(_settings(tmp_path), observe=events.append)
    assert [(event.kind, event.step) for event in events] == [("skipped", step) for step in STEPS]


def test_a_listener_of_the_older_form_hears_the_same_and_that_there_is_a_newer(tmp_path: Path) -> None:
    _write(tmp_path / "input", ARTICLES, ["a.txt"])
    states: list[tuple[str, str, int, int]] = []
    with pytest.warns(DeprecationWarning, match=r"told=\.\.\.\) is now observe="):
        build_index_sync(_settings(tmp_path), told=lambda *state: states.append(state))
    assert ("extract", "working", 1, 1) in states
    assert states[0] == ("chunk", "started", 0, 0)


def test_a_credit_line_of_every_document_makes_no_entity_and_a_fact_said_everywhere_counts_once(tmp_path: Path) -> None:
    towns = [f"{first}{last}" for first in FIRST for last in LAST]
    line = "The harbour of {town} was closed on day {n}. Corvane Bank owns Lisle Mills. "
    line += "Photograph by Ruth Amsel, Quill Pictures {n}."
    texts = [line.format(town=town, n=n) for n, town in enumerate(towns)] + ["Lisle Mills sued Corvane Bank."]
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings, documents=pl.DataFrame({"title": [f"t{n}" for n in range(len(texts))], "text": texts}))
    index = Index.open_sync(settings)
    frequencies = dict(index.graph.entities.select("title", "frequency").iter_rows())
    assert {"Ruth Amsel", "Quill Pictures", "Amsel"}.isdisjoint(frequencies)
    assert (frequencies["Lisle Mills"], frequencies["Corvane Bank"], frequencies["Halden"]) == (2, 2, 1)


FIRST = ("Hal", "Bren", "Tor", "Vel", "Mar", "Kas", "Lin", "Dor", "Fen", "Gul", "Sor")
LAST = ("den", "mark", "vik", "stad", "ford", "holm", "borg", "rud", "sund", "nes")
