"""The answer of a language model on Discord: it grows as sentences pass, seldom enough, and ends whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import pytest

from prompts.prompts import Prompts
from retrieval.chain import Quoth
from retrieval.errors import InputError, TooLate
from retrieval.generative import Writer
from retrieval.support import Gate
from retrieval.types import Answer, Event, Question, Said
from tests.bot_on_discord import Bot, answer, on_discord
from tests.fake_discord import REAL_LIMITS, Handle, Message
from tests.obedient import passages
from tests.scripted import Cut, scripted

GOES_ON = "-# still writing …"
BUTTONS = ["Sources", "Follow up", "Again", "👍", "👎"]
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
HOOK_EDIT = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
_HURRY = 20  # seconds of a hasty loop for each that passes
LIMITS = {route: (count, seconds / _HURRY) for route, (count, seconds) in REAL_LIMITS.items()}
_PATIENCE = 20.0


class Telling:
    """A script whose sentences come when the test says them; the end is an answer or an error."""

    def __init__(self) -> None:
        self.quotes: list[str] = []
        self._events: SimpleQueue[Event | BaseException] = SimpleQueue()

    def say(self, *quotes: str) -> None:
        for quote in quotes:
            self.quotes.append(quote)
            whole = answer(*self.quotes)
            self._events.put(Said(whole.sentences[-1], whole.citations[-1:]))

    def end(self, last: Answer | BaseException | None = None) -> None:
        """All that was said, or something else."""
        self._events.put(last or replace(answer(*self.quotes), model="scripted:test"))

    def __call__(self, _: Question) -> Iterator[Event]:
        while True:
            event = self._events.get(timeout=_PATIENCE)
            if isinstance(event, BaseException):
                raise event
            yield event


def telling(bot: Bot, *quotes: str) -> Telling:
    """The bot's next answer, whose first sentences are these."""
    bot.chain.script = made = Telling()
    made.say(*quotes)
    return made


async def shows(bot: Bot, handle: Handle, text: str) -> Message:
    return await handle.reply(lambda message: text in message.text, bot.patience)


def named(message: Message) -> list[str | None]:
    return [one.label or one.emoji for one in message.buttons]


def edits(bot: Bot) -> list[float]:
    """When messages were edited."""
    return [one.at for one in bot.discord.requests if f"{one.method} {one.route}" in (EDIT, HOOK_EDIT)]


def refused(bot: Bot) -> list[str]:
    return [str(one) for one in bot.discord.requests if one.status == 429]


# as it grows


@on_discord(hurry=True)
async def test_a_command_s_answer_grows_and_ends_as_any_other(bot: Bot):
    told = telling(bot, "First.")
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    reply = await shows(bot, handle, "First.")
    assert reply.text.startswith("> Who?\nFirst. \\[1]\n**1** Title 1 · ")
    assert reply.text.endswith(GOES_ON) and named(reply) == []
    told.say("Second.")
    await shows(bot, handle, "Second. \\[2]")
    assert reply.text.index("**1** Title 1") < reply.text.index("**2** Title 2 · ")
    assert reply.text.endswith(GOES_ON) and named(reply) == []
    told.end()
    assert await bot.answered(handle) is reply
    assert reply.text.endswith("-# 5 articles searched · 0.0 s · written by scripted\\:test")
    assert "First. \\[1]\nSecond. \\[2]" in reply.text and named(reply) == BUTTONS
    assert GOES_ON not in reply.text and not handle.followups


@on_discord(hurry=True)
async def test_a_mention_is_answered_by_one_message_that_grows(bot: Bot):
    told = telling(bot, "First.")
    handle = await bot.mention()
    reply = await shows(bot, handle, "First.")
    assert reply.text.endswith(GOES_ON) and not reply.pings
    told.say("Second.")
    told.end()
    assert await bot.answered(handle) is reply and "Second." in reply.text
    assert [one for one in bot.channel.messages if one.author is bot.discord.bot] == [reply]


@on_discord()
async def test_an_answer_that_is_quoted_is_shown_once(bot: Bot):
    reply = await bot.answered(await bot.mention())
    assert reply.edits == [] and len(edits(bot)) == 0
    await bot.ask()
    assert len(edits(bot)) == 1


@on_discord(hurry=True)
async def test_what_was_said_after_the_place_in_the_queue_takes_its_place(bot: Bot):
    told = telling(bot, "First.")
    first = await bot.mention("Who?")
    await shows(bot, first, "First.")
    second = await bot.mention("Why?")
    waiting = await shows(bot, second, "You are number 1 in the queue.")
    told.end()
    await bot.answered(first)
    told.say("Second.")
    assert await shows(bot, second, "Second.") is waiting and waiting.text.endswith(GOES_ON)
    told.end()
    await bot.answered(second)


# how often


