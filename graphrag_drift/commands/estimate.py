"""settings and input -> what indexing would ask of models, by stage, before anything is spent.

The pipeline of `index` runs in memory with made-up replies (`simulated.py`): text units, prompts and
skipped steps are exactly those of the run, only what models say is a guess. Repeated calls after a useless reply are
not foreseen. It asks nobody and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from graphrag_drift.app import load_input, newest_date, standard_pipeline
from graphrag_drift.commands.simulated import EMBED, CallLedger, SimulatedAsker, SimulatedEmbedder
from graphrag_drift.errors import IndexNotReady
from graphrag_drift.indexing.pipeline import run
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.llm.asking import Asker
from graphrag_drift.providers.llm.cache import ReplyCache
from graphrag_drift.providers.llm.cached import CachedVectors
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.openai.concurrency import work_of
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.endpoints import Capability, Endpoints, fit_to_models, load_capabilities
from graphrag_drift.providers.protocols import Models, Reader
from graphrag_drift.providers.resolve import asking_for, model_of, models_for, reader_of
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.store.manifest import Manifest, NewerIndex
from graphrag_drift.store.store import Store, store_of
from graphrag_drift.tasks import TASKS
from graphrag_drift.values import Usage

_ENDS = ("expected", "least", "most")
_STAGES = {
    **{name: name for kind in TASKS if kind.stage for name in kind.further_prompts},
    **{kind.prompt: kind.stage for kind in TASKS if kind.stage},
    EMBED: "embeddings",
}
"""How each prompt of indexing is called."""
_FEWEST_CACHED = 3  # replies from which their lengths say something
_OURS_COUNT = 10  # replies


@dataclass(frozen=True, slots=True)
class Spread:
    """How far calls, prompt tokens and completion tokens may be from what is expected: (least, most) times."""

    calls: tuple[float, float] = (1.0, 1.0)
    prompt: tuple[float, float] = (1.0, 1.0)
    completion: tuple[float, float] = (1.0, 1.0)


# What benchmarks/estimate.py saw, rounded outwards: without kept replies of the stage, and with. Wide: what hangs on
# how often names recur (descriptions), or was never recorded (doubtful names).
_SPREADS = {
    "extract_graph": (Spread(completion=(0.6, 1.9)), Spread(completion=(0.8, 1.3))),
    "glean": (Spread((0.4, 1.2), (0.4, 1.3), (0.2, 1.9)), Spread((0.4, 1.2), (0.4, 1.3), (0.4, 1.9))),
    "extract_claims": (Spread((1.0, 1.0), (0.9, 1.1), (0.3, 2.0)), Spread((1.0, 1.0), (0.9, 1.1), (0.8, 1.3))),
    "write_report": (Spread((0.8, 1.5), (0.7, 1.4), (0.5, 1.7)), Spread((0.8, 1.5), (0.7, 1.4), (0.8, 1.5))),
    "place_text_unit": (Spread(completion=(0.5, 1.5)), Spread(completion=(0.7, 1.4))),
    EMBED: (Spread((0.6, 1.4), (0.6, 1.4)), Spread((0.6, 1.4), (0.6, 1.4))),
}
_WIDE = (0.2, 3.0)
_UNMEASURED = (Spread(_WIDE, _WIDE, _WIDE), Spread(_WIDE, _WIDE, _WIDE))


@dataclass(frozen=True, slots=True)
class Stage:
    """What one kind of call is expected to take, and the least and the most of it.

    `kept` are replies of the cache, which cost nothing and are not among the calls. `money` is at the prices of the
    settings; None: there is none for this model.
    """

    name: str
    model: str
    kept: int
    expected: Usage
    least: Usage
    most: Usage
    priced: bool
    seconds: float | None = None
    """Of the expected calls one after another, at the speed that `doctor` measured; None: it did not."""


@dataclass(frozen=True)
class Estimate:
    """The stages in the order of the run; none, if no model is asked. `calibrated`: by kept replies of this project."""

    stages: tuple[Stage, ...]
    text_units: int
    calibrated: bool

    @property
    def total(self) -> tuple[Usage, Usage, Usage]:
        """(expected, least, most) of all stages."""
        whole = [sum((getattr(stage, end) for stage in self.stages), Usage()) for end in _ENDS]
        return whole[0], whole[1], whole[2]

    @property
    def hours(self) -> float | None:
        """Of the expected calls one after another; None, if the speed of a model is not known."""
        seconds = [stage.seconds for stage in self.stages]
        return sum(each for each in seconds if each is not None) / 3600 if seconds and None not in seconds else None

    @property
    def priced(self) -> bool:
        """Whether every model has a price."""
        return all(stage.priced for stage in self.stages)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; money is None where no price is set."""
        expected, least, most = (_json(usage, self.priced) for usage in self.total)
        return {
            "text_units": self.text_units,
            "calibrated": self.calibrated,
            "stages": [
                {"stage": stage.name, "model": stage.model, "kept": stage.kept}
                | {end: _json(getattr(stage, end), stage.priced) for end in _ENDS}
                for stage in self.stages
            ],
            "hours": self.hours,
            "total": {"expected": expected, "least": least, "most": most},
        }


async def estimate_index(
    settings: Settings, *, documents: pl.DataFrame | Any | None = None, batch: bool = False
) -> Estimate:
    """What `build_index` would ask of models now; `batch`: at the prices of batches.

    Raises: SettingsError, PromptError, as `build_index`.
    """
    frame = load_input(settings, documents).documents
    settings = fit_to_models(settings)
    real = models_for(settings)
    if settings.models.embedding is None and not any(kind.stage for kind in real.readers):
        return Estimate((), 0, calibrated=False)
    cache = ReplyCache(settings.replies_file) if settings.replies_file.exists() else None
    try:
        ledger, units = await _simulate(settings, frame, real, cache, {})
        lengths = _lengths(cache, ledger)
        if lengths:
            ledger, units = await _simulate(settings, frame, real, cache, lengths)
    finally:
        if cache is not None:
            cache.close()
    return Estimate(tuple(_stages(ledger, settings, lengths, batch)), units, bool(lengths))


