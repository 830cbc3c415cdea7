"""The command line: what was typed -> calls of `app`, and what comes back -> text or JSON.

Commands and flags are spelled as Microsoft GraphRAG's where it has them. Results go to stdout, progress and
errors to stderr. Heavy modules are imported by the command that needs them.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.errors import GraphRAGError, SettingsError

if TYPE_CHECKING:
    from graphrag_drift.app import IndexRun
    from graphrag_drift.providers.replies import ReplyCache
    from graphrag_drift.settings import Settings
    from graphrag_drift.values import Answer, Budget, Filters

METHODS = ("auto", "local", "global", "drift", "basic")
PARTIAL = 3
INTERRUPTED = 130

_root = click.option(
    "--root", "-r", type=click.Path(path_type=Path), default=Path("."), show_default="here", help="The project folder."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_verbose = click.option("--verbose", "-v", is_flag=True, help="Say more about what is done.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="graphrag-drift")
def cli() -> None:
    """Turn a folder of documents into a knowledge graph and ask it questions, with sources you can check."""


@cli.command()
@_root
@click.option("--force", "-f", is_flag=True, help="Overwrite settings.yaml.")
@_json
def init(root: Path, force: bool, as_json: bool) -> None:
    """Make a project folder: settings.yaml and input/."""
    from graphrag_drift.project import write_project

    written = write_project(root, force=force)
    if as_json:
        _print_json({"root": str(root), "written": written})
    else:
        click.echo(
            f"Wrote {', '.join(written)}. Put documents into {root / 'input'}, then: graphrag-drift index -r {root}"
        )


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


_budgeted = click.option(
    "--budget", callback=_budget, help="Stop before more is spent at models: money (2.50) or tokens (300ktokens)."
)


@cli.command()
@_root
@click.option("--dry-run", is_flag=True, help="Read settings and input, say what there is, and stop.")
@click.option("--estimate", is_flag=True, help="Say what would be asked of models, and what it would cost, and stop.")
@_budgeted
@click.option("--batch", is_flag=True, help="Ask models through the provider's Batch API: cheaper, within a day.")
@_verbose
@_json
def index(
    root: Path, dry_run: bool, estimate: bool, budget: Budget | None, batch: bool, verbose: bool, as_json: bool
) -> None:
    """Read the documents, build the graph, and write the index. Run it again after any change."""
    from graphrag_drift.app import build_index_sync, describe_input
    from graphrag_drift.metering import metered
    from graphrag_drift.progress import index_progress
    from graphrag_drift.providers.resolve import models_for

    settings = _settings(root)
    if dry_run:
        counts = describe_input(settings)
        _print_json(counts) if as_json else click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
        return
    if estimate:
        _show_estimate(settings, batch=batch, as_json=as_json)
        return
    _check_prices(budget, settings)
    with metered() as meter, index_progress(verbose=verbose, meter=meter) as told:
        models = models_for(settings, batches=partial(click.echo, err=True) if batch else None)
        done = build_index_sync(settings, models=models, budget=budget, told=told)
    _report_run(done, settings, as_json=as_json)
    if len(done.failures):
        sys.exit(PARTIAL)


@cli.command("prompt-tune")
@_root
@click.option("--domain", help="What the documents are about; else the model says.")
@click.option("--language", help="The code of the language that is written in, such as ko; else that of the material.")
@click.option("--limit", type=click.IntRange(min=1), default=15, show_default=True, help="Text units to look at.")
@click.option("--discover-entity-types/--no-discover-entity-types", default=True, show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The folder of prompts, in place of prompts_dir.")
@click.option("--force", "-f", is_flag=True, help="Overwrite prompts that are there.")
@_json
def prompt_tune(root: Path, output: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Have the model look at a sample of the documents, and write prompts in words for them."""
    import asyncio

    from graphrag_drift.tune import render_tuned, tune_prompts

    settings = _settings(root)
    tuned = asyncio.run(tune_prompts(settings, output=output, force=force, **options))
    _print_json(tuned.as_json()) if as_json else click.echo(render_tuned(tuned))


