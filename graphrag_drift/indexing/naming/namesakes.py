"""text_units -> the people of whom a text says that another is called the same ("no relation", "동명이인")."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import polars as pl

_SAYS_SO = (
    r"of the same name|\bnamesakes?\b|\bno relation\b|\bshares? (?:a|the|his|her) name\b"
    r"|동명이인|이름이 같은|같은 이름|이름은?.{0,60}똑같은"
)
_REACH = 300  # characters between the words and the name


def namesakes(
    text_units: pl.DataFrame, around: pl.DataFrame, people: Mapping[tuple[str, str], str]
) -> dict[str, set[str]]:
    """Person -> documents that say so, where `people` maps (document, name) to a person.

    The words are about the person whose name stands nearest.
    """
    telling = text_units.filter(pl.col("text").str.contains(_SAYS_SO)).select("document_id", "start", "text")
    starts: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    mentions = (
        around.filter(pl.col("start") >= 0)
        .select("document_id", "name", "start")
        .join(telling, on="document_id", how="semi")
    )
    for document_id, name, start in mentions.iter_rows():
        if (document_id, name) in people:
            starts[document_id].append((start, people[document_id, name]))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for document_id, offset, text in telling.iter_rows():
        for words in re.finditer(_SAYS_SO, text):
            at = offset + words.start()
            near = [(abs(start - at), person) for start, person in starts[document_id] if abs(start - at) <= _REACH]
            if near:
                found[min(near)[1]].add(document_id)
    return found
