"""The buttons under an answer: what they show, what they keep, and that they outlive the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.discord import views
from bot.discord.buttons import Button
from retrieval.types import Answer, Question
from tests.bot_on_discord import Bot, answer, on_discord, quoting
from tests.fake_discord import Handle, Message

EXPIRED = "That answer is not kept any more: please ask again."
NOTHING = "The articles hold nothing more on it."
GUARDIAN, WARSAW = "003_26fcac81bdbe5597.txt", "002_b34b2286f5eb3993.txt"


def labels(message: Message) -> list[str]:
    return [one.label for one in message.buttons if one.label]


async def until(handle: Handle, text: str) -> Message:
    return await handle.reply(lambda message: text in message.text)


def one_by_one(*quotes: str) -> Callable[[Question], Answer]:
    """A script that knows so many quotes, and gives the first that the history does not hold."""

    def script(question: Question) -> Answer:
        told = " ".join(turn.text for turn in question.history)
        left = [quote for quote in quotes if quote not in told]
        return answer(left[0], question=question.text) if left else Answer(question.text, False, ())

    return script


# Sources


@on_discord()
async def test_sources_are_leafed_through_in_their_text_by_who_presses(bot: Bot):
    bot.chain.script = quoting(bot.chain.index, [GUARDIAN, WARSAW])
    reply = await bot.ask()
    handle = await bot.ben.click(reply, "Sources")
    shown = await handle.reply()
    assert shown.viewer is bot.ben and shown is not reply
    first, second = (citation.quote for citation in bot.store.by_message(reply.id).answer.citations)
    around = bot.chain.index.dense.article(GUARDIAN)[0].text
    before = next(line for line in around.split("\n") if line)
    assert f"seeds/{GUARDIAN[:3]}" in shown.text and f"**{first[:20]}" in shown.text.replace("\\", "")
    assert before in shown.text.replace("\\", "") and labels(shown) == ["Next"]
    assert await (await bot.ben.click(shown, "Next")).reply() is shown
    assert f"**{second[:20]}" in shown.text.replace("\\", "") and labels(shown) == ["Previous"]
    await (await bot.ben.click(shown, "Previous")).reply(lambda message: labels(message) == ["Next"])
    assert labels(reply)[:1] == ["Sources"]


@on_discord()
async def test_a_source_whose_article_is_gone_is_its_quote(bot: Bot):
    shown = await (await bot.ana.click(await bot.ask("Who met Shoigu?"), "Sources")).reply()
    assert shown.text == "**Title 1**\nseeds/1\\.txt\\:1\n\n**Who met Shoigu?**" and labels(shown) == []


# Follow up


@on_discord()
async def test_a_thread_is_opened_once(bot: Bot):
    reply = await bot.ask("Who *met* <@1>\n# Shoigu? " + "Tell all. " * 20)
    first, second = await bot.ana.click(reply, "Follow up"), await bot.ben.click(reply, "Follow up")
    for handle in (first, second):
        assert (await until(handle, "It goes on")).text == f"It goes on in <#{reply.thread.id}>."
    tries = len(bot.discord.asked("POST", "/channels/{channel_id}/messages/{message_id}/threads"))
    await until(await bot.mia.click(reply, "Follow up"), f"It goes on in <#{reply.thread.id}>.")
    assert len(bot.discord.asked("POST", "/channels/{channel_id}/messages/{message_id}/threads")) == tries
    assert len(reply.thread.messages) == 2 and 0 < len(reply.thread.name) <= 90


@on_discord()
async def test_a_thread_that_somebody_opened_before_becomes_the_conversations(bot: Bot):
    reply = await bot.ask("Who?")
    thread = await bot.ben.thread(reply, "Ours")
    await until(await bot.ana.click(reply, "Follow up"), f"It goes on in <#{thread.id}>.")
    assert (await bot.answered(await bot.mention("Why?", channel=thread))).text.startswith("Who? Why? ")


@pytest.mark.parametrize("missing", ["create_public_threads", "send_messages_in_threads"])
@on_discord()
async def test_who_may_not_open_threads_says_what_is_missing(bot: Bot, missing: str):
    reply = await bot.ask()
    bot.channel.deny(bot.discord.bot, missing)
    shown = await (await bot.ana.click(reply, "Follow up")).reply()
    assert "Create Public Threads and Send Messages in Threads" in shown.text and shown.viewer is bot.ana


# Again


@on_discord()
async def test_again_shows_the_next_best_in_place_until_nothing_is_left(bot: Bot):
    bot.chain.script = one_by_one("First.", "Second.", "Third.")
    reply = await bot.ask("Who?")
    assert reply.text.startswith("> Who?\nFirst. ")
    for quote in ("Second.", "Third."):
        handle = await bot.ben.click(reply, "Again")
        assert await until(handle, quote) is reply and reply.text.startswith(f"> Who?\n{quote} ")
    left = await (await bot.ana.click(reply, "Again")).followup()
    assert left.text == NOTHING and left.viewer is bot.ana and "Third." in reply.text
    then = await bot.answered(await bot.ana.message(bot.channel, "Why?", reply_to=reply))
    assert bot.chain.asked[-1].text == "Why?" and then.reference.reference is reply


@on_discord()
async def test_again_pressed_twice_at_once_goes_two_steps(bot: Bot):
    bot.chain.script = one_by_one("First.", "Second.", "Third.")
    reply = await bot.ask("Who?")
    for _ in range(2):
        await bot.ana.click(reply, "Again")
    await bot.discord.until(lambda: "Third." in reply.text, lambda: "the third quote")
    shown = [version.text.split(" \\")[0] for version in reply.edits[-2:]]
    assert shown == ["> Who?\nSecond.", "> Who?\nThird."]


@on_discord()
async def test_again_goes_on_with_the_conversation_of_the_answer(bot: Bot):
    bot.chain.script = lambda question: answer(f"Answer {len(bot.chain.asked)}.", question=question.text)
    await bot.answered(await bot.mention("Who?"))
    reply = await bot.answered(await bot.mention("Why?"))
    await until(await bot.ana.click(reply, "Again"), "Answer 3.")
    assert not reply.text.startswith(">")
    await bot.answered(await bot.ana.message(bot.channel, "When?", reply_to=reply))
    asked = [turn.question for turn in bot.chain.asked[-1].history]
    assert (asked[0], asked[-1]) == ("Who?", "Why?")


@on_discord(workers=1)
async def test_who_presses_again_is_told_their_place(bot: Bot):
    reply = await bot.ask("Who?")
    bot.chain.hold()
    await bot.ben.slash("ask", channel=bot.channel, question="Why?")
    await bot.discord.until(lambda: len(bot.chain.asked) == 2, lambda: "the work")
    handle = await bot.ana.click(reply, "Again")
    place = await handle.followup()
    assert place.text == "You are number 1 in the queue." and place.viewer is bot.ana
    bot.chain.go_on()
    await until(handle, "tell me more")


@on_discord()
async def test_the_seeds_never_tell_the_same_again(seeded: Bot):
    reply = await seeded.ask("Who met in Moscow?")
    told: list[str] = []
    for step in range(3):
        quotes = [citation.quote for citation in seeded.store.by_message(reply.id).answer.citations]
        assert quotes and not set(told) & set(quotes)
        told += quotes
        await seeded.ana.click(reply, "Again")
        await seeded.discord.until(lambda step=step: len(reply.edits) > step, lambda: "the next best answer")
    assert reply.text.startswith("> Who met in Moscow?\n")


# votes


@on_discord()
async def test_a_person_has_one_vote_which_may_change_with_a_reason(bot: Bot):
    reply = await bot.ask("Who met Shoigu?")
    thanks = await (await bot.ben.click(reply, "👍")).reply()
    assert thanks.text == "Thank you. Your vote is kept; /forget-me deletes it." and thanks.viewer is bot.ben
    await (await bot.ana.click(reply, "👍")).reply()
    form = await bot.ana.click(reply, "👎")
    assert (await form.modal())["title"] == "What is wrong with it?"
    assert sorted(vote.verdict for vote in bot.store.votes()) == [-1, 1]
    done = await (await bot.ana.submit_modal(form, {"reason": "  He met *nobody*. "})).reply()
    assert done.text == "Thank you, that helps." and done.viewer is bot.ana
    votes = {vote.verdict: vote for vote in bot.store.votes()}
    assert votes[-1].reason == "He met *nobody*." and votes[1].reason == ""
    assert votes[-1].question == "Who met Shoigu?" and votes[-1].citations[0].file == "1.txt"
    await (await bot.ana.click(reply, "👍")).reply()
    assert [vote.verdict for vote in bot.store.votes()] == [1, 1]


@on_discord()
async def test_a_reason_may_be_left_out(bot: Bot):
    form = await bot.ana.click(await bot.ask(), "👎")
    await (await bot.ana.submit_modal(form, {})).reply()
    assert [(vote.verdict, vote.reason) for vote in bot.store.votes()] == [(-1, "")]


@pytest.mark.parametrize("vote", ["👍", "👎"])
@on_discord()
async def test_the_same_vote_again_takes_it_back(bot: Bot, vote: str):
    reply = await bot.ask()
    await (await bot.ana.click(reply, vote)).first_response()
    assert len(bot.store.votes()) == 1
    done = await (await bot.ana.click(reply, vote)).reply()
    assert done.text == "Your vote is taken back." and bot.store.votes() == []


# what outlives what


@on_discord()
async def test_every_button_works_after_a_restart(bot: Bot):
    bot.chain.script = quoting(bot.chain.index, [GUARDIAN, WARSAW])
    reply = await bot.ask("Who?")
    shown = await (await bot.ana.click(reply, "Sources")).reply()
    form = await bot.ana.click(reply, "👎")
    await form.modal()
    await bot.restart()
    await (await bot.ana.click(shown, "Next")).reply(lambda message: labels(message) == ["Previous"])
    await (await bot.ana.submit_modal(form, {"reason": "It is old."})).reply()
    assert [vote.reason for vote in bot.store.votes()] == ["It is old."]
    await (await bot.ben.click(reply, "Sources")).reply()
    await (await bot.ben.click(reply, "👍")).reply()
    assert len(bot.store.votes()) == 2
    bot.chain.script = lambda question: answer("Another.", question=question.text)
    await until(await bot.ben.click(reply, "Again"), "Another.")
    await until(await bot.ben.click(reply, "Follow up"), "It goes on")
    await bot.restart()
    bot.chain.script = lambda question: answer(question.history[0].question)
    assert "Who?" in (await bot.answered(await bot.mention("Why?", channel=reply.thread))).text


End = Callable[[Bot], Awaitable[None]]


async def purge(bot: Bot) -> None:
    bot.wait(60 * 24 * 91)
    assert bot.store.purge(90) == 1


async def forget(bot: Bot) -> None:
    done = await until(await bot.ana.slash("forget-me", channel=bot.channel), "deleted")
    assert done.text == "I deleted 1 question or vote of yours."


@pytest.mark.parametrize("end", [purge, forget])
@on_discord()
async def test_the_buttons_of_what_is_not_kept_any_more_say_so(bot: Bot, end: End):
    reply = await bot.ask()
    form = await bot.ben.click(reply, "👎")
    await form.modal()
    bot.store.withdraw(bot.store.by_message(reply.id).id, bot.store.person(bot.ben.id))
    await end(bot)
    for button in ("Sources", "Follow up", "Again", "👍", "👎"):
        shown = await (await bot.ben.click(reply, button)).reply()
        assert shown.text == EXPIRED and shown.viewer is bot.ben
    assert (await (await bot.ben.submit_modal(form, {"reason": "Why not?"})).reply()).text == EXPIRED
    assert bot.store.votes() == [] and len(bot.chain.asked) == 1


@on_discord()
async def test_a_button_of_another_version_says_so(bot: Bot):
    given = bot.store.by_message((await bot.ask()).id)
    channel = bot.client.get_channel(bot.channel.id)
    await channel.send(view=views.text("Dance", [Button("dance", given.id, "Dance")]))
    shown = await (await bot.ana.click(bot.channel.messages[-1], "Dance")).reply()
    assert shown.text == EXPIRED


@on_discord()
async def test_a_source_page_that_the_answer_lost_says_so(bot: Bot):
    bot.chain.script = quoting(bot.chain.index, [GUARDIAN, WARSAW])
    reply = await bot.ask()
    shown = await (await bot.ana.click(reply, "Sources")).reply()
    given = bot.store.by_message(reply.id)
    bot.store.keep(replace(given, answer=replace(given.answer, citations=given.answer.citations[:1])))
    assert (await (await bot.ana.click(shown, "Next")).reply()).text == EXPIRED


# a server's rules


@on_discord()
async def test_the_rules_of_a_server_hold_for_buttons(bot: Bot):
    reply = await bot.ask()
    other, role = bot.guild.channel("questions"), bot.guild.role("Readers")
    for rules in ({"channels": frozenset({other.id})}, {"roles": frozenset({role.id})}):
        bot.rule(**rules)
        for button in ("Sources", "Follow up", "Again", "👍", "👎"):
            shown = await (await bot.ana.click(reply, button)).reply()
            assert "may" in shown.text and shown.viewer is bot.ana
    assert bot.store.votes() == [] and len(bot.chain.asked) == 1 and reply.thread is None


@on_discord()
async def test_the_pause_between_questions_holds_for_again_alone(bot: Bot):
    bot.rule(cooldown=300)
    reply = await bot.ask()
    bot.pause = 1.0
    shown = await (await bot.ana.click(reply, "Again")).reply()
    assert shown.text == "Please ask again in 299 seconds." and shown.viewer is bot.ana
    for button in ("Sources", "👍"):
        shown = await (await bot.ana.click(reply, button)).reply()
        assert "Please" not in shown.text
    await until(await bot.ben.click(reply, "Again"), "tell me more")
