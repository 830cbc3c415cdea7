"""What a model adds to the graph: one description of many, and the claims of the texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.errors import ProviderError, SettingsError
from graphrag_drift.providers.protocols import Maker, Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.tasks import (
    AnswerQuestion,
    ClaimDraft,
    ClaimDrafts,
    EntityDraft,
    ExtractClaims,
    ExtractGraph,
    FindingDraft,
    GraphDraft,
    RelationshipDraft,
    ReportDraft,
    SummarizeDescriptions,
    WriteReport,
)

TEXTS = {
    "a.txt": "Petra Voss sold the Aldane Mill to Corin Bank on 2 May 2025. Nobody was told.",
    "b.txt": "Petra Voss denied that she had hidden the sale of the Aldane Mill.",
}
QUOTE = "Petra Voss denied that she had hidden the sale"


def drafts(task: ExtractGraph) -> GraphDraft:
    said = "sold it" if "sold" in task.text else "denied it"
    voss = EntityDraft("Petra Voss", "person", f"Petra Voss {said}.", 0, 10)
    mill = EntityDraft("Aldane Mill", "place", "A mill.")
    return GraphDraft((voss, mill), (RelationshipDraft("Petra Voss", "Aldane Mill", f"She {said}.", 5.0, 0, 30),))


def claims(task: ExtractClaims) -> ClaimDrafts:
    if QUOTE not in task.text:
        return ClaimDrafts(gaps=("1 of 1 claims could not be used",))
    start = task.text.index(QUOTE)
    hidden = ClaimDraft(
        *("the petra voss", "Corin Bank", "concealment", "SUSPECTED", "She is said to have hidden the sale."),
        *("2025-05", "2025-05", QUOTE, start, start + len(QUOTE)),
    )
    return ClaimDrafts((hidden,))


SCRIPT: dict[type, Any] = {
    ExtractGraph: drafts,
    ExtractClaims: claims,
    SummarizeDescriptions: lambda task: " And ".join(task.descriptions),
    WriteReport: lambda task: (
        ReportDraft(
            "The mill",
            "It was sold.",
            (FindingDraft("A claim", f"She hid it [{task.claims[0].mark}]."),),
            5.0,
            "Because.",
        )
        if task.claims
        else ReportDraft("The mill", "It was sold.", (), 5.0, "Because.")
    ),
    AnswerQuestion: lambda task: f"It was hidden [{next(row.mark for row in task.context if row.kind == 'claim')}].",
}


def built(root: Path, *, enabled: bool = False, **changed: Any) -> tuple[Index, Any, ScriptedReader]:
    (root / "input").mkdir()
    for name, text in TEXTS.items():
        (root / "input" / name).write_text(text, "utf-8")
    settings = Settings.model_validate({"root": root, "extract_claims": {"enabled": enabled}})
    reader = ScriptedReader(SCRIPT | {globals()[name]: reply for name, reply in changed.items()})
    own = models_for(settings)
    maker: Maker[Any] = Maker(lambda _: reader, lambda: reader.id, composes=True)
    models = Models(maker, own.embedder, own.tokenizer)
    run = build_index_sync(settings, models=models)
    return Index.open_sync(settings, models=models), run, reader


def test_what_several_texts_say_of_one_entity_becomes_one_description_with_all_their_places(tmp_path: Path) -> None:
    index, run, reader = built(tmp_path)
    assert run.failures.is_empty()
    voss = index.graph.entities.row(by_predicate=pl.col("title") == "Petra Voss", named=True)
    assert set(voss["description"].split(" And ")) == {"Petra Voss sold it.", "Petra Voss denied it."}
    assert len({span["document_id"] for span in voss["evidence"]}) == 2
    [pair] = index.graph.relationships.to_dicts()
    assert set(pair["description"].split(" And ")) == {"She sold it.", "She denied it."}
    assert {span["end"] - span["start"] for span in pair["evidence"]} == {30}
    asked = [task.name for task in reader.asked if isinstance(task, SummarizeDescriptions)]
    assert sorted(asked) == ["Petra Voss", f"{pair['source']}; {pair['target']}"]  # "A mill." was said twice


def test_a_model_is_told_the_document_of_a_text_and_the_dates_of_what_was_said_in_the_order_of_time(
    tmp_path: Path,
) -> None:
    settings = Settings.model_validate({"root": tmp_path})
    reader = ScriptedReader(SCRIPT)
    own = models_for(settings)
    models = Models(Maker(lambda _: reader, lambda: reader.id, composes=True), own.embedder, own.tokenizer)
    rows = [
        {"id": "1", "title": "A denial", "text": TEXTS["b.txt"], "date": "2025-05-09", "author": "Ina Holm"},
        {"id": "2", "title": "A sale", "text": f"# The mill\n\n{TEXTS['a.txt']}", "date": "2025-05-03", "author": ""},
    ]
    build_index_sync(settings, documents=pl.DataFrame(rows), models=models)
    asked = {task.document for task in reader.asked if isinstance(task, ExtractGraph)}
    assert asked == {"title: A denial\ndate: 2025-05-09\nauthor: Ina Holm", "title: A sale\ndate: 2025-05-03"}
    [voss] = [t for t in reader.asked if isinstance(t, SummarizeDescriptions) and t.name == "Petra Voss"]
    assert voss.descriptions == ("Petra Voss sold it.", "Petra Voss denied it.")
    assert voss.dates == ("2025-05-03", "2025-05-09")


def test_a_description_that_fails_is_named_and_the_best_single_one_stays(tmp_path: Path) -> None:
    index, run, _ = built(tmp_path, SummarizeDescriptions=ProviderError("no"))
    assert set(run.failures["step"]) == {"describe"}
    assert "Petra Voss" in run.failures["item"].to_list()
    voss = index.graph.entities.row(by_predicate=pl.col("title") == "Petra Voss", named=True)
    assert voss["description"] in {"Petra Voss sold it.", "Petra Voss denied it."}


def test_claims_become_rows_with_their_quote_and_reach_reports_and_local_search(tmp_path: Path) -> None:
    index, run, reader = built(tmp_path, enabled=True)
    [claim] = index.graph.covariates.to_dicts()
    assert (claim["subject_id"], claim["object_id"], claim["status"]) == ("Petra Voss", "Corin Bank", "SUSPECTED")
    assert index.graph.texts[claim["document_id"]][claim["start"] : claim["end"]] == claim["source_text"] == QUOTE
    assert run.failures.rows() == [("claims", run.failures["item"][0], "1 of 1 claims could not be used")]
    linked = index.graph.text_units.filter(pl.col("covariate_ids").list.contains(claim["id"]))["id"].to_list()
    assert linked == [claim["text_unit_id"]]
    [report] = index.graph.community_reports.to_dicts()
    span = report["evidence"][0]
    assert index.graph.texts[span["document_id"]][span["start"] : span["end"]] == QUOTE
    answer = index.ask_sync("What is Petra Voss said to have hidden?", method="local")
    assert [citation.quote for citation in answer.citations] == [QUOTE]
    asked = [task for task in reader.asked if isinstance(task, ExtractClaims)]
    assert {task.entities for task in asked} == {("Petra Voss", "Aldane Mill")}


def test_claims_are_off_unless_asked_for_and_need_a_model(tmp_path: Path) -> None:
    index, _, reader = built(tmp_path)
    assert not [task for task in reader.asked if isinstance(task, ExtractClaims)]
    assert index.graph.covariates.is_empty()
    settings = Settings.model_validate({"root": tmp_path, "extract_claims": {"enabled": True}})
    with pytest.raises(SettingsError, match=r"claims need a language model: set models\.extract or models\.chat"):
        build_index_sync(settings)


def test_the_embedded_reader_is_not_asked_for_descriptions(newsroom_index: Index) -> None:
    texts = newsroom_index.graph.texts
    for row in newsroom_index.graph.entities.head(20).iter_rows(named=True):
        span = row["evidence"][0]
        said = texts[span["document_id"]][span["start"] : span["end"]]
        antecedents = r" \[[^\[\]]*\]"  # "Its [the ferry's] captain"
        assert " ".join(said.split()) == " ".join(re.sub(antecedents, "", row["description"]).split())
