"""The snapshot: what a sync saw, told without the index."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from retrieval import snapshot
from retrieval.snapshot import Known, Snapshot, stamps
from retrieval.types import Source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshot, "_RACY_NANOSECONDS", 0)
    made = tmp_path / "articles"
    made.mkdir()
    (made / "a.txt").write_text("A ship sailed.")
    return made


def keep(folder: Path, known: Known) -> Snapshot:
    made = Snapshot(folder, folder.parent / "data", "limits")
    made.keep(stamps(folder), (folder / "a.txt").stat().st_ctime_ns + 1, "one", known)
    return made


KNOWN = Known(2, dt.date(2023, 4, 17), dt.date(2024, 10, 14))


@pytest.mark.parametrize("known", [KNOWN, Known(0), Known(1)])
def test_what_was_kept_is_known(folder: Path, known: Known):
    assert keep(folder, known).known() == known


def test_nothing_is_known_without_a_sync(folder: Path):
    assert Snapshot(folder, folder.parent / "data", "limits").known() is None


def test_nothing_is_known_after_a_change(folder: Path):
    kept = keep(folder, KNOWN)
    (folder / "b.txt").write_text("Another sailed.")
    assert kept.known() is None


def test_nothing_is_known_under_other_limits(folder: Path):
    keep(folder, KNOWN)
    assert Snapshot(folder, folder.parent / "data", "other").known() is None


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"files": {}}', '{"articles": 1, "first": 3}'])
def test_a_damaged_snapshot_knows_nothing(folder: Path, content: str):
    kept = keep(folder, KNOWN)
    next((folder.parent / "data" / "seen").iterdir()).write_text(content)
    assert kept.known() is None


def test_a_forgotten_snapshot_knows_nothing(folder: Path):
    kept = keep(folder, KNOWN)
    kept.forget()
    kept.forget()
    assert kept.known() is None


def test_the_dates_are_those_of_the_dated_articles():
    days = (dt.date(2024, 1, 2), None, dt.date(2023, 5, 6))
    sources = [Source(f"{number}.txt", "T", date=day) for number, day in enumerate(days)]
    assert Known.of(sources) == Known(3, dt.date(2023, 5, 6), dt.date(2024, 1, 2))
    assert Known.of([]) == Known(0)
