"""What all commands share: the group, the options, the project's settings, JSON on stdout."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.cli.terminal import speaks_unicode
from graphrag_drift.errors import SettingsError
from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.settings import Settings
    from graphrag_drift.values import Budget, Filters


PARTIAL, INTERRUPTED = 3, 130
"""Exit codes besides those of errors: some items were set aside; Ctrl-C or SIGTERM."""


class _Place(click.Path):
    """A folder, or, where an index is only read, the address of a published one."""

    def __init__(self, *, reads: bool) -> None:
        super().__init__(path_type=Path)
        self._reads = reads

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A Path; of an address the text that it is."""
        if "://" not in str(value):
            return super().convert(value, param, ctx)
        if not self._reads:
            self.fail(f"{value!r} is an address; give a project folder, whose settings may have this output.uri")
        return value


root_option = click.option(
    "--root", "-r", type=_Place(reads=False), default=Path("."), show_default="here", help="The project folder."
)
index_option = click.option(
    "--root",
    "-r",
    type=_Place(reads=True),
    default=Path("."),
    show_default="here",
    help="The project folder, or the address of a published index: s3://bucket/folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
verbose_option = click.option("--verbose", "-v", is_flag=True, help="Say more about what is done.")


def _budget(_: click.Context, option: click.Parameter, value: str | None) -> Budget | None:
    """ "2.50" is money at the prices of the settings; "300000tokens", "300ktokens" and "2Mtokens" are tokens."""
    from graphrag_drift.values import Budget

    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([kM]?)\s*tokens?)?", value.strip())
    if match is None or not float(match[1]):
        expected = "money, as in 2.50, or tokens, as in 300000tokens or 300ktokens"
        raise click.BadParameter(f"{value!r} is no budget; expected {expected}")
    if match[2] is None:
        return Budget(money=float(match[1]))
    return Budget(tokens=int(float(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]]))


budget_option = click.option(
    "--budget", callback=_budget, help="Stop before more is spent at models: money (2.50) or tokens (300ktokens)."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="graphrag-drift")
def cli() -> None:
    """Turn a folder of documents into a knowledge graph and ask it questions, with sources you can check."""


def settings_of(root: Path | str, *, reads: bool = False) -> Settings:
    """The settings of the project in `root`; for a command that only `reads` its index, also of one of Microsoft's, or
    of an index at an address."""
    if isinstance(root, Path) and not root.exists():
        raise SettingsError(f"there is no folder {str(root)!r}; 'graphrag-drift init --root {root}' makes a project")
    if reads:
        from graphrag_drift.interop.microsoft import is_microsoft_index
        from graphrag_drift.interop.opening import readable, settings_of_index

        settings = settings_of_index(root)
        if is_microsoft_index(settings.output_folder):
            click.echo(
                f"Reading an index of Microsoft GraphRAG; `graphrag-drift import {root} -r PROJECT` keeps it.", err=True
            )
        return readable(settings)
    from graphrag_drift.settings_file import load_settings

    return load_settings(root)


def filters_of(where: Sequence[str], since: str = "", until: str = "") -> Filters | None:
    """The filters that `--where` and days say; None, if all documents pass. Raises: SettingsError."""
    from graphrag_drift.values import Filters

    if wrong := [each for each in where if "=" not in each]:
        raise SettingsError(f"--where {wrong[0]!r} is no filter; expected KEY=VALUE, as in source=Reuters")
    pairs = [each.partition("=") for each in where]
    filters = Filters(since, until, tuple((key, value) for key, _, value in pairs))
    return filters if filters != Filters() else None


def check_prices(budget: Budget | None, settings: Settings) -> None:
    """Raises: SettingsError, for a budget of money where nothing has a price."""
    models = settings.models
    asked = (models.chat, models.extract, models.report, models.query, models.rate, models.judge, models.embedding)
    if budget and budget.money is not None and not any(model and model.price for model in asked):
        raise SettingsError(
            "a budget of money needs prices: set price: {input: ..., output: ...} (for a million tokens) under the"
            " model in settings.yaml, or give tokens, as in --budget 300ktokens"
        )


def print_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=not speaks_unicode(sys.stdout), indent=2)
    click.echo("".join(char if char == "\n" or clean(char) else f"\\u{ord(char):04x}" for char in text))
