from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import openai
import pytest

from tests.fake_openai import FakeOpenAI
from tests.fake_openai_replies import (
    BROKEN,
    EMPTY,
    FILTERED,
    FORBIDDEN,
    NO_MONEY,
    NOT_EVENTS,
    NOT_JSON,
    OVERLOADED,
    PROXY,
    RATE_LIMITED,
    Does,
    Fails,
    Hangs,
    HangsUp,
    Raw,
    Reply,
    Says,
    later,
)

ASKED: Any = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Who shut the lock?"}]
LOCK = "Voss shut the lock. [1]"
Serve = Callable[..., FakeOpenAI]


@pytest.fixture
def serve() -> Iterator[Serve]:
    opened: list[FakeOpenAI] = []

    def start(*script: Reply, **settings: Any) -> FakeOpenAI:
        opened.append(FakeOpenAI(*script, **settings).__enter__())
        return opened[-1]

    yield start
    for server in opened:
        server.__exit__()


def client(server: FakeOpenAI, **settings: Any) -> openai.OpenAI:
    given = {"api_key": server.key, "base_url": server.url, "max_retries": 0, "timeout": 5.0} | settings
    return openai.OpenAI(**given)


def ask(server: FakeOpenAI, messages: Any = ASKED, **settings: Any) -> Any:
    given = {"model": "test", **settings}
    with client(server) as real:
        return real.chat.completions.create(messages=messages, **given)


def streamed(server: FakeOpenAI, **settings: Any) -> list[Any]:
    with client(server) as real:
        stream = real.chat.completions.create(model="test", messages=ASKED, stream=True, **settings)
        with stream:
            return list(stream)


# ---- what goes well


def test_a_completion_has_its_text_its_reason_to_stop_and_its_usage(serve: Serve):
    answer = ask(serve(Says(LOCK)))
    choice = answer.choices[0]
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", LOCK, "stop")
    assert (answer.object, answer.model) == ("chat.completion", "test")
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (6, 5, 11)


def test_a_stream_tells_the_same_word_by_word(serve: Serve):
    chunks = streamed(serve(Says(LOCK)))
    assert [chunk.choices[0].delta.content for chunk in chunks] == [
        "",
        "Voss",
        " shut",
        " the",
        " lock.",
        " [1]",
        None,
    ]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * 6 + ["stop"]
    assert all(chunk.usage is None for chunk in chunks)


def test_a_stream_ends_with_the_usage_when_it_is_asked_for(serve: Serve):
    *chunks, last = streamed(serve(Says(LOCK)), stream_options={"include_usage": True})
    assert all(chunk.usage is None for chunk in chunks)
    assert last.choices == []
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (6, 5)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_that_is_too_long_is_cut_and_says_so(serve: Serve, name: str):
    server = serve(Says(LOCK))
    choice = ask(server, **{name: 2}).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Voss shut", "length")
    assert streamed(server, **{name: 2})[-1].choices[0].finish_reason == "length"


def test_the_script_is_followed_and_its_last_reply_stays(serve: Serve):
    server = serve(Says("One."), Says("Two."))
    assert [ask(server).choices[0].message.content for _ in range(3)] == ["One.", "Two.", "Two."]
    server.will(Says("Three."))
    assert ask(server).choices[0].message.content == "Three."


def test_a_reply_can_depend_on_the_request(serve: Serve):
    server = serve(Does(lambda body: Says(body["messages"][-1]["content"].upper())))
    assert ask(server).choices[0].message.content == "WHO SHUT THE LOCK?"


def test_requests_are_kept_with_key_headers_and_body(serve: Serve):
    server = serve()
    with client(server) as real:
        assert [model.id for model in real.models.list()] == ["test"]
    ask(server, temperature=0, seed=7)
    assert [(one.method, one.path, one.status) for one in server.requests] == [
        ("GET", "/v1/models", 200),
        ("POST", "/v1/chat/completions", 200),
    ]
    [call] = server.calls
    assert call.key == server.key
    assert call.headers["user-agent"].startswith("OpenAI/Python")
    assert call.body == {"model": "test", "messages": ASKED, "temperature": 0, "seed": 7}
    assert call.prompt == "Be short.\nWho shut the lock?"