@cli.command()
@click.argument("question", required=False)
@click.option("--query", "old_question", hidden=True, help="The question, as older versions of GraphRAG took it.")
@_root
@click.option("--method", "-m", type=click.Choice(METHODS), default="auto", show_default=True, help="How to search.")
@click.option("--data", "-d", type=click.Path(path_type=Path), help="An index folder, in place of the project's.")
@click.option("--community-level", type=click.IntRange(min=0), help="Depth of the reports that global search reads.")
@click.option("--since", default="", metavar="DATE", help="Only documents of this year, month or day, or later.")
@click.option("--until", default="", metavar="DATE", help="Only documents of this year, month or day, or earlier.")
@click.option("--where", multiple=True, metavar="KEY=VALUE", help="Only documents with this metadata; * is anything.")
@click.option("--history", type=click.Path(path_type=Path), help="A JSON file of earlier [question, answer] pairs.")
@click.option("--strict", is_flag=True, help="Remove sentences that nothing they cite bears out.")
@click.option("--response-type", default="Multiple Paragraphs", show_default=True, help="The form of the answer.")
@click.option("--streaming/--no-streaming", default=False, help="Show the text while it is written.")
@_budgeted
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the answer: a .json, .md or .html file.")
@_verbose
@_json
def query(question: str | None, old_question: str | None, root: Path, **options: Any) -> None:
    """Answer QUESTION from the index, with citations. "-" reads it from standard input."""
    from graphrag_drift.index import Index
    from graphrag_drift.progress import query_progress

    asked = question or old_question
    if asked == "-":
        asked = sys.stdin.read()
    if not asked or not asked.strip():
        raise SettingsError("there is no question; ask one, as in: graphrag-drift query 'Who met whom?'")
    settings = _with_options(_settings(root), options)
    _check_prices(options["budget"], settings)
    opened = Index.open_sync(settings)
    streams = options["streaming"] and not options["as_json"] and options["output"] is None
    with query_progress(streams=streams, verbose=options["verbose"]) as (observe, said):
        answer = opened.ask_sync(
            asked,
            method=options["method"],
            response_type=options["response_type"],
            budget=options["budget"],
            history=_history(options["history"]),
            filters=_filters(options),
            strict=options["strict"],
            observe=observe,
            streams=streams,
        )
    _give(answer, options["output"], as_json=options["as_json"], said="".join(said))


@cli.command("continue")
@click.argument("answer_file", metavar="ANSWER.json", type=click.Path(path_type=Path))
@_root
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True, help="Rounds of follow-ups to add.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the answer: a .json, .md or .html file.")
@_json
def continue_(answer_file: Path, root: Path, rounds: int, output: Path | None, as_json: bool) -> None:
    """Go on with a DRIFT answer: ask the follow-ups it left open, and none of its questions again."""
    from graphrag_drift.answers import load_answer
    from graphrag_drift.index import Index

    _give(
        Index.open_sync(_settings(root)).resume_sync(load_answer(answer_file), rounds=rounds), output, as_json=as_json
    )


@cli.command()
@click.argument("answer_file", metavar="ANSWER.json", type=click.Path(path_type=Path))
@_root
@_json
def explain(answer_file: Path, root: Path, as_json: bool) -> None:
    """Say of each citation of a saved answer what it rests on: question, finding, relationship, passage, file."""
    from dataclasses import asdict

    from graphrag_drift.answers import load_answer
    from graphrag_drift.explain import explain as explained
    from graphrag_drift.index import Index
    from graphrag_drift.rendering import render_explanation

    chains = explained(load_answer(answer_file), Index.open_sync(_settings(root)).graph)
    _print_json([asdict(chain) for chain in chains]) if as_json else click.echo(render_explanation(chains))


@cli.command()
@_root
@_json
def doctor(root: Path, as_json: bool) -> None:
    """Try everything that the settings name, say what works, and keep what endpoints can do for later runs."""
    from graphrag_drift.doctor import examine
    from graphrag_drift.rendering import render_examination

    found = examine(_settings(root))
    _print_json(found) if as_json else click.echo(render_examination(found))
    if not found["ok"]:
        sys.exit(SettingsError.exit_code)


@cli.command()
@_root
@click.option("--why", is_flag=True, help="Say for each step what made the last run do it.")
@_json
def status(root: Path, why: bool, as_json: bool) -> None:
    """Say what the index holds, what was set aside, and whether its files are whole."""
    from graphrag_drift.index import describe_index

    described = describe_index(_settings(root))
    if as_json:
        _print_json(described)
    else:
        from graphrag_drift.rendering import render_status

        click.echo(render_status(described, why=why))


@cli.command()
@_root
@click.option("--format", "-f", "kind", type=click.Choice(["graphml", "csv", "jsonl"]), default="graphml")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="A file (graphml) or a folder.")
@_json
def export(root: Path, kind: str, output: Path, as_json: bool) -> None:
    """Write the graph as GraphML, or the tables as CSV or JSONL, for other programs."""
    from graphrag_drift.export import export_index
    from graphrag_drift.index import Index

    written = export_index(Index.open_sync(_settings(root)).graph, kind, output)
    if as_json:
        _print_json({"written": [str(path) for path in written]})
    else:
        click.echo("\n".join(f"Wrote {path}" for path in written))