@on_discord(hurry=True)
async def test_a_burst_of_sentences_costs_few_edits_that_lie_apart(bot: Bot):
    bot.discord.rest.limits = LIMITS
    told = telling(bot)
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    began = bot.discord.now()
    for number in range(60):
        told.say(f"Sentence {number}.")
        await asyncio.sleep(0.25)
    told.end()
    await bot.answered(handle)
    seconds = (bot.discord.now() - began) * _HURRY
    times = edits(bot)
    assert 3 <= len(times) <= seconds / 1.5 + 2
    assert all((later - earlier) * _HURRY >= 1 for earlier, later in pairwise(times))
    assert not refused(bot)


@on_discord(hurry=True)
async def test_sentences_that_come_at_once_are_shown_at_once(bot: Bot):
    told = telling(bot, *(f"Sentence {number}." for number in range(30)))
    told.end()
    reply = await bot.answered(await bot.mention())
    assert len(reply.edits) <= 2 and reply.text.count("Sentence") >= 9


@on_discord(workers=3, hurry=True)
async def test_answers_that_grow_in_one_channel_share_its_edits(bot: Bot):
    bot.discord.rest.limits = LIMITS
    told = Telling()
    bot.chain.script = told
    people = (bot.ana, bot.ben, bot.mia)
    handles = [await one.message(bot.channel, "Who?", mentions=[bot.discord.bot]) for one in people]
    for number in range(60):
        told.say(f"Sentence {number}.")
        await asyncio.sleep(0.5)
    for _ in handles:
        told.end()
    for handle in handles:
        await bot.answered(handle)
    assert len(edits(bot)) > 6 and not refused(bot)


# the end


@on_discord(hurry=True)
async def test_the_whole_answer_counts_and_not_what_was_said_before(bot: Bot):
    told = telling(bot, "Half an answer.")
    handle = await bot.mention()
    await shows(bot, handle, "Half an answer.")
    note = "The language model scripted:test cannot be reached. This is the answer without it."
    told.end(replace(answer("Quoted."), notes=("About Voss:", note)))
    reply = await bot.answered(handle)
    assert reply.text.startswith("About Voss: Quoted. \\[1]\n-# The language model scripted\\:test cannot")
    assert "Half" not in reply.text and "written" not in reply.text and named(reply) == BUTTONS


@pytest.mark.parametrize("error", [TooLate("That took too long."), InputError("That took too long.")])
@on_discord(hurry=True)
async def test_an_error_takes_the_place_of_what_was_said(bot: Bot, error: Exception):
    for ask in (bot.mention, lambda: bot.ana.slash("ask", channel=bot.channel, question="Who?")):
        told = telling(bot, "First.")
        handle = await ask()
        reply = await shows(bot, handle, "First.")
        told.end(error)
        assert await shows(bot, handle, "That took too long.") is reply
        assert reply.text == "That took too long." and named(reply) == []
        assert not (handle.interaction and handle.followups)


@on_discord(hurry=True)
async def test_what_fails_unforeseen_takes_its_place_too(bot: Bot, caplog: pytest.LogCaptureFixture):
    told = telling(bot, "First.")
    handle = await bot.mention()
    reply = await shows(bot, handle, "First.")
    told.end(ValueError("unforeseen"))
    await shows(bot, handle, "Something went wrong here.")
    assert "First." not in reply.text and "unforeseen" in caplog.text


@on_discord(hurry=True, limit=30.0)
async def test_the_deadline_takes_its_place_too(bot: Bot):
    told = telling(bot, "First.")
    handle = await bot.mention()
    reply = await shows(bot, handle, "First.")
    assert await shows(bot, handle, "That took longer than 30 seconds") is reply
    assert "First." not in reply.text
    told.end()


@on_discord(hurry=True)
async def test_a_message_that_is_deleted_meanwhile_is_not_shown_before_the_whole_answer(
    bot: Bot, caplog: pytest.LogCaptureFixture
):
    told = telling(bot, "First.")
    handle = await bot.mention()
    partial = await shows(bot, handle, "First.")
    await bot.mia.delete(partial)
    told.say("Second.")
    await bot.discord.until(
        lambda: "an answer under way came to nothing" in caplog.text, lambda: "the log", bot.patience
    )
    assert not [one for one in bot.channel.messages if one.author is bot.discord.bot]
    told.say("Third.")
    told.end()
    reply = await bot.answered(handle)
    assert reply is not partial and "Third." in reply.text and named(reply) == BUTTONS
    assert [one for one in bot.channel.messages if one.author is bot.discord.bot] == [reply]


@on_discord(hurry=True)
async def test_an_edit_that_takes_long_is_never_the_last(bot: Bot):
    told = telling(bot, "First.")
    handle = await bot.mention()
    await shows(bot, handle, "First.")
    bot.discord.faults.add("PATCH", "/channels/*/messages/*", delay=0.2)
    told.say("Second.")
    await bot.discord.until(lambda: bot.discord.faults.waiting[0].used, lambda: "the slow edit", bot.patience)
    told.end()
    reply = await bot.answered(handle)
    assert GOES_ON not in reply.text and named(reply) == BUTTONS
    assert [GOES_ON in version.text for version in reply.edits][-2:] == [True, False]