async def _simulate(
    settings: Settings,
    documents: pl.DataFrame,
    real: Models,
    cache: ReplyCache | None,
    lengths: Mapping[str, float],
) -> tuple[CallLedger, int]:
    """What a run would ask, and the number of text units."""
    ledger = CallLedger()
    models = _simulated(settings, real, ledger, cache, lengths)
    store = store_of(settings)
    simulation = await run(
        standard_pipeline(models, settings, period=newest_date(documents)),
        {"input": documents},
        previous=_previous(store),
        read=store.read,
    )
    return ledger, len(simulation.tables["work/text_units"])


def _previous(store: Store) -> Manifest | None:
    """The index that a run would build on."""
    try:
        store.fetch()
        return None if store.damage() else store.manifest()
    except NewerIndex:
        raise
    except IndexNotReady:
        return None


def _simulated(
    settings: Settings, real: Models, ledger: CallLedger, cache: ReplyCache | None, lengths: Mapping[str, float]
) -> Models:
    """`real` under the same ids, but nobody is asked."""
    models = real
    if real.readers:
        asking = asking_for(settings, Endpoints(settings, real.tokenizer))

        made: list[Reader] = []  # one for all tasks, since a run has one corpus

        def simulated(lexicon: Lexicon) -> Reader:
            if not made:
                extractor = real.reader(lexicon)
                asker: Asker = SimulatedAsker(asking, extractor, real.tokenizer, ledger, cache=cache, lengths=lengths)
                made.append(reader_of(asker, settings, real.tokenizer))
            return made[0]

        models = replace(real, readers={kind: replace(maker, make=simulated) for kind, maker in real.readers.items()})
    if settings.models.embedding is not None:
        embedder = OpenAIEmbedder(settings.models.embedding, real.tokenizer)
        vectors = CachedVectors(cache, embedder.id) if cache is not None else None
        simulated_embedder = SimulatedEmbedder(embedder, real.tokenizer, ledger, vectors)
        models = replace(models, embedder=replace(real.embedder, make=lambda _: simulated_embedder))
    return models


def _lengths(cache: ReplyCache | None, ledger: CallLedger) -> dict[str, float]:
    """By prompt, how much longer kept replies are than ours: on the same requests where there are any.

    Few of them count little: ours count as `_OURS_COUNT` more that were just right.
    """
    if cache is None:
        return {}
    calls: dict[str, Usage] = {}
    for (prompt, _), usage in ledger.usage.items():
        calls[prompt] = calls.get(prompt, Usage()) + usage
    lengths = {}
    for prompt, used in cache.stats().usage.items():
        number, (theirs, ours) = ledger.cached.get(prompt, 0), ledger.lengths.get(prompt, (0, 0))
        if number < _FEWEST_CACHED and calls.get(prompt, Usage()).calls and used.completion_tokens:
            number, theirs = used.calls, used.completion_tokens
            ours = round(calls[prompt].completion_tokens * number / calls[prompt].calls)
        if number >= _FEWEST_CACHED and ours:
            prior = _OURS_COUNT * ours / number
            lengths[prompt] = (theirs + prior) / (ours + prior)
    return lengths


def _stages(ledger: CallLedger, settings: Settings, lengths: Mapping[str, float], batch: bool) -> list[Stage]:
    """In the order of the run; a stage whose replies are all there already is one without calls."""
    stages = []
    known = load_capabilities(settings.cache_folder)
    # Vectors are last, though names are embedded while they are resolved.
    for (prompt, role), usage in sorted(ledger.usage.items(), key=lambda item: item[0][0] == EMBED):
        model = _model(role, settings)
        if batch and model.price:
            model = model.model_copy(update={"price": model.price.in_batches()})
        cached = ledger.cached.get(prompt, 0)
        stage = _stage(prompt, model, usage, cached, calibrated=prompt in lengths)
        speed = known.get(model_id(model), Capability()).tokens_per_second
        stages.append(replace(stage, seconds=work_of(stage.expected) / speed if speed else None))
    return stages


def _model(role: str, settings: Settings) -> ModelSettings:
    model = settings.models.embedding if role == EMBED else model_of(settings, role)
    assert model is not None
    return model


def _stage(prompt: str, model: ModelSettings, expected: Usage, cached: int, *, calibrated: bool) -> Stage:
    spread = _SPREADS.get(prompt, _UNMEASURED)[calibrated]
    expected, least, most = (
        replace(end, money=model.price.of(end.prompt_tokens, end.completion_tokens)) if model.price else end
        for end in (expected, _scaled(expected, spread, 0), _scaled(expected, spread, 1))
    )
    return Stage(_STAGES[prompt], model.model, cached, expected, least, most, priced=model.price is not None)


def _scaled(usage: Usage, spread: Spread, end: int) -> Usage:
    return replace(
        usage,
        calls=round(usage.calls * spread.calls[end]),
        prompt_tokens=round(usage.prompt_tokens * spread.prompt[end]),
        completion_tokens=round(usage.completion_tokens * spread.completion[end]),
    )


def _json(usage: Usage, priced: bool) -> dict[str, Any]:
    counts = {name: getattr(usage, name) for name in ("calls", "prompt_tokens", "completion_tokens")}
    return counts | {"money": round(usage.money, 6) if priced else None}
