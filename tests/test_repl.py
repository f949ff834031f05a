"""`quoth chat` as it is used: in a terminal of its own, and through a pipe."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.settings import Settings
from tests.program import Done, call
from tests.quick import QUICK, QuickModel
from tests.quick_writer import QUICK_WRITER
from tests.terminal import ROOT, Terminal, looks, plain

WHO = "Who met Belousov in Beijing?"
WHICH = "which articles do you have?"
GREETING = "17 Apr 2023 to 14 Oct 2024."


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    """A data folder with an index of the seeds that the quick model made."""
    from retrieval import chain, opening

    there = tmp_path_factory.mktemp("quick")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "Transformer", QuickModel)
        chain.assemble(Settings(folder=seeds, data=there))
    return there


@pytest.fixture
def environment(indexed: Path, seeds: Path) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "HF_HUB_OFFLINE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "QUOTH_DATA": str(indexed),
        "QUOTH_FOLDER": str(seeds),
        "PYTHONWARNINGS": "default",
        "TERM": "xterm-256color",
    }


# ---- in a terminal


def test_a_chat_in_a_terminal(environment: dict[str, str], tmp_path: Path):
    gate = tmp_path / "gate"
    with Terminal([*QUICK, "chat"], environment | {"GATE": str(gate)}, columns=100) as terminal:
        # The prompt does not wait for the model; the first question does, until Ctrl-C.
        assert f"5 articles in {environment['QUOTH_FOLDER']}, {GREETING}" in unbroken(terminal.prompt())
        terminal.press(f"{WHICH}\r")
        terminal.shows("Loading the model")
        terminal.press("\x03")
        terminal.shows("Stopped.")
        terminal.prompt()
        assert "Loading" not in terminal.text
        terminal.press("/json\r")
        terminal.shows("There is no answer yet")

        # What is typed meanwhile is not shown where the spinner turns, and is not lost.
        terminal.prompt()
        terminal.press(f"{WHICH}\r")
        terminal.shows("Loading the model")
        terminal.press("typed too early")
        gate.touch()
        shown = terminal.prompt("typed too early")
        assert shown.count("typed too early") == 1
        assert "I know 5 articles, from 17 Apr 2023 to 14 Oct 2024." in shown and "[5] China" in shown

        # Ctrl-C at the prompt throws the line away, and only that.
        terminal.press("\x03")
        terminal.prompt()
        terminal.press("/xyzzy\r")
        assert "Stopped." not in terminal.shows("There is no command '/xyzzy'").rpartition("[5] China")[2]

        # What is pasted is one message; so is what has Alt-Enter in it.
        terminal.prompt()
        terminal.press("\x1b[200~hello\nto\x1b[201~")
        terminal.shows("... to")
        terminal.press("\x1b\ryou")
        terminal.shows("... you")
        terminal.press("\r")
        terminal.prompt()
        terminal.press("/json\r")
        terminal.shows('"question": "hello\\nto\\nyou"')

        # Commands and files are completed.
        terminal.prompt()
        terminal.press("/s")
        terminal.shows("/sources", "/search", "/show", "the articles with these words")
        terminal.press("\t\t")
        terminal.prompt("/sources")
        terminal.press(" 003")
        terminal.shows(" 003_26fcac81bdbe5597.txt")
        terminal.press("\t")
        terminal.prompt("/sources 003_26fcac81bdbe5597.txt")
        terminal.press("\r")
        terminal.shows("The Guardian")

        # The quote of a citation stands out where it is shown.
        terminal.prompt()
        terminal.press(f"{WHICH}\r")
        terminal.shows("[5] China")
        terminal.prompt()
        terminal.press("/show [2]\r")
        terminal.shows("> 3 Russia, China Cement")
        assert all(letter.bold and letter.underscore for letter in terminal.letters("Russia, China Cement"))

        # A narrower window is no trouble.
        terminal.prompt()
        terminal.resize(60, 40)
        long = "/xyzzy and so many other words that there is no room for them"
        terminal.press(f"{long}\r")
        terminal.shows(f"quoth> {long[:52]}\n       {long[53:]}\nThere is no command '/xyzzy'")
        terminal.prompt()

        terminal.press("\x04")
        assert terminal.left() == 0
        assert terminal.echoes
        assert "Traceback" not in terminal.text


def test_the_messages_of_an_earlier_chat_can_be_had_again(environment: dict[str, str], indexed: Path):
    history = indexed / "history"
    history.unlink(missing_ok=True)
    message = "/xyzzy\x1b\rof two lines"
    for keys in (f"{message}\r", "\x1b[A\x1b[A\r"):
        with Terminal([*QUICK, "chat"], environment) as terminal:
            terminal.prompt()
            terminal.press(keys)
            terminal.shows("... of two lines", "There is no command '/xyzzy")
            terminal.prompt()
            terminal.press("/quit\r")
            assert terminal.left() == 0
    assert history.stat().st_mode & 0o777 == 0o600
    assert history.read_text().count("+/xyzzy\n+of two lines\n") == 2


def test_the_real_program_answers_and_ends(quoth, seeds: Path, environment: dict[str, str]):
    program = [str(Path(sys.executable).parent / "quoth"), "chat", str(seeds), "--since", "2024-01-01"]
    real = environment | {"QUOTH_DATA": str(quoth.settings.data), "QUOTH_FOLDER": "none"}
    with Terminal(program, real) as terminal:
        terminal.prompt()
        terminal.press(f"{WHO}\r")
        terminal.shows("Dong Jun", "[1] China, Russia pledge", "14 Oct 2024")
        terminal.prompt()
        assert looks(terminal.raw)
        terminal.press("\x04")
        assert terminal.left() == 0


@pytest.mark.parametrize("chosen", [{"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=str)
def test_plain_terminals_get_plain_text(environment: dict[str, str], chosen: dict[str, str]):
    with Terminal([*QUICK, "chat"], environment | chosen) as terminal:
        terminal.prompt()
        terminal.press(f"{WHICH}\r")
        terminal.shows("[5] China")
        terminal.prompt()
        terminal.press("/show 2\r")
        terminal.shows("> 3 Russia, China Cement")
        terminal.prompt()
        terminal.press("thrown away")
        terminal.prompt("thrown away")
        terminal.press("\x03")
        terminal.prompt()
        terminal.press("/help\r")
        terminal.shows("Ctrl-D leaves")
        assert plain(terminal.raw) if "TERM" in chosen else not looks(terminal.raw)
        terminal.prompt()
        terminal.press("\x04")
        assert terminal.left() == 0


def test_a_new_folder_is_indexed_before_the_prompt(environment: dict[str, str], tmp_path: Path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "lock.txt").write_text(
        "Tarn lock shut\n\nDate: 3 May 2024\n\nLena Voss closed it.\n"
    )
    fresh = environment | {"QUOTH_DATA": str(tmp_path / "data")}
    with Terminal([*QUICK, "chat", str(tmp_path / "news")], fresh) as terminal:
        shown = unbroken(terminal.prompt())
        assert "indexing first" in shown and "1 added" in shown
        assert f"1 article in {tmp_path / 'news'}, 3 May 2024." in shown


def patiently(happened: Callable[[], bool]) -> None:
    """Try again and again, for 20 seconds."""
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end


def test_a_chat_answers_from_what_changed_meanwhile_and_says_nothing(
    environment: dict[str, str], tmp_path: Path
):
    news = tmp_path / "news"
    news.mkdir()
    (news / "lock.txt").write_text("Tarn lock shut\n\nDate: 3 May 2024\n\nLena Voss closed it.\n")
    fresh = environment | {"QUOTH_DATA": str(tmp_path / "data"), "QUOTH_FOLDER": str(news)}
    with Terminal([*QUICK, "chat"], fresh) as terminal:
        terminal.prompt()
        terminal.press(f"{WHICH}\r")
        terminal.shows("I know 1 article, of 3 May 2024.")
        terminal.prompt()
        (news / "flood.txt").write_text("Flood\n\nDate: 5 May 2024\n\nThe river rose on Sunday.\n")

        numbers = itertools.count()

        def knows_both() -> bool:
            terminal.press(f"{WHICH}\r")
            terminal.prompt()
            number = next(numbers)
            terminal.press(f"/x{number}\r")  # by its reply it is known that the question was answered
            return "I know 2 articles" in terminal.shows(f"no command '/x{number}'")

        patiently(knows_both)
        assert b"added" not in terminal.raw.rpartition(b"Ask, or /help")[2]
        terminal.prompt()
        terminal.press("\x04")
        assert terminal.left() == 0


def test_a_piped_chat_answers_from_what_changed_meanwhile(environment: dict[str, str], tmp_path: Path):
    news = tmp_path / "news"
    news.mkdir()
    (news / "lock.txt").write_text("Tarn lock shut\n\nDate: 3 May 2024\n\nLena Voss closed it.\n")
    fresh = environment | {"QUOTH_DATA": str(tmp_path / "data"), "QUOTH_FOLDER": str(news)}
    chat = subprocess.Popen(
        [*QUICK, "chat"], cwd=ROOT, env=fresh, stdin=-1, stdout=-1, stderr=-1, text=True, bufsize=1
    )
    with chat:
        assert chat.stdin and chat.stdout and chat.stderr

        def asked() -> str:
            chat.stdin.write(f"{WHICH}\n")
            return next(line for line in chat.stdout if line.startswith("I know"))

        assert asked().startswith("I know 1 article, of 3 May 2024.")
        (news / "flood.txt").write_text("Flood\n\nDate: 5 May 2024\n\nThe river rose on Sunday.\n")
        patiently(lambda: asked().startswith("I know 2 articles"))
        chat.stdin.close()
        assert chat.wait(30) == 0
        assert "added" not in chat.stderr.read().partition("1 added")[2]  # but for the first sync


def test_an_index_that_cannot_be_used_ends_the_chat_with_its_status(environment: dict[str, str]):
    with Terminal([*QUICK, "chat"], environment | {"QUOTH_MODEL": "another"}) as terminal:
        terminal.prompt()
        terminal.press(f"{WHICH}\r")
        assert terminal.left() == 3
        assert "quoth: The index of" in terminal.text and "another@1" in terminal.text
        assert "Traceback" not in terminal.text


# ---- with a language model

MET = "Chinese defense minister Dong Jun met Russian counterpart Andrei Belousov in Beijing on Monday [1]."
ARRIVED = "Belousov arrived in Beijing on Monday for talks with China’s military leadership [1]."
WRITTEN = "Written by scripted:test from the articles: 1 call,"


@pytest.fixture
def writing(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A model writes a sentence and a half, then waits until the file `GO` is there."""
    script, go = tmp_path / "script", tmp_path / "go"
    script.write_text(f"{MET} {ARRIVED[:70]}\f{ARRIVED[70:]}", "utf-8")
    return environment | {"SCRIPT": str(script), "GO": str(go), "QUOTH_GATE": "off", "QUOTH_READER": "false"}


