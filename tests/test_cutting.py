from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import cutting
from retrieval.cutting import ahead
from retrieval.index import Index
from tests.fakes import WordEmbedder
from tests.test_index import put

PARAGRAPHS = [f"The {word} was repaired by four men on Tuesday." for word in "bridge canal mill".split()]


@given(items=st.lists(st.integers()), lanes=st.integers(1, 4))
def test_what_is_made_ahead_comes_in_order_and_whole(items: list[int], lanes: int) -> None:
    assert list(ahead(iter(items), lambda item: item * 2, lanes)) == [item * 2 for item in items]


def test_no_more_than_that_many_are_made_before_they_are_asked_for() -> None:
    made: list[int] = []

    def work(item: int) -> int:
        made.append(item)
        return item

    coming = ahead(count(), work, 2)
    taken = list(islice(coming, 5))
    coming.close()  # waits for those under way
    assert taken == [0, 1, 2, 3, 4]
    assert sorted(made) == list(range(len(made))) and len(made) <= len(taken) + 2


def test_several_are_worked_on_at_once() -> None:
    both = threading.Barrier(2, timeout=20)

    def work(item: int) -> int:
        both.wait()  # breaks where each waits alone
        return item

    assert list(ahead(iter([1, 2, 3, 4]), work, 2)) == [1, 2, 3, 4]


@pytest.mark.parametrize("where", ["items", "work"])
def test_an_error_ahead_is_raised_in_its_turn(where: str) -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        if where == "items":
            raise ValueError("torn")
        yield 3

    def work(item: int) -> int:
        if item == 3:
            raise ValueError("torn")
        return item

    coming = ahead(items(), work, 2)
    assert [next(coming), next(coming)] == [1, 2]
    with pytest.raises(ValueError, match="torn"):
        next(coming)


@pytest.mark.parametrize("size", [1, 2, 5, 512])
def test_a_text_is_embedded_once_whatever_batches_its_files_fall_into(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "BATCH", size)
    for number in range(9):
        put(tmp_path / "news", f"{number}.txt", f"{PARAGRAPHS[number % 3]}\n")
    embedder = WordEmbedder()
    index = Index(tmp_path / "news", tmp_path / "data", embedder)
    summary = index.sync()
    assert sorted(embedder.embedded) == sorted(PARAGRAPHS)
    assert (summary.added, summary.embedded) == (9, 3)
    for paragraph in PARAGRAPHS:
        near = index.dense.nearest(embedder.read([paragraph])[0].vector, 3)
        assert {chunk.text for chunk in index.dense.chunks(near).values()} == {paragraph}
