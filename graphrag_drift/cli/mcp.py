"""The command that gives an index to agents, under the Model Context Protocol."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from graphrag_drift.cli.options import INTERRUPTED, budget_option, cli, index_option
from graphrag_drift.cli.serve import open_live, taken_address
from graphrag_drift.errors import MissingExtra

if TYPE_CHECKING:
    from graphrag_drift.values import Budget


@cli.command()
@index_option
@click.option("--http", is_flag=True, help="Listen at an address, in place of standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8766, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="GRAPHRAG_DRIFT_TOKEN", default="", help="What requests must send as a bearer token.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A name under which the server is reached.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds an answer has."
)
@budget_option
def mcp(
    root: Path | str,
    http: bool,
    host: str,
    port: int,
    token: str,
    allow_host: Sequence[str],
    timeout: float,
    budget: Budget | None,
) -> None:
    """Give agents tools to search and ask the index.

    They speak the Model Context Protocol: a client starts this command itself, and speaks to it by standard input and
    output; with --http it listens. --budget is what each question may take.
    """
    try:
        from graphrag_drift.server.guard import check_address

        check_address(host, token)
        from graphrag_drift.server.app import run
        from graphrag_drift.server.mcp import PATH, create_server, http_app
    except ImportError as error:
        raise MissingExtra(f"'mcp' needs more packages ({error}): pip install 'graphrag-drift[mcp]'") from error
    live = open_live(root, {"seconds": timeout, "budget": budget})
    try:
        server = create_server(live)
        if not http:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, _end)
            server.run()
            return
        name = f"[{host}]" if ":" in host else host

        def listening(taken: int) -> None:
            click.echo(f"Serving tools at http://{name}:{taken}{PATH} until Ctrl-C.", err=True)

        if not run(http_app(server, live, token=token, hosts=(host, *allow_host)), host, port, listening):
            raise taken_address(host, port)
    finally:
        live.close()


def _end(*_: object) -> NoReturn:
    """End at once: the thread that waits for standard input cannot be woken, and the index is only read."""
    os._exit(INTERRUPTED)
