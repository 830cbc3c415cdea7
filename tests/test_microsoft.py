"""Indexes of Microsoft GraphRAG answer as they are, and become indexes of ours without anything paid again."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from endpoints import server_in_a_thread
from microsoft_index import DOCUMENTS, FIRST, SUMMARY, VERSIONS, write_index

from graphrag_drift import Index, IndexLost, MissingExtra, Settings, SettingsError, build_index_sync
from graphrag_drift.cli.main import cli
from graphrag_drift.commands.import_index import import_index
from graphrag_drift.interop.conversion import convert
from graphrag_drift.interop.lancedb import VectorTable, export_vectors
from graphrag_drift.interop.microsoft import read_microsoft
from graphrag_drift.interop.opening import settings_of_index
from graphrag_drift.interop.places import place_units
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.store.store import Store

REAL = Path(__file__).parent.parent.parent / "shared" / "data" / "graphrag_indexes"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the indexes in ../shared/data are absent")
METHODS = ("local", "global", "drift", "basic", "lazy", "auto")


def project(root: Path, **settings: object) -> Settings:
    """Settings of a project of ours in `root`."""
    root.mkdir(exist_ok=True)
    return Settings.model_validate({"root": root, **settings})


def embedded_at(url: str, root: Path, **settings: object) -> Settings:
    """The same with an embedder at an endpoint."""
    return project(root, models={"embedding": {"model": "embedding", "base_url": url, "api_key": "any"}}, **settings)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of Microsoft's, opened as it is."""
    return Index.open_sync(write_index(tmp_path_factory.mktemp("microsoft") / "output"))


@pytest.mark.parametrize("method", METHODS)
def test_an_index_of_microsofts_answers_by_every_method_with_citations_into_its_text_units(
    opened: Index, method: str
) -> None:
    answer = opened.ask_sync("To whom did Petra Voss sell the Aldane Mill?", method=method)
    assert "Corin Bank" in answer.text
    assert answer.citations
    for citation in answer.citations:
        assert citation.quote == DOCUMENTS[citation.document_id][1][citation.start : citation.end]
        assert citation.text_unit_id in set(opened.graph.text_units["id"])


def test_every_layout_gives_the_same_entities_relationships_and_reports(tmp_path: Path) -> None:
    tokenizer = tokenizer_for("approximate")
    first, *others = (
        convert(read_microsoft(write_index(tmp_path / version, version)), tokenizer).tables for version in VERSIONS
    )
    for tables in others:
        for name in ("entities", "relationships", "work/text_units", "covariates", "entity_mentions"):
            assert sorted(tables[name].drop("human_readable_id", strict=False).rows(), key=repr) == sorted(
                first[name].drop("human_readable_id", strict=False).rows(), key=repr
            )


def test_text_units_get_their_places_without_the_metadata_that_leads_them(opened: Index) -> None:
    units = opened.graph.text_units
    texts = {key: text for key, (_, text) in DOCUMENTS.items()}
    assert [texts[row[1]][row[2] : row[3]] for row in opened.graph.text_unit_rows] == units["text"].to_list()
    assert FIRST in units["text"].to_list()
    assert units["id"].n_unique() == 4  # equal texts of two documents shared one


def test_names_are_written_as_the_texts_write_them_and_forgotten_ends_become_entities(opened: Index) -> None:
    rows = opened.graph.entities.select("title", "type", "aliases", "degree").rows()
    assert rows == [
        ("Petra Voss", "person", ["PETRA VOSS"], 1),
        ("Aldane Mill", "geo", ["ALDANE MILL"], 3),
        ("Corin Bank", "organization", ["CORIN BANK"], 1),
        ("Aldane Post", "other", ["ALDANE POST"], 0),
        ("fire", "other", ["FIRE"], 1),
    ]
    assert opened.graph.relationships.select("source", "target").rows()[2] == ("Aldane Mill", "fire")
    assert opened.manifest.notices == ("1 names that only relationships give became entities",)


