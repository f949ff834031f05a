"""Quoth's search as a LangChain retriever."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from retrieval.index import Index
from retrieval.search import Side, found
from retrieval.settings import Settings
from retrieval.timeframe import Timeframe
from retrieval.types import Filters, Passage


class Retriever(BaseRetriever):
    """Quoth's hybrid search for any LangChain program.

    Each document's metadata hold the `Passage` itself, `file`, `start`, `end`, `line`, `title`, `date`,
    `publisher` and `score`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = Settings.model_fields["k"].default
    depth: int = Settings.model_fields["depth"].default
    side: Side = "hybrid"

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain hands it in by name
        filters: Filters | None = None,
        frame: Timeframe | None = None,
        k: int | None = None,
    ) -> list[Document]:
        passages = found(query, self.index, k or self.k, filters, self.depth, frame, self.side)
        return [_document(passage) for passage in passages]


def _document(passage: Passage) -> Document:
    chunk = passage.chunk
    about = {
        "passage": passage,
        "score": passage.score,
        "file": chunk.source.file,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "line": chunk.line,
        "title": chunk.source.title,
        "date": chunk.source.iso_date,
        "publisher": chunk.source.publisher,
    }
    return Document(page_content=chunk.text, metadata=about, id=chunk.id)
