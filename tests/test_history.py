from __future__ import annotations

import pytest

from retrieval import history


def made(*changes: tuple[str, list[str]]) -> str:
    text = ""
    for generation, files in changes:
        text = history.longer(text, generation, files)
    return text


@pytest.mark.parametrize(
    ("generation", "files"),
    [
        ("1", {"a.txt", "b\n.txt", "ü.txt"}),
        ("2", {"b\n.txt", "ü.txt"}),
        ("3", set()),
        ("0", None),
        ("", None),
    ],
)
def test_what_changed_since_a_generation_is_told(generation: str, files: set[str] | None) -> None:
    text = made(("1", []), ("2", ["a.txt"]), ("3", ["b\n.txt", "ü.txt"]))
    assert history.since(generation, text) == files


def test_a_history_is_never_long_and_forgets_the_oldest() -> None:
    text = made(*((str(number), [f"{number}-{other}.txt" for other in range(60)]) for number in range(50)))
    assert 7_000 < len(text) <= 8_000
    assert history.since("49", text) == frozenset() and history.since("0", text) is None
    known = history.since("47", text)
    assert known is not None and len(known) == 120


def test_a_change_of_very_many_files_is_not_told() -> None:
    text = history.longer(made(("1", [])), "2", [f"{number}.txt" for number in range(2_000)])
    assert text == "" and history.since("1", text) is history.since("2", text) is None
    assert history.since("3", history.longer(text, "3", ["a.txt"])) == frozenset()
