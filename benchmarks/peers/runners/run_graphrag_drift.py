"""Index a folder with this engine over a chat model: BASE_URL DOCUMENTS WORK CONCURRENCY [SETTINGS].

Text units are as large as everybody's here and vectors come from the server too, unless SETTINGS, in JSON, say else.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from graphrag_drift import Settings, build_index_sync

base_url, documents, work, concurrency = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
endpoint = {"base_url": base_url, "api_key": "none", "concurrent_requests": concurrency}
shutil.copytree(documents, work / "input", ignore=shutil.ignore_patterns("size"))
models: dict[str, Any] = {
    "chat": {"model": "gpt-4.1", **endpoint},
    "embedding": {"model": "text-embedding-3-small", **endpoint},
}
chunking: dict[str, Any] = {"size": 1200, "overlap": 100}
for wanted in sys.argv[5:]:
    given = json.loads(wanted)
    models |= given.get("models", {})
    chunking = given.get("chunking", chunking)
settings = {"root": str(work), "chunking": chunking, "models": models}
(work / "settings.json").write_text(json.dumps(settings), "utf-8")
build_index_sync(Settings.model_validate(settings))