def test_citations_of_rows_become_places_and_a_summary_rests_on_its_community(opened: Index) -> None:
    report = opened.graph.report_rows[0]
    [finding] = report["findings"]
    assert finding["explanation"] == "Petra Voss sold the mill for 2 million crowns [1]."
    spans = [DOCUMENTS[span["document_id"]][1][span["start"] : span["end"]] for span in report["evidence"]]
    assert spans[0] == "Petra Voss sold the Aldane Mill to Corin Bank on Friday for 2 million crowns."
    assert (report["id"], report["summary"], report["rank"]) == ("report0", f"{SUMMARY} [1]", 6.5)


def test_a_claim_stands_where_its_quote_does(opened: Index) -> None:
    [claim] = opened.graph.covariates.to_dicts()
    quote = DOCUMENTS[claim["document_id"]][1][claim["start"] : claim["end"]]
    assert (quote, claim["subject_id"], claim["start_date"], claim["end_date"]) == (
        claim["source_text"],
        "Petra Voss",
        "2026-02-27",
        None,
    )


def test_a_document_whose_text_units_do_not_stand_in_it_is_put_together_from_them() -> None:
    assert place_units("Another text.", ["One.", "Two."]) == ("One.\n\nTwo.", [(0, 4), (6, 10)])
    assert place_units("One. Two.", ["a: b\nOne.", "\ufffdTwo."]) == ("One. Two.", [(0, 4), (5, 9)])


def test_vectors_of_the_index_are_taken_over_and_only_missing_ones_are_made(tmp_path: Path) -> None:
    folder = write_index(tmp_path / "theirs")
    with server_in_a_thread() as server:
        settings = embedded_at(server.base_url, tmp_path / "first")
        import_index(folder, settings)
        store, paid = Store(settings.output_folder), len(server.calls)
        names = {"text_unit_text": "text_units", "entity_description": "entities"}
        export_vectors(
            folder / "lancedb",
            {
                field: VectorTable(
                    store.table(name).select("id", date=pl.lit("")), -store.array(f"vectors/{field}")[:, ::-1]
                )
                for field, name in names.items()
            },
        )
        again = embedded_at(server.base_url, tmp_path / "second")
        import_index(folder, again)
        calls = server.calls[paid:]
    kept = Store(again.output_folder)
    assert np.allclose(kept.array("vectors/entity_description"), -store.array("vectors/entity_description")[:, ::-1])
    texts = [text for call in calls for text in call.request["input"]]
    assert len(texts) == 2  # the two reports
    assert all(text.startswith("# The Aldane Mill") for text in texts)


def test_vectors_of_other_dimensions_are_refused_with_both_named_or_made_anew(tmp_path: Path) -> None:
    folder = write_index(tmp_path / "theirs")
    rows = pl.DataFrame({"id": ["report0", "report1"], "embedding": [[0.6, 0.8, 0.0], [1.0, 0.0, 0.0]]})
    rows.write_parquet(folder / "embeddings.community_full_content.parquet")
    with server_in_a_thread() as server:
        settings = embedded_at(server.base_url, tmp_path / "ours")
        with pytest.raises(SettingsError, match=r"have 3 dimensions, those of '.*embedding.*' have \d+; set models"):
            import_index(folder, settings)
        assert import_index(folder, settings, anew=True).manifest.counts["community_reports"] == 2


def test_vectors_in_lancedb_tables_that_nothing_reads_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_index(tmp_path / "theirs")
    (folder / "lancedb" / "default-entity-description.lance").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(MissingExtra, match=r"are LanceDB tables in .* or import with --embed-anew"):
        import_index(folder, embedded_at("http://127.0.0.1:9/v1", tmp_path / "ours"))
    assert import_index(folder, project(tmp_path / "free")).manifest.counts["entities"] == 5


