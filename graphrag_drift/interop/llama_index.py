"""An index as a retriever of LlamaIndex, by the extra `llama-index`; what it retrieves are passages, with their
places."""

from __future__ import annotations

import asyncio
from typing import Literal

from graphrag_drift.errors import MissingExtra
from graphrag_drift.index import Index
from graphrag_drift.values import Filters

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError as error:
    raise MissingExtra(
        f"llama_index.core cannot be imported ({error}): run `pip install 'graphrag-drift[llama-index]'`"
    ) from error


class GraphRAGRetriever(BaseRetriever):
    """The `k` passages of `index` that fit a question best; `method` and `filters` are as in `Index.retrieve`.

    The metadata of a node: document_id, title, date, path, source, and the characters start and end of the document
    that it is. A language model is shown title and date of them.
    """

    def __init__(
        self,
        index: Index,
        *,
        k: int = 10,
        method: Literal["local", "basic", "auto"] = "auto",
        filters: Filters | None = None,
    ) -> None:
        super().__init__()
        self._index, self._k, self._method, self._filters = index, k, method, filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        rows = self._index.retrieve(query_bundle.query_str, self._method, self._k, self._filters).to_dicts()
        unseen = ["document_id", "path", "source", "start", "end"]
        nodes = []
        for row in rows:
            score, text, key = row.pop("score"), row.pop("text"), row.pop("text_unit_id")
            node = TextNode(id_=key, text=text, metadata=row, excluded_llm_metadata_keys=unseen)
            nodes.append(NodeWithScore(node=node, score=score))
        return nodes

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)  # it would stall the loop
