"""Long output, a screen at a time."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot import console

if TYPE_CHECKING:
    from rich.console import RenderableType

_LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")  # which an older less shows as rubbish


def paged(renderable: RenderableType, marked: bool = False) -> None:
    """Print; what is longer than a terminal goes through the pager, `PAGER` or less.

    Where it is `marked`, less begins near the first line that starts with `>`. The caller's handler of
    Ctrl-C rests meanwhile, for that key is the pager's. Call it from the main thread.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        console.show(renderable)
        return
    from rich.console import Console

    terminal = Console(highlight=False)
    with terminal.capture() as captured:
        terminal.print(renderable)
    text = captured.get()
    if text.count("\n") < terminal.height or not _page(text, marked):
        print(text, end="")


def _page(text: str, marked: bool) -> bool:
    """Whether a pager showed the text."""
    command = command_line(os.environ, marked)
    environment = {"LESS": "-RFX", **os.environ}
    with (
        suppress(OSError),
        _unhandled(),
        subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as pager,
    ):
        with suppress(BrokenPipeError):  # it was left before it had read everything
            pager.communicate(_LINK.sub("", text).encode("utf-8", "replace"))
        return pager.returncode == 0
    return False


def command_line(environment: Mapping[str, str], marked: bool) -> list[str]:
    """The pager and its arguments."""
    try:
        command = shlex.split(environment.get("PAGER", "")) or ["less"]
    except ValueError:  # quotes that do not close
        command = ["less"]
    is_less = Path(command[0]).name == "less"
    return [*command, "-j.3", "+/^>"] if marked and is_less else command


@contextmanager
def _unhandled() -> Iterator[None]:
    former = signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which the pager would inherit
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
