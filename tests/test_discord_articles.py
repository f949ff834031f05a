"""What the bot shows of its articles and of itself, and what those who manage servers and the bot can do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.discord.records import ServerSettings
from retrieval.index import Index
from retrieval.types import Answer
from tests.bot_on_discord import Bot, on_discord
from tests.discord_markdown import read
from tests.fake_discord import Message, Person
from tests.fakes import WordEmbedder

GUARDIAN, WARSAW = "003_26fcac81bdbe5597.txt", "002_b34b2286f5eb3993.txt"
PUT = "/applications/{application_id}/commands"
MANAGERS = "Only those who may manage this server may do that."
OWNER = "Only the owner of this bot may do that."


def labels(message: Message) -> list[str]:
    return [one.label for one in message.buttons if one.label]


async def shown(bot: Bot, command: str, person: Person | None = None, /, **options: str) -> Message:
    """What a command shows, to whoever uses it alone."""
    person = person or bot.ana
    reply = await (await person.slash(command, channel=bot.channel, **options)).reply()
    assert reply.viewer is person
    return reply


async def turned(bot: Bot, page: Message, button: str) -> Message:
    """The same message with the page that a button leads to."""
    before = page.text
    return await (await bot.ana.click(page, button)).reply(
        lambda message: message is page and message.text != before
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of 23 articles that hold all that is long, pings, links or formats."""
    folder = tmp_path_factory.mktemp("odd") / "articles"
    folder.mkdir()
    stated = []
    for number in range(23):
        name = f"{number:02} @everyone [x](evil){' and long' * (number % 3 * 12)}.txt"
        lines = [f"Line {line} of <@1> says **one** @here to `{number}`." for line in range(90)]
        (folder / name).write_text("\n".join(lines))
        title = f"{number:02} # @everyone [t](https://evil.test) \u202e{'**word** ' * 60}"
        stated.append(f'["{name}"]\ntitle = "{title}"\npublisher = "{"Pub <@1> " * 30}{number % 2}"\n')
    (folder / "metadata.toml").write_text("\n".join(stated))
    index = Index(folder, tmp_path_factory.mktemp("odd data"), WordEmbedder())
    index.sync()
    yield index
    shutil.rmtree(folder)


def ours(message: Message) -> set[str]:
    """The kinds of formatting in a message, which hold no mention and no address."""
    kinds = {kind for text in message.text.split("\n") for kind, _ in read(text).live}
    assert kinds <= {"bold", "subtext"} and not message.pings
    return kinds


# /sources


@on_discord()
async def test_the_articles_are_listed_newest_first(bot: Bot):
    page = await shown(bot, "sources")
    first = "China, Russia pledge to strengthen military cooperation"
    assert page.text.startswith(f"**5 articles**\n**{first}** — 14 Oct 2024\n")
    assert re.findall(r"-# (\d\d\d)", page.text) == ["001", "002", "000", "004", "003"] and labels(page) == []


@pytest.mark.parametrize("publisher", ["The Guardian", "the guardian"])
@on_discord()
async def test_the_articles_of_a_publisher_are_listed(bot: Bot, publisher: str):
    page = await shown(bot, "sources", publisher=publisher)
    assert page.text.startswith("**1 article**\n") and "003" in page.text


@on_discord()
async def test_an_unknown_publisher_is_told_with_those_there_are(bot: Bot):
    page = await shown(bot, "sources", publisher="The Grauniad @everyone")
    assert "the publishers are The Guardian and Warsaw Institute" in page.text and not page.pings
    handle = await bot.ana.autocomplete("sources", "publisher", "war", channel=bot.channel)
    assert await handle.choices() == [{"name": "Warsaw Institute", "value": "Warsaw Institute"}]


