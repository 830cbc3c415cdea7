"""settings and input -> prompts in words for these documents: their subject, entity types, reader and worked examples.

The model describes a sample of the text units and extracts a few passages; what it replies is checked as any reply and
kept, so that tuning again costs nothing. Prompts are written when all is there, and only where none stand.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from graphrag_drift.app import load_input
from graphrag_drift.each import Failed, each
from graphrag_drift.errors import SettingsError
from graphrag_drift.indexing.chunk import chunk
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.metering import metered
from graphrag_drift.prompts import named_language, shipped
from graphrag_drift.providers.llm.asking import Asker
from graphrag_drift.providers.llm.cache import ReplyCache
from graphrag_drift.providers.llm.cached import Cached
from graphrag_drift.providers.openai.endpoints import Endpoints
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.providers.resolve import asking_for, model_of, prompts_for, reader_of
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.settings import Settings
from graphrag_drift.tasks import (
    CorpusDescription,
    DescribeCorpus,
    ExtractClaims,
    ExtractGraph,
    GraphDraft,
    SummarizeDescriptions,
    WriteReport,
)
from graphrag_drift.values import Usage

TAILORED = tuple(kind.prompt for kind in (ExtractGraph, ExtractClaims, SummarizeDescriptions, WriteReport))
_FOLDER = "prompts"
_PASSAGE = 100  # tokens of an example's text, which every call of a run will carry
_TRIED, _KEPT = 6, 2  # passages that are extracted, and those of them that become examples
_LEAST_ENTITIES, _MOST_ENTITIES = 2, 8


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


@dataclass(frozen=True)
class Tuned:
    """What was found out and written. `active`: the settings name this folder, so its prompts count from now on."""

    corpus: Corpus
    language: str
    text_units: int
    written: tuple[Path, ...]
    prompts_dir: str
    """The folder, as `models.prompts_dir` of the settings names it."""
    active: bool
    usage: Usage

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "domain": self.corpus.domain,
            "language": self.language,
            "persona": self.corpus.persona,
            "entity_types": list(self.corpus.entity_types),
            "examples": len(self.corpus.examples),
            "text_units": self.text_units,
            "written": [str(path) for path in self.written],
            "prompts_dir": self.prompts_dir,
            "active": self.active,
            "usage": asdict(self.usage),
        }


async def tune_prompts(
    settings: Settings,
    *,
    documents: pl.DataFrame | Any | None = None,
    domain: str | None = None,
    language: str | None = None,
    limit: int = 15,
    discover_entity_types: bool = True,
    output: Path | None = None,
    force: bool = False,
) -> Tuned:
    """Write tailored prompts into `output`, else `models.prompts_dir`, else "prompts" below the root.

    `domain`, `language` None: as the model says, and in the language of the material. `limit`: text units looked at.
    Raises: SettingsError, without a model or where prompts stand already; ProviderError, if the model fails.
    """
    folder = _folder(settings, output, force=force)
    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    sample = sample_units(_text_units(settings, documents, tokenizer), limit)
    cache = ReplyCache(settings.replies_file)
    try:
        asker = Cached(asking_for(settings, Endpoints(settings, tokenizer)), cache)
        with metered() as meter:
            description = await reader_of(asker, settings, tokenizer).read(DescribeCorpus(tuple(sample)))
            corpus = _corpus(description, domain, language, discover_entity_types)
            kinds = corpus.entity_types or settings.models.entity_types
            examples = await _examples(sample, kinds, asker, settings, tokenizer)
    finally:
        cache.close()
    corpus = replace(corpus, examples=examples)
    written = _write(folder, {name: tailor(name, corpus) for name in TAILORED})
    configured, root, inside = settings.models.prompts_dir, settings.root.resolve(), folder.resolve()
    name = inside.relative_to(root) if inside.is_relative_to(root) else inside
    active = configured is not None and inside == (root / configured).resolve()
    return Tuned(corpus, language or description.language, len(sample), written, name.as_posix(), active, meter.usage)


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


def sample_units(texts: Sequence[str], limit: int) -> list[str]:
    """`limit` of the texts at even distances, so that they are spread over all documents."""
    if len(texts) <= limit:
        return list(texts)
    return [texts[(2 * number + 1) * len(texts) // (2 * limit)] for number in range(limit)]


def render_tuned(tuned: Tuned) -> str:
    """What was done, in a few lines."""
    corpus = tuned.corpus
    kinds = ", ".join(corpus.entity_types) or "those of the settings"
    lines = [f"Wrote {path}" for path in tuned.written]
    lines += [f"Domain: {corpus.domain}. Language: {tuned.language}. Entity types: {kinds}."]
    lines += [f"{len(corpus.examples)} examples, from a sample of {tuned.text_units} text units."]
    setting = f"once settings.yaml says models: {{prompts_dir: {tuned.prompts_dir}}}"
    lines.append(f"They count {'from now on' if tuned.active else setting}.")
    return "\n".join(lines)


def _worked(examples: Sequence[Example]) -> list[str]:
    return [f'For the text "{_plain(each.text)}" it is:\n{_plain(each.reply)}' for each in examples]


def _plain(text: str) -> str:
    """`text` in one line, without what a prompt's file would take for a variable."""
    return " ".join(text.split()).replace("{{", "{ {")


