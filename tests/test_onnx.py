from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding import TOKENIZER, wheel_folder
from retrieval.onnx import matrix
from retrieval.onnx.made import kept
from retrieval.onnx.network import Network, Recipe, cores, network, tokenizer
from retrieval.onnx.nodes import Nodes

RANDOM = np.random.default_rng(1)
LOUD = 3
TABLE = RANDOM.normal(size=(30_522, 64)).astype(np.float32)  # a vector for each number of a token
TABLE[:, LOUD] *= 40


def rows(table: np.ndarray, made: matrix.Array, bias: matrix.Array, **how: object) -> np.ndarray:
    """What a network of one matrix makes of the tokens of a few texts: in 8 bits where it is told how."""
    nodes = Nodes()
    given = nodes.add("Gather", nodes.constant(table), "tokens")
    product = matrix.coarse if how else matrix.exact
    value = product(nodes, given, made, bias, **how)
    graph = nodes.model(("tokens", "parts"), value).SerializeToString()
    texts = ["The river rose.", "A spy balloon was seen over Ohio.", "?"]
    return np.concatenate(list(Network(graph).run(words().encode_batch(texts))))


def words():
    return tokenizer(wheel_folder() / TOKENIZER, 256)


@pytest.mark.parametrize(
    ("table", "how"),
    [
        (TABLE, {"loud": (LOUD,)}),
        (np.delete(TABLE, LOUD, axis=1), {"loud": ()}),
        (np.maximum(TABLE, -0.17), {"loud": (LOUD,), "is_gelu": True}),
    ],
)
def test_a_product_in_eight_bits_is_near_the_exact_one(table: np.ndarray, how: dict[str, object]):
    weights = RANDOM.normal(size=(48, table.shape[1])).astype(np.float32)
    weights[5] *= 100
    weights[7] = 0
    bias = RANDOM.normal(size=48).astype(np.float32)
    exact, coarse = rows(table, weights, bias), rows(table, weights, bias, **how)
    assert np.allclose(exact[:, 7], bias[7]) and np.allclose(coarse[:, 7], bias[7])
    wrong = (coarse - exact).std(axis=0)[weights.any(axis=1)]
    assert (wrong / np.abs(weights).max(axis=1)[weights.any(axis=1)]).max() < 0.1


def test_what_was_made_is_read_again(tmp_path: Path):
    asked: list[int] = []

    def make() -> bytes:
        asked.append(1)
        return b"graph"

    folder = tmp_path / "models"
    assert kept(folder, "reader", "r1", make) == b"graph"
    (file,) = folder.iterdir()
    assert file.read_bytes() == b"graph"
    assert kept(folder, "reader", "r1", make) == kept(folder, "reader", "r1", make) == file
    assert len(asked) == 1


@pytest.mark.parametrize("content", [b"", b"grap", b"grapH"])
def test_what_is_damaged_is_made_again(tmp_path: Path, content: bytes):
    kept(tmp_path, "reader", "r1", lambda: b"graph")
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert kept(tmp_path, "reader", "r1", lambda: b"graph") == b"graph"
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"graph"]


def test_another_recipe_takes_the_place_of_the_old_one_and_leaves_other_names_alone(tmp_path: Path):
    kept(tmp_path, "questions", "r1", lambda: b"questions")
    kept(tmp_path, "reader", "r1", lambda: b"old")
    abandoned, under_way = tmp_path / "reader-1.part", tmp_path / "reader-2.part"
    for part in (abandoned, under_way):
        part.write_bytes(b"ol")
    os.utime(abandoned, (time.time() - 9_999,) * 2)
    assert kept(tmp_path, "reader", "r2", lambda: b"new") == b"new"
    assert sorted(one.read_bytes() for one in tmp_path.iterdir()) == [b"new", b"ol", b"questions"]
    assert under_way.exists()


def test_where_nothing_can_be_kept_it_is_made_all_the_same(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    for folder in (None, tmp_path / "file", tmp_path / "file" / "models"):
        assert kept(folder, "reader", "r1", lambda: b"graph") == b"graph"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_is_full_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert kept(tmp_path, "reader", "r1", lambda: b"graph") == b"graph"
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_is_open_is_shared_and_forgotten_with_its_last_user(tmp_path: Path):
    nodes = Nodes()
    value = nodes.add("Gather", nodes.constant(TABLE), "tokens")
    graph = nodes.model(("tokens", "parts"), value).SerializeToString()
    asked: list[int] = []

    def make() -> bytes:
        asked.append(1)
        return graph

    recipe = Recipe("table", ("a test",), make)
    one = network(recipe, tmp_path)
    assert network(recipe, None) is one
    assert len(asked) == 1
    del one
    assert network(recipe, tmp_path) and len(asked) == 1  # read from the folder
    assert network(recipe, None) and len(asked) == 2


def test_recipes_of_other_things_have_other_keys():
    def of(*parts: str) -> str:
        return Recipe("reader", parts, lambda: b"").key

    assert of("weights", "1") == of("weights", "1")
    assert len({of("weights", "1"), of("weights", "2"), of("weights1", ""), of("weights")}) == 4


@pytest.mark.parametrize(("wanted", "found"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_as_many_cores_are_used_as_are_wanted_or_there(
    monkeypatch: pytest.MonkeyPatch, wanted: str, found: int | None
):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(7), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert cores() == (found or 7)


CHILD = """
import sys
from pathlib import Path
from retrieval.embedding import Transformer
from retrieval.entailment import TrainedEntailment
from retrieval.reader import SpanReader, Text

data = Path(sys.argv[1])
embedder = Transformer(data=data)
embedder.read(["Who closed the lock?"]), embedder.embed(["Voss did."]), embedder.knows("lock")
SpanReader(data=data).mark([("Who closed the lock?", Text("", "Voss did."))])
TrainedEntailment(data=data).judge([("Voss did.", "Voss did.")])
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_without_torch_it_reads_embeds_and_judges_and_makes_its_networks_once(tmp_path: Path):
    def imported() -> set[str]:
        told = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, check=True
        )
        return set(told.stdout.split())

    heavy = {"torch", "transformers", "sentence_transformers", "scipy", "sklearn"}
    assert not imported() & heavy
    made = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "models").iterdir()}
    assert {name.partition("-")[0] for name in made} == {"articles", "questions", "reader", "support"}
    assert not imported() & (heavy | {"onnx", "safetensors"})
    assert made == {file.name: file.stat().st_mtime_ns for file in (tmp_path / "models").iterdir()}
