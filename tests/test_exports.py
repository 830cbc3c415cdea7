"""The graph and the tables as other programs take them, and graphs of others as ours takes them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import networkx as nx
import polars as pl
import pytest
from microsoft_index import write_index

from graphrag_drift import Index, SchemaError, Settings, SettingsError
from graphrag_drift.commands.export import KINDS, export_index
from graphrag_drift.commands.import_index import import_index
from graphrag_drift.interop.conversion import convert
from graphrag_drift.interop.own_graph import read_graph
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.store.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A small index: five entities, three relationships, a finding with a mark."""
    root = tmp_path_factory.mktemp("exports")
    settings = Settings.model_validate({"root": root})
    import_index(write_index(root / "theirs"), settings)
    return Store(settings.output_folder)


@pytest.mark.parametrize("kind", ["graphml", "gexf", "json"])
def test_a_graph_file_has_communities_kinds_sizes_and_places_and_the_same_bytes_twice(
    store: Store, tmp_path: Path, kind: str
) -> None:
    for name in ("a", "b"):
        export_index(store, kind, tmp_path / f"{name}.{kind}")
    content = (tmp_path / f"a.{kind}").read_bytes()
    assert content == (tmp_path / f"b.{kind}").read_bytes()
    if kind == "json":
        graph = nx.node_link_graph(json.loads(content), edges="links")
    else:
        graph = (nx.read_graphml if kind == "graphml" else nx.read_gexf)(tmp_path / f"a.{kind}")
    assert sorted(graph) == ["Aldane Mill", "Aldane Post", "Corin Bank", "Petra Voss", "fire"]
    assert graph.number_of_edges() == 3
    node = graph.nodes["Aldane Mill"]
    viz = node.get("viz", {})
    place = viz.get("position", node)
    assert (node["type"], node["community"], node["community_title"]) == ("geo", 0, "The Aldane Mill 0")
    assert -1000 <= place["x"] <= 1000
    assert -1000 <= place["y"] <= 1000
    assert viz.get("size", node.get("size")) == pytest.approx(6 + 4 * 3**0.5, abs=0.01)
    assert {"r", "g", "b"} <= viz.get("color", node).keys()


def test_neo4js_files_name_ids_labels_and_ends_that_exist(store: Store, tmp_path: Path) -> None:
    ids: set[str] = set()
    ends: list[str] = []
    for path in export_index(store, "neo4j", tmp_path):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        for row in rows:
            for name, value in zip(header, row, strict=True):
                _, _, role = name.partition(":")
                space = role.partition("(")[2]
                if role.startswith("ID("):
                    ids.add(f"{space}{value}")
                elif role.startswith(("START_ID(", "END_ID(")):
                    ends.append(f"{space}{value}")
        assert (":LABEL" in header) != (":TYPE" in header)
    assert ends
    assert set(ends) <= ids
    labels = pl.read_csv(tmp_path / "entities.csv")[":LABEL"].to_list()
    assert labels == ["Entity;Person", "Entity;Geo", "Entity;Organization", "Entity;Other", "Entity;Other"]


