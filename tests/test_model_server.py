"""The language model through LangChain's real client of OpenAI, and a real server that does what it wants."""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prompts.prompts import Prompt
from retrieval.breaker import FAILURES, Breaker
from retrieval.chain import Quoth, over
from retrieval.llm.model import Ended, LanguageModelError, Model, open_model
from retrieval.llm.patience import Patience
from retrieval.settings import Settings
from retrieval.types import Answer, Said
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
    Does,
    Fails,
    Hangs,
    HangsUp,
    Raw,
    Reply,
    Says,
    later,
    prompt_tokens,
    tokens,
)

LOCK = "Harbour master Voss shut the Tarn lock on Friday [1]."
PROMPT = Prompt("Be short.", "Who shut the lock?")
PAGE = Raw(b"<html><body>Please sign in.</body></html>", "text/html")
Serve = Callable[..., FakeOpenAI]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts servers, and sets the key of the last one where LangChain looks for it."""
    opened: list[FakeOpenAI] = []

    def start(*script: Reply, **settings: Any) -> FakeOpenAI:
        opened.append(FakeOpenAI(*script, **settings).__enter__())
        monkeypatch.setenv("OPENAI_API_KEY", opened[-1].key)
        return opened[-1]

    yield start
    for server in opened:
        server.__exit__()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Second tries come at once, unless the server says when."""
    monkeypatch.setattr("retrieval.llm.model.Model", functools.partial(Model, pause=0.01))


def settings(server: FakeOpenAI, **more: Any) -> Settings:
    return Settings(llm="openai:test", llm_base_url=server.url, **more)


def write(server: FakeOpenAI, seconds: float = 60.0, model: Model | None = None) -> tuple[str, Ended]:
    """What the model writes through the server, and its end."""
    model = model or open_model(settings(server, llm_seconds=seconds))
    assert model
    *pieces, end = model.write(PROMPT, Patience().within(seconds))
    assert isinstance(end, Ended)
    return "".join(piece for piece in pieces if isinstance(piece, str)), end


# ---- the model alone


def test_what_it_writes_comes_with_the_usage_that_the_server_counts(serve: Serve):
    text, end = write(server := serve(Says(LOCK)))
    assert text == LOCK
    assert not end.is_cut
    assert (end.usage.calls, end.usage.tokens_in, end.usage.tokens_out) == (1, 6, 10)
    [call] = server.calls
    assert call.key == server.key
    assert call.body["stream"] is True
    assert call.body["temperature"] == 0
    assert [message["role"] for message in call.body["messages"]] == ["system", "user"]
    assert call.prompt == "Be short.\nWho shut the lock?"


def test_pieces_are_handed_on_as_they_come(serve: Serve):
    server = serve(Says(LOCK, cut=3))
    model = open_model(settings(server))
    assert model
    pieces = model.write(PROMPT, Patience().within(5))
    assert [next(pieces) for _ in range(3)] == ["Harbour", " master", " Voss"]
    pieces.close()  # type: ignore[attr-defined]


def test_an_answer_is_limited_in_tokens_and_says_so(serve: Serve):
    server = serve(Says("word " * 80))
    model = open_model(settings(server, llm_answer_tokens=50))
    text, end = write(server, model=model)
    assert (len(text.split()), end.is_cut) == (50, True)


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        ((Fails(429, retry_after="0"),), 2),
        ((Fails(429, retry_after="soon"),), 2),
        ((BROKEN,), 2),
        ((OVERLOADED,), 2),
        ((PROXY,), 2),
        ((HangsUp(),), 2),
        ((BROKEN, OVERLOADED, HangsUp()), 4),
        ((Says(LOCK, cut=0),), 2),
        ((Says(LOCK, cut=3),), 2),  # the words that were said already are not said again
        ((Says(LOCK, cut=3), BROKEN, Says(LOCK, cut=5)), 4),
    ],
)
def test_what_passes_is_tried_again(serve: Serve, script: tuple[Reply, ...], calls: int):
    text, end = write(server := serve(*script, Says(LOCK)))
    assert text == LOCK
    assert end.usage.calls == len(server.calls) == calls


