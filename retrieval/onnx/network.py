"""A network that onnxruntime runs: each text by itself, on one core."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from retrieval.onnx.made import kept

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

    from retrieval.onnx.matrix import Array

_VERSION = 1  # of how graphs are made of weights

Kind = TypeVar("Kind", "Network", "Means")


class Network:
    """A graph, loaded. Safe to share between threads."""

    def __init__(self, graph: Path | bytes) -> None:
        self._session = _session(graph)

    def run(self, texts: Sequence[Encoding]) -> Iterator[Array]:
        """A row of numbers for each token of each text, one text after the other.

        A question takes one core, so that others that are asked at the same time have theirs.
        """
        return map(self._run, texts)

    def _run(self, text: Encoding) -> Array:
        given = {"tokens": np.array([text.ids], np.int32), "parts": np.array([text.type_ids], np.int32)}
        found: Array = self._session.run(None, given)[0][0]
        return found


class Means:
    """A graph for many texts, loaded. Safe to share between threads."""

    def __init__(self, graph: Path | bytes) -> None:
        self._session = _session(graph)

    def run(self, texts: Sequence[Encoding]) -> Array:
        """On all cores, a row of numbers for each text; of no texts it is not asked."""
        workers = min(cores(), len(texts))
        order = sorted(range(len(texts)), key=lambda at: len(texts[at].ids))
        shares = [order[number::workers] for number in range(workers)]
        found = [*_workers().map(lambda share: self._run([texts[at].ids for at in share]), shares)]
        rows = np.empty((len(texts), found[0].shape[1]), np.float32)
        for share, own in zip(shares, found, strict=True):
            rows[share] = own
        return rows

    def _run(self, texts: Sequence[Sequence[int]]) -> Array:
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        given = {"tokens": np.concatenate(texts).astype(np.int32), "ends": ends}
        found: Array = self._session.run(None, given)[0]
        return found


def _session(graph: Path | bytes) -> InferenceSession:
    import onnxruntime as onnx

    options = onnx.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Nothing is left to improve: what onnxruntime puts together by itself takes seven times as long here.
    options.graph_optimization_level = onnx.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return onnx.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True)
class Recipe:
    """How a graph is made: a name, checksums of all that it is made of, and the making itself."""

    name: str
    of: tuple[str, ...]
    make: Callable[[], bytes]

    @property
    def key(self) -> str:
        return hashlib.sha256(repr((_VERSION, self.of)).encode()).hexdigest()[:12]


_open: WeakValueDictionary[str, Network | Means] = WeakValueDictionary()
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def network(recipe: Recipe, data: Path | None) -> Network:
    """The network of that recipe: the one that is open already, or that is kept under `data`, or made."""
    return _opened(recipe, data, Network)


def means(recipe: Recipe, data: Path | None) -> Means:
    """Likewise one for many texts."""
    return _opened(recipe, data, Means)


def _opened(recipe: Recipe, data: Path | None, kind: type[Kind]) -> Kind:
    with _locks[recipe.key]:
        found = _open.get(recipe.key)
        if not isinstance(found, kind):
            folder = data / "models" if data else None
            found = kind(kept(folder, recipe.name, recipe.key, recipe.make))
            _open[recipe.key] = found
        return found


def tokenizer(file: Path, most: int) -> Tokenizer:
    """What cuts texts into tokens, `most` of them. Safe to share between threads as long as it is left so."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(file))
    made.no_padding()
    made.enable_truncation(most)
    return made


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "network")


def cores() -> int:
    """How many texts to read at once: as many as this process has cores, or OMP_NUM_THREADS."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
