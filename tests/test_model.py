from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prompts.prompts import Prompt
from retrieval.breaker import Breaker
from retrieval.errors import ModelError, TooLate
from retrieval.llm.faults import fault
from retrieval.llm.masking import masked
from retrieval.llm.model import Ended, LanguageModelError, Model, open_model
from retrieval.llm.patience import Patience
from retrieval.llm.tokens import count
from retrieval.settings import Settings
from retrieval.types import Usage
from tests.scripted import Cut, Reply, Scripted, Slow, Told, scripted

PROMPT = Prompt("Be short.", "Who shut the lock?")
LOCK = "Voss shut the lock [1]."


class Failure(Exception):
    """What a client of any provider might raise."""

    def __init__(self, text: str = "", status: int | None = None, after: str | None = None) -> None:
        super().__init__(text)
        if status:
            self.status_code = status
            self.response = SimpleNamespace(
                status_code=status, headers={"retry-after": after} if after else {}
            )


class ReadTimeout(Exception):
    pass


class RemoteProtocolError(Exception):
    pass


def write(*replies: Reply, seconds: float = 10.0, **options: Any) -> tuple[str, Ended, Scripted]:
    model, chat = scripted(*replies, **options)
    return *written(model, seconds), chat


def written(model: Model, seconds: float = 10.0) -> tuple[str, Ended]:
    *pieces, end = model.write(PROMPT, Patience().within(seconds))
    assert isinstance(end, Ended)
    return "".join(map(str, pieces)), end


def test_it_is_told_the_prompt_and_its_words_come_in_pieces():
    model, chat = scripted(LOCK, size=5)
    pieces = list(model.write(PROMPT, Patience()))
    assert pieces[:2] == ["Voss ", "shut "]
    assert "".join(map(str, pieces[:-1])) == LOCK
    assert chat.prompts == ["Be short.\n\nWho shut the lock?"]


def test_usage_is_the_providers_or_an_estimate():
    _, end, _ = write(Told(LOCK, tokens=(120, 9)))
    assert (end.usage.calls, end.usage.tokens_in, end.usage.tokens_out) == (1, 120, 9)
    _, end, _ = write(LOCK)
    assert (end.usage.tokens_in, end.usage.tokens_out) == (sum(map(count, PROMPT)), count(LOCK))
    assert 0 < end.usage.seconds < 10


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("Who met?", 3), ("internationalisation", 4), ("1,250", 5), ("吴 met 李", 3)],
)
def test_an_estimate_of_tokens_errs_upward(text: str, tokens: int):
    assert count(text) == tokens


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_a_limit_on_tokens_is_told(reason: str):
    assert write(Told(LOCK, reason=reason))[1].is_cut
    assert not write(Told(LOCK, reason="stop"))[1].is_cut


def test_one_that_does_not_stop_is_stopped():
    text, end, _ = write("and so on " * 1_000, tokens=50)
    assert end.is_cut
    assert 500 < len(text) < 700


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>Who? Voss [9].</think>\n\nVoss shut it [1].", "Voss shut it [1]."),
        ("\n<think>\n</think>Voss.", "Voss."),
        ("<thing> is shut", "<thing> is shut"),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_thoughts_are_no_part_of_what_is_said(text: str, said: str, size: int):
    assert write(text, size=size)[0] == said


def test_some_models_take_no_temperature():
    asked: list[dict[str, Any]] = []

    def make(**options: Any) -> Scripted:
        asked.append(options)
        error = Failure("Unsupported value: 'temperature' does not support 0", 400)
        return Scripted(replies=[error if options else LOCK])

    model = Model("scripted:test", make)
    assert written(model)[0] == LOCK
    assert written(model)[0] == LOCK
    assert asked == [{"temperature": 0}, {}]


@pytest.mark.parametrize(
    "error", [Failure("", 429), Failure("", 500), Failure("", 408), ReadTimeout(), ConnectionError()]
)
def test_what_passes_is_tried_again(error: Exception):
    text, end, chat = write(error, error, LOCK)
    assert text == LOCK
    assert end.usage.calls == len(chat.prompts) == 3
    assert end.usage.tokens_in == 3 * sum(map(count, PROMPT))


def test_a_stream_that_was_cut_goes_on_where_it_was():
    model, chat = scripted(Cut("Voss shut the", RemoteProtocolError()), LOCK, size=4)
    *pieces, _ = model.write(PROMPT, Patience().within(5))
    assert "".join(map(str, pieces)) == LOCK
    assert len(chat.prompts) == 2


