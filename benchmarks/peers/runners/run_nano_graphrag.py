"""Index a folder with nano-graphrag, in its own virtual environment: BASE_URL DOCUMENTS WORK CONCURRENCY."""

import os
import sys
from pathlib import Path

base_url, documents, work, concurrency = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
os.environ.update(OPENAI_BASE_URL=base_url, OPENAI_API_KEY="none")

from nano_graphrag import GraphRAG  # noqa: E402

GraphRAG(
    working_dir=work,
    chunk_token_size=1200,
    chunk_overlap_token_size=100,
    best_model_max_async=concurrency,
    cheap_model_max_async=concurrency,
    embedding_func_max_async=concurrency,
).insert([path.read_text("utf-8") for path in sorted(documents.glob("*.txt"))])
