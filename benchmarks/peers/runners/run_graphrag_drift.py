"""Index a folder with this engine over a chat model: BASE_URL DOCUMENTS WORK CONCURRENCY.

Vectors come from the server too where the settings know `models.embedding`, else from the embedded embedder.
"""

import shutil
import sys
from pathlib import Path

from graphrag_drift import Settings, build_index_sync
from graphrag_drift.settings import ModelsSettings

base_url, documents, work, concurrency = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
endpoint = {"base_url": base_url, "api_key": "none", "concurrent_requests": concurrency}
shutil.copytree(documents, work / "input", ignore=shutil.ignore_patterns("size"))
models = {"chat": {"model": "gpt-4.1", **endpoint}}
if "embedding" in ModelsSettings.model_fields:
    models["embedding"] = {"model": "text-embedding-3-small", **endpoint}
settings = {"root": str(work), "chunking": {"size": 1200, "overlap": 100}, "models": models}
build_index_sync(Settings.model_validate(settings))
