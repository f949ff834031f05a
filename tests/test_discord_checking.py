"""What the articles say of somebody's message: the menu's command, and what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.discord import checks
from bot.discord.checks import MOST, Report
from bot.discord.cut import size
from bot.discord.findings import pages
from bot.discord.message import Colour
from retrieval.checking import Checked, Opposed
from retrieval.errors import InputError, TooLate
from retrieval.types import Citation, Question, Source, Span
from tests.bot_on_discord import Bot, on_discord
from tests.discord_markdown import read
from tests.fake_discord import Handle, Message
from tests.test_discord_faults import HOSTILE, harmless
from tests.test_discord_markdown import texts

CHECK = "Check against the articles"
FOLDER = Path("/srv/news/seeds")
POST, RAIN = Source("001_lock.txt", "Lock shut", "The Post"), Source("002.txt", "Rain")
TOLD = "Voss shut the lock. It rained on Monday. Nobody was hurt."


def cite(quote: str, source: Source = POST, start: int = 0) -> Citation:
    return Citation(1, source, Span(start, start + len(quote)), quote, 5)


def checked(claim: str, supports: tuple[Citation, ...] = (), against: tuple[Citation, ...] = ()) -> Checked:
    opposed = tuple(Opposed(one, f'the number "{at}" is not there') for at, one in enumerate(against))
    return Checked(claim, supports, opposed, () if supports or against else (RAIN, POST))


def by_words(claim: str) -> Checked:
    """Voss did it, two articles differ on the rain, and of the rest nothing is known."""
    if "Voss" in claim:
        return checked(claim, (cite("Voss did."),))
    if "rain" in claim:
        return checked(claim, (cite("It was wet.", start=9),), (cite("It was dry.", RAIN),))
    return checked(claim)


def held(text: str, check: Callable[[str], Checked] = by_words, **more: Any) -> Report:
    return checks.report(Question(text), check, **more)


def shown(report: Report) -> list[str]:
    return ["\n".join([page.message.body, page.message.sources]) for page in pages(report, 5, FOLDER)]


# what is found


def test_each_statement_is_checked_and_the_same_place_has_one_number():
    report = held(f"{TOLD} Was it Voss? Voss, again, shut it.")
    assert [one.result for one in report.checked] == ["supported", "disputed", "unknown", "supported"]
    assert [(one.number, one.quote) for one in report.citations] == [
        (1, "Voss did."), (2, "It was wet."), (3, "It was dry."),
    ]  # fmt: skip
    assert [one.citations for one in report.sentences] == [(1,), (2, 3), (), (1,)]
    assert report.answered and report.left == 0
    assert str(report.sentences[1]) == "The articles differ: It rained on Monday. [2][3]"


def test_the_first_ten_statements_are_checked():
    report = held(" ".join(f"Voss shut lock number {number}." for number in range(13)))
    assert len(report.checked) == MOST and report.left == 3
    assert (
        shown(report)[-1].startswith("> Voss") and "first 10 of 13 sentences: I check 10" in shown(report)[-1]
    )


def test_no_more_are_checked_than_there_is_time_for():
    now = [100.0]

    def slowly(claim: str) -> Checked:
        now[0] += 10
        return by_words(claim)

    ask = Question(TOLD, deadline=123.0)
    report = checks.report(ask, slowly, lambda: now[0])
    assert len(report.checked) == 1 and report.left == 2 and report.seconds == 10
    assert "-# These are the first 1 of 3 sentences: there was no time for more." in shown(report)[0]


@pytest.mark.parametrize(
    "text", ["Was it Voss?", "Hm.", "# Voss shut the lock", "```\nVoss shut the lock.\n```"]
)
def test_what_states_nothing_is_refused(text: str):
    with pytest.raises(InputError, match="states nothing that I can check"):
        held(text)


# what is shown


def test_a_report_tells_both_sides_and_what_is_not_known():
    (page,) = pages(replace(held(TOLD), seconds=2.25), 5, FOLDER)
    assert page.message.body.split("\n") == [
        "> Voss shut the lock.",
        "✅ **The articles support it**",
        "“Voss did.” \\[1]",
        "",
        "> It rained on Monday.",
        "⚖️ **The articles differ**",
        "**For:** “It was wet.” \\[2]",
        "**Against:** “It was dry.” \\[3]",
        '-# the number "0" is not there',
        "",
        "> Nobody was hurt.",
        "❔ **The articles don't say**",
        "-# Nearest, but silent on it: Rain; Lock shut",
    ]
    assert page.message.sources.split("\n") == [
        "**1** Lock shut — The Post · seeds/001\\_lock\\.txt\\:5",
        "**2** Lock shut — The Post · seeds/001\\_lock\\.txt\\:5",
        "**3** Rain · seeds/002\\.txt\\:5",
    ]
    assert page.message.footer == "5 articles searched · 2.2 s" and page.first == 0


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("Voss shut the lock.", Colour.ANSWERED),
        ("It rained on Monday.", Colour.AGAINST),
        ("Nobody was hurt.", Colour.DECLINED),
    ],
)
def test_the_colour_tells_from_afar(text: str, colour: Colour):
    assert [page.message.colour for page in pages(held(text), 5, FOLDER)] == [colour]


def test_more_than_two_of_a_side_are_counted():
    many = tuple(cite(f"Voss did {number}.", start=number * 20) for number in range(5))
    (told,) = shown(held("Voss shut the lock.", lambda claim: checked(claim, many)))
    assert "“Voss did 1.” \\[2]\n-# 3 more: press Sources." in told and "Voss did 2" not in told


def test_a_long_report_goes_on_in_further_messages_each_with_its_sources():
    long = Source("f" * 90, "T" * 90, "P" * 90)
    many = [tuple(cite("Q" * 230, long, start) for start in (at, at + 500)) for at in range(0, 10_000, 1000)]
    each = iter(many)
    report = held(" ".join(["Voss shut the lock."] * 10), lambda claim: checked(claim, next(each)))
    told = pages(report, 5, FOLDER)
    assert len(told) > 2 and [page.message.footer for page in told[:-1]] == [""] * (len(told) - 1)
    places = [page.first for page in told]
    assert places[0] == 0 and places == sorted(places)
    for page in told:
        numbers = re.findall(r"\\\[(\d+)]", page.message.body)
        assert numbers == re.findall(r"^\*\*(\d+)\*\*", page.message.sources, re.MULTILINE)
        assert page.first == int(numbers[0]) - 1


long = st.builds(lambda text, times: text * times, texts, st.sampled_from([1, 1, 30, 90]))
sources = st.builds(Source, long, long, st.none() | long, date=st.none() | st.dates())
citations = st.builds(
    lambda source, start, quote: Citation(1, source, Span(start, start + 1), quote, 5),
    sources, st.integers(0, 3), long,
)  # fmt: skip
cited = st.lists(citations, max_size=4).map(tuple)
found = st.builds(Checked, long, cited, st.lists(st.builds(Opposed, citations, long), max_size=4).map(tuple),
                  st.lists(sources, max_size=4).map(tuple))  # fmt: skip
WORST = "**@everyone** <@1> [x](http://a.test) " * 100
WORST_OF_ALL = Checked(
    WORST,
    tuple(cite(WORST, Source(WORST, WORST, WORST), start) for start in range(3)),
    tuple(Opposed(cite(WORST, Source(WORST, WORST, WORST), start), WORST) for start in range(3, 6)),
    (),
)


@given(st.lists(found, min_size=1, max_size=MOST))
@example([WORST_OF_ALL] * MOST)
def test_any_report_keeps_to_the_limits_and_nothing_of_it_acts(made: list[Checked]):
    each = iter(made)
    report = held(" ".join(["Voss shut the lock."] * len(made)), lambda _: next(each))
    for page in pages(report, 10**6, FOLDER):
        message = page.message
        assert message.body and size(message.body + message.sources + message.footer) <= 3900
        for line in message.body.split("\n"):
            words = re.sub(r"^(?:> |-# )", "", line)
            assert {kind for kind, _ in read(words).live} <= {"bold"}
            assert "@everyone" not in words.replace("@\u200beveryone", "")
        for line in message.sources.splitlines():
            assert all(kind == "bold" and text.isdecimal() for kind, text in read(line).live)


# the command


def named(message: Message) -> list[str | None]:
    return [one.label or one.emoji for one in message.buttons]


async def check(bot: Bot, text: str, by: Any = None) -> Handle:
    """Ana has a message of Ben's checked."""
    message = (await bot.ben.message(bot.channel, text)).message
    assert message
    return await (by or bot.ana).context_menu(CHECK, message)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], Checked]], None]:
    """What is found of a claim is by a script."""

    def play(script: Callable[[str], Checked]) -> None:
        monkeypatch.setattr(checks, "held", lambda message, _: checks.report(message, script))

    play(by_words)
    return play


