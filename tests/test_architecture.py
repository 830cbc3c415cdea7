"""Imports point down, siblings do not meet, files and functions stay short, and importing the package is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "graphrag_drift"
# A module may import from its own layer's folder and from every layer below, never from above or beside.
LAYERS = [
    {"errors", "patterns", "values", "tables", "versions", "interrupts", "memo", "jobs"},
    {"language"},
    {"names"},
    {
        "facts",
        "quotes",
        "marks",
        "printable",
        "settings",
        "microsoft_settings",
        "layout",
        "tasks",
        "store.manifest",
        "store.files",
    },
    {"providers.protocols"},
    {"prompts"},
    {"store", "shown", "each", "metering", "tracing", "settings_file", "context_window"},
    {"providers", "input", "resolution", "query"},
    {"indexing", "interop"},
    {"app", "index", "answer"},
    {"commands", "interop.langchain", "interop.llama_index"},
    {"server"},
    {"cli"},
    {"__main__"},
]
# An answer shows and saves itself: what that takes is loaded when it is asked to.
UPWARDS = {"values imports answer.as_json", "values imports answer.files", "values imports answer.pages"}
SIBLINGS = {"providers", "input", "resolution", "query", "indexing"}


def _layer(module: str) -> tuple[int, str]:
    parts = module.split(".")
    for size in (2, 1):
        name = ".".join(parts[:size])
        for level, names in enumerate(LAYERS):
            if name in names:
                return level, name
    raise AssertionError(f"{module} has no layer; say in LAYERS where it belongs")


def _imports(path: Path) -> set[str]:
    found = set()
    for statement in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            found.add(statement.module)
        elif isinstance(statement, ast.Import):
            found.update(alias.name for alias in statement.names)
    return {name.removeprefix("graphrag_drift.") for name in found if name.startswith("graphrag_drift.")}


def test_imports_point_down_and_siblings_do_not_meet() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if path.name == "__init__.py":
            continue
        level, name = _layer(module)
        for imported in sorted(_imports(path)):
            below, other = _layer(imported)
            sibling = name != other and name in SIBLINGS and other in SIBLINGS
            if (below > level or sibling) and f"{module} imports {imported}" not in UPWARDS:
                wrong.append(f"{module} imports {imported}")
    assert wrong == []


LONGEST_FILE, LONGEST_FUNCTION = 450, 50  # lines
LISTS = {"app.py: standard_pipeline"}  # a list of steps is as long as it is


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Each function of the package, called "file: name"."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(PACKAGE)}: {node.name}", node


def test_no_file_is_too_long_to_read_in_one_go() -> None:
    paths = sorted(PACKAGE.rglob("*.py"))
    lengths = {str(path.relative_to(PACKAGE)): path.read_text("utf-8").count("\n") for path in paths}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in _functions() if name not in LISTS}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["polars", "numpy", "lancedb", "pyarrow", "networkx", "pydantic", "scipy", "rich"]
    code = f"import sys, graphrag_drift, graphrag_drift.cli.main; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_asking_loads_no_store_of_vectors(newsroom_settings: object) -> None:
    folder = newsroom_settings.output_folder  # type: ignore[attr-defined]
    code = (
        "import sys; from graphrag_drift import Index, Settings;"
        f"s = Settings.model_validate({{'output': {{'folder': {str(folder)!r}}}}});"
        "Index.open_sync(s).ask_sync('Who is Ingrid Solvay?', method='drift');"
        "print([m for m in ('lancedb', 'networkx', 'graspologic_native', 'opentelemetry') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_had() -> None:
    import graphrag_drift

    assert [name for name in graphrag_drift.__all__ if not hasattr(graphrag_drift, name)] == []
    assert sorted(graphrag_drift.__all__) == sorted(graphrag_drift._HOME_OF)