def go(environment: dict[str, str]) -> None:
    Path(environment["GO"]).touch()


def test_a_written_answer_appears_sentence_by_sentence(writing: dict[str, str]):
    with Terminal([*QUICK_WRITER, "chat"], writing) as terminal:
        terminal.prompt()
        terminal.press(f"{WHO}\r")
        first = terminal.shows("Beijing on Monday. [1]", "Writing")
        assert "Belousov arrived" not in first and "001_" not in first
        terminal.press("typed too early")
        go(writing)
        shown = terminal.prompt("typed too early")
        assert "leadership. [2]" in shown and WRITTEN in shown and "Writing" not in shown
        assert shown.count("Dong Jun met") == 2  # in the answer, and in its quote
        assert shown.index("leadership. [2]") < shown.index("[1] China, Russia pledge")
        assert shown.count("typed too early") == 1
        terminal.press("\x03")
        terminal.prompt()
        terminal.press("/json\r")
        terminal.shows('"model": "scripted:test"')


def test_ctrl_c_stops_a_written_answer_and_leaves_what_was_said(writing: dict[str, str]):
    with Terminal([*QUICK_WRITER, "chat"], writing) as terminal:
        terminal.prompt()
        terminal.press(f"{WHO}\r")
        terminal.shows("Beijing on Monday. [1]", "Writing")
        terminal.press("\x03")
        terminal.shows("Stopped.")
        shown = terminal.prompt()
        assert "in Beijing on Monday. [1]" in shown and "[1] China, Russia pledge" in shown
        assert "Belousov arrived in Beijing on Monday for" not in shown and "Writing" not in shown
        terminal.press("/json\r")
        terminal.shows("There is no answer yet")
        go(writing)  # the next answer does not wait for the one that was stopped
        terminal.prompt()
        terminal.press(f"{WHO}\r")
        terminal.shows(WRITTEN)
        terminal.prompt()
        terminal.press("\x04")
        assert terminal.left() == 0


