"""`settings.yaml` as frozen pydantic models: the only place with defaults.

Sections are named after the step or the search they belong to, and where Microsoft GraphRAG has a setting
of the same meaning its name is kept. Reading the file is in `settings_file.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SecretStr, model_validator

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SCHEMES = ("s3", "gs", "az", "abfs", "abfss")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Stands for a variable of the environment."""
ENTITY_TYPES = ("person", "organization", "place", "event", "product", "work", "concept")


class Section(BaseModel):
    """A part of the settings; unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def is_address(place: object) -> bool:
    """Whether `place` is a text such as s3://bucket/folder, not a folder of this machine."""
    return isinstance(place, str) and _SCHEME.match(place) is not None


def check_address(uri: str) -> str:
    """`uri` without a slash at its end. Raises: ValueError, if it is no address of a store, or has a key in it."""
    parts = urlsplit(uri)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address holds no credentials; they are taken from the environment or .env")
    if parts.scheme not in _SCHEMES or not parts.netloc:
        raise ValueError("expected an address such as s3://bucket/folder, gs://bucket/folder or az://container/folder")
    return uri.rstrip("/")


Address = Annotated[str, AfterValidator(check_address)]
"""Of a folder in a store of objects: S3 and what speaks as it does, Google Cloud Storage, Azure."""


class InputSettings(Section):
    """Where documents come from and which columns or fields mean what."""

    folder: str = "input"
    uri: Address | None = None
    """Set: documents are read from this address, s3://bucket/folder, in the place of the folder."""
    file_pattern: str = "**/*"
    """A glob below the folder; files of unknown type are set aside, hidden ones skipped."""
    encoding: str | None = None
    """None: detected (UTF-8 first)."""
    id_column: str | None = None
    """None, here and below: a column with a usual name ("id", "guid", ...), where there is one."""
    title_column: str | None = None
    text_column: str | tuple[str, ...] | None = None
    """Of several, the first that a record has."""
    date_column: str | None = None
    metadata_columns: tuple[str, ...] = ()
    max_file_bytes: int = Field(2_147_483_648, gt=0)


class OutputSettings(Section):
    """Where the index is kept."""

    folder: str = "output"
    uri: Address | None = None
    """Set: the index is published at this address, s3://bucket/folder, and fetched from it; the folder is a copy."""
    lancedb: bool = False
    """Vectors also as LanceDB tables, for other programs; no search of ours reads them."""


class ChunkingSettings(Section):
    """Text units, in tokens."""

    size: int = Field(300, ge=10)
    overlap: int = Field(0, ge=0)
    encoding_model: Literal["cl100k_base", "o200k_base", "approximate"] = "o200k_base"

    @model_validator(mode="after")
    def _overlap_below_size(self) -> ChunkingSettings:
        if self.overlap * 2 > self.size:
            raise ValueError(f"overlap {self.overlap} must be at most half of size {self.size}")
        return self


class CopiesSettings(Section):
    """Near-identical documents (wire copies)."""

    enabled: bool = True
    threshold: float = Field(0.7, gt=0.0, le=1.0)
    """Estimated Jaccard similarity of word 5-grams from which two documents are compared by sentence."""


class ResolveSettings(Section):
    """Which names mean the same entity."""

    enabled: bool = True
    keep_apart: tuple[tuple[str, str], ...] = ()
    """Pairs of names that are never merged: each line undoes a row of entity_merges."""


class ExtractGraphSettings(Section):
    """Which text units the model of models.extract reads for entities and relationships."""

    share: float = Field(1.0, ge=0.0, le=1.0)
    """Of the text units: those that names link most are read by the model, the rest by the embedded reader."""
    invented: Literal["drop", "keep"] = "drop"
    """Names that a model gives and that stand nowhere in the text."""


class ExtractClaimsSettings(Section):
    """What texts claim that somebody did; needs a model."""

    enabled: bool = False
    description: str = "Any claims or facts that could matter to those concerned."
    """What to look for."""


