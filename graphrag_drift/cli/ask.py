"""The command that asks a folder of documents in one go: it is indexed beside itself, and that is kept."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.cli.options import check_prices, cli, settings_of
from graphrag_drift.cli.query import answer_question, question_options, with_options
from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.settings import Settings
    from graphrag_drift.values import Budget

_SUFFIX = ".graphrag-drift"
_STATE = "indexed.txt"


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("question")
@click.option("--index", "place", type=click.Path(path_type=Path), help="Keep the index here, not beside FOLDER.")
@question_options
def ask(folder: Path, question: str, place: Path | None, **options: Any) -> None:
    """Answer QUESTION from a folder of documents.

    The first time they are indexed, into FOLDER.graphrag-drift beside it; later only what changed. A settings.yaml
    in there is used. A FOLDER that is a project itself is asked as by "query".
    """
    from graphrag_drift.index import Index
    from graphrag_drift.settings_file import FILE_NAME

    if not folder.is_dir():
        expected = "expected one with documents, as in: graphrag-drift ask ./news 'Who met whom?'"
        raise SettingsError(f"there is no folder {str(folder)!r}; {expected}")
    is_project = (folder / FILE_NAME).exists()
    settings = settings_of(folder, reads=True) if is_project else _settings(folder, place)
    check_prices(options["budget"], settings)
    if not is_project:
        _index(settings, options["budget"])
    answer_question(Index.open_sync(with_options(settings, options)), question, options)


def _settings(folder: Path, place: Path | None) -> Settings:
    """Those of the index that belongs to a folder of documents."""
    from graphrag_drift.settings import Settings
    from graphrag_drift.settings_file import FILE_NAME, load_settings

    documents = folder.resolve()
    place = place or documents.with_name(f"{documents.name or 'root'}{_SUFFIX}")
    if (place / FILE_NAME).exists():
        settings = load_settings(place)
    else:  # no model is paid by the token, and an exact vocabulary takes two seconds to load
        settings = Settings.model_validate({"root": place, "chunking": {"encoding_model": "approximate"}})
    return settings.model_copy(update={"input": settings.input.model_copy(update={"folder": str(documents)})})


def _index(settings: Settings, budget: Budget | None) -> None:
    """Index the documents, unless nothing has changed since that was done. Raises: as `build_index`."""
    from graphrag_drift.app import build_index_sync, input_state
    from graphrag_drift.cli.progress import index_progress
    from graphrag_drift.metering import metered

    state, file = input_state(settings), settings.root / _STATE
    try:
        if file.read_text(encoding="utf-8") == state:
            return
    except (OSError, UnicodeDecodeError):
        pass
    try:
        settings.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        place = f"{str(settings.root)!r}: {error.strerror or error}"
        raise SettingsError(f"the index cannot be kept in {place}; name another folder with --index") from error
    try:
        with metered() as meter, index_progress(verbose=False, meter=meter) as observe:
            done = build_index_sync(settings, budget=budget, observe=observe)
    except GraphRAGError:
        with suppress(OSError):
            settings.root.rmdir()  # if there is nothing in it
        raise
    documents = f"{done.counts['documents']} documents"
    click.echo(f"Indexed {documents} into {settings.root}, which the next question is answered from.", err=True)
    failures = done.failures.to_dicts()
    for failure in failures:
        click.echo(clean(f"Set aside: {failure['item']}: {failure['reason']}"), err=True)
    if all(failure["step"] == "load" for failure in failures):  # a file stays unreadable, a model may be back
        file.write_text(state, encoding="utf-8")
