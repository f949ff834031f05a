"""`quoth index --watch` as a program of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from bot.plain import changed
from retrieval.index import Index, Summary
from retrieval.settings import DEFAULT_MODEL
from tests.program import call
from tests.quick import QUICK, QuickModel
from tests.terminal import ROOT, Terminal

STORY = "Tarn lock shut\n\nLena Voss closed the lock on Friday.\n"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "lock.txt").write_text(STORY)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "HF_HUB_OFFLINE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "QUOTH_DATA": str(tmp_path / "data")
    }


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (Summary(unchanged=5, seconds=0.1), ""),
        (Summary(0, 2, 1, embedded=3, seconds=0.41), "2 changed, 1 removed: 3 passages embedded, 0.4 s."),
        (Summary(1_234, embedded=1, seconds=61), "1,234 added: 1 passage embedded, 61.0 s."),
        (Summary(removed=1), "1 removed: 0 passages embedded, 0.0 s."),
    ],
)
def test_what_changed_is_a_sentence(done: Summary, told: str) -> None:
    assert changed(done) == told


@pytest.mark.parametrize("how", ["poll", "off"])
def test_each_change_is_a_line_until_ctrl_c(news: Path, environment: dict[str, str], how: str) -> None:
    environment["QUOTH_WATCH"] = how  # the flag wins over `off`
    with Terminal([*QUICK, "index", str(news), "--watch"], environment, columns=200) as terminal:
        terminal.shows("1 added", "Watching ", "Ctrl-C ends.")
        (news / "flood.txt").write_text("Flood\n\nThe river rose by two metres on Sunday.\n")
        (news / "flood.txt~").write_text("Flood\n")
        terminal.shows("1 added: 1 passage embedded")
        (news / "bad.txt").write_bytes(b"\xff\xfe no text")
        terminal.shows("Warning: bad.txt was skipped: it is UTF-16")
        (news / "bad.txt").unlink()
        (news / "lock.txt").unlink()
        shown = terminal.shows("1 removed: 0 passages embedded")
        assert re.search(r"^\d\d:\d\d:\d\d 1 added: 1 passage embedded, \d+\.\d s\.$", shown, re.MULTILINE)
        assert shown.count("bad.txt") == 1 and "flood.txt~" not in shown
        terminal.press("\x03")
        assert terminal.left() == 0
        assert "interrupted" not in terminal.text and "Traceback" not in terminal.text
    assert Index(news, Path(environment["QUOTH_DATA"]), QuickModel(DEFAULT_MODEL)).sync().unchanged == 1


def test_a_folder_that_goes_and_comes_and_a_signal_to_end(news: Path, environment: dict[str, str]) -> None:
    command = [*QUICK, "index", str(news), "--watch"]
    program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True, bufsize=1)
    with program:
        assert program.stdout and program.stderr
        assert "1 added" in program.stdout.readline() and "Watching" in program.stdout.readline()
        news.rename(news.parent / "away")
        assert "does not exist" in program.stderr.readline()
        (news.parent / "away" / "lock.txt").write_text(f"{STORY}It stays so.\n")
        for number in range(8):
            (news.parent / "away" / f"{number}.txt").write_bytes(b"\xff\xfe no text")
        (news.parent / "away").rename(news)
        assert "1 changed" in program.stdout.readline()
        warnings = [program.stderr.readline() for _ in range(5)]
        assert all(f"{at}.txt was skipped: it is UTF-16" in line for at, line in enumerate(warnings))
        assert "And 3 more warnings." in program.stderr.readline()
        program.send_signal(signal.SIGTERM)
        assert program.wait(30) == 0
        assert program.stderr.read() == "" == program.stdout.read()


def test_strict_and_skipped_it_ends_before_it_watches(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "data"))
    (news / "bad.txt").write_bytes(b"\xff\xfe no text")
    assert call("index", str(news), "--watch", "--strict").status == 1


def test_the_setting_knows_three_ways(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_WATCH", "perhaps")
    done = call("index", str(news), "--watch")
    assert done.status == 2 and "QUOTH_WATCH is 'perhaps'" in done.err and "'poll'" in done.err