class ClusterGraphSettings(Section):
    """Hierarchical Leiden."""

    max_cluster_size: int = Field(10, ge=2)
    resolution: float = Field(1.0, gt=0.0)
    iterations: int = Field(3, ge=1)
    seed: int = Field(0xDEADBEEF, ge=0)


class CommunityReportsSettings(Section):
    """What a report is written from, and when."""

    max_input_length: int = Field(8000, ge=100)
    """Tokens."""
    when: Literal["always", "needed"] = "always"
    """always: while indexing; needed: the model of models.report writes one when a question first needs it, and until
    then that of the embedded reader stands."""


class ContextualRetrievalSettings(Section):
    """What text units are found by besides their text."""

    context: Literal["title", "head", "sentence"] = "head"
    """title: of the document; head: also its date, the section and the metadata columns; sentence: also a sentence
    by the model that places the text unit in its document."""


class EmbedTextSettings(Section):
    """Vectors of text units, entities and reports."""

    dimensions: int = Field(1024, ge=64)
    """Of the embedded embedder."""
    folder: Path | None = None
    """Of a static embedder (model2vec, WordLlama), in the place of the embedded one."""


class VectorsSettings(Section):
    """Where the vectors of text units are searched."""

    store: Literal["memory", "lancedb", "postgres"] = "memory"
    """memory is fastest; a store is for what does not fit."""
    uri: SecretStr | None = None
    """Of the store: a folder or s3://bucket/folder for LanceDB, postgresql://user:password@host/database."""


class BasicSearchSettings(Section):
    """Plain retrieval."""

    k: int = Field(10, ge=1)
    neighbours: int = Field(1, ge=0)
    """Text units before and after each of the `k` that are read with it, as far as `max_context_tokens` allow."""
    max_context_tokens: int = Field(12_000, ge=100)


class LocalSearchSettings(Section):
    """The neighbourhood of the entities that a question is about; shares are of `max_context_tokens`."""

    text_unit_prop: float = Field(0.5, gt=0.0, lt=1.0)
    community_prop: float = Field(0.15, gt=0.0, lt=1.0)
    top_k_entities: int = Field(10, ge=1)
    top_k_relationships: int = Field(10, ge=1)
    max_context_tokens: int = Field(12_000, ge=100)


class GlobalSearchSettings(Section):
    """Map-reduce over community reports."""

    data_max_tokens: int = Field(12_000, ge=100)
    """Tokens of one map batch, and of the points that are reduced."""
    community_level: int | None = Field(2, ge=0)
    """Reports at this level or, where a branch ends above it, the deepest one; None: all leaves."""
    selection: Literal["level", "dynamic", "light"] = "level"
    """Which reports are read: those of `community_level`; those rated as relevant, from the roots down to that level;
    those whose vectors are nearest to the question."""
    min_rating: float = Field(1.0, ge=0.0, le=5.0)
    """dynamic: reports rated less, 0 to 5, are left out with all below them."""
    k_reports: int = Field(20, ge=1)
    """light: reports that are read."""


class DriftSearchSettings(Section):
    """DRIFT: primer, rounds of follow-ups, reduce."""

    k_reports: int = Field(8, ge=1)
    primer_fold_tokens: int = Field(3_000, ge=100)
    """Reports are read in folds of so many tokens, all at once."""
    rounds: int = Field(2, ge=0)
    width: int = Field(4, ge=1)
    """Follow-up questions answered in a round, at most."""
    stop: Literal["rounds", "gain"] = "rounds"
    """gain: a follow-up is asked, and a round begun, only while it promises enough new evidence."""
    min_gain: float = Field(0.5, ge=0.0, le=1.0)
    """gain: how much is enough, against the most that any follow-up of the same question promised."""
    weights: Literal["ranked", "equal"] = "equal"
    """Whether the final answer weighs what was found by the scores of the answers, or all alike."""
    follow_ups: int = Field(5, ge=1)
    """Follow-up questions asked for with each answer."""
    data_max_tokens: int = Field(12_000, ge=100)
    follow_up_context_tokens: int = Field(4_000, ge=100)
    """What a follow-up reads, the root question half as much again; the shares of text units and of reports follow."""
    local_search_text_unit_prop: float = Field(0.8, gt=0.0, lt=1.0)
    local_search_community_prop: float = Field(0.05, gt=0.0, lt=1.0)


