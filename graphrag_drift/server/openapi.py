"""The OpenAPI document of the server: what may be asked at which path, with the schemas of the requests."""

from __future__ import annotations

from typing import Any

from graphrag_drift.server.requests import schemas
from graphrag_drift.versions import package_version

_ERRORS = {
    "400": "the request is not as expected",
    "401": "the token is missing or wrong",
    "402": "the budget allows no answer",
    "413": "the request is too large",
    "429": "too many questions wait; Retry-After says when to come again",
    "502": "the model that answers questions failed",
    "503": "the index or the model cannot be asked now",
    "504": "no answer came in time",
}
_POSTS = {
    "/api/ask": ("AskRequest", "The answer to a question, with citations; Server-Sent Events of its progress if asked"),
    "/api/retrieve": ("RetrieveRequest", "The passages that fit a question best, best first"),
    "/v1/chat/completions": ("ChatRequest", "The answer to the last message, as OpenAI's clients expect it"),
}
_GETS = {
    "/api/entities/{name}": "An entity by title, alias or id: description, aliases, neighbours, passages, reports",
    "/api/documents/{id}": "A document with its text and the entities named in it",
    "/api/status": "What the index holds, and which generation of it is open",
    "/v1/models": "The methods, as models",
    "/v1/models/{name}": "One method, as a model",
    "/healthz": "Whether the server answers; needs no token",
}


def openapi(*, token: bool) -> dict[str, Any]:
    """The document; `token` says whether requests need one."""
    paths: dict[str, Any] = {path: {"get": _operation(path, text)} for path, text in _GETS.items()}
    for path, (shape, text) in _POSTS.items():
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
        paths[path] = {"post": {**_operation(path, text), "requestBody": {"required": True, "content": content}}}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "graphrag-drift", "version": package_version()},
        "paths": paths,
        "components": {"schemas": {**schemas(), "Error": _ERROR}},
    }
    if token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


_TEXT = {"type": "string"}
_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"message": _TEXT, "type": _TEXT, "code": _TEXT, "param": {"type": ["string", "null"]}},
        }
    },
}


def _operation(path: str, text: str) -> dict[str, Any]:
    fault = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    statuses = {status: {"description": meaning, "content": fault} for status, meaning in _ERRORS.items()}
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names]
    good = {"description": text, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"summary": text, "parameters": parameters, "responses": {"200": good, **statuses}}
