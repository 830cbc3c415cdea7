"""The commands that ask: query, continue, explain."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphrag_drift.cli.options import (
    budget_option,
    check_prices,
    cli,
    filters_of,
    index_option,
    json_option,
    print_json,
    settings_of,
    verbose_option,
)
from graphrag_drift.errors import SettingsError
from graphrag_drift.query import METHODS

if TYPE_CHECKING:
    from graphrag_drift.cli.terminal import Page
    from graphrag_drift.index import Index
    from graphrag_drift.settings import Settings
    from graphrag_drift.values import Answer


Command = Callable[..., Any]
_QUESTION_OPTIONS = (
    click.option(
        "--method", "-m", type=click.Choice([*METHODS]), default="auto", show_default=True, help="How to ask."
    ),
    click.option("--community-level", type=click.IntRange(min=0), help="Depth of the reports for global search."),
    click.option("--tests", type=click.IntRange(min=1), help="Text units that lazy search tests: 100, 500, 1500 ..."),
    click.option("--since", default="", metavar="DATE", help="Only documents of this year, month or day, or later."),
    click.option("--until", default="", metavar="DATE", help="Only documents of this year, month or day, or earlier."),
    click.option(
        "--where",
        multiple=True,
        metavar="KEY=VALUE",
        help="Only documents with this path, title, source, author, language, id or metadata; * is anything.",
    ),
    click.option("--history", type=click.Path(path_type=Path), help="A JSON file of earlier [question, answer] pairs."),
    click.option("--strict", is_flag=True, help="Remove sentences that nothing they cite bears out."),
    click.option("--response-type", default="Multiple Paragraphs", show_default=True, help="The form of the answer."),
    click.option("--streaming/--no-streaming", default=False, help="Show the text while it is written."),
    budget_option,
    click.option(
        "--output", "-o", type=click.Path(path_type=Path), help="Write the answer: a .json, .md or .html file."
    ),
    verbose_option,
    json_option,
)


def question_options(command: Command) -> Command:
    """`command` with the options of a question."""
    for option in reversed(_QUESTION_OPTIONS):
        command = option(command)
    return command


@cli.command()
@click.argument("question", required=False)
@click.option("--query", "old_question", hidden=True, help="The question, as older versions of GraphRAG took it.")
@index_option
@click.option("--data", "-d", type=click.Path(path_type=Path), help="An index folder, in place of the project's.")
@question_options
def query(question: str | None, old_question: str | None, root: Path | str, **options: Any) -> None:
    """Answer QUESTION from the index, with citations. "-" reads it from standard input."""
    from graphrag_drift.index import Index

    text = question or old_question
    if text == "-":
        text = sys.stdin.read()
    if not text or not text.strip():
        raise SettingsError("there is no question; ask one, as in: graphrag-drift query 'Who met whom?'")
    settings = settings_of(root, reads=True)
    if options["data"]:
        folder = {"folder": str(options["data"].absolute())}
        settings = settings.model_copy(update={"output": settings.output.model_copy(update=folder)})
    check_prices(options["budget"], settings)
    answer_question(Index.open_sync(with_options(settings, options)), text, options)


def answer_question(opened: Index, question: str, options: dict[str, Any]) -> None:
    """Ask `opened` the question with the options of `query`, and print or write the answer."""
    from graphrag_drift.cli.progress import query_progress
    from graphrag_drift.cli.terminal import Page

    streams = options["streaming"] and not options["as_json"] and options["output"] is None
    page = Page()
    with query_progress(page, streams=streams, verbose=options["verbose"]) as (observe, pieces):
        answer = opened.ask_sync(
            question,
            method=options["method"],
            response_type=options["response_type"],
            budget=options["budget"],
            history=_history(options["history"]),
            filters=filters_of(options["where"], options["since"], options["until"]),
            strict=options["strict"],
            observe=observe,
            streams=streams,
        )
    textless = "".join(pieces).strip() == answer.text
    _give(page, answer, opened, options["output"], as_json=options["as_json"], textless=textless)


@cli.command("continue")
@click.argument("answer_file", metavar="ANSWER.json", type=click.Path(path_type=Path))
@index_option
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True, help="Rounds of follow-ups to add.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the answer: a .json, .md or .html file.")
@json_option
def continue_(answer_file: Path, root: Path | str, rounds: int, output: Path | None, as_json: bool) -> None:
    """Go on with a DRIFT answer: ask the follow-ups it left open, and none of its questions again."""
    from graphrag_drift.answer.as_json import load_answer
    from graphrag_drift.cli.terminal import Page
    from graphrag_drift.index import Index

    opened = Index.open_sync(settings_of(root, reads=True))
    answer = opened.resume_sync(load_answer(answer_file), rounds=rounds)
    _give(Page(), answer, opened, output, as_json=as_json)


@cli.command()
@click.argument("answer_file", metavar="ANSWER.json", type=click.Path(path_type=Path))
@index_option
@json_option
def explain(answer_file: Path, root: Path | str, as_json: bool) -> None:
    """Say of each citation of a saved answer what it rests on: question, finding, relationship, passage, file."""
    from dataclasses import asdict

    from graphrag_drift.answer.as_json import load_answer
    from graphrag_drift.answer.explain import explain as explained
    from graphrag_drift.cli.render import render_explanation
    from graphrag_drift.index import Index

    chains = explained(load_answer(answer_file), Index.open_sync(settings_of(root, reads=True)).graph)
    print_json([asdict(chain) for chain in chains]) if as_json else click.echo(render_explanation(chains))


def with_options(settings: Settings, options: dict[str, Any]) -> Settings:
    """The settings as the options of a question change them."""
    update: dict[str, Any] = {}
    if options["community_level"] is not None:
        level = {"community_level": options["community_level"]}
        update["global_search"] = settings.global_search.model_copy(update=level)
    if options["tests"] is not None:
        update["lazy_search"] = settings.lazy_search.model_copy(update={"tests": options["tests"]})
    return settings.model_copy(update=update)


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
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        problem = f"the history {str(path)!r} cannot be read ({error})"
        raise SettingsError(f'{problem}; expected a JSON list such as [["Who ...?", "She ..."]]') from None


def _give(
    page: Page, answer: Answer, opened: Index, output: Path | None, *, as_json: bool, textless: bool = False
) -> None:
    """Write an answer of `opened` into a file, by its suffix, or print it; `textless`, if its text was printed."""
    if output is not None:
        from graphrag_drift.answer.files import save_answer

        save_answer(answer, output, opened.graph)
        print_json({"written": [str(output)]}) if as_json else click.echo(f"Wrote {output}")
    elif as_json:
        from graphrag_drift.answer.as_json import answer_json

        print_json(answer_json(answer))
    else:
        from graphrag_drift.cli.answers import print_answer

        print_answer(page, answer, opened.settings.input_folder, textless=textless)


def write_text(text: str, output: Path) -> None:
    """Write answers into a file. Raises: SettingsError, if that cannot be."""
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"the answer cannot be written to {str(output)!r}: {error}") from error
