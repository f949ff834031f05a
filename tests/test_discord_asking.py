"""Every way of asking the bot on Discord, and which conversation a question goes on with."""

from __future__ import annotations

import datetime as dt
import logging

import pytest

from bot.discord.message import Colour
from bot.discord.records import ServerSettings
from retrieval.types import Filters
from tests.bot_on_discord import Bot, Chain, answer, on_discord
from tests.fake_discord import Channel, Message

CHECK = "Check against the articles"
BUTTONS = ["Sources", "Follow up", "Again", "👍", "👎"]


def named(message: Message) -> list[str | None]:
    return [one.label or one.emoji for one in message.buttons]


def colour(message: Message) -> int:
    return message.components[0]["accent_color"]


async def followed(bot: Bot, reply: Message) -> Channel:
    """The thread that Follow up opens."""
    handle = await bot.ana.click(reply, "Follow up")
    shown = await handle.reply(lambda message: "It goes on in" in message.text)
    assert reply.thread and shown.text == f"It goes on in <#{reply.thread.id}>."
    return reply.thread


# /ask


@on_discord()
async def test_a_command_is_deferred_then_answered_with_the_question_above_and_buttons_below(bot: Bot):
    handle = await bot.ana.slash("ask", channel=bot.channel, question="Who met Shoigu?")
    reply = await bot.answered(handle)
    assert (await handle.first_response()).response == "deferred" and not reply.ephemeral
    assert reply.text.startswith("> Who met Shoigu?\nWho met Shoigu? \\[1]\n**1** Title 1 · seeds/1")
    assert reply.text.endswith("-# 5 articles searched · 0.0 s")
    assert named(reply) == BUTTONS and colour(reply) == Colour.ANSWERED


@on_discord()
async def test_the_options_of_a_command_restrict_the_search(bot: Bot):
    await bot.ask("Who?", publisher="the guardian", since="2023-01-01", until="2023-12-31")
    wanted = Filters("the guardian", dt.date(2023, 1, 1), dt.date(2023, 12, 31))
    assert bot.chain.asked[0].filters == wanted


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"since": "soon"}, "since 'soon' is not a day: write it as 2023-07-03."),
        ({"until": "1.2.2023"}, "until '1.2.2023' is not a day: write it as 2023-07-03."),
        ({"since": "2024-01-01", "until": "2023-01-01"}, "since 2024-01-01 is later than until 2023-01-01"),
        ({"publisher": "@everyone"}, "No article is by '\\@\u200beveryone': the publishers are"),
        ({"question": "   "}, "The question is empty"),
    ],
)
@on_discord()
async def test_what_cannot_be_asked_is_told_to_who_asks(bot: Bot, options: dict[str, str], told: str):
    handle = await bot.ana.slash("ask", channel=bot.channel, options={"question": "Who?"} | options)
    reply = await handle.reply()
    assert told in reply.text and not reply.pings and not handle.followups
    assert bot.chain.asked == []


@on_discord()
async def test_publishers_complete_themselves(bot: Bot):
    handle = await bot.ana.autocomplete("ask", "publisher", "GUAR", channel=bot.channel, question="Who?")
    assert await handle.choices() == [{"name": "The Guardian", "value": "The Guardian"}]
    handle = await bot.ana.autocomplete("ask", "publisher", "", channel=bot.channel)
    assert [one["name"] for one in await handle.choices()] == ["The Guardian", "Warsaw Institute"]
    handle = await bot.ana.autocomplete("ask", "publisher", "nobody", channel=bot.channel)
    assert await handle.choices() == []


@on_discord()
async def test_a_command_in_the_direct_message_is_answered_there(bot: Bot):
    reply = await bot.answered(await bot.ana.slash("ask", question="Who?"))
    assert not reply.ephemeral and named(reply) == ["Sources", "Again", "👍", "👎"]


