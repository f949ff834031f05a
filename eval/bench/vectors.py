"""Vectors for many chunks in little time: real ones as far as they go, beyond them perturbed copies of them.

`python -m eval.bench vectors` makes the real ones, with the product's own embedder, and keeps them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retrieval.embedding import Embedder, Reading, Vectors
from retrieval.errors import InputError

REAL = 20_000  # so many texts are really embedded
COSINE = 0.8  # of a copy to the vector that it was made from
_BATCH = 512  # texts handed to the embedder at once


class Perturbed:
    """An embedder that gives the vectors that are kept, and for other texts perturbed copies of them.

    A text has the same vector every time. Questions are really embedded, and the id is that of the embedder
    which does it, so that the program itself opens the index.
    """

    def __init__(self, embedder: Embedder, kept: Path) -> None:
        """Raises InputError where `kept` is not there, or was made by another model."""
        self.is_real = False  # whether texts are really embedded from now on
        self.began: float | None = None  # when the first one was, by time.perf_counter()
        self.embedded = 0  # so many were
        self._embedder = embedder
        if not kept.is_file():
            raise InputError(f"There are no vectors in {kept}: make them with python -m eval.bench vectors.")
        with np.load(kept) as held:
            if str(held["model"]) != embedder.id:
                raise InputError(f"{kept} was made by {held['model']}, not by {embedder.id}: make it anew.")
            self._vectors: Vectors = held["vectors"]
            self._rows = {bytes(key): row for row, key in enumerate(held["keys"])}
        self._spread = np.sqrt((1 / COSINE**2 - 1) / self._vectors.shape[1])

    @property
    def id(self) -> str:
        return self._embedder.id

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not self.is_real:
            return np.stack([self._vector(_key(text)) for text in texts])
        self.began = self.began or time.perf_counter()
        self.embedded += len(texts)
        return self._embedder.embed(texts)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        return self._embedder.read(texts)

    def knows(self, word: str) -> bool:
        return self._embedder.knows(word)

    def _vector(self, key: bytes) -> Vectors:
        if key in self._rows:
            found: Vectors = self._vectors[self._rows[key]]
            return found
        chance = np.random.default_rng(int.from_bytes(key, "big"))
        near = self._vectors[chance.integers(len(self._vectors))]
        moved = near + self._spread * chance.standard_normal(len(near), np.float32)
        return np.asarray(moved / np.linalg.norm(moved), np.float32)


def make(embedder: Embedder, texts: Sequence[str], into: Path) -> None:
    """Embed the texts, each once, and keep their vectors in `into`."""
    distinct = list(dict.fromkeys(texts))
    batches = (distinct[start : start + _BATCH] for start in range(0, len(distinct), _BATCH))
    vectors = np.concatenate([embedder.embed(batch) for batch in batches])
    keys = np.frombuffer(b"".join(map(_key, distinct)), np.uint8).reshape(len(distinct), -1)
    part = into.with_name(into.name + ".part")
    with part.open("wb") as stream:
        np.savez(stream, model=np.array(embedder.id), keys=keys, vectors=vectors)
    part.replace(into)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
