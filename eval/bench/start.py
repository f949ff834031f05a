"""How long programs take that begin with nothing loaded: `python -m eval.bench start`.

Their files are in the memory of the operating system, as after any earlier use.
"""

from __future__ import annotations

import os
import pty
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.bench.times import median
from retrieval.errors import QuothError
from retrieval.settings import Settings

_PROMPT = b"quoth> "
_PATIENCE = 120.0  # seconds


def installed() -> list[str]:
    """The program that belongs to this Python, as a command."""
    script = Path(sys.executable).with_name("quoth")
    return [str(script)] if script.exists() else [sys.executable, "-m", "bot"]


def measure(
    settings: Settings, question: str, rounds: int, program: Sequence[str] | None = None
) -> dict[str, Any]:
    """Median seconds of the help, of an answer, and until the prompt of the chat stands.

    Raises QuothError where the program, else the installed one, fails or shows no prompt.
    """
    quoth = program or installed()
    environment = os.environ | {"QUOTH_DATA": str(settings.data), "QUOTH_FOLDER": str(settings.folder)}
    ways: dict[str, Callable[[], float]] = {
        "help": lambda: _ended([*quoth, "--help"], environment),
        "ask": lambda: _ended([*quoth, "ask", question], environment),
        "prompt": lambda: _prompted([*quoth, "chat"], environment),
    }
    for way in ways.values():  # whatever a first time leaves on the disk is there afterwards
        way()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            taken[name].append(way())
    return {"rounds": rounds, **{name: median(seconds) for name, seconds in taken.items()}}


def _ended(command: Sequence[str], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    taken = time.perf_counter() - started
    if done.returncode:
        raise QuothError(f"{shlex.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return taken


def _prompted(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds until the prompt is written to a terminal."""
    keys, side = pty.openpty()
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        stdin=side,
        stdout=side,
        stderr=side,
        env={**environment, "TERM": "xterm-256color"},
        start_new_session=True,
    ) as program:
        try:
            _await(keys, started + _PATIENCE)
            return time.perf_counter() - started
        finally:
            program.kill()
            os.close(keys)
            os.close(side)


def _await(keys: int, deadline: float) -> None:
    written = b""
    while _PROMPT not in written:
        if not select.select([keys], [], [], max(0.0, deadline - time.perf_counter()))[0]:
            raise QuothError(f"quoth chat showed no prompt, but {written.decode(errors='replace')!r}.")
        written += os.read(keys, 65536)
