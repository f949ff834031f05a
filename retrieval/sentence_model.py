"""A sentence-transformers model on torch: any model that is named, and a GPU where there is one."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from retrieval.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 16


class SentenceModel:
    """The model of that name, or in that folder, loaded at the first use. Safe to share between threads."""

    def __init__(self, name: str, folder: Path | None, check: Callable[[Path], None]) -> None:
        """A `folder` takes the place of the name, and is checked before it is loaded."""
        self._name = name
        self._folder = folder
        self._check = check
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def read(self, texts: Sequence[str]) -> list[Any]:
        """Of each text its vector, those of its tokens, and where the tokens stand in it."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # alike lengths waste no padding
        found: dict[int, Any] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            found.update(zip(batch, self._read([texts[at] for at in batch]), strict=True))
        return [found[at] for at in range(len(texts))]

    def _read(self, texts: list[str]) -> Iterator[Any]:
        import torch

        model = self._model
        with self._lock:  # the tokenizer keeps its settings of padding in itself
            words = model.tokenizer(
                texts,
                padding=True,
                truncation=True,
                max_length=model.max_seq_length,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
        spans = words.pop("offset_mapping").tolist()
        with torch.inference_mode():
            seen = model({name: value.to(model.device) for name, value in words.items()})
        whole = seen["sentence_embedding"].float().cpu().numpy()
        parts = seen["token_embeddings"].float().cpu().numpy()
        return zip(whole, parts, spans, strict=True)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self._model.tokenizer.get_vocab())

    @property
    def _model(self) -> SentenceTransformer:
        with self._lock:  # two threads' first questions must not load it twice
            return self._loaded

    @cached_property
    def _loaded(self) -> SentenceTransformer:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve a busy machine
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        if self._folder:
            self._check(self._folder)
        offline = bool(self._folder) or bool(os.environ.get("HF_HUB_OFFLINE"))
        try:
            return SentenceTransformer(str(self._folder or self._name), local_files_only=offline)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The embedding model {self._name!r} cannot be loaded ({_first_line(error)}): give the "
                "folder of a sentence-transformers model in QUOTH_MODEL, or unset it for the one that comes "
                "along."
            ) from error


def sees_gpu() -> bool:
    """Whether torch would use a GPU; torch is asked only where the machine looks as if it had one."""
    is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
    if not is_apple and not any(Path(place).exists() for place in _DRIVERS):
        return False
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


_DRIVERS = ("/dev/nvidia0", "/dev/kfd", "/dev/dxg")  # NVIDIA's, AMD's, and either's under Windows


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