class LazySearchSettings(Section):
    """Relevance tests of text units, best first over communities; then an answer from those that help."""

    tests: int | None = Field(None, ge=1)
    """Text units that are tested, at most; None: 100 or, of a question with a budget, up to 500, as many as leave two
    fifths of it for the answer."""
    test_tokens: int = Field(3_000, ge=100)
    """Tokens of the text units that are tested in one call."""
    batch: int = Field(5, ge=1)
    """Text units of one community that are tested at once."""
    width: int = Field(8, ge=1)
    """Batches that are tested at once; more, where a quarter of the tests is more."""
    tests_per_community: int = Field(20, ge=1)
    """Of one level."""
    patience: int = Field(4, ge=1)
    """Communities in a row in which nothing helps, after which the next level is looked at."""
    neighbours: int = Field(1, ge=0)
    """Text units before and after each that helps which are tested too, with a tenth of the tests."""
    max_context_tokens: int = Field(8_000, ge=100)
    """Text units that help are answered from at once, if they have no more tokens; else claims are drawn from groups
    of so many tokens, and the answer is made from as many tokens of claims."""
    read_tokens: int = Field(24_000, ge=100)
    """Of text units from which claims are drawn."""


class Price(Section):
    """Money for a million tokens, in whatever currency you think in; nothing is assumed."""

    input: float = Field(ge=0.0)
    output: float = Field(0.0, ge=0.0)
    cached_input: float | None = Field(None, ge=0.0)
    """For prompt tokens from the provider's own prompt cache; None: as `input`."""
    batch: float = Field(0.5, ge=0.0)
    """The share of these prices that requests cost in a batch: a half, as OpenAI has it."""

    def in_batches(self) -> Price:
        """The prices of requests that go by batches."""
        update = {"input": self.input * self.batch, "output": self.output * self.batch}
        cached = {"cached_input": self.cached_input * self.batch} if self.cached_input is not None else {}
        return self.model_copy(update={**update, **cached})

    def of(self, prompt_tokens: int, completion_tokens: int = 0, cached_tokens: int = 0) -> float:
        """What so many tokens cost; `cached_tokens` are among the prompt's."""
        cached = self.input if self.cached_input is None else self.cached_input
        fresh = prompt_tokens - cached_tokens
        return (fresh * self.input + cached_tokens * cached + completion_tokens * self.output) / 1e6


class ModelSettings(Section):
    """One model at one endpoint. Only what the user set is sent: no temperature, and a limit of replies of ours only
    to servers near by, whose models may go on for ever."""

    model: str = Field(min_length=1)
    base_url: str | None = None
    """None: OpenAI's. Any OpenAI-compatible server: vLLM, Ollama, llama.cpp, LM Studio, a gateway."""
    api_key: SecretStr | None = None
    """None: the variable OPENAI_API_KEY; servers that want no key take any."""
    api_version: str | None = None
    """Set: the endpoint is Azure OpenAI's, and `model` is the deployment."""
    parameters: dict[str, JsonValue] = {}
    """Sent with every call: temperature, max_completion_tokens, reasoning_effort, ..."""
    reply_format: Literal["auto", "json_schema", "json_object", "prompt"] = "auto"
    """How the endpoint can be held to the shape of a reply. auto: as `doctor` found, else json_schema."""
    context_window: int | None = Field(None, ge=512)
    """Tokens of the model's context, from which the budgets of reports and searches are cut. None: as its server says,
    if it is near by, or `doctor` found, or as the model's error says."""
    concurrent_requests: int = Field(25, ge=1)
    """Unset, a server near by (loopback, a private network) gets one, and more as long as it stays as fast."""
    timeout_seconds: float = Field(180.0, gt=0.0)
    """For a call, from when anything last came of the endpoint; for a stream, between two pieces of it. Unset, a
    server near by that says that it lives has longer."""
    max_attempts: int = Field(6, ge=1)
    requests_per_minute: int | None = Field(None, ge=1)
    tokens_per_minute: int | None = Field(None, ge=1)
    price: Price | None = None
    """Unset: spending is told in tokens only."""


