"""Shared by all tests: no network but loopback, no model hub, one real chain over the seeds."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # so that two test runs on one machine do not stall each other
for name in [name for name in os.environ if name.startswith("QUOTH_")]:
    del os.environ[name]  # a developer's settings must not decide a test

# The same examples in every run, and none given up for time: these machines are noisy.
settings.register_profile("quoth", derandomize=True, deadline=None)
settings.load_profile("quoth")

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"

_connect = socket.socket.connect
_LOOPBACK = ("127.", "::1", "localhost")


def _only_loopback(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
        pytest.fail(f"A test tried to reach {address!r}: no test may leave this machine.")
    _connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Any connection to another machine fails the test that makes it."""
    socket.socket.connect = _only_loopback  # type: ignore[method-assign]
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real Chroma server for the tests of a file."""
    from eval.bench.server import ChromaServer

    with ChromaServer(tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def seeds() -> Path:
    return SEEDS


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the whole run; with `quoth` it holds an up-to-date index of the seeds."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def quoth(seeds: Path, data: Path) -> Any:
    """The real chain, with the real model, over the seeds."""
    from retrieval.chain import assemble

    return assemble(folder=seeds, data=data)
