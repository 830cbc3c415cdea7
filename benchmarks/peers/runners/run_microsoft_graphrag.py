"""Index a folder with Microsoft GraphRAG, in its own virtual environment: BASE_URL DOCUMENTS WORK CONCURRENCY.

Its settings are what `graphrag init` writes, but for the endpoint, the size of vectors and the concurrency.
"""

import os
import shutil
import sys
from pathlib import Path

base_url, documents, work, concurrency = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True")  # it would fetch its prices

SETTINGS = """
completion_models:
  default_completion_model: {{model_provider: openai, model: gpt-4.1, api_base: "{url}", api_key: none}}
embedding_models:
  default_embedding_model: {{model_provider: openai, model: text-embedding-3-large, api_base: "{url}", api_key: none}}
concurrent_requests: {concurrency}
input: {{type: text}}
chunking: {{type: tokens, size: 1200, overlap: 100, encoding_model: o200k_base}}
vector_store: {{type: lancedb, db_uri: output/lancedb, vector_size: 1536}}
"""

from graphrag.cli.main import app  # noqa: E402

shutil.copytree(documents, work / "input", ignore=shutil.ignore_patterns("size"))
(work / "settings.yaml").write_text(SETTINGS.format(url=base_url, concurrency=concurrency), "utf-8")
app(["index", "--root", str(work)])
