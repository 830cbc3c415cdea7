"""The command that talks about an index: questions, one after another, and what there is to see of their answers.

It keeps the index open. Lines come from a terminal, with completion where the extra "chat" is installed, or a pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import click

from graphrag_drift.cli.options import INTERRUPTED, budget_option, check_prices, cli, index_option, settings_of
from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.printable import clean
from graphrag_drift.query import METHODS

if TYPE_CHECKING:
    from graphrag_drift.cli.terminal import Page
    from graphrag_drift.index import Index
    from graphrag_drift.values import Answer, Budget, Event, Method

    ReadLine = Callable[[], str]

_PROMPT = "> "
_COMMANDS = {
    "/method": "/method NAME: how to ask from now on: " + ", ".join(METHODS),
    "/sources": "/sources N: source N of the last answer, with what stands around it; without N: all",
    "/tree": "/tree: the questions of DRIFT behind the last answer",
    "/entity": "/entity NAME: who or what that is",
    "/timeline": "/timeline NAME: what happened with it, by date; without NAME: all documents",
    "/save": "/save FILE: the conversation as .md, or the last answer as .html or .json",
    "/new": "/new: forget the conversation; the next question stands alone",
    "/help": "/help: this list",
    "/quit": "/quit: leave, as Ctrl-D does",
}


@cli.command()
@index_option
@click.option("--method", "-m", type=click.Choice([*METHODS]), default="auto", show_default=True, help="How to ask.")
@budget_option
def chat(root: Path | str, method: Method, budget: Budget | None) -> None:
    """Talk about the index, question after question.

    Each is read after those before it. /help lists what else there is. Ctrl-C ends an answer, Ctrl-D the chat. Piped
    lines are questions, too: graphrag-drift chat < questions.txt
    """
    from graphrag_drift.cli.terminal import Page
    from graphrag_drift.index import Index

    settings = settings_of(root, reads=True)
    check_prices(budget, settings)
    opened = Index.open_sync(settings)
    signal.signal(signal.SIGTERM, _terminate)  # else it would be taken for Ctrl-C
    page = Page(terminal=sys.stdin.isatty() and sys.stdout.isatty())
    if page.terminal:
        counts = opened.manifest.counts
        page.line(
            f"{counts['documents']} documents, {counts['entities']} entities. /help lists commands, Ctrl-D leaves."
        )
    with asyncio.Runner() as runner:
        code = Chat(opened, page, runner, method, budget).run(_read_line(opened, page))
    if code and not page.terminal:
        sys.exit(code)


def _terminate(*_: object) -> NoReturn:
    sys.exit(INTERRUPTED)


class Chat:
    """A conversation about an index, and the method by which it goes on."""

    def __init__(
        self, opened: Index, page: Page, runner: asyncio.Runner, method: Method, budget: Budget | None
    ) -> None:
        self._index = opened
        self._page = page
        self._runner = runner
        self._method = method
        self._budget = budget
        self._answers: list[Answer] = []
        self._notes: set[str] = set()
        self._ended = False
        self._does: dict[str, Callable[[str], None]] = {
            "/method": self._choose,
            "/sources": self._sources,
            "/tree": self._tree,
            "/entity": self._entity,
            "/timeline": self._timeline,
            "/save": self._save,
            "/new": self._new,
            "/help": self._help,
            "/quit": self._quit,
        }

    def run(self, read_line: ReadLine) -> int:
        """Answer lines until there are no more; the exit code of the last one that could not be answered, or 0."""
        code = 0
        while not self._ended:
            try:
                line = read_line().strip()
            except EOFError:
                break
            except KeyboardInterrupt:
                if not self._page.terminal:
                    raise
                continue
            try:
                self._take(line)
            except GraphRAGError as error:
                self._page.end()
                click.echo(f"Error: {clean(str(error))}", err=True)
                code = error.exit_code
            except KeyboardInterrupt:
                self._page.end()
                if self._page.terminal:
                    self._page.blank()  # the terminal wrote ^C
                self._page.line("Interrupted; the conversation goes on without this question.")
        return code

    def _take(self, line: str) -> None:
        """Do what a line asks for."""
        if not line:
            return
        if not line.startswith("/"):
            self._ask(line)
            return
        name, _, argument = line.partition(" ")
        if name not in _COMMANDS:
            near = get_close_matches(name, _COMMANDS, 1)
            raise SettingsError(
                f"there is no {name!r}; {f'is it {near[0]}? ' if near else ''}/help lists what there is"
            )
        self._does[name](argument.strip())

    def _ask(self, question: str) -> None:
        from graphrag_drift.cli.answers import print_notes, print_sources

        history = [(answer.question, answer.text) for answer in self._answers]
        pieces: list[str] = []

        def observe(event: Event) -> None:
            if event.kind == "token":
                pieces.append(event.text)
                self._page.stream(event.text)
            elif event.kind == "asked" and self._page.terminal:
                self._page.line(f"... {event.text.strip().splitlines()[0]}")

        asking = self._index.ask(
            question, method=self._method, budget=self._budget, history=history, observe=observe, streams=True
        )
        answer = self._runner.run(asking)
        self._page.end()
        if "".join(pieces).strip() != answer.text:
            self._page.markdown(answer.text)
        print_sources(self._page, answer, answer.citations, self._index.settings.input_folder)
        notes = [note for note in answer.notes if note not in self._notes]  # most would be told with every answer
        print_notes(self._page, notes)
        self._notes.update(notes)
        self._page.blank()
        self._answers.append(answer)

    @property
    def _last(self) -> Answer:
        if not self._answers:
            raise SettingsError("there is no answer yet; ask something first")
        return self._answers[-1]

    def _choose(self, name: str) -> None:
        if name and name not in METHODS:
            raise SettingsError(f"there is no method {name!r}; expected one of {', '.join(METHODS)}")
        self._method = cast("Method", name) or self._method
        self._page.line(f"Questions are answered by {self._method}.")

    def _sources(self, number: str) -> None:
        from graphrag_drift.answer.pages import sources_of
        from graphrag_drift.cli.answers import print_source

        sources = sources_of(self._last)
        chosen = [source for source in sources if not number or str(source.mark) == number.strip("[]")]
        if not chosen:
            raise SettingsError(
                f"the last answer has no source {number!r}; expected a number up to {sources[-1].mark}"
                if sources
                else "the last answer cites nothing"
            )
        for source in chosen:
            print_source(self._page, source, self._index.settings.input_folder, self._index.graph)

    def _tree(self, _: str) -> None:
        from graphrag_drift.cli.answers import print_tree

        if self._last.tree is None:
            raise SettingsError("the last answer has no tree of questions; ask again after: /method drift")
        print_tree(self._page, self._last.tree)

    def _entity(self, name: str) -> None:
        from graphrag_drift.cli.answers import print_entity

        if not name:
            raise SettingsError("whom? expected a name, as in: /entity NAME")
        folder = self._index.settings.input_folder
        print_entity(self._page, self._index.entity(name), self._index.timeline(name), folder)

    def _timeline(self, name: str) -> None:
        from graphrag_drift.cli.answers import print_timeline

        passages = self._index.timeline(name)
        print_timeline(self._page, passages, self._index.settings.input_folder)
        if not passages:
            self._page.line("No document that names it has a date.")

    def _save(self, name: str) -> None:
        from graphrag_drift.answer.files import save_answer
        from graphrag_drift.answer.pages import markdown_page
        from graphrag_drift.cli.query import write_text

        if not name:
            raise SettingsError("where to? expected a file, as in: /save chat.md")
        file, last = Path(os.path.expanduser(name)), self._last
        if file.suffix == ".md":
            write_text("\n".join(map(markdown_page, self._answers)), file)
        else:
            save_answer(last, file, self._index.graph)
        self._page.line(f"Wrote {file}")

    def _new(self, _: str) -> None:
        self._answers.clear()
        self._page.line("The next question stands alone.")

    def _help(self, _: str) -> None:
        for usage in _COMMANDS.values():
            self._page.line(usage, rest="    ")
        self._page.line("Anything else is a question. Ctrl-C ends an answer.")

    def _quit(self, _: str) -> None:
        self._ended = True


def _read_line(opened: Index, page: Page) -> ReadLine:
    """What gives the next line, or raises EOFError: with completion, as the terminal has it, or from a pipe."""
    if not page.terminal:
        return _piped(page)
    try:
        from graphrag_drift.cli.prompt import prompt_session
    except ImportError:
        click.echo("Names are completed with: pip install 'graphrag-drift[chat]'", err=True)
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - input() edits lines by it
        return lambda: input(_PROMPT)
    titles = opened.details.titles
    return prompt_session(_PROMPT, opened.settings.cache_folder / "chat_history", lambda line: complete(line, titles))


def _piped(page: Page) -> ReadLine:
    """The lines of standard input, each of them shown, since nobody typed it here."""
    lines = iter(sys.stdin)

    def read() -> str:
        for line in lines:
            if line.strip():
                page.line(_PROMPT, line.strip())
            return line
        raise EOFError

    return read


def complete(line: str, titles: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What the end of a line may become, with how many of its characters that replaces: commands, names of entities.

    A name is known by the beginning of any of its words, and by those of several.
    """
    name, space, typed = line.partition(" ")
    if line.startswith("/") and not space:
        yield from ((command, len(line)) for command in _COMMANDS if command.startswith(line))
        return
    if name == "/method":
        yield from ((method, len(typed)) for method in METHODS if method.startswith(typed))
        return
    words = (typed if name in ("/entity", "/timeline") else line).split(" ")
    for first in range(len(words)):
        end = " ".join(words[first:])
        if end and (named := [title for title in titles if f" {end}".casefold() in f" {title}".casefold()]):
            yield from ((title, len(end)) for title in named)
            return
