"""Replies that real models gave to other programs become graphs and reports; every record is accounted for."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from graphrag_drift.errors import ProviderError
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.indexing.extract import extract
from graphrag_drift.indexing.merge import merge
from graphrag_drift.indexing.report import report
from graphrag_drift.indexing.root import with_root
from graphrag_drift.interop.recorded import (
    Recorded,
    RecordedReader,
    Rejected,
    as_read,
    import_nano_cache,
    import_openie,
    is_delimited,
    parse_delimited,
    place_drafts,
)
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.resolution.resolve import resolve_by_rules
from graphrag_drift.settings import ClusterGraphSettings, CommunityReportsSettings, ResolveSettings
from graphrag_drift.tables import COVARIATES, DOCUMENTS, TEXT_UNITS, empty
from graphrag_drift.tasks import EntityDraft, ExtractGraph, GraphDraft, RelationshipDraft

DATA = Path(__file__).parents[2] / "shared" / "data"
CACHES = {
    "gpt4o": DATA / "llm_replies_gpt4o" / "mock_cache.json",
    "dickens": DATA / "llm_replies_dickens" / "kv_store_llm_response_cache.json",
}
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not at ../shared/data")
ANN = EntityDraft("Ann", "person", "Ann runs Corin.")
CORIN = EntityDraft("Corin", "organization", "A bank.")
RUNS = RelationshipDraft("Ann", "Corin", "Ann runs Corin.", 7.0)
ANN_SAID = '("entity"<|>"Ann"<|>"person"<|>"Ann runs Corin.")'
CORIN_SAID = '("entity"<|>"Corin"<|>"organization"<|>"A bank.")'
RUNS_SAID = '("relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."<|>7)'


def test_a_reply_as_agreed_is_read_whole() -> None:
    parsed = parse_delimited(f"{ANN_SAID}##\n{CORIN_SAID}##\n{RUNS_SAID}##\n<|COMPLETE|>")
    assert parsed.draft == GraphDraft((ANN, CORIN), (RUNS,))
    assert (parsed.rejected, parsed.repaired, parsed.complete) == ((), (), True)


def test_an_end_marker_without_separator_costs_neither_the_last_strength_nor_the_next_record() -> None:
    parsed = parse_delimited(f"{ANN_SAID}##{RUNS_SAID}<|COMPLETE|>{CORIN_SAID}<|COMPLETE|>")
    assert parsed.draft == GraphDraft((ANN, CORIN), (RUNS,))
    assert parsed.repaired == ()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ('("relation"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."<|>7)', "kind 'relation' for 'relationship'"),
        ("(“relationship”<|>“Ann”<|>“Corin”<|>“Ann runs Corin.”<|>7)", "typographic quotes"),
        ('("relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."|>7)', "damaged delimiter"),
        ('("relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."</|>7)', "damaged delimiter"),
        ('("relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."7)', "no delimiter before the strength"),
        ('("relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."<|>"work"<|>7)', "a field too many"),
        ('"relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."<|>7)', ""),
        ("(relationship<|>Ann<|>Corin<|>Ann runs Corin.<|>7.0)", ""),
        ('1. ("relationship"<|> "Ann" <|> "Corin" <|> "Ann runs\n Corin." <|> "7" )', ""),
        ('**Relationships:**\n\n```\n("relationship"<|>""Ann""<|>Corin<|>Ann runs Corin.<|>7)\n```', ""),
    ],
)
def test_a_record_written_loosely_is_kept_and_what_was_wrong_is_told(said: str, wrong: str) -> None:
    parsed = parse_delimited(said)
    assert parsed.draft == GraphDraft((), (RUNS,))
    assert parsed.repaired == ((wrong,) if wrong else ())
    assert parsed.rejected == ()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('("entity"<|>"Ann"<|>"person")', "an entity of 2 fields, expected name, type, description"),
        ('("entity"<|>""<|>"person"<|>"Nobody.")', "an entity without a name"),
        ('("relationship"<|>"Ann"<|>""<|>"Ann runs."<|>7)', "a relationship without a source or target"),
        (
            '("relationship"<|>"Ann"<|>"Corin")',
            "a relationship of 2 fields, expected source, target, description, strength",
        ),
        ('("claim"<|>"Ann"<|>"Corin")', "a record of the unknown kind 'claim'"),
        ('("entity"<|>"Ann"<|>"person"<|>"Ann runs Cor', "cut off before its end"),
        ('("entity"<|>"Ann"<|>"person"<|>"Ann (born 1960) runs Cor', "cut off before its end"),
        ("I found one more entity, Ann.", "text that is no record"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_reason_and_the_rest_kept(said: str, reason: str) -> None:
    parsed = parse_delimited(f"{CORIN_SAID}##\n{said}")
    assert parsed.draft == GraphDraft((CORIN,))
    assert parsed.rejected == (Rejected(said, reason),)
    assert not parsed.complete


@pytest.mark.parametrize("strength", ["nan", "inf", "-3", "0", "strong", ""])
def test_a_strength_that_is_no_positive_number_is_none(strength: str) -> None:
    parsed = parse_delimited(f'("relationship"<|>"Ann"<|>"Corin"<|>"Ann runs Corin."<|>{strength})')
    assert [relationship.strength for relationship in parsed.draft.relationships] == [None]
    assert parsed.repaired == ("no strength",)


def test_brackets_and_separators_inside_a_description_end_no_record() -> None:
    said = '("entity"<|>"Ann (CEO)"<|>"person"<|>"Ann (born 1960) ## heads (most of) Corin")##\n'
    assert [each.description for each in parse_delimited(said + CORIN_SAID).draft.entities] == [
        "Ann (born 1960) ## heads (most of) Corin",
        "A bank.",
    ]


@pytest.mark.parametrize(
    "reply", ["(" * 50_000, '("entity"<|>' * 5_000, "##" * 50_000, "(" + "1" * 50_000, "\n" * 50_000]
)
def test_a_hostile_reply_costs_no_more_than_its_length(reply: str) -> None:
    parsed = parse_delimited(reply)
    assert parsed.draft == GraphDraft()


def test_prose_and_json_are_not_taken_for_records() -> None:
    assert not is_delimited('{"title": "Entities (entity)"}')
    assert not is_delimited("The entity Ann runs Corin (a bank).")
    assert is_delimited("<|COMPLETE|>")


def test_gleaned_replies_join_the_first_and_get_their_places_in_the_text() -> None:
    text = "Ann runs Corin. Corin is a bank."
    first = parse_delimited(f"{ANN_SAID}<|COMPLETE|>").draft
    gleaned = parse_delimited(f"{ANN_SAID}##{CORIN_SAID}##{RUNS_SAID}<|COMPLETE|>").draft
    assert place_drafts([first, gleaned], ["Nothing to see.", text])[text] == GraphDraft(
        (EntityDraft("Ann", "person", "Ann runs Corin.", 0, 3), EntityDraft("Corin", "organization", "A bank.", 9, 14)),
        (RelationshipDraft("Ann", "Corin", "Ann runs Corin.", 7.0, 0, 15),),
    )


def test_replies_that_hold_nothing_of_use_are_rejected_by_their_key() -> None:
    recorded = import_nano_cache(
        {"a": {"return": ""}, "b": 3, "c": {"return": '{"title": "T"}'}, "d": {"return": "Hm."}}
    )
    assert [(record.where, record.reason.split(":")[0]) for record in recorded.rejected] == [
        ("a", "there is no reply in it"),
        ("b", "there is no reply in it"),
        ("c", "summary"),
    ]
    assert recorded.texts == {"d": "Hm."}


def test_a_reader_of_recorded_replies_says_what_was_not_recorded() -> None:
    reader = RecordedReader({"Ann.": GraphDraft((ANN,))})
    assert asyncio.run(reader.read(ExtractGraph("Ann."))) == GraphDraft((ANN,))
    with pytest.raises(ProviderError, match=r"no reply was recorded for the text that begins with 'Bob\.'"):
        asyncio.run(reader.read(ExtractGraph("Bob.")))


@cache
def recorded_cache(name: str) -> Recorded:
    return import_nano_cache(json.loads(CACHES[name].read_text("utf-8")))


@real
@pytest.mark.parametrize(
    ("name", "account", "repaired"),
    [
        (
            "gpt4o",
            {"extractions": 84, "reports": 101, "maps": 0, "texts": 2, "entities": 654, "relationships": 520}
            | {"repaired": 17, "rejected": 0},
            {"damaged delimiter": 10, "kind 'relation' for 'relationship'": 5, "typographic quotes": 2},
        ),
        (
            "dickens",
            {"extractions": 108, "reports": 32, "maps": 1, "texts": 10, "entities": 776, "relationships": 372}
            | {"repaired": 53, "rejected": 0},
            {
                "a field too many": 33,
                "no strength": 16,
                "damaged delimiter": 3,
                "no delimiter before the strength": 1,
            },
        ),
    ],
)
def test_every_reply_and_record_of_a_real_cache_is_accounted_for(
    name: str, account: dict[str, int], repaired: dict[str, int]
) -> None:
    recorded = recorded_cache(name)
    assert recorded.account == account
    assert recorded.repaired == repaired
    replies = [entry["return"] for entry in json.loads(CACHES[name].read_text("utf-8")).values()]
    assert sum(account[kind] for kind in ("extractions", "reports", "maps", "texts")) == len(replies)
    openings = [f"({quote}{kind}" for quote in '"“' for kind in ("entity", "relation")]
    begun = sum(reply.count(opening) for reply in replies for opening in openings)
    assert begun == account["entities"] + account["relationships"] + account["rejected"]


def story() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The source of both caches as a document, and its recorded chunks as text units."""
    text = (DATA / "llm_replies_gpt4o" / "mock_data.txt").read_text("utf-8")
    chunks = json.loads((DATA / "llm_replies_dickens" / "kv_store_text_chunks.json").read_text("utf-8"))
    columns: dict[str, list[Any]] = {name: [None] * len(chunks) for name in TEXT_UNITS}
    columns |= {"id": list(chunks), "document_id": ["carol"] * len(chunks)}
    columns |= {"text": [chunk["content"] for chunk in chunks.values()]}
    columns |= {"start": [text.index(chunk) for chunk in columns["text"]]}
    columns |= {"end": [start + len(chunk) for start, chunk in zip(columns["start"], columns["text"], strict=True)]}
    document = dict.fromkeys(DOCUMENTS) | {"id": "carol", "title": "A Christmas Carol", "text": text}
    documents = pl.DataFrame([document | {"language": "en", "creation_date": ""}], schema=DOCUMENTS)
    return documents, pl.DataFrame(columns, schema=TEXT_UNITS)


