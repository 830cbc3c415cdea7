"""Mail, feeds and subtitles: a document a message, an entry, a recording, with who and when."""

from pathlib import Path

import pytest

from graphrag_drift.input.load import Loaded, load
from graphrag_drift.settings import InputSettings

EXTRA = "the extra 'docs' is not installed"
FIELDS = ("title", "text", "creation_date", "author", "source")


def read(folder: Path, **files: str) -> Loaded:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, "utf-8", newline="")
    return load(InputSettings(metadata_columns=("to",)) if "a__eml" in files else InputSettings(), folder)


MAIL = """From: =?utf-8?q?D=C3=B3ra_K?= <dora@x.invalid>\r
To: Lars Engvall <lars@x.invalid>\r
Subject: =?utf-8?B?Q2xvc3VyZQ==?=\r
Date: Tue, 3 Mar 2026 09:14:20 +0100\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="m"\r
\r
--m\r
Content-Type: multipart/alternative; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Berth seven closes because Ilse G=\r
r=C3=BCnwald found rust=2E\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<p>Other.</p>\r
--b--\r
--m\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename="plan.pdf"\r
\r
x\r
--m--\r
"""


def test_a_mail_is_its_text_with_subject_date_and_sender(tmp_path: Path) -> None:
    loaded = read(tmp_path, a__eml=MAIL)
    assert loaded.documents.select(*FIELDS, "raw_data").rows() == [
        (
            "Closure",
            "Berth seven closes because Ilse Grünwald found rust.",
            "2026-03-03",
            "Dóra K",
            "",
            {"to": "Lars Engvall <lars@x.invalid>"},
        )
    ]
    assert loaded.notices == ("a.eml: 1 attachment(s) left out: plan.pdf",)


def test_each_message_of_a_mailbox_is_a_document(tmp_path: Path) -> None:
    mailbox = (
        "From lars@x.invalid Tue Mar  3 10:00:00 2026\nFrom: Lars <l@x.invalid>\nSubject: Berth\n"
        "Date: Tue, 3 Mar 2026 10:00:00 +0100\n\nIt closes.\n>From Monday on.\n\n"
        "From dora@x.invalid Wed Mar  4 10:00:00 2026\nFrom: Dora <d@x.invalid>\nSubject: Re: Berth\n"
        "Date: Wed, 4 Mar 2026 10:00:00 +0100\nContent-Type: text/html\n\n<p>It <b>o</b>pens.</p>\n"
    )
    assert read(tmp_path, a__mbox=mailbox).documents.select(*FIELDS).rows() == [
        ("Berth", "It closes.\nFrom Monday on.", "2026-03-03", "Lars", ""),
        ("Re: Berth", "It opens.", "2026-03-04", "Dora", ""),
    ]


def test_the_entries_of_feeds_and_of_a_blogs_export_are_documents(tmp_path: Path) -> None:
    pytest.importorskip("feedparser", reason=EXTRA)
    rss = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        "<title>Utvik Post</title><item><title>Ferry stops</title><dc:creator>Ina Holm</dc:creator>"
        "<pubDate>Tue, 03 Feb 2026 09:00:00 +0100</pubDate><description>Short.</description>"
        "<content:encoded><![CDATA[<p>The ferry <b>st</b>ops.</p><p hidden>No.</p>]]></content:encoded>"
        "<wp:status>publish</wp:status></item><item><title>Draft</title><description>Not yet.</description>"
        "<wp:status>draft</wp:status></item></channel></rss>"
    )
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Quay</title><entry><title>Dam</title><updated>'
        "2026-02-04T08:00:00Z</updated><author><name>Bo Ek</name></author><summary>It leaks.</summary></entry></feed>"
    )
    loaded = read(tmp_path, a__rss=rss, b__xml=atom, c__xml="<notes><note>Not a feed.</note></notes>")
    assert loaded.documents.select(*FIELDS).rows() == [
        ("Dam", "It leaks.", "2026-02-04", "Bo Ek", "Quay"),
        ("Ferry stops", "The ferry stops.", "2026-02-03", "Ina Holm", "Utvik Post"),
    ]
    assert loaded.notices == ("a.rss: 1 unpublished entries left out",)
    assert "no feed (RSS, Atom, WordPress); convert it" in loaded.failures["reason"][0]


def test_subtitles_are_what_each_speaker_said_with_whole_sentences(tmp_path: Path) -> None:
    pytest.importorskip("webvtt", reason=EXTRA)
    vtt = (
        "WEBVTT\n\nNOTE made by hand\n\n00:00:01.000 --> 00:00:03.000\n<v Gro Tveit>The quarry of Brenn opens\n\n"
        "00:00:03.000 --> 00:00:05.000\n<v Gro Tveit>in <i>May</i>.\n\n"
        "00:01:05.000 --> 00:01:07.000\n<v Bo Ek>Not before June.\n"
    )
    srt = "1\n00:00:01,000 --> 00:00:02,000\nThe ferry stops\n\n2\n00:00:02,100 --> 00:00:04,000\nin April.\n\n" \
          "3\n00:00:20,000 --> 00:00:21,000\nIt rained.\n"  # fmt: skip
    rows = read(tmp_path, a__vtt=vtt, b__srt=srt).documents.select("text", "sections").rows()
    assert rows == [
        (
            "Gro Tveit: The quarry of Brenn opens in May.\n\nBo Ek: Not before June.",
            [
                {"start": 0, "title": "Gro Tveit, 0:00:01", "level": 8},
                {"start": 46, "title": "Bo Ek, 0:01:05", "level": 8},
            ],
        ),
        (
            "The ferry stops in April.\n\nIt rained.",
            [{"start": 0, "title": "0:00:01", "level": 8}, {"start": 27, "title": "0:00:20", "level": 8}],
        ),
    ]


def test_what_a_mail_quotes_is_a_paragraph_without_signs(tmp_path: Path) -> None:
    quoted = (
        "It stops.\n\nOn Monday Ina wrote:\n> Does the ferry of Utvik stop today\n> or only in April?\n"
        ">> It may, since its hull has\n> > some cracks.\n"
    )
    header = "From: a@x.invalid\nSubject: Ferry\nDate: Tue, 3 Mar 2026 09:14:20 +0100"
    loaded = read(tmp_path, a__eml=f"{header}\n\n{quoted}")
    assert loaded.documents["text"][0].split("\n\n") == [
        "It stops.",
        "On Monday Ina wrote:",
        "Does the ferry of Utvik stop today or only in April?",
        "It may, since its hull has some cracks.",
    ]


def test_commands_in_a_blogs_entry_are_no_text_of_it(tmp_path: Path) -> None:
    pytest.importorskip("feedparser", reason=EXTRA)
    written = '[gallery ids="1,2"]\n[caption id="x"]The old mill.[/caption]\nIt is [sic] for sale.'
    feed = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>B</title><item><title>Mill</title>'
        f"<content:encoded><![CDATA[{written}]]></content:encoded><wp:post_type>post</wp:post_type></item></channel></rss>"
    )
    assert read(tmp_path, a__xml=feed).documents["text"][0].split("\n") == ["The old mill.", "It is [sic] for sale."]
