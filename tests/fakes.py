"""Honest fakes: small, deterministic, behind the real interfaces."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from retrieval.embedding import Reading, Vectors
from retrieval.reader import Marks
from retrieval.types import Chunk, Passage, Span

_SIZE = 64


class WordEmbedder:
    """Texts are near when they share words: each word has a fixed random vector, a text is their sum."""

    id = "words@1"

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known = frozenset(known)
        self.embedded: list[str] = []  # everything that `embed` was asked for

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return np.stack([_vector(text) for text in texts]) if texts else np.empty((0, _SIZE), np.float32)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        return [_reading(text) for text in texts]

    def knows(self, word: str) -> bool:
        return word in self.known


class PointingReader:
    """A reader that finds the answer where `words` stand, and finds none elsewhere."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.asked: list[tuple[str, int]] = []  # each question, and how many passages were read for it

    def read(self, question: str, passages: Sequence[Passage]) -> list[Marks]:
        self.asked.append((question, len(passages)))
        return [self._marks(passage.chunk) for passage in passages]

    def warm(self) -> None:
        pass

    def _marks(self, chunk: Chunk) -> Marks:
        found = [re.search(re.escape(self.words), chunk.text), *re.finditer(r"\w+", chunk.text)]
        spans = [Span(*(chunk.span.start + at for at in match.span())) for match in found if match]
        starts = np.full(len(spans), -6.0, np.float32)
        if found[0]:
            starts[0] = 6.0
        order = sorted(range(len(spans)), key=lambda at: spans[at])
        return Marks(tuple(spans[at] for at in order), starts[order], starts[order], 0.0)


def _reading(text: str) -> Reading:
    words = list(re.finditer(r"\w+", text)) or [re.match("", text)]
    tokens = np.stack([_vector(word.group() if word else "") for word in words])
    return Reading(_vector(text), tokens, tuple(Span(*word.span()) for word in words if word))


def _vector(text: str) -> Vectors:
    words = re.findall(r"\w+", text.lower()) or ["\0"]
    total = np.sum([_word(word) for word in words], axis=0)
    return (total / np.linalg.norm(total)).astype(np.float32)


def _word(word: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(_SIZE).astype(np.float32)