@cli.command()
@click.option("--root", "-r", type=click.Path(path_type=Path), help="Keep the demo's project in this folder.")
@_json
def demo(root: Path | None, as_json: bool) -> None:
    """Index the example newsroom and answer three questions about it."""
    from graphrag_drift.demo import demo_answers, demo_project
    from graphrag_drift.metering import metered
    from graphrag_drift.progress import index_progress

    with demo_project(root) as settings:
        from graphrag_drift.app import build_index_sync

        with metered() as meter, index_progress(verbose=False, meter=meter) as told:
            done = build_index_sync(settings, told=told)
        if not as_json:
            _report_run(done, settings, as_json=False)
        answers = demo_answers(settings)
        if as_json:
            from graphrag_drift.answers import answer_json

            _print_json([answer_json(answer) for answer in answers])
            return
        for answer in answers:
            click.echo("")
            _show(answer, as_json=False, titled=True)
        if root:
            click.echo(f"\nAsk your own: graphrag-drift query -r {root} 'What did the water tests find?'")


@cli.group()
def cache() -> None:
    """Look after the replies of language models that are kept, so that none is paid for twice."""


@cache.command("stats")
@_root
@_json
def cache_stats(root: Path, as_json: bool) -> None:
    """Count the kept replies, and what they cost when they were made."""
    from dataclasses import asdict

    with _kept_replies(root) as replies:
        stats = asdict(replies.stats())
    if as_json:
        _print_json(stats)
        return
    for prompt, count in stats["replies"].items():
        used = stats["usage"][prompt]
        click.echo(f"{prompt}: {count} replies, {used['prompt_tokens']} + {used['completion_tokens']} tokens")
    click.echo(f"{sum(stats['replies'].values())} replies in {stats['file_bytes']} bytes, {stats['repaired']} repaired")


@cache.command("rejected")
@_root
@_json
def cache_rejected(root: Path, as_json: bool) -> None:
    """Show the replies that could not be used, and why; each is forgotten once there is a good one."""
    from dataclasses import asdict

    with _kept_replies(root) as replies:
        rejected = replies.rejected()
    if as_json:
        _print_json([asdict(reply) for reply in rejected])
        return
    for reply in rejected:
        click.echo(f"{reply.prompt}: {reply.reason}\n{reply.text}\n")
    click.echo(f"{len(rejected)} replies could not be used.")


@cache.command("clear")
@_root
@_json
def cache_clear(root: Path, as_json: bool) -> None:
    """Forget all kept replies: the next run pays for them anew."""
    with _kept_replies(root) as replies:
        count = replies.clear()
    _print_json({"cleared": count}) if as_json else click.echo(f"Forgot {count} replies.")


@cache.command("verify")
@_root
@_json
def cache_verify(root: Path, as_json: bool) -> None:
    """Check every kept reply against its checksum; damaged ones are removed and will be asked for again."""
    with _kept_replies(root) as replies:
        sound, damaged = replies.verify()
    if as_json:
        _print_json({"sound": sound, "damaged": damaged})
    else:
        click.echo(f"{sound} replies are sound; {damaged} were damaged and are removed.")


@cli.group()
def prompts() -> None:
    """Look at the prompts for language models."""


@prompts.command("export")
@_root
@_json
def prompts_export(root: Path, as_json: bool) -> None:
    """Write the prompts into the project's prompts folder, to be changed there; your own files are left alone."""
    from graphrag_drift.prompts import export_prompts

    folder = _settings(root).models.prompts_dir or "prompts"
    written = [str(path) for path in export_prompts(root / folder)]
    if as_json:
        _print_json({"written": written})
    else:
        click.echo("\n".join(f"Wrote {path}" for path in written) or f"{root / folder} has them all already.")
        click.echo(f"They count once settings.yaml says models: {{prompts_dir: {folder}}}.")


