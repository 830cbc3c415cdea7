"""Records are found under their usual names and in their usual shapes, whatever the file is called."""

import json
from pathlib import Path

import polars as pl
import pytest

from graphrag_drift.input.load import Loaded, load, load_frame
from graphrag_drift.settings import InputSettings

PROSE = "The ferry to Utvik stops in April, because the yard of Solberg found cracks in its hull last week."


def read(folder: Path, **settings: object) -> Loaded:
    return load(InputSettings.model_validate(settings), folder)


def rows(loaded: Loaded) -> list[tuple[object, ...]]:
    return loaded.documents.select("title", "text", "creation_date", "author", "source").rows()


def test_one_folder_holds_files_of_several_shapes(tmp_path: Path) -> None:
    linked = {"@type": "NewsArticle", "headline": "Ferry", "articleBody": "It stops.", "author": {"name": "Ina Holm"}}
    linked |= {"datePublished": "2026-02-03T09:00:00+01:00", "publisher": {"@type": "Organization", "name": "The Quay"}}
    press = {"date": "2026-02-04T08:00:00", "title": {"rendered": "Dam"}, "content": {"rendered": "<p>It leaks.</p>"}}
    (tmp_path / "linked.json").write_text(json.dumps({"@graph": [linked]}))
    (tmp_path / "press.json").write_text(json.dumps([press]))
    (tmp_path / "keyed.json").write_text(json.dumps({"r-1": {"title": "Road", "body": "It floods."}}))
    (tmp_path / "lines.jsonl").write_text(
        json.dumps({"Title": "Pump", "Abstract": "It is quiet.", "Authors": ["A", "B"]})
    )
    assert rows(read(tmp_path)) == [
        ("Dam", "It leaks.", "2026-02-04", "", ""),
        ("Ferry", "It stops.", "2026-02-03", "Ina Holm", "The Quay"),
        ("Pump", "It is quiet.", "", "A, B", ""),
        ("Road", "It floods.", "", "", ""),
    ]


def test_of_several_columns_of_text_the_first_that_a_record_has_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"full": "Whole.", "short": "Part."}\n{"short": "Only part."}\n{"n": 1}\n')
    loaded = read(tmp_path, text_column=["full", "short"])
    assert sorted(loaded.documents["text"]) == ["Only part.", "Whole."]
    assert loaded.failures["reason"].to_list() == [
        "has no field 'full' or 'short' (input.text_column); it has ['n']",
    ]


def test_without_a_usual_name_the_field_of_prose_is_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'Nr,Ort,Inhalt\n1,Utvik,"{PROSE}"\n2,Rena,"{PROSE[:-1]} or so."\n')
    (tmp_path / "b.json").write_text(json.dumps([{"nr": 1, "innhold": PROSE + " It was cold."}]))
    assert [row[1] for row in rows(read(tmp_path))] == [PROSE, PROSE[:-1] + " or so.", PROSE + " It was cold."]


@pytest.mark.parametrize(
    "content",
    [
        "sep=|\nTitle|Text|Date\nFerry|It stops; again, and again.|2026-02-03\n",
        "Title;Text;Date\nFerry;It stops; again, and again.;2026-02-03\n".replace("stops; again", '"stops"').replace(
            '"', ""
        ),
        "Title\tText\tDate\nFerry\tIt stops; again, and again.\t2026-02-03\n",
        "Export of the newsroom\nmade on 3 March 2026\n\n"
        'TITLE,TEXT,DATE\nFerry,"It stops; again, and again.",2026-02-03\n',
        '\ufeffTitle,Text,Date,\nFerry,"It stops; again, and again.",2026-02-03,\n',
        "Title|Text|Date\nFerry|It stops; again, and again.|2026-02-03\nDam|It leaks.|\n",
    ],
    ids=["sep", "semicolons", "tabs", "preamble", "empty last column", "bars"],
)
def test_values_are_separated_by_what_separates_them(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content, "utf-8")
    title, text, date = (
        read(tmp_path).documents.filter(pl.col("title") == "Ferry").select("title", "text", "creation_date").row(0)
    )
    assert (title, text.replace("stops, again", "stops; again"), date) in {
        ("Ferry", "It stops; again, and again.", "2026-02-03"),
        ("Ferry", "It stops, and again.", "2026-02-03"),
    }


def test_a_chat_is_read_as_its_readers_saw_it(tmp_path: Path) -> None:
    messages = [
        {"type": "message", "user": "U1", "ts": "1771234567.0002", "user_profile": {"real_name": "Gro Tveit"},
         "text": "The <https://x.invalid/q|Brenn quarry> opens &amp; hires, says <@U1> in <#C9|works>"},
        {"type": "message", "subtype": "channel_join", "user": "U2", "ts": "1", "text": "<@U2> has joined the channel"},
    ]  # fmt: skip
    (tmp_path / "slack.json").write_text(json.dumps(messages))
    loaded = read(tmp_path)
    assert rows(loaded) == [
        ("slack.json (1)", "The Brenn quarry opens & hires, says Gro Tveit in #works", "2026-02-16", "Gro Tveit", ""),
    ]
    assert loaded.notices == ("slack.json: 1 message(s) of the chat program itself left out",)


