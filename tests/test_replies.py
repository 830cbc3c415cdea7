"""The reply cache: nothing is paid for twice, and no damage to the file goes unnoticed or costs sound replies."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clock import GUARD_SECONDS

from graphrag_drift import tasks
from graphrag_drift.errors import GraphRAGError, InvalidReply
from graphrag_drift.prompts import Prompts, load_prompts
from graphrag_drift.providers.llm.asking import Asking, Reply, Request
from graphrag_drift.providers.llm.cache import CachedReply, ReplyCache
from graphrag_drift.providers.llm.cached import Cached
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.protocols import Completion, Message, ReplyShape
from graphrag_drift.providers.testing import Reply as Scripted
from graphrag_drift.providers.testing import ScriptedChat
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.values import Shown, Usage

TOKENIZER = ApproximateTokenizer("o200k_base")
ROWS = (Shown(1, "source", "Elin Moe sold the ferry."),)
POINTS = tasks.MapReports("Q?", ROWS)
ANSWER = tasks.AnswerQuestion("Q?", ROWS)
ONE_POINT = '{"points":[{"text":"A [1].","score":9}]}'
GRAPH = '{"entities":[{"name":"Elin Moe","type":"person","description":"x"}],"relationships":[]}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "replies.sqlite"


def kept(text: str, prompt: str = "map_reports") -> CachedReply:
    return CachedReply(prompt, Reply(text, Usage(1, 100, 20, 64)))


def cached(
    path: Path,
    replies: Sequence[Scripted] | Callable[[Sequence[Message]], Scripted],
    *,
    name: str = "model",
    prompts: Prompts | None = None,
) -> tuple[LLMReader, ScriptedChat]:
    chat = ScriptedChat(replies, name=name)
    asker = Cached(Asking({"chat": chat}), ReplyCache(path))
    return LLMReader(asker, prompts or load_prompts(), TOKENIZER), chat


def filled(path: Path, count: int = 200) -> ReplyCache:
    cache = ReplyCache(path)
    for number in range(count):
        cache.put(f"key{number:04}", kept(f"reply {number} " * 50))
    return cache


def test_a_reply_comes_back_as_it_was_kept(path: Path) -> None:
    reply = CachedReply("glean", Reply('{"a":"한국"}', Usage(2, 30, 4, 16, True), repaired=True))
    ReplyCache(path).put("k", reply)
    assert ReplyCache(path).get("k") == reply
    assert ReplyCache(path).get("other") is None


def test_a_second_run_makes_no_call(path: Path) -> None:
    everything: list[tasks.Task[Any]] = [tasks.ExtractGraph("Elin Moe."), POINTS, ANSWER]
    replies = [GRAPH, '{"entities":[],"relationships":[]}', ONE_POINT, "Moe [1]."]

    async def run(reader: LLMReader) -> list[Any]:
        return [await reader.read(task) for task in everything]

    first, chat = cached(path, replies)
    said = asyncio.run(run(first))
    second, silent = cached(path, [])
    assert asyncio.run(run(second)) == said
    assert (len(chat.asked), len(silent.asked)) == (4, 0)


@pytest.mark.parametrize("change", ["model", "prompt", "input"])
def test_whatever_changes_a_reply_is_asked_anew(path: Path, change: str) -> None:
    asyncio.run(cached(path, [ONE_POINT])[0].read(POINTS))
    prompts = load_prompts(language="ko" if change == "prompt" else "auto")
    reader, chat = cached(path, [ONE_POINT], name="other" if change == "model" else "model", prompts=prompts)
    asyncio.run(reader.read(tasks.MapReports("Else?", ROWS) if change == "input" else POINTS))
    assert len(chat.asked) == 1


def test_the_key_covers_model_prompt_schema_and_input_and_not_the_order_of_a_schema() -> None:
    asking = Asking({"chat": ScriptedChat([], name="m")})
    shape = ReplyShape("s", {"type": "object", "properties": {"a": {"type": "string"}}})
    request = Request("query", "p", "id", (Message("user", "x"),), shape)
    changed = [
        replace(request, prompt_id="id2"),
        replace(request, messages=(Message("user", "y"),)),
        replace(request, messages=(Message("system", "x"),)),
        replace(request, shape=None),
        replace(request, shape=ReplyShape("s", {"type": "object", "properties": {"a": {"type": "number"}}})),
    ]
    keys = [asking.key(request), Asking({"chat": ScriptedChat([], name="n")}).key(request), *map(asking.key, changed)]
    assert len(set(keys)) == len(keys)
    turned = ReplyShape("s", {"properties": {"a": {"type": "string"}}, "type": "object"})
    assert asking.key(replace(request, shape=turned)) == keys[0]


def test_only_what_could_be_read_is_kept(path: Path) -> None:
    reader, _ = cached(path, ["prose", "prose"])
    with pytest.raises(InvalidReply):
        asyncio.run(reader.read(POINTS))
    assert ReplyCache(path).stats().replies == {}
    reader, _ = cached(path, ["prose", f"```\n{ONE_POINT}\n```"])
    asyncio.run(reader.read(POINTS))
    stats = ReplyCache(path).stats()
    assert (stats.replies, stats.repaired, stats.usage["map_reports"].calls) == ({"map_reports": 1}, 1, 2)


def test_a_kept_reply_that_is_no_longer_taken_is_asked_for_anew(path: Path) -> None:
    reader, _ = cached(path, [ONE_POINT])
    asyncio.run(reader.read(POINTS))
    cache = ReplyCache(path)
    with sqlite3.connect(path) as connection:
        (key,) = connection.execute("SELECT key FROM replies_1").fetchone()
    cache.put(key, kept('{"no":"points"}'))
    reader, chat = cached(path, [ONE_POINT])
    asyncio.run(reader.read(POINTS))
    assert len(chat.asked) == 1


def test_like_requests_at_the_same_time_are_paid_for_once(path: Path) -> None:
    reader, chat = cached(path, [ONE_POINT])

    async def many() -> list[Any]:
        return await asyncio.gather(*(reader.read(POINTS) for _ in range(20)))

    assert asyncio.run(many()) == [(tasks.Point("A [1].", 9.0),)] * 20
    assert len(chat.asked) == 1


def test_a_reply_that_was_cut_off_is_not_asked_for_again(path: Path) -> None:
    text = "Elin Moe sold it. " * 60

    def answer(messages: Sequence[Message]) -> Scripted:
        whole = messages[-1].content.count("sold") > 40
        return Completion("{", "length", Usage(1)) if whole else GRAPH

    first, chat = cached(path, answer)
    said = asyncio.run(first.read(tasks.ExtractGraph(text)))
    second, silent = cached(path, [])
    assert asyncio.run(second.read(tasks.ExtractGraph(text))) == said
    assert (len(chat.asked) > 1, silent.asked) == (True, [])


def test_a_streamed_answer_is_kept_and_serves_reading_and_streaming(path: Path) -> None:
    async def streamed(reader: LLMReader) -> str:
        return "".join([piece async for piece in reader.stream(ANSWER)])

    first, _ = cached(path, ["Moe sold it [1]."])
    assert asyncio.run(streamed(first)) == "Moe sold it [1]."
    second, silent = cached(path, [])
    assert asyncio.run(second.read(ANSWER)) == "Moe sold it [1]."
    assert asyncio.run(streamed(second)) == "Moe sold it [1]."
    assert silent.asked == []


def test_an_interrupted_stream_is_not_kept(path: Path) -> None:
    async def streamed(reader: LLMReader) -> str:
        return "".join([piece async for piece in reader.stream(ANSWER)])

    reader, _ = cached(path, [Completion("Moe sold", "length", Usage(1))])
    with pytest.raises(GraphRAGError):
        asyncio.run(streamed(reader))
    assert ReplyCache(path).stats().replies == {}


def test_a_flipped_byte_is_a_miss_and_verify_removes_it(path: Path) -> None:
    cache = filled(path, 3)
    cache.close()
    raw = bytearray(path.read_bytes())
    at = raw.find(b"reply 1 ")
    raw[at] ^= 1
    path.write_bytes(raw)
    damaged = ReplyCache(path)
    assert [damaged.get(f"key{n:04}") is None for n in range(3)] == [False, True, False]
    assert damaged.verify() == (2, 1)
    assert damaged.verify() == (2, 0)


@pytest.mark.parametrize("column", ["text", "prompt_tokens", "prompt", "repaired"])
def test_the_checksum_covers_every_column(path: Path, column: str) -> None:
    filled(path, 1).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE replies_1 SET {column} = 7")
    assert ReplyCache(path).get("key0000") is None


def test_a_truncated_file_is_moved_aside_and_what_can_be_read_is_saved(path: Path) -> None:
    filled(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])

    def use() -> tuple[ReplyCache, list[CachedReply | None]]:
        cache = ReplyCache(path)
        cache.put("new", kept("x"))
        return cache, [cache.get(f"key{n:04}") for n in range(200)]

    with pytest.warns(UserWarning, match=r"was damaged .* replies were saved, .* is now 'replies.sqlite.damaged-1'"):
        cache, found = use()
    assert cache.get("new") == kept("x")
    assert path.with_name("replies.sqlite.damaged-1").stat().st_size == len(whole) * 2 // 3
    assert all(one is None or one == kept(f"reply {n} " * 50) for n, one in enumerate(found))
    assert cache.verify()[1] == 0


def test_every_cut_and_every_damaged_page_is_survived(path: Path) -> None:
    filled(path, 60).close()
    whole = path.read_bytes()
    for number in range(0, len(whole), 4096):
        for damaged in (
            whole[:number],
            whole[: number + 100],
            whole[:number] + b"\xff" * 4096 + whole[number + 4096 :],
        ):
            for file in path.parent.iterdir():
                file.unlink()
            path.write_bytes(damaged)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cache = ReplyCache(path)
                found = [cache.get(f"key{n:04}") for n in range(60)]
                cache.put("new", kept("x"))
                assert cache.get("new") == kept("x")
                cache.close()
            assert all(one is None or one == kept(f"reply {n} " * 50) for n, one in enumerate(found))


def test_a_high_bit_flipped_in_a_reply_is_a_miss_and_the_others_stand(path: Path) -> None:
    filled(path, 3).close()
    raw = bytearray(path.read_bytes())
    raw[raw.find(b"reply 1 ")] ^= 0x80  # no longer UTF-8
    path.write_bytes(raw)
    damaged = ReplyCache(path)
    assert [damaged.get(f"key{n:04}") is None for n in range(3)] == [False, True, False]
    assert damaged.stats().replies == {"map_reports": 3}
    assert damaged.verify() == (2, 1)


def test_a_truncated_file_loses_only_the_rows_of_what_was_cut_off(path: Path) -> None:
    filled(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.warns(UserWarning, match="replies were saved"):
        stats = ReplyCache(path).stats()
    assert sum(stats.replies.values()) > 120


def test_long_replies_on_several_pages_are_saved_as_well(path: Path) -> None:
    cache = ReplyCache(path)
    for number in range(40):
        cache.put(f"key{number:04}", kept(f"reply {number} " * 3000))
    cache.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.warns(UserWarning, match="replies were saved"):
        cache = ReplyCache(path)
    found = [cache.get(f"key{n:04}") for n in range(40)]
    assert sum(one is not None for one in found) > 15
    assert all(one is None or one == kept(f"reply {n} " * 3000) for n, one in enumerate(found))


def test_a_flipped_bit_anywhere_costs_at_most_what_it_hits_and_never_an_error(path: Path) -> None:
    filled(path, 60).close()
    whole = path.read_bytes()
    places = random.Random(3)
    fewest = 60
    for _ in range(150):
        for file in path.parent.iterdir():
            file.unlink()
        raw = bytearray(whole)
        raw[places.choice((places.randrange(len(raw)), places.randrange(400)))] ^= 1 << places.randrange(8)
        path.write_bytes(raw)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cache = ReplyCache(path)
            found = [cache.get(f"key{n:04}") for n in range(60)]
            cache.stats()
            assert cache.rejected() == []
            sound, _ = cache.verify()
            cache.put("new", kept("x"))
            cache.close()
        assert all(one is None or one == kept(f"reply {n} " * 50) for n, one in enumerate(found))
        fewest = min(fewest, sound)
    assert fewest >= 60 - 8  # of one page


def test_a_file_that_is_something_else_is_moved_aside_and_not_deleted(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("my thesis " * 2000, encoding="utf-8")
    with pytest.warns(UserWarning, match="damaged"):
        assert ReplyCache(path).get("k") is None
    assert path.with_name("replies.sqlite.damaged-1").read_text("utf-8").startswith("my thesis")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(GraphRAGError, match="reply cache"):
        ReplyCache(tmp_path / "file" / "replies.sqlite")
    with pytest.raises(GraphRAGError, match="cannot be used"):
        ReplyCache(tmp_path)


def test_stats_and_clear(path: Path) -> None:
    cache = filled(path, 3)
    cache.put("g", CachedReply("glean", Reply("x", Usage(1, 5, 1), repaired=True)))
    stats = cache.stats()
    assert stats.replies == {"glean": 1, "map_reports": 3}
    assert stats.usage["map_reports"] == Usage(3, 300, 60, 192)
    assert (stats.repaired, stats.file_bytes > 4096) == (1, True)
    assert cache.clear() == 4
    assert cache.get("g") is None
    assert cache.stats().replies == {}


def test_two_processes_share_the_file(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from graphrag_drift.providers.llm.cache import CachedReply, ReplyCache;"
        "from graphrag_drift.providers.llm.asking import Reply;"
        "c = ReplyCache(Path(sys.argv[1])); me = sys.argv[2];"
        "[c.put(f'{me}{n}', CachedReply('p', Reply('x' * 500))) for n in range(300)];"
        "[c.put(f'both{n}', CachedReply('p', Reply('same'))) for n in range(100)];"
        "print(sum(c.get(f'{me}{n}') is not None for n in range(300)))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    assert [process.communicate(timeout=GUARD_SECONDS)[0].strip() for process in running] == ["300", "300"]
    assert ReplyCache(path).verify() == (700, 0)


def test_a_file_that_another_process_is_just_making_is_waited_for(path: Path) -> None:
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (x)")
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    cache = ReplyCache(path)
    release.join()
    other.close()
    cache.put("k", kept("x"))
    assert cache.get("k") == kept("x")


def test_text_that_is_no_unicode_is_kept_in_a_readable_form(path: Path) -> None:
    cache = ReplyCache(path)
    cache.put("k", kept(json.loads('"a\\ud800b"')))
    found = cache.get("k")
    assert found is not None
    assert found.reply.text == "a?b"


def test_reading_goes_on_while_another_process_writes(path: Path) -> None:
    cache = filled(path, 1)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert cache.get("key0000") is not None
        other.execute("ROLLBACK")
