"""What the local OpenAI-compatible server replies: answers, failures, and what should never be sent.

A reply is given a `Call` and tells it what to send; the server sends nothing by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol

JSON = "application/json"
SSE = "text/event-stream"
_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "permission_error",
    404: "invalid_request_error",
    429: "requests",
}
_CREATED = 1_700_000_000


class Gone(Exception):
    """The server is shutting down: what a reply still waits for never comes."""


class Call(Protocol):
    """A request that is being answered."""

    body: dict[str, Any]
    key: str

    def send(self, status: int, body: bytes, kind: str = JSON, headers: dict[str, str] | None = None) -> None:
        """A whole response."""

    def stream(self, pieces: Iterator[bytes], whole: bool = True) -> None:
        """A response piece by piece as it comes; without its end where it is not `whole`."""

    def wait(self, seconds: float) -> None:
        """Raises Gone where the server shuts down meanwhile."""


class Reply(Protocol):
    def give(self, call: Call) -> None:
        """Answer the call."""


@dataclass(frozen=True)
class Says:
    """An answer, a word a token, streamed where the client asks for a stream.

    `wait`: seconds before the first token; `pause`: before each further one. `cut`: the connection breaks
    after so many tokens, or in the middle of the body where nothing is streamed. `finish` is the reason to
    stop, "length" by itself where `max_tokens` of the request is reached.
    """

    text: str
    finish: str = "stop"
    wait: float = 0.0
    pause: float = 0.0
    cut: int | None = None

    def give(self, call: Call) -> None:
        call.wait(self.wait)
        answer = _Answer(self, call.body)
        if call.body.get("stream"):
            call.stream(answer.events(call.wait), whole=self.cut is None)
        elif self.cut is None:
            call.wait(self.pause * len(answer.tokens))
            call.send(200, json.dumps(answer.completion()).encode())
        else:
            call.stream(iter([json.dumps(answer.completion()).encode()[:100]]), whole=False)


@dataclass(frozen=True)
class Fails:
    """An error with OpenAI's body; `{key}` in the message is the key that was sent.

    `retry_after` is the header as it is: "2", or a date (see `later`).
    """

    status: int
    message: str = "The server had an error while processing your request."
    code: str | None = None
    param: str | None = None
    kind: str | None = None
    retry_after: str | None = None

    def give(self, call: Call) -> None:
        error = {
            "message": self.message.replace("{key}", call.key),
            "type": self.kind or _TYPES.get(self.status, "server_error"),
            "param": self.param,
            "code": self.code,
        }
        headers = {"Retry-After": self.retry_after} if self.retry_after is not None else {}
        call.send(self.status, json.dumps({"error": error}).encode(), headers=headers)


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, with any status: malformed JSON, a page of a proxy, nothing at all."""

    body: bytes
    kind: str = JSON
    status: int = 200

    def give(self, call: Call) -> None:
        call.send(self.status, self.body, self.kind)


@dataclass(frozen=True)
class Hangs:
    """No byte ever comes, or the head of a stream and nothing behind it (`after_head`)."""

    after_head: bool = False

    def give(self, call: Call) -> None:
        call.stream(self._never(call)) if self.after_head else call.wait(3600)

    def _never(self, call: Call) -> Iterator[bytes]:
        yield b": queued\n\n"  # a comment, as proxies send to keep a connection open
        call.wait(3600)


@dataclass(frozen=True)
class HangsUp:
    """The connection is closed before a byte is sent."""

    def give(self, call: Call) -> None:
        pass


@dataclass(frozen=True)
class Does:
    """A reply that depends on the request."""

    reply: Callable[[dict[str, Any]], Reply]

    def give(self, call: Call) -> None:
        self.reply(call.body).give(call)


RATE_LIMITED = Fails(429, "Rate limit reached for requests.", "rate_limit_exceeded", retry_after="1")
NO_MONEY = Fails(429, "You exceeded your current quota.", "insufficient_quota", kind="insufficient_quota")
BROKEN = Fails(500)
OVERLOADED = Fails(503, "That model is currently overloaded with other requests.")
FILTERED = Says("", finish="content_filter")
EMPTY = Says("")
NOT_JSON = Raw(b'{"id": "chatcmpl-1", "choices": [{"message": {"role": "assist')
NOT_EVENTS = Raw(b'data: {"id": "chatcmpl-1", "choices": [{"delta": {"cont\n\ndata: [DONE]\n\n', SSE)
PROXY = Raw(b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html", 502)
FORBIDDEN = Fails(401, "Incorrect API key provided: {key}.", "invalid_api_key")


def later(seconds: float) -> str:
    """The date so many seconds from now, as Retry-After may tell it: whole seconds only."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def tokens(text: str) -> list[str]:
    """The words of a text, each with the blanks before it: what this server counts."""
    return re.findall(r"\s*\S+|\s+$", text)


def prompt_tokens(body: dict[str, Any]) -> int:
    """The tokens of all messages of a request."""
    return sum(len(tokens(_plain(message.get("content")))) for message in body.get("messages", []))


def _plain(content: Any) -> str:
    """The text of a message, which may come in parts."""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content or "")


@dataclass(frozen=True)
class _Answer:
    """What is said to a request, in both forms of OpenAI."""

    says: Says
    body: dict[str, Any]

    @property
    def most(self) -> int | None:
        return self.body.get("max_completion_tokens") or self.body.get("max_tokens")

    @property
    def tokens(self) -> list[str]:
        return tokens(self.says.text)[: self.most]

    @property
    def finish(self) -> str:
        return "length" if len(self.tokens) < len(tokens(self.says.text)) else self.says.finish

    def head(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": _CREATED, "model": self.body["model"]}

    def usage(self) -> dict[str, int]:
        asked, said = prompt_tokens(self.body), len(self.tokens)
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}

    def completion(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(self.tokens), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        return self.head("chat.completion") | {"choices": [choice], "usage": self.usage()}

    def events(self, wait: Callable[[float], None]) -> Iterator[bytes]:
        """The events of a stream, with a wait before each further token, cut where it is to be cut."""
        yield self.event({"role": "assistant", "content": "", "refusal": None})
        for place, token in enumerate(self.tokens):
            if place == self.says.cut:
                return
            wait(self.says.pause if place else 0.0)
            yield self.event({"content": token})
        if self.says.cut is not None:
            return
        yield self.event({}, self.finish)
        if self.wants_usage:
            yield _data(self.head("chat.completion.chunk") | {"choices": [], "usage": self.usage()})
        yield b"data: [DONE]\n\n"

    @property
    def wants_usage(self) -> bool:
        return bool((self.body.get("stream_options") or {}).get("include_usage"))

    def event(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self.wants_usage else {}
        return _data(self.head("chat.completion.chunk") | {"choices": [choice]} | usage)


def _data(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
