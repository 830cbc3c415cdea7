"""A project of Microsoft GraphRAG, or an index folder of it -> settings under which ours answers from it.

The index is converted once: below the project's cache folder, or, for a bare index folder, for this process alone. It
is itself left as it is.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import yaml

from graphrag_drift.each import in_thread
from graphrag_drift.errors import IndexBusy, IndexNotReady, MissingExtra, SettingsError
from graphrag_drift.interop.microsoft import is_microsoft_index
from graphrag_drift.microsoft_settings import Translation
from graphrag_drift.providers.protocols import Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.settings import Settings, check_address, is_address
from graphrag_drift.settings_file import FILE_NAME, MicrosoftSettings, load_settings, parse_settings
from graphrag_drift.store.store import Store, store_of
from graphrag_drift.tables import content_id
from graphrag_drift.versions import package_version

_CACHE = "cache-drift"
"""Beside their folder `cache`."""


def settings_of_index(path: str | Path) -> Settings:
    """The settings of a project of ours, of one of Microsoft's, in our terms, or of an index without any: a folder of
    Microsoft's, or the address of a published one of ours.

    Raises: SettingsError, as `load_settings`; MicrosoftSettings, if such a project has no index yet.
    """
    if is_address(path):
        return _settings_of_address(str(path))
    folder = Path(path)
    if folder.is_dir() and not (folder / FILE_NAME).exists():
        for output in (folder, folder / "output"):
            if is_microsoft_index(output):
                return Settings.model_validate({"root": folder, "output": {"folder": str(output.absolute())}})
    try:
        return load_settings(path)
    except MicrosoftSettings as error:
        root = folder if folder.is_dir() else folder.parent
        if not is_microsoft_index(root / error.translation.output):
            raise
        return translated_settings(error.translation, root, error.name)


def _settings_of_address(uri: str) -> Settings:
    """Settings of the index that was published at `uri`, with its copy in the user's cache folder."""
    try:
        uri = check_address(uri)
    except ValueError as error:
        raise SettingsError(f"this is no address of an index: {error}") from None
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise MissingExtra(f"{uri!r} needs platformdirs: pip install 'graphrag-drift[remote]'") from error
    root = user_cache_path("graphrag-drift") / content_id(uri)
    return Settings.model_validate({"root": root, "output": {"uri": uri}})


def translated_settings(translation: Translation, root: Path, name: str) -> Settings:
    """What `translation` says, with the index where Microsoft's is. Raises: SettingsError."""
    output = {**translation.values["output"], "folder": translation.output}
    models = {**translation.values.get("models", {}), "cache_dir": _CACHE}
    values = {**translation.values, "output": output, "models": models}
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    return parse_settings(text, root=root, name=f"{name}, translated")


def readable(settings: Settings, models: Models | None = None) -> Settings:
    """`settings` of which the index is one of ours, in a folder: one that was published at an address is fetched, one
    of Microsoft's is converted first.

    Raises: as `Store.fetch` and `import_foreign`.
    """
    if settings.output.uri is not None:
        store_of(settings).fetch()
        settings = settings.model_copy(update={"output": settings.output.model_copy(update={"uri": None})})
    if not is_microsoft_index(settings.output_folder):
        return settings
    return _converted(settings, models or models_for(settings))


def _converted(settings: Settings, models: Models) -> Settings:
    # Indexing, which questions to an index of ours never load.
    from graphrag_drift.interop.importing import import_foreign
    from graphrag_drift.interop.microsoft import read_microsoft

    folder = settings.output_folder
    state = _state(folder, models)
    store = _store(settings, state)
    if not _is_of(store, state):
        try:
            in_thread(import_foreign(read_microsoft(folder), settings, models, store, source=state))
        except IndexBusy:  # somebody else converts it just now
            store = Store(_temporary(state))
            in_thread(import_foreign(read_microsoft(folder), settings, models, store, source=state))
    output = settings.output.model_copy(update={"folder": str(store.folder.absolute())})
    return settings.model_copy(update={"output": output})


def _store(settings: Settings, state: str) -> Store:
    """Where the converted index is: below the cache folder of a project, else for this process alone."""
    if (settings.root / FILE_NAME).exists() and os.access(settings.root, os.W_OK):
        return Store(settings.cache_folder / "microsoft-index")
    return Store(_temporary(state))


@cache
def _temporary(state: str) -> Path:
    """One folder for an index in this `state`, which goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="graphrag-drift-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _state(folder: Path, models: Models) -> str:
    """Other for every change of the index, the embedder or this package."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stats = ((path.relative_to(folder).as_posix(), path.stat()) for path in files)
    parts = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return content_id(package_version(), models.embedder.id, models.tokenizer.id, *parts)


def _is_of(store: Store, state: str) -> bool:
    try:
        return store.manifest().steps.get("import", {}).get("source") == state
    except IndexNotReady:
        return False
