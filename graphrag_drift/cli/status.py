"""The command that says what an index holds, what it covers, what was set aside and what changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from graphrag_drift.cli.options import cli, index_option, json_option, print_json, settings_of
from graphrag_drift.cli.render import failure_lines, readers_line
from graphrag_drift.printable import clean

_NAMED = 5
_STEPS = {
    "load": "read the input",
    "chunk": "divide documents into text units",
    "count_terms": "count words",
    "extract": "read the text units",
    "resolve": "tell which names mean the same",
    "merge": "merge mentions into a graph",
    "describe": "merge descriptions",
    "claims": "collect claims",
    "link": "link text units to the graph",
    "contextualize": "place text units in their documents",
    "index_terms": "index the terms",
    "cluster": "find communities",
    "report": "write the reports",
    "embed": "embed",
}
_CAUSES = {
    "code": "this version of graphrag-drift does it in another way",
    "libraries": "a library that it rests on was installed, updated or removed",
    "step": "it was never done before, or makes other tables now",
    "grown from": "--recluster asked for it",
    "reader": "who reads or writes is another, or another prompt",
    "other": "who reads the rest is another",
    "embedder": "the embedding model is another",
    "tokenizer": "tokens are counted otherwise",
    "period": "the newest document has another date",
    "chunking": "the settings in chunking were changed",
    "copies": "the settings in copies were changed",
    "share": "extract_graph.share was changed",
}
_SECTIONS = {
    "resolve": "resolve",
    "claims": "extract_claims",
    "contextualize": "contextual_retrieval",
    "cluster": "cluster_graph",
    "report": "community_reports",
}


@cli.command()
@index_option
@click.option("--why", is_flag=True, help="Say for each step what made the last run do it.")
@json_option
def status(root: Path | str, why: bool, as_json: bool) -> None:
    """Say what the index holds and covers, what was set aside, and what has changed since."""
    from graphrag_drift.commands.status import describe_documents
    from graphrag_drift.index import describe_index

    settings = settings_of(root, reads=True)
    described = describe_index(settings)
    if not described["damage"]:
        described |= describe_documents(settings)
    if as_json:
        print_json(described)
    else:
        click.echo(render_status(described, why=why))


def render_status(described: Mapping[str, Any], *, why: bool) -> str:
    """What `status` prints."""
    lines = [f"Index of generation {described['generation']}, written by graphrag-drift {described['package']}."]
    lines += [f"  {name}: {rows}" for name, rows in described["counts"].items()]
    lines += _coverage(described) if "dates" in described else []
    readers, now = described["readers"], described["readers_of_the_next_run"]
    lines.append(readers_line(readers))
    if readers != now:
        lines.append(f"The settings have changed since; after the next `graphrag-drift index`: {readers_line(now)}")
    lines += [f"Note: {notice}." for notice in described["notices"]]
    lines += _set_aside(described["set_aside"]) if "set_aside" in described else failure_lines(described["failures"])
    lines += [f"Damage: {damage}." for damage in described["damage"]]
    lines += _since(described)
    if why:
        lines += _reasons(described["reasons"])
    return clean("\n".join(lines))


def _coverage(described: Mapping[str, Any]) -> list[str]:
    """Dates, languages, names and bytes, a line each."""
    dates, languages = described["dates"], described["languages"]
    undated = f", {dates['undated']} without a date" if dates["undated"] else ""
    covered = f"{dates['first']} to {dates['last']}{undated}" if dates["first"] else "no document states one"
    lines = [f"Dates: {covered}. Languages: {', '.join(f'{code} ({count})' for code, count in languages.items())}."]
    if described["names"]:
        names = ", ".join(f"{each['name']} ({each['text_units']})" for each in described["names"])
        lines.append(f"Named most, in so many text units: {names}.")
    size = described["bytes"]
    lines.append(f"On disk: {_megabytes(size['index'])} of index, {_megabytes(size['kept'])} kept to make it again.")
    if described["deleted"]:
        lines.append(
            f"Deleted, and left out of each run: {_some(described['deleted'])};"
            " `graphrag-drift delete --undo` takes them back."
        )
    return lines


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _some(names: Sequence[str]) -> str:
    """The first few names, and how many there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(repr, names[:_NAMED])) + more


def _set_aside(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """By document, what is still to be done; the next run tries it again."""
    lines = []
    for row in rows[:_NAMED]:
        times = f" ({row['pieces']} pieces)" if row["pieces"] > 1 else ""
        lines.append(f"Set aside: {row['document'] or 'no single document'}{times} ({row['step']}): {row['reason']}")
    if len(rows) > _NAMED:
        lines.append(f"and {len(rows) - _NAMED} more: see --json.")
    return [*lines, "The next run tries what was set aside again."] if rows else []


def _since(described: Mapping[str, Any]) -> list[str]:
    """What changed in the input since the last run, and what taking it in costs."""
    since = described.get("since")
    if since is None:
        return []
    parts = [f"{len(names)} {kind} ({_some(names)})" for kind, names in since.items() if names]
    if not parts:
        return ["The input folder is as it was when it was indexed."]
    cost = (
        "what that costs is told by `graphrag-drift index --estimate`"
        if described["asks_models"]
        else "that costs nothing, as no model is asked"
    )
    return [f"Files since the last run: {', '.join(parts)}. `graphrag-drift index` takes them in; {cost}."]


def _reasons(reasons: Mapping[str, Sequence[str]]) -> list[str]:
    """What made the last run do each step, in words."""
    if not reasons:
        return ["Why the last run did what it did was not kept."]
    if all("step" in causes for causes in reasons.values()):
        return ["The last run did every step, as there was no index before it, or none that was whole."]
    lines = ["What made the last run do what it did:"]
    if any("table input" in causes for causes in reasons.values()):
        lines.append("  Documents were added, edited or removed.")
    for step in _STEPS:
        told = dict.fromkeys(_cause(step, cause) for cause in _roots(reasons.get(step, ())))
        lines += [f"  It had to {_STEPS[step]} again: {'; '.join(told)}."] if told else []
    followed = [what for step, what in _STEPS.items() if reasons.get(step) and not _roots(reasons[step])]
    skipped = [what for step, what in _STEPS.items() if step in reasons and not reasons[step]]
    lines += [f"  So it had to {_list(followed)} again."] if followed else []
    return [*lines, *([f"  It did not have to {_list(skipped, 'or')}."] if skipped else [])]


def _roots(causes: Sequence[str]) -> list[str]:
    """Those causes that are no tables, which other steps made."""
    return [cause for cause in causes if not cause.startswith("table ")]


def _list(names: Sequence[str], word: str = "and") -> str:
    """ "a, b and c"; each name once."""
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} {word} {last}" if first else last


def _cause(step: str, cause: str) -> str:
    if cause == "settings":
        return f"the settings in {_SECTIONS.get(step, step)} were changed"
    return _CAUSES.get(cause, f"{cause} was changed")
