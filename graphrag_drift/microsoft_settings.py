"""A settings.yaml of Microsoft GraphRAG (1.x, 2.x, 3.x) -> settings of ours, and what of it has no counterpart.

It reads no files and expands no variables. Their prompts are not translated: they ask for replies in another form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]

_SECTIONS = {
    "1.x": "llm embeddings entity_extraction claim_extraction parallelization async_mode storage skip_workflows"
    " encoding_model",
    "2.x": "chunks update_index_output embed_graph umap snapshots extract_graph_nlp prune_graph cache reporting"
    " vector_store",
    "3.x": "completion_models embedding_models input_storage output_storage update_output_storage table_provider",
}
"""Their sections that ours have not, by the version that they are of; those of 2.x may be of any."""
_VERSIONS = ("3.x", "1.x", "2.x")  # in the order in which a section tells
_FEWEST = 2  # of these sections; a single one may be a slip in settings of ours

_REASONS = {
    "cache": "their replies are kept under the hashes of their own prompts",
    "reporting": "there is no log: progress goes to the terminal",
    "snapshots": "`graphrag-drift export` writes GraphML, GEXF and vectors",
    "embed_graph": "entities are not embedded by their places in the graph",
    "umap": "`graphrag-drift export` computes a layout",
    "workflows": "steps whose input has not changed are skipped",
    "skip_workflows": "steps whose input has not changed are skipped",
    "parallelization": "concurrent_requests of a model says how many calls are under way",
    "async_mode": "concurrent_requests of a model says how many calls are under way",
    "extract_graph_nlp": "without a model the embedded reader reads",
    "prune_graph": "nothing is pruned",
    "update_output_storage": "`graphrag-drift index` takes over changes in place",
    "update_index_output": "`graphrag-drift index` takes over changes in place",
    "update_index_storage": "`graphrag-drift index` takes over changes in place",
    "table_provider": "tables are parquet",
    "summarize_descriptions": "descriptions are merged without limits of their own",
    "root_dir": "the folder of the file is the root",
}
_LOCAL = {"ollama": "http://localhost:11434/v1", "lm_studio": "http://localhost:1234/v1"}
_HOSTED = ("openai", "azure", "azure_openai")
_ENCODINGS = ("cl100k_base", "o200k_base")
_SUFFIXES = {"text": "txt", "csv": "csv", "json": "json", "jsonl": "jsonl", "parquet": "parquet"}
_ONE_SUFFIX = re.compile(r"\.\*\\?\.(\w+)\$*")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_SENT = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "reasoning_effort", "n", "seed")
KEY = "${GRAPHRAG_API_KEY}"
"""Their usual variable."""


@dataclass(frozen=True)
class Translation:
    """Settings of ours as YAML has them, with keys as they stood; what they say, and what has no counterpart."""

    version: str
    values: dict[str, Any]
    mapped: tuple[str, ...]
    unmapped: tuple[str, ...]
    output: str
    """Their index folder, relative to the file unless absolute."""

    @property
    def without_keys(self) -> dict[str, Any]:
        """`values` in which a key that was written out is a variable: keys do not belong into copies."""
        models = {role: _without_key(model) for role, model in self.values.get("models", {}).items()}
        return {**self.values, "models": models} if models else dict(self.values)


def _without_key(model: Any) -> Any:
    if not isinstance(model, dict) or "api_key" not in model or _VARIABLE.fullmatch(str(model["api_key"])):
        return model
    return {**model, "api_key": KEY}


def version_of(loaded: object) -> str | None:
    """ "1.x", "2.x" or "3.x", if these are settings of Microsoft GraphRAG; None for others, perhaps of ours."""
    if not isinstance(loaded, Mapping):
        return None
    versions = [version for version, names in _SECTIONS.items() for name in names.split() if name in loaded]
    models = loaded.get("models")
    typed = isinstance(models, Mapping) and any(
        isinstance(model, Mapping) and {"type", "auth_type", "model_provider"} & model.keys()
        for model in models.values()
    )
    if not typed and len(versions) < _FEWEST:
        return None
    return "2.x" if typed else next(version for version in _VERSIONS if version in versions)


def translate(loaded: Values) -> Translation:
    """What settings of Microsoft GraphRAG say in ours; see `version_of` for what they are."""
    made = _Translator(loaded)
    made.models()
    made.input()
    made.chunking()
    made.graph()
    made.searches()
    made.rest()
    output = _first(loaded, "output_storage", "output", "storage")
    made.seen |= {"output_storage", "output", "storage"}
    made.values["output"] = {"folder": "output-drift"}
    if (store := _vector_store(loaded)).get("type", "lancedb") == "lancedb" and store:
        made.values["output"]["lancedb"] = True
        made.mapped.append("LanceDB tables of the vectors")
    elif store:
        made.unmapped.append(f"vector_store (there are no vectors in {store.get('type')!r}, only beside the index)")
    made.seen.add("vector_store")
    if output.get("type", "file") not in ("file", None):
        made.unmapped.append(f"the storage {output['type']!r} of the output (indexes are folders)")
    folder = str(output.get("base_dir") or "output")
    return Translation(version_of(loaded) or "3.x", made.values, tuple(made.mapped), made.left_out(), folder)


def _first(loaded: Values, *names: str) -> dict[str, Any]:
    """The first section of these names; {} without one."""
    return next((dict(loaded[name]) for name in names if isinstance(loaded.get(name), Mapping)), {})


def _vector_store(loaded: Values) -> dict[str, Any]:
    """The section of the vectors, which 2.x has by name and 1.x below embeddings."""
    store = _first(loaded, "vector_store") or _first(_first(loaded, "embeddings"), "vector_store")
    nested = [value for value in store.values() if isinstance(value, Mapping) and "type" in value]
    return dict(nested[0]) if nested and "type" not in store else store


@dataclass
class _Translator:
    """Collects what a file says, section by section."""

    loaded: Values
    values: dict[str, Any] = field(default_factory=dict)
    mapped: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def section(self, *names: str) -> dict[str, Any]:
        """The first section of these names, which counts as read."""
        self.seen |= set(names)
        return _first(self.loaded, *names)

    def put(self, section: str, values: Values) -> None:
        """Set what is not None."""
        kept = {name: value for name, value in values.items() if value is not None}
        if kept:
            self.values.setdefault(section, {}).update(kept)

    def models(self) -> None:
        chats = {str(name): model for name, model in self.section("completion_models", "models").items()}
        extract = _first(self.loaded, "extract_graph", "entity_extraction")
        report = _first(self.loaded, "community_reports")
        query = _first(self.loaded, "local_search")
        if not chats and (llm := self.section("llm")):
            chats = {"default": llm}
        first = next(iter(chats), "")
        default = next((name for name in chats if "embed" not in name), first)
        asked = {"extract": extract, "report": report, "query": query}
        names = {role: _model_id(part, default) for role, part in asked.items()}
        roles = {"chat": default} if set(names.values()) == {default} else names
        for role, name in roles.items():
            if isinstance(chats.get(name), Mapping):
                self.put("models", {role: self._model(chats[name])})
        embedding = self._embedding(chats)
        if embedding:
            self.put("models", {"embedding": self._model(embedding)})
        used = [model["model"] for model in self.values.get("models", {}).values()]
        if used:
            self.mapped.append(f"models ({', '.join(dict.fromkeys(used))})")

    def _embedding(self, chats: Values) -> Values:
        embedders = self.section("embedding_models") or {
            name: model for name, model in chats.items() if "embed" in name or "embed" in str(_type_of(model))
        }
        if not embedders:
            return _first(self.section("embeddings"), "llm")
        text = self.section("embed_text")
        name = text.get("embedding_model_id") or text.get("model_id")
        chosen = embedders.get(str(name)) or next(iter(embedders.values()))
        return chosen if isinstance(chosen, Mapping) else {}

    def _model(self, theirs: Values) -> dict[str, Any]:
        kind = str(theirs.get("type", ""))
        provider = str(theirs.get("model_provider") or ("azure" if "azure" in kind else "openai"))
        base = theirs.get("api_base")
        azure = provider.startswith("azure")
        deployment = theirs.get("azure_deployment_name") or theirs.get("deployment_name")
        model = deployment if azure and deployment else theirs.get("model")
        if provider not in (*_HOSTED, *_LOCAL) and not base:
            self.unmapped.append(
                f"the provider {provider!r} of {model!r} (set base_url to an OpenAI-compatible endpoint of it)"
            )
        limit = _first(theirs, "rate_limit")
        sent = {**{name: theirs[name] for name in _SENT if name in theirs}, **_first(theirs, "call_args")}
        made = {
            "model": str(model),
            "base_url": base or _LOCAL.get(provider),
            "api_key": _as_variable(theirs.get("api_key")),
            "api_version": theirs.get("api_version") if azure else None,
            "parameters": {name: value for name, value in sent.items() if value is not None} or None,
            "concurrent_requests": theirs.get("concurrent_requests") or self.loaded.get("concurrent_requests"),
            "requests_per_minute": _number(theirs.get("requests_per_minute") or limit.get("requests_per_period")),
            "tokens_per_minute": _number(theirs.get("tokens_per_minute") or limit.get("tokens_per_period")),
        }
        if "managed_identity" in f"{theirs.get('auth_type')} {theirs.get('auth_method')}":
            self.unmapped.append(f"the managed identity of {model!r} (set api_key)")
        return {name: value for name, value in made.items() if value is not None}

    def input(self) -> None:
        theirs, store = self.section("input"), self.section("input_storage")
        store = store or _first(theirs, "storage")
        kind = str(theirs.get("file_type") or theirs.get("type") or "text")
        if store.get("type", "file") not in ("file", None):
            self.unmapped.append(f"the storage {store['type']!r} of the input (documents are files of a folder)")
        pattern = theirs.get("file_pattern")
        suffix = _ONE_SUFFIX.fullmatch(str(pattern).replace("$$", "$")) if pattern else None
        if pattern and not suffix:
            self.unmapped.append(f"input.file_pattern {pattern!r} (write it as a glob, such as **/*.txt)")
        ending = suffix[1] if suffix else _SUFFIXES.get(kind)
        metadata = theirs.get("metadata")
        self.put(
            "input",
            {
                "folder": str(store.get("base_dir") or theirs.get("base_dir") or "input"),
                "file_pattern": f"**/*.{ending}" if ending else None,
                "encoding": theirs.get("file_encoding") or theirs.get("encoding"),
                **{name: theirs.get(name) for name in ("id_column", "title_column", "text_column")},
                "metadata_columns": [metadata]
                if isinstance(metadata, str)
                else metadata
                if isinstance(metadata, list)
                else None,
            },
        )
        self.mapped.append(f"input ({self.values['input']['folder']}, {ending or kind})")

    def chunking(self) -> None:
        theirs = self.section("chunking", "chunks")
        size, overlap = theirs.get("size"), theirs.get("overlap")
        encoding = theirs.get("encoding_model") or self.loaded.get("encoding_model")
        self.seen.add("encoding_model")
        if isinstance(size, int) and isinstance(overlap, int) and overlap * 2 > size:
            self.unmapped.append(f"the overlap {overlap} (at most half of size {size})")
            overlap = size // 2
        if encoding and encoding not in _ENCODINGS:
            self.unmapped.append(f"encoding_model {encoding!r} (o200k_base counts)")
        encoding = encoding if encoding in _ENCODINGS else None
        self.put("chunking", {"size": size, "overlap": overlap, "encoding_model": encoding})
        if size or overlap:
            self.mapped.append(f"chunking ({size} tokens, overlap {overlap or 0})")

    def graph(self) -> None:
        extract = self.section("extract_graph", "entity_extraction")
        types = types if isinstance(types := extract.get("entity_types"), list) else []
        self.put("models", {"entity_types": types or None, "gleanings": extract.get("max_gleanings")})
        if types:
            self.mapped.append(f"entity types ({', '.join(map(str, types))})")
        claims = self.section("extract_claims", "claim_extraction")
        if claims.get("enabled"):
            self.put("extract_claims", {"enabled": True, "description": claims.get("description")})
            self.mapped.append("claims")
        cluster = self.section("cluster_graph")
        self.put("cluster_graph", {name: cluster.get(name) for name in ("max_cluster_size", "seed")})
        reports = self.section("community_reports")
        self.put("community_reports", {"max_input_length": reports.get("max_input_length")})

    def searches(self) -> None:
        local = self.section("local_search")
        self.put(
            "local_search",
            {
                **{name: local.get(name) for name in ("text_unit_prop", "community_prop", "top_k_relationships")},
                "top_k_entities": local.get("top_k_entities") or local.get("top_k_mapped_entities"),
                "max_context_tokens": local.get("max_context_tokens"),
            },
        )
        self.put("global_search", {"data_max_tokens": self.section("global_search").get("data_max_tokens")})
        self.put("drift_search", {"rounds": self.section("drift_search").get("n_depth")})
        basic = self.section("basic_search")
        self.put("basic_search", {name: basic.get(name) for name in ("k", "max_context_tokens")})
        searches = [name for name in self.values if name.endswith("_search")]
        if searches:
            self.mapped.append(f"settings of {', '.join(searches)}")

    def rest(self) -> None:
        prompts = sorted(set(_prompts(self.loaded)))
        if prompts:
            self.unmapped.append(
                f"{len(prompts)} prompts (theirs ask for replies in another form; `graphrag-drift prompts export` gives"
                " ours to be changed, `graphrag-drift prompt-tune` fits them to the documents)"
            )

    def left_out(self) -> tuple[str, ...]:
        """All that has no counterpart, sections last."""
        left = [name for name in self.loaded if name not in self.seen and self.loaded[name] is not None]
        sections = [f"{name} ({_REASONS[name]})" if name in _REASONS else name for name in left]
        return (*dict.fromkeys(self.unmapped), *sections)


def _model_id(section: Values, default: str) -> str:
    ids = (section.get(name) for name in ("completion_model_id", "model_id", "chat_model_id"))
    return next((str(name) for name in ids if name), default)


def _type_of(model: object) -> object:
    return model.get("type", "") if isinstance(model, Mapping) else ""


def _number(value: object) -> int | None:
    """Limits may be words, such as auto."""
    return value if isinstance(value, int) and value > 0 else None


def _as_variable(key: object) -> str | None:
    """A key, with `$NAME` written as ours are."""
    if key is None:
        return None
    return _VARIABLE.sub(lambda match: f"${{{match[1] or match[2]}}}", str(key))


def _prompts(value: object, name: str = "") -> Iterator[str]:
    """The files of prompts that a section names, at any depth."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _prompts(inner, str(key))
    elif name.endswith("prompt") and isinstance(value, str) and value:
        yield value