@pytest.mark.parametrize("after", [lambda: "1", lambda: later(2.5)])  # the date has whole seconds
def test_a_second_try_waits_as_long_as_the_server_wants(serve: Serve, after: Callable[[], str]):
    server = serve(Does(lambda _: Fails(429, retry_after=after())), Says(LOCK))
    assert write(server)[0] == LOCK
    first, second = server.calls
    assert second.time - first.time >= 1


@pytest.mark.parametrize(
    ("reply", "calls", "said"),
    [
        (Fails(429, retry_after="999"), 1, "is asked too often (429): wait a while"),
        (Fails(429, retry_after=later(999)), 1, "is asked too often (429)"),
        (Fails(429), 4, "is asked too often (429)"),
        (BROKEN, 4, "failed (500): ask again later."),
        (OVERLOADED, 4, "failed (503)"),
        (PROXY, 4, "failed (502)"),
        (HangsUp(), 4, "was cut: ask again"),
        (Says(LOCK, cut=2), 4, "was cut"),
        (FORBIDDEN, 1, "does not accept its key (401): set OPENAI_API_KEY."),
        (Fails(403), 1, "does not accept its key (403)"),
        (Fails(404, "No such model."), 1, "is not known to its server (404): mend QUOTH_LLM."),
        (Fails(400, "Too long.", "context_length_exceeded"), 1, "did not take the request (400)"),
        (NOT_EVENTS, 1, "failed (JSONDecodeError"),
        (NOT_JSON, 1, "failed (ValueError: "),
        (PAGE, 1, "failed (ValueError: "),
        (EMPTY, 1, "wrote nothing: ask in other words."),
        (FILTERED, 1, "declined to write: ask in other words."),
    ],
)
def test_a_failure_is_one_sentence(serve: Serve, reply: Reply, calls: int, said: str):
    server = serve(reply)
    with pytest.raises(LanguageModelError) as failed:
        write(server)
    text = str(failed.value)
    assert said in text
    assert "openai:test" in text
    assert "\n" not in text and len(text) < 300
    assert len(server.calls) == failed.value.usage.calls == calls


def test_nobody_is_asked_twice_who_has_no_money_left(serve: Serve):
    server = serve(NO_MONEY)
    with pytest.raises(LanguageModelError, match="quota"):
        write(server)
    assert len(server.calls) == 1


def test_a_second_try_that_tells_another_story_is_not_mixed_with_the_first(serve: Serve):
    server = serve(Says(LOCK, cut=3), Says("Nobody shut the lock [2]."))
    model = open_model(settings(server))
    assert model
    pieces: list[Any] = []
    with pytest.raises(LanguageModelError, match="wrote something else"):
        pieces.extend(model.write(PROMPT, Patience().within(5)))
    assert "Nobody" not in "".join(map(str, pieces))


@pytest.mark.parametrize(
    "reply",
    [Hangs(), Hangs(after_head=True), Says(LOCK, wait=60), Says(LOCK, pause=60), Says(LOCK * 99, pause=0.05)],
)
def test_the_time_limit_holds_for_the_whole_answer(serve: Serve, reply: Reply):
    server = serve(reply)
    with pytest.raises(LanguageModelError, match=r"took longer than 0\.5 seconds: .* QUOTH_LLM_SECONDS"):
        write(server, 0.5)
    seen(lambda: server.calls[0].left)  # the connection is not kept open for nothing
    assert len(server.calls) == 1


def test_a_server_that_is_not_there_is_told(serve: Serve):
    with FakeOpenAI() as gone:
        url = gone.url
    model = open_model(Settings(llm="openai:test", llm_base_url=url))
    serve()
    with pytest.raises(LanguageModelError, match="cannot be reached: start it, or mend QUOTH_LLM_BASE_URL"):
        write(gone, model=model)