def _folder(settings: Settings, output: Path | None, *, force: bool) -> Path:
    """Where prompts go. Raises: SettingsError, before anything is spent."""
    if model_of(settings, DescribeCorpus.role) is None:
        raise SettingsError(
            "prompt-tune asks a language model about the documents; set models.chat or models.extract in settings.yaml"
        )
    folder = output if output is not None else settings.root / (settings.models.prompts_dir or _FOLDER)
    taken = [name for name in TAILORED if (folder / f"{name}.md").exists()]
    if taken and not force:
        raise SettingsError(f"{str(folder / taken[0]) + '.md'!r} is there already; --force overwrites it")
    return folder


def _text_units(settings: Settings, documents: Any | None, tokenizer: Tokenizer) -> list[str]:
    """The texts that an index would read. Raises: SettingsError, if there are none."""
    loaded = load_input(settings, documents).documents
    _, units = chunk(loaded, tokenizer=tokenizer, chunking=settings.chunking, copies=settings.copies)
    texts: list[str] = units.filter(pl.col("copy_of").is_null())["text"].to_list()
    if not texts:
        raise SettingsError(f"there is no text in {str(settings.input_folder)!r} to tune prompts to")
    return texts


def _corpus(description: CorpusDescription, domain: str | None, language: str | None, discover: bool) -> Corpus:
    kinds = description.entity_types if discover else ()
    return Corpus(domain or description.domain, description.persona, kinds, language or "")


async def _examples(
    sample: Sequence[str], kinds: Sequence[str], asker: Asker, settings: Settings, tokenizer: Tokenizer
) -> tuple[Example, ...]:
    """Passages with what the model extracts from them; none, if there is no good one."""
    reader = reader_of(asker, settings, tokenizer, prompts_for(settings, kinds))
    passages = [_passage(text, tokenizer) for text in sample_units(sample, _TRIED)]

    async def extract(passage: str) -> GraphDraft:
        return await reader.read(ExtractGraph(passage))

    drafts = await each(passages, extract)
    good = [
        Example(passage, _reply(draft))
        for passage, draft in zip(passages, drafts, strict=True)
        if not isinstance(draft, Failed) and _is_good(draft, kinds)
    ]
    return tuple(good[:_KEPT])


def _passage(text: str, tokenizer: Tokenizer) -> str:
    """The first sentences of `text`, as many as an example has room for, at least one."""
    ends = [end for _, end in split_sentences(text)]
    fitting = [end for end in ends if tokenizer.count(text[:end]) <= _PASSAGE]
    return text[: max(fitting, default=ends[0] if ends else len(text))].strip()


def _is_good(draft: GraphDraft, kinds: Sequence[str]) -> bool:
    """Whether a draft shows what is wanted: several entities of the kinds asked for, that are connected."""
    known = {kind.casefold() for kind in kinds}
    of_kind = all(entity.type.casefold() in known for entity in draft.entities)
    enough = _LEAST_ENTITIES <= len(draft.entities) <= _MOST_ENTITIES
    return of_kind and enough and bool(draft.relationships) and not draft.gaps


def _reply(draft: GraphDraft) -> str:
    entities = [{"name": e.name, "type": e.type, "description": e.description} for e in draft.entities]
    relationships = [
        {"source": r.source, "target": r.target, "description": r.description, "strength": round(r.strength or 1)}
        for r in draft.relationships
    ]
    graph = {"entities": entities, "relationships": relationships}
    return json.dumps(graph, ensure_ascii=False, separators=(",", ":"))


def _write(folder: Path, texts: dict[str, str]) -> tuple[Path, ...]:
    """Raises: SettingsError, if the folder cannot be written to."""
    paths = {name: folder / f"{name}.md" for name in texts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in paths.items():
            path.write_text(texts[name], encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"prompts cannot be written into {str(folder)!r}: {error.strerror or error}") from error
    return tuple(paths.values())
