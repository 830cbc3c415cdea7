"""Index a folder with LightRAG, in its own virtual environment: BASE_URL DOCUMENTS WORK CONCURRENCY.

All documents are inserted side by side: with its default of three its chat calls could never be 25 at once.
"""

import asyncio
import os
import sys
from pathlib import Path

base_url, documents, work, concurrency = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
os.environ.update(OPENAI_API_BASE=base_url, OPENAI_API_KEY="none")

from lightrag import LightRAG  # noqa: E402
from lightrag.llm.openai import gpt_4o_mini_complete, openai_embed  # noqa: E402


async def index() -> None:
    """Insert every document."""
    paths = sorted(documents.glob("*.txt"))
    rag = LightRAG(
        working_dir=work,
        chunk_token_size=1200,
        chunk_overlap_token_size=100,
        llm_model_func=gpt_4o_mini_complete,
        llm_model_max_async=concurrency,
        embedding_func=openai_embed,
        embedding_func_max_async=concurrency,
        max_parallel_insert=len(paths),
        queue_size_insert=len(paths),
    )
    await rag.initialize_storages()
    await rag.ainsert([path.read_text("utf-8") for path in paths], file_paths=[path.name for path in paths])
    await rag.finalize_storages()


asyncio.run(index())
