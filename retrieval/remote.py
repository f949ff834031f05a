"""Requests to a Chroma server: within a time limit, tried again where that helps, failures as sentences."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
from chromadb.api.fastapi import FastAPI
from chromadb.config import Settings, System
from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError, InternalError, RateLimitError
from overrides import override

from retrieval.breaker import Breaker
from retrieval.errors import InputError, SearchUnavailable

PAUSES = (0.2, 0.5, 1.0)  # seconds before each further try
_CONNECT_SECONDS = 3.0
_LONG = 2.5  # seconds after which a failure is that of a server which lets everybody wait
_REST = 5.0  # seconds for which such a server is not asked: nobody is to wait for it in vain
_WRITING = 6.0  # times as long may a write take: the server indexes what it is given
_READS = ("query", "get", "count", "search")  # the last word of what is posted only to read
_DAMAGED = ("segment", "Error finding id")  # in what Chroma says of vectors that a kill or a hand spoilt
_LONGEST = 200  # characters of what a server says


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Chroma server is, and how it is asked."""

    url: str
    token: str = field(default="", repr=False)
    ca: Path | None = None  # a file of certificates that are trusted, beside none other
    seconds: float = 10.0  # the longest that a request which reads may take
    pauses: tuple[float, ...] = PAUSES

    @property
    def shown(self) -> str:
        """Its address as it may be shown to anybody."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


class Remote(FastAPI):
    """Chroma's own client of a server; safe to use from several threads.

    Everything Quoth asks can be asked twice without harm (rows are put and removed by their ids), so a
    request is tried again after a failure that may pass. Raises SearchUnavailable where it does not, and
    Chroma's errors where the server took the request and says no.
    """

    def __init__(self, server: Server) -> None:
        """Asks nothing yet. Raises InputError where the file of certificates cannot be used."""
        headers = {"Authorization": f"Bearer {server.token}", "X-Chroma-Token": server.token}
        settings = Settings(
            _env_file=None,  # else Chroma reads any .env of the working folder
            anonymized_telemetry=False,
            chroma_server_host=f"{server.shown}/",
            chroma_server_http_port=0,  # the address has its own
            chroma_server_headers=headers if server.token else {},
        )
        settings.chroma_server_ssl_verify = _trusted(server)  # type: ignore[assignment]  # httpx takes it
        super().__init__(System(settings))
        self._server = server
        self._breaker = Breaker(1, _REST)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    @override
    def _make_request(self, method: str, path: str, **kwargs: Any) -> Any:
        seconds = self._server.seconds * (1 if _is_read(method, path) else _WRITING)
        limit = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
        if self._breaker.wait():
            raise SearchUnavailable(
                f"The Chroma server at {self._server.shown} did not answer in time: it is asked again soon."
            )
        began = time.monotonic()
        pauses = iter(self._server.pauses)
        while True:
            try:
                answer = super()._make_request(method, path, timeout=limit, **kwargs)  # type: ignore[arg-type]
            except Exception as error:  # Chroma raises that very class for what it cannot read
                if (fault := _fault(error, self._server)) is None:
                    self._breaker.succeeded()
                    raise
                pause = next(pauses, None) if fault.passes else None
                if pause is None or time.monotonic() + pause > began + self._server.seconds:
                    self._failed(began)
                    raise SearchUnavailable(fault.said) from error
                time.sleep(pause)
            else:
                self._breaker.succeeded()
                return answer

    def _failed(self, began: float) -> None:
        """A server that refuses at once, such as one that is started anew, is asked at the next question."""
        if time.monotonic() - began > _LONG:
            self._breaker.failed()
        else:
            self._breaker.succeeded()


def _trusted(server: Server) -> ssl.SSLContext | bool:
    """Which certificates are trusted; for a server without any, no file of them is read."""
    if not server.url.startswith("https:"):
        return False
    try:
        return ssl.create_default_context(cafile=str(server.ca) if server.ca else None)
    except OSError as error:  # an SSLError is one too
        raise InputError(
            f"The certificates in {server.ca} cannot be used ({error}): name a PEM file in QUOTH_CHROMA_CA."
        ) from error


def _is_read(method: str, path: str) -> bool:
    return method == "get" or path.rpartition("/")[2] in _READS


class _Fault(NamedTuple):
    """A request that failed."""

    said: str
    passes: bool = False  # it is worth another try


def _fault(error: Exception, server: Server) -> _Fault | None:
    """What an error of Chroma's client means; None where the server took the request and says no."""
    chain = tuple(_chain(error))
    for one in chain:
        match one:
            case ssl.SSLError():
                return _Fault(
                    f"The Chroma server at {server.shown} cannot be trusted ({_told(one)}): "
                    "name the file of its authority in QUOTH_CHROMA_CA, or mend QUOTH_CHROMA_URL."
                )
            case httpx.HTTPStatusError():
                return _by_status(one.response.status_code, server, one.response.text)
            case AuthorizationError() | ChromaAuthError():
                return _by_status(401, server)
            case RateLimitError():
                return _by_status(429, server)
            case InternalError() if any(words in str(one) for words in _DAMAGED):
                return None
            case InternalError():
                return _by_status(500, server, str(one))
    match error:
        case ChromaError():
            return None
        case httpx.ConnectTimeout() | httpx.ConnectError():
            return _Fault(
                f"The Chroma server at {server.shown} cannot be reached ({_told(error)}): "
                "start it, or mend QUOTH_CHROMA_URL.",
                passes=True,
            )
        case httpx.TimeoutException():
            return _Fault(
                f"The Chroma server at {server.shown} did not answer in time: "
                "try again later, or raise QUOTH_CHROMA_SECONDS."
            )
        case httpx.TransportError():
            return _Fault(
                f"The connection to the Chroma server at {server.shown} was cut ({_told(error)}): "
                "see after the server, and try again.",
                passes=True,
            )
        case httpx.RequestError() | ValueError():
            return _stranger(server, "what it says is not JSON")
        case _:
            return None


def _by_status(status: int, server: Server, text: str = "") -> _Fault:
    if status in (401, 403):
        token = "the token" if server.token else "requests without a token"
        return _Fault(
            f"The Chroma server at {server.shown} does not accept {token} ({status}): set QUOTH_CHROMA_TOKEN."
        )
    if status == 429 or status >= 500:
        told = f"{status}: {_short(text.replace(server.token, '***') if server.token else text)}"
        return _Fault(
            f"The Chroma server at {server.shown} failed ({told.rstrip(': ')}): try again later.", passes=True
        )
    if status == 413:
        return _Fault(
            f"The Chroma server at {server.shown} does not take requests of this size (413): "
            "let it, and what stands before it, take more."
        )
    return _stranger(server, f"it answers {status}")


def _stranger(server: Server, why: str) -> _Fault:
    return _Fault(
        f"At {server.shown} there is no Chroma server of version 1 or newer ({why}): mend QUOTH_CHROMA_URL."
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _told(error: BaseException) -> str:
    return _short(str(error)) or type(error).__name__


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