# ---- what OpenAI refuses


@pytest.mark.parametrize(
    ("given", "error", "code", "part"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError, "model_not_found", "The model `gpt-9` does not exist"),
        ({"model": ""}, openai.BadRequestError, "missing_required_parameter", "parameter: 'model'"),
        ({"messages": []}, openai.BadRequestError, "missing_required_parameter", "'messages'"),
        ({"messages": [{"role": "god", "content": "Hi"}]}, openai.BadRequestError, "invalid_value", "role"),
        ({"max_tokens": "many"}, openai.BadRequestError, "invalid_type", "'max_tokens'"),
        ({"max_tokens": True}, openai.BadRequestError, "invalid_type", "'max_tokens'"),
        ({"extra_body": {"num_ctx": 9}}, openai.BadRequestError, "unknown_parameter", "'num_ctx'"),
        ({"stream_options": {"include_usage": True}}, openai.BadRequestError, None, "when 'stream' is"),
        ({"messages": [{"role": "user", "content": "word " * 21}]}, openai.BadRequestError,
         "context_length_exceeded", "20 tokens. However, your messages resulted in 22 tokens"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_as_openai_refuses_it(
    serve: Serve, given: dict[str, Any], error: type[openai.APIStatusError], code: str | None, part: str
):
    server = serve(Says("Never said."), context=20)
    with pytest.raises(error) as refused:
        ask(server, **given)
    assert refused.value.code == code
    assert part in str(refused.value)


def test_a_prompt_that_just_fits_is_answered(serve: Serve):
    assert ask(serve(context=6)).choices


def test_a_wrong_key_is_refused_with_the_key_in_the_message(serve: Serve):
    with client(serve(), api_key="sk-wrong-123") as real:
        with pytest.raises(openai.AuthenticationError, match="sk-wrong-123") as refused:
            real.models.list()
        assert refused.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/v1/chat/completions", {}, b"{}", 401),
        ("POST", "/v1/chat/completions", {"Authorization": "Bearer {key}"}, b"{not json", 400),
        ("POST", "/v1/chat/completions", {"Authorization": "Bearer {key}"}, b"[]", 400),
        ("POST", "/v1/chat/completions", {"Authorization": "Bearer {key}"}, b"\xff", 400),
        ("GET", "/v1/chat/completions", {"Authorization": "Bearer {key}"}, b"", 405),
        ("POST", "/v1/responses", {"Authorization": "Bearer {key}"}, b"{}", 404),
    ],
)
def test_what_no_client_should_send_is_refused_too(
    serve: Serve, method: str, path: str, headers: dict[str, str], body: bytes, status: int
):
    server = serve()
    given = {name: value.replace("{key}", server.key) for name, value in headers.items()}
    plain = http.client.HTTPConnection(*address(server))
    plain.request(method, path, body, given)
    response = plain.getresponse()
    assert response.status == status
    assert set(json.loads(response.read())["error"]) == {"message", "type", "param", "code"}
    plain.close()


