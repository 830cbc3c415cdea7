"""The commands that look at an index without a question: entity, timeline, documents, open."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphrag_drift.cli.options import cli, index_option, json_option, print_json, settings_of
from graphrag_drift.errors import GraphRAGError, SettingsError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from graphrag_drift.index import Index


def _names(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """What a shell completes a name to; nothing, where there is no index."""
    from click.shell_completion import CompletionItem

    from graphrag_drift.store.store import Store

    try:
        settings = settings_of(Path(context.params.get("root") or "."))
        titles = Store(settings.output_folder).table("entities")["title"]
    except GraphRAGError:
        return []
    return [CompletionItem(title) for title in titles if title.casefold().startswith(typed.casefold())]


@cli.command()
@click.argument("name", shell_complete=_names)
@index_option
@json_option
def entity(name: str, root: Path | str, as_json: bool) -> None:
    """Show who or what NAME is.

    Its description, other names and why they are its own, neighbours, timeline, and the reports on it.
    """
    from dataclasses import asdict

    from graphrag_drift.cli.answers import print_entity
    from graphrag_drift.cli.terminal import Page

    opened = _open(root)
    shown = opened.entity(name)
    if as_json:
        print_json(asdict(shown))
    else:
        print_entity(Page(), shown, opened.timeline(name), opened.settings.input_folder)


@cli.command()
@click.argument("name", default="", shell_complete=_names)
@index_option
@json_option
def timeline(name: str, root: Path | str, as_json: bool) -> None:
    """Show what happened, by date.

    The first sentence on NAME in each document that has a date; without a name, how each of them begins.
    """
    from dataclasses import asdict

    from graphrag_drift.cli.answers import print_timeline
    from graphrag_drift.cli.terminal import Page

    opened = _open(root)
    passages = opened.timeline(name)
    if as_json:
        print_json([asdict(passage) for passage in passages])
    elif passages:
        print_timeline(Page(), passages, opened.settings.input_folder)
    else:
        click.echo(f"No document with a date names {name!r}." if name else "No document has a date.")


@cli.command()
@index_option
@json_option
def documents(root: Path | str, as_json: bool) -> None:
    """List the documents, the newest first."""
    from graphrag_drift.cli.answers import print_documents
    from graphrag_drift.cli.terminal import Page

    opened = _open(root)
    if as_json:
        print_json(opened.documents.to_dicts())
    else:
        print_documents(Page(), opened.documents, opened.settings.input_folder)


@cli.command("open")
@index_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to serve it; a free port otherwise.")
@click.option("--no-browser", is_flag=True, help="Say only where it is.")
def open_(root: Path | str, port: int, no_browser: bool) -> None:
    """Open the explorer in a browser.

    It is served at this machine until Ctrl-C. Without the extra "serve" it is written into a file, explorer.html beside
    the index, which cannot ask.
    """
    from graphrag_drift.cli.serve import serve_index
    from graphrag_drift.errors import MissingExtra

    def listening(url: str) -> None:
        click.echo(f"The explorer is at {url} until Ctrl-C.", err=True)
        _show(url, no_browser)

    try:
        serve_index(root, listening, port=port)
    except MissingExtra:
        from graphrag_drift.server.page import write_explorer
        from graphrag_drift.store.store import Store

        folder = settings_of(root, reads=True).output_folder
        file = folder.parent / "explorer.html"
        write_explorer(Store(folder), file)
        click.echo(f"The explorer is {file}; to ask in it, too: pip install 'graphrag-drift[serve]'", err=True)
        _show(file.absolute().as_uri(), no_browser)


def _show(address: str, no_browser: bool) -> None:
    """Open an address in the browser. Raises: SettingsError, if there is none."""
    if not no_browser and not webbrowser.open(address):
        raise SettingsError(f"there is no browser to open here; open {address} yourself, or use --no-browser")


def _open(root: Path | str) -> Index:
    from graphrag_drift.index import Index

    return Index.open_sync(settings_of(root, reads=True))
