"""A run that would lose most of a good index publishes nothing, and a bad one that was published is taken back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from endpoints import ARTICLES, indexed, obedient, project, reading, run, server_in_a_thread
from model_server import Reply, failure
from publishing import after, contents, marks, public_marks, publish

from graphrag_drift import build_index_sync
from graphrag_drift.errors import IndexLost, IndexNotReady
from graphrag_drift.indexing.losses import Loss, losses
from graphrag_drift.store.store import Store

GOOD = {"text_units": 100, "entities": 400, "relationships": 300, "communities": 40, "community_reports": 40}


def nothing(request: dict[str, Any]) -> Reply:
    """A model that finds nothing in any text."""
    shape = request.get("response_format", {}).get("json_schema", {}).get("name", "")
    return {"entities": [], "relationships": []} if shape == "graph_reply" else obedient(request)


def filtered(request: dict[str, Any]) -> Reply:
    """An endpoint whose filter takes offence at everything."""
    return failure(400, "the content filter was triggered", code="content_filter")


@pytest.mark.parametrize("bad_day", [nothing, filtered])
def test_a_bad_day_of_the_endpoint_leaves_the_index_as_it_was_and_says_why(tmp_path: Path, bad_day: Any) -> None:
    with server_in_a_thread() as server:
        settings = indexed(tmp_path, server.base_url)
    before = contents(settings.output_folder)
    shutil.rmtree(settings.cache_folder)
    with server_in_a_thread(bad_day) as server:
        settings = reading(tmp_path, server.base_url, model="other")
        with pytest.raises(IndexLost, match=r"nothing was published.*none of 3 entities.*'extract'.*--force"):
            build_index_sync(settings)
        assert contents(settings.output_folder) == before
        forced = build_index_sync(settings, force=True)
    assert forced.counts["entities"] == 0


def test_the_command_says_what_would_be_lost_in_one_sentence_and_force_publishes(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        indexed(tmp_path, server.base_url)
    shutil.rmtree(tmp_path / "cache")
    for name, text in ARTICLES.items():
        (tmp_path / "input" / name).write_text(f"{text} And more.", "utf-8")
    with server_in_a_thread(filtered) as server:
        reading(tmp_path, server.base_url)
        refused = run("index", root=tmp_path)
        forced = run("index", "--force", root=tmp_path)
    assert refused.returncode == 1
    assert "Error: nothing was published" in refused.stderr
    assert "set 2 items aside" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert forced.returncode == 3
    back = run("rollback", "--json", root=tmp_path)
    assert json.loads(back.stdout)["counts"]["entities"] == 3
    assert run("rollback", root=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        ({}, []),
        ({"entities": 199}, [Loss("entities", 400, 199)]),
        ({"entities": 200}, []),
        ({"text_units": 10, "entities": 40, "relationships": 30}, []),  # most documents were deleted
        (
            {"text_units": 10, "entities": 0, "relationships": 0},
            [Loss("entities", 400, 0), Loss("relationships", 300, 0)],
        ),
        ({"text_units": 900, "entities": 100}, [Loss("entities", 400, 100)]),
        ({"communities": 4, "community_reports": 4}, []),
        ({"community_reports": 3}, [Loss("community_reports", 40, 3)]),
    ],
)
def test_a_loss_is_what_the_input_does_not_account_for(now: dict[str, int], lost: list[Loss]) -> None:
    assert losses(GOOD, GOOD | now) == lost


def test_a_short_document_that_says_less_than_it_did_is_no_loss() -> None:
    assert losses({"text_units": 1, "entities": 9}, {"text_units": 1, "entities": 2}) == []


def test_the_first_index_is_compared_with_nothing(tmp_path: Path) -> None:
    with server_in_a_thread(nothing) as server:
        project(tmp_path, server.base_url)
        assert build_index_sync(reading(tmp_path, server.base_url)).counts["entities"] == 0


def test_rollback_makes_the_generation_before_the_index_for_all_readers_and_goes_back_once(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    opened = Store(tmp_path)
    assert opened.manifest().settings["mark"] == "b"
    assert Store(tmp_path).rollback().settings["mark"] == "a"
    assert (marks(tmp_path), public_marks(tmp_path)) == ({"a"}, {"a"})
    assert set(opened.table("entities")["mark"]) == {"b"}
    with pytest.raises(IndexNotReady, match="no generation before"):
        Store(tmp_path).rollback()
    publish(tmp_path, "b")
    assert Store(tmp_path).rollback().settings["mark"] == "a"


def test_rollback_of_no_index_or_the_first_one_says_so_and_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(IndexNotReady, match="there is no index"):
        Store(tmp_path / "none").rollback()
    assert not (tmp_path / "none").exists()
    publish(tmp_path / "one", "a")
    with pytest.raises(IndexNotReady, match="no generation before"):
        Store(tmp_path / "one").rollback()
    assert marks(tmp_path / "one") == {"a"}


def test_rollback_helps_a_damaged_index_but_never_goes_to_a_damaged_generation(tmp_path: Path) -> None:
    first = publish(tmp_path, "a")
    publish(tmp_path, "b")
    aside = shutil.copytree(tmp_path, tmp_path / "aside", symlinks=True)
    (tmp_path / "manifest.json").write_text("{")
    assert Store(tmp_path).rollback() == first
    file = aside / "generations" / first.generation / "entities.parquet"
    file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(IndexNotReady, match="before is damaged, nothing was changed"):
        Store(aside).rollback()
    assert marks(aside) == {"b"}


def test_a_kill_at_any_operation_of_a_rollback_leaves_one_of_the_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "base"
    publish(base, "a")
    publish(base, "b")
    seen = []
    for count in range(1, 100):
        folder = shutil.copytree(base, tmp_path / str(count), symlinks=True)
        with monkeypatch.context() as patched:
            after(count, _die, patched.setattr)
            try:
                Store(folder).rollback()
                died = False
            except _Killed:
                died = True
        seen += sorted(marks(folder))
        publish(folder, "b")
        assert (marks(folder), public_marks(folder)) == ({"b"}, {"b"})
        if not died:
            break
    assert list(dict.fromkeys(seen)) == ["b", "a"]


class _Killed(BaseException):
    """What no code of ours catches."""


def _die() -> None:
    raise _Killed


def test_a_rollback_where_there_are_no_links_takes_tables_away_that_the_generation_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "symlink", refuse)
    publish(tmp_path, "a")
    with Store(tmp_path).writer() as writer:
        writer.write("extra", pl.DataFrame({"mark": ["b"]}))
        writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
    Store(tmp_path).rollback()
    assert (public_marks(tmp_path), (tmp_path / "extra.parquet").exists()) == ({"a"}, False)
