"""Which names become one entity, which stay apart, and what is told about it."""

from __future__ import annotations

import random
import sys
import unicodedata
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphrag_drift.resolution.resolve import resolve_by_rules
from graphrag_drift.settings import ResolveSettings
from graphrag_drift.tables import ENTITY_MENTIONS, ENTITY_MERGES, RELATIONSHIP_MENTIONS, conform, empty

ROOT = Path(__file__).parents[1]
REDOCRED = ROOT / "../shared/data/redocred_dev/dev_revised.json"
Row = tuple[str, str, str]  # document, name, kind


def mentions_of(rows: list[Row]) -> pl.DataFrame:
    """Entity mentions without places in a text."""
    full = [(document, f"{document} 0", name, kind, "", None, None) for document, name, kind in rows]
    return pl.DataFrame(full, schema=ENTITY_MENTIONS, orient="row")


def units_of(texts: dict[str, str]) -> pl.DataFrame:
    rows = [(f"{document} 0", document, text, 0) for document, text in texts.items()]
    return pl.DataFrame(rows, schema=["id", "document_id", "text", "start"], orient="row")


def mentions_in(texts: dict[str, str], names: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The mentions of `names` (name -> kind) in texts, a sentence a line; and those of the same sentence as pairs."""
    entities, pairs = [], []
    for document, text in texts.items():
        offset = 0
        for sentence in text.split("\n"):
            found = []
            for name in sorted(names, key=len, reverse=True):
                at = sentence.find(name)
                while at >= 0:
                    if not any(at < end and start < at + len(name) for start, end, _ in found):
                        found.append((at, at + len(name), name))
                    at = sentence.find(name, at + 1)
            for start, end, name in sorted(found):
                entities.append((document, f"{document} 0", name, names[name], sentence, start + offset, end + offset))
            for one, other in combinations(dict.fromkeys(name for *_, name in sorted(found)), 2):
                pairs.append((document, f"{document} 0", one, other, sentence, None, offset, offset + len(sentence)))
            offset += len(sentence) + 1
    return (
        pl.DataFrame(entities, schema=ENTITY_MENTIONS, orient="row"),
        pl.DataFrame(pairs, schema=RELATIONSHIP_MENTIONS, orient="row"),
    )


def titles_of(
    rows: list[Row], texts: dict[str, str] | None = None, *apart: tuple[str, str]
) -> dict[tuple[str, str], str]:
    """(document, name) -> title."""
    mentions, _, _ = resolve_by_rules(
        mentions_of(rows),
        empty(RELATIONSHIP_MENTIONS),
        units_of(texts or {"d1": ""}),
        settings=ResolveSettings(keep_apart=apart),
    )
    return {
        (document, name): title for document, name, title in mentions.select("document_id", "name", "title").iter_rows()
    }


def merges_of(
    rows: list[Row], texts: dict[str, str] | None = None, *apart: tuple[str, str]
) -> list[tuple[object, ...]]:
    _, _, merges = resolve_by_rules(
        mentions_of(rows),
        empty(RELATIONSHIP_MENTIONS),
        units_of(texts or {"d1": ""}),
        settings=ResolveSettings(keep_apart=apart),
    )
    assert merges.schema == pl.Schema(ENTITY_MERGES)
    return merges.rows()


def one_title(*names: str, kind: str = "organization") -> bool:
    return len(set(titles_of([("d1", name, kind) for name in names]).values())) == 1


# --- spellings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("Port Ellery", "PORT ELLERY"),
        ("Port\u00a0Ellery", "Port  Ellery"),
        ("Coca-Cola", "Coca\u2011Cola", "Coca Cola"),
        ("O'Brien Foods", "O’Brien Foods", "OBrien Foods"),
        ("Müller Group", "Mu\u0308ller Group", "Muller Group"),
        ("Ｍeridian Terminals", "Meridian Terminals"),
        ("Fray's", "Fray", "Fray’s"),
        ("dockworkers'", "dockworkers"),
        ("the Kestrel Report", "The Kestrel Report", "Kestrel Report"),
        ("U.S.", "US"),
        ("Acme Inc.'s", "Acme Inc."),
        ("Boeing 747's", "Boeing 747"),
        ("J. K. Rowling", "J.K. Rowling"),
        ("Marks & Spencer", "Marks and Spencer"),
        ("㈜나래해운", "나래해운", "주식회사 나래해운"),
        ("\u200eTel Aviv\u200f", "Tel Aviv"),
        ('"Local 41"', "Local 41"),
    ],
)  # fmt: skip
def test_spellings_of_a_name_are_one_entity(names):
    assert one_title(*names)


@pytest.mark.parametrize(
    "names",
    [
        ("US", "Us"),
        ("I'd", "ID"),
        ("Pier 9", "Pier 3"),
        ("Mr. Cratchit", "Mrs. Cratchit"),
        ("서울 시장", "서울"),
        ("Corvane University", "Corvane University Hospital"),
        ("Meridian Street", "Meridian Terminals"),
        ("क", "कि"),  # a vowel sign is not an accent
        ("й", "и"),
    ],
)
def test_names_that_only_look_alike_stay_apart(names):
    assert len(set(titles_of([("d1", name, "other") for name in names]).values())) == len(names)


def test_title_is_the_most_frequent_form_in_its_usual_case():
    rows = [("d1", "PORT ELLERY", "place")] * 3 + [("d1", "Port Ellery", "place"), ("d1", "Port Ellery's", "place")]
    assert set(titles_of(rows).values()) == {"Port Ellery"}
    rows = [
        ("d1", "Muller Group", "organization"),
        ("d2", "Müller Group", "organization"),
        ("d3", "Müller Group", "organization"),
    ]
    assert set(titles_of(rows).values()) == {"Müller Group"}


def test_brand_that_is_always_possessive_keeps_its_ending():
    assert titles_of([("d1", "McDonald's", "organization")]) == {("d1", "McDonald's"): "McDonald's"}


def test_titles_do_not_depend_on_the_unicode_form_of_the_input():
    names = ["Müller Group", "Łódź", "김도현", "नमस्ते", "👩‍👩‍👧 Club", "שָׁלוֹם", "ﬁrst Bank", "Ａ１", "Ångström"]
    titles = []
    for form in ("NFC", "NFD"):
        rows = [("d1", unicodedata.normalize(form, name), "other") for name in names]
        titles.append(sorted(titles_of(rows).values()))
    assert titles[0] == titles[1] == sorted(unicodedata.normalize("NFC", title) for title in titles[0])


# --- organizations -------------------------------------------------------------------------------------------

IDF = "International Dockworkers Federation"
IDF_TEXT = f"The {IDF} (IDF) walked out."


def test_acronym_is_the_name_that_its_document_defines():
    rows = [("d1", IDF, "organization"), ("d1", "IDF", "organization"), ("d1", "IDF's", "organization")]
    assert set(titles_of(rows, {"d1": IDF_TEXT}).values()) == {IDF}
    assert merges_of(rows, {"d1": IDF_TEXT}) == [
        ("d1", "IDF", IDF, "acronym", f"defined in the text: {IDF} (IDF)", False),
        ("d1", "IDF's", IDF, "acronym", f"defined in the text: {IDF} (IDF)", False),
    ]


def test_acronym_holds_in_other_documents_when_all_definitions_agree():
    rows = [("d1", IDF, "organization"), ("d1", "IDF", "organization"), ("d2", "IDF", "organization")]
    assert titles_of(rows, {"d1": IDF_TEXT, "d2": "IDF met."})["d2", "IDF"] == IDF


def test_acronym_with_two_definitions_is_each_at_home_and_neither_elsewhere():
    other = "Israel Defense Forces"
    rows = [("d1", IDF, "organization"), ("d1", "IDF", "organization"), ("d2", other, "organization")]
    rows += [("d2", "IDF", "organization"), ("d3", "IDF", "organization")]
    titles = titles_of(rows, {"d1": IDF_TEXT, "d2": f"The {other} (IDF) said so.", "d3": "IDF said."})
    assert [titles[document, "IDF"] for document in ("d1", "d2", "d3")] == [IDF, other, "IDF"]


def test_definition_elsewhere_yields_to_another_name_with_these_initials():
    rows = [("d1", IDF, "organization"), ("d1", "IDF", "organization"), ("d2", "IDF", "organization")]
    rows += [("d2", "Israel Defense Forces", "organization")]
    assert titles_of(rows, {"d1": IDF_TEXT})["d2", "IDF"] == "IDF"


def test_undefined_acronym_is_the_only_name_with_its_initials_or_itself():
    rows = [("d1", "Black Girls Code", "organization"), ("d1", "BGC", "organization")]
    assert titles_of(rows)["d1", "BGC"] == "Black Girls Code"
    rows += [("d1", "Boston Grain Company", "organization")]
    assert titles_of(rows)["d1", "BGC"] == "BGC"


def test_full_names_in_two_scripts_meet_in_their_acronym():
    rows = [("d1", IDF, "organization"), ("d1", "IDF", "organization"), ("d2", "IDF", "organization")]
    rows += [("d2", "국제항만노동자연맹", "organization")]
    texts = {"d1": IDF_TEXT, "d2": "국제항만노동자연맹(IDF)은 파업했다."}
    assert set(titles_of(rows, texts).values()) == {IDF}


def test_legal_form_does_not_make_another_company():
    assert one_title("Meridian Shipping Inc.", "Meridian Shipping", "Meridian Shipping, Ltd.")
    rows = [("d1", "Park", "person"), ("d1", "Park Inc.", "organization")]
    assert len(set(titles_of(rows).values())) == 1  # the legal form says that Park is a company here too
    rows = [("d1", "Park", "person")] * 3 + [("d1", "Park Inc.", "organization")]
    assert len(set(titles_of(rows).values())) == 2


def test_legal_form_in_front_or_behind_does_not_make_another_company():
    assert one_title("SARL Montclair", "Montclair SARL", "Société Montclair", "MONTCLAIR", "Montclair")
    assert one_title("Oy Kuusela Ab", "Kuusela Oy", "Kuusela")
    assert one_title("SAS Brévent", "Brévent SAS")  # though nobody writes the name alone
    rows = [("d1", "SAS Institute", "organization"), ("d2", "Institute", "organization")]
    assert len(set(titles_of(rows).values())) == 2


def test_accents_that_some_leave_out_are_shown():
    rows = [("d1", "Agnes Lefevre", "person"), ("d2", "Agnes Lefevre", "person"), ("d3", "Agnès Lefèvre", "person")]
    rows += [("d4", "AGNES LEFEVRE", "person")]
    assert set(titles_of(rows).values()) == {"Agnès Lefèvre"}
    rows = [(f"d{number}", "Munich", "place") for number in range(30)] + [("d31", "Münich", "place")]
    assert set(titles_of(rows).values()) == {"Munich"}


def test_short_form_is_the_only_longer_name_of_the_document():
    rows = [("d1", "Interscope Records", "organization"), ("d1", "Interscope", "organization")]
    assert titles_of(rows)["d1", "Interscope"] == "Interscope Records"
    rows += [("d1", "Interscope Films", "organization")]
    assert titles_of(rows)["d1", "Interscope"] == "Interscope"


def test_short_form_of_any_kind_is_learnt_from_documents_that_have_both():
    both = [("d1", "Lodestar Storage", "other"), ("d1", "Lodestar", "other")]
    assert titles_of(both)["d1", "Lodestar"] == "Lodestar"
    again = both + [("d2", name, kind) for _, name, kind in both]
    assert set(titles_of(again).values()) == {"Lodestar Storage"}


@pytest.mark.parametrize("city", ["Boston", "Corvane"])
def test_place_is_not_short_for_what_is_named_after_it(city):
    rows = [(d, f"{city} University", "organization") for d in ("d1", "d2")] + [
        (d, city, "place") for d in ("d1", "d2")
    ]
    assert titles_of(rows)["d1", city] == city


# --- people --------------------------------------------------------------------------------------------------


def test_surname_is_the_full_name_of_its_document():
    rows = [
        ("d1", "Daniel Park", "person"),
        ("d1", "Park", "person"),
        ("d2", "Grace Park", "person"),
        ("d2", "Park", "person"),
    ]
    titles = titles_of(rows)
    assert (titles["d1", "Park"], titles["d2", "Park"]) == ("Daniel Park", "Grace Park")


def test_surname_of_two_people_stays_apart():
    rows = [("d1", "Daniel Park", "person"), ("d1", "Grace Park", "person"), ("d1", "Park", "person")]
    assert titles_of(rows)["d1", "Park"] == "Park"


@pytest.mark.parametrize("kind", ["place", "organization"])
def test_surname_that_names_a_place_or_organization_stays_apart(kind):
    rows = [("d1", "Denzel Washington", "person"), ("d1", "Washington", kind)]
    assert titles_of(rows)["d1", "Washington"] == "Washington"


def test_surname_with_particles_is_found():
    rows = [("d1", "Zack de la Rocha", "person"), ("d1", "de la Rocha", "person"), ("d1", "Sammy Davis Jr.", "person")]
    titles = titles_of([*rows, ("d1", "Davis", "person")])
    assert titles["d1", "de la Rocha"] == "Zack de la Rocha"
    assert titles["d1", "Davis"] == "Sammy Davis Jr."


def test_word_that_stands_by_itself_everywhere_is_no_surname():
    rows = [(f"d{i}", "AI", "other") for i in range(20)] + [("d1", "Landing AI", "person")]
    assert titles_of(rows)["d1", "AI"] == "AI"


def test_forms_of_address_are_dropped():
    names = ("Dr. Daniel Park", "Mr. Daniel Park", "Daniel Park", "Prof. Daniel Park")
    assert set(titles_of([("d1", name, "person") for name in names]).values()) == {"Daniel Park"}


def test_titles_are_dropped_where_the_rest_is_somebodys_name():
    rows = [("d1", "Deputy Transportation Secretary Ingrid Solvay", "person"), ("d2", "Ingrid Solvay", "person")]
    assert set(titles_of(rows).values()) == {"Ingrid Solvay"}
    rows = [("d1", "Mayor Whitlock", "person"), ("d1", "Harlan Whitlock", "person")]
    assert set(titles_of(rows).values()) == {"Harlan Whitlock"}
    assert titles_of([("d1", "General Motors", "organization"), ("d1", "Motors", "other")])["d1", "General Motors"] == (
        "General Motors"
    )


def test_mr_and_mrs_of_one_surname_are_two_people():
    rows = [("d1", "Bob Cratchit", "person"), ("d1", "Mr. Cratchit", "person"), ("d1", "Mrs. Cratchit", "person")]
    assert titles_of(rows)["d1", "Mrs. Cratchit"] == "Mrs. Cratchit"


def test_middle_names_and_initials_do_not_make_another_person():
    assert one_title("Newell Convers Wyeth", "N. C. Wyeth", "Wyeth", kind="person")
    assert one_title('Wilfried "Willi" Schneider', "Willi Schneider", kind="person")
    rows = [("d1", "Harlan J. Whitlock", "person"), ("d2", "Harlan Whitlock", "person")]
    assert len(set(titles_of(rows).values())) == 1


def test_two_middle_initials_are_two_people():
    rows = [("d1", "George W. Bush", "person"), ("d2", "George H. W. Bush", "person"), ("d3", "George Bush", "person")]
    assert len(set(titles_of(rows).values())) == 3


def test_korean_title_is_no_part_of_the_name():
    rows = [("d1", "이정훈 장관", "person"), ("d2", "이정훈", "person"), ("d3", "이정훈씨", "person")]
    assert set(titles_of(rows).values()) == {"이정훈"}


def test_korean_surname_with_title_is_the_one_who_has_it():
    rows = [("d1", "김도현 선장", "person"), ("d1", "김영희 시장", "person"), ("d1", "김 시장", "person")]
    assert titles_of(rows)["d1", "김 시장"] == "김영희"
    rows = [("d1", "김도현", "person"), ("d1", "김영희", "person"), ("d1", "김 시장", "person")]
    assert titles_of(rows)["d1", "김 시장"] == "김 시장"


def test_korean_surname_is_understood_by_the_title_that_follows_it_in_the_text():
    texts = {"d1": "김도현 선장은 출항했다.\n김영희 시장은 웃었다.\n김 선장은 말했다."}
    mentions, pairs = mentions_in(texts, {"김도현": "person", "김영희": "person", "김": "person"})
    titled, _, _ = resolve_by_rules(mentions, pairs, units_of(texts), settings=ResolveSettings())
    assert titled.filter(name="김")["title"].to_list() == ["김도현"]


def test_transliterated_surname_with_title_is_the_full_name():
    rows = [("d1", "잉그리드 솔베이", "person"), ("d1", "솔베이 부장관", "person")]
    assert set(titles_of(rows).values()) == {"잉그리드 솔베이"}


def test_lone_surname_is_the_only_bearer_if_the_documents_have_something_in_common():
    rows = [("d1", "Rosalind Achterberg", "person"), ("d1", "Pier 9", "place"), ("d1", "Desmond Fray", "person")]
    shared = [("d2", "Achterberg", "person"), ("d2", "Pier 9", "place"), ("d2", "Desmond Fray", "person")]
    assert titles_of(rows + shared)["d2", "Achterberg"] == "Rosalind Achterberg"
    assert (
        titles_of([*rows, ("d2", "Achterberg", "person"), ("d2", "Oslo", "place")])["d2", "Achterberg"] == "Achterberg"
    )
    another = [("d3", "Otto Achterberg", "person")]
    assert titles_of(rows + shared + another)["d2", "Achterberg"] == "Achterberg"


# --- homonyms ------------------------------------------------------------------------------------------------

PARKS = {
    "heart": "The cardiologist Daniel Park treats patients at Corvane Hospital.\nPark spoke to Ada Lim.",
    "heart 2": "Corvane Hospital named Dr. Daniel Park, a cardiologist, its director.\nAda Lim applauded.",
    "port": "The harbour pilot Daniel Park steered a ship into the Port of Halden.\nBo Vance waited.",
    "port 2": "Daniel Park, a harbour pilot, has worked for the Port of Halden since May.\nBo Vance knows him.",
}
PARK_NAMES = {
    "Daniel Park": "person",
    "Park": "person",
    "Corvane Hospital": "organization",
    "Ada Lim": "person",
    "Port of Halden": "organization",
    "Bo Vance": "person",
}


def test_people_of_one_name_in_contexts_that_disagree_are_two_entities():
    mentions, pairs = mentions_in(PARKS, PARK_NAMES)
    titled, related, merges = resolve_by_rules(mentions, pairs, units_of(PARKS), settings=ResolveSettings())
    parks = (
        titled.filter(pl.col("name").str.contains("Park")).select("document_id", "title").unique().sort("document_id")
    )
    assert parks.rows() == [
        ("heart", "Daniel Park (cardiologist)"),
        ("heart 2", "Daniel Park (cardiologist)"),
        ("port", "Daniel Park (pilot)"),
        ("port 2", "Daniel Park (pilot)"),
    ]
    assert related.filter(document_id="port", source="Daniel Park")["source_title"].to_list() == ["Daniel Park (pilot)"]
    assert merges.filter(document_id="port").select("name", "reason", "evidence").rows() == [
        (
            "Daniel Park",
            "homonym",
            'several are called "Daniel Park": cardiologist in 2 documents; pilot in 2 documents',
        )
    ]


def test_one_person_with_two_titles_is_one_entity():
    texts = {
        "a": "Ada Lim met Deputy Secretary Ingrid Solvay, the mediator.\nThe Port of Halden reopened.",
        "b": "The Port of Halden named Ingrid Solvay, a former engineer, its chair.\nAda Lim cheered.",
    }
    names = {"Ingrid Solvay": "person", "Port of Halden": "organization", "Ada Lim": "person"}
    mentions, pairs = mentions_in(texts, names)
    titled, _, _ = resolve_by_rules(mentions, pairs, units_of(texts), settings=ResolveSettings())
    assert set(titled.filter(name="Ingrid Solvay")["title"]) == {"Ingrid Solvay"}


def test_one_whose_post_changes_in_a_small_corpus_is_one_entity():
    texts = {
        "one": "Odile Farrant, the treasurer, told members.\nThe Hesper Observatory is late.\n"
        "Ridgeway Steel is bankrupt.",
        "two": "The director, Odile Farrant, spoke.\nThe Hesper Observatory is open.\nA crane came from Port Lyle.",
        "three": "The Hesper Observatory found a comet.",
        "four": "The Hesper Observatory will be rebuilt.\nVane Optics gave lenses.",
    }
    kinds = {"Odile Farrant": "person", "Hesper Observatory": "organization", "Port Lyle": "place"}
    mentions, pairs = mentions_in(texts, kinds | {"Ridgeway Steel": "organization", "Vane Optics": "organization"})
    titled, _, _ = resolve_by_rules(mentions, pairs, units_of(texts), settings=ResolveSettings())
    assert set(titled.filter(name="Odile Farrant")["title"]) == {"Odile Farrant"}


def test_same_name_in_other_company_without_a_differing_role_is_one_entity():
    rows = [
        ("d1", "Daniel Park", "person"),
        ("d1", "Oslo", "place"),
        ("d2", "Daniel Park", "person"),
        ("d2", "Lima", "place"),
    ]
    assert titles_of(rows)["d1", "Daniel Park"] == titles_of(rows)["d2", "Daniel Park"] == "Daniel Park"


def test_text_that_tells_of_a_namesake_splits_its_own_mentions():
    texts = {
        "news": "The pilot, Capt. Daniel Park, brought the Pioneer in.\nPark was calm.\n"
        "He is no relation of the doctor of the same name.\n"
        + "It was a long and foggy morning on the quay and nobody had slept, least of all the patients.\n"
        + '"I get his mail," said Dr. Daniel Park, the cardiologist.',
        "later": "The pilot Daniel Park brought the Pioneer out again.",
    }
    mentions, pairs = mentions_in(texts, {"Daniel Park": "person", "Park": "person", "Pioneer": "other"})
    titled, related, _ = resolve_by_rules(mentions, pairs, units_of(texts), settings=ResolveSettings())
    assert titled.filter(pl.col("name") != "Pioneer").sort("document_id", "start")["title"].to_list() == [
        "Daniel Park (pilot)",
        "Daniel Park (pilot)",
        "Daniel Park (pilot)",
        "Daniel Park (cardiologist)",
    ]
    assert set(related["source_title"]) == {"Daniel Park (pilot)"}


def test_models_descriptions_tell_homonyms_apart_too():
    rows = [
        ("d1", "u1", "Daniel Park", "PERSON", "Daniel Park is a cardiologist at the hospital", None, None),
        ("d1", "u1", "Corvane Hospital", "ORGANIZATION", "A hospital", None, None),
        ("d2", "u2", "Daniel Park", "PERSON", "Daniel Park is a harbour pilot", None, None),
        ("d2", "u2", "Port of Halden", "ORGANIZATION", "A port", None, None),
    ]
    mentions = pl.DataFrame(rows, schema=ENTITY_MENTIONS, orient="row")
    titled, _, _ = resolve_by_rules(
        mentions, empty(RELATIONSHIP_MENTIONS), units_of({"d1": "", "d2": ""}), settings=ResolveSettings()
    )
    assert titled.filter(name="Daniel Park")["title"].to_list() == ["Daniel Park (cardiologist)", "Daniel Park (pilot)"]


def test_bank_and_street_of_one_name_are_two_entities_where_nothing_connects_them():
    rows = [("d1", "Meridian", "organization")] * 2 + [("d1", "Ada Lim", "person")]
    rows += [("d2", "Meridian", "place")] * 2 + [("d2", "Bo Vance", "person")]
    titles = titles_of(rows)
    assert (titles["d1", "Meridian"], titles["d2", "Meridian"]) == ("Meridian (organization)", "Meridian (place)")
    connected = titles_of([*rows, ("d2", "Ada Lim", "person")])
    assert connected["d1", "Meridian"] == connected["d2", "Meridian"] == "Meridian"


# --- what settings undo --------------------------------------------------------------------------------------

UNDOABLE: list[tuple[list[Row], dict[str, str] | None, tuple[str, str]]] = [
    ([("d1", IDF, "organization"), ("d1", "IDF", "organization")], {"d1": IDF_TEXT}, ("IDF", IDF)),
    ([("d1", "Daniel Park", "person"), ("d1", "Park", "person")], None, ("daniel park", "Park")),
    ([("d1", "Fray's", "person"), ("d1", "Fray", "person")], None, ("Fray's", "Fray")),
    ([("d1", "Dr. Ada Lim", "person"), ("d1", "Ada Lim", "person")], None, ("Dr. Ada Lim", "Ada Lim")),
    ([("d1", "Muller Group", "other"), ("d1", "Müller Group", "other")], None, ("Muller Group", "Müller Group")),
    ([("d1", "Kestrel Inc.", "organization"), ("d1", "Kestrel", "organization")], None, ("Kestrel", "Kestrel Inc.")),
    ([("d1", "이정훈 장관", "person"), ("d1", "이정훈", "person")], None, ("이정훈 장관", "이정훈")),
]


@pytest.mark.parametrize(("rows", "texts", "pair"), UNDOABLE, ids=[pair[0] for *_, pair in UNDOABLE])
def test_each_kind_of_merge_can_be_undone_by_a_pair_in_settings(rows, texts, pair):
    assert len(set(titles_of(rows, texts).values())) == 1
    assert len(set(titles_of(rows, texts, pair).values())) == 2
    told = merges_of(rows, texts)
    undone = merges_of(rows, texts, pair)
    assert [row[:5] for row in undone] == [row[:5] for row in told]
    assert [row[5] for row in told] == [False]
    assert [row[5] for row in undone] == [True]


def test_undoing_one_merge_leaves_the_others():
    rows = [("d1", "Daniel Park", "person"), ("d1", "Park", "person"), ("d1", "Dr. Daniel Park", "person")]
    titles = titles_of(rows, None, ("Park", "Daniel Park"))
    assert titles == {
        ("d1", "Daniel Park"): "Daniel Park",
        ("d1", "Park"): "Park",
        ("d1", "Dr. Daniel Park"): "Daniel Park",
    }


def test_two_names_of_a_third_can_be_kept_apart():
    rows = (
        [("d1", "Daniel Park", "person")] * 3 + [("d1", "Park", "person")] * 2 + [("d1", "Dr. Daniel Park", "person")]
    )
    titles = titles_of(rows, None, ("Park", "Dr. Daniel Park"))
    assert titles["d1", "Park"] == "Daniel Park"
    assert titles["d1", "Dr. Daniel Park"] != "Daniel Park"


def test_resolution_can_be_switched_off():
    mentions = mentions_of([("d1", "Park's", "person"), ("d1", "Park", "person")])
    titled, _, merges = resolve_by_rules(
        mentions, empty(RELATIONSHIP_MENTIONS), units_of({"d1": ""}), settings=ResolveSettings(enabled=False)
    )
    assert titled["title"].to_list() == ["Park's", "Park"]
    assert merges.equals(empty(ENTITY_MERGES))


# --- invariants ----------------------------------------------------------------------------------------------

NAMES = [
    *("Daniel Park", "Grace Park", "Park", "Mr. Park", "Mrs. Park", "Dr. Daniel Park", "Daniel J. Park", "PARK"),
    *("Mayor Park", "Daniel Park (pilot)", "IDF", IDF, "Israel Defense Forces", "Meridian", "Meridian Terminals"),
    *("Meridian Terminals Inc.", "Meridian Street", "First Meridian Bank", "US", "U.S.", "United States", "김도현"),
    *(
        "김 선장",
        "김도현 선장",
        "김영희",
        "서울 시장",
        "the Port",
        "Port of Ellery",
        "McDonald's",
        "McDonald",
        "",
        "'s",
    ),
    *("Mu\u0308ller", "Müller", "Muller"),
]
KINDS = ["person", "organization", "place", "other", "PERSON", "GEO"]
CORPORA = st.lists(
    st.tuples(st.sampled_from(["d1", "d2", "d3"]), st.sampled_from(NAMES), st.sampled_from(KINDS)), max_size=24
)
TEXTS = {"d1": IDF_TEXT, "d2": "Capt. Daniel Park spoke.", "d3": "Dr. Daniel Park, a cardiologist, did not."}


@settings(max_examples=60)
@given(CORPORA, st.randoms(use_true_random=False))
def test_order_of_the_rows_does_not_matter(rows: list[Row], shuffler: random.Random):
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    assert titles_of(rows, TEXTS) == titles_of(shuffled, dict(reversed(TEXTS.items())))
    assert merges_of(rows, TEXTS) == merges_of(shuffled, TEXTS)


@settings(max_examples=60)
@given(CORPORA)
def test_every_mention_has_a_title_and_every_change_a_reason(rows: list[Row]):
    titles = titles_of(rows, TEXTS)
    told = {(document, name): title for document, name, title, *_ in merges_of(rows, TEXTS)}
    for document, name, _ in rows:
        title = titles[document, name]
        assert title is not None
        if title != name:
            assert told.get((document, name), told.get(("", name))) == title
    assert all(reason and evidence for *_, reason, evidence, _ in merges_of(rows, TEXTS))


def test_resolving_titles_again_changes_nothing():
    mentions, pairs = mentions_in(PARKS, PARK_NAMES)
    extra = mentions_of(
        [("heart", name, "other") for name in (IDF, "IDF", "Meridian Terminals Inc.", "U.S.", "김도현 선장")]
    )
    once, related, _ = resolve_by_rules(
        pl.concat([mentions, extra]), pairs, units_of({**PARKS, "x": IDF_TEXT}), settings=ResolveSettings()
    )
    again = conform(once.with_columns(name="title"), ENTITY_MENTIONS, "entity_mentions")
    related = related.with_columns(source="source_title", target="target_title")
    twice, _, _ = resolve_by_rules(
        again,
        conform(related, RELATIONSHIP_MENTIONS, "r"),
        units_of({**PARKS, "x": IDF_TEXT}),
        settings=ResolveSettings(),
    )
    assert twice["title"].to_list() == once["title"].to_list()


def test_names_that_only_relationships_have_get_a_title():
    rows = [("d1", "d1 0", "Dr. Ada Lim", "Bo Vance", "They met.", None, None, None)]
    pairs = pl.DataFrame(rows, schema=RELATIONSHIP_MENTIONS, orient="row")
    _, related, _ = resolve_by_rules(mentions_of([]), pairs, units_of({"d1": ""}), settings=ResolveSettings())
    assert related.select("source_title", "target_title").rows() == [("Ada Lim", "Bo Vance")]


def test_empty_tables_give_empty_tables():
    titled, related, merges = resolve_by_rules(
        empty(ENTITY_MENTIONS), empty(RELATIONSHIP_MENTIONS), units_of({"d1": ""}), settings=ResolveSettings()
    )
    assert (titled.height, related.height, merges.height) == (0, 0, 0)
    assert "title" in titled.columns
    assert {"source_title", "target_title"} <= set(related.columns)


@pytest.mark.skipif(not REDOCRED.exists(), reason="needs ../shared/data/redocred_dev")
def test_resolution_beats_equal_strings_on_redocred():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import resolution
    finally:
        sys.path.pop(0)
    mentions, units, gold = resolution.read_gold()
    titled, _, _ = resolve_by_rules(mentions, empty(RELATIONSHIP_MENTIONS), units, settings=ResolveSettings())
    ours = [f"{document} {title}" for document, title in titled.select("document_id", "title").iter_rows()]
    strings = [f"{document} {name}" for document, name in titled.select("document_id", "name").iter_rows()]
    assert resolution.b_cubed(strings, gold)[2] == pytest.approx(0.938, abs=0.002)
    precision, _, f1 = resolution.b_cubed(ours, gold)
    assert precision > 0.98
    assert f1 > 0.95


def test_kings_of_one_name_are_told_apart_by_their_numbers() -> None:
    titles = titles_of([("d1", "Carol I", "person"), ("d1", "Carol II", "person"), ("d1", "Carol III", "person")])
    assert titles == {("d1", name): name for name in ("Carol I", "Carol II", "Carol III")}


def test_a_word_with_its_article_is_no_surname() -> None:
    titles = titles_of([("d1", "The Ghost", "person"), ("d1", "Marley's Ghost", "person")])
    assert titles["d1", "The Ghost"] != titles["d1", "Marley's Ghost"]
