"""A local server that speaks OpenAI's chat completions on 127.0.0.1, and does what its script says.

    with FakeOpenAI(Fails(429, retry_after="1"), Says("Voss shut the lock. [1]")) as server:
        ...ask server.url with server.key for server.model...
        assert len(server.calls) == 2

Each completion takes the next reply of the script, the last one again and again. What OpenAI refuses it
refuses without asking the script: another key (401), another model (404), a prompt longer than `context`
tokens (400), a body that is no request (400). It speaks HTTP/1.1, one request a connection.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fake_openai_replies import JSON, SSE, Fails, Gone, Reply, Says, prompt_tokens

__all__ = ["FakeOpenAI", "Request"]
_PARAMETERS = {  # of a completion, those that clients here send, with what they may be
    "model": str,
    "messages": list,
    "stream": bool,
    "stream_options": dict,
    "temperature": (int, float),
    "top_p": (int, float),
    "max_tokens": int,
    "max_completion_tokens": int,
    "stop": (str, list),
    "n": int,
    "seed": int,
    "user": str,
    "response_format": dict,
}
_ROLES = ("system", "developer", "user", "assistant")
_TICK = 0.01  # seconds between two looks at whether the client is still there


@dataclass
class Request:
    """A request as it came, and how it went; `body` is empty where it was no JSON object."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    time: float  # of time.monotonic()
    status: int = 0  # 0 where nothing was answered
    left: bool = False  # the client went away before the answer was whole

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def prompt(self) -> str:
        """The texts of all messages."""
        return "\n".join(str(message.get("content")) for message in self.body.get("messages", []))


class FakeOpenAI:
    """The server; `requests` is everything that was asked, in order."""

    def __init__(
        self, *script: Reply, key: str = "sk-test-4f9c2e71d0b8", model: str = "test", context: int = 100_000
    ) -> None:
        self.script, self.key, self.model, self.context = script or (Says("Yes."),), key, model, context
        self.requests: list[Request] = []
        self.over = threading.Event()
        self._given = 0
        self._lock = threading.Lock()

    def __enter__(self) -> FakeOpenAI:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()  # waits for the requests under way
        self._thread.join()

    @property
    def url(self) -> str:
        """The base address, as clients want it."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> list[Request]:
        """The completions that were asked for."""
        return [request for request in self.requests if request.path == "/v1/chat/completions"]

    def will(self, *script: Reply) -> None:
        """From now on reply so."""
        with self._lock:
            self.script, self._given = script, 0

    def reply(self, request: Request) -> Reply:
        """What to reply to a request: what OpenAI refuses, else the next of the script."""
        if refused := self._refused(request):
            return refused
        if request.path == "/v1/models":
            return _Models(self.model)
        with self._lock:
            self._given += 1
            return self.script[min(self._given, len(self.script)) - 1]

    def _refused(self, request: Request) -> Fails | None:
        if request.path not in ("/v1/chat/completions", "/v1/models"):
            return Fails(404, f"Invalid URL ({request.method} {request.path})")
        if request.method != ("GET" if request.path == "/v1/models" else "POST"):
            return Fails(405, f"Not allowed to {request.method} on {request.path}.", "method_not_supported")
        if not request.key:
            return Fails(401, "You didn't provide an API key.")
        if request.key != self.key:
            return Fails(401, "Incorrect API key provided: {key}.", "invalid_api_key")
        return self._misasked(request.body) if request.method == "POST" else None

    def _misasked(self, body: dict[str, Any]) -> Fails | None:
        if not body:
            return Fails(400, "We could not parse the JSON body of your request.")
        for name in ("model", "messages"):
            if not body.get(name):
                return Fails(
                    400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name
                )
        for name, value in body.items():
            if name not in _PARAMETERS:
                return Fails(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
            if value is not None and not _is(value, _PARAMETERS[name]):
                return Fails(400, f"Invalid type for '{name}'.", "invalid_type", name)
        if body["model"] != self.model:
            message = f"The model `{body['model']}` does not exist or you do not have access to it."
            return Fails(404, message, "model_not_found")
        if any(message.get("role") not in _ROLES for message in body["messages"]):
            return Fails(400, "Invalid value for 'messages[].role'.", "invalid_value", "messages")
        if body.get("stream_options") and not body.get("stream"):
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            return Fails(400, message, param="stream_options")
        return self._too_long(body)

    def _too_long(self, body: dict[str, Any]) -> Fails | None:
        count = prompt_tokens(body)
        if count <= self.context:
            return None
        message = (
            f"This model's maximum context length is {self.context} tokens. However, your messages resulted "
            f"in {count} tokens. Please reduce the length of the messages."
        )
        return Fails(400, message, "context_length_exceeded", "messages")


def _is(value: Any, kinds: Any) -> bool:
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    return isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)


@dataclass(frozen=True)
class _Models:
    name: str

    def give(self, call: Any) -> None:
        model = {"id": self.name, "object": "model", "created": 1_700_000_000, "owned_by": "tests"}
        call.send(200, json.dumps({"object": "list", "data": [model]}).encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them

    def __init__(self, world: FakeOpenAI) -> None:
        self.world = world
        super().__init__(("127.0.0.1", 0), _Call)


class _Call(BaseHTTPRequestHandler):
    """A request that is being answered: the `Call` that replies are given."""

    protocol_version = "HTTP/1.1"
    timeout = 10  # for a client that connects and asks nothing
    server: _Server

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        pass

    @property
    def body(self) -> dict[str, Any]:
        return self.request_.body

    @property
    def key(self) -> str:
        return self.request_.key

    def _serve(self) -> None:
        self.close_connection = True
        world, headers = self.server.world, {name.lower(): value for name, value in self.headers.items()}
        given = self.rfile.read(int(headers.get("content-length", 0)))
        self.request_ = Request(self.command, self.path, headers, _object(given), time.monotonic())
        world.requests.append(self.request_)
        try:
            world.reply(self.request_).give(self)
        except OSError:
            self.request_.left = True
        except Gone:
            pass

    def send(self, status: int, body: bytes, kind: str = JSON, headers: dict[str, str] | None = None) -> None:
        more = {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}
        self._head(status, more)
        self.wfile.write(body)

    def stream(self, pieces: Iterator[bytes], whole: bool = True) -> None:
        kind = SSE if self.body.get("stream") else JSON
        self._head(200, {"Content-Type": kind, "Transfer-Encoding": "chunked"})
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if whole:
            self.wfile.write(b"0\r\n\r\n")

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            if self.server.world.over.wait(min(rest, _TICK)):
                raise Gone
            self._check_client()

    def _check_client(self) -> None:
        """Raises ConnectionError where the client went away."""
        self.connection.setblocking(False)
        try:
            with suppress(BlockingIOError):
                if not self.connection.recv(1):
                    raise ConnectionResetError
        finally:
            self.connection.setblocking(True)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.request_.status = status
        self.send_response(status)
        for name, value in (headers | {"Connection": "close", "x-request-id": "req_1"}).items():
            self.send_header(name, value)
        self.end_headers()


def _object(given: bytes) -> dict[str, Any]:
    try:
        body = json.loads(given)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
