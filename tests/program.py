"""The program, called in this process: its standard output and error, kept, and its exit status."""

from __future__ import annotations

import io
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

from bot.__main__ import main


class Done(NamedTuple):
    status: int
    out: str
    err: str


def call(*arguments: str) -> Done:
    """Run `quoth` with these arguments, as through a pipe."""
    out, err = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGINT)
    try:
        with patch.object(sys, "argv", ["quoth", *arguments]), redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 0
    else:
        raise AssertionError("quoth always leaves with a status")
    finally:
        signal.signal(signal.SIGINT, handler)
    return Done(status, out.getvalue(), err.getvalue())
