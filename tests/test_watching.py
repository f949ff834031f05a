"""Watching a folder: real files, the real watcher, limits of 20 seconds."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from retrieval import articles, watching
from retrieval.errors import IndexDamaged, QuothError
from retrieval.index import Index, Summary
from retrieval.snapshot import collection_name
from retrieval.types import Filters
from retrieval.watching import Watching, heard, watch
from tests.fakes import WordEmbedder

_PATIENCE = 20.0  # seconds
STORY = "Balloon is seen over Ohio\n\nA balloon flew over Ohio on Friday.\n"
Change = Callable[[Path], Any]


@pytest.fixture(params=[False, True], ids=["told", "polled"])
def poll(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_QUIET", 0.03)
    monkeypatch.setattr(watching, "_RETRY", 0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news"
    (made / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "b.md", "sub/c.txt", ".hidden.txt"):
        (made / name).write_text(STORY)
    return made


def until(condition: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end, f"There is not {what}."
        time.sleep(0.01)


class Ears:
    """What is heard of a folder, moment by moment, from now on."""

    def __init__(self, folder: Path, poll: bool) -> None:
        self.stop = threading.Event()
        self._moments = heard(folder, self.stop, poll)
        assert next(self._moments) is False

    def hear(self) -> bool:
        """Whether a change is heard within the limit."""
        end = time.monotonic() + _PATIENCE
        return any(itertools.takewhile(lambda _: time.monotonic() < end, self._changes()))

    def _changes(self) -> Iterator[bool]:
        for changed in self._moments:
            yield changed
            if changed:
                return

    def count(self, quiet: int = 3) -> int:
        """How many bursts are heard until there are so many quiet moments in a row."""
        bursts = silent = 0
        while silent < quiet:
            changed = next(self._moments)
            bursts, silent = bursts + changed, 0 if changed else silent + 1
        return bursts


@contextmanager
def listening(folder: Path, poll: bool) -> Iterator[Ears]:
    ears = Ears(folder, poll)
    yield ears
    ears.stop.set()
    assert not list(ears._moments)


# ---- which changes matter


def write(folder: Path, name: str, text: str = STORY) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def move(folder: Path, name: str, to: str) -> None:
    (folder / name).rename(folder / to)


CHANGES: dict[str, Change] = {
    "a new file": lambda at: write(at, "new.txt"),
    "an edit": lambda at: write(at, "a.txt", "Other words.\n"),
    "one in a sub-folder": lambda at: write(at, "sub/c.txt", "Other words.\n"),
    "an atomic save": lambda at: write(at, "a.txt.tmp", "Other words.\n").replace(at / "a.txt"),
    "a deletion": lambda at: (at / "a.txt").unlink(),
    "a new name": lambda at: move(at, "a.txt", "z.txt"),
    "a name that is none": lambda at: move(at, "a.txt", "a.txt.old"),
    "moved out": lambda at: move(at, "a.txt", "../a.txt"),
    "moved in": lambda at: move(at, ".hidden.txt", "shown.txt"),
    "metadata": lambda at: write(at, "metadata.toml", '["a.txt"]\ntitle = "Ohio"\n'),
    "new sub-folders": lambda at: write(at, "new/deep/d.html"),
    "a sub-folder moved": lambda at: move(at, "sub", "other"),
    "a sub-folder made hidden": lambda at: move(at, "sub", ".sub"),
    "a sub-folder deleted": lambda at: shutil.rmtree(at / "sub"),
    "a sub-folder made anew": lambda at: (shutil.rmtree(at / "sub"), write(at, "sub/e.txt")),
    "the folder replaced": lambda at: (at.rename(at.parent / "old"), write(at, "e.txt")),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_heard_and_so_is_the_next(folder: Path, change: Change) -> None:
    with listening(folder, poll=False) as ears:
        change(folder)
        assert ears.hear()
        ears.count()
        names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        deepest = max(filter(articles.matters, names), key=lambda name: name.count("/"))
        write(folder, deepest, "It goes on.\n")
        assert ears.hear()


def test_where_it_is_looked_changes_are_seen_too(folder: Path) -> None:
    with listening(folder, poll=True) as ears:
        for name, change in CHANGES.items():
            shutil.rmtree(folder)
            write(folder, "sub/c.txt")
            for file in ("a.txt", ".hidden.txt"):
                write(folder, file)
            ears.count()
            change(folder)
            assert ears.hear(), name


LEAVINGS = (
    "#a.txt# .#a.txt a.txt~ a.txt.~1~ .a.txt.swp .a.txt.swx 4913 a.txt.tmp a.txt.bak a.txt.part sedXXXX "
    ".goutputstream-1 .a.txt.kate-swp a.txt___jb_tmp___ a.txt.sb-1 .~lock.a.txt# a.pyc .hidden/new.txt "
    "sub/metadata.toml sub/4913"
).split()


def test_what_editors_leave_is_not_heard(folder: Path, poll: bool) -> None:
    with listening(folder, poll) as ears:
        for name in LEAVINGS:
            write(folder, name, "one")
        assert ears.count() == 0
        for name in LEAVINGS:
            write(folder, name, "other words").unlink()
        (folder / "a.txt").read_text()
        assert ears.count() == 0
        write(folder, "new.txt")
        assert ears.hear()


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("a.txt", True), ("sub/a.MD", True), ("a.pdf", True), ("a.htm", True), ("metadata.toml", True),
        ("sub/metadata.toml", False), (".a.txt", False), (".sub/a.txt", False), ("a", False), ("", False),
    ],
)  # fmt: skip
def test_a_name_tells_whether_a_file_matters(name: str, does: bool) -> None:
    assert articles.matters(name) is does


def test_files_that_matter_are_those_that_are_read(folder: Path) -> None:
    for name in LEAVINGS:
        write(folder, name)
    read = {file.name for file in articles.files(folder) if isinstance(file, articles.File)}
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert (
        read == {name for name in names if articles.matters(name)} == {"a.txt", "b.txt", "b.md", "sub/c.txt"}
    )


def test_links_to_other_folders_are_not_followed(folder: Path, poll: bool, tmp_path: Path) -> None:
    write(tmp_path, "far/a.txt")
    (folder / "far").symlink_to(tmp_path / "far")
    (folder / "round").symlink_to(folder)
    with listening(folder, poll) as ears:
        write(tmp_path, "far/a.txt", "Other words.\n")
        (folder / "later").symlink_to(tmp_path / "far")
        assert ears.count() == 0
        write(folder, "a.txt", "Other words.\n")
        assert ears.hear()


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_stops_nothing(folder: Path, poll: bool) -> None:
    with listening(folder, poll) as ears:
        strange = os.fsencode(folder) + b"/\xff"
        Path(os.fsdecode(strange + b".txt")).write_text(STORY)
        Path(os.fsdecode(strange)).mkdir()
        ears.count()
        write(folder, "a.txt", "Other words.\n")
        assert ears.hear()


# ---- bursts


def test_a_burst_is_heard_a_few_times(folder: Path, poll: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_QUIET", 0.3)
    with listening(folder, poll) as ears:
        for number in range(500):
            write(folder, f"{number}.txt")
        assert 1 <= ears.count() <= 5


def test_changes_without_end_are_heard_meanwhile(
    folder: Path, poll: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_QUIET", 0.3)
    monkeypatch.setattr(watching, "_BURST", 0.6)
    is_heard = threading.Event()

    def write_on() -> None:
        for number in itertools.takewhile(lambda _: not is_heard.is_set(), itertools.count()):
            write(folder, f"{number % 100}.txt", f"{number}")
            time.sleep(0.001)

    with listening(folder, poll) as ears:
        writing = threading.Thread(target=write_on)
        writing.start()
        try:
            assert ears.hear()
        finally:
            is_heard.set()
            writing.join()


# ---- syncs


class Shelf:
    """As an index: a sync takes the names of the folder's files, or fails as it is told to."""

    is_read_only = False

    def __init__(self, folder: Path, *fails: str) -> None:
        self.folder = folder
        self.fails = list(fails)
        self.held = self.names()
        self.syncs = self.looks = 0

    def names(self) -> set[str]:
        return {path.name for path in articles.existing(self.folder).iterdir()}

    def is_current(self) -> bool:
        self.looks += 1
        return self.names() == self.held

    def sync(self) -> Summary:
        self.syncs += 1
        if self.fails:
            raise IndexDamaged(self.fails.pop(0))
        found = self.names()
        before, self.held = self.held, found
        return Summary(added=len(found - before), removed=len(before - found))


