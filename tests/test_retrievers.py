"""An index behind the retrievers of LangChain, which has tests of its own for them, and of LlamaIndex."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys

import pytest

from graphrag_drift import Filters, Index, MissingExtra

QUESTION = "Who mediated the dockers' strike?"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnknownMarkWarning")  # of plugins that only LangChain's tests need
def test_langchain_finds_nothing_wrong_with_its_retriever(newsroom_index: Index) -> None:
    from langchain_core.retrievers import BaseRetriever
    from langchain_tests.integration_tests import RetrieversIntegrationTests

    from graphrag_drift.interop.langchain import GraphRAGRetriever

    class Suite(RetrieversIntegrationTests):
        retriever_constructor: type[BaseRetriever] = GraphRAGRetriever  # type: ignore[assignment]
        retriever_constructor_params = {"index": newsroom_index}  # type: ignore[assignment]  # noqa: RUF012
        retriever_query_example = QUESTION  # type: ignore[assignment]

    suite = Suite()
    names = [name for name in dir(suite) if name.startswith("test_")]
    assert len(names) >= 4
    for name in names:  # one after the other: at collection, each worker would load all of LangChain
        test = getattr(suite, name)
        outcome = test(GraphRAGRetriever(index=newsroom_index)) if inspect.signature(test).parameters else test()
        if inspect.iscoroutine(outcome):
            asyncio.run(outcome)


def test_a_document_of_langchain_says_what_it_is_and_where_it_stands(newsroom_index: Index) -> None:
    from graphrag_drift.interop.langchain import GraphRAGRetriever

    retriever = GraphRAGRetriever(index=newsroom_index, k=2, filters=Filters(since="2025-04"))
    documents = asyncio.run(retriever.ainvoke(QUESTION))
    assert documents == retriever.invoke(QUESTION)
    assert len(documents) == 2
    for document in documents:
        place = document.metadata
        assert newsroom_index.graph.texts[place["document_id"]][place["start"] : place["end"]] == document.page_content
        assert place["date"] >= "2025-04"
        assert set(place) == {"score", "document_id", "title", "date", "path", "source", "start", "end"}


def test_llamaindex_answers_from_nodes_that_say_where_they_stand(newsroom_index: Index) -> None:
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.response_synthesizers import get_response_synthesizer

    from graphrag_drift.interop.llama_index import GraphRAGRetriever

    retriever = GraphRAGRetriever(newsroom_index, k=3, method="basic")
    nodes = retriever.retrieve(QUESTION)
    rows = newsroom_index.retrieve(QUESTION, "basic", 3)
    assert [(node.node_id, node.score, node.text) for node in nodes] == rows.select(
        "text_unit_id", "score", "text"
    ).rows()
    assert asyncio.run(retriever.aretrieve(QUESTION)) == nodes
    synthesizer = get_response_synthesizer(llm=MockLLM())
    response = RetrieverQueryEngine(retriever, response_synthesizer=synthesizer).query(QUESTION)
    assert [node.node_id for node in response.source_nodes] == [node.node_id for node in nodes]
    assert f"title: {nodes[0].metadata['title']}" in str(response)


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("langchain", "langchain_core.callbacks", "langchain"),
        ("llama_index", "llama_index.core.base.base_retriever", "llama-index"),
    ],
)
def test_a_missing_extra_is_said_with_the_line_that_installs_it(
    module: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"graphrag_drift.interop.{module}"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"run `pip install 'graphrag-drift\[{extra}\]'`"):
        importlib.import_module(name)