def main() -> None:
    """Run the command line; every error of ours is one sentence on stderr and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GraphRAGError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; nothing was published. Replies that were paid for are kept.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _settings(root: Path) -> Settings:
    from graphrag_drift.settings_file import load_settings

    if not root.exists():
        raise SettingsError(f"there is no folder {str(root)!r}; 'graphrag-drift init --root {root}' makes a project")
    return load_settings(root)


@contextmanager
def _kept_replies(root: Path) -> Iterator[ReplyCache]:
    from graphrag_drift.providers.replies import ReplyCache

    settings = _settings(root)
    path = settings.replies_file
    if not path.exists():
        why = "models.chat is not set" if settings.models.chat is None else "nothing was asked yet"
        raise SettingsError(f"there are no kept replies in {str(path)!r}: {why}")
    replies = ReplyCache(path)
    try:
        yield replies
    finally:
        replies.close()


def _with_options(settings: Settings, options: dict[str, Any]) -> Settings:
    update: dict[str, Any] = {}
    if options["data"]:
        update["output"] = settings.output.model_copy(update={"folder": str(options["data"].absolute())})
    if options["community_level"] is not None:
        level = {"community_level": options["community_level"]}
        update["global_search"] = settings.global_search.model_copy(update=level)
    return settings.model_copy(update=update)


def _show_estimate(settings: Settings, *, batch: bool, as_json: bool) -> None:
    import asyncio

    from graphrag_drift.estimate import estimate_index
    from graphrag_drift.rendering import render_estimate

    made = asyncio.run(estimate_index(settings, batch=batch))
    _print_json(made.as_json()) if as_json else click.echo(render_estimate(made))


def _report_run(done: IndexRun, settings: Settings, *, as_json: bool) -> None:
    from graphrag_drift.rendering import render_run, run_json

    if as_json:
        _print_json(run_json(done))
    else:
        click.echo(render_run(done, settings.output_folder))


def _filters(options: dict[str, Any]) -> Filters | None:
    from graphrag_drift.values import Filters

    pairs = [tuple(each.split("=", 1)) for each in options["where"]]
    if wrong := [pair for pair in pairs if len(pair) != 2]:
        raise SettingsError(f"--where {wrong[0][0]!r} is no filter; expected KEY=VALUE, as in source=Reuters")
    filters = Filters(options["since"], options["until"], tuple(pairs))
    return filters if filters != Filters() else None


def _history(path: Path | None) -> list[tuple[str, str]]:
    """The turns of a conversation: a list of [question, answer], or of objects with these keys."""
    if path is None:
        return []
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(turns, list):
            raise TypeError(f"it is {type(turns).__name__}")
        pairs = [(turn["question"], turn["answer"]) if isinstance(turn, dict) else tuple(turn) for turn in turns]
        return [(str(question), str(answer)) for question, answer in pairs]
    except (OSError, ValueError, TypeError, KeyError) as error:
        said = f"the history {str(path)!r} cannot be read ({error})"
        raise SettingsError(f'{said}; expected a JSON list such as [["Who ...?", "She ..."]]') from None


def _check_prices(budget: Budget | None, settings: Settings) -> None:
    """Raises: SettingsError, for a budget of money where nothing has a price."""
    models = settings.models
    asked = (models.chat, models.extract, models.report, models.query, models.rate, models.judge, models.embedding)
    if budget and budget.money is not None and not any(model and model.price for model in asked):
        raise SettingsError(
            "a budget of money needs prices: set price: {input: ..., output: ...} (for a million tokens) under the"
            " model in settings.yaml, or give tokens, as in --budget 300ktokens"
        )


def _give(answer: Answer, output: Path | None, *, as_json: bool, said: str = "") -> None:
    """Write an answer into a file, by its suffix, or print what of it was not `said` yet."""
    if output is None:
        _show(answer, as_json=as_json, said=said)
        return
    from graphrag_drift.answers import answer_json
    from graphrag_drift.pages import html_page, markdown_page

    pages = {".html": html_page, ".md": markdown_page}
    if output.suffix == ".json":
        text = json.dumps(answer_json(answer), ensure_ascii=False, indent=2) + "\n"
    elif output.suffix in pages:
        text = pages[output.suffix](answer)
    else:
        raise SettingsError(f"--output {str(output)!r} ends in none of .json, .md and .html")
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"the answer cannot be written to {str(output)!r}: {error}") from error
    _print_json({"written": [str(output)]}) if as_json else click.echo(f"Wrote {output}")


def _show(answer: Answer, *, as_json: bool, titled: bool = False, said: str = "") -> None:
    if as_json:
        from graphrag_drift.answers import answer_json

        _print_json(answer_json(answer))
        return
    from graphrag_drift.rendering import print_answer

    print_answer(answer, titled=titled, textless=said.strip() == answer.text)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=not _speaks_unicode(sys.stdout), indent=2))


def _speaks_unicode(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")