# ---- what goes wrong on demand


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (RATE_LIMITED, openai.RateLimitError, "rate_limit_exceeded"),
        (NO_MONEY, openai.RateLimitError, "insufficient_quota"),
        (BROKEN, openai.InternalServerError, None),
        (OVERLOADED, openai.InternalServerError, None),
        (FORBIDDEN, openai.AuthenticationError, "invalid_api_key"),
        (Fails(403), openai.PermissionDeniedError, None),
        (PROXY, openai.InternalServerError, None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_failures_are_those_that_the_client_knows(
    serve: Serve, reply: Reply, error: type[openai.APIStatusError], code: str | None, stream: bool
):
    server = serve(reply)
    with pytest.raises(error) as failed:
        ask(server, stream=stream)
    assert failed.value.code == code
    assert server.calls[0].status == failed.value.status_code


def test_the_client_waits_as_retry_after_says_and_asks_again(serve: Serve):
    server = serve(Fails(429, retry_after="1"), BROKEN, Says(LOCK))
    with client(server, max_retries=2) as real:
        answer = real.chat.completions.create(model="test", messages=ASKED)
    assert answer.choices[0].message.content == LOCK
    first, second, _ = [call.time for call in server.calls]
    assert second - first >= 1


def test_retry_after_can_be_a_date(serve: Serve):
    with pytest.raises(openai.RateLimitError) as failed:
        ask(serve(Fails(429, retry_after=later(30))))
    until = parsedate_to_datetime(failed.value.response.headers["retry-after"]).timestamp()
    assert 25 < until - time.time() <= 30


def test_a_stream_can_break_in_the_middle(serve: Serve):
    with client(serve(Says(LOCK, cut=2))) as real:
        stream = real.chat.completions.create(model="test", messages=ASKED, stream=True)
        with stream:
            said = [next(stream).choices[0].delta.content for _ in range(3)]
            with pytest.raises(openai.APIConnectionError):
                next(stream)
    assert said == ["", "Voss", " shut"]


@pytest.mark.parametrize("reply", [Says(LOCK, cut=0), HangsUp()])
def test_a_connection_can_break_before_the_answer_is_whole(serve: Serve, reply: Reply):
    with pytest.raises(openai.APIConnectionError):
        ask(serve(reply))


@pytest.mark.parametrize("reply", [Hangs(), Says(LOCK, wait=60)])
@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_waits_in_vain_goes_away_and_that_is_kept(serve: Serve, reply: Reply, stream: bool):
    server = serve(reply)
    with client(server, timeout=0.1) as real, pytest.raises(openai.APITimeoutError):
        real.chat.completions.create(model="test", messages=ASKED, stream=stream)
    seen(lambda: server.calls[0].left)


@pytest.mark.parametrize("reply", [Hangs(after_head=True), Says(LOCK, pause=60)])
def test_a_stream_can_begin_and_never_go_on(serve: Serve, reply: Reply):
    server = serve(reply)
    with client(server, timeout=0.2) as real:
        stream = real.chat.completions.create(model="test", messages=ASKED, stream=True)
        with pytest.raises(openai.APITimeoutError), stream:
            list(stream)
    seen(lambda: server.calls[0].left)


def test_tokens_can_trickle(serve: Serve):
    server = serve(Says("one two three", pause=0.05))
    with client(server) as real:
        stream = real.chat.completions.create(model="test", messages=ASKED, stream=True)
        with stream:
            times = [time.monotonic() for _ in stream]
    assert times[3] - times[1] >= 0.1


def test_a_body_can_be_no_json(serve: Serve):
    with pytest.raises(json.JSONDecodeError):
        ask(serve(NOT_JSON))


def test_an_event_can_be_no_json(serve: Serve):
    with pytest.raises(json.JSONDecodeError):
        streamed(serve(NOT_EVENTS))


def test_a_success_can_be_a_page_of_something_else(serve: Serve):
    assert ask(serve(Raw(b"<html>Sign in</html>", "text/html"))) == "<html>Sign in</html>"


@pytest.mark.parametrize(("reply", "finish"), [(EMPTY, "stop"), (FILTERED, "content_filter")])
def test_an_answer_can_be_empty(serve: Serve, reply: Reply, finish: str):
    choice = ask(serve(reply)).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("", finish)


# ---- the server itself


def test_many_are_served_at_once(serve: Serve):
    server = serve(Hangs(), Says(LOCK))
    waiting = http.client.HTTPConnection(*address(server))
    body = json.dumps({"model": "test", "messages": ASKED})
    waiting.request("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {server.key}"})
    seen(lambda: server.calls)
    assert ask(server).choices[0].message.content == LOCK
    waiting.close()


def test_closing_does_not_wait_for_a_reply_that_never_comes():
    with FakeOpenAI(Hangs()) as server:
        place = address(server)
        waiting = socket.create_connection(place)
        body = json.dumps({"model": "test", "messages": ASKED}).encode()
        waiting.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
            % (server.key.encode(), len(body), body)
        )
        seen(lambda: server.calls)
    assert waiting.recv(1) == b""  # hung up
    waiting.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place)


def address(server: FakeOpenAI) -> tuple[str, int]:
    host, port = server.url.removeprefix("http://").removesuffix("/v1").split(":")
    return host, int(port)


def seen(what: Callable[[], Any]) -> None:
    """Waits until it is so."""
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until, "It never came to that."
        time.sleep(0.01)
