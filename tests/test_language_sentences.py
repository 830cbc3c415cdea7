import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift.language.sentences import MAX_SENTENCE, split_sentences
from graphrag_drift.providers.embedded.sentences import sentences_of

DATA = Path(__file__).parents[2] / "shared" / "data" / "earnings_calls" / "corpus.jsonl"

# Snippets with "|" where a sentence ends and another begins; no snippet has that character itself.
GOLD = [
    "Dr. Smith met Mr. Jones at 3 p.m. on Tuesday.| They spoke for an hour.",
    "The U.S. Army denied it.| The U.S. is not at war.",
    "She moved to the U.S. in 2004.| He stayed behind.",
    "He lives in Washington, D.C. with his wife.",
    "Er zahlt bis zum 1. Juni 2027.| Am 3. Oktober zog Hr. Lang in den 5. Stock.| Es waren 12.| Danach gingen sie.",
    "El Sr. García y la Sra. López ganan.| L'avv. Greco e il sig. Rossi parlano.| Dhr. Smit woont in de Kerkstr. 5.",
    "Завод им. Кирова на ул. Ленина закрыл И. Павлов.| Он уехал.",
    "Morten P. Meldal won.| See p. 5 for more.",
    "J. R. Hale resigned.| K. Park takes over.",
    "Northfield Inc. said profits fell.| Shares lost 4.5 percent.",
    "It was bought by Northfield Inc.| The price was not disclosed.",
    "The firm, Ropes & Hale L.L.P. of Boston, declined to comment.",
    "See No. 5 on the list.| No. 6 is missing.",
    "Prices rose 3.7% to $1.25 billion.| Analysts had expected 3.5%.",
    '"Stop!" he shouted.| Nobody moved.',
    '"We are done," she said.| "The strike is over."| The crowd cheered.',
    "“Will it hold?” asked the mayor.| “It must.”",
    "Wait... what did you say?| Nothing.",
    "He hesitated...| Then he signed.",
    "1. Fanatics bought the maker.\n|2. Topps kept the rest.",
    "The verdict came. 1. Hale is guilty. 2. Park is not.".replace(". 2", ".| 2").replace("came. 1", "came.| 1"),
    "Port strike enters third week\n\n|By Maria Chen\n|BUSAN (Newswire) — Dockers walked out on Monday.| Talks failed.",
    "The wrapped paragraph of a text file goes on over the end of a line\nand even if the next line begins with a "
    "name like that of the\nUnited States it is one sentence.| Here is another one that follows it.",
    "Chapter One\n|It was late.",
    "On Jan. 5 the plant closed.| On Sept. 12 it opened again.",
    "The meeting is on Friday, Jan. 5.| Everyone is invited.",
    "Gov. Lena Ortiz and Sen. Paul Wu disagreed.| Rep. Kim did not vote.",
    "The vaccine (see Fig. 2) worked.| (It was tested twice.)| Nobody fell ill.",
    "He asked, “Why?”| No one knew.",
    "Is it over?! Yes.".replace("?! ", "?!| "),
    "The site is example.com.| Visit it.",
    "Version 2.0.1 was released.| It fixes v. 2.",
    "The professor, Ph.D. in hand, left.",
    "Smith et al. found no effect.| Others did.",
    "The match began at 9 a.m. EST.| It ended at noon.",
    "They arrived at 9 a.m.| Breakfast was cold.",
    "Martin Luther King Jr. spoke here.| The crowd was large.",
    "St. Petersburg and Mt. Fuji are far apart.",
    "Sales grew.| iPhone users bought more.",
    "Apple vs. Samsung went to court.| Samsung lost.",
    "CHRIS SUH: Thank you.| We will take the next question.\n\n|OPERATOR: The line is open.",
    "The cost: approx. 5 million.| Too much!",
    "Items:\n|- water tests\n|- new pipes\n|They cost money.",
    "국제부두노조는 3일 파업을 시작했다.| 정부는 대화를 촉구했다.",
    "“물은 안전합니다.” 시장은 말했다.| 주민들은 믿지 않았다.".replace("” 시장", "”| 시장"),
    "매출은 3.5% 늘었다.|그는 만족했다.",
    "노조는 뭐라고 했나?| 아직 답이 없다.",
    "東京で会議が開かれた。|首相が出席した。",
    "「行く。」と彼は言った。|次の日、出発した。",
    "他来了。|她走了！|为什么？",
    "यह पहला वाक्य है।| यह दूसरा है।",
    "هل انتهى الأمر؟| نعم.",
    "Der Minister trat zurück.| Niemand war überrascht.",
    "The U.N. Security Council met.| It adopted nothing.",
    "It is what it is.[3]| Others disagree.",
]  # fmt: skip


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def squeezed_ends(sentences: list[str]) -> set[int]:
    """Offsets at which sentences end, counted in characters that are not whitespace."""
    ends, position = set(), 0
    for sentence in sentences:
        position += sum(not character.isspace() for character in sentence)
        ends.add(position)
    return ends