@on_discord()
async def test_the_menu_holds_somebodys_message_against_the_articles(bot: Bot, scripted: Any):
    handle = await check(bot, f"{bot.ana.mention} says: Voss shut the *lock*. Nobody was hurt.")
    reply = await bot.answered(handle)
    assert (await handle.first_response()).response == "deferred" and not reply.ephemeral
    assert reply.text.startswith(
        "> \\@Ana says: Voss shut the lock.\n✅ **The articles support it**\n“Voss did.”"
    )
    assert "> Nobody was hurt.\n❔ **The articles don't say**" in reply.text and not reply.pings
    assert named(reply) == ["Sources", "Follow up"] and bot.chain.asked == []
    source = await (await bot.ben.click(reply, "Sources")).reply()
    assert source.viewer is bot.ben and "**Voss did.**" in source.text
    await bot.restart()
    assert "**Voss did.**" in (await (await bot.mia.click(reply, "Sources")).reply()).text
    await bot.answered(await bot.ana.message(bot.channel, "Who is he?", reply_to=reply))
    assert [turn.text for turn in bot.chain.asked[-1].history] == [
        "The articles support it: @Ana says: Voss shut the lock. [1] The articles don't say: Nobody was hurt."
    ]


@on_discord()
async def test_a_long_report_is_several_messages_whose_sources_begin_at_their_own(bot: Bot, scripted: Any):
    many = iter(range(0, 100_000, 1000))

    def long(claim: str) -> Checked:
        at = next(many)
        return checked(claim, tuple(cite(f"Quote {one} {'q' * 220}", start=one) for one in (at, at + 500)))

    scripted(long)
    bot.rule(private=True)
    handle = await check(bot, " ".join(["Voss shut the lock."] * 10))
    first = await handle.reply()
    second = await handle.followup()
    assert first.viewer is second.viewer is bot.ana
    assert (named(first), named(second)) == (["Sources"], ["Sources"])
    number = re.search(r"“Quote (\d+) ", second.text)
    source = await (await bot.ana.click(second, "Sources")).reply()
    assert number and int(number[1]) > 0 and f"**Quote {number[1]} " in source.text
    assert "searched" not in first.text and "searched" in handle.followups[-1].text


