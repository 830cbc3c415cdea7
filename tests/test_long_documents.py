"""Documents of odd sizes become a published index that answers, in memory and tokens that follow their text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync

ANSWER = "The keeper of the light is Anna Brandt."


def indexed(root: Path, text: str) -> Index:
    settings = Settings.model_validate({"root": root})
    build_index_sync(settings, documents=pl.DataFrame({"title": ["The log"], "text": [text]}))
    return Index.open_sync(settings)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("\n\n".join(f"Chapter {n} of the log" for n in range(2_500)), 90),
        ("\n\n".join(f"# Chapter {n}" for n in range(2_500)), 90),
        ("." * 240_000, 60),
        ("x" * 240_000, 600),
        ("\n".join(f"{n}\tward {n % 7}\t{n * 3} beds" for n in range(2_000)), 120),
        ("\n" * 240_000, 1),
    ],
    ids=["headings", "marked headings", "dots", "letters", "rows", "line breaks"],
)
def test_a_document_of_odd_shape_is_indexed_and_what_stands_behind_it_is_found(tmp_path, text, most):
    index = indexed(tmp_path, f"{text}\n\n{ANSWER}")
    assert index.graph.text_units.height <= most
    assert index.graph.text_units["n_tokens"].max() <= 300
    assert ANSWER in index.ask_sync("Who is the keeper of the light?", method="basic").text
