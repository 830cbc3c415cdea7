"""The command that gives an index to agents, under the Model Context Protocol."""

from __future__ import annotations

import os
import signal
import socket
import threading
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
            end_at_signals()
            server.run()
            return
        name = f"[{host}]" if ":" in host else host

        def listening(taken: int) -> None:
            click.echo(f"Serving tools at http://{name}:{taken}{PATH} until Ctrl-C.", err=True)

        if not run(http_app(server, live, token=token, hosts=(host, *allow_host)), host, port, listening):
            raise taken_address(host, port)
    finally:
        live.close()


def end_at_signals() -> None:
    """End the process at once when it is interrupted or told to end, whatever its threads wait for.

    A handler in Python runs when the main thread comes by, which a signal just before it begins to wait does not make
    it do; and the thread that waits for standard input cannot be woken. The index is only read.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_end_at, args=(reader, writer), name="signals", daemon=True).start()


def _end_at(reader: socket.socket, _: socket.socket) -> NoReturn:
    reader.recv(1)
    os._exit(INTERRUPTED)
