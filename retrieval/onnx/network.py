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
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np

from retrieval.onnx.made import kept

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

    from retrieval.onnx.matrix import Array

_VERSION = 1  # of how graphs are made of weights


class Network:
    """A graph, loaded. Safe to share between threads."""

    def __init__(self, graph: Path | bytes) -> None:
        import onnxruntime as onnx

        options = onnx.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Nothing is left to improve: what onnxruntime puts together by itself takes seven times as long here.
        options.graph_optimization_level = onnx.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        self._session = onnx.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(self, texts: Sequence[Encoding]) -> Iterator[Array]:
        """A row of numbers for each token of each text, one text after the other.

        A question takes one core, so that others that are asked at the same time have theirs.
        """
        return map(self._run, texts)

    def run_all(self, texts: Sequence[Encoding], whole: Callable[[Array], Array]) -> Iterator[Array]:
        """On all cores, what `whole` makes of the rows of each text."""
        return _workers().map(lambda text: whole(self._run(text)), texts)

    def _run(self, text: Encoding) -> Array:
        given = {"tokens": np.array([text.ids], np.int32), "parts": np.array([text.type_ids], np.int32)}
        found: Array = self._session.run(None, given)[0][0]
        return found


@dataclass(frozen=True)
class Recipe:
    """How a graph is made: a name, checksums of all that it is made of, and the making itself."""

    name: str
    of: tuple[str, ...]
    make: Callable[[], bytes]

    @property
    def key(self) -> str:
        return hashlib.sha256(repr((_VERSION, self.of)).encode()).hexdigest()[:12]


_open: WeakValueDictionary[str, Network] = WeakValueDictionary()
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def network(recipe: Recipe, data: Path | None) -> Network:
    """The network of that recipe: the one that is open already, or that is kept under `data`, or made."""
    with _locks[recipe.key]:
        found = _open.get(recipe.key)
        if found is None:
            folder = data / "models" if data else None
            found = Network(kept(folder, recipe.name, recipe.key, recipe.make))
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
