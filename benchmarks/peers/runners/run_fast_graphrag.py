"""Index a folder with fast-graphrag, in its own virtual environment: BASE_URL DOCUMENTS WORK CONCURRENCY.

It measures text units in characters, four a token.
"""

import sys
from pathlib import Path

from fast_graphrag import GraphRAG
from fast_graphrag._llm import OpenAIEmbeddingService, OpenAILLMService
from fast_graphrag._services._chunk_extraction import DefaultChunkingService, DefaultChunkingServiceConfig

base_url, documents, work, concurrency = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
endpoint = {"base_url": base_url, "api_key": "none", "max_requests_concurrent": concurrency}
characters, tokens = (int(number) for number in (documents / "size").read_text().split())
per_text_unit = round(1250 * characters / tokens / 4)  # 50 more than others: it cuts between sentences
rag = GraphRAG(
    working_dir=work,
    domain="Find the people, organizations, places and events that are talked about, and how they are related.",
    example_queries="What do the guests say about each other's work?\nWhich themes recur?",
    entity_types=["person", "organization", "geo", "event"],
    config=GraphRAG.Config(
        llm_service=OpenAILLMService(model="gpt-4o-mini", **endpoint),
        embedding_service=OpenAIEmbeddingService(**endpoint),
    ),
)
rag.chunking_service = DefaultChunkingService(
    DefaultChunkingServiceConfig(chunk_token_size=per_text_unit, chunk_token_overlap=100)
)
rag.insert([path.read_text("utf-8") for path in sorted(documents.glob("*.txt"))], show_progress=False)