@on_discord()
async def test_private_answers_are_seen_by_who_asks_alone(bot: Bot):
    bot.rule(private=True)
    reply = await bot.ask()
    assert reply.viewer is bot.ana and "Follow up" not in named(reply)
    handle = await bot.ana.click(reply, "Again")
    await handle.reply(lambda message: "tell me more" in message.text)
    assert "Follow up" not in named(reply)


@on_discord()
async def test_where_the_bot_may_not_speak_only_who_asks_is_answered(bot: Bot):
    bot.channel.deny(bot.discord.bot, "send_messages")
    reply = await bot.ask()
    assert reply.viewer is bot.ana


# messages


@on_discord()
async def test_a_mention_is_answered_in_reply_without_a_ping(bot: Bot):
    handle = await bot.mention("Who met Shoigu?")
    reply = await bot.answered(handle)
    assert reply.reference is handle.message and not reply.pings
    assert reply.text.startswith("Who met Shoigu? \\[1]") and named(reply) == BUTTONS
    assert bot.chain.asked[0].text == "Who met Shoigu?"


@on_discord()
async def test_others_who_are_mentioned_are_their_names(bot: Bot):
    await bot.answered(await bot.mention(f"What did {bot.ben.mention} say to <@!{bot.discord.bot.id}>?"))
    assert bot.chain.asked[0].text == "What did Ben say to ?"


@on_discord()
async def test_an_application_with_another_id_than_its_user_finds_its_mention(bot: Bot):
    await bot.stop()
    bot.discord.application_id = bot.discord.new_id()
    await bot.start()
    await bot.answered(await bot.mention("Who?"))
    assert bot.chain.asked[0].text == "Who?"


@on_discord(message_content=True)
async def test_a_mention_of_the_bots_role_is_answered_where_it_can_be_read(bot: Bot):
    bot.guild.bot_role.mentionable = True
    await bot.answered(await bot.ana.message(bot.channel, "Who?", mentions=[bot.guild.bot_role]))
    assert bot.chain.asked[0].text == "Who?"


@on_discord()
async def test_who_mentions_the_bots_role_is_told_where_it_cannot_be_read(bot: Bot):
    bot.guild.bot_role.mentionable = True
    handle = await bot.ana.message(bot.channel, "Who?", mentions=[bot.guild.bot_role])
    reply = await handle.reply()
    assert reply.text == f"I cannot read that: mention me, <@{bot.discord.bot.id}>, not my role."
    assert not reply.pings and bot.chain.asked == []


@on_discord()
async def test_a_mention_alone_gets_the_help(bot: Bot):
    reply = await (await bot.mention("")).reply()
    assert "Ask me about the articles" in reply.text and bot.chain.asked == []


@on_discord(message_content=True)
async def test_what_is_not_meant_for_the_bot_gets_no_answer(bot: Bot):
    thread = await bot.ana.thread((await bot.mention("Who?")).message, "Ours")
    await bot.ana.message(bot.channel, "Who else?")
    await bot.ana.message(thread, "And here?")
    await bot.ana.message(bot.channel, "@everyone")
    await bot.answered(await bot.mention("Why?"))
    assert [question.text for question in bot.chain.asked] == ["Who?", "Why?"]


@on_discord()
async def test_a_direct_message_is_answered(bot: Bot):
    reply = await bot.answered(await bot.ana.dm("Who?"))
    assert reply.channel is bot.discord.dm(bot.ana) and "Follow up" not in named(reply)


# what is shown meanwhile


@on_discord(workers=1)
async def test_who_has_to_wait_sees_their_place_then_the_answer(bot: Bot):
    bot.chain.hold()
    first = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    command = await bot.ben.slash("ask", channel=bot.channel, question="Why?")
    assert (await command.reply()).text == "You are number 1 in the queue."
    message = await bot.mia.message(bot.channel, "When?", mentions=[bot.discord.bot])
    waiting = await message.reply()
    assert waiting.text == "You are number 2 in the queue."
    bot.chain.go_on()
    for handle in (first, command, message):
        await bot.answered(handle)
    assert await message.reply() is waiting and "When?" in waiting.text
    assert [question.text for question in bot.chain.asked] == ["Who?", "Why?", "When?"]
    assert all(name.startswith("quoth-discord") for name in bot.chain.threads)


