"""The command that serves an index: a page to explore it, and interfaces for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.cli.options import budget_option, check_prices, cli, index_option, settings_of
from graphrag_drift.errors import MissingExtra, SettingsError

if TYPE_CHECKING:
    from graphrag_drift.server.live_index import LiveIndex
    from graphrag_drift.values import Budget


@cli.command()
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="GRAPHRAG_DRIFT_TOKEN", default="", help="What requests must know; see also the docs.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A name under which the server is reached.")
@click.option("--at-once", type=click.IntRange(min=1), default=8, show_default=True, help="Questions answered at once.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds an answer has."
)
@budget_option
def serve(
    root: Path | str,
    host: str,
    port: int,
    token: str,
    allow_host: tuple[str, ...],
    at_once: int,
    timeout: float,
    budget: Budget | None,
) -> None:
    """Serve the index at a local address: a page to explore and ask it, a REST and an OpenAI-compatible interface.

    --budget is what each question may take. A new index is taken over when it is published.
    """

    def listening(url: str) -> None:
        click.echo(f"Serving at {url} until Ctrl-C; OpenAI's clients take {url}v1 as base_url", err=True)

    limits = {"at_once": at_once, "seconds": timeout, "budget": budget}
    serve_index(root, listening, host=host, port=port, token=token, names=allow_host, limits=limits)


def serve_index(
    root: Path | str,
    listening: Callable[[str], None],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str = "",
    names: Sequence[str] = (),
    limits: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Serve the index of a project until Ctrl-C; `listening` hears where. `limits` are those of `Limits`.

    Raises: MissingExtra; SettingsError, if the address may not or cannot be had; IndexNotReady.
    """
    try:
        from graphrag_drift.server.app import create_app, run
    except ImportError as error:
        raise MissingExtra(f"'serve' needs more packages ({error}): pip install 'graphrag-drift[serve]'") from error
    from graphrag_drift.server.guard import check_address

    check_address(host, token)
    app = create_app(open_live(root, limits), token=token, hosts=(host, *names))
    name = f"[{host}]" if ":" in host else host
    if not run(app, host, port, lambda taken: listening(f"http://{name}:{taken}/")):
        raise taken_address(host, port)


def taken_address(host: str, port: int) -> SettingsError:
    """That nobody can listen there."""
    return SettingsError(
        f"cannot listen at {host!r}, port {port}: another program has it, or it is none of this machine;"
        " choose another --port or --host"
    )


def open_live(root: Path | str, limits: Mapping[str, Any], *, fetch_seconds: float = 30.0) -> LiveIndex:
    """The index of a project, which takes new generations over; from an address it fetches them so often.

    Raises: SettingsError, IndexNotReady.
    """
    from graphrag_drift.index import Index
    from graphrag_drift.interop.opening import settings_of_index
    from graphrag_drift.server.live_index import Limits, LiveIndex
    from graphrag_drift.store.store import store_of

    settings = settings_of(root, reads=True)
    check_prices(limits.get("budget"), settings)
    shared = settings_of_index(root)
    fetch = store_of(shared).fetch if shared.output.uri is not None else None
    return LiveIndex(
        settings.output_folder,
        lambda: Index.open_sync(settings_of(root, reads=True)),
        Limits(**limits),
        fetch=fetch,
        fetch_seconds=fetch_seconds,
    )