News = list[Summary | QuothError]


@contextmanager
def watched(index: Any, poll: bool = False) -> Iterator[News]:
    """What is told of an index while it is watched."""
    news: News = []
    stop = threading.Event()

    def listen() -> None:
        news.extend(watch(index, stop, poll))  # one by one, as they come

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield news
    finally:
        stop.set()
        thread.join(_PATIENCE)
    assert not thread.is_alive()


def test_a_change_is_synced_and_told(folder: Path, poll: bool) -> None:
    shelf = Shelf(folder)
    with watched(shelf, poll) as news:
        until(lambda: shelf.looks, "a first look")
        assert shelf.syncs == 0
        write(folder, "new.txt")
        until(lambda: "new.txt" in shelf.held, "the new file")
        (folder / "a.txt").unlink()
        until(lambda: "a.txt" not in shelf.held, "the deletion")
    told = [each for each in news if isinstance(each, Summary) and (each.added or each.removed)]
    assert [(each.added, each.removed) for each in told] == [(1, 0), (0, 1)]


def test_what_changed_before_it_was_watched_is_synced_at_once(folder: Path, poll: bool) -> None:
    shelf = Shelf(folder)
    write(folder, "new.txt")
    with watched(shelf, poll):
        until(lambda: "new.txt" in shelf.held, "the new file")


