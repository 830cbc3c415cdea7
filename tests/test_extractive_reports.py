"""ExtractGraph and WriteReport by the embedded reader."""

import asyncio
import re

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.embedded.reports import distinct_names
from graphrag_drift.tasks import ExtractGraph, ReportDraft, WriteReport
from graphrag_drift.values import Shown, Span

SENTENCES = (
    ("Members of the Dockworkers Federation began a strike at Halden Port on Monday.", "2025-03-03"),
    (
        "The Dockworkers Federation wants Meridian Shipping to give up its automated cranes at Halden Port.",
        "2025-03-03",
    ),
    ("Members of the Dockworkers Federation on Monday began a strike at Halden Port.", "2025-03-04"),
    ("Fog lay over the harbor and the clocks struck nine.", "2025-03-04"),
    ("He said that nobody would give in.", "2025-03-04"),
    ("Rosa Lind, the president of the Dockworkers Federation, said the automated cranes would cost 310 jobs.", ""),
    ("Meridian Shipping offered members of the Dockworkers Federation a raise of 9 percent over four years.", ""),
    ("The strike at Halden Port ended on 30 March 2025 after Meridian Shipping agreed to fewer automated cranes.", ""),
    ("Halden Port handles a fifth of the country's containers, and Meridian Shipping leases three of its piers.", ""),
)
MEMBERS = ("Meridian Shipping", "Dockworkers Federation", "Halden Port", "Rosa Lind")


def task(sentences: tuple[tuple[str, str], ...] = SENTENCES, members: tuple[str, ...] = MEMBERS) -> WriteReport:
    entities = tuple(Shown(i, "entity", "", (), name, score=1 - i / 10) for i, name in enumerate(members, start=1))
    sources = tuple(
        Shown(10 + i, "source", text, (Span(f"d{i}", f"t{i}", 0, len(text)),), f"Article {i}", date, 1 - i / 20)
        for i, (text, date) in enumerate(sentences)
    )
    return WriteReport(entities, (), sources)


def embedded(*texts: str) -> ExtractiveReader:
    return ExtractiveReader(Lexicon.from_texts(texts or [text for text, _ in SENTENCES]))


def report() -> ReportDraft:
    return asyncio.run(embedded().read(task()))


def body(draft: ReportDraft) -> str:
    return " ".join([draft.summary, *(finding.explanation for finding in draft.findings)])


def test_title_names_the_topic_and_the_most_central_members():
    assert report().title == "Automated cranes: Meridian Shipping, Dockworkers Federation, Halden Port"


def test_every_sentence_of_a_report_stands_in_the_row_it_cites():
    rows = {row.mark: row.text for row in task().sources}
    cited = re.findall(r"(.+?)(?: \(reported [^)]*\))? \[(\d+)\] ?", body(report()))
    assert len(cited) >= 5
    assert all(sentence.strip() == rows[int(mark)] for sentence, mark in cited)


def test_report_says_nothing_twice_though_a_wire_copy_does():
    assert body(report()).count("began a strike") + body(report()).count("Monday began") == 1


def test_scenery_and_pronouns_without_a_name_stay_out():
    assert "Fog lay" not in body(report())
    assert "He said" not in body(report())


def test_relative_date_is_kept_with_the_date_of_its_article():
    assert re.search(
        r"on Monday\. \(reported 3 March 2025\) \[\d+\]|on Monday began .*? \(reported 4 March 2025\)", body(report())
    )


def test_headings_are_made_of_names_and_topics_and_differ():
    headings = [finding.summary for finding in report().findings]
    assert len(set(headings)) == len(headings)
    assert all(any(member in heading for member in MEMBERS) for heading in headings)


def test_rating_says_what_it_rests_on():
    draft = report()
    assert 0 <= draft.rating <= 10
    assert draft.rating_explanation == (
        "9 documents speak of its 4 entities, and its most central one, Meridian Shipping, has 90% as many links as "
        "the best-connected entity of all."
    )


def test_rating_grows_with_documents_entities_and_centrality():
    small = asyncio.run(embedded().read(task(SENTENCES[:1], MEMBERS[2:])))
    assert small.rating < report().rating


def test_community_of_one_sentence_gets_a_report():
    draft = asyncio.run(embedded().read(task(SENTENCES[8:], ("Halden Port", "Meridian Shipping"))))
    assert draft.title == "Halden Port and Meridian Shipping"
    assert draft.summary == f"{SENTENCES[8][0]} [10]"
    assert draft.findings == ()


def test_community_without_sentences_is_reported_from_its_descriptions():
    entity = Shown(1, "entity", "Halden Port is a port in the north of the country.", (), "Halden Port", score=1.0)
    draft = asyncio.run(embedded().read(WriteReport((entity,), (), ())))
    assert (draft.title, draft.summary) == ("Halden Port", "Halden Port is a port in the north of the country. [1]")


def test_nothing_at_all_is_an_empty_report():
    draft = asyncio.run(embedded().read(WriteReport((), (), ())))
    assert (draft.title, draft.summary, draft.findings) == ("", "", ())


def test_order_of_source_rows_of_equal_score_does_not_change_what_is_said():
    rows = task().sources
    level = [Shown(r.mark, r.kind, r.text, r.spans, r.title, r.date, 0.5) for r in rows]
    forward = asyncio.run(embedded().read(WriteReport(task().entities, (), tuple(level))))
    backward = asyncio.run(embedded().read(WriteReport(task().entities, (), tuple(reversed(level)))))
    assert forward.title == backward.title
    assert sorted(re.findall(r"\[(\d+)\]", body(forward))) == sorted(re.findall(r"\[(\d+)\]", body(backward)))


def test_graph_holds_every_name_with_its_sentence_and_pairs_within_sentences():
    text = "Rosa Lind met Desmond Fray in Halden. Meridian Shipping was silent."
    draft = asyncio.run(embedded(text).read(ExtractGraph(text)))
    assert [(e.name, text[e.start : e.end]) for e in draft.entities] == [
        ("Rosa Lind", "Rosa Lind"),
        ("Desmond Fray", "Desmond Fray"),
        ("Halden", "Halden"),
        ("Meridian Shipping", "Meridian Shipping"),
    ]
    assert [(r.source, r.target) for r in draft.relationships] == [
        ("Rosa Lind", "Desmond Fray"),
        ("Rosa Lind", "Halden"),
        ("Desmond Fray", "Halden"),
    ]
    assert {text[r.start : r.end] for r in draft.relationships} == {"Rosa Lind met Desmond Fray in Halden."}


def test_bylines_and_datelines_are_no_part_of_the_graph():
    text = (
        "Dockers walk out\nBy Ann Lee | Harbor Wire | 2025-03-03\n\nHALDEN (Harbor Wire) - Rosa Lind met Desmond Fray."
    )
    names = {entity.name for entity in asyncio.run(embedded(text).read(ExtractGraph(text))).entities}
    assert {"Rosa Lind", "Desmond Fray"} <= names
    assert not names & {"Ann Lee", "Harbor Wire", "By Ann Lee"}


def test_sentence_of_very_many_names_pairs_neighbours_only():
    text = "They were " + ", ".join(f"Anna B{chr(97 + i)}rk" for i in range(20)) + "."
    draft = asyncio.run(embedded(text).read(ExtractGraph(text)))
    assert 0 < len(draft.relationships) <= 20


def test_titles_name_things_rather_than_whose_they_are() -> None:
    assert distinct_names(["Ukrainian", "Russia", "Donetsk"]) == ["Russia", "Donetsk"]
    assert distinct_names(["Ukrainian"]) == ["Ukrainian"]