@on_discord()
async def test_a_long_list_is_leafed_through_also_after_a_restart(bot: Bot, odd: Index):
    bot.chain.index = odd
    page = await shown(bot, "sources")
    assert page.text.startswith("**23 articles**, page 1 of 3\n") and labels(page) == ["Next"]
    await turned(bot, page, "Next")
    assert "page 2 of 3" in page.text and labels(page) == ["Previous", "Next"]
    await bot.restart()
    await turned(bot, page, "Next")
    assert page.text.count("\n-# ") == 3 and labels(page) == ["Previous"]
    await turned(bot, page, "Previous")
    seen = [read(text).text for version in page.versions for text in version.text.split("\n")]
    assert {int(text[:2]) for text in seen if re.match(r"\d\d #", text)} == set(range(23))
    assert ours(page) == {"bold", "subtext"}


@on_discord()
async def test_a_long_list_of_a_publisher_is_leafed_through(bot: Bot, odd: Index):
    bot.chain.index = odd
    page = await shown(bot, "sources", publisher="pub <@1> " * 30 + "1")
    assert page.text.startswith("**11 articles**, page 1 of 2\n")
    await turned(bot, page, "Next")
    assert page.text.startswith("**11 articles**, page 2 of 2\n") and page.text.count("\n-# ") == 1


# /source


@on_discord()
async def test_an_article_is_shown_whole_in_pages(bot: Bot):
    page = await shown(bot, "source", name=GUARDIAN)
    assert page.text.startswith("**China’s defence minister and Putin vow to strengthen")
    while "Next" in labels(page):
        await turned(bot, page, "Next")
    bodies = [read(version.text.split("\n\n", 1)[1]).text for version in page.versions]
    whole = " ".join(" ".join(bodies).split())
    for chunk in bot.chain.index.dense.article(GUARDIAN):
        assert " ".join(chunk.text.split()) in whole


@pytest.mark.parametrize("name", ["003", GUARDIAN, f"seeds/{GUARDIAN}", "003_26fcac"])
@on_discord()
async def test_an_article_is_named_by_its_start_too(bot: Bot, name: str):
    assert "China’s defence minister and Putin" in (await shown(bot, "source", name=name)).text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("00", "'00' could be"),
        ("nothing like it", "No article of 'seeds' is called 'nothing like it': /sources lists them."),
        ("@everyone", "No article of 'seeds' is called '\\@\u200beveryone'"),
        ("../../etc/passwd", "No article of 'seeds' is called"),
    ],
)
@on_discord()
async def test_a_name_that_no_article_has_is_told(bot: Bot, name: str, told: str):
    page = await shown(bot, "source", name=name)
    assert told in page.text and not page.pings


@on_discord()
async def test_names_of_articles_complete_themselves(bot: Bot):
    handle = await bot.ana.autocomplete("source", "name", "cement", channel=bot.channel)
    assert await handle.choices() == [
        {"name": f"{WARSAW}: Russia, China Cement Military Ties", "value": WARSAW}
    ]
    handle = await bot.ana.autocomplete("source", "name", "", channel=bot.channel)
    assert len(await handle.choices()) == 5


@on_discord()
async def test_an_article_of_long_names_is_shown_inert_within_the_limits(bot: Bot, odd: Index):
    bot.chain.index = odd
    handle = await bot.ana.autocomplete("source", "name", "01", channel=bot.channel)
    (long,) = await handle.choices()
    assert long["name"].startswith("01 @everyone [x](evil) and long")
    handle = await bot.ana.autocomplete("source", "name", "00", channel=bot.channel)
    (short,) = await handle.choices()
    assert "**word**" in short["name"] and "\u202e" not in short["name"]
    page = await shown(bot, "source", name=long["value"])
    while "Next" in labels(page):
        assert ours(page) == {"bold"}
        await turned(bot, page, "Next")
    assert "Line 89 of" in read(page.text).text and f"of {len(page.versions)}" in page.text