def test_what_nobody_told_is_found_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MISSED", 0.2)
    shelf = Shelf(folder)
    with watched(shelf):
        until(lambda: shelf.looks, "a first look")
        shelf.held = set()
        until(lambda: shelf.held, "what was missed")


def test_a_failure_is_told_once_and_tried_again(folder: Path) -> None:
    shelf = Shelf(folder, "It is locked.", "It is locked.", "It is full.", "It is full.")
    with watched(shelf) as news:
        until(lambda: shelf.looks, "a first look")
        write(folder, "new.txt")
        until(lambda: "new.txt" in shelf.held, "the new file")
        until(lambda: len(news) == 3, "the news")
        shelf.fails = ["It is full."]
        write(folder, "newer.txt")
        until(lambda: "newer.txt" in shelf.held, "the newer file")
    assert [str(each) for each in news if isinstance(each, QuothError)] == [
        "It is locked.", "It is full.", "It is full.",
    ]  # fmt: skip


def test_a_folder_that_goes_away_and_comes_back(folder: Path, poll: bool, tmp_path: Path) -> None:
    shelf = Shelf(folder)
    with watched(shelf, poll) as news:
        until(lambda: shelf.looks, "a first look")
        folder.rename(tmp_path / "away")
        until(lambda: news, "a word about it")
        assert isinstance(news[0], QuothError) and "does not exist" in str(news[0])
        write(tmp_path / "away", "new.txt")
        (tmp_path / "away").rename(folder)
        until(lambda: "new.txt" in shelf.held, "what changed meanwhile")
        write(folder, "newer.txt")
        until(lambda: "newer.txt" in shelf.held, "what changed later")
    assert len([each for each in news if isinstance(each, QuothError)]) == 1


def test_where_the_system_cannot_tell_it_is_looked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr("watchfiles.watch", full)
    shelf = Shelf(folder)
    with watched(shelf):
        until(lambda: shelf.syncs, "a first sync")
        write(folder, "new.txt")
        until(lambda: "new.txt" in shelf.held, "the new file")


