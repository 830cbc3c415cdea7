"""Embeddings from an endpoint, from a folder of documents to an answer: paid once, checked, and never mixed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_server import ModelServer, failure, vector_of, whole

from graphrag_drift import Index, Settings, build_index, build_index_sync
from graphrag_drift.errors import EndpointError, IndexNotReady

ARTICLES = {
    "strike.txt": "Ingrid Solvay ended the strike at Corvane Port on 3 May. Corvane Port hired forty dockers again.",
    "mill.txt": "Petra Voss sold the Aldane Mill to Corin Bank. Corin Bank will close the Aldane Mill in June.",
}


def settings_of(root: Path, url: str, **changed: Any) -> Settings:
    (root / "input").mkdir(exist_ok=True)
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    embedding = {"model": "embedding", "base_url": url, "api_key": "none", "max_attempts": 2, "timeout_seconds": 60}
    return Settings.model_validate({"root": root, "models": {"embedding": embedding | changed}})


def serve(work: Callable[[ModelServer], Awaitable[Any]]) -> Any:
    async def inside() -> Any:
        async with ModelServer() as server:
            return await work(server)

    return asyncio.run(inside())


def vectors_in(root: Path) -> dict[str, np.ndarray[Any, Any]]:
    return {path.stem: np.load(path) for path in sorted((root / "output").rglob("vectors/*.npy"))}


def test_an_index_has_the_endpoint_s_vectors_and_a_second_run_pays_for_nothing(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> None:
        settings = settings_of(tmp_path, server.base_url)
        run = await build_index(settings)
        assert run.failures.is_empty()
        first = len(server.calls)
        assert run.usage["embed"]["embedding"].calls == first > 0
        index = await Index.open(settings)
        text = index.graph.text_units["text"][0]
        title = dict(index.graph.documents.select("id", "title").iter_rows())[index.graph.text_units["document_id"][0]]
        np.testing.assert_allclose(index.graph.vectors("text_unit_text")[0], vector_of(f"{title}\n{text}"), atol=1e-6)
        answer = await index.ask("Who ended the strike?", method="local")
        assert answer.citations
        assert len(server.calls) == first + 1
        again = await build_index(settings)
        assert not again.changed
        (tmp_path / "input" / "new.txt").write_text("Nobody else was hired this week by Corin Bank.", "utf-8")
        before = {text for call in server.calls for text in call.request["input"]}
        await build_index(settings)
        later = {text for call in server.calls[first + 1 :] for text in call.request["input"]}
        assert later
        assert not later & before

    serve(work)


def test_replies_are_kept_as_they_come_so_a_failed_run_pays_only_for_the_rest(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> None:
        settings = settings_of(tmp_path, server.base_url)
        refused = iter([None, None, failure(401, "no")])
        server.embed = lambda request: next(refused, None) or _good(request)
        with pytest.raises(EndpointError):
            await build_index(settings)
        assert not (tmp_path / "output" / "manifest.json").exists()
        server.embed = None
        paid = {text for call in server.calls[:2] for text in call.request["input"]}
        tried = len(server.calls)
        await build_index(settings)
        assert not paid & {text for call in server.calls[tried:] for text in call.request["input"]}

    serve(work)


def _good(request: dict[str, Any]) -> Any:
    rows = [{"index": n, "embedding": vector_of(text)} for n, text in enumerate(request["input"])]
    return whole({"data": rows, "usage": {"prompt_tokens": 7, "total_tokens": 7}})


def test_a_text_that_cannot_be_embedded_is_set_aside_and_tried_again(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> None:
        settings = settings_of(tmp_path, server.base_url)

        def without_mills(request: dict[str, Any]) -> Any:
            rows = [
                {"index": n, "embedding": [0.0] * 64 if "sold the Aldane" in text else vector_of(text)}
                for n, text in enumerate(request["input"])
            ]
            return whole({"data": rows, "usage": {"prompt_tokens": 7, "total_tokens": 7}})

        server.embed = without_mills
        run = await build_index(settings)
        assert set(run.failures["step"]) == {"embed"}
        assert "a vector of zeros" in run.failures["reason"][0]
        server.embed = None
        assert (await build_index(settings)).failures.is_empty()

    serve(work)


@pytest.mark.parametrize("half_way", [False, True])
def test_vectors_of_another_width_end_the_run_and_the_published_index_stays(tmp_path: Path, half_way: bool) -> None:
    async def work(server: ModelServer) -> None:
        settings = settings_of(tmp_path, server.base_url)
        await build_index(settings)
        before = (tmp_path / "output" / "manifest.json").read_bytes()
        (tmp_path / "input" / "new.txt").write_text("Nobody else was hired this week by Corin Bank.", "utf-8")
        wide = iter([64, 32] if half_way else [32, 32])

        def other_width(request: dict[str, Any]) -> Any:
            width = next(wide, 32)
            rows = [{"index": n, "embedding": vector_of(text, width)} for n, text in enumerate(request["input"])]
            return whole({"data": rows, "usage": {"prompt_tokens": 7, "total_tokens": 7}})

        server.embed = other_width
        with pytest.raises(EndpointError, match="dimensions"):
            await build_index(settings)
        assert (tmp_path / "output" / "manifest.json").read_bytes() == before

    serve(work)


def test_a_question_is_not_embedded_by_another_model_than_the_index(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> str:
        await build_index(settings_of(tmp_path, server.base_url))
        calls = len(server.calls)
        with pytest.raises(IndexNotReady) as caught:
            await Index.open(settings_of(tmp_path, server.base_url, model="larger"))
        with pytest.raises(IndexNotReady, match="the embedded embedder with 1024 dimensions"):
            await Index.open(Settings.model_validate({"root": tmp_path}))
        assert len(server.calls) == calls
        return str(caught.value)

    said = serve(work)
    assert " embedding - {}" in said
    assert " larger - {}" in said


def test_another_model_for_questions_makes_no_step_run_again(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text(ARTICLES["mill.txt"], "utf-8")
    settings = Settings.model_validate({"root": tmp_path, "models": {}})
    build_index_sync(settings)
    changed = settings.model_copy(update={"embed_text": settings.embed_text.model_copy(update={"dimensions": 256})})
    run = build_index_sync(changed)
    assert [step for step, reasons in run.steps.items() if reasons] == ["embed"]
