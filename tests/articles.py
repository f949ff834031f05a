"""Passages made of a few words, for tests that need no index."""

from __future__ import annotations

from retrieval.sentences import sentences
from retrieval.types import Chunk, Passage, Source, Span

_PLAIN = Source("a.txt", "Harbour")


def passage(text: str, source: Source = _PLAIN, start: int = 0, similarity: float = 0.5) -> Passage:
    """The whole of an article's text, which begins at `start` of it."""
    span = Span(start, start + len(text))
    cut = tuple(Span(start + at.start, start + at.end) for at in sentences(text, Span(0, len(text))))
    chunk = Chunk(f"{source.file}:{start}", source, span, text, 1, None, cut)
    return Passage(chunk, score=0.1, similarity=similarity)
