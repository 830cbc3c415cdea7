import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import straight
from graphrag_drift.names.find import Name, find_names, find_query_names
from graphrag_drift.names.kinds import kind_of
from graphrag_drift.names.korean import kiwi_version

DATA = Path(__file__).parents[2] / "shared" / "data"
MUSIQUE = DATA / "musique_100" / "openie_gpt-3.5-turbo-1106.jsonl"
KLUE = DATA / "klue_ner_ko" / "klue-ner-v1.1_dev.tsv"
NEWS = [
    "Port strike enters third week\n\nBUSAN (Newswire) — Dr. Maria Smith of the International Dockworkers "
    "Federation (IDF) met President J. R. Hale on Monday, March 4. However, Smith's union refused the offer. "
    "The port in Busan stayed closed.",
    "Microsoft CEO Satya Nadella said the Food and Drug Administration and the Department of Health and Human "
    "Services had talked. The food and the drug were safe; health services and human labs agreed. "
    "The Vietnam War and the 2012 Summer Olympics were mentioned, as was Apollo 11.",
]
STATISTICS = Statistics.from_texts(NEWS)


def names(text: str, statistics: Statistics = STATISTICS) -> list[Name]:
    return find_names(text, split_sentences(text), statistics)


def named(text: str, statistics: Statistics = STATISTICS) -> list[str]:
    return [name.name for name in names(text, statistics)]


def test_names_stand_where_they_say_and_carry_their_clean_form_and_kind():
    found = names(NEWS[0])
    assert [(name.text, name.name, name.kind, name.sentence) for name in found] == [
        ("BUSAN", "BUSAN", "place", 1),
        ("Newswire", "Newswire", "other", 1),
        ("Dr. Maria Smith", "Maria Smith", "person", 1),
        ("International Dockworkers Federation", "International Dockworkers Federation", "organization", 1),
        ("IDF", "IDF", "organization", 1),
        ("President J. R. Hale", "J. R. Hale", "person", 1),
        ("Smith", "Smith", "person", 2),
        ("Busan", "Busan", "place", 3),
    ]
    assert all(NEWS[0][name.start : name.end] == name.text for name in found)


def test_links_hold_a_name_together_only_where_it_is_one():
    assert named(NEWS[1]) == [
        "Microsoft",
        "Satya Nadella",
        "Food and Drug Administration",
        "Department of Health and Human Services",
        "Vietnam War",
        "2012 Summer Olympics",
        "Apollo 11",
    ]
    assert named("She met Simon and Garfunkel.") == ["Simon", "Garfunkel"]
    assert named("It flew from the Kingdom of Jordan to Maria Kowalska of Human Rights Watch.") == [
        "Kingdom of Jordan",
        "Maria Kowalska",
        "Human Rights Watch",
    ]


def test_possessives_end_a_name_unless_they_are_inside_it():
    assert named("They asked France's Emmanuel Macron.") == ["France", "Emmanuel Macron"]
    assert named("They study at King's College.") == ["King's College"]


@pytest.mark.parametrize("sign", "’ʼ＇‘‛´")
def test_names_are_the_same_with_any_sign_of_an_apostrophe(sign: str) -> None:
    text = (
        "It's late. King's College met France's Emmanuel Macron in Xi'an, and Sean O'Brien's agent left the "
        "U.S. It's said that Ann D'Arcy, the union's treasurer, saw “The King's Speech” with Corin Vale. Germany's "
        "ports, and germany's harbours, were shut for the Workers' Party's Congress."
    )
    written = text.replace("'", sign)
    assert split_sentences(written) == split_sentences(text)
    assert Statistics.from_texts([written]) == Statistics.from_texts([text])
    statistics = Statistics.from_texts([*NEWS, text])
    straightened = [replace(n, name=straight(n.name), text=straight(n.text)) for n in names(written, statistics)]
    assert straightened == names(text, statistics)
    assert {"France", "King's College", "The King's Speech", "Sean O'Brien"} <= {name.name for name in straightened}


def test_a_person_stands_apart_from_office_country_and_employer():
    assert named("In it US President Bill Clinton met Kenyan Eliud Kipchoge in New York City.") == [
        "US",
        "Bill Clinton",
        "Kenyan",
        "Eliud Kipchoge",
        "New York City",
    ]
    assert named("The Prime Minister of the United Kingdom Liz Truss resigned.") == ["United Kingdom", "Liz Truss"]


