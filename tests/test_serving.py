"""The programs over a Chroma server: who writes, who only asks, and what they say where it is away."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eval.bench.server import ChromaServer
from tests.fake_discord import FakeDiscord
from tests.program import Done, call
from tests.quick import QUICK, QuickModel
from tests.terminal import ROOT, Terminal
from tests.test_discord_run import alive, asked, data, gate, indexed, start  # noqa: F401  # fixtures

STORY = "Tarn lock shut\n\nDate: 3 May 2024\n\nLena Voss closed the lock on Friday.\n"
FLOOD = "Flood\n\nDate: 5 May 2024\n\nThe river Tarn rose by two metres on Sunday.\n"
WHO, WHICH = "Who closed the lock on Friday?", "What are the articles about?"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    with ChromaServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def environment(server: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is set for every program; the articles are in `news`, which readers do not see."""
    put(tmp_path / "news", "lock.txt", STORY)
    chosen = {
        "QUOTH_CHROMA_URL": server.url,
        "QUOTH_COLLECTION": "news",
        "QUOTH_FOLDER": str(tmp_path / "elsewhere" / "news"),
        "QUOTH_DATA": str(tmp_path / "data"),
        "QUOTH_READER": "false",
    }
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    kept = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "HF_HUB_OFFLINE")
    return {name: os.environ[name] for name in kept if name in os.environ} | chosen


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def indexed_(folder: Path, *flags: str) -> Done:
    """As on another machine, where the articles are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUOTH_DATA", str(folder.parent / "indexer"))
        return call("index", str(folder), *flags)


def test_one_indexes_and_others_ask(environment: dict[str, str], tmp_path: Path) -> None:
    early = call("ask", WHO)
    assert (early.status, early.out) == (4, "") and early.err.startswith(
        "quoth: There is no collection news in "
    )
    missing = call("index")
    assert missing.status == 2 and "does not exist" in missing.err  # who indexes needs the articles

    assert indexed_(tmp_path / "news").status == 0
    first, second = call("ask", WHO), call("ask", WHO)
    assert first.status == 0 and "Lena Voss" in first.out and "lock.txt:5" in first.out
    assert first.err == "The words of the index are brought up to date first.\n" and second.err == ""
    assert "lock.txt" in call("sources").out and "Lena Voss" in call("show", "lock.txt").out

    put(tmp_path / "news", "flood.txt", FLOOD)
    assert "1 added" in indexed_(tmp_path / "news").out
    assert "flood.txt" in call("ask", "How far did the river Tarn rise on Sunday?").out
    found = {line.split()[1]: line for line in call("doctor").out.splitlines() if line[:1] not in (" ", "")}
    assert "its collection news has 4 passages" in found["chroma"]
    assert "4 passages of 2 articles" in found["index"] and found["articles"].startswith("ok")

    other = tmp_path / "other"
    put(other, "a.txt", FLOOD)
    refused = indexed_(other)
    assert refused.status == 2 and "QUOTH_COLLECTION" in refused.err and refused.err.count("\n") == 1


def test_a_server_that_is_away_is_one_sentence_and_status_five(
    environment: dict[str, str], server: ChromaServer, tmp_path: Path
) -> None:
    assert indexed_(tmp_path / "news").status == 0
    assert call("ask", WHO).status == 0
    server.kill()
    for done in (call("ask", WHO), indexed_(tmp_path / "news"), call("sources")):
        assert (done.status, done.out) == (5, "") and done.err.count("\n") == 1
        assert done.err.startswith(f"quoth: The Chroma server at {server.url} cannot be reached (")
    server.start()
    assert call("ask", WHO).status == 0 and indexed_(tmp_path / "news").status == 0
    server.restart(wiped=True)
    gone = call("ask", WHO)
    assert gone.status == 4 and "There is no collection news in" in gone.err
    assert "1 added" in indexed_(tmp_path / "news").out and "Lena Voss" in call("ask", WHO).out


def test_a_chat_stays_up_and_goes_on(
    environment: dict[str, str], server: ChromaServer, tmp_path: Path
) -> None:
    assert indexed_(tmp_path / "news").status == 0
    server.kill()
    chat = subprocess.Popen(
        [*QUICK, "chat"], cwd=ROOT, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True, bufsize=1
    )
    with chat:
        assert chat.stdin and chat.stdout and chat.stderr

        def says(part: str) -> str:
            chat.stdin.write(f"{WHICH}\n")
            return next(line for line in chat.stdout if part in line)

        away = f"The Chroma server at {server.url} cannot be reached ("
        assert says(away).startswith(away)
        server.start()
        assert "1 article, of 3 May 2024" in says("I know")
        put(tmp_path / "news", "flood.txt", FLOOD)
        assert indexed_(tmp_path / "news").status == 0
        assert "2 articles" in says("I know")
        chat.stdin.close()
        assert chat.wait(30) == 0 and "Traceback" not in chat.stderr.read()


def test_a_terminal_greets_before_the_server_is_asked(
    environment: dict[str, str], server: ChromaServer, tmp_path: Path
) -> None:
    assert indexed_(tmp_path / "news").status == 0
    with server.frozen(), Terminal([*QUICK, "chat"], environment, columns=200) as terminal:
        terminal.shows(f"The articles of {server.url}.", "Ask, or /help.")
        terminal.prompt()
        terminal.press("\x04")
        assert terminal.left() == 0


@contextmanager
def _watching(environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    environment = environment | {"QUOTH_DATA": str(folder.parent / "indexer")}
    command = [*QUICK, "index", str(folder), "--watch"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True, bufsize=1)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_who_watches_fills_a_wiped_server_anew(
    environment: dict[str, str], server: ChromaServer, tmp_path: Path
) -> None:
    with _watching(environment, tmp_path / "news") as program:
        assert program.stdout and program.stderr
        assert "1 added" in program.stdout.readline() and "Watching" in program.stdout.readline()
        server.restart(wiped=True)
        put(tmp_path / "news", "flood.txt", FLOOD)
        assert "It is made anew now." in program.stderr.readline()
        assert "2 added" in program.stdout.readline()
        assert "2 articles" in call("ask", WHICH).out


@alive
async def test_a_bot_on_discord_stays_up_and_goes_on(
    start,  # noqa: F811
    environment: dict[str, str],
    server: ChromaServer,
    tmp_path: Path,
) -> None:
    assert indexed_(tmp_path / "news").status == 0
    server.kill()
    async with FakeDiscord() as discord:
        discord.guild("Newsroom").channel("general")
        chosen = {name: value for name, value in environment.items() if "CHROMA" in name or "COLL" in name}
        with start(discord, "--folder", str(tmp_path / "none"), beside=chosen) as program:
            await program.says(discord, "cannot be reached")
            await discord.ready(60)
            reply = await (await asked(discord, WHICH)).reply()
            assert "Search is unavailable right now" in reply.text and "127.0.0.1" not in reply.text
            server.start()
            reply = await (await asked(discord, WHICH)).reply()
            assert "I know 1 article" in reply.text
            put(tmp_path / "news", "flood.txt", FLOOD)
            assert indexed_(tmp_path / "news").status == 0
            reply = await (await asked(discord, WHICH)).reply()
            assert "I know 2 articles" in reply.text
            assert "Traceback" not in program.log
        assert not discord.violations
