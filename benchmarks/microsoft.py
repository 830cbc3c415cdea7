"""Microsoft GraphRAG as released reads an index of ours: its query commands over the example newsroom, one a method.

python benchmarks/microsoft.py PYTHON [METHOD ...]

PYTHON is the interpreter of a virtual environment with `pip install graphrag`. Its models are the test server on
loopback, which says nothing true: what counts is that each search runs through, and that what it sends to its model
holds rows of our tables. It ends with exit code 1, if any of that fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from endpoints import server_in_a_thread

from graphrag_drift import Settings, build_index_sync
from graphrag_drift.commands.export import export_index
from graphrag_drift.store.store import Store

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
QUESTION = "Who is Ingrid Solvay?"
METHODS = ("local", "global", "drift", "basic")
MODEL = "{{model_provider: openai, model: {model}, api_base: {url!r}, auth_method: api_key, api_key: any}}"
THEIRS = """\
completion_models: {{default_completion_model: {chat}}}
embedding_models: {{default_embedding_model: {embedding}}}
output_storage: {{type: file, base_dir: output}}
vector_store: {{type: lancedb, db_uri: output/lancedb, vector_size: {width}}}
drift_search: {{n_depth: 1, drift_k_followups: 2, primer_folds: 1}}
"""
# One object that has the fields of every reply which its searches ask for.
REPLY = {
    "points": [{"description": "She is named [Data: Reports (0)].", "score": 80}],
    "intermediate_answer": "She is named [Data: Reports (0)].",
    "response": "She is named [Data: Sources (0)].",
    "score": 80,
    "follow_up_queries": [f"What did she do in year {year}?" for year in range(5)],
}


def prove(python: str, methods: list[str]) -> bool:
    """Print a line for each method; whether all of them ran and showed what they should."""
    prompts: list[str] = []

    def reply(request: dict[str, Any]) -> Any:
        prompts.append("\n".join(str(message["content"]) for message in request["messages"]))
        shape = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
        return {name: value for name, value in REPLY.items() if name in shape.get("properties", REPLY)}

    with tempfile.TemporaryDirectory() as folder, server_in_a_thread(reply) as server:
        root = Path(folder)
        texts = index_and_export(root, server.base_url)
        proofs = [run(python, root, method, prompts, texts) for method in methods]
    return all(proofs)


def index_and_export(root: Path, url: str) -> dict[str, list[str]]:
    """Make a project of Microsoft's in `root` out of an index of ours; texts of each table, some of which are shown."""
    model = {"model": "embedding", "base_url": url, "api_key": "any"}
    settings = Settings.model_validate(
        {"root": root / "ours", "input": {"folder": str(NEWSROOM / "articles")}, "models": {"embedding": model}}
    )
    (root / "ours").mkdir()
    build_index_sync(settings)
    store = Store(settings.output_folder)
    export_index(store, "microsoft", root / "output")
    width = store.array("vectors/text_unit_text").shape[1]
    chat, embedding = (MODEL.format(model=name, url=url) for name in ("any", "embedding"))
    (root / "settings.yaml").write_text(THEIRS.format(chat=chat, embedding=embedding, width=width), "utf-8")
    return {
        "entities": store.table("entities")["description"].to_list(),
        "reports": store.table("community_reports")["title"].to_list(),
        "text units": [text[:40] for text in store.table("text_units")["text"]],
    }


SHOWN = {"local": "entities", "global": "reports", "drift": "reports", "basic": "text units"}


def run(python: str, root: Path, method: str, prompts: list[str], texts: dict[str, list[str]]) -> bool:
    """Whether their `query` by this method ends well and has shown rows of ours to its model."""
    prompts.clear()
    began = time.monotonic()
    command = [python, "-m", "graphrag", "query", QUESTION, "--root", str(root), "--method", method]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    shown = SHOWN[method]
    held = sum(any(text and text in prompt for text in texts[shown]) for prompt in prompts)
    ok = done.returncode == 0 and "She is named" in done.stdout and held > 0
    seconds = time.monotonic() - began
    print(f"{method}: {'ok' if ok else 'FAILED'}, {len(prompts)} calls, {shown} of ours in {held}, {seconds:.0f} s")
    if not ok:
        print(json.dumps({"stdout": done.stdout[-1500:], "stderr": done.stderr[-1500:]}, indent=1))
    return ok


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(0 if prove(sys.argv[1], sys.argv[2:] or list(METHODS)) else 1)