def test_a_plain_terminal_shows_a_written_answer_without_writing_over_it(writing: dict[str, str]):
    with Terminal([*QUICK_WRITER, "chat"], writing | {"TERM": "dumb"}) as terminal:
        terminal.prompt()
        terminal.press(f"{WHO}\r")
        terminal.shows("Beijing on Monday. [1]")
        go(writing)
        terminal.shows("leadership. [2]", WRITTEN)
        terminal.prompt()
        assert plain(terminal.raw)


def test_ask_shows_a_written_answer_as_it_comes(writing: dict[str, str]):
    with Terminal([*QUICK_WRITER, "ask", WHO], writing) as terminal:
        terminal.shows("Beijing on Monday. [1]", "Writing")
        go(writing)
        assert terminal.left() == 0
        assert WRITTEN in terminal.text and "Writing" not in terminal.text
    asked = subprocess.run(
        [*QUICK_WRITER, "ask", WHO], cwd=ROOT, env=writing, capture_output=True, text=True, check=True
    )
    assert "in Beijing on Monday. [1] Belousov arrived" in asked.stdout  # in a row, as ever
    assert asked.stderr == "" and "\x1b" not in asked.stdout


def test_ask_that_is_interrupted_leaves_what_was_said(writing: dict[str, str]):
    with Terminal([*QUICK_WRITER, "ask", WHO], writing) as terminal:
        terminal.shows("Beijing on Monday. [1]", "Writing")
        terminal.press("\x03")
        assert terminal.left() == 130
        assert "[1] China, Russia pledge" in terminal.text and "quoth: interrupted." in terminal.text


