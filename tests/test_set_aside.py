"""What could not be read is told by article, and a model that never keeps to the form is not paid for long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from endpoints import ARTICLES, obedient, server_in_a_thread

from graphrag_drift import EndpointError, Settings, build_index_sync
from graphrag_drift.cli.render import render_run
from graphrag_drift.cli.status import render_status
from graphrag_drift.commands.status import describe_documents
from graphrag_drift.index import describe_index
from graphrag_drift.indexing.set_aside import told_by_article, unread
from graphrag_drift.tables import FAILURES


def project(root: Path, url: str, documents: int) -> Settings:
    (root / "input").mkdir(parents=True)
    for number in range(documents):
        text = f"{ARTICLES['sale.txt']} It was the sale number {number} that Petra Voss made."
        (root / "input" / f"{number}.txt").write_text(text, "utf-8")
    chat = {"model": "any", "base_url": url, "api_key": "none", "concurrent_requests": 2}
    return Settings.model_validate({"root": root, "models": {"chat": chat}, "copies": {"enabled": False}})


DOCUMENTS = pl.DataFrame(
    [("d1", "2025-06-09-strike.txt", "A strike"), ("d2", "rows.csv", "One"), ("d3", "rows.csv", "Two")],
    ["id", "path", "title"],
    orient="row",
)
UNITS = pl.DataFrame(
    [("u1", "d1", 50, None), ("u0", "d1", 0, None), ("u2", "d2", 0, None), ("u3", "d3", 0, None)],
    {"id": pl.String, "document_id": pl.String, "start": pl.Int64, "copy_of": pl.String},
    orient="row",
)


def failures(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame([(*row, "no reply") for row in rows], FAILURES, orient="row")


def test_a_part_of_an_article_is_told_by_file_and_number_and_a_row_by_its_title() -> None:
    rows = failures(("extract", "u1"), ("extract", "u2"), ("report", "community 3"))
    names = told_by_article(rows, DOCUMENTS, UNITS)["item"].to_list()
    assert names == ["2025-06-09-strike.txt (part 2)", "One", "community 3"]


def test_documents_are_unread_if_all_or_some_of_their_parts_failed_but_not_for_a_lost_record() -> None:
    mentions = pl.DataFrame({"text_unit_id": ["u0", "u3"]})
    rows = failures(("extract", "u1"), ("extract", "u2"), ("extract", "u3"))
    file = failures(("load", "torn.pdf"))
    assert unread(file, rows, UNITS, mentions) == ("3 of 4 documents could not be read, 1 of them in part",)
    assert unread(failures(), failures(("extract", "u3")), UNITS, mentions) == ()


def test_index_and_status_say_how_many_documents_could_not_be_read(tmp_path: Path) -> None:
    def refuses_some(request: dict[str, Any]) -> Any:
        refused = any(f"number {n} " in message["content"] for message in request["messages"] for n in (1, 2))
        return "I would rather talk about ferries." if refused else obedient(request)

    with server_in_a_thread(refuses_some) as server:
        settings = project(tmp_path, server.base_url, 5)
        run = build_index_sync(settings)
    assert sorted(run.failures["item"]) == ["1.txt", "2.txt"]
    assert "Note: 2 of 5 documents could not be read." in render_run(run, tmp_path)
    assert "Note: 2 of 5 documents could not be read." in render_status(describe_index(settings), why=False)


def test_status_puts_a_part_of_an_article_down_to_the_article(tmp_path: Path) -> None:
    def refuses_the_end(request: dict[str, Any]) -> Any:
        refused = any("number 1 that" in message["content"] for message in request["messages"])
        return "I would rather talk about ferries." if refused else obedient(request)

    with server_in_a_thread(refuses_the_end) as server:
        settings = project(tmp_path, server.base_url, 2)
        small = settings.chunking.model_copy(update={"size": 40, "overlap": 0})
        settings = settings.model_copy(update={"chunking": small})
        (tmp_path / "input" / "1.txt").write_text(
            f"{ARTICLES['sale.txt']} {ARTICLES['fire.txt']} So number 1 that ends."
        )
        (item,) = build_index_sync(settings).failures["item"]
    assert item.startswith("1.txt (part ")
    (row,) = describe_documents(settings)["set_aside"]
    assert (row["document"], row["step"], row["pieces"]) == ("Mill sold", "extract", 1)


def test_a_model_that_replies_in_keys_of_its_own_stops_the_run_early(tmp_path: Path) -> None:
    with server_in_a_thread(lambda request: '{"things": ["Petra Voss"]}') as server:
        settings = project(tmp_path, server.base_url, 60)
        with pytest.raises(EndpointError, match="none of the first 8 replies to prompt 'extract_graph'") as caught:
            build_index_sync(settings)
        assert len(server.calls) <= 12
    assert caught.value.exit_code == 2
