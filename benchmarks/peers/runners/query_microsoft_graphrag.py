"""Put questions to an index of Microsoft GraphRAG, in its own environment: URL WORK METHOD LATENCY QUESTIONS OUT.

WORK is where `run_microsoft_graphrag.py` indexed; searches are called as its command line does, with its defaults.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from asking import ask_all

url, work, method, latency, questions, out = sys.argv[1:]
os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True")  # it would fetch its prices
os.chdir(work)

import graphrag.api as api  # noqa: E402
import pandas as pd  # noqa: E402
from graphrag.config.load_config import load_config  # noqa: E402

TABLES = ("entities", "communities", "community_reports", "text_units", "relationships")
config = load_config(root_dir=Path(work))
tables: dict[str, Any] = {name: pd.read_parquet(Path(work) / "output" / f"{name}.parquet") for name in TABLES}


async def ask(question: str) -> AsyncIterator[str]:
    """Without latency the answer as a whole, else its text in pieces."""
    form = {"community_level": 2, "response_type": "Multiple Paragraphs", "query": question}
    if not float(latency):
        search = partial(api.local_search, covariates=None) if method == "local" else api.drift_search
        said, _ = await search(config=config, **tables, **form)
        yield str(said)
        return
    if method == "local":
        pieces = api.local_search_streaming(config=config, covariates=None, **tables, **form)
    else:
        pieces = api.drift_search_streaming(config=config, **tables, **form)
    async for piece in pieces:
        yield piece


ask_all(ask, json.loads(Path(questions).read_text("utf-8")), url, float(latency), Path(out))