def test_a_program_gets_each_sentence_of_a_written_answer_as_a_line(writing: dict[str, str]):
    chat = subprocess.Popen(
        [*QUICK_WRITER, "chat"], cwd=ROOT, env=writing, stdin=-1, stdout=-1, stderr=-1, text=True, bufsize=1
    )
    with chat:
        assert chat.stdin and chat.stdout and chat.stderr
        chat.stdin.write(f"{WHO}\n")
        assert chat.stdout.readline() == "{} [1]\n".format(MET.replace(" [1]", ""))
        go(writing)
        assert chat.stdout.readline().startswith("Belousov arrived in Beijing on Monday for talks")
        chat.stdin.close()
        rest = chat.stdout.read()
        assert "[1] China, Russia pledge" in rest and WRITTEN in rest
        assert (chat.wait(30), chat.stderr.read()) == (0, "")


def unbroken(text: str) -> str:
    """Text without the breaks of lines that are too long."""
    return text.replace("\n", "")


# ---- through a pipe


@pytest.fixture
def piped(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Done]:
    """Calls `quoth chat` in an empty folder, with what is piped into it."""
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*lines: str | bytes, flags: tuple[str, ...] = ()) -> Done:
        raw = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
        return call("chat", *flags)

    return run


def test_each_line_is_a_message_of_one_conversation(piped: Callable[..., Done]):
    said = WHICH, "", "/show 2", "/bad why", "/json\r", "/sources guardian", "/search drills", "/quit", WHICH
    done = piped(*said)
    assert (done.status, done.err) == (0, "")
    assert "\x1b" not in done.out and "quoth>" not in done.out and "Loading" not in done.out
    parts = [
        "I know 5 articles, from 17 Apr 2023 to 14 Oct 2024.",
        "\n\nRussia, China Cement Military Ties\n15 Nov 2023",
        "\n\nNoted as bad: why\n\n{\n",
        "\n}\n\nDate ",
        "\n\n1. ",
    ]
    found = [done.out.find(part) for part in parts]
    assert -1 not in found and found == sorted(found)
    assert done.out.count("\nI know 5 articles") == 0  # for what follows /quit is not read


