"""What is known of a corpus -> our prompts in words for it, as files of `prompts_dir`.

A prompt keeps its rules and its variables; it gains what the documents are, the kinds of entities that matter in them
and examples from them. A further reading continues the first one's prompt, so it needs no words of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphrag_drift.prompts import named_language, shipped

TAILORED = ("extract_graph", "extract_claims", "summarize_descriptions", "write_report")


@dataclass(frozen=True, slots=True)
class Example:
    """A passage in one line and the reply to it, as JSON in one line."""

    text: str
    reply: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """What prompts are tailored to. No `entity_types`: those of the settings; `language` "": that of the settings."""

    domain: str
    persona: str
    entity_types: tuple[str, ...] = ()
    language: str = ""
    examples: tuple[Example, ...] = ()


def tailor(name: str, corpus: Corpus) -> str:
    """The text of the prompt's file."""
    head, user = shipped(name).split("\n# User\n")
    opening, *rest = head.rstrip().split("\n\n")
    about = f"The documents: {_plain(corpus.domain).rstrip('.')}. {_plain(corpus.persona)}"
    parts = [f"{opening}\n{about}", *rest]
    if name == "extract_graph":
        parts += _worked(corpus.examples)
    text = "\n\n".join(parts) + "\n\n# User\n" + user
    if corpus.entity_types:
        text = text.replace("{{entity_types}}", ", ".join(map(_plain, corpus.entity_types)))
    if corpus.language:
        text = text.replace("{{language_of_text}}", named_language(corpus.language))
    return text


def _worked(examples: Sequence[Example]) -> list[str]:
    return [f'For the text "{_plain(each.text)}" it is:\n{_plain(each.reply)}' for each in examples]


def _plain(text: str) -> str:
    """`text` in one line, without what a prompt's file would take for a variable."""
    return " ".join(text.split()).replace("{{", "{ {")
