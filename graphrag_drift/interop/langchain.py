"""An index as a retriever of LangChain, by the extra `langchain`; what it retrieves are passages, with their places."""

from __future__ import annotations

from typing import Literal

from graphrag_drift.errors import MissingExtra
from graphrag_drift.index import Index
from graphrag_drift.values import Filters

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise MissingExtra(
        f"langchain_core cannot be imported ({error}): run `pip install 'graphrag-drift[langchain]'`"
    ) from error


class GraphRAGRetriever(BaseRetriever):
    """The `k` passages of `index` that fit a question best; `method` and `filters` are as in `Index.retrieve`.

    The metadata of a document: score, document_id, title, date, path, source, and the characters start and end of the
    document that it is. `invoke(question, k=3)` takes another `k` for one question.
    """

    index: Index
    k: int = 10
    method: Literal["local", "basic", "auto"] = "auto"
    filters: Filters | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        rows = self.index.retrieve(query, self.method, self.k if k is None else k, self.filters).to_dicts()
        return [Document(id=row.pop("text_unit_id"), page_content=row.pop("text"), metadata=row) for row in rows]