def test_a_message_that_fails_has_its_sentence_among_the_replies(piped: Callable[..., Done]):
    done = piped("/xyzzy", "x" * 5_000, "y" * 2_000_000, b"\xff\xfe", "thanks\x1b[31m", "/json")
    unknown, long, longer, _ = done.out.split("\n\n", 3)
    assert (done.status, done.err) == (0, "")
    assert unknown == "There is no command '/xyzzy': /help lists them."
    assert long == "The question has 5,000 characters: ask in at most 4,000."
    assert longer == "The question has 1,000,001 characters: ask in at most 4,000."
    assert json.loads("{" + done.out.rpartition("\n\n{")[2])["question"] == "thanks\x1b[31m"


def test_flags_hold_for_the_whole_chat(piped: Callable[..., Done]):
    done = piped(WHICH, "/sources", flags=("--publisher", "the guardian", "--k", "1"))
    assert done.out.startswith("I know 1 article, of 17 Apr 2023.")
    assert "Warsaw" not in done.out


@pytest.mark.parametrize(
    ("flags", "part"),
    [(("none",), "'none' does not exist"), (("--k", "0"), "QUOTH_K"), (("--since", "x"), "--since 'x'")],
)
def test_what_is_wrong_with_the_command_is_told_at_once(
    piped: Callable[..., Done], flags: tuple[str, ...], part: str
):
    done = piped(WHICH, flags=flags)
    assert (done.status, done.out) == (2, "") and part in done.err


def test_nothing_said_is_nothing_done(
    piped: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "data"))
    assert piped("", " ") == Done(0, "", "")
    assert not (tmp_path / "data").exists()


def test_an_unusable_index_ends_a_piped_chat_too(piped: Callable[..., Done], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUOTH_MODEL", "another")
    done = piped("/help", WHICH, WHICH)
    assert done.status == 3 and done.err.startswith("quoth: The index of") and done.err.count("\n") == 1
    assert "I know" not in done.out


def test_a_program_can_talk_through_pipes_and_interrupt(environment: dict[str, str]):
    chat = subprocess.Popen(
        [*QUICK, "chat"], cwd=ROOT, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True, bufsize=1
    )
    with chat:
        assert chat.stdin and chat.stdout and chat.stderr
        chat.stdin.write("/xyzzy\n")
        assert chat.stdout.readline() == "There is no command '/xyzzy': /help lists them.\n"
        chat.stdin.write("/new\n")
        assert (chat.stdout.readline(), chat.stdout.readline()[:9]) == ("\n", "Forgotten")
        chat.send_signal(signal.SIGINT)
        assert chat.wait(30) == 130
        assert chat.stderr.read() == "quoth: interrupted.\n"
