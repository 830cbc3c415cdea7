"""The commands that change an index after its first run, and what a run of any of them prints.

`index` and `update` are one thing: whatever changed is taken in, at the cost of the change.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.cli.options import (
    PARTIAL,
    budget_option,
    check_prices,
    cli,
    filters_of,
    json_option,
    print_json,
    root_option,
    settings_of,
    verbose_option,
)
from graphrag_drift.errors import GraphRAGError, MissingExtra, SettingsError
from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.app import IndexRun
    from graphrag_drift.settings import Settings

_QUIET, _LONGEST = 1_000, 30_000  # milliseconds without a change before a run, and at most with changes
Build = Callable[..., "IndexRun"]
"""What makes an index: takes the settings, and the options of `build_index`."""


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all commands have that make an index."""
    for option in (
        json_option,
        verbose_option,
        click.option("--recluster", is_flag=True, help="Find communities anew, not from those that there are."),
        click.option(
            "--force", "-f", is_flag=True, help="Publish also where most of what the index holds would be lost."
        ),
        click.option("--batch", is_flag=True, help="Ask models through the provider's Batch API: cheaper, in a day."),
        click.option("--jobs", "-j", type=click.IntRange(1), default=1, help="Processes that read texts."),
        budget_option,
    ):
        command = option(command)
    return command


def run_index(settings: Settings, build: Build | None = None, **options: Any) -> None:
    """Run `build`, show how far it is, and print what it did; ends the program with `PARTIAL`, if items failed.

    `options` are those of `run_options`.
    """
    done = _build(settings, build, **options)
    if len(done.failures):
        sys.exit(PARTIAL)


def _build(
    settings: Settings, build: Build | None, *, as_json: bool, verbose: bool, batch: bool, **options: Any
) -> IndexRun:
    from graphrag_drift.app import build_index_sync
    from graphrag_drift.cli.progress import index_progress
    from graphrag_drift.metering import metered
    from graphrag_drift.providers.resolve import models_for

    check_prices(options["budget"], settings)
    with metered() as meter, index_progress(verbose=verbose, meter=meter) as observe:
        models = models_for(settings, batches=_notice if batch else None)
        done = (build or build_index_sync)(settings, models=models, observe=observe, **options)
    report_run(done, settings, as_json=as_json)
    return done


def report_run(done: IndexRun, settings: Settings, *, as_json: bool) -> None:
    """Print what a run did."""
    from graphrag_drift.cli.render import render_run, run_json

    if as_json:
        print_json(run_json(done))
    else:
        click.echo(render_run(done, settings.output_folder))
        if settings.output.uri is not None:
            click.echo(f"Published at {settings.output.uri}.")


@cli.command()
@root_option
@run_options
def update(root: Path, **options: Any) -> None:
    """Take in whatever was added, edited or removed since the last run; the same as "index"."""
    run_index(settings_of(root), **options)


@cli.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@root_option
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=VALUE",
    help="Documents with this path, title, source, author, language, id or metadata; * is anything.",
)
@click.option("--undo", is_flag=True, help="Take deleted documents back: those named, or all.")
@click.option("--dry-run", is_flag=True, help="Say which documents these are, and stop.")
@run_options
def delete(
    documents: tuple[str, ...], root: Path, where: tuple[str, ...], undo: bool, dry_run: bool, **options: Any
) -> None:
    """Remove documents from the index, by id, path or title, though their files stay where they are.

    They are listed in removed.json and left out of every later run; --undo takes them back.
    """
    from graphrag_drift.commands.changes import choose_documents, delete_documents_sync, restore_documents_sync

    settings = settings_of(root)
    if undo:
        if where:
            raise click.UsageError("--undo takes documents by id, path or title, or all of them; leave --where out")
        run_index(settings, partial(restore_documents_sync, names=documents), **options)
        return
    if not documents and not where:
        raise click.UsageError("say which: ids, paths or titles of documents, or --where KEY=VALUE")
    filters = filters_of(where)
    chosen = choose_documents(settings, documents, filters)
    if not chosen:
        raise SettingsError(f"no document of the index passes --where {' --where '.join(where)}; nothing was deleted")
    if not options["as_json"]:
        verb = "Would delete" if dry_run else "Deleting"
        click.echo("\n".join(clean(f"{verb} {each.title!r} ({each.path or each.id})") for each in chosen))
    elif dry_run:
        print_json([{"id": each.id, "title": each.title, "path": each.path} for each in chosen])
    if not dry_run:
        run_index(settings, partial(delete_documents_sync, names=documents, filters=filters), **options)


@cli.command()
@root_option
@run_options
def watch(root: Path, **options: Any) -> None:
    """Index now, and again whenever the input folder or settings.yaml has changed, until Ctrl-C.

    A run begins when nothing has changed for a second. --budget is what each run may take.
    """
    settings = settings_of(root)
    changes = _changes(root, settings)
    while True:
        try:
            if next(changes) is None:
                return
        except KeyboardInterrupt:
            click.echo("Stopped watching; the index is as it was last published.", err=True)
            return
        try:
            _build(settings_of(root), None, **options)
        except GraphRAGError as error:
            click.echo(f"Error: {clean(str(error))}", err=True)
        click.echo(f"Watching {settings.input_folder}; Ctrl-C ends it.", err=True)


def _changes(root: Path, settings: Settings) -> Iterator[set[str] | None]:
    """Nothing at first, when watching has begun, then the paths of each burst of changes. Raises: MissingExtra."""
    try:
        from watchfiles import watch as watch_files
    except ImportError as error:
        raise MissingExtra("'watch' needs watchfiles: pip install 'graphrag-drift[watch]'") from error
    from graphrag_drift.settings_file import FILE_NAME

    if settings.input.uri is not None:
        raise SettingsError(
            f"'watch' watches a folder, and documents come from {settings.input.uri!r}; run `graphrag-drift index` from"
            " a schedule: without a change it costs a listing"
        )
    inside = settings.input_folder.resolve()
    outside = [settings.output_folder.resolve(), settings.cache_folder.resolve()]
    own = {root.resolve() / FILE_NAME, root.resolve() / ".env", settings.removed_file.resolve()}

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        if path in own:
            return True
        hidden = path.is_relative_to(inside) and any(part.startswith(".") for part in path.relative_to(inside).parts)
        return path.is_relative_to(inside) and not hidden and not any(path.is_relative_to(each) for each in outside)

    folders = {root.resolve(), inside}
    if not inside.is_dir():
        raise SettingsError(f"there is no input folder {str(inside)!r}; create it and put documents into it")
    bursts = watch_files(
        *folders, watch_filter=counts, debounce=_LONGEST, step=_QUIET, rust_timeout=_QUIET, yield_on_timeout=True
    )
    begun = False
    for burst in bursts:
        if burst or not begun:
            begun = True
            yield {path for _, path in burst}
    yield None


def _notice(text: str) -> None:
    click.echo(clean(text), err=True)