@on_discord()
async def test_an_article_that_went_away_meanwhile_says_so(bot: Bot, odd: Index):
    bot.chain.index, seeds = odd, bot.chain.index
    page = await shown(bot, "source", name="02")
    bot.chain.index = seeds
    told = await (await bot.ana.click(page, "Next")).reply()
    assert told.text == "That article is not among mine any more." and told.viewer is bot.ana


# /help and the commands


@on_discord(keep_days=30)
async def test_help_says_what_can_be_done_and_what_is_kept(bot: Bot):
    page = await shown(bot, "help")
    for part in ("/ask", "/sources", "Follow up", "for 30 days", "/forget-me", "Check against the articles"):
        assert part in page.text


@on_discord()
async def test_commands_work_everywhere_but_those_of_managers_only_in_servers(bot: Bot):
    commands = {one["name"]: one for one in bot.discord.commands[None].values()}
    places = {name: (one["contexts"], one["integration_types"]) for name, one in commands.items()}
    managers = {name for name, place in places.items() if place == ([0], [0])}
    assert managers == {"settings", "stats"}
    assert all(place == ([0, 1, 2], [0, 1]) for name, place in places.items() if name not in managers)
    assert not managers & set(bot.ana.commands(bot.channel)) and managers < set(bot.mia.commands(bot.channel))


@on_discord()
async def test_discord_is_told_the_commands_only_when_they_changed(bot: Bot):
    await bot.restart()
    await bot.restart()
    assert len(bot.discord.asked("PUT", PUT)) == 1
    bot.settings["guild"] = bot.guild.id
    await bot.restart()
    assert {one["name"] for one in bot.discord.commands[bot.guild.id].values()} == {
        one["name"] for one in bot.discord.commands[None].values()
    }
    assert len(bot.discord.asked("PUT", PUT)) == 1


# /settings


@on_discord()
async def test_managers_set_channels_roles_pause_and_who_sees_the_answers(bot: Bot):
    panel = await shown(bot, "settings", bot.mia)
    role = bot.guild.role("Readers")
    await (await bot.mia.select(panel, "All channels", [bot.channel])).reply()
    await (await bot.mia.select(panel, "Everybody", [role])).reply()
    await (await bot.mia.select(panel, "panel:pauses", ["300"])).reply()
    await (await bot.mia.click(panel, "Answers: for everybody")).reply()
    assert bot.store.settings(bot.guild.id) == ServerSettings(
        frozenset({bot.channel.id}), frozenset({role.id}), True, 300
    )
    assert labels(panel) == ["Answers: only for who asks"]
    chosen = [one.data["default_values"] for one in panel.controls if "default_values" in one.data]
    assert [[int(one["id"]) for one in values] for values in chosen] == [[bot.channel.id], [role.id]]
    bot.guild.join(bot.ana, role)
    assert (await bot.ask()).viewer is bot.ana
    await (await bot.mia.select(panel, "All channels", [])).reply()
    assert bot.store.settings(bot.guild.id).channels == frozenset()


@on_discord()
async def test_the_panel_of_settings_works_after_a_restart(bot: Bot):
    panel = await shown(bot, "settings", bot.mia)
    other = await shown(bot, "settings", bot.mia)
    await bot.restart()
    await (await bot.mia.click(panel, "Answers: for everybody")).reply()
    await (await bot.mia.select(other, "panel:pauses", ["0"])).reply()
    assert bot.store.settings(bot.guild.id) == ServerSettings(private=True, cooldown=0)
    assert labels(other) == ["Answers: only for who asks"]


@on_discord()
async def test_who_manages_no_more_sets_no_more(bot: Bot):
    panel = await shown(bot, "settings", bot.mia)
    for role in bot.guild.members[bot.mia.id]:
        bot.guild.permit(bot.guild.roles[role], 0)
    told = await (await bot.mia.click(panel, "Answers: for everybody")).reply()
    assert told.text == MANAGERS and bot.store.settings(bot.guild.id) == ServerSettings()


