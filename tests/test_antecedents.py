"""Whom a sentence means that opens with a pronoun or a bare role: in the graph, and in answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.names.antecedents import find_antecedents
from graphrag_drift.names.find import find_names
from graphrag_drift.providers.embedded.extraction import extract_graph

FERRY = "The ferry Solvind was built in Rena in 1978. It carries two hundred cars. Its captain is Tuva Lien."
PORT = "The port of Utvik was closed in May. Its harbour master is Ole Moe. The storm was the worst in years."
MILL = "Pell Mill is led by Per Anker. He was born in Utvik. His salary is 70,000 crowns a year."
KEEPER = "김보라 씨는 부산에서 등대를 지켰다. 그는 1987년에 은퇴했다. 그의 딸 김하늘 씨는 박물관에서 일한다."


def meant(text: str) -> list[tuple[str, str]]:
    """(sentence, what is shown for its first word)."""
    sentences = split_sentences(text)
    names = find_names(text, sentences, Statistics.from_texts([text, FERRY, PORT, MILL]))
    return [(text[slice(*sentences[n])], each.shown) for n, each in find_antecedents(text, sentences, names).items()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (FERRY, ["the ferry Solvind", "the ferry Solvind's"]),
        (PORT, ["the port of Utvik's"]),
        (MILL, ["Per Anker", "Per Anker's"]),
        (KEEPER, ["김보라", "김보라의"]),
        (FERRY.replace("It carries", "The ferry carries"), ["the ferry Solvind", "the ferry Solvind's"]),
        ("Halden Robotics makes pumps. The company has 340 workers.", ["Halden Robotics"]),
        ("Ida Lam became mayor of Vordby. The mayor opened the hall.", ["Ida Lam"]),
        ("Mayor Ida Lam met them. The mayor opened the hall.", ["Ida Lam"]),
    ],
)
def test_a_pronoun_or_a_role_stands_for_the_subject_before_it(text, shown):
    assert [words for _, words in meant(text)] == shown


@pytest.mark.parametrize(
    "text",
    [
        FERRY.partition(". ")[0] + ".\n\nIts captain is on leave.",  # another paragraph
        "Pell Mill is led by Per Anker. It is clear that the wheel is old.",
        "Pell Mill is led by Per Anker. They met in May.",
        'Pell Mill is led by Per Anker. "He is late," a clerk said.',
        "The storm was the worst in years. It lasted for days.",
        "Halden Robotics sued Lumen Foods. The company has 340 workers.",
        "Ida Lam runs the mill. The company has 340 workers.",
    ],
)
def test_what_is_not_clear_is_left_open(text):
    assert meant(text) == []


def test_mentions_and_relationships_hold_whom_a_sentence_means():
    draft = extract_graph(FERRY, Statistics.from_texts([FERRY, PORT, MILL]))
    related = {(each.source, each.target): each for each in draft.relationships}
    line = related["Solvind", "Tuva Lien"]
    assert line.description == "Its [the ferry Solvind's] captain is Tuva Lien."
    assert FERRY[line.start : line.end] == "Its captain is Tuva Lien."
    spans = [FERRY[each.start : each.end] for each in draft.entities if each.name == "Solvind"]
    assert spans == [
        "Solvind",
        "It",
        "Its",
    ]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root: Path = tmp_path_factory.mktemp("antecedents")
    settings = Settings.model_validate({"root": root})
    frame = pl.DataFrame({"title": ["Ferries", "Ports", "Mills"], "text": [FERRY, PORT, MILL]})
    build_index_sync(settings, documents=frame)
    return Index.open_sync(settings)


@pytest.mark.parametrize("method", ["auto", "local", "drift"])
@pytest.mark.parametrize(
    ("question", "quote", "shown"),
    [
        ("Who is the captain of the Solvind?", "Its captain is Tuva Lien.", "the ferry Solvind's"),
        ("What is Per Anker's salary?", "His salary is 70,000 crowns a year.", "Per Anker's"),
    ],
)
def test_an_answer_says_in_brackets_whom_a_sentence_means_and_quotes_it_exactly(index, method, question, quote, shown):
    answer = index.ask_sync(question, method=method)
    first, _, rest = quote.partition(" ")
    assert f"{first} [{shown}] {rest}" in answer.text
    assert quote in [citation.quote for citation in answer.citations]
    assert not any("borne out" in note for note in answer.notes)
