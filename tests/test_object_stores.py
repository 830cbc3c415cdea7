"""Documents read from, and an index published at, an address of a real server of objects."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner
from object_store import S3
from publishing import publish

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.cli.main import cli
from graphrag_drift.cli.serve import open_live
from graphrag_drift.errors import GraphRAGError, IndexBusy, SettingsError, Unavailable
from graphrag_drift.settings_file import load_settings
from graphrag_drift.store.objects import connect
from graphrag_drift.store.shared import SharedIndex
from graphrag_drift.store.store import store_of

TEXTS = {
    "solvay.txt": "Ingrid Solvay founded Meridian Labs in Bergen in 2019.\n",
    "news/grant.md": "# A grant\n\nMeridian Labs won a grant of 4 million crowns in Bergen.\n",
}


@pytest.fixture(autouse=True)
def environment(s3: S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {**s3.variables, "XDG_CACHE_HOME": str(tmp_path / "user-cache")}.items():
        monkeypatch.setenv(name, value)


def project(root: Path, **sections: object) -> Path:
    """A project folder, the settings of which are `sections`."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "settings.yaml").write_text(json.dumps(sections))
    return root


def run(*arguments: str) -> str:
    """What the command prints; fails if it does."""
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_an_index_in_a_bucket_is_made_by_one_project_and_read_by_others(s3: S3, tmp_path: Path) -> None:
    s3.bucket("team")
    writer = project(tmp_path / "writer", output={"uri": "s3://team/index/"})
    for name, text in TEXTS.items():
        (writer / "input" / name).parent.mkdir(parents=True, exist_ok=True)
        (writer / "input" / name).write_text(text)
    address = "s3://team/index"
    assert f"Published at {address}." in run("index", "-r", str(writer))
    question = "Who founded Meridian Labs?"
    answers = [Index.open_sync(place).ask_sync(question, method="basic") for place in (address, writer)]
    assert answers[0].text == answers[1].text
    assert answers[0].citations == answers[1].citations
    assert "Ingrid Solvay" in run("query", "-r", address, question)
    colleague = project(tmp_path / "colleague", output={"uri": address})
    live = open_live(colleague, {}, fetch_seconds=0.01)
    try:
        (writer / "input" / "new.txt").write_text("Jonas Falk leads the Harbour Board of Bergen.\n")
        run("index", "-r", str(writer))
        newest = Index.open_sync(writer).manifest.generation
        while asyncio.run(live.opened()).generation != newest:
            time.sleep(0.01)
        assert live.fault == ""
    finally:
        live.close()
    assert "documents: 3" in run("status", "-r", address)