class ModelsSettings(Section):
    """Which model reads and writes, by role. A role without one is left to the embedded reader, which needs none."""

    chat: ModelSettings | None = None
    """Stands in for each of the following that is not set."""
    extract: ModelSettings | None = None
    """Reads the documents: entities, relationships, descriptions, doubtful names, claims."""
    report: ModelSettings | None = None
    """Writes the reports on communities."""
    query: ModelSettings | None = None
    """Answers questions."""
    rate: ModelSettings | None = None
    """Rates reports for global search; a small model will do. Unset: as `query`."""
    judge: ModelSettings | None = None
    """Compares answers, for evaluations."""
    embedding: ModelSettings | None = None
    """Embeds; unset: the embedded embedder. It may stand alone, without `chat`."""
    language: str = "auto"
    """Of what models write: auto (as the text, as the question) or a code such as ko or en."""
    entity_types: tuple[str, ...] = ENTITY_TYPES
    """What kinds of entities models look for."""
    gleanings: int = Field(1, ge=0)
    """Further readings of a text unit for what the first one missed."""
    prompts_dir: str | None = None
    """A folder whose .md files replace the prompts of the same name."""
    cache_dir: str = "cache"
    """Replies are kept here, below the project folder unless absolute, and never paid for twice."""


class Settings(Section):
    """All settings of one project folder."""

    root: Path = Path(".")
    """Set by whoever loads the settings, never in the file."""
    models: ModelsSettings = ModelsSettings()
    input: InputSettings = InputSettings()
    output: OutputSettings = OutputSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    copies: CopiesSettings = CopiesSettings()
    extract_graph: ExtractGraphSettings = ExtractGraphSettings()
    resolve: ResolveSettings = ResolveSettings()
    extract_claims: ExtractClaimsSettings = ExtractClaimsSettings()
    cluster_graph: ClusterGraphSettings = ClusterGraphSettings()
    community_reports: CommunityReportsSettings = CommunityReportsSettings()
    contextual_retrieval: ContextualRetrievalSettings = ContextualRetrievalSettings()
    embed_text: EmbedTextSettings = EmbedTextSettings()
    vectors: VectorsSettings = VectorsSettings()
    basic_search: BasicSearchSettings = BasicSearchSettings()
    local_search: LocalSearchSettings = LocalSearchSettings()
    global_search: GlobalSearchSettings = GlobalSearchSettings()
    drift_search: DriftSearchSettings = DriftSearchSettings()
    lazy_search: LazySearchSettings = LazySearchSettings()

    @property
    def input_folder(self) -> Path:
        """The folder of documents, below the root unless absolute; of those of an address, where copies are kept."""
        return self.root / self.input.folder if self.input.uri is None else self.cache_folder / "input"

    @property
    def cache_folder(self) -> Path:
        """Where replies of models are kept, and what is known of their endpoints."""
        return self.root / self.models.cache_dir

    @property
    def replies_file(self) -> Path:
        """Where replies of language models are kept."""
        return self.cache_folder / "replies.sqlite"

    @property
    def memo_file(self) -> Path:
        """Where is kept what was made of single documents, for the next run; nothing is lost with it."""
        return self.cache_folder / "pieces.sqlite"

    @property
    def removed_file(self) -> Path:
        """Which documents were deleted from the index, while their files may still be there."""
        return self.root / "removed.json"

    @property
    def output_folder(self) -> Path:
        """The index folder, below the root unless absolute."""
        return self.root / self.output.folder


def role_models(settings: Settings) -> dict[str, ModelSettings]:
    """The models that are set, by role; "chat" stands in for the others."""
    models = settings.models
    roles = {name: getattr(models, name) for name in ("chat", "extract", "report", "query", "rate", "judge")}
    roles["rate"] = models.rate or models.query
    return {role: model for role, model in roles.items() if model is not None}