@on_discord()
async def test_it_is_seen_that_the_bot_is_typing(bot: Bot):
    bot.chain.hold()
    handle = await bot.mention()
    await bot.discord.until(lambda: bot.channel.typing, lambda: "typing")
    bot.chain.go_on()
    await bot.answered(handle)


@on_discord(workers=1, queue=0)
async def test_who_finds_the_queue_full_is_told_to_come_back(bot: Bot):
    bot.chain.hold()
    first = await bot.ana.slash("ask", channel=bot.channel, question="Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    handle = await bot.ben.slash("ask", channel=bot.channel, question="Why?")
    assert "ask again in a minute" in (await handle.reply()).text
    reply = await (await bot.mia.message(bot.channel, "When?", mentions=[bot.discord.bot])).reply()
    assert "ask again in a minute" in reply.text
    bot.chain.go_on()
    await bot.answered(first)


@on_discord()
async def test_a_persons_next_question_waits_for_the_one_before(bot: Bot):
    bot.chain.hold()
    first = await bot.mention("Who?")
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    second = await bot.mention("Why?")
    assert (await second.reply()).text == "You are number 1 in the queue."
    bot.chain.go_on()
    await bot.answered(first)
    assert "Who? Why?" in (await bot.answered(second)).text


# conversations


@on_discord()
async def test_a_person_in_a_channel_goes_on_for_ten_minutes(bot: Bot):
    await bot.answered(await bot.mention("Who?"))
    bot.wait(9)
    assert "Who? Why?" in (await bot.answered(await bot.mention("Why?"))).text
    other = await bot.ben.message(bot.channel, "When?", mentions=[bot.discord.bot])
    assert (await bot.answered(other)).text.startswith("When? ")
    bot.wait(11)
    assert (await bot.answered(await bot.mention("Where?"))).text.startswith("Where? ")


@on_discord()
async def test_a_reply_goes_on_with_the_answer_that_it_replies_to(bot: Bot):
    first = await bot.answered(await bot.mention("Who?"))
    await bot.answered(await bot.mention("Why?"))
    bot.wait(60)
    reply = await bot.answered(await bot.ben.message(bot.channel, "When?", reply_to=first))
    assert reply.text.startswith("Who? When? ")
    again = await bot.answered(await bot.ana.message(bot.channel, "Where?", reply_to=reply))
    assert again.text.startswith("Who? When? Where? ")
    command = await bot.ask("Who else?")
    reply = await bot.answered(await bot.ben.message(bot.channel, "Whom?", reply_to=command))
    assert reply.text.startswith("Who else? Whom? ")


@on_discord()
async def test_a_reply_that_pings_nobody_is_between_people(bot: Bot):
    first = await bot.answered(await bot.mention("Who?"))
    await bot.ben.message(bot.channel, "Interesting.", reply_to=first, ping=False)
    await bot.answered(await bot.mention("Why?"))
    assert [question.text for question in bot.chain.asked] == ["Who?", "Why?"]


@on_discord()
async def test_direct_messages_are_one_conversation(bot: Bot):
    await bot.answered(await bot.ana.dm("Who?"))
    bot.wait(10_000)
    assert (await bot.answered(await bot.ana.dm("Why?"))).text.startswith("Who? Why? ")
    assert (await bot.answered(await bot.ben.dm("When?"))).text.startswith("When? ")


@on_discord()
async def test_a_command_starts_afresh(bot: Bot):
    await bot.answered(await bot.mention("Who?"))
    assert (await bot.ask("Why?")).text.startswith("> Why?\nWhy? ")


@on_discord()
async def test_a_thread_goes_on_with_the_answer_it_was_opened_from(bot: Bot):
    first = await bot.ask("Who?")
    thread = await followed(bot, first)
    assert thread.name == "Who?"
    assert thread.messages[-1].text == "Ask on here: mention me, or reply to my answer with a ping."
    reply = await bot.answered(await bot.mention("Why?", channel=thread))
    assert reply.text.startswith("Who? Why? ") and "Follow up" not in named(reply)
    await bot.ben.message(thread, "Interesting.")
    handle = await bot.ben.slash("ask", channel=thread, question="When?")
    assert (await bot.answered(handle)).text.startswith("> When?\nWho? Why? When? ")
    handle = await bot.ben.message(thread, "Where?", reply_to=reply)
    assert (await bot.answered(handle)).text.startswith("Who? Why? Where? ")


@on_discord(message_content=True)
async def test_where_it_may_read_all_a_thread_of_the_bots_needs_no_mention(bot: Bot):
    thread = await followed(bot, await bot.ask("Who?"))
    assert thread.messages[-1].text == "Ask on here."
    reply = await bot.answered(await bot.ben.message(thread, "Why?"))
    assert reply.text.startswith("Who? Why? ")
    await bot.restart()
    reply = await bot.answered(await bot.ana.message(thread, "When?"))
    assert reply.text.startswith("Who? Why? When? ")


# without the bot in the server


@on_discord()
async def test_who_installed_the_bot_uses_it_in_other_servers_and_channels(bot: Bot):
    guild = bot.discord.guild("Elsewhere", bot=False)
    channel = guild.channel("general")
    cleo = bot.discord.user("Cleo", guild, installed=True)
    dora = bot.discord.user("Dora", guild)
    assert {"ask", "sources", "help"} <= set(cleo.commands(channel))
    assert not {"settings", "stats"} & set(cleo.commands(channel)) and dora.commands(channel) == []
    for place in (channel, bot.discord.private(cleo, dora)):
        reply = await bot.answered(await cleo.slash("ask", channel=place, question="Who?"))
        assert not reply.ephemeral and named(reply) == ["Sources", "Again", "👍", "👎"]
        shown = await (await cleo.click(reply, "Sources")).reply()
        assert shown.viewer is cleo
    asked = (await dora.message(channel, "Was it Shoigu?")).message
    assert "states nothing" in (await (await cleo.context_menu(CHECK, asked)).reply()).text


@on_discord()
async def test_a_servers_rules_hold_where_the_bot_is_no_member(bot: Bot):
    guild = bot.discord.guild("Elsewhere", bot=False)
    channel, other = guild.channel("general"), guild.channel("questions")
    cleo = bot.discord.user("Cleo", guild, installed=True)
    bot.store.set_settings(guild.id, ServerSettings(channels=frozenset({other.id})))
    reply = await (await cleo.slash("ask", channel=channel, question="Who?")).reply()
    assert reply.text == f"Here I may not answer: please ask in <#{other.id}>." and reply.viewer is cleo
    await bot.answered(await cleo.slash("ask", channel=other, question="Who?"))


# a server's rules


@on_discord()
async def test_rules_of_channels_hold_for_every_way_of_asking(bot: Bot):
    other = bot.guild.channel("questions")
    bot.rule(channels=frozenset({other.id}))
    told = f"Here I may not answer: please ask in <#{other.id}>."
    claim = (await bot.ben.message(bot.channel, "It was Shoigu.")).message
    for handle in (
        await bot.ana.slash("ask", channel=bot.channel, question="Who?"),
        await bot.ana.context_menu(CHECK, claim),
        await bot.ana.slash("sources", channel=bot.channel),
        await bot.ana.slash("source", channel=bot.channel, name="003"),
        await bot.mention("Who?"),
    ):
        reply = await handle.reply()
        assert reply.text == told and (handle.message or reply.viewer is bot.ana)
    handle = await bot.ana.slash("ask", channel=other, question="Who?")
    thread = await followed(bot, await bot.answered(handle))
    await bot.answered(await bot.mention("Why?", channel=thread))
    await bot.answered(await bot.ana.dm("Who?"))
    assert len(bot.chain.asked) == 3


@on_discord()
async def test_rules_of_roles_hold_for_every_way_of_asking(bot: Bot):
    role = bot.guild.role("Readers")
    bot.rule(roles=frozenset({role.id}))
    for handle in (
        await bot.ana.slash("ask", channel=bot.channel, question="Who?"),
        await bot.mention("Who?"),
    ):
        reply = await handle.reply()
        assert reply.text == f"On this server only <@&{role.id}> may ask me." and not reply.pings
    bot.guild.join(bot.ana, role)
    await bot.ask()
    await bot.answered(await bot.mention())


@on_discord()
async def test_a_server_with_articles_of_its_own_is_answered_from_them_alone(bot: Bot):
    guild = bot.discord.guild("Rivals")
    channel, rita = guild.channel("general"), bot.discord.user("Rita", guild)
    bot.chains[guild.id] = Chain(bot.chain.index, lambda question: answer("A secret."))
    await bot.restart()
    assert "A secret" in (await bot.answered(await rita.slash("ask", channel=channel, question="Who?"))).text
    assert "A secret" not in (await bot.ask()).text
    reply = await bot.answered(await rita.dm("Who?"))
    assert "A secret" not in reply.text and bot.chain.asked[-1].history == ()


# from the seeds


@on_discord()
async def test_the_seeds_answer_with_citations_and_go_on(seeded: Bot):
    reply = await seeded.answered(await seeded.mention("Who met Dong Jun in Beijing?"))
    assert "Belousov" in reply.text and "**1** China, Russia pledge to strengthen military" in reply.text
    assert colour(reply) == Colour.ANSWERED and "5 articles searched" in reply.text
    citation = seeded.store.by_message(reply.id).answer.citations[0]
    text = (seeded.chain.index.folder / citation.source.file).read_text("utf-8")
    assert citation.span.of(text) == citation.quote and f":{citation.line}\n" in reply.text
    then = await seeded.answered(await seeded.mention("What did he say?"))
    assert then.text.startswith("About ")
    guardian = await seeded.ask("Who met in Moscow?", publisher="The Guardian")
    assert "The Guardian" in guardian.text and "Warsaw" not in guardian.text


@on_discord()
async def test_the_seeds_decline_with_the_nearest_article(seeded: Bot):
    reply = await seeded.ask("How many goals did Brazil score?")
    assert "The articles don't say" in reply.text.replace("’", "'") and "The nearest article" in reply.text
    assert colour(reply) == Colour.DECLINED and named(reply) == ["Follow up", "👍", "👎"]


@pytest.mark.parametrize(
    ("words", "part"), [("hi", "Hello"), ("what can you do?", "ask"), ("thanks!", "welcome")]
)
@on_discord()
async def test_small_talk_gets_a_fitting_reply_without_buttons(seeded: Bot, words: str, part: str):
    reply = await seeded.answered(await seeded.ana.dm(words), "")
    assert part in reply.text and reply.buttons == [] and colour(reply) == Colour.TALK


# the log


@on_discord()
async def test_the_log_has_a_line_a_question_without_its_words(bot: Bot, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        await bot.ask("Who met Shoigu?")
    line = next(one for one in caplog.messages if one.startswith("asked "))
    assert f"guild={bot.guild.id} answered" in line
    assert "Shoigu" not in caplog.text and "Ana" not in caplog.text and bot.discord.token not in caplog.text


@on_discord(log_questions=True)
async def test_the_log_has_the_words_where_that_is_set(bot: Bot, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        await bot.ask("Who met Shoigu?")
    assert "Who met Shoigu?" in caplog.text
