"""The command line: what was typed -> calls of `app`, and what comes back -> text or JSON.

Commands and flags are spelled as Microsoft GraphRAG's where it has them. Results go to stdout, progress and
errors to stderr. Heavy modules are imported by the command that needs them.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from graphrag_drift.cli import ask, browse, chat, interop, living, mcp, models, query, serve, status
from graphrag_drift.cli.interop import translate_project
from graphrag_drift.cli.living import report_run, run_index, run_options
from graphrag_drift.cli.options import INTERRUPTED, cli, json_option, print_json, root_option, settings_of
from graphrag_drift.errors import GraphRAGError
from graphrag_drift.interrupts import tell_with
from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.settings import Settings


COMMANDS = (query, ask, chat, browse, models, serve, mcp, interop, living, status)
"""The modules of the other commands; to import them is to add their commands to the group."""


@cli.command()
@root_option
@click.option("--force", "-f", is_flag=True, help="Overwrite settings.yaml.")
@click.option("--model", "-m", help="A model that answers questions: gpt-4.1-mini, ollama/qwen3, llamacpp/..., ...")
@click.option("--base-url", help="Where the model is, if not at OpenAI or at a server's usual address on this machine.")
@click.option("--from", "theirs", type=click.Path(path_type=Path), help="Translate Microsoft GraphRAG's settings.yaml.")
@json_option
def init(root: Path, force: bool, model: str | None, base_url: str | None, theirs: Path | None, as_json: bool) -> None:
    """Make a project folder: settings.yaml and input/."""
    from graphrag_drift.cli.project import write_project

    if theirs is not None:
        translate_project(theirs, root, force=force, as_json=as_json)
        return
    if base_url is not None and model is None:
        raise click.UsageError("--base-url says where a model is; name it with --model")
    written = write_project(root, force=force, model=model, base_url=base_url)
    if as_json:
        print_json({"root": str(root), "written": written})
        return
    click.echo(f"Wrote {', '.join(written)}. Put documents into {root / 'input'}, then: graphrag-drift index -r {root}")
    if model is not None:
        click.echo(f"Questions are for {model}; whether it answers is told by: graphrag-drift doctor -r {root}")


@cli.command()
@root_option
@click.option("--dry-run", is_flag=True, help="Read settings and input, say what there is, and stop.")
@click.option("--estimate", is_flag=True, help="Say what would be asked of models, and what it would cost, and stop.")
@run_options
def index(root: Path, dry_run: bool, estimate: bool, **options: Any) -> None:
    """Read the documents, build the graph, and write the index. Run it again after any change."""
    from graphrag_drift.app import describe_input

    settings = settings_of(root)
    if dry_run:
        counts = describe_input(settings)
        print_json(counts) if options["as_json"] else click.echo(
            ", ".join(f"{count} {name}" for name, count in counts.items())
        )
        return
    if estimate:
        _show_estimate(settings, batch=options["batch"], as_json=options["as_json"])
        return
    run_index(settings, **options)


@cli.command()
@root_option
@json_option
def rollback(root: Path, as_json: bool) -> None:
    """Go back to the index as it was before the last run that changed it."""
    from graphrag_drift.store.store import store_of

    store = store_of(settings_of(root))
    manifest = store.rollback()
    if as_json:
        print_json({"generation": manifest.generation, "counts": manifest.counts})
    else:
        click.echo(
            f"The index in {store.folder} is generation {manifest.generation} again;"
            " the next index run makes a new one."
        )


@cli.command()
@click.option("--root", "-r", type=click.Path(path_type=Path), help="Keep the demo's project in this folder.")
@json_option
def demo(root: Path | None, as_json: bool) -> None:
    """Index the example newsroom and answer five questions about it, the last by a recorded model."""
    from graphrag_drift.cli.progress import index_progress
    from graphrag_drift.cli.project import demo_answers, demo_project
    from graphrag_drift.metering import metered

    with demo_project(root) as settings:
        from graphrag_drift.app import build_index_sync

        with metered() as meter, index_progress(verbose=False, meter=meter) as observe:
            done = build_index_sync(settings, observe=observe)
        if not as_json:
            report_run(done, settings, as_json=False)
        answers = demo_answers(settings)
        if as_json:
            from graphrag_drift.answer.as_json import answer_json

            print_json([answer_json(answer) for answer in answers])
            return
        from graphrag_drift.cli.answers import print_answer
        from graphrag_drift.cli.terminal import Page

        page = Page()
        for answer in answers:
            page.blank()
            print_answer(page, answer, settings.input_folder, titled=True)
        if root:
            click.echo(f"\nAsk your own: graphrag-drift query -r {root} 'What did the water tests find?'")


def main() -> None:
    """Run the command line; every error of ours is one sentence on stderr and its exit code."""
    _open_streams()
    tell_with(partial(click.echo, err=True))
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GraphRAGError as error:
        click.echo(f"Error: {clean(str(error))}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; nothing was published. Replies that were paid for are kept.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _leave_unwritten(sys.stdout, sys.stderr)
    except OSError as error:
        place = f"{error.filename!r}: " if error.filename is not None else ""
        what = f"{place}{error.strerror or error}; check the path, who may use it, and the space on its disk"
        click.echo(f"Error: the system refused {clean(what)}", err=True)
        _leave_unwritten(sys.stdout)


def _open_streams() -> None:
    """Have every standard stream, those that were closed as if nobody were there; letters that one lacks become "?"."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name) or open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - it stays open
        setattr(sys, name, stream)
        if mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _leave_unwritten(*streams: TextIO) -> NoReturn:
    """End without what `streams` still hold: Python would try to write it once more, and complain."""
    for stream in streams:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(GraphRAGError.exit_code)


def _show_estimate(settings: Settings, *, batch: bool, as_json: bool) -> None:
    import asyncio

    from graphrag_drift.cli.render import render_estimate
    from graphrag_drift.commands.estimate import estimate_index

    made = asyncio.run(estimate_index(settings, batch=batch))
    print_json(made.as_json()) if as_json else click.echo(render_estimate(made))