@real
@pytest.mark.parametrize(
    ("name", "mentions", "statements", "entities", "relationships", "of_itself", "communities", "unreported"),
    [("gpt4o", 638, 511, 385, 374, 2, 44, 0), ("dickens", 685, 370, 406, 249, 1, 49, 0)],
)
def test_real_replies_become_a_graph_and_reports(
    name: str,
    mentions: int,
    statements: int,
    entities: int,
    relationships: int,
    of_itself: int,
    communities: int,
    unreported: int,
) -> None:
    """Kept records become mentions (the same name twice in a text unit is one), mentions become entities."""
    recorded = recorded_cache(name)
    documents, units = story()
    graphs = place_drafts(recorded.graphs.values(), units["text"].to_list())
    reader = RecordedReader(graphs, list(recorded.reports.values()))
    tokenizer = tokenizer_for("approximate")
    named, related, failures = asyncio.run(extract(documents, units, reader=reader))
    named, related, _ = resolve_by_rules(named, related, units, settings=ResolveSettings())
    found, pairs = merge(named, related, units)
    groups = cluster(found, pairs, settings=ClusterGraphSettings(), period="")
    reports, missing = asyncio.run(
        report(
            documents,
            found,
            pairs,
            related,
            empty(COVARIATES),
            groups,
            reader=reader,
            tokenizer=tokenizer,
            settings=CommunityReportsSettings(),
        )
    )
    assert failures.is_empty()
    assert (named.height, related.height) == (mentions, statements)
    assert (found.height, pairs.height) == (entities, relationships)
    assert related.filter(pl.col("source_title") == pl.col("target_title")).height == of_itself
    assert (groups.height, missing.height) == (communities, unreported)
    reported = with_root(groups, found, pairs)
    assert reports.height == reported.height - unreported
    assert set(reports["title"]) <= {draft.title for draft in recorded.reports.values()}
    assert all("no report was recorded on any of" in reason for reason in missing["reason"])


