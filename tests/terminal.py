"""A program in a terminal: its keys are pressed, its screen is read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import selectors
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte
from pyte.screens import Char

ROOT = Path(__file__).parent.parent

_PATIENCE = 20.0  # seconds until a screen that does not come fails a test


class Terminal:
    """A program that runs in a terminal of its own, as long as the `with` block lasts."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 100, rows: int = 40
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""  # all that the program wrote
        self._keys, self._side = pty.openpty()
        self.resize(columns, rows)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._keys, selectors.EVENT_READ)
        self._program = subprocess.Popen(
            command,
            stdin=self._side,
            stdout=self._side,
            stderr=self._side,
            cwd=ROOT,
            env={"TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=self._take_control,
        )

    def _take_control(self) -> None:
        fcntl.ioctl(self._side, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches the program

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.kill()
        self._program.wait()
        self._ready.close()
        os.close(self._keys)
        os.close(self._side)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def echoes(self) -> bool:
        """Whether the terminal itself shows the keys, as a shell expects it."""
        return bool(termios.tcgetattr(self._side)[3] & termios.ECHO)

    def press(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def shows(self, *parts: str) -> str:
        """The screen, as soon as it holds all the parts."""
        self.wait(lambda: all(part in self.text for part in parts), f"{parts} on the screen")
        return self.text

    def prompt(self, typed: str = "") -> str:
        """The screen, as soon as the cursor stands behind a prompt and what is `typed` there."""
        wanted = f"quoth> {typed}"
        self.wait(lambda: self._before_cursor() == wanted, f"the cursor behind {wanted!r}")
        return self.text

    def _before_cursor(self) -> str:
        cursor = self._screen.cursor
        return self._screen.display[cursor.y][: cursor.x]

    def letters(self, text: str) -> list[Char]:
        """The characters of `text` where it last stands on the screen, with their looks."""
        for row, line in reversed([*enumerate(self._screen.display)]):
            if (at := line.rfind(text)) >= 0:
                return [self._screen.buffer[row][column] for column in range(at, at + len(text))]
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            goes_on = self._read() and time.monotonic() < deadline
            assert goes_on or condition(), f"There is not {what}:\n{self.text}"

    def _read(self) -> bool:
        """Read what came in a moment; False where the program ended and nothing is left."""
        if self._ready.select(0.05):
            new = os.read(self._keys, 65536)
            self.raw += new
            self._stream.feed(new)
            return True
        return self._program.poll() is None

    def left(self) -> int:
        """The exit status, when the program has left."""
        self.wait(lambda: self._program.poll() is not None, "an end of the program")
        while self._read():
            pass
        return self._program.returncode


def plain(raw: bytes) -> bool:
    """Whether there is no escape sequence in what was written."""
    return b"\x1b" not in raw


def looks(raw: bytes) -> set[str]:
    """The looks that were asked for: colours, bold letters and so on, as in `1;36`."""
    return {found.decode() for found in re.findall(rb"\x1b\[([\d;]*)m", raw)} - {"", "0"}