def boundary_f1(found: set[int], gold: set[int]) -> float:
    return 2 * len(found & gold) / (len(found) + len(gold))


def test_snippets_are_split_where_a_reader_would():
    wrong, hits, n_found, n_gold = [], 0, 0, 0
    for snippet in GOLD:
        gold = [part.strip() for part in snippet.split("|")]
        found = pieces(snippet.replace("|", ""))
        # The last end is that of the text, which no splitter can miss.
        found_ends, gold_ends = squeezed_ends(found[:-1]), squeezed_ends(gold[:-1])
        hits, n_found, n_gold = hits + len(found_ends & gold_ends), n_found + len(found_ends), n_gold + len(gold_ends)
        if found != gold:
            wrong.append(found)
    assert 2 * hits / (n_found + n_gold) >= 0.98, wrong


def test_agrees_with_an_independent_splitter_on_earnings_calls():
    """F1 of the ends of sentences, as offsets in the text without its whitespace; every tenth transcript."""
    if not DATA.exists():
        pytest.skip("../shared/data/earnings_calls is not here")
    segmenter = pytest.importorskip("syntok.segmenter", reason="syntok, of the test group, is not installed")
    found, expected = set(), set()
    for number, line in enumerate(DATA.read_text(encoding="utf-8").splitlines()[::10]):
        text = json.loads(line)["text"]
        found |= {(number, end) for end in squeezed_ends(pieces(text))}
        expected |= {(number, end) for end in syntok_ends(segmenter, text)}
    assert 2 * len(found & expected) / (len(found) + len(expected)) >= 0.99


def syntok_ends(segmenter, text: str) -> set[int]:
    """Where syntok's sentences end; its tokens are looked up, as it does not keep offsets over paragraphs."""
    squeezed, position, ends = "".join(text.split()), 0, set()
    for paragraph in segmenter.process(text):
        for sentence in paragraph:
            for token in sentence:
                value = "".join(token.value.split())
                at = squeezed.find(value, position, position + len(value) + 40)
                position = at + len(value) if at >= 0 else position
            ends.add(position)
    return ends


@given(st.text(st.characters() | st.sampled_from(list(" \n\r.!?。'\"”다A1\u200d\u0301\u202e\ud800😀")), max_size=200))
def test_spans_are_in_order_trimmed_and_cover_all_text(text):
    spans = split_sentences(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["x" * 500_000, "." * 200_000 + "x", " " * 200_000, "\n" * 200_000, "a. " * 60_000, "가" * 200_000],
    ids=["letters", "stops", "spaces", "lines", "letters and stops", "hangul"],
)
def test_text_without_sentences_is_cut_however_long_it_is(text):
    spans = split_sentences(text)
    assert all(end - start <= MAX_SENTENCE for start, end in spans)
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == "".join(text.split())


def test_a_dateline_with_the_day_before_the_month_is_no_part_of_the_sentence() -> None:
    told = "Fjordline and Kystrute agreed on Sunday to merge their ferries."
    assert [sentence.text for sentence in sentences_of(f"BERGEN, 12 January 2025 - {told}")] == [told]
