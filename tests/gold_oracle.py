"""A perfect model, or a worse one by a seed: it extracts the gold entities and relations of `redocred_dev`.

`build_graph` has it answer at an endpoint on loopback and takes what it says through the steps of an index. Scoring the
graph is for `gold_scores.py`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from model_server import ModelServer

from graphrag_drift import Settings
from graphrag_drift.indexing.extract import extract
from graphrag_drift.indexing.merge import merge
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.resolution.resolve import resolve_by_rules
from graphrag_drift.tables import DOCUMENTS, TEXT_UNITS
from graphrag_drift.tasks import ExtractGraph

DATA = Path(__file__).parents[2] / "shared" / "data" / "redocred_dev" / "dev_revised.json"
_TYPES = {"PER": "person", "ORG": "organization", "LOC": "place", "TIME": "time", "NUM": "number", "MISC": "other"}
Graph = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]


@dataclass(frozen=True)
class Gold:
    """A document: `names` has the mentions of each entity, the fullest first; a relation is (source, target, kind)."""

    id: str
    text: str
    names: tuple[tuple[str, ...], ...]
    types: tuple[str, ...]
    relations: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Degradation:
    """Shares: of entities and relations left out, of names given in another form, of replies that are no good JSON."""

    missed: float = 0.0
    renamed: float = 0.0
    malformed: float = 0.0


def read_gold(every: int = 1, path: Path = DATA) -> list[Gold]:
    """Every Nth document."""
    records = enumerate(json.loads(path.read_text("utf-8")))
    return [_gold(number, record) for number, record in records if number % every == 0]


def _gold(number: int, record: Mapping[str, Any]) -> Gold:
    sentences = record["sents"]
    names = []
    for entity in record["vertexSet"]:
        spelled = [" ".join(" ".join(sentences[m["sent_id"]][slice(*m["pos"])]).split()) for m in entity]
        names.append(tuple(sorted(dict.fromkeys(spelled), key=lambda name: -len(name))))
    return Gold(
        f"{number:04d}",
        " ".join(" ".join(words) for words in sentences),
        tuple(names),
        tuple(_TYPES[entity[0]["type"]] for entity in record["vertexSet"]),
        tuple(sorted({(label["h"], label["t"], label["r"]) for label in record["labels"]})),
    )


class Oracle:
    """The model: replies to a request by the document that stands in it. What it does depends on that and the seed."""

    def __init__(self, golds: Iterable[Gold], degradation: Degradation, seed: int = 0) -> None:
        self._golds = list(golds)
        self._degradation = degradation
        self._seed = seed

    def __call__(self, request: Mapping[str, Any]) -> str:
        """The text of the reply. Raises: LookupError, for a request without a known document."""
        said = [str(message["content"]) for message in request["messages"]]
        asked = next(content for role, content in zip(request["messages"], said, strict=True) if role["role"] == "user")
        gleaning = "An earlier reading" in asked  # which shows passages
        gold = next((gold for gold in self._golds if gold.text in asked), None)
        if gold is None and gleaning:
            gold = max(self._golds, key=lambda gold: sum(part in asked for part in gold.text.split(" . ")))
        if gold is None:
            raise LookupError("no document of the gold stands in the request")
        reply = {"entities": [], "relationships": []} if gleaning else self._facts(gold)
        return self._written(reply, Random(f"{self._seed} form {gold.id} {gleaning} {len(said)}"))

    def _facts(self, gold: Gold) -> dict[str, list[dict[str, Any]]]:
        random = Random(f"{self._seed} facts {gold.id}")
        told = [random.random() >= self._degradation.missed for _ in gold.names]
        entities = [
            {"name": self._name(names, random), "type": kind, "description": f"{names[0]} is in document {gold.id}."}
            for names, kind, is_told in zip(gold.names, gold.types, told, strict=True)
            if is_told
        ]
        relationships = [
            {
                "source": self._name(gold.names[source], random),
                "target": self._name(gold.names[target], random),
                "description": f"{gold.names[source][0]} {kind} {gold.names[target][0]}",
                "strength": 5,
            }
            for source, target, kind in gold.relations
            if told[source] and told[target] and random.random() >= self._degradation.missed
        ]
        return {"entities": entities, "relationships": relationships}

    def _name(self, names: Sequence[str], random: Random) -> str:
        """The fullest form or, if it is renamed, one that a reader of the document would understand."""
        if random.random() >= self._degradation.renamed:
            return names[0]
        article = "" if names[0].casefold().startswith("the ") else "the "
        others = (names[0].upper(), f"{article}{names[0]}", f"{names[0]}'s")
        return random.choice(names[1:] or others)

    def _written(self, reply: Mapping[str, Any], random: Random) -> str:
        whole = json.dumps(reply, ensure_ascii=False)
        if random.random() >= self._degradation.malformed:
            return whole
        nameless = {**reply, "entities": [*reply["entities"], {"name": "", "type": "person"}]}
        return random.choice(
            (
                f"Here is the graph:\n```json\n{whole[:-1]},}}\n```",
                whole[: len(whole) * 2 // 3],
                "I have read the text and found many interesting entities in it.",
                json.dumps(nameless, ensure_ascii=False),
            )
        )


async def build_graph(golds: Sequence[Gold], degradation: Degradation, *, seed: int = 0) -> Graph:
    """(entities, relationships, entity mentions, relationship mentions, failures) by way of a model at an endpoint."""
    with tempfile.TemporaryDirectory() as folder:
        async with ModelServer() as server:
            server.reply(Oracle(golds, degradation, seed))
            chat = {"model": "any", "base_url": server.base_url, "api_key": "any"}
            settings = Settings.model_validate({"root": folder, "models": {"chat": chat}})
            documents = _documents(golds)
            units = _text_units(golds)
            reader = models_for(settings).reader_of(ExtractGraph)(Lexicon.from_texts(units["text"]))
            said = await extract(documents, units, reader=reader)
    mentions, related, _ = resolve_by_rules(said[0], said[1], units, settings=settings.resolve)
    return *merge(mentions, related, units), mentions, related, said[2]


def _documents(golds: Sequence[Gold]) -> pl.DataFrame:
    columns: dict[str, Any] = {name: [None] * len(golds) for name in DOCUMENTS}
    columns |= {"id": [gold.id for gold in golds], "language": ["en"] * len(golds)}
    return pl.DataFrame({**columns, "text": [gold.text for gold in golds]}, schema=DOCUMENTS)


def _text_units(golds: Sequence[Gold]) -> pl.DataFrame:
    columns: dict[str, Any] = {name: [None] * len(golds) for name in TEXT_UNITS}
    columns |= {"id": [gold.id for gold in golds], "document_id": [gold.id for gold in golds]}
    columns |= {"text": [gold.text for gold in golds], "start": [0] * len(golds)}
    return pl.DataFrame({**columns, "end": [len(gold.text) for gold in golds]}, schema=TEXT_UNITS)