def test_openers_dates_and_pronouns_are_no_names():
    assert named("However, on Tuesday I left. The May 5 vote failed. Nobody cared.") == []


def test_a_word_the_corpus_writes_small_is_no_name_at_the_start_of_a_sentence():
    statistics = Statistics.from_texts(["the dockers and the talks", "Acme said so, and Acme paid"])
    assert named("Dockers left. Acme stayed.", statistics) == ["Acme"]


def test_words_of_a_headline_are_judged_by_the_corpus():
    statistics = Statistics.from_texts(["a port strike entered its third week, as talks stall; then Acme came"])
    assert named("Port Strike Enters Third Week as Talks Stall at Acme\n\nIt rained.", statistics)[-1] == "Acme"
    assert "Port Strike" not in " ".join(named("Port Strike at Acme Enters Third Week\n\nIt rained.", statistics))


def test_quoted_titles_are_one_name():
    assert named("He sang “A Day in the Life” in Leeds.") == ["A Day in the Life", "Leeds"]


def test_korean_names_are_found_by_title_ending_and_gazetteer():
    text = "국토교통부는 김민수 대표와 A씨가 서울에서 부산항만공사 관계자를 만났다고 밝혔다."
    found = {(name.name, name.kind) for name in names(text)}
    assert {
        ("국토교통부", "organization"),
        ("김민수", "person"),
        ("A", "person"),
        ("서울", "place"),
        ("부산항만공사", "organization"),
    } <= found


def test_query_names_tolerate_lower_case():
    statistics = Statistics.from_texts(["the mayor met Maria Chen of Acme", "in it, Maria Chen of Acme spoke"])
    assert [name.name for name in find_query_names("Who is Maria Chen?", statistics)] == ["Maria Chen"]
    assert [name.name for name in find_query_names("who is maria chen?", statistics)] == ["Maria Chen"]
    assert [name.name for name in find_query_names("Did acme pay the mayor?", statistics)] == ["Acme"]


def test_what_is_on_a_subject_is_one_name_and_what_stands_on_a_street_two():
    assert named("They left the Paris Conference on Climate Change early.") == ["Paris Conference on Climate Change"]
    assert named("He met the Essex County Court on Mill Street today.") == ["Essex County Court", "Mill Street"]


def test_statistics_do_not_depend_on_order_and_survive_their_tables():
    whole = Statistics.from_texts(NEWS)
    words, terms = whole.to_tables()
    assert Statistics.from_texts(NEWS[::-1]).to_tables()[0].equals(words)
    again = Statistics.from_tables(words.reverse(), terms.reverse())
    assert again.to_tables()[0].equals(words)
    assert again.to_tables()[1].equals(terms)
    assert again.text_units == 2


def test_a_korean_noun_that_the_corpus_inflects_is_no_person():
    sentence = "회사는 이용자에게 물었다."
    assert named(sentence, Statistics.from_texts([sentence])) == ["이용자"]
    assert named(sentence, Statistics.from_texts([sentence, "이용자들이 왔다."])) == []


