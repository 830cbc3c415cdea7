"""A stand-in for a model on this machine: it replies what was written down in a file, as OpenAI's endpoints do.

A written reply names the passage that it speaks of by words that stand in it; the mark is that of the row shown. So it
can tell which passages help, and cite them, and nothing else: what is not written down gets an empty reply.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

ROW = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)


class RecordedModel:
    """The endpoint; `calls` counts what was asked, by the task's shape of reply."""

    def __init__(self, replies: str | Path) -> None:
        self.replies = json.loads(Path(replies).read_text("utf-8"))
        self.calls: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()

    def reply(self, request: dict[str, Any]) -> str:
        """What the model says to a request."""
        shape = request.get("response_format", {}).get("json_schema", {}).get("name", "answer")
        self.calls[shape] += 1
        rows = ROW.findall(request["messages"][-1]["content"])
        cited = [
            (statement["text"], mark)
            for statement in self.replies["statements"]
            for mark, row in rows
            if statement["passage"] in row
        ]
        if shape == "questions_reply":
            return json.dumps({"questions": self.replies["questions"]})
        if shape == "relevant_reply":
            return json.dumps({"relevant": sorted({int(mark) for _, mark in cited})})
        if shape == "points_reply":
            return json.dumps({"points": [{"text": f"{text} [{mark}]", "score": 80} for text, mark in cited]})
        return " ".join(f"{text} [{mark}]" for text, mark in cited) or "NO ANSWER"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not self.path.endswith("/chat/completions"):  # such as a question for the size of the context
                    self.send_error(404)
                    return
                body = json.dumps(_completion(model.reply(request), request)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.send_error(404)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing of it is shown in the notebook."""

        return Handler


def _completion(text: str, request: dict[str, Any]) -> dict[str, Any]:
    """A chat completion; a token for four characters."""
    prompt = sum(len(message["content"]) for message in request["messages"]) // 4
    usage = {"prompt_tokens": prompt, "completion_tokens": len(text) // 4, "total_tokens": prompt + len(text) // 4}
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "recorded", "object": "chat.completion", "created": 0, "model": request["model"]}
    return {**head, "choices": [choice], "usage": usage}
