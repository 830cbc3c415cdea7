"""Runs, states and costs as text for a terminal; answers are in `answers.py`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.answer.explain import Link
    from graphrag_drift.app import IndexRun
    from graphrag_drift.commands.estimate import Estimate
    from graphrag_drift.values import Usage

_SHOWN = {
    "documents": ("document", "documents"),
    "text_units": ("text unit", "text units"),
    "entities": ("entity", "entities"),
    "relationships": ("relationship", "relationships"),
    "communities": ("community", "communities"),
    "community_reports": ("community report", "community reports"),
}
_MOST_FAILURES = 5


def render_run(done: IndexRun, folder: Path) -> str:
    """What a run of `index` did, in a few lines."""
    counts = ", ".join(_counted(done.counts[name], *nouns) for name, nouns in _SHOWN.items())
    if not done.changed:
        lines = [f"The index in {folder} is up to date: {counts}."]
    else:
        lines = [f"Indexed in {done.seconds:.1f} s into {folder}: {counts}."]
    for step, of_step in done.usage.items():
        lines += [f"Paid for in {step!r}, {model}: {usage}." for model, usage in of_step.items()]
    if done.usage:
        lines.append(f"Paid for in all: {done.total_usage}.")
    lines += [readers_line(done.readers)] if done.readers else []
    lines += [f"Note: {notice}." for notice in done.notices]
    return clean("\n".join([*lines, *failure_lines(done.failures.to_dicts())]))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def run_json(done: IndexRun) -> dict[str, Any]:
    """What a run of `index` did, for `--json`."""
    return {
        "changed": done.changed,
        "counts": dict(done.counts),
        "steps": {step: list(reasons) for step, reasons in done.steps.items()},
        "failures": done.failures.to_dicts(),
        "notices": list(done.notices),
        "readers": dict(done.readers),
        "seconds": round(done.seconds, 3),
        "usage": asdict(done.total_usage),
        "usage_by_step": {
            step: {model: asdict(usage) for model, usage in of_step.items()} for step, of_step in done.usage.items()
        },
    }


def readers_line(readers: Mapping[str, str]) -> str:
    """Who does what."""
    extract, report, query = (readers[role] for role in ("extract", "report", "query"))
    if extract == report == query:
        return f"Documents are read, reports written and questions answered by {query}."
    if extract == report:
        return f"Documents are read and reports written by {extract}; questions are answered by {query}."
    return f"Documents are read by {extract}; reports are written by {report}; questions are answered by {query}."


def render_explanation(chains: Sequence[Link]) -> str:
    """What `explain` prints: under each sentence the chain of each of its citations."""
    lines: list[str] = []
    for number, chain in enumerate(chains):
        if not number or chains[number - 1].sentence != chain.sentence:
            lines += ["", chain.sentence]
        lines.append(f"  [{chain.mark}]")
        quote = " ".join(chain.quote.split())
        lines += [f"    cited for: {question}" for question in chain.branches]
        lines += [f"    finding: {title}{_unless_quoted(said, quote)}" for title, said in chain.findings]
        lines += [f"    relationship: {ends}{_unless_quoted(said, quote)}" for ends, said in chain.relationships]
        file = f", file {chain.file}" if chain.file else ""
        lines.append(f"    text unit {chain.text_unit_id} of {chain.document}{file}")
        lines.append(f"    characters {chain.start}-{chain.end}: {quote}")
    return clean("\n".join(lines)).strip() or "This answer cites nothing."


def _unless_quoted(said: str, quote: str) -> str:
    """ ": ..." in short; "" if it only says again what is quoted."""
    return "" if " ".join(said.split()) in quote else f": {textwrap.shorten(said, 160)}"


_READ_ALOUD = 200  # characters


def render_examination(found: Mapping[str, Any]) -> str:
    """What `doctor` prints: a line for each thing tried."""
    lines = [line for role in found["roles"] for line in (_role_line(role), *_reading_lines(role.get("reading")))]
    if not lines:
        lines = ["Models: none is set, so the embedded reader and embedder do everything; set models.query to use one."]
    elif not any(role["role"] == "embedding" for role in found["roles"]):
        lines.append(f"Embeddings: by {found['readers']['embed']}, since models.embedding is not set.")
    lines.append(readers_line(found["readers"]))
    exact = "exactly" if found["tokenizer"].startswith("tiktoken") else "nearly"
    lines.append(f"Tokens are counted {exact}, by {found['tokenizer']}.")
    extras = ", ".join(f"{name} {'installed' if there else 'not installed'}" for name, there in found["extras"].items())
    lines.append(f"Extras: {extras}.")
    index = found["index"]
    if index["there"]:
        lines.append(f"Index: generation {index['generation']}, {index['set_aside']} items set aside.")
        lines += [f"Damage: {damage}." for damage in index["damage"]]
    else:
        lines.append(f"Index: {index['said']}.")
    lines.append(f"Kept replies and vectors: {found['cache']['replies']}, in {found['cache']['file_bytes']} bytes.")
    return clean("\n".join(lines))


def _role_line(role: Mapping[str, Any]) -> str:
    if not role["ok"]:
        return f"models.{role['role']}: does not work: {role['problem']}."
    said = [f"works in {role['seconds']:.2f} s"]
    if role["reply_format"]:
        said.append(f"replies in JSON by {role['reply_format']}")
        said.append("streams" if role["streams"] else "does not stream")
    if role["context_window"]:
        said.append(f"takes {role['context_window']} tokens")
    if role["dimensions"]:
        said.append(f"makes vectors of {role['dimensions']} dimensions")
    if role["tokens_told_per_counted"]:
        said.append(f"counts {role['tokens_told_per_counted']:.2f} tokens for one of ours")
    return f"models.{role['role']}: {role['model']} at {role['endpoint']} {', '.join(said)}."


def _reading_lines(reading: Mapping[str, Any] | None) -> list[str]:
    """How a model read one text unit; none, if it was not asked to."""
    if reading is None:
        return []
    advice = "  It should not read the documents: set models.query to it in place of models.chat or models.extract."
    if reading["problem"]:
        return [f"  It could not read a text unit: {reading['problem']}.", advice]
    text = " ".join(reading["text"].split())
    names = ", ".join(f"{name} (not in the text)" if name in reading["invented"] else name for name in reading["names"])
    hours = reading["hours"]
    long = f"{hours:.1f} hours" if hours >= 1.5 else f"{hours * 60:.0f} minutes"
    speed = f"{reading['seconds']:.1f} s, {reading['tokens_per_second']:.0f} tokens/s"
    lines = [
        f"  It read: {text[:_READ_ALOUD]}{'...' if len(text) > _READ_ALOUD else ''}",
        f"  and found {reading['relationships']} relationships of: {names or 'nobody'}.",
        f"  That took {speed}; all text units take about {long}, one call after another, and the reports come after.",
    ]
    return [*lines, advice] if reading["answers_only"] else lines


def failure_lines(failures: list[dict[str, str]]) -> list[str]:
    """The first few of what was set aside, and how many more there are."""
    lines = [f"Set aside: {row['item']} ({row['step']}): {row['reason']}" for row in failures[:_MOST_FAILURES]]
    if len(failures) > _MOST_FAILURES:
        lines.append(f"and {len(failures) - _MOST_FAILURES} more: see the table 'failures' or --json.")
    return lines


def render_estimate(estimate: Estimate) -> str:
    """What `index --estimate` prints."""
    if not estimate.stages:
        return "No model is asked while indexing, so it is free."
    lines = [
        _estimate_line(stage.name, stage.model, (stage.expected, stage.least, stage.most), stage.priced, stage.kept)
        for stage in estimate.stages
    ]
    lines.append(_estimate_line("in all", "", estimate.total, estimate.priced, 0))
    if not estimate.priced:
        lines.append("Money is told where settings.yaml gives the model a price: {input: ..., output: ...}.")
    if estimate.hours is not None:
        lines.append(
            f"At the speed that doctor measured, one call after another, it takes about {estimate.hours:.1f} hours."
        )
    known = "lengths of replies are as those kept in the cache" if estimate.calibrated else "no replies are kept yet"
    lines.append(f"For {estimate.text_units} text units; {known}. Repeated calls after faults are not in it.")
    return "\n".join(lines)


def _estimate_line(name: str, model: str, ends: tuple[Usage, Usage, Usage], priced: bool, kept: int) -> str:
    expected, least, most = ends
    parts = [
        f"{getattr(expected, field):,} {label} ({getattr(least, field):,} to {getattr(most, field):,})"
        for field, label in (
            ("calls", "calls"),
            ("prompt_tokens", "prompt tokens"),
            ("completion_tokens", "completion tokens"),
        )
        if getattr(most, field) or field == "calls"
    ]
    parts += [f"{expected.money:.2f} ({least.money:.2f} to {most.money:.2f}) at your prices"] if priced else []
    parts += [f"{kept:,} replies are kept and cost nothing"] if kept else []
    return f"{name}{f' ({model})' if model else ''}: {'; '.join(parts)}"