@given(
    st.text(max_size=150)
    | st.text("AÉЖ aéж.,'’-&()\"“”\n0١가나는씨김עあ中\u0301\u200d\ud800😀", max_size=80)
    | st.lists(st.sampled_from(["King", "'s", "of", "the", "and", " ", "A.", "May", "5", "대표", "IDF", "\n"])).map(
        " ".join
    )
)
def test_spans_are_exact_in_order_and_apart_for_any_text(text):
    sentences = split_sentences(text)
    found = find_names(text, sentences, STATISTICS)
    assert all(text[name.start : name.end] == name.text and name.name for name in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(sentences[n.sentence][0] <= n.start and n.end <= sentences[n.sentence][1] for n in found)
    find_query_names(text, STATISTICS)


def normalised(name: str) -> str:
    return re.sub(r"^(the|a|an) ", "", " ".join(re.sub(r"[^\w\s]", " ", name.casefold()).split()))


def test_agrees_with_the_entities_a_language_model_extracted():
    """Exact-match F1 per passage against the entities of every fourth OpenIE record, dates included."""
    if not MUSIQUE.exists():
        pytest.skip("../shared/data/musique_100 is not here")
    records = [json.loads(line) for line in MUSIQUE.read_text(encoding="utf-8").splitlines()]
    statistics = Statistics.from_texts(record["passage"] for record in records)
    hits = n_found = n_gold = 0
    for record in records[::4]:
        gold = {normalised(entity) for entity in record["extracted_entities"]} - {""}
        found = {normalised(name) for name in named(record["passage"], statistics)} - {""}
        hits, n_found, n_gold = hits + len(gold & found), n_found + len(found), n_gold + len(gold)
    assert 2 * hits / (n_found + n_gold) >= 0.70


def klue_news(path: Path) -> list[tuple[str, set[tuple[int, int]]]]:
    """Every news sentence with the spans of its persons, places and organisations."""
    sentences = []
    for block in path.read_text(encoding="utf-8").split("\n## klue-ner")[1:]:
        head, *rows = block.split("\n")
        rows = [row for row in rows if "\t" in row and not row.startswith("##")]
        if "wikitree" not in head:
            continue
        text = "".join(row.split("\t")[0] for row in rows)
        tags = "".join(f"{row.split(chr(9))[1]:4}"[:4] for row in rows)
        spans = {
            (match.start() // 4, match.end() // 4)
            for match in re.finditer(r"B-(PS|LC|OG)(?:I-\1)*", tags)
        }  # fmt: skip
        sentences.append((text, spans))
    return sentences


def test_korean_names_of_news_reach_their_floor():
    """Exact-match F1 of spans of persons, places, organisations: .58 by rules alone, .65 with the ko extra."""
    if not KLUE.exists():
        pytest.skip("../shared/data/klue_ner_ko is not here")
    hits = n_found = n_gold = 0
    for text, gold in klue_news(KLUE)[::4]:
        found = {(name.start, name.end) for name in names(text)}
        hits, n_found, n_gold = hits + len(gold & found), n_found + len(found), n_gold + len(gold)
    assert 2 * hits / (n_found + n_gold) >= (0.57 if kiwi_version() is None else 0.65)


def test_a_weekday_after_an_opening_word_is_no_part_of_the_name() -> None:
    text = "On Monday Zoé Müller met Petra Voss."
    names = find_names(text, split_sentences(text), Statistics.from_texts([text]))
    assert [name.name for name in names] == ["Zoé Müller", "Petra Voss"]


def test_a_number_after_an_opening_word_is_no_part_of_the_name() -> None:
    text = "Among 31 Brackwater residents, nine fell ill."
    names = find_names(text, split_sentences(text), Statistics.from_texts([text]))
    assert [name.name for name in names] == ["Brackwater"]


@pytest.mark.parametrize("name", ["SARL Montclair", "Montclair SAS", "Kuusela Oy", "Société Montclair", "Torvik ApS"])
def test_a_legal_form_in_front_or_behind_names_a_company(name: str) -> None:
    assert kind_of(name, "La maison a été vendue par ", " en mars.") == "organization"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The Securities and Exchange Commission sued Halden. The SEC won.",
            ["Securities and Exchange Commission", "Halden", "SEC"],
        ),
        ("The Food and Drug Administration met.", ["Food", "Drug Administration"]),  # nothing shows that it is one
        ("The Ministry of Health and Social Affairs shut it.", ["Ministry of Health and Social Affairs"]),
        ("It sells Productivity and Business Processes now.", ["Productivity and Business Processes"]),
        (
            "The Bank of Norway and Continental Airlines met in Oslo and Bergen.",
            ["Bank of Norway", "Continental Airlines"],
        ),
        ("The Tenants' Union of Gable sued.", ["Tenants' Union of Gable"]),
        ("She met the Beatles' Paul McCartney.", ["Beatles", "Paul McCartney"]),
        ("Water (H2O) and CO2 form H2CO3, but PS5 and H1N1 do not.", ["PS5", "H1N1"]),
        ("Speaker 1: Welcome back to Oslo. See Page 2 and Chapter One of it.", ["Oslo"]),
        ("Die Müller AG kaufte die Brenner Bau GmbH & Co. KG.", ["Müller AG", "Brenner Bau GmbH & Co. KG"]),
    ],
)
def test_what_belongs_to_one_name_is_one_and_what_numbers_or_counts_is_none(text: str, expected: list[str]) -> None:
    found = [name.name for name in find_names(text, split_sentences(text), Statistics.from_texts([text]))]
    assert found[: len(expected)] == expected
    assert set(found) <= {*expected, "Halden", "Oslo", "Bergen"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Karin Albrecht", "person"),
        ("Hélène Béranger", "person"),
        ("Joost Smit", "person"),
    ],
)
def test_a_name_tells_its_kind_by_a_given_name_of_many_countries(name: str, kind: str) -> None:
    assert kind_of(name, "It was ", " there.") == kind