@on_discord(hurry=True)
async def test_an_answer_that_cannot_be_shown_as_it_grows_is_shown_whole(bot: Bot):
    bot.discord.faults.add("PATCH", "/webhooks/*", status=403)
    told = telling(bot, "First.")
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    await bot.discord.until(
        lambda: bot.discord.faults.waiting[0].used, lambda: "the refused edit", bot.patience
    )
    told.say("Second.")
    told.end()
    reply = await bot.answered(handle)
    assert "Second." in reply.text and named(reply) == BUTTONS


@on_discord(supervised=True)
async def test_the_end_of_the_bot_waits_for_the_whole_answer(bot: Bot):
    told = telling(bot, "First.")
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    reply = await shows(bot, handle, "First.")
    ending = asyncio.create_task(bot.stop())
    await bot.discord.until(lambda: bot.pool.is_closing, lambda: "the end")
    told.say("Second.")
    told.end()
    await ending
    assert "Second." in reply.text and GOES_ON not in reply.text and named(reply) == BUTTONS
    await bot.start()


@on_discord(supervised=True, hurry=True)
async def test_the_end_of_the_bot_leaves_no_half_of_an_answer(bot: Bot):
    told = telling(bot, "First.")
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    reply = await shows(bot, handle, "First.")
    ending = asyncio.create_task(bot.stop())
    await shows(bot, handle, "I am being restarted")
    assert reply.text == "I am being restarted: please ask again in a minute."
    told.end()
    await ending
    await bot.start()


# Again


@on_discord(hurry=True)
async def test_again_grows_in_place_of_the_answer(bot: Bot):
    reply = await bot.ask("Who?")
    told = telling(bot, "Another.")
    handle = await bot.ben.click(reply, "Again")
    assert await shows(bot, handle, "Another.") is reply
    assert reply.text.startswith("> Who?\nAnother. ") and reply.text.endswith(GOES_ON) and named(reply) == []
    told.end()
    await shows(bot, handle, "written by")
    assert reply.text.startswith("> Who?\nAnother. ") and named(reply) == BUTTONS


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Answer("Who?", False, ()), "The articles hold nothing more on it."),
        (TooLate("That took too long."), "That took too long."),
    ],
)
@on_discord(hurry=True)
async def test_where_again_comes_to_nothing_the_answer_comes_back(bot: Bot, end: Any, words: str):
    reply = await bot.ask("Who met Shoigu?")
    before = reply.text
    told = telling(bot, "Half of another.")
    handle = await bot.ben.click(reply, "Again")
    await shows(bot, handle, "Half of another.")
    told.end(end)
    assert (await handle.followup()).text == words
    assert reply.text == before and named(reply) == BUTTONS


# with a language model


def half_wrong(prompt: str) -> str:
    """A right sentence, a wrong one, and another right one."""
    first, second = (one for one in passages(prompt)[:2])
    right = (one.text.split("Text: ", 1)[-1].split(". ", 1)[0] for one in (first, second))
    return f"{next(right)} [1]. The sum was 271,828 roubles [1]. {next(right)} [2]."


def written(quoth: Any, *replies: Any, mode: Any = "strict") -> Quoth:
    """The seeds' chain, with a language model that follows a script."""
    gate = Gate(None)
    writer = Writer(scripted(*replies)[0], Prompts.load(), gate, mode)
    return Quoth(quoth.index, quoth.settings, quoth.reader, gate, writer)


@pytest.mark.parametrize("mode", ["strict", "mark"])
@on_discord()
async def test_it_says_who_wrote_what_is_left_out_and_what_is_doubtful(bot: Bot, quoth: Any, mode: str):
    bot.chain = written(quoth, half_wrong, mode=mode)
    await bot.restart()
    reply = await bot.answered(await bot.mention("Who met Belousov in Beijing?"))
    lines = reply.text.splitlines()
    left_out = "-# 1 sentence was left out: its citations did not support it."
    doubtful = '-# (doubtful: the number "271,828" is not in the cited text)'
    assert (left_out in lines, doubtful in lines) == (mode == "strict", mode == "mark")
    assert ("271,828 roubles" in reply.text) == (mode == "mark")
    assert lines[-1].endswith(" · written by scripted\\:test") and "\\[2]" in reply.text
    assert named(reply) == BUTTONS


@on_discord()
async def test_a_language_model_that_breaks_off_leaves_the_quoted_answer(bot: Bot, quoth: Any):
    bot.chain = written(quoth, lambda prompt: Cut(half_wrong(prompt), ConnectionError("cut")))
    await bot.restart()
    quoted = quoth.invoke("Who met Belousov in Beijing?")
    reply = await bot.answered(await bot.mention("Who met Belousov in Beijing?"))
    shown = re.sub(r"[\\*]", "", reply.text)
    assert quoted.sentences[0].text[:40] in shown and "This is the answer without it." in shown
    assert "written by" not in shown and GOES_ON not in shown and named(reply) == BUTTONS