@real
def test_openie_triples_become_a_graph_and_malformed_ones_are_quarantined() -> None:
    lines = (DATA / "musique_100" / "openie_gpt-3.5-turbo-1106.jsonl").read_text("utf-8").splitlines()
    passages = [json.loads(line) for line in lines]
    recorded = import_openie(passages)
    assert recorded.account["relationships"] + recorded.account["rejected"] == 17_419
    assert Counter(record.reason for record in recorded.rejected) == {
        "4 parts, expected subject, predicate, object": 112,
        "2 parts, expected subject, predicate, object": 70,
        "5 parts, expected subject, predicate, object": 2,
        "6 parts, expected subject, predicate, object": 1,
    }
    assert recorded.rejected[0] == Rejected(
        '["Our World", "broadcast via satellite"]', "2 parts, expected subject, predicate, object", "21"
    )
    assert sum(len(draft.gaps) for draft in recorded.graphs.values()) == 185


@real
def test_openie_triples_of_a_passage_stand_where_the_passage_says_them() -> None:
    first = (DATA / "musique_100" / "openie_gpt-3.5-turbo-1106.jsonl").read_text("utf-8").split("\n", 1)[0]
    passage = json.loads(first)
    draft = as_read(passage["passage"], import_openie([passage]).graphs.values())
    by_target = {each.target: each for each in draft.relationships}
    published = by_target["American Institute of Physics"]
    assert "published monthly by the American Institute" in passage["passage"][published.start : published.end]
    assert published.strength is None
    assert [entity.type for entity in draft.entities] == ["other"] * len(draft.entities)