def test_a_server_that_wants_no_key_gets_none_of_ours(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    server = serve(key="none")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert write(server)[0] == "Yes."


def test_after_repeated_failure_it_is_left_alone_for_a_while(serve: Serve):
    now = 0.0
    server = serve(FORBIDDEN)
    opened = open_model(settings(server))
    assert opened
    model = Model("openai:test", opened._make, 10.0, Breaker(seconds=60, clock=lambda: now), pause=0.01)
    for _ in range(FAILURES):
        with pytest.raises(LanguageModelError, match="401"):
            write(server, model=model)
    server.will(Says(LOCK))
    with pytest.raises(LanguageModelError, match=r"failed several times running: .* in 60 seconds"):
        write(server, model=model)
    assert len(server.calls) == FAILURES
    now = 61.0
    assert write(server, model=model)[0] == LOCK
    assert write(server, model=model)[0] == LOCK


KEY = "sk-proj-V3ry_S3cret-0123456789abcdefABCDEF"


@pytest.mark.parametrize("key", [KEY, "gsk_0123456789abcdefghijklmnop", "plainpassword99"])
@pytest.mark.parametrize(
    "reply",
    [
        FORBIDDEN,
        Fails(400, "Bad header Authorization: Bearer {key}."),
        Fails(422, "The key {key} may not do that, nor may api_key={key}."),
        Fails(500, "Could not check {key}."),
        Raw(b"data: {key: \n\n", "text/event-stream"),
        HangsUp(),
    ],
)
def test_no_key_is_in_an_error_or_a_log(
    serve: Serve, reply: Reply, key: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "retrieval")
    server = serve(reply, key=key)
    with pytest.raises(LanguageModelError) as failed:
        write(server)
    assert failed.value.__cause__ is None  # a traceback would tell what the client knows
    assert server.calls[0].key == key
    assert key not in str(failed.value) + caplog.text


# ---- the whole chain

WHO = "Who met Belousov in Beijing?"
DONG = "Chinese defense minister Dong Jun met Russian counterpart Andrei Belousov in Beijing on Monday"


def prompted(body: dict[str, Any]) -> Reply:
    """Says what an article says, and what it does not say, with the number of its passage."""
    prompt = body["messages"][-1]["content"]
    number = re.findall(r"number=(\d+)>", prompt[: prompt.index(DONG)])[-1]
    return Says(f"{DONG} [{number}]. They signed 47 contracts there [{number}].")


@pytest.fixture
def assembled(seeds: Path, data: Path, quoth: Any) -> Callable[..., Quoth]:
    """The chain over the seeds, with a server's model."""
    return lambda server, **more: over(quoth.index, settings(server, folder=seeds, data=data, **more))


def test_an_answer_of_the_model_is_cited_counted_and_told(
    serve: Serve, assembled: Callable[..., Quoth], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "retrieval")
    chain = assembled(server := serve(Does(prompted)))
    *said, answer = chain.stream(WHO)
    assert isinstance(answer, Answer)
    assert [sentence.text for sentence in answer.sentences] == [f"{DONG}."]
    [event] = said
    assert isinstance(event, Said)
    assert (event.sentence.text, event.citations) == (answer.sentences[0].text, answer.citations)
    assert (answer.model, answer.removed) == ("openai:test", 1)
    assert any("1 sentence was left out" in note for note in answer.notes)
    [citation] = answer.citations
    text = (chain.index.folder / citation.source.file).read_bytes().decode()
    assert text[citation.span.start : citation.span.end] == citation.quote
    assert DONG in citation.quote
    assert answer.usage
    assert (answer.usage.calls, answer.usage.tokens_out) == (1, len(tokens(server_said(server))))
    assert str(answer.usage.tokens_out) in caplog.text  # the log tells the usage


def server_said(server: FakeOpenAI) -> str:
    reply = prompted(server.calls[-1].body)
    assert isinstance(reply, Says)
    return reply.text


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Fails(429, retry_after="999"), "asked too often (429)"),
        (BROKEN, "failed (500)"),
        (FORBIDDEN, "does not accept its key (401)"),
        (Fails(404), "not known to its server (404)"),
        (Fails(400, "Too long.", "context_length_exceeded"), "did not take the request (400)"),
        (HangsUp(), "was cut"),
        (Says("It was Dong", cut=2), "was cut"),
        (Hangs(), "took longer than 3 seconds"),
        (Says("Yes " * 500, pause=0.05), "took longer than 3 seconds"),
        (NOT_JSON, "failed (ValueError"),
        (NOT_EVENTS, "failed (JSONDecodeError"),
        (EMPTY, "wrote nothing"),
        (FILTERED, "declined to write"),
        (Says("A man called Zorro met him [1]. Zorro met Bernardo [9]."), "supported by the articles"),
    ],
)  # fmt: skip
def test_every_fault_ends_in_the_quoted_answer_with_one_line_that_says_why(
    serve: Serve, assembled: Callable[..., Quoth], quoth: Any, reply: Reply, why: str
):
    seconds = 3 if "longer" in why else 60
    answer = assembled(serve(reply), llm_seconds=seconds).invoke(WHO)
    expected = quoth.invoke(WHO)
    assert (answer.sentences, answer.citations) == (expected.sentences, expected.citations)
    assert answer.model is None
    [note] = [note for note in answer.notes if note not in expected.notes]
    assert why in note
    assert "\n" not in note and len(note) < 400