def test_tables_for_microsoft_have_its_columns_alone_and_its_citations(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    export_index(store, "microsoft", tmp_path)
    reports = pl.read_parquet(tmp_path / "community_reports.parquet")
    assert reports.columns[-4:] == ["findings", "full_content_json", "period", "size"]
    unit = store.table("text_units").filter(pl.col("id") == "t1")["human_readable_id"][0]
    cited = f"Petra Voss sold the mill for 2 million crowns [Data: Sources ({unit})]."
    assert reports["findings"][0][0]["explanation"] == cited
    assert cited in reports["full_content"][0]
    assert pl.read_parquet(tmp_path / "entities.parquet").columns[-2:] == ["frequency", "degree"]
    assert sorted(path.name for path in (tmp_path / "lancedb").iterdir()) == [
        "community_full_content.lance",
        "entity_description.lance",
        "text_unit_text.lance",
    ]
    assert Index.open_sync(tmp_path).graph.entities["title"].to_list()[0] == "Petra Voss"


@pytest.mark.parametrize("kind", ["graphml", "neo4j"])
def test_what_was_exported_is_a_graph_that_can_be_imported(store: Store, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"graph.{kind}"
    export_index(store, kind, path)
    settings = Settings.model_validate({"root": tmp_path})
    import_index(path, settings)
    opened = Index.open_sync(settings)
    assert sorted(opened.graph.entities["title"]) == ["Aldane Mill", "Aldane Post", "Corin Bank", "Petra Voss", "fire"]
    assert opened.graph.community_reports.height >= 1
    answer = opened.ask_sync("Who bought the Aldane Mill?", method="local")
    assert "Corin Bank bought the Aldane Mill" in answer.text
    assert answer.citations


def test_tables_of_ones_own_under_usual_names_become_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    folder.mkdir()
    (folder / "entities.csv").write_text(
        "id,name,kind,summary\n7,Ada Quill,person,Ada Quill writes programs.\n", "utf-8"
    )
    (folder / "relationships.csv").write_text("from,to,predicate,weight\n7,Bela Stern,works_with,2\n", "utf-8")
    settings = Settings.model_validate({"root": tmp_path})
    import_index(folder, settings)
    graph = Index.open_sync(settings).graph
    assert graph.entities.select("title", "type").rows() == [("Ada Quill", "person"), ("Bela Stern", "other")]
    assert graph.relationships.select("source", "target", "weight", "description").rows() == [
        ("Ada Quill", "Bela Stern", 2.0, "Ada Quill works with Bela Stern.")
    ]
    assert graph.documents["text"].to_list() == ["Ada Quill writes programs.\nAda Quill works with Bela Stern."]


def test_a_graph_keeps_names_in_other_letters_apart_and_what_only_its_last_nodes_say(tmp_path: Path) -> None:
    graph = nx.Graph([("ACME", "Acme")])
    graph.add_nodes_from(map(str, range(100)))
    graph.add_node("Ada", description="Acme is led by Ada.")
    nx.write_graphml(graph, tmp_path / "graph.graphml")
    models = models_for(settings := Settings.model_validate({"root": tmp_path}))
    tables = convert(
        read_graph(tmp_path / "graph.graphml", models.tokenizer, settings.chunking), models.tokenizer
    ).tables
    assert tables["relationships"].select("source", "target", "combined_degree").rows() == [("ACME", "Acme", 2)]
    assert tables["entities"].filter(title="Ada")["description"].to_list() == ["Acme is led by Ada."]


def test_what_cannot_be_imported_is_said(tmp_path: Path) -> None:
    settings = Settings.model_validate({"root": tmp_path})
    (tmp_path / "a.graphml").write_text("<graphml><", "utf-8")
    with pytest.raises(SettingsError, match="is no GraphML that can be read"):
        import_index(tmp_path / "a.graphml", settings)
    with pytest.raises(SettingsError, match=r"nothing in .* that can be imported; expected an index"):
        import_index(tmp_path, settings)
    (tmp_path / "entities.csv").write_text("name\nAda\n", "utf-8")
    (tmp_path / "relationships.csv").write_text("from:string,from\nAda,Bela\n", "utf-8")
    with pytest.raises(SettingsError, match="cannot be read as CSV: column 'from' is duplicate"):
        import_index(tmp_path, settings)
    (tmp_path / "relationships.csv").write_text("whence,to\nAda,Bela\n", "utf-8")
    with pytest.raises(SchemaError, match="the table relationships has no column 'source'; it has whence, to"):
        import_index(tmp_path, settings)


def test_the_command_offers_every_kind() -> None:
    from graphrag_drift.cli.interop import _KINDS

    assert set(_KINDS) == set(KINDS)