def test_a_stream_that_goes_on_otherwise_is_given_up():
    with pytest.raises(LanguageModelError, match="wrote something else"):
        write(Cut("Voss shut the", RemoteProtocolError()), "Nobody did [2].")


@pytest.mark.parametrize("after", ["3600", "3600.5"])
def test_a_server_that_wants_more_time_than_there_is_is_not_waited_for(after: str):
    started = time.monotonic()
    with pytest.raises(LanguageModelError, match="asked too often"):
        write(Failure("", 429, after), LOCK)
    assert time.monotonic() - started < 5


def test_retry_after_may_be_a_date():
    when = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90))
    found = fault(Failure("", 429, when), "a:b", 60)
    assert found.wait is not None and 80 < found.wait <= 90
    assert fault(Failure("", 429, "soon"), "a:b", 60).wait is None
    assert fault(Failure("", 503, "2"), "a:b", 60).wait == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Failure("No.", 401), "does not accept its key (401): set OPENAI_API_KEY."),
        (Failure("No.", 404), "is not known to its server (404): mend QUOTH_LLM."),
        (Failure("Too long.", 400), "did not take the request (400): Failure: Too long."),
        (Failure("", 503), "The server of the language model openai:x failed (503)"),
        (TimeoutError(), "took longer than 60 seconds: ask something shorter, or raise QUOTH_LLM_SECONDS."),
        (ConnectionError(), "cannot be reached: start it, or mend QUOTH_LLM_BASE_URL."),
        (RemoteProtocolError(), "was cut: ask again"),
        (Failure("Missing credentials: pass an api_key."), "needs a key: set OPENAI_API_KEY."),
        (ModuleNotFoundError("No module named 'x'"), "cannot be loaded (ModuleNotFoundError: No module"),
        (Failure("Two\nlines " + "long " * 99), "failed (Failure: Two lines long"),
        (Failure(), "failed (Failure): see after its server."),
    ],
)
def test_every_fault_is_one_sentence(error: Exception, said: str):
    found = fault(error, "openai:x", 60).said
    assert said in found
    assert "openai:x" in found and "\n" not in found and len(found) < 320 and found.endswith(".")


def test_the_cause_of_an_error_tells_more_than_the_error():
    error = Failure("Request failed.")
    error.__cause__ = ConnectionError()
    assert "cannot be reached" in fault(error, "a:b", 60).said


@pytest.mark.parametrize(
    ("error", "tries"), [(Failure("", 500), 4), (Failure("", 401), 1), (Failure("", 400), 1), (Failure(), 1)]
)
def test_what_does_not_pass_is_told_at_once_with_its_cost(error: Exception, tries: int):
    model, chat = scripted(error)
    with pytest.raises(LanguageModelError) as failed:
        written(model)
    assert isinstance(failed.value, ModelError)
    assert failed.value.__cause__ is None
    assert failed.value.usage.calls == len(chat.prompts) == tries


@pytest.mark.parametrize("empty", ["", " \n ", "<think>Hm.</think>", Told("", reason="content_filter")])
def test_nothing_written_is_an_error(empty: Reply):
    with pytest.raises(LanguageModelError, match=r"(wrote nothing|declined to write): ask in other words\."):
        write(empty)


def test_the_time_limit_holds_for_slow_words_and_leaves_them():
    model, _ = scripted(Slow("word " * 400, 0.05), size=5)
    pieces: list[Any] = []
    with pytest.raises(LanguageModelError, match="took longer than"):
        pieces.extend(model.write(PROMPT, Patience().within(0.4)))
    assert 0 < len(pieces) < 20


def test_nobody_waits_for_what_nobody_wants():
    gone = threading.Event()
    model, _ = scripted(Slow("word " * 400, 0.05), size=5)
    pieces = model.write(PROMPT, Patience(gone=gone))
    next(pieces)
    gone.set()
    with pytest.raises(TooLate):
        list(pieces)
    model, chat = scripted(Failure("", 503), pause=60)
    threading.Timer(0.1, gone.set).start()
    with pytest.raises(TooLate):
        list(model.write(PROMPT, Patience(gone=gone)))
    assert len(chat.prompts) <= 1


def test_after_three_failures_running_it_is_left_alone_and_then_tried_once():
    now = 0.0
    breaker = Breaker(failures=3, seconds=60, clock=lambda: now)
    broken = Failure("", 401)
    model, chat = scripted(broken, broken, broken, broken, LOCK, breaker=breaker)
    for _ in range(3):
        with pytest.raises(LanguageModelError, match="401"):
            written(model)
    with pytest.raises(LanguageModelError, match="failed several times running: it is tried again in 60 sec"):
        written(model)
    assert len(chat.prompts) == 3
    now = 60.0
    with pytest.raises(LanguageModelError, match="401"):  # half open: one try, which fails
        written(model)
    now = 119.0
    with pytest.raises(LanguageModelError, match="in 1 seconds"):
        written(model)
    now = 120.0
    assert written(model)[0] == LOCK
    assert written(model)[0] == LOCK