# ---- a real index


@pytest.fixture
def index(folder: Path, tmp_path: Path) -> Index:
    opened = Index(folder, tmp_path / "data", WordEmbedder())
    opened.sync()
    return opened


def finds(index: Index, word: str) -> bool:
    return bool(index.lexical.search(word, 10, Filters()))


def test_an_index_follows_its_folder(folder: Path, index: Index, poll: bool) -> None:
    with watched(index, poll):
        write(folder, "flood.txt", "Flood hits the town\n\nThe river rose by two metres on Sunday.\n")
        until(lambda: finds(index, "river"), "the new article")
        move(folder, "flood.txt", "water.txt")
        until(lambda: [s.file for s, _ in index.sources() if s.file in ("water.txt", "flood.txt")]
              == ["water.txt"], "its new name")  # fmt: skip
        (folder / "water.txt").unlink()
        until(lambda: not finds(index, "river"), "an index without it")
    assert index.sync().unchanged == 4


def test_an_index_that_another_program_writes_is_synced_when_it_is_free(
    folder: Path, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.storage.LOCK_SECONDS", 0.05)
    with watched(index) as news:
        with FileLock(tmp_path / "data" / "indexes" / collection_name(folder) / "lock"):
            write(folder, "flood.txt", "The river rose by two metres on Sunday.\n")
            until(lambda: any(isinstance(each, QuothError) for each in news), "a word about it")
        until(lambda: finds(index, "river"), "the new article")
    (told,) = (str(each) for each in news if isinstance(each, QuothError))
    assert told.startswith("Another program is writing the index")


# ---- in the background


def test_folders_are_watched_until_the_block_ends(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, "more/a.txt")
    shelves = [Shelf(folder), Shelf(tmp_path / "more")]
    told: list[tuple[Path, Summary | QuothError]] = []
    with Watching("on", lambda index, news: told.append((index.folder, news))) as watching_:
        for shelf in shelves:
            watching_.follow(shelf)
        for shelf in shelves:
            write(shelf.folder, "new.txt")
            until(lambda shelf=shelf: "new.txt" in shelf.held, "the new file")
        assert watching_.is_busy
    assert not watching_.is_busy and {place for place, _ in told} == {shelf.folder for shelf in shelves}
    watching_.follow(shelves[0])  # by somebody who does not know yet that it is over
    watching_.close()
    assert not watching_.is_busy


def test_nothing_is_watched_where_that_is_not_wanted(folder: Path) -> None:
    with Watching("off", lambda *_: None) as watching_:
        watching_.follow(Shelf(folder))
        assert not watching_.is_busy


def test_a_sync_that_takes_too_long_is_left_at_the_end(folder: Path) -> None:
    begun, free = threading.Event(), threading.Event()

    class Slow(Shelf):
        def sync(self) -> Summary:
            begun.set()
            assert free.wait(_PATIENCE)
            return super().sync()

    slow = Slow(folder)
    slow.held = set()
    watching_ = Watching("on", lambda *_: None)
    watching_.follow(slow)
    assert begun.wait(_PATIENCE)
    watching_.close(grace=0.05)
    assert watching_.is_busy
    free.set()
    watching_.close(_PATIENCE)
    assert not watching_.is_busy and slow.held


def test_an_unexpected_error_is_logged_and_watching_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "_BROKEN", 0.05)

    class Broken(Shelf):
        def is_current(self) -> bool:
            if not self.looks:
                self.looks += 1
                raise ZeroDivisionError("as it happens")
            return super().is_current()

    broken = Broken(folder)
    with caplog.at_level(logging.ERROR, "retrieval.watching"), Watching("on", lambda *_: None) as watching_:
        watching_.follow(broken)
        until(lambda: broken.looks > 1, "a second look")
        write(folder, "new.txt")
        until(lambda: "new.txt" in broken.held, "the new file")
    (record,) = caplog.records
    assert "Watching" in record.getMessage() and record.exc_info
