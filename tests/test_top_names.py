"""What the entities of a corpus are called and of what kind they are, once all of its mentions have been read."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from graphrag_drift.indexing.boilerplate import without_formulas, without_interjections
from graphrag_drift.names.acronyms import acronym_definitions
from graphrag_drift.names.forms import generation_of, turned_name
from graphrag_drift.names.kinds import kind_of
from graphrag_drift.resolution.agreement import with_agreed_kinds
from graphrag_drift.resolution.corpus import surroundings
from graphrag_drift.tables import ENTITY_MENTIONS, RELATIONSHIP_MENTIONS, empty

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from data import newsroom
from top_names import entities_of

KIND_BY_TITLE = {
    "Ostrander Group": "organization",
    "Brackwater": "place",
    "Port Ellery": "place",
    "Meridian Terminals": "organization",
    "Miriam Oyelaran": "person",
    "Harlan Whitlock": "person",
    "Lodestar Storage": "organization",
    "Port of Ellery Authority": "organization",
    "Environmental Quality Agency": "organization",
    "Pier 9": "other",
    "Tank 14": "other",
    "TCE": "other",
    "미국": "place",
    "J. R. Hale": "person",
    "Kestrel Advisory": "organization",
    "Ingrid Solvay": "person",
    "International Dockworkers Federation": "organization",
    "Rosalind Achterberg": "person",
    "Victor Ostrander": "person",
    "Corvane University Hospital": "organization",
    "Judith Hale": "person",
    "Daniel Park (cardiologist)": "person",
    "Desmond Fray": "person",
    "Narae Shipping": "organization",
    "Simon Beck": "person",
    "Connie Ashgrove": "person",
    "Corvane University": "organization",
    "DSMB": "organization",
    "Local 41": "other",
    "Walter Pruitt": "person",
}


def kinds_of(*texts: str) -> dict[str, str]:
    """Title -> kind of the entities of these documents."""
    rows = [{"id": f"{number:04d}", "title": f"text {number}", "text": text} for number, text in enumerate(texts)]
    return dict(entities_of(pl.DataFrame(rows)).select("title", "type").iter_rows())


def test_the_newsrooms_most_frequent_entities_are_named_and_kinds_are_right() -> None:
    top = entities_of(newsroom().documents).head(30)
    assert dict(top.select("title", "type").iter_rows()) == KIND_BY_TITLE


def test_father_and_son_of_one_name_are_two() -> None:
    text = "Robert Hale built the mill in 1950. Robert Hale, Jr., sold it. A friend of Robert Hale Jr. bought the barn."
    assert {"Robert Hale", "Robert Hale, Jr."} <= kinds_of(text).keys()
    assert generation_of(("robert", "hale", "junior")) == generation_of(("robert", "hale", "jr")) == "jr"


def test_opponents_who_share_a_surname_are_two_and_the_surname_is_neither() -> None:
    text = "Maria Garcia faces Luis Garcia on Sunday. A poll in the case of Garcia v. Garcia put Garcia ahead."
    assert kinds_of(text) == {"Maria Garcia": "person", "Luis Garcia": "person", "Garcia": "person"}


def test_a_list_with_surnames_first_names_the_people_of_the_text() -> None:
    roll = "Present: the members.\n\nGarcia, Maria; Ofori, Kwame; van der Berg, Anna K."
    people = kinds_of(roll, "The chair, Maria Garcia, opened the meeting in Oslo.")
    assert [people.get(name) for name in ("Maria Garcia", "Kwame Ofori", "Anna K. van der Berg")] == ["person"] * 3
    assert not {"Garcia", "Ofori"} & people.keys()
    assert "Paris France" not in kinds_of("Paris, France; Oslo, Norway.")
    assert turned_name("Garcia, Maria") == "Maria Garcia"
    assert turned_name("Hale, Jr.") == turned_name("Verdanne, Inc.") == ""


def test_an_institution_named_with_and_is_one_and_its_acronym_is_it() -> None:
    texts = (
        "The Centers for Disease Control and Prevention warned of fever.",
        "Officials of the Centers for Disease Control and Prevention (CDC) met. The CDC said the water was safe.",
    )
    assert kinds_of(*texts) == {"Centers for Disease Control and Prevention": "organization"}
    assert acronym_definitions("the Centers for Disease Control and Prevention (CDC)") == [
        ("Centers for Disease Control and Prevention", "CDC")
    ]
    assert {"Bank of Norvik", "Treskow Holdings"} <= kinds_of("Bank of Norvik and Treskow Holdings merged.").keys()


@pytest.mark.parametrize(
    ("name", "before", "after", "kind"),
    [
        ("H2O", "She drank ", " at noon.", "other"),
        ("TCE", "Wells held ", " for years.", "other"),
        ("IDF", "The Dockworkers Federation (", ") met.", "organization"),
        ("IDF", "The ", " said so.", "organization"),
        ("IDF", "a member of the ", " was there.", "organization"),
        ("Tools 365", "They bought ", ".", "other"),
        ("Office 12", "They bought ", ".", "other"),
        ("Center for Port Studies", "The ", " met.", "organization"),
        ("Ledger", "A study seen by the ", " said so.", "other"),
        ("Fray", "Nobody knew, ", " said.", "person"),
    ],
)
def test_a_kind_needs_more_than_capitals_a_number_or_an_article(name: str, before: str, after: str, kind: str) -> None:
    assert kind_of(name, before, after) == kind


def agreed(*sentences: str, name: str, kinds: str) -> str:
    """The kinds that stay, of a name that stands once in each sentence; each is given by its first letter."""
    known = {"p": "place", "m": "person", "o": "organization", "-": "other"}
    rows, offset = [], 0
    for sentence, kind in zip(sentences, kinds, strict=True):
        at = offset + sentence.index(name)
        rows.append(("d", "d 0", name, known[kind], sentence, at, at + len(name)))
        offset += len(sentence) + 1
    mentions = pl.DataFrame(rows, schema=ENTITY_MENTIONS, orient="row")
    units = pl.DataFrame({"id": ["d 0"], "document_id": ["d"], "text": [" ".join(sentences)], "start": [0]})
    kept = with_agreed_kinds(mentions, surroundings(mentions, units))["type"]
    return "".join(next(letter for letter, kind in known.items() if kind == one) for one in kept)


def test_what_one_works_with_is_no_place_though_one_invests_in_it() -> None:
    sentences = (
        "Growth in Tarnwick slowed.",
        "They built it on Tarnwick.",
        "She works with Tarnwick daily.",
        "It was made using Tarnwick.",
        "Sales of Tarnwick rose.",
    )
    assert agreed(*sentences, name="Tarnwick", kinds="pp---") == "-----"
    lived = ("He lived in Tarnwick.", "A fire near Tarnwick burned.", "The mayor of Tarnwick ran.", "He left Tarnwick.")
    assert agreed(*lived, name="Tarnwick", kinds="pp--") == "pp--"


def test_one_sentence_of_many_makes_nobody_a_person() -> None:
    spoken = ["Tarnwick said so.", *(f"Sales of Tarnwick rose in year {year}." for year in range(5))]
    assert agreed(*spoken, name="Tarnwick", kinds="m-----") == "------"
    housed = ["Tarnwick said so.", "He works at Tarnwick.", "She had been at Tarnwick."]
    assert agreed(*housed, name="Tarnwick", kinds="m--") == "---"


def test_two_kinds_that_are_well_supported_stay_for_homonyms() -> None:
    sentences = ("In Jordan it rained.", "Near Jordan it rained.", "Jordan won, he said.", "Jordan scored, he said.")
    assert agreed(*sentences, name="Jordan", kinds="ppmm") == "ppmm"


def test_kinds_that_a_reader_is_sure_of_need_no_other_evidence() -> None:
    sentences = ("They sailed on Tarnwick.", "The crew with Tarnwick slept.")
    assert agreed(*sentences, name="Tarnwick", kinds="pp") == "pp"


def test_words_of_the_language_are_no_place_nor_are_words_of_speech_names() -> None:
    talk = (
        "NORA LIEN: Yeah. So the search got better, and growth in Search was strong.",
        "TOM ASK: Yeah, yeah. Right, and people search a lot; it is right to search.\nNORA LIEN: Right.",
        "TOM ASK: “Oh my, oh my,” I said, and then, “Oh, we have it.”\nNORA LIEN: (Laughter.) There was laughter.",
    )
    kinds = kinds_of(*talk)
    assert kinds.get("Search") == "other"
    assert kinds.keys() == {"Nora Lien", "Tom Ask", "Search"}


def test_who_speaks_in_turns_is_a_person_and_a_single_label_says_nothing() -> None:
    talk = "NORRA LIEN: It sailed.\n\nTOFFE ASK: It did not sail.\n\nNORRA LIEN: It will."
    assert kinds_of(talk) == {"Norra Lien": "person", "Toffe Ask": "person"}
    assert kinds_of("Harbour Brief: It sailed. Nobody knew why.") == {"Harbour Brief": "other"}


def test_a_word_that_only_opens_turns_is_no_name_though_never_written_small() -> None:
    answers = [f"NORA LIEN: Yep. The ferry Solvind left pier {number}." for number in range(6)]
    questions = [f"Operator, we have time for question {number} of Tuva." for number in range(6)]
    assert kinds_of(*answers, *questions).keys() >= {"Nora Lien", "Solvind", "Tuva"}
    assert not {"Yep", "Operator"} & kinds_of(*answers, *questions).keys()


def test_who_is_spoken_to_or_listed_stays_an_entity() -> None:
    rows = []
    lines = [f"Thanks, Skarre. Sand, Kalk, Lehm and {number}." for number in range(6)]
    for number, line in enumerate(lines):
        rows += [
            ("d", f"u{number}", name, "other", line, line.index(name), line.index(name) + len(name))
            for name in ("Skarre", "Kalk")
        ]
    mentions = pl.DataFrame(rows, schema=ENTITY_MENTIONS, orient="row")
    units = pl.DataFrame({"id": [f"u{n}" for n in range(6)], "text": lines, "start": [0] * 6})
    kept, _ = without_interjections(mentions, empty(RELATIONSHIP_MENTIONS), units)
    assert kept.equals(mentions)


def test_a_formula_names_nobody_however_few_documents_repeat_it() -> None:
    told = ("d", "u0", "Tuva Lien", "person", "Tuva Lien sails the Solvind.", 0, 9)
    asides = [("d", f"u{n}", "Operator Direction", "other", "(Operator Direction.)", 1, 19) for n in range(100)]
    credits = [("d", f"u{n}", "Tuva Lien", "person", f"Photo {n}: Tuva Lien", 9, 18) for n in range(100)]
    mentions = pl.DataFrame([told, *asides, *credits], schema=ENTITY_MENTIONS, orient="row")
    kept, _ = without_formulas(mentions, empty(RELATIONSHIP_MENTIONS))
    assert kept["name"].unique().to_list() == ["Tuva Lien"]


def test_words_of_a_files_name_and_a_label_are_no_names() -> None:
    text = (
        "Ep-57_Behind_the_Wall_Tuva_Lien_Show_with_Per_Aas.txt  lasted two hours, said Tuva Lien.\n\n"
        "CORRECTION: An earlier version misstated the port."
    )
    assert kinds_of(text).keys() == {"Tuva Lien"}


def test_titles_that_begin_with_a_small_word_are_whole_and_numbers_belong_to_what_they_count() -> None:
    assert "Behind the Wall" in kinds_of("Welcome to Behind the Wall, the show on walls.")
    assert "Well No. 5" in kinds_of("The town closed Well No. 5 and drank from the well.")
    assert "Q4" not in kinds_of("Revenue in Q4 was strong.")
    assert kinds_of("Nils Ree is Chief Technology Officer for Solvind.").keys() == {"Nils Ree", "Solvind"}


def test_the_head_of_a_table_names_columns_and_no_entities() -> None:
    rows = "Staff of the line\n\nHarbour Pilot | Home Port\nTuva Lien | Port Halvik\nPer Aas | Port Dorval\n"
    kinds = kinds_of(rows)
    assert {"Tuva Lien", "Port Halvik"} <= kinds.keys()
    assert not {"Harbour Pilot", "Home Port"} & kinds.keys()


def test_a_given_name_is_the_only_full_name_that_begins_with_it() -> None:
    text = "Maria Lien, who was born in Oslo, sails. Nobody asked Maria."
    assert kinds_of(text) == {"Maria Lien": "person", "Oslo": "place"}
    both = text + " Maria Aas, who was born in Bergen, stayed."
    assert "Maria" in kinds_of(both)
    talks = [f"TOFFE LIEN: It sailed to pier {n}.\n\nNORA ASK: Toffe, thanks. We saw Toffe." for n in range(2)]
    assert kinds_of(*talks) == {"Toffe Lien": "person", "Nora Ask": "person"}


def test_a_role_in_one_document_of_many_splits_nobody_and_a_friend_is_no_role() -> None:
    many = [f"Maria Lien, the pilot, met Skarre{n} and Holm{n} at noon." for n in range(12)]
    once = "Maria Lien, the coach, met Grete Odd."
    assert "Maria Lien" in kinds_of(*many, once)
    friend = ("Maria Lien, the pilot, met Per Aas.", "Maria Lien, the girlfriend, met Grete Odd.")
    assert "Maria Lien" in kinds_of(*friend)


def test_namesakes_with_different_roles_are_two() -> None:
    texts = (
        "Maria Lien, the pilot, met Per Aas of Halvik. Another pilot, Nils Ree, came.",
        "Maria Lien, the cardiologist, met Grete Odd of Dorval. The cardiologist, Olga Ask, came.",
    )
    assert {"Maria Lien (pilot)", "Maria Lien (cardiologist)"} <= kinds_of(*texts).keys()