def test_while_one_tries_the_others_wait():
    now = 0.0
    breaker = Breaker(failures=1, seconds=60, clock=lambda: now)
    breaker.failed()
    now = 60.0
    assert breaker.wait() == 0
    assert breaker.wait() == 60
    breaker.succeeded()
    assert breaker.wait() == 0


def test_a_request_that_is_at_fault_itself_does_not_count_as_failure():
    model, chat = scripted(Failure("Too long.", 400), breaker=Breaker(failures=1))
    for _ in range(3):
        with pytest.raises(LanguageModelError, match="400"):
            written(model)
    assert len(chat.prompts) == 3


def test_whether_it_can_be_used_is_one_short_call():
    model, chat = scripted("ready")
    assert model.check() == "ready"
    assert len(chat.prompts[0]) < 100
    with pytest.raises(LanguageModelError, match="401"):
        scripted(Failure("", 401))[0].check()


KEY = "sk-proj-V3ry_S3cret-0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        f"Authorization: Bearer {KEY}",
        "Authorization: Basic dXNlcjpwYXNz",
        'api_key="hunter2hunter2"',
        "https://x.example/v1?key=hunter2hunter2&a=b",
        "https://user:hunter2@x.example/v1",
        "AIzaSyA-0123456789abcdefghijklmnopqrstu",
        "the token: hunter2hunter2",
        "0123456789abcdef0123456789abcdef",
        "mine is plainword",
    ],
)
def test_nothing_like_a_key_is_told(
    text: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MY_API_KEY", "plainword")
    caplog.set_level(logging.DEBUG)
    secrets = (KEY, "hunter2", "dXNlcjpwYXNz", "AIzaSy", "0123456789abcdef", "plainword")
    for error in (Failure(text), Failure(text, 400), Failure(text, 500), Failure(text, 422)):
        with pytest.raises(LanguageModelError) as failed:
            write(error)
        assert not any(secret in str(failed.value) + caplog.text for secret in secrets)


def test_what_is_no_key_stays():
    text = "The model gpt-4o-mini-2024-07-18 is not known at https://x.example/v1/chat/completions"
    assert masked(text, {"SHORT_KEY": "gpt", "HOME": "model"}) == text


def test_without_the_setting_there_is_no_model():
    assert open_model(Settings(llm=None)) is None


@pytest.mark.parametrize(
    ("llm", "extra"),
    [
        ("ollama:llama3:8b", "ollama"),
        ("anthropic:x", "anthropic"),
        ("google_genai:x", "google"),
        ("openai:x", "openai"),
    ],
)
def test_a_package_that_is_missing_is_told_with_the_command(
    llm: str, extra: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LanguageModelError, match=rf"run pip install 'quoth\[{extra}\]'"):
        open_model(Settings(llm=llm))


def test_a_provider_that_nobody_knows_is_told():
    with pytest.raises(LanguageModelError, match="nobody:x is of a provider that LangChain does not know"):
        open_model(Settings(llm="nobody:x"))
    with pytest.raises(
        LanguageModelError, match=r"mistralai:x needs a package .*: run pip install langchain-m"
    ):
        open_model(Settings(llm="mistralai:x"))


def test_a_model_without_its_key_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = open_model(Settings(llm="openai:gpt-x"))
    assert model
    with pytest.raises(LanguageModelError, match="needs a key: set OPENAI_API_KEY"):
        written(model)


def test_usages_add_up():
    assert Usage(1, 2, 3, 4.0) + Usage(1, 1, 1, 1.0) == Usage(2, 3, 4, 5.0)


def test_what_a_thread_raises_is_raised_where_it_is_waited_for():
    def make() -> Any:
        yield 1
        raise KeyError("x")

    items = Patience().items(make)
    assert next(items) == 1
    with pytest.raises(KeyError):
        next(items)


def test_work_ends_when_its_reader_leaves(tmp_path: Path):
    closed = threading.Event()

    def make() -> Any:
        try:
            while True:
                yield 1
                time.sleep(0.01)
        finally:
            closed.set()

    items = Patience().items(make)
    next(items)
    items.close()
    assert closed.wait(5)
