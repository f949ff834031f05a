from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retrieval.connection import Connection
from retrieval.dense import DenseStore, Entry
from retrieval.index import Index
from tests.fakes import WordEmbedder
from tests.test_index import BALLOON, MINISTERS

GONE = "a.txt is in the index, and is no article of the folder any more."
MORE = "The word index holds 1 passages that Chroma does not."


@pytest.fixture
def index(tmp_path: Path) -> Index:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text(MINISTERS)
    (tmp_path / "news" / "b.txt").write_text(BALLOON)
    index = Index(tmp_path / "news", tmp_path / "data", WordEmbedder())
    index.sync()
    return index


def test_a_whole_index_has_no_faults(index: Index):
    assert (index.verify().articles, index.verify().chunks, index.verify().faults) == (2, 2, ())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda at: (at / "a.txt").write_text(BALLOON), "a.txt changed since it was indexed."),
        (lambda at: (at / "c.txt").write_text(BALLOON), "c.txt is not in the index."),
        (lambda at: (at / "a.txt").unlink(), GONE),
        (lambda at: (at / "a.txt").write_bytes(b""), GONE),
    ],
)
def test_a_change_of_the_folder_is_told(index: Index, change: Callable[[Path], object], fault: str):
    change(index.folder)
    assert index.verify().faults == (fault,)
    index.sync()
    assert index.verify().faults == ()


def lose_a_chunk(store: DenseStore) -> None:
    store.remove(store.ids("a.txt"))


def spoil_a_vector(store: DenseStore) -> None:
    record = store.records()["a.txt"]
    chunks = store.article("a.txt")
    store.add([Entry(chunks, [np.full(64, 3.0, np.float32)] * len(chunks), record)])


def spoil_a_text(store: DenseStore) -> None:
    record = store.records()["a.txt"]
    ((chunk, vector),) = store.pairs(store.ids("a.txt"))
    other = type(chunk)(chunk.id, chunk.source, chunk.span, "Another text.", 7, None, chunk.sentences)
    store.add([Entry([other], [vector], record)])


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        (lose_a_chunk, ("a.txt is not in the index.", MORE)),
        (spoil_a_vector, ("a.txt: 1 of its vectors in Chroma are not of length 1.",)),
        (
            spoil_a_text,
            (
                "a.txt: its passages in Chroma are not those of the file.",
                "The word index holds 1 passages otherwise than Chroma.",
            ),
        ),
    ],
)
def test_a_difference_between_the_stores_is_told(
    index: Index, spoil: Callable[[DenseStore], None], faults: tuple[str, ...]
):
    spoil(index.dense)
    assert index.verify().faults == faults


def test_words_that_differ_are_told(index: Index):
    (chunk,) = index.dense.article("a.txt")
    with index.lexical.writing(index.lexical.generation) as words:
        words.remove(index.dense.ids("b.txt"))
        words.add([chunk])
    assert index.verify().faults == (
        "The word index lacks 1 passages.",
        "The word index holds 1 passages twice.",
    )


def test_what_belongs_to_no_article_is_told(index: Index, tmp_path: Path):
    ((chunk, vector),) = index.dense.pairs(index.dense.ids("a.txt"))
    stray = type(chunk)("x#1#00001", chunk.source, chunk.span, chunk.text, 1, None, chunk.sentences)
    other = DenseStore(Connection(tmp_path / "other"), "other", {"state": "new"})
    other.add([Entry([chunk, stray], [vector, vector], index.records()["a.txt"])])
    index.dense._collection.add(  # a second row of that file's
        ids=[stray.id], embeddings=vector[np.newaxis], documents=[stray.text],
        metadatas=other._collection.get(ids=[stray.id])["metadatas"],
    )  # fmt: skip
    assert index.verify().faults == ("Chroma holds 1 passages of no article.",)
