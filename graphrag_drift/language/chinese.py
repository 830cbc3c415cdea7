"""Chinese: its closed word classes, how it asks, and templates, as a `Language`; its terms are pairs of characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from graphrag_drift.language.language import Asking, Dates, Language, Prose, Templates, word_set

HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff"
WRITTEN = r"\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?"
_UNITS_OF_DATES = ("年", "月", "日")
# Words of a question that no answer has to hold, in both ways of writing.
STOP_WORDS = word_set(
    """
    什么 什麼 甚么 甚麼 哪些 哪个 哪個 哪里 哪裡 哪儿 哪兒 哪一 谁 誰 何时 何時 什么时候 什麼時候 为什么 為什麼 为何
    為何 怎么 怎麼 怎样 怎樣 如何 多少 几个 幾個 多久 是谁 是誰 是什么 是什麼 请问 請問 请 請 吗 嗎 呢 吧 啊 呀 的 了
    着 過 过 是 在 有 和 与 與 及 或 被 把 对 對 从 從 到 于 於 以 为 為 而 但 也 都 就 又 这 這 那 这个 這個 那个
    那個 这些 這些 那些 他 她 它 我 你 您 他们 他們 她们 她們 我们 我們 你们 你們 关于 關於 发生 發生 告诉 告訴 介绍
    介紹 说明 說明
    """
)


def write_date(parts: Sequence[int]) -> str:
    """ "2025年3月4日", "2025年3月" or "2025年"; so in Japanese too."""
    return "".join(f"{part}{unit}" for part, unit in zip(parts, _UNITS_OF_DATES, strict=False))


CHINESE = Language(
    code="zh",
    function_words=STOP_WORDS,
    stop_words=STOP_WORDS,
    asking=Asking(
        asks={
            "person": r"[谁誰]|哪(?:一)?位",
            "date": r"(?:什么|什麼|甚麼)(?:时候|時候)|何[时時]|哪(?:一)?(?:年|天|日)|几月|幾月",
            "place": r"哪[里裡儿兒]|何[处處地]|在哪",
            "number": r"多少|[几幾][个個人次名年位]",
            "reason": r"[为為](?:什么|什麼|何|甚麼)",
        }
    ),
    prose=Prose(
        leaning="(?:他|她|它|他们|他們|她们|她們|该|該|此|这|這|其)",
    ),
    templates=Templates(
        not_said="文章中没有提到。",
        reported="（{date}报道）",
        rest="其他报道",
        unanswered="文档中没有直接回答这个问题的内容。",
        nowhere="文档中没有：{words}。",
    ),
    dates=Dates(written=WRITTEN),
    write_date=write_date,
)


@cache
def _table() -> dict[int, str]:
    lines = files(__package__).joinpath("traditional.txt").read_text("utf-8").splitlines()
    return {ord(line[0]): line[1] for line in lines}


def simplified(text: str) -> str:
    """`text` with each traditional character by its simplified one (OpenCC's table), of the same length."""
    return text.translate(_table())