@on_discord()
async def test_where_nothing_is_found_there_are_no_sources(bot: Bot, scripted: Any):
    reply = await bot.answered(await check(bot, "Nobody was hurt."))
    assert named(reply) == ["Follow up"]


@on_discord()
async def test_what_cannot_be_checked_is_told(bot: Bot, scripted: Any, caplog: pytest.LogCaptureFixture):
    reply = await (await check(bot, "Was it Voss?")).reply()
    assert reply.text.startswith("That message states nothing that I can check")

    def late(_: str) -> Checked:
        raise TooLate("That took too long.")

    scripted(late)
    assert (await (await check(bot, "It was Voss.")).reply()).text == "That took too long."
    shown = await bot.ask()
    handle = await bot.ben.context_menu(CHECK, shown)
    reply = await handle.reply()
    assert reply.text == "That message has no text that I can read." and reply.viewer is bot.ben
    assert "checked" not in caplog.text


@on_discord()
async def test_nothing_of_a_message_or_an_article_pings_links_or_formats(bot: Bot, scripted: Any):
    bot.guild.permit(bot.guild.bot_role, "administrator")  # who may ping, and must not
    source = Source(HOSTILE.replace("\n", " "), HOSTILE, HOSTILE, HOSTILE)
    one, other = cite(HOSTILE, source), cite(HOSTILE, source, 9)
    for found in (
        Checked(HOSTILE, (one,), (Opposed(other, HOSTILE),), ()),
        Checked(HOSTILE, (), (), (source, source)),
    ):
        scripted(lambda _, found=found: found)
        reply = await bot.answered(await check(bot, "Voss shut the lock."))
        harmless(reply)
        assert "evil" in reply.text


@on_discord()
async def test_checks_wait_their_turn_and_keep_to_the_rules(bot: Bot, scripted: Any):
    bot.chain.hold()
    first = await bot.mention()
    await bot.discord.until(lambda: bot.chain.asked, lambda: "the work")
    handle = await check(bot, "Voss shut the lock.")
    assert (await handle.reply()).text == "You are number 1 in the queue."
    bot.chain.go_on()
    await bot.answered(first)
    assert "Voss did" in (await bot.answered(handle)).text
    bot.rule(roles=frozenset({bot.guild.role("Readers").id}))
    assert "may ask me" in (await (await check(bot, "Voss shut the lock.")).reply()).text


@on_discord()
async def test_without_the_trained_judge_nothing_is_checked(bot: Bot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("retrieval.opening.open_entailment", lambda _: None)
    reply = await (await check(bot, "Voss shut the lock.")).reply()
    assert reply.text.startswith("I cannot check messages: my trained judge of evidence is missing.")


@on_discord()
async def test_the_seeds_support_their_own_words(seeded: Bot):
    quote = (
        "Belousov arrived in Beijing on Monday for talks with China’s “military and military-political "
        "leadership,” according to Moscow."
    )
    reply = await seeded.answered(await check(seeded, f"{quote} The moon is made of cheese and honey."))
    assert f"> {quote}\n✅ **The articles support it**\n“Belousov arrived" in reply.text.replace("\\", "")
    assert "> The moon is made of cheese and honey.\n❔ **The articles don't say**" in reply.text
