"""Where the benchmarks keep what they make: everything in one folder of work, each size by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.bench import corpus
from eval.bench.corpus import Corpus
from retrieval.errors import InputError
from retrieval.settings import Settings

SEEDS = "seeds"  # the size that is no number: the articles that come along


@dataclass(frozen=True, slots=True)
class Place:
    """Articles of one size, and their index."""

    work: Path
    size: str

    @property
    def made(self) -> Path:
        """The folder of the corpus."""
        return self.work / f"corpus-{self.size}"

    @property
    def corpus(self) -> Corpus:
        """Raises InputError where it was not made."""
        return corpus.load(self.made)

    @property
    def data(self) -> Path:
        """Where the index is, or will be."""
        return self.work / f"index-{self.size}"

    @property
    def served(self) -> Path:
        """Where a Chroma server, and those that use it, have their data."""
        return self.work / f"served-{self.size}"

    @property
    def vectors(self) -> Path:
        """Of all sizes together."""
        return self.work / "vectors.npz"

    @property
    def indexed(self) -> Settings:
        """The settings of a program over the index. Raises InputError where it was not made."""
        if not self.data.is_dir():
            raise InputError(f"There is no index in {self.data}: make it with python -m eval.bench store.")
        return Settings(folder=self.corpus.folder, data=self.data, llm=None)
