"""The commands around language models: doctor, prompt-tune, prompts, cache."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.cli.options import cli, json_option, print_json, root_option, settings_of
from graphrag_drift.errors import SettingsError
from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.providers.llm.cache import ReplyCache


@cli.command()
@root_option
@json_option
def doctor(root: Path, as_json: bool) -> None:
    """Try everything that the settings name, say what works, and keep what endpoints can do for later runs."""
    from graphrag_drift.cli.render import render_examination
    from graphrag_drift.commands.doctor import examine

    examination = examine(settings_of(root))
    print_json(examination) if as_json else click.echo(render_examination(examination))
    if not examination["ok"]:
        sys.exit(SettingsError.exit_code)


@cli.command("prompt-tune")
@root_option
@click.option("--domain", help="What the documents are about; else the model says.")
@click.option("--language", help="The code of the language that is written in, such as ko; else that of the material.")
@click.option("--limit", type=click.IntRange(min=1), default=15, show_default=True, help="Text units to look at.")
@click.option("--discover-entity-types/--no-discover-entity-types", default=True, show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The folder of prompts, in place of prompts_dir.")
@click.option("--force", "-f", is_flag=True, help="Overwrite prompts that are there.")
@json_option
def prompt_tune(root: Path, output: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Have the model look at a sample of the documents, and write prompts in words for them."""
    import asyncio

    from graphrag_drift.commands.tune import render_tuned, tune_prompts

    settings = settings_of(root)
    tuned = asyncio.run(tune_prompts(settings, output=output, force=force, **options))
    print_json(tuned.as_json()) if as_json else click.echo(render_tuned(tuned))


@cli.group()
def cache() -> None:
    """Look after the replies of language models that are kept, so that none is paid for twice."""


@cache.command("stats")
@root_option
@json_option
def cache_stats(root: Path, as_json: bool) -> None:
    """Count the kept replies, and what they cost when they were made."""
    from dataclasses import asdict

    with _kept_replies(root) as replies:
        stats = asdict(replies.stats())
    if as_json:
        print_json(stats)
        return
    for prompt, count in stats["replies"].items():
        used = stats["usage"][prompt]
        click.echo(f"{prompt}: {count} replies, {used['prompt_tokens']} + {used['completion_tokens']} tokens")
    click.echo(f"{sum(stats['replies'].values())} replies in {stats['file_bytes']} bytes, {stats['repaired']} repaired")


@cache.command("rejected")
@root_option
@json_option
def cache_rejected(root: Path, as_json: bool) -> None:
    """Show the replies that could not be used, and why; each is forgotten once there is a good one."""
    from dataclasses import asdict

    with _kept_replies(root) as replies:
        rejected = replies.rejected()
    if as_json:
        print_json([asdict(reply) for reply in rejected])
        return
    for reply in rejected:
        click.echo(clean(f"{reply.prompt}: {reply.reason}\n{reply.text}\n"))
    click.echo(f"{len(rejected)} replies could not be used.")


@cache.command("clear")
@root_option
@json_option
def cache_clear(root: Path, as_json: bool) -> None:
    """Forget all kept replies: the next run pays for them anew."""
    with _kept_replies(root) as replies:
        count = replies.clear()
    print_json({"cleared": count}) if as_json else click.echo(f"Forgot {count} replies.")


@cache.command("verify")
@root_option
@json_option
def cache_verify(root: Path, as_json: bool) -> None:
    """Check every kept reply against its checksum; damaged ones are removed and will be asked for again."""
    with _kept_replies(root) as replies:
        sound, damaged = replies.verify()
    if as_json:
        print_json({"sound": sound, "damaged": damaged})
    else:
        click.echo(f"{sound} replies are sound; {damaged} were damaged and are removed.")


@cli.group()
def prompts() -> None:
    """Look at the prompts for language models."""


@prompts.command("export")
@root_option
@json_option
def prompts_export(root: Path, as_json: bool) -> None:
    """Write the prompts into the project's prompts folder, to be changed there; your own files are left alone."""
    from graphrag_drift.prompts import export_prompts

    folder = settings_of(root).models.prompts_dir or "prompts"
    written = [str(path) for path in export_prompts(root / folder)]
    if as_json:
        print_json({"written": written})
    else:
        click.echo("\n".join(f"Wrote {path}" for path in written) or f"{root / folder} has them all already.")
        click.echo(f"They count once settings.yaml says models: {{prompts_dir: {folder}}}.")


@contextmanager
def _kept_replies(root: Path) -> Iterator[ReplyCache]:
    from graphrag_drift.providers.llm.cache import ReplyCache
    from graphrag_drift.settings import role_models

    settings = settings_of(root)
    path = settings.replies_file
    if not path.exists():
        why = "nothing was asked yet" if role_models(settings) else "no model is set"
        raise SettingsError(f"there are no kept replies in {str(path)!r}: {why}")
    replies = ReplyCache(path)
    try:
        yield replies
    finally:
        replies.close()
