"""The Chroma server that comes with chromadb, on 127.0.0.1, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from eval.bench.machine import peak
from retrieval.errors import QuothError

_RUN = """
import os, sys, threading, chromadb_rust_bindings
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()  # ends with its parent
chromadb_rust_bindings.cli(["chroma", "run", *sys.argv[1:]])
"""
_PATIENCE = 30.0  # seconds
_TICK = 0.01


class ChromaServer:
    """Its data is in `folder`; it keeps its port when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> ChromaServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        where = ["--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder.parent / f"{self.folder.name}.log").open("a") as log:
            command = [sys.executable, "-c", _RUN, *where]
            self._process = subprocess.Popen(
                command, cwd=self.folder.parent, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        until = time.monotonic() + _PATIENCE
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise QuothError(f"The Chroma server did not start: see {log.name}.")
            time.sleep(_TICK)

    @property
    def peak(self) -> int:
        """The most memory that it has held, in bytes."""
        return peak(self._process.pid)

    def stop(self) -> None:
        """As an operator stops it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a system does that is out of memory."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.communicate(timeout=_PATIENCE)

    def restart(self, wiped: bool = False) -> None:
        """Stop it and start it again, with its data or without any."""
        self.stop()
        if wiped:
            shutil.rmtree(self.folder)
        self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)  # until it has stopped
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/api/v2/heartbeat")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
