"""settings.yaml, .env and ${VAR} -> Settings; a mistake is one sentence with its line.

A file of Microsoft GraphRAG is told from one of ours, and what it says in our terms goes with the error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from graphrag_drift.errors import SettingsError
from graphrag_drift.microsoft_settings import Translation, translate, version_of
from graphrag_drift.settings import VARIABLE, Settings

FILE_NAME = "settings.yaml"
_MAX_BYTES = 1_000_000


class MicrosoftSettings(SettingsError):
    """The file holds settings of Microsoft GraphRAG; `translation` is what they say in ours."""

    def __init__(self, name: str, translation: Translation) -> None:
        self.name, self.translation = name, translation
        mapped, unmapped = (", ".join(names) or "nothing" for names in (translation.mapped, translation.unmapped))
        super().__init__(
            f"{name} holds settings of Microsoft GraphRAG {translation.version}, not of graphrag-drift.\n"
            f"  Carries over: {mapped}.\n"
            f"  Does not: {unmapped}.\n"
            f"  `graphrag-drift init --from {name}` translates it;"
            " `graphrag-drift query` reads an index of Microsoft's as it is."
        )


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses aliases: settings need none, and nested ones can fill the memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise SettingsError(f"line {line}: aliases (*name) are not supported")
        return super().compose_node(parent, index)


def load_settings(path: str | Path = FILE_NAME) -> Settings:
    """The settings in `path`, a settings.yaml or the folder that holds it; its folder becomes the root.

    `${VAR}` is taken from the environment or from `.env` beside the file. A key whose variable is not set is no fault
    until the model is asked: whoever asks it says so.
    Raises: SettingsError, with the line: a missing file, an unknown key, a wrong value, an unset variable;
    MicrosoftSettings.
    """
    file = Path(path)
    if file.is_dir():
        file = file / FILE_NAME
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise SettingsError(f"{str(file)!r} is larger than {_MAX_BYTES} bytes, which no settings file is")
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"there is no settings file {str(file)!r}; 'graphrag-drift init --root {file.parent}' writes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the settings file {str(file)!r}: {error}") from error
    return parse_settings(text, root=file.parent, name=str(file))


def parse_settings(text: str, *, root: Path, name: str) -> Settings:
    """The settings that the YAML `text` says; `name` is how messages call it.

    Raises: SettingsError, with the line; MicrosoftSettings.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        loaded = yaml.load(text, Loader=_Loader)
    except SettingsError as error:
        raise SettingsError(f"{name}, {error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or type(error).__name__
        raise SettingsError(f"{name}{where}: this is not YAML that settings can be read from: {problem}") from None
    if loaded is None:
        loaded = {}
    if not isinstance(loaded, dict):
        raise SettingsError(f"{name}: expected sections such as 'input:', got {type(loaded).__name__}")
    if version_of(loaded) is not None:
        raise MicrosoftSettings(name, translate(loaded))
    lines = dict(_lines(node))
    values = _expand(loaded, environment(root), name, lines)
    if "root" in values:
        raise SettingsError(f"{name}, line {lines.get(('root',), 1)}: 'root' is the file's own folder; remove it")
    # YAML says null for an empty section; that means its defaults.
    values = {key: {} if value is None else value for key, value in values.items()}
    try:
        return Settings(**values).model_copy(update={"root": root})
    except ValidationError as error:
        raise SettingsError(_first_fault(error, name, lines, loaded)) from None


def environment(root: Path) -> Mapping[str, str]:
    """The variables of the environment, and those of `.env` in `root` that it does not have."""
    env = root / ".env"
    stored = dotenv_values(env) if env.is_file() else {}
    return {**{key: value for key, value in stored.items() if value is not None}, **os.environ}


def _lines(node: yaml.Node | None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each key's path and its line, counted from 1."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)


def _expand(
    value: Any,
    environment: Mapping[str, str],
    name: str,
    lines: Mapping[tuple[str, ...], int],
    path: tuple[str, ...] = (),
) -> Any:
    if isinstance(value, dict):
        return {str(k): _expand(v, environment, name, lines, (*path, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v, environment, name, lines, path) for v in value]
    if not isinstance(value, str):
        return value

    def substitute(match: re.Match[str]) -> str:
        variable = match.group(1)
        if variable not in environment and path[-1:] == ("api_key",):
            return match.group()
        if variable not in environment:
            raise SettingsError(
                f"{name}, line {lines.get(path, 1)}: the variable {variable!r} is not set; "
                "set it in the environment or in .env beside the file"
            )
        return environment[variable]

    return VARIABLE.sub(substitute, value)


def _first_fault(error: ValidationError, name: str, lines: Mapping[tuple[str, ...], int], loaded: Any) -> str:
    faults = error.errors()
    # A misspelt key before the one that is missing for it.
    fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    location = tuple(str(part) for part in fault["loc"])
    line = next((lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), 1)
    dotted = ".".join(location)
    if fault["type"] == "extra_forbidden":
        names = _field_names(location[:-1])
        near = get_close_matches(location[-1], names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(names)}"
        return f"{name}, line {line}: unknown setting {dotted!r}; {hint}"
    if fault["type"] == "missing":  # its input is the whole section, a key perhaps among it
        section, key = ".".join(location[:-1]), location[-1]
        return f"{name}, line {line}: {section!r} has no {key!r}; add '{key}: ...' below it, or remove {section!r}"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "model_type" and "models" in location:  # the value may be a key, set one level too high
        hint = "expected settings below it, as in {model: gpt-4.1-mini}"
        return f"{name}, line {line}: setting {dotted!r} is no model but {type(fault['input']).__name__}: {hint}"
    if location[-1] == "uri":  # may hold a key, which is what is wrong with it
        return f"{name}, line {line}: setting {dotted!r} is no address of a store: {message}"
    if "api_key" in location:
        return f"{name}, line {line}: setting {dotted!r} is not a key: {message}"
    return f"{name}, line {line}: setting {dotted!r} has the value {_as_written(fault, loaded)!r}: {message}"


def _as_written(fault: ErrorDetails, loaded: Any) -> Any:
    """The value at fault; a variable by its name, for what it holds may be a key."""
    written = loaded
    for part in fault["loc"]:
        written = written.get(part) if isinstance(written, dict) else None
    return written if isinstance(written, str) else fault["input"]


def _field_names(path: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in path:
        field = model.model_fields.get(part)
        kinds = (field.annotation, *get_args(field.annotation)) if field is not None else ()
        sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not sections:
            return []
        model = sections[0]
    return [key for key in model.model_fields if key != "root"]
