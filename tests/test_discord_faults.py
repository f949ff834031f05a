"""What goes wrong at Discord, in the chain and among people; and that the bot tells, logs and lives on."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from retrieval.errors import InputError, TooLate
from retrieval.types import Answer, Question, Source
from tests.bot_on_discord import Bot, answer, on_discord
from tests.discord_markdown import read
from tests.fake_discord import Handle, Message

Caplog = pytest.LogCaptureFixture
WENT_WRONG = r"Something went wrong here\. Whoever runs me finds it in the log as ([0-9a-f]{8})\."
HOOK, SEND = "/webhooks/*", "/channels/*/messages"
HOSTILE = (
    "\u202e@everyone @here <@1> <@&2> <#3> [x](https://evil.test) https://evil.test discord.gg/evil `c`\n"
    "**b** _i_\n# heading\n-# small\n> quote\n- list\n```py\nfence```\n\u202etxt.exe\u200b <t:1:R> </ask:1>\n"
    ":smile: ||x||"
)


async def lives(bot: Bot) -> None:
    """The bot answers the next question."""
    await bot.answered(await bot.ben.slash("ask", channel=bot.channel, question="Still there?"))


async def told(bot: Bot, handle: Handle, pattern: str) -> re.Match[str]:
    """What the reply says, once it says that."""
    reply = await handle.reply(lambda message: re.search(pattern, message.text), bot.patience)
    found = re.search(pattern, reply.text)
    assert found
    return found


async def logged(bot: Bot, caplog: Caplog, part: str) -> str:
    """The line of the log that holds `part`, once it is there."""
    await bot.discord.until(lambda: part in caplog.text, lambda: f"{part!r} in the log", bot.patience)
    return next(line for line in caplog.messages if part in line)


def failing(error: BaseException) -> Callable[[Question], Answer]:
    def script(_: Question) -> Answer:
        raise error

    return script


# REST


@pytest.mark.parametrize("everywhere", [False, True], ids=["route", "global"])
@on_discord()
async def test_a_rate_limit_is_waited_for(bot: Bot, everywhere: bool):
    for method, path in (("POST", "/interactions/*"), ("PATCH", HOOK), ("POST", SEND)):
        bot.discord.faults.add(method, path, status=429, retry_after=0.02, everywhere=everywhere)
    await bot.ask()
    await bot.answered(await bot.mention())
    assert all(fault.used for fault in bot.discord.faults.waiting)


@on_discord()
async def test_who_meets_the_page_of_a_proxy_is_told(bot: Bot, caplog: Caplog):
    bot.discord.faults.add("PATCH", HOOK, status=429, cloudflare=True)
    found = await told(bot, await bot.ana.slash("ask", channel=bot.channel, question="Who?"), WENT_WRONG)
    assert found[1] in await logged(bot, caplog, found[1])
    await lives(bot)


@on_discord(hurry=True)
async def test_what_fails_at_discord_is_tried_again(bot: Bot):
    for method, path in (("POST", "/interactions/*"), ("PATCH", HOOK), ("POST", SEND)):
        bot.discord.faults.add(method, path, status=500)
        bot.discord.faults.add(method, path, status=502)
    await bot.ask()
    await bot.answered(await bot.mention())
    assert all(fault.used for fault in bot.discord.faults.waiting)


@on_discord(hurry=True)
async def test_what_fails_for_good_is_logged_with_an_id_that_the_person_is_told(bot: Bot, caplog: Caplog):
    bot.discord.faults.add("PATCH", HOOK, status=500, times=5)
    found = await told(bot, await bot.ana.slash("ask", channel=bot.channel, question="Who?"), WENT_WRONG)
    assert f"{found[1]}: /ask failed." == await logged(bot, caplog, found[1])
    assert "DiscordServerError" in caplog.text
    await lives(bot)


@pytest.mark.parametrize("cut", ["before", "after"])
@on_discord(hurry=True)
async def test_a_broken_connection_is_logged_and_outlived(bot: Bot, caplog: Caplog, cut: str):
    bot.discord.faults.add("PATCH", HOOK, cut=cut, times=2)
    await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    await logged(bot, caplog, "/ask failed.")
    await logged(bot, caplog, "a person could not be told")
    await lives(bot)


@on_discord()
async def test_that_it_cannot_be_seen_typing_stops_no_answer(bot: Bot):
    bot.discord.faults.add("POST", "/channels/*/typing", status=403, times=3)
    bot.chain.hold()
    handle = await bot.mention()
    await bot.discord.until(lambda: bot.discord.faults.waiting[0].used, lambda: "typing")
    await asyncio.sleep(0.02)  # until the bot has heard of it
    bot.chain.go_on()
    await bot.answered(handle)


@on_discord()
async def test_what_is_forbidden_is_told_and_logged(bot: Bot, caplog: Caplog):
    reply = await bot.ask()
    bot.discord.faults.add("POST", "/channels/*/messages/*/threads", status=403)
    handle = await bot.ana.click(reply, "Follow up")
    await told(bot, handle, "I lack a permission for that here")
    assert re.match(r"[0-9a-f]{8}: the button follow came to nothing", await logged(bot, caplog, "came to"))
    await lives(bot)


@on_discord()
async def test_an_interaction_that_discord_forgot_is_logged(bot: Bot, caplog: Caplog):
    reply = await bot.ask()
    bot.discord.faults.add("POST", "/interactions/*", status=404, code=10062, times=2)
    await bot.ana.slash("ask", channel=bot.channel, question="Why?")
    await logged(bot, caplog, "/ask came to nothing: 404 Not Found (error code: 10062)")
    await bot.ana.click(reply, "Sources")
    await logged(bot, caplog, "the button sources came to nothing")
    await lives(bot)
    assert [question.text for question in bot.chain.asked] == ["Who?", "Still there?"]


@on_discord()
async def test_an_answer_that_comes_after_its_fifteen_minutes_is_logged(bot: Bot, caplog: Caplog):
    bot.forgive("401 50027")
    bot.chain.hold()
    await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    bot.discord.clock.advance(901)
    bot.chain.go_on()
    await logged(bot, caplog, "a person could not be told")
    await lives(bot)


# what is gone


@on_discord()
async def test_a_question_that_was_deleted_is_answered_where_it_stood(bot: Bot):
    bot.chain.hold()
    handle = await bot.mention("Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    await bot.ana.delete(handle.message)
    bot.chain.go_on()
    assert (await bot.answered(handle)).reference is None


@on_discord(workers=1)
async def test_an_answer_comes_though_its_place_in_the_queue_was_deleted(bot: Bot):
    bot.chain.hold()
    await bot.mention("Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    handle = await bot.ben.message(bot.channel, "Why?", mentions=[bot.discord.bot])
    place = await handle.reply()
    await bot.mia.delete(place)
    bot.chain.go_on()
    assert (await bot.answered(handle)) is not place


@on_discord()
async def test_an_answer_that_was_deleted_meanwhile_is_logged(bot: Bot, caplog: Caplog):
    reply = await bot.ask()
    bot.chain.hold()
    handle = await bot.ben.slash("ask", channel=bot.channel, question="Why?")
    await bot.ana.click(reply, "Again")
    await bot.discord.until(lambda: len(bot.chain.asked) == 3, lambda: "the work")
    await bot.mia.delete(reply)
    await bot.mia.delete(handle.interaction.original)
    bot.chain.go_on()
    await logged(bot, caplog, "the button again came to nothing")
    await logged(bot, caplog, "/ask came to nothing")
    await lives(bot)


@on_discord()
async def test_closed_direct_messages_are_logged(bot: Bot, caplog: Caplog):
    bot.chain.hold()
    await bot.ana.dm("Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    bot.ana.closed_dms = True
    bot.chain.go_on()
    await logged(bot, caplog, "a message came to nothing")
    assert len(bot.discord.asked("POST", "/channels/{channel_id}/messages")) == 1
    await lives(bot)


@on_discord()
async def test_a_channel_that_was_deleted_meanwhile_is_logged(bot: Bot, caplog: Caplog):
    other = bot.guild.channel("questions")
    bot.chain.hold()
    await bot.mention("Who?", channel=other)
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    bot.discord.drop(other)
    bot.chain.go_on()
    await logged(bot, caplog, "a message came to nothing")
    await lives(bot)


# permissions


@on_discord()
async def test_a_mention_where_the_bot_may_not_speak_costs_no_request(bot: Bot, caplog: Caplog):
    other = bot.guild.channel("announcements")
    other.deny(bot.discord.bot, "send_messages send_messages_in_threads")
    before = len(bot.discord.requests)
    with caplog.at_level(logging.INFO):
        handle = await bot.mention(channel=other)
        thread = await bot.ana.thread(handle.message, "Why?")
        await bot.mention(channel=other)
        await logged(bot, caplog, f"Asked in the channel {other.id}, where I may not write.")
    assert len(bot.discord.requests) == before and bot.chain.asked == []
    assert thread.messages[-1].author is not bot.discord.bot
    await lives(bot)


@on_discord()
async def test_where_history_may_not_be_read_the_answer_replies_to_nothing(bot: Bot):
    bot.channel.deny(bot.discord.bot, "read_message_history")
    assert (await bot.answered(await bot.mention("Who?"))).reference is None


# the gateway


@pytest.mark.parametrize(
    "fault",
    [
        lambda faults: faults.reconnect(),
        lambda faults: faults.invalidate(resumable=True),
        lambda faults: faults.invalidate(),
        lambda faults: (faults.refuse_resume(), faults.reconnect()),
        lambda faults: faults.cut_gateway(),
        *[lambda faults, code=code: faults.close(code) for code in (1000, 1001, 4000, 4007, 4008, 4009)],
    ],
    ids="op7 op9-true op9-false resume-refused cut 1000 1001 4000 4007 4008 4009".split(),
)
@on_discord(hurry=True)
async def test_a_lost_connection_is_made_again(bot: Bot, fault: Callable[[Any], Any]):
    bot.chain.hold()
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work", bot.patience)
    paths = len(bot.discord.gateway_state.paths)
    fault(bot.discord.faults)
    await bot.discord.until(
        lambda: len(bot.discord.gateway_state.paths) > paths, lambda: "another connection", bot.patience
    )
    await bot.discord.ready(bot.patience)
    bot.chain.go_on()
    await bot.answered(handle)
    await lives(bot)


@on_discord(hurry=True)
async def test_what_is_asked_while_the_connection_is_lost_is_answered_after(bot: Bot):
    bot.discord.faults.cut_gateway()
    handle = await bot.mention("Who?")
    await bot.answered(handle)
    assert bot.discord.gateway_state.resumed == 1


@pytest.mark.parametrize(
    "fault",
    [
        lambda faults: faults.garbage(),
        lambda faults: faults.garbage("[]"),
        lambda faults: faults.event("MESSAGE_CREATE", {"id": "1"}),
        lambda faults: faults.event("INTERACTION_CREATE", {}),
    ],
    ids=["half", "list", "message", "interaction"],
)
@on_discord(hurry=True, supervised=True)
async def test_what_cannot_be_read_is_logged_and_the_bot_connects_anew(
    bot: Bot, fault: Callable[[Any], Any], caplog: Caplog
):
    fault(bot.discord.faults)
    assert re.match(r"[0-9a-f]{8}: the connection broke\.", await logged(bot, caplog, ": the connection"))
    await bot.discord.until(
        lambda: len(bot.discord.gateway_state.paths) > 1, lambda: "another connection", bot.patience
    )
    await bot.discord.ready(bot.patience)
    await lives(bot)


@on_discord()
async def test_events_that_nobody_knows_are_passed_over(bot: Bot):
    bot.discord.faults.event("SOMETHING_NEW", {"what": "ever"})
    bot.discord.faults.event("GUILD_SOUNDBOARD_SOUND_EXPLODED")
    await lives(bot)
    assert len(bot.discord.gateway_state.paths) == 1


@on_discord(cooldown=0)
async def test_what_is_told_twice_is_answered_once(bot: Bot):
    bot.discord.faults.duplicate("INTERACTION_CREATE", 100)
    bot.discord.faults.duplicate("MESSAGE_CREATE", 100)
    reply = await bot.ask()
    await bot.answered(await bot.mention("Why?"))
    bot.discord.faults.repeat()
    await (await bot.ana.click(reply, "Sources")).reply()
    form = await bot.ana.click(reply, "👎")
    await (await bot.ana.submit_modal(form, {"reason": "No."})).reply()
    await (await bot.ana.autocomplete("source", "name", "", channel=bot.channel)).choices()
    panel = await (await bot.mia.slash("settings", channel=bot.channel)).reply()
    await (await bot.mia.click(panel, "Answers: for everybody")).reply()
    await lives(bot)
    assert bot.store.settings(bot.guild.id).private and len(bot.chain.asked) == 3
    assert len([one for one in bot.channel.messages if one.author is bot.discord.bot]) == 2


# untrusted text


def hostile(question: Question) -> Answer:
    given = answer(HOSTILE, HOSTILE * 3, question=question.text)
    source = Source(HOSTILE.replace("\n", " "), HOSTILE, HOSTILE, HOSTILE)
    citations = tuple(replace(one, source=source) for one in given.citations)
    return replace(given, citations=citations, notes=(HOSTILE,), short_answer="x")


def declining(question: Question) -> Answer:
    return Answer(question.text, False, (), nearest=Source(HOSTILE, HOSTILE, HOSTILE))


def harmless(message: Message) -> None:
    kinds = Counter(kind for line in message.text.split("\n") for kind, _ in read(line).live)
    assert set(kinds) <= {"bold", "subtext", "quote"} and kinds["quote"] <= 1
    assert not message.pings and "\u202e" not in message.text


@pytest.mark.parametrize("script", [hostile, declining])
@on_discord()
async def test_no_article_and_no_question_pings_links_or_formats(bot: Bot, script: Any):
    bot.guild.permit(bot.guild.bot_role, "administrator")  # who may ping, and must not
    bot.chain.script = script
    reply = await bot.ask(HOSTILE)
    harmless(reply)
    harmless(await bot.answered(await bot.mention(HOSTILE)))
    if script is hostile:
        harmless(await (await bot.ana.click(reply, "Sources")).reply())
    await (await bot.ana.click(reply, "Follow up")).reply(lambda message: "goes on" in message.text)
    assert "\u202e" not in reply.thread.name and "\n" not in reply.thread.name
    everything = [request.body for request in bot.discord.requests if isinstance(request.body, dict)]
    sent = [body.get("data", body) for body in everything]
    mentions = [body["allowed_mentions"] for body in sent if isinstance(body, dict) and "components" in body]
    assert mentions and all(one["parse"] == [] for one in mentions)


# people


@on_discord()
async def test_a_pause_between_questions_holds_for_each_person_in_each_server(bot: Bot):
    bot.rule(cooldown=60)
    bot.pause = 0.5
    await bot.ask()
    command = await bot.ana.slash("ask", channel=bot.channel, question="Why?")
    for handle in (command, await bot.mention("Why?")):
        await told(bot, handle, r"Please ask again in \d+ seconds\.")
    await lives(bot)
    await bot.answered(await bot.ana.dm("Why?"))
    bot.seconds += 60
    await bot.ask()


@on_discord()
async def test_without_a_pause_nobody_waits(bot: Bot):
    bot.rule(cooldown=0)
    bot.pause = 0.0
    for _ in range(3):
        await bot.ask()


@on_discord(workers=2, queue=100, heartbeat=0.5)
async def test_two_hundred_questions_at_once_are_answered_or_refused_politely(bot: Bot):
    bot.chain.hold()
    people = [bot.discord.user(f"Person {number}", bot.guild) for number in range(50)]
    rooms = [bot.guild.channel(f"room-{number}") for number in range(10)]
    handles = []
    for number, person in enumerate(people):
        room = rooms[number % 10]
        handles.append(await person.slash("ask", channel=room, question=f"Who is {number}?"))
        handles.append(await person.slash("ask", question=f"Why {number}?"))
        handles.append(await person.message(room, f"When {number}?", mentions=[bot.discord.bot]))
        handles.append(await person.dm(f"Where {number}?"))
        await asyncio.sleep(0)

    def refused() -> int:
        shown = [message.text for place in bot.discord.channels.values() for message in place.messages]
        return sum("Too many people are asking me" in text for text in shown)

    await bot.discord.until(lambda: refused() == 98, lambda: f"98 refusals: there are {refused()}", 60)
    bot.chain.go_on()
    last = [await handle.reply(lambda message: "queue" not in message.text, 60) for handle in handles]
    assert sum("searched" in message.text for message in last) == len(bot.chain.asked) == 102
    assert refused() == 98 and len(bot.chain.threads) == 2 and bot.discord.heartbeats
    assert all(handle.interaction.seconds < 3 for handle in handles if handle.interaction)
    await lives(bot)


# the chain


@on_discord(limit=0.05, workers=1)
async def test_a_question_that_takes_too_long_is_given_up_and_said_so(bot: Bot):
    bot.chain.hold()
    handles = [await bot.ana.slash("ask", channel=bot.channel, question="Who?")]
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    for handle in handles:
        await told(bot, handle, r"That took longer than 0\.05 seconds and was given up")
    assert bot.chain.asked[0].deadline is not None
    bot.chain.go_on()
    await lives(bot)


@on_discord()
async def test_what_the_chain_gives_up_is_said(bot: Bot):
    bot.chain.script = failing(TooLate("The question took too long and was given up: ask again."))
    await told(bot, await bot.mention(), "The question took too long and was given up: ask again")


@on_discord()
async def test_an_error_of_the_chain_is_told_with_an_id_that_the_log_has(bot: Bot, caplog: Caplog):
    reply = await bot.ask()
    bot.chain.script = failing(RuntimeError("@everyone: a secret of the machine"))
    handles = {
        "/ask": await bot.ana.slash("ask", channel=bot.channel, question="Who?"),
        "a message": await bot.ben.message(bot.channel, "Who?", mentions=[bot.discord.bot]),
    }
    for what, handle in handles.items():
        found = await told(bot, handle, WENT_WRONG)
        assert f"{found[1]}: {what} failed." == await logged(bot, caplog, found[1])
    handle = await bot.mia.click(reply, "Again")
    followed = await handle.followup()
    found = re.fullmatch(WENT_WRONG, followed.text)
    assert found and followed.viewer is bot.mia and "searched" in reply.text
    assert "a secret of the machine" in caplog.text
    assert not any("secret" in message.text for message in bot.channel.every.values())
    bot.chain.script = answer_all
    await lives(bot)


def answer_all(question: Question) -> Answer:
    return answer("Yes.", question=question.text)


@on_discord(workers=1)
async def test_an_error_takes_the_place_of_the_place_in_the_queue(bot: Bot):
    bot.chain.hold()
    bot.chain.script = failing(InputError("The *question* is odd."))
    first = await bot.mention("Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    command = await bot.ben.slash("ask", channel=bot.channel, question="Why?")
    message = await bot.mia.message(bot.channel, "When?", mentions=[bot.discord.bot])
    places = [await handle.reply(lambda shown: "in the queue" in shown.text) for handle in (command, message)]
    bot.chain.go_on()
    for handle in (first, command, message):
        await told(bot, handle, r"The \\\*question\\\* is odd\.")
    assert all("odd" in place.text for place in places) and command.followups == []


@on_discord()
async def test_a_completion_that_fails_offers_nothing(bot: Bot, caplog: Caplog):
    seeds, bot.chain.index = bot.chain.index, None
    handle = await bot.ana.autocomplete("source", "name", "", channel=bot.channel)
    assert await handle.choices() == []
    await logged(bot, caplog, "a completion failed.")
    bot.chain.index = seeds
    await lives(bot)