@pytest.mark.parametrize("name", ["settings", "stats"])
@on_discord()
async def test_a_command_of_managers_that_others_were_given_shows_them_nothing(bot: Bot, name: str):
    for command in bot.discord.commands[None].values():
        command["default_member_permissions"] = None  # as a server's administrators can set it
    assert (await shown(bot, name)).text == MANAGERS


# /stats


@on_discord()
async def test_managers_see_their_servers_figures(bot: Bot):
    assert (await shown(bot, "stats", bot.mia)).text == "0 questions, 0 declined\n👍 0, 👎 0"
    reply = await bot.ask()
    await (await bot.ben.click(reply, "👍")).reply()
    await (await bot.ana.click(reply, "👎")).modal()
    bot.chain.script = lambda question: Answer(question.text, False, ())
    await bot.ask("What else?")
    await bot.answered(await bot.ana.dm("Why?"))
    text = (await shown(bot, "stats", bot.mia)).text
    assert text.startswith("2 questions, 1 declined\n👍 1, 👎 1\nmedian ") and text.endswith("2024-05-03")


# /reindex


@on_discord()
async def test_only_the_owner_brings_the_index_up_to_date(bot: Bot, odd: Index):
    bot.chain.index = odd
    for person in (bot.ana, bot.mia):
        assert (await shown(bot, "reindex", person)).text == OWNER
    new = odd.folder / "new.txt"
    new.write_text("A new article\n\nIt tells of a balloon that was seen over Ohio on Friday.\n")
    handle = await bot.discord.owner.slash("reindex")
    reply = await handle.reply(lambda message: "added" in message.text)
    assert reply.text == "1 added, 0 changed, 0 removed." and reply.viewer is bot.discord.owner
    assert "**24 articles" in (await shown(bot, "sources")).text
    new.unlink()
    reply = await (await bot.discord.owner.slash("reindex")).reply(lambda message: "added" in message.text)
    assert reply.text == "0 added, 0 changed, 1 removed."


@on_discord()
async def test_every_member_of_the_team_that_owns_the_bot_may_do_so(bot: Bot):
    bot.discord.team = [bot.mia, bot.ben]
    await bot.restart()
    for person in (bot.mia, bot.ben):
        handle = await person.slash("reindex", channel=bot.channel)
        await handle.reply(lambda message: message.text == "0 added, 0 changed, 0 removed.")
    assert (await shown(bot, "reindex")).text == OWNER
    assert (await (await bot.discord.owner.slash("reindex")).reply()).text == OWNER


@on_discord()
async def test_a_folder_that_is_gone_is_told_to_the_owner(bot: Bot, tmp_path: Path):
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "a.txt").write_text("A balloon flew over Ohio on Friday. It was seen by many.\n")
    index = bot.chain.index = Index(tmp_path / "gone", tmp_path / "index", WordEmbedder())
    index.sync()
    shutil.rmtree(tmp_path / "gone")
    handle = await bot.discord.owner.slash("reindex")
    reply = await handle.reply()
    assert "gone" in reply.text and reply.viewer is bot.discord.owner


# /forget-me


@on_discord()
async def test_a_person_is_forgotten_wherever_they_asked_and_voted(bot: Bot):
    other = await bot.answered(await bot.ben.slash("ask", channel=bot.channel, question="Why?"))
    await (await bot.ana.click(other, "👍")).reply()
    reply = await bot.ask()
    await (await bot.ben.click(reply, "👍")).reply()
    await bot.answered(await bot.ana.dm("Who?"))
    done = await (await bot.ana.slash("forget-me")).reply(lambda message: "deleted" in message.text)
    assert done.text == "I deleted 3 questions and votes of yours." and done.viewer is bot.ana
    assert bot.store.votes() == [] and bot.store.by_message(reply.id).expired
    done = await (await bot.ana.slash("forget-me")).reply(lambda message: "keep" in message.text)
    assert done.text == "I keep nothing of yours."
    assert (await bot.answered(await bot.ana.dm("Why?"))).text.startswith("Why? ")