def test_a_prompt_keeps_to_its_tokens(serve: Serve, assembled: Callable[..., Quoth]):
    for limit in (6_000, 2_500):
        server = serve(Does(prompted))
        assembled(server, llm_tokens=limit).invoke(WHO)
        assert 300 < prompt_tokens(server.calls[0].body) <= limit
    assert server.calls[0].prompt.count("number=") >= 1


def test_no_call_is_made_where_none_is_needed(serve: Serve, assembled: Callable[..., Quoth]):
    server = serve()
    assert "openai" not in assembled(server).invoke("hello").text
    assert server.calls == []


# ---- the program, as a process


def test_the_program_answers_with_the_model_falls_back_and_shows_no_key(
    serve: Serve, tmp_path: Path, data: Path, quoth: Any
):
    server = serve(Does(prompted), key=KEY)
    first = program(server, tmp_path, data, "ask", WHO, "--json")
    answer = json.loads(first.stdout)
    assert (first.returncode, answer["model"]) == (0, "openai:test"), answer["notes"]
    assert [sentence["text"] for sentence in answer["sentences"]] == [f"{DONG}."]
    assert server.calls[0].key == KEY
    server.will(FORBIDDEN)
    second = program(server, tmp_path, data, "ask", WHO)
    assert second.returncode == 0
    assert "Dong Jun" in second.stdout
    assert "does not accept its key (401): set OPENAI_API_KEY." in " ".join(second.stdout.split())
    for done in (first, second):
        assert KEY not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def program(server: FakeOpenAI, there: Path, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`quoth` where nothing is, over the seeds."""
    environment = {
        **os.environ,
        "OPENAI_API_KEY": server.key,
        "QUOTH_LLM": "openai:test",
        "QUOTH_LLM_BASE_URL": server.url,
        "QUOTH_FOLDER": str(Path(__file__).parent.parent / "seeds"),
        "QUOTH_DATA": str(data),
        "QUOTH_LLM_SECONDS": "600",
    }
    command = [str(Path(sys.executable).parent / "quoth"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=there, env=environment, timeout=180, check=False
    )


def seen(what: Callable[[], Any]) -> None:
    """Waits until it is so."""
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until, "It never came to that."
        time.sleep(0.01)
