"""An index of Microsoft GraphRAG, or a graph of the user's own, taken over into the index of a project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from graphrag_drift.each import blocking
from graphrag_drift.errors import IndexLost, IndexNotReady, SettingsError
from graphrag_drift.interop.foreign import Foreign
from graphrag_drift.interop.importing import STEP, Imported, import_foreign
from graphrag_drift.interop.microsoft import is_microsoft_index, read_microsoft
from graphrag_drift.interop.own_graph import is_graph, read_graph
from graphrag_drift.providers.protocols import Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.settings import Settings
from graphrag_drift.settings_file import FILE_NAME, MicrosoftSettings, load_settings
from graphrag_drift.store.store import Store, store_of
from graphrag_drift.values import Observe, ignore


def import_index(
    path: Path,
    settings: Settings,
    *,
    models: Models | None = None,
    anew: bool = False,
    force: bool = False,
    observe: Observe = ignore,
) -> Imported:
    """Make what is at `path` the index of `settings`: an index or a project of Microsoft's, tables or GraphML.

    `anew`: vectors are made, not taken over; `force`: an index that was not imported is replaced.
    Raises: SettingsError, if nothing there can be imported; IndexLost, without `force`; and as `import_foreign`.
    """
    models = models or models_for(settings)
    foreign = _foreign(path, settings, models)
    store = store_of(settings)
    if not force:
        _refuse_overwriting(store)
    importing = import_foreign(foreign, settings, models, store, anew=anew, observe=observe)
    return blocking(importing, "import_index")


def _foreign(path: Path, settings: Settings, models: Models) -> Foreign:
    if not path.exists():
        raise SettingsError(f"there is no file or folder {str(path)!r} to import")
    for folder in _folders(path):
        if is_microsoft_index(folder):
            return read_microsoft(folder)
    if is_graph(path):
        return read_graph(path, models.tokenizer, settings.chunking)
    raise SettingsError(
        f"there is nothing in {str(path)!r} that can be imported; expected an index of Microsoft GraphRAG, a folder"
        " with entities and relationships as .csv or .parquet, or a .graphml file"
    )


def _folders(path: Path) -> Iterator[Path]:
    """Where an index of Microsoft's may be."""
    yield path
    yield path / "output"
    if (path / FILE_NAME).exists():
        try:
            load_settings(path)
        except MicrosoftSettings as error:
            yield path / error.translation.output


def _refuse_overwriting(store: Store) -> None:
    try:
        store.fetch()
        manifest = Store(store.folder).manifest()
    except IndexNotReady:
        return
    if STEP not in manifest.steps:
        raise IndexLost(
            f"nothing was imported: the index in {str(store.folder)!r} was made from documents; --force replaces it,"
            " or set another output.folder"
        )
