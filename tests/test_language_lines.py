"""Line breaks: re-wrapping a paragraph changes nothing, and what the writer broke stays broken."""

from __future__ import annotations

import textwrap
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.language.lines import unwrap
from graphrag_drift.language.sentences import split_sentences

ARTICLES = sorted((Path(__file__).parent.parent / "examples" / "newsroom" / "articles").glob("*.txt"))
TEXTS = [path.read_text("utf-8") for path in ARTICLES[::6]]
PROSE = """The lamp of Skerry Rock was lit by Anna Brandt - a cooper's daughter from St. Osyth - on 4 March 1871, and \
for thirty-one years no night passed without it. "I never slept," she told the Board of Trade, "but by day." Mr. \
J. R. Hale, who had opposed the light in Parliament, came in 1879 with two clerks; it cost £4,200, or 3.5 % more \
than the tender of Hale & Sons. (1) The tower is of granite. (2) The lens, by Chance Bros. of Smethwick, weighs \
four tons. After the gale of Jan. 7 the keeper wrote: The sea stood over the gallery. By Easter the Trinity House \
yacht Irene had brought Captain Ole Moe, a Norwegian, and his wife. They stayed."""
KOREAN = """동해의 등대지기 김보라 씨는 1987년 3월 4일 새벽에 처음 불을 켰다. 그는 "바다가 조용한 날은 하루도 \
없었다"고 말했다. 해양수산부는 지난 12일 묵호등대와 호미곶등대를 포함한 7곳을 문화유산으로 지정한다고 밝혔으며, 예산은 \
약 850억원이다. 김 씨의 딸 김하늘 씨는 부산 영도구의 국립해양박물관에서 일한다."""


def squeezed(text: str) -> list[str]:
    return ["".join(text[start:end].split()) for start, end in split_sentences(text)]


def wrapped(text: str, width: int, **options: bool) -> str:
    lines = text.split("\n")
    return "\n".join(textwrap.fill(line, width, break_long_words=False, **options) for line in lines)


@given(st.sampled_from([*TEXTS, PROSE, KOREAN]), st.integers(30, 200), st.booleans())
@settings(max_examples=150, deadline=None, derandomize=True)
@example(PROSE, 30, True)
@example(KOREAN, 30, True)
def test_a_paragraph_wrapped_at_any_width_has_the_same_sentences(text, width, hyphens):
    assert squeezed(wrapped(text, width, break_on_hyphens=hyphens)) == squeezed(text)


@pytest.mark.parametrize("text", [*TEXTS, PROSE, KOREAN])
def test_a_text_that_was_wrapped_is_unwrapped_to_itself(text):
    texts = [unwrap(wrapped(text, width)) for width in (40, 72, 100)]
    assert [" ".join(text.split()) for text in texts] == [" ".join(text.split())] * 3


@pytest.mark.parametrize(
    "text",
    [
        "Chapter One\nIt was late.",
        "Fares\n- adults 90 crowns\n- children 45 crowns\nThey are paid on board.",
        "Name: Ina Holm\nPost: Head of the savings bank of Orlo\nBorn: Rena",
        "| Port | Head |\n|---|---|\n| Orlo | Holm |",
        "Port strike enters its third week\nBy Maria Chen\nThe strike went on.",
        "# Fees\nThe fee is due in May.",
        "[02/03/26, 09:15:01] Ina Holm: The pump is broken\n[02/03/26, 09:16:10] Bo Ek: A new one comes on Thursday\n"
        "[02/03/26, 09:17:00] Ina Holm: Good",
        "The strike began on Monday.\nNobody knew why.\n",
        "```\nif open:\n    shut the very long gate of the port again\n```",
    ],
)
def test_what_a_writer_broke_stays_broken(text):
    assert unwrap(text) == text


def test_a_word_broken_at_its_hyphen_is_one_word_again():
    text = "The report of the board was by Peter Lindgren-\nHao and a clerk, who wrote of two-\nand three-day stops."
    assert unwrap(text) == (
        "The report of the board was by Peter Lindgren-Hao and a clerk, who wrote of two- and three-day stops."
    )


def test_chinese_lines_are_joined_without_a_space():
    text = "港务局十二日宣布码头工人将于下周一开始罢工以要求提高工资并改善夜间的条件\n同时船东协会表示愿意恢复谈判。"
    assert unwrap(text) == text.replace("\n", "")


def build(root: Path, texts: list[str]) -> Index:
    chosen = Settings.model_validate({"root": root})
    titles = [text.partition("\n")[0] for text in TEXTS]
    build_index_sync(chosen, documents=pl.DataFrame({"title": titles[: len(texts)], "text": texts}))
    return Index.open_sync(chosen)


def test_wrapping_changes_neither_the_graph_nor_an_answer(tmp_path):
    texts = TEXTS[:5]
    plain = build(tmp_path / "plain", texts)
    narrow = build(tmp_path / "narrow", [wrapped(text, 40) for text in texts])
    for table in ("entities", "relationships", "text_units"):
        assert getattr(narrow.graph, table).equals(getattr(plain.graph, table)), table
    for question in ("Who mediates in the strike?", "나래해운은 무엇을 하나?"):
        answers = [index.ask_sync(question, method="local").text for index in (plain, narrow)]
        assert answers[0] == answers[1]
