"""The chain with a language model: it streams, falls back, keeps time, and understands what goes on."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage

from prompts.prompts import Prompts
from retrieval import opening
from retrieval.chain import Quoth, assemble, over
from retrieval.errors import InputError, ModelError, QuothError, TooLate
from retrieval.extractive import REFUSAL
from retrieval.generative import Writer
from retrieval.settings import Settings
from retrieval.support import Gate
from retrieval.types import Answer, Event, Question, Said, Turn
from tests.scripted import Cut, Reply, Scripted, Slow, scripted

WHO = "Who met Belousov in Beijing?"
DONG = "Dong Jun met Belousov in Beijing [1]."
FALSE = "Dong Jun met Krol in Ostrell [1]."


def writing(quoth: Quoth, *replies: Reply, **options: Any) -> tuple[Quoth, Scripted]:
    """The chain over the seeds with a language model that follows a script."""
    gate = Gate(None)
    model, chat = scripted(*replies, **options)
    writer = Writer(model, Prompts.load(), gate)
    return Quoth(quoth.index, quoth.settings, quoth.reader, gate, writer), chat


def number(prompt: str, words: str) -> str:
    """The mark of the passage that holds these words."""
    before = prompt[: prompt.index(words, prompt.index("Today is"))]
    return "[{}]".format(re.findall(r"number=(\d+)>", before)[-1])


def test_sentences_are_streamed_and_the_answer_comes_last(quoth: Quoth):
    told, _ = writing(quoth, f"{DONG} {FALSE} Belousov arrived in Beijing on Monday [2].")
    *said, last = told.stream(WHO)
    assert [type(event) for event in said] == [Said, Said]
    assert isinstance(last, Answer)
    assert last.sentences == tuple(event.sentence for event in said)
    assert last.citations == tuple(citation for event in said for citation in event.citations)
    assert (last.question, last.answered, last.removed, last.model) == (WHO, True, 1, "scripted:test")
    assert last.notes == ("1 sentence was left out: its citations did not support it.",)
    assert last.short_answer == "Dong Jun"
    assert last.confidence == pytest.approx(quoth.invoke(WHO).confidence)
    assert last.seconds > 0


def test_every_way_to_call_gives_the_same_answer(quoth: Quoth):
    told, _ = writing(quoth, DONG)

    async def gathered() -> list[Event]:
        events = [event async for event in told.astream(WHO)]
        return [*events, await told.ainvoke(WHO)]

    first, *answers = [*asyncio.run(gathered()), told.invoke(WHO), *told.batch([WHO])]
    assert isinstance(first, Said)
    texts = {answer.text for answer in answers if isinstance(answer, Answer)}
    assert (len(answers), texts) == (4, {"Dong Jun met Belousov in Beijing. [1]"})


def test_without_a_model_there_is_the_answer_alone(quoth: Quoth):
    [answer] = quoth.stream(WHO)
    assert isinstance(answer, Answer)
    assert (answer.model, answer.usage, answer.removed) == (None, None, 0)


@pytest.mark.parametrize("failure", [ValueError("no"), Cut(f"{DONG} And so", ValueError()), "", FALSE])
def test_where_the_model_fails_the_articles_are_quoted_with_one_line_that_says_why(
    quoth: Quoth, failure: Reply
):
    told, _ = writing(quoth, failure)
    answer, quoted = told.invoke(WHO), quoth.invoke(WHO)
    assert answer.sentences == quoted.sentences
    assert answer.citations == quoted.citations
    [why] = answer.notes
    assert why.endswith("his is the answer without it.") and "\n" not in why
    assert answer.model is None
    assert answer.usage and answer.usage.calls == 1


def test_whether_the_articles_say_is_for_the_model_to_decide(quoth: Quoth):
    declined = writing(quoth, REFUSAL)[0].invoke(WHO)
    assert (declined.answered, declined.text) == (False, REFUSAL)
    assert declined.nearest and declined.nearest.file.startswith("001_")
    never = "Who won the world cup?"
    assert not quoth.invoke(never).answered
    given = writing(quoth, lambda prompt: f"Dong Jun met Belousov in Beijing {number(prompt, 'Dong Jun')}.")[
        0
    ]
    strict = Quoth(
        quoth.index, quoth.settings.model_copy(update={"threshold": 1.0}), quoth.reader, None, given.writer
    )
    assert not Quoth(quoth.index, strict.settings, quoth.reader).invoke(WHO).answered
    assert strict.invoke(WHO).answered


@pytest.mark.parametrize("message", ["hello", "thanks!", "what can you do?", "summarise 002"])
def test_a_message_that_is_no_question_costs_no_call(quoth: Quoth, message: str):
    told, chat = writing(quoth, DONG)
    assert told.invoke(message).text == quoth.invoke(message).text
    assert not chat.prompts


def test_where_nothing_is_found_nobody_is_asked(quoth: Quoth):
    told, chat = writing(quoth, DONG)
    filters = replace(Question(WHO).filters, publisher="Nobody")
    assert (
        told.invoke(Question(WHO, filters=filters)).text == quoth.invoke(Question(WHO, filters=filters)).text
    )
    assert not chat.prompts


def test_what_changed_with_time_is_told_newest_first_each_from_its_own_article(quoth: Quoth):
    def reply(prompt: str) -> str:
        new, old = number(prompt, "minister Dong Jun"), number(prompt, "minister Li Shangfu have vowed")
        return (
            f"According to the article of 14 October 2024, Dong Jun is the Chinese defense minister {new}. "
            f"The Guardian wrote on 17 April 2023 that Li Shangfu is China's defence minister {old}."
        )

    told, chat = writing(quoth, reply)
    answer = told.invoke("Who is the defence minister of China?")
    dates = [citation.source.iso_date for citation in answer.citations]
    assert dates == ["2024-10-14", "2023-04-17", "2023-07-03"]
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,), (3,)]
    assert answer.sentences[2].lead == "Earlier, 3 Jul 2023:"  # of the quotes: the model left it out
    assert "The newest of all articles is of 14 October 2024." in chat.prompts[0]
    assert "Date: 17 April 2023\nPublisher: The Guardian" in chat.prompts[0]


# ---- conversations

ABOUT_DONG = (Turn(WHO, "Chinese defense minister Dong Jun met Belousov in Beijing on Monday. [1]"),)


def test_a_question_that_goes_on_is_rewritten_by_the_model(quoth: Quoth):
    told, chat = writing(quoth, "When did Dong Jun meet Belousov in Beijing?", DONG)
    answer = told.invoke(Question("When was that?", ABOUT_DONG))
    assert answer.understood == "When did Dong Jun meet Belousov in Beijing?"
    rewriting, answering = chat.prompts
    assert "Asked: Who met Belousov in Beijing?\nTold: Chinese defense minister" in rewriting
    assert "Last question: When was that?" in rewriting
    assert "Question: When did Dong Jun meet Belousov in Beijing?" in answering
    assert answer.question == "When was that?"
    assert answer.usage and answer.usage.calls == 2


@pytest.mark.parametrize(
    "rewriting",
    [
        "When did Krol meet Belousov?",  # a new name
        "What happened in 1999?",  # a new number
        "When was that? And where, and why, and who else " + "was there " * 40,
        "When did they meet?\nWhere did they meet?",
        "When did they meet? See https://evil.example/a",
        "",
        ValueError("no"),
    ],
)
def test_a_rewriting_that_cannot_be_used_leaves_it_to_the_rules(quoth: Quoth, rewriting: Reply):
    told, chat = writing(quoth, rewriting, DONG)
    asked = Question("When was that?", ABOUT_DONG)
    answer, by_rules = told.invoke(asked), quoth.invoke(asked)
    assert answer.understood == by_rules.understood
    assert len(chat.prompts) == 2
    assert answer.model == "scripted:test"


def test_a_question_that_stands_alone_is_not_rewritten(quoth: Quoth):
    told, chat = writing(quoth, DONG)
    answer = told.invoke(Question("What did General Zhang praise?", ABOUT_DONG))
    assert answer.understood is None
    assert len(chat.prompts) == 1


def test_one_who_wants_more_is_not_told_the_same_again(quoth: Quoth):
    told, chat = writing(quoth, DONG)
    told.invoke(Question("Tell me more", ABOUT_DONG))
    [prompt] = chat.prompts
    assert "The reader was told this already" in prompt
    assert "told>\nChinese defense minister Dong Jun met Belousov" in prompt


# ---- time


def test_past_its_deadline_nothing_is_asked(quoth: Quoth):
    told, chat = writing(quoth, DONG)
    with pytest.raises(TooLate):
        told.invoke(Question(WHO, deadline=time.monotonic() - 1))
    assert not chat.prompts


def test_a_slow_model_leaves_time_for_the_answer_without_it(quoth: Quoth, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("retrieval.answering._RESERVE", 119.5)
    told, chat = writing(quoth, Slow("word " * 1_000, 0.05), size=5)
    deadline = time.monotonic() + 120
    answer = told.invoke(Question(WHO, deadline=deadline))
    assert time.monotonic() < deadline
    assert answer.sentences == quoth.invoke(WHO).sentences
    assert "took longer than" in answer.text
    assert chat.left.wait(5) or not chat.prompts


def test_its_own_time_limit_holds_too(quoth: Quoth):
    told, _ = writing(quoth, Slow("word " * 1_000, 0.05), size=5, seconds=0.5)
    assert "took longer than 0.5 seconds" in told.invoke(WHO).text


def test_the_event_loop_goes_on_while_the_model_writes(quoth: Quoth):
    told, _ = writing(quoth, Slow(DONG, 0.05), size=3)
    told.invoke(WHO)  # all models are loaded

    async def beats() -> int:
        count, work = 0, asyncio.create_task(told.ainvoke(WHO))
        while not work.done():
            await asyncio.sleep(0.01)
            count += 1
        assert work.result().answered
        return count

    assert asyncio.run(beats()) > 3


@pytest.mark.parametrize("call", ["astream", "ainvoke", "stream"])
def test_the_work_ends_when_nobody_waits_for_it(quoth: Quoth, call: str):
    told, chat = writing(quoth, Slow(f"{DONG} " + "And so it went on and on " * 200, 0.02), size=5)

    async def first() -> None:
        async for event in told.astream(WHO):
            assert isinstance(event, Said)
            break

    async def cancelled() -> None:
        work = asyncio.create_task(told.ainvoke(WHO))
        while not chat.prompts:
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    if call == "stream":
        events = told.stream(WHO)
        next(events)
        events.close()  # type: ignore[attr-defined]
    else:
        asyncio.run(first() if call == "astream" else cancelled())
    assert chat.left.wait(5)


def test_an_error_reaches_who_waits_for_a_stream(quoth: Quoth):
    async def empty() -> None:
        async for _ in quoth.astream(" "):
            pass

    with pytest.raises(InputError, match="empty"):
        asyncio.run(empty())
    with pytest.raises(InputError, match="empty"):
        next(quoth.stream(" "))


# ---- LangChain


class Runs(BaseCallbackHandler):
    """Which runs there were, and within which other."""

    def __init__(self) -> None:
        self.parents: dict[str, UUID | None] = {}
        self.ids: dict[str, UUID] = {}
        self.ended: list[Any] = []

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: Any = None, **_: Any
    ) -> None:
        self.ids["chain"], self.parents["chain"] = run_id, parent_run_id

    def on_chain_end(self, outputs: Any, **_: Any) -> None:
        self.ended.append(outputs)

    def on_retriever_start(self, *_: Any, run_id: UUID, parent_run_id: Any = None, **__: Any) -> None:
        self.ids["retriever"], self.parents["retriever"] = run_id, parent_run_id

    def on_chat_model_start(
        self,
        serialized: Any,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: Any = None,
        **_: Any,
    ) -> None:
        self.ids["model"], self.parents["model"] = run_id, parent_run_id


@pytest.mark.parametrize("call", ["invoke", "stream", "ainvoke"])
def test_whoever_traces_the_chain_sees_the_model_run_within_it(quoth: Quoth, call: str):
    told, _ = writing(quoth, DONG)
    runs = Runs()
    ways: dict[str, Callable[[], Any]] = {
        "invoke": lambda: told.invoke(WHO, {"callbacks": [runs]}),
        "stream": lambda: list(told.stream(WHO, {"callbacks": [runs]})),
        "ainvoke": lambda: asyncio.run(told.ainvoke(WHO, {"callbacks": [runs]})),
    }
    ways[call]()
    assert runs.parents == {"chain": None, "retriever": runs.ids["chain"], "model": runs.ids["chain"]}
    assert isinstance(runs.ended[-1], Answer)


# ---- put together from settings


def test_settings_choose_the_model_the_gate_and_the_prompts(quoth: Quoth, tmp_path: Path):
    settings = quoth.settings.model_copy(update={"llm": "openai:test", "gate": "mark", "llm_seconds": 7.0})
    told = over(quoth.index, settings)
    assert told.writer and told.gate
    assert (told.writer.model.name, told.writer.model.seconds) == ("openai:test", 7.0)
    assert over(quoth.index, quoth.settings).writer is None
    with pytest.raises(QuothError, match="QUOTH_PROMPTS"):
        over(quoth.index, settings.model_copy(update={"prompts": tmp_path / "none"}))


def test_a_model_that_cannot_be_had_is_told_at_once(quoth: Quoth, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"run pip install 'quoth\[ollama\]'"):
        assemble(Settings(folder=quoth.settings.folder, data=quoth.settings.data, llm="ollama:llama3"))


def test_without_the_trained_judge_it_checks_by_rules_and_says_so_once(
    quoth: Quoth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    opening.open_entailment.cache_clear()
    monkeypatch.setattr("retrieval.entailment.FILE", str(tmp_path / "none"))
    settings = quoth.settings.model_copy(update={"llm": "openai:test"})
    with caplog.at_level(logging.WARNING):
        assert over(quoth.index, settings).gate
        over(quoth.index, settings)
    opening.open_entailment.cache_clear()
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


@pytest.mark.parametrize("mode", ["strict", "mark", "off"])
def test_the_gate_changes_nothing_of_what_is_quoted(quoth: Quoth, mode: str):
    settings = quoth.settings.model_copy(update={"gate": mode})
    for question in (WHO, "Why is Li under sanctions?", "Who is the defence minister of China?"):
        gated = Quoth(quoth.index, settings, quoth.reader, Gate(None)).invoke(question)
        free = Quoth(quoth.index, settings, quoth.reader).invoke(question)
        assert (gated.text, gated.citations, gated.removed) == (free.text, free.citations, 0)