def test_character_references_in_fields_are_characters(tmp_path: Path) -> None:
    record = {"title": "Smith &#038; Sons", "text": "Corvin &amp; Sons said it&#8217;s 5 &lt; 6 &#60;b&#62;."}
    (tmp_path / "a.json").write_text(json.dumps(record))
    assert rows(read(tmp_path))[0][:2] == ("Smith & Sons", "Corvin & Sons said it’s 5 &lt; 6 &#60;b&#62;.")


def test_texts_of_parts_are_put_together(tmp_path: Path) -> None:
    parts = [
        {"id": "m1", "text": ["See ", {"type": "link", "text": "the map"}, " of Rena."]},
        {"id": "m2", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
        {"id": "m3", "paragraphs": ["First.", "Second."]},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"messages": parts}))
    assert [row[1] for row in rows(read(tmp_path))] == ["See the map of Rena.", "One.\n\nTwo.", "First.\n\nSecond."]


def test_commas_before_closing_brackets_are_passed_over_and_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"articles": [{"text": "One, ]."},], }')
    loaded = read(tmp_path)
    assert loaded.documents["text"].to_list() == ["One, ]."]
    assert loaded.notices == ("a.json: has commas before closing brackets, which were passed over",)


def test_a_frame_with_a_usual_column_needs_no_setting() -> None:
    frame = pl.DataFrame({"Headline": ["Dam"], "Body": ["It leaks."], "Published_At": [1_771_234_567_000]})
    assert rows(load_frame(frame, InputSettings())) == [("Dam", "It leaks.", "2026-02-16", "", "")]


def test_dates_that_cannot_be_read_are_told_with_examples(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,when\n" + "".join(f"{n},Text {n}.,some day {n}\n" for n in range(5)))
    (told,) = read(tmp_path, date_column="when").notices
    assert told.startswith(
        "a.csv: 5 date(s) (input.date_column 'when') cannot be read, such as 'some day 0', 'some day 1', 'some day 2'; "
    )


def test_the_order_of_day_and_month_is_that_of_the_column(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("id,text,date\n1,One.,3/4/2025\n2,Two.,13/4/2025\n")
    (tmp_path / "months.csv").write_text("id,text,date\na,One!,3/4/2025\nb,Two!,4/13/2025\n")
    (tmp_path / "open.csv").write_text("id,text,date\nx,Only.,3/4/2025\n")
    loaded = read(tmp_path)
    dates = dict(loaded.documents.select("id", "creation_date").rows())
    assert dates == {"1": "2025-04-03", "2": "2025-04-13", "a": "2025-03-04", "b": "2025-04-13", "x": ""}
    assert loaded.notices[0].startswith("open.csv: 1 date(s) cannot be read, such as '3/4/2025'")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"Dam": "It leaks.", "Road": "It floods."}, [("Dam", "It leaks."), ("Road", "It floods.")]),
        ([["title", "text"], ["Dam", "It leaks."]], [("Dam", "It leaks.")]),
        (
            {"title": "Notes", "content": [{"type": "p", "text": "It leaks."}, {"type": "p", "text": "Badly."}]},
            [("Notes", "It leaks.\n\nBadly.")],
        ),
        (
            [{"title": "Talk", "turns": [{"role": "user", "content": "Who?"}, {"role": "bot", "content": "Ina."}]}],
            [("Talk", "user: Who?\n\nbot: Ina.")],
        ),
        (
            {"type": "X", "features": [{"properties": {"name": "Dam", "description": "It leaks."}, "bbox": [1]}]},
            [("Dam", "It leaks.")],
        ),
        ({"question": "Who leads it?", "answer": "Ina Holm."}, [("Who leads it?", "Ina Holm.")]),
    ],
)  # fmt: skip
def test_texts_are_found_in_objects_of_other_shapes(
    tmp_path: Path, content: object, expected: list[tuple[str, str]]
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content))
    loaded = read(tmp_path)
    assert loaded.failures.rows() == []
    assert loaded.documents.select("title", "text").rows() == expected


def test_columns_may_have_their_usual_names_in_other_languages(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("TITEL;DATUM;AUTOR;TEXT\nDamm;03.01.2026;Ina Holm;Er leckt.\n")
    (tmp_path / "b.csv").write_text("titolo,data,autore,testo\nDiga,2026-01-04,Bo Ek,Perde.\n")
    assert rows(read(tmp_path)) == [
        ("Damm", "Er leckt.", "2026-01-03", "Ina Holm", ""),
        ("Diga", "Perde.", "2026-01-04", "Bo Ek", ""),
    ]
