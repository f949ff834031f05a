"""A proxy before a Chroma server, on 127.0.0.1, that does what networks do.

with ChromaServer(tmp_path) as server, ChromaProxy(server.url, token="t0p") as proxy:
    ...ask proxy.url...
    proxy.will(Fault(status=503), Fault(cut="after"))
    server.restart(wiped=True)
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

CERTIFICATE = Path(__file__).with_name("loopback.pem")

_PATIENCE = 30.0  # seconds
_TICK = 0.01
_KEPT = ("content-type", "content-encoding")  # headers of an answer that are passed on


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request whose path matches."""

    status: int = 0  # answered in place of the server
    body: str = "<html>from the edge</html>"
    delay: float = 0.0  # seconds before anything is done
    cut: Literal["", "before", "after"] = ""  # the server never had the request, or did it
    path: str = "*"


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    tokens: tuple[str, str]  # as a bearer, and as Chroma's own header


class ChromaProxy:
    """Passes requests on to `url`; `requests` is everything that was asked, in order.

    With a `token` it wants that as a bearer or in `X-Chroma-Token`, as a proxy before a server does; with
    `tls` it speaks https under the certificate in CERTIFICATE.
    """

    def __init__(self, url: str, token: str = "", tls: bool = False) -> None:
        self.behind = urlsplit(url)
        self.token, self.tls = token, tls
        self.requests: list[Asked] = []
        self.over = threading.Event()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def __enter__(self) -> ChromaProxy:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_TICK,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.server_port}"

    def will(self, *faults: Fault) -> None:
        """The next requests go wrong so, one after the other."""
        with self._lock:
            self._faults += faults

    def fault(self, path: str) -> Fault | None:
        """What goes wrong with this request, which is then over."""
        with self._lock:
            for fault in self._faults:
                if fnmatchcase(path, fault.path):
                    self._faults.remove(fault)
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a client may keep its connection open
    proxy: ChromaProxy

    def handle_error(self, *_: object) -> None:
        """Clients go away, and refuse certificates."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    server: _Server

    def do_GET(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        tokens = bearer, self.headers.get("X-Chroma-Token", "")
        proxy.requests.append(Asked(self.command, self.path, tokens))
        fault = proxy.fault(self.path) or Fault()
        if proxy.over.wait(fault.delay) or fault.cut == "before":
            self._cut()
        elif proxy.token and proxy.token not in tokens:
            self._answer(401, b"<html>Unauthorized</html>", {"content-type": "text/html"})
        elif fault.status:
            self._answer(fault.status, fault.body.encode(), {"content-type": "text/html"})
        else:
            answer = self._passed_on(body)
            self._cut() if fault.cut == "after" else self._answer(*answer)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def _passed_on(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        behind = HTTPConnection(self.server.proxy.behind.hostname or "", self.server.proxy.behind.port)
        try:
            behind.request(self.command, self.path, body, {"content-type": "application/json"})
            answer = behind.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() in _KEPT}
            return answer.status, answer.read(), headers
        except (OSError, HTTPException):
            return 502, b"<html>Bad Gateway</html>", {"content-type": "text/html"}
        finally:
            behind.close()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