def test_documents_in_a_bucket_make_the_index_that_they_make_in_a_folder(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket("documents")
    folder = project(tmp_path / "folder")
    for name, text in TEXTS.items():
        bucket.write(f"docs/{name}", text.encode())
        (folder / "input" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "input" / name).write_text(text)
    remote = load_settings(project(tmp_path / "remote", input={"uri": "s3://documents/docs"}))
    made = build_index_sync(remote)
    assert made.failures.is_empty()
    assert made.manifest == build_index_sync(load_settings(folder)).manifest
    assert not build_index_sync(remote).changed


def test_a_document_that_is_new_edited_or_gone_in_the_bucket_is_so_in_the_next_index(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket("living")
    for name in ("edited.txt", "gone.txt", "same.txt"):
        bucket.write(name, f"The first text of {name}.".encode())
    settings = load_settings(project(tmp_path / "project", input={"uri": "s3://living"}))
    build_index_sync(settings)
    same = settings.input_folder / "same.txt"
    before = same.stat()
    bucket.write("edited.txt", b"The other text of edited.txt.")
    bucket.write("new/one.txt", b"Something new.")
    bucket.delete(["gone.txt"])
    build_index_sync(settings)
    texts = dict(Index.open_sync(settings).graph.documents.select("path", "text").rows())
    assert texts == {
        "edited.txt": "The other text of edited.txt.",
        "new/one.txt": "Something new.",
        "same.txt": "The first text of same.txt.",
    }
    assert same.stat() == before  # it was not fetched again


def test_objects_that_are_no_files_are_set_aside_and_markers_of_folders_are_none(s3: S3, tmp_path: Path) -> None:
    s3.bucket("odd")
    for key in ("docs/a.txt", "docs/x" + "é" * 200 + ".txt", "docs/both", "docs/both/b.txt", "docs/.hidden/c.txt"):
        s3.put("odd", key, b"Some text.")
    s3.put("odd", "docs/both/", b"")
    s3.put("odd", "docs/large.txt", b"x" * 2000)
    settings = project(tmp_path / "project", input={"uri": "s3://odd/docs", "max_file_bytes": 1000})
    made = build_index_sync(load_settings(settings))
    reasons = {item[:10]: reason for _, item, reason in made.failures.rows()}
    assert reasons == {
        "xééééééééé": "has a name that no file here can have; rename it",
        "both": "is both a document and a folder; rename one of them",
        "large.txt": "has 2,000 bytes; input.max_file_bytes is 1,000",
    }
    assert made.counts["documents"] == 2


def test_a_name_with_which_nothing_can_be_listed_is_told(s3: S3, tmp_path: Path) -> None:
    s3.bucket("doubled")
    s3.put("doubled", "docs//a.txt", b"Some text.")
    settings = load_settings(project(tmp_path / "project", input={"uri": "s3://doubled/docs"}))
    with pytest.raises(SettingsError, match=r"has the name 'docs//a.txt', with which nothing there can be listed"):
        build_index_sync(settings)


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("section", ["input", "output"])
@pytest.mark.parametrize(
    ("uri", "variables", "kind", "reason"),
    [
        ("s3://no-such-bucket/docs", dict, SettingsError, "there is no bucket 'no-such-bucket'"),
        ("s3://empty/docs", lambda: {"AWS_ENDPOINT_URL": closed_port()}, Unavailable, "cannot be reached"),
    ],
)
def test_what_is_wrong_with_a_store_is_said_in_a_sentence(
    s3: S3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    section: str,
    uri: str,
    variables: Callable[[], dict[str, str]],
    kind: type[GraphRAGError],
    reason: str,
) -> None:
    monkeypatch.setattr("graphrag_drift.store.objects._RETRIES", 0)
    for name, value in variables().items():
        monkeypatch.setenv(name, value)
    root = project(tmp_path / "project", **{section: {"uri": uri}})
    (root / "input").mkdir()
    (root / "input" / "a.txt").write_text("Some text.")
    with pytest.raises(kind, match=reason) as raised:
        build_index_sync(load_settings(root))
    assert "\n" not in str(raised.value)
    assert s3.variables["AWS_SECRET_ACCESS_KEY"] not in str(raised.value)


def test_an_address_without_documents_is_told(s3: S3, tmp_path: Path) -> None:
    s3.bucket("empty")
    settings = load_settings(project(tmp_path / "project", input={"uri": "s3://empty/docs"}))
    with pytest.raises(SettingsError, match=r"nothing at 's3://empty/docs' matches input.file_pattern"):
        build_index_sync(settings)


@pytest.mark.parametrize(
    "uri", ["s3://a-key:a-secret@bucket/x", "https://bucket/x?sig=a-secret", "ftp://a-secret/x", "a-secret"]
)
def test_an_address_that_cannot_be_is_refused_without_repeating_it(tmp_path: Path, uri: str) -> None:
    root = project(tmp_path / "project", output={"uri": uri})
    with pytest.raises(SettingsError, match=r"line 1: setting 'output.uri' is no address of a store: ") as raised:
        load_settings(root)
    assert "a-secret" not in str(raised.value)


def test_keys_may_stand_in_the_file_beside_the_settings(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.bucket("dotenv").write("docs/a.txt", b"Some text of Bergen.")
    for name in s3.variables:
        monkeypatch.delenv(name)
    root = project(tmp_path / "project", input={"uri": "s3://dotenv/docs"})
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in s3.variables.items()))
    assert build_index_sync(load_settings(root)).counts["documents"] == 1


def test_of_two_runs_on_one_bucket_the_later_is_refused(s3: S3, tmp_path: Path) -> None:
    s3.bucket("race")
    uri = "s3://race/index"

    def shared() -> SharedIndex:
        return SharedIndex(connect(uri, s3.variables))

    for first in (None, "a"):
        if first is not None:
            publish(tmp_path / "one", first, shared=shared())
        slow = shared()
        slow.fetch(tmp_path / "two")
        publish(tmp_path / "one", "b", shared=shared())
        publish(tmp_path / "two", "c")
        with pytest.raises(IndexBusy, match="another run published an index at 's3://race/index'"):
            slow.publish(tmp_path / "two")
        shutil.rmtree(tmp_path / "two")


def test_an_index_that_could_not_be_published_stays_here_and_is_by_the_next_run(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.bucket("later")
    root = project(tmp_path / "project", output={"uri": "s3://later/index"})
    settings = load_settings(root)
    writing = ExitStack()
    writer = writing.enter_context(store_of(settings).writer())
    writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
    with monkeypatch.context() as unplugged:
        unplugged.setattr("obstore.put", unreachable)
        with pytest.raises(Unavailable, match=r"the index is ready in .* and was not published: .* cannot be reached"):
            writing.close()
    with store_of(settings).writer() as again:
        again.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
    store_of(Settings.model_validate({"root": tmp_path / "other", "output": {"uri": "s3://later/index"}})).fetch()


def unreachable(*_: object, **__: object) -> None:
    from obstore.exceptions import GenericError

    raise GenericError("HTTP error: error sending request")


def test_a_command_that_writes_wants_a_project_folder() -> None:
    done = CliRunner().invoke(cli, ["index", "-r", "s3://bucket/index"])
    assert done.exit_code == 2
    assert "'s3://bucket/index' is an address; give a project folder" in " ".join(done.output.split())