def test_a_model_answers_from_an_index_of_microsofts(tmp_path: Path) -> None:
    folder = write_index(tmp_path / "theirs")
    with server_in_a_thread() as server:
        model = {"model": "any", "base_url": server.base_url, "api_key": "any"}
        settings = project(tmp_path / "p", models={"query": model}, output={"folder": str(folder)})
        opened = Index.open_sync(settings)
        for method in ("local", "global", "drift"):
            answer = opened.ask_sync("Who sold the Aldane Mill?", method=method)
            assert answer.citations, method
    assert any("made by" in note or "read by Microsoft GraphRAG" in note for note in answer.notes)


def test_importing_twice_writes_nothing_anew_and_indexing_does_not_replace_what_was_imported(tmp_path: Path) -> None:
    folder = write_index(tmp_path / "theirs")
    settings = project(tmp_path / "ours")
    first = import_index(folder, settings)
    assert import_index(folder, settings).manifest == first.manifest
    settings.input_folder.mkdir()
    (settings.input_folder / "a.txt").write_text("Ada Quill wrote to Bela Stern.", "utf-8")
    with pytest.raises(IndexLost, match=r"imported from Microsoft GraphRAG.*--force does so"):
        build_index_sync(settings)
    build_index_sync(settings, force=True)
    with pytest.raises(IndexLost, match="was made from documents; --force replaces it"):
        import_index(folder, settings)


def test_a_bare_graph_in_their_layout_gets_communities_and_reports(tmp_path: Path) -> None:
    settings = project(tmp_path / "ours")
    done = import_index(write_index(tmp_path / "theirs", communities=False), settings)
    assert done.manifest.counts["community_reports"] >= 1
    assert done.manifest.models["report"] == "the embedded reader"


def test_a_project_of_microsofts_is_read_with_its_models_and_converted_once(tmp_path: Path) -> None:
    write_index(tmp_path / "output")
    (tmp_path / "settings.yaml").write_text("chunks: {size: 300}\nreporting: {type: file}\n", "utf-8")
    settings = settings_of_index(tmp_path)
    assert (settings.chunking.size, settings.output_folder) == (300, tmp_path / "output")
    first, second = Index.open_sync(tmp_path), Index.open_sync(tmp_path)
    assert repr(first) == repr(second)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache-drift", "output", "settings.yaml"]


def test_commands_that_read_take_an_index_of_microsofts_as_it_is(tmp_path: Path) -> None:
    folder = str(write_index(tmp_path / "theirs"))
    asked = CliRunner().invoke(cli, ["query", "Who bought the Aldane Mill?", "-m", "local", "-r", folder])
    assert "Corin Bank" in asked.output
    assert "sale.txt" in asked.output
    assert f"`graphrag-drift import {folder} -r PROJECT` keeps it" in asked.output
    status = CliRunner().invoke(cli, ["status", "-r", folder]).output
    assert "Documents are read and reports written by Microsoft GraphRAG" in status
    assert "The settings have changed" not in status


@real
def test_a_real_index_answers_and_its_reports_lead_to_places() -> None:
    opened = Index.open_sync(REAL / "dulce")
    assert all(opened.graph.community_reports["evidence"].list.len() > 0)
    for method in ("local", "global", "drift"):
        answer = opened.ask_sync("Who is Agent Alex Mercer?", method=method)
        assert "Mercer" in answer.text
        assert all(citation.quote in opened.graph.texts[citation.document_id] for citation in answer.citations)
        assert answer.citations


@real
def test_every_text_unit_of_a_real_index_stands_in_its_document_behind_its_metadata() -> None:
    converted = convert(read_microsoft(REAL / "verbs_xmascarol"), tokenizer_for("approximate"))
    assert converted.notices == ("32 names that only relationships give became entities",)
    assert converted.failures.is_empty()
    assert {name: converted.tables[name].height for name in ("entities", "relationships", "covariates")} == {
        "entities": 561,
        "relationships": 978,
        "covariates": 406,
    }
