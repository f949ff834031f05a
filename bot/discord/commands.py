"""The commands that Discord offers: their names, words and options; what they do stands in `Actions`."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.discord import troubles, views
from bot.discord.actions import Actions
from bot.discord.message import split
from bot.discord.panel import is_manager, panel
from bot.discord.reply import Interaction, whisper

_EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_SERVERS = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
_INSTALLS = app_commands.AppInstallationType(guild=True, user=True)
_MANAGERS = discord.Permissions(manage_guild=True)

HELP = """\
**Ask me about the articles that I have read.** I answer with their own sentences, each with its source.
- `/ask` a question, mention me, reply to an answer of mine, or write to me directly.
- **Sources** shows each quote in the text around it, **Follow up** opens a thread where the conversation \
goes on, **Again** looks for the next best answer, 👍 and 👎 tell what you think of it.
- `/sources` lists the articles, `/source` shows one.
- On somebody's message: Apps, then *Check against the articles*: what they say for and against its sentences.
If the articles don't say, I say so. I keep questions, answers and votes for {days} days, without your name; \
`/forget-me` deletes yours."""


class Tree(app_commands.CommandTree[Any]):
    """All commands; one that the gateway tells twice is answered once."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        fresh: bool = interaction.client.is_new(interaction.id)
        return fresh


def tree(client: discord.Client, actions: Actions, keep_days: int) -> Tree:
    """All commands."""
    made = Tree(client, allowed_contexts=_EVERYWHERE, allowed_installs=_INSTALLS)
    _questions(made, actions)
    _articles(made, actions)
    _people(made, actions, keep_days)
    _managers(made, actions)
    return made


def _questions(tree: Tree, actions: Actions) -> None:
    @tree.command(description="Ask the articles.")
    @app_commands.describe(
        question="In English.",
        publisher="Only this publisher's articles.",
        since="Only articles since this day: 2023-07-03.",
        until="Only articles until this day.",
    )
    async def ask(
        interaction: Interaction,
        question: Range[str, 1, 2000],
        publisher: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> None:
        await actions.ask_with(interaction, question, publisher, since, until)

    @ask.autocomplete("publisher")
    async def publishers(interaction: Interaction, typed: str) -> list[Choice[str]]:
        return await _choices(actions.shelf.publishers(interaction.guild_id, typed))

    @tree.context_menu(name="Check against the articles")
    async def check(interaction: Interaction, message: discord.Message) -> None:
        if text := message.clean_content.strip():
            await actions.check(interaction, text)
        else:
            await whisper(interaction, "That message has no text that I can read.")


def _articles(tree: Tree, actions: Actions) -> None:
    @tree.command(description="The articles, newest first.")
    @app_commands.describe(publisher="Only this publisher's.")
    async def sources(interaction: Interaction, publisher: str | None = None) -> None:
        await actions.list_articles(interaction, publisher)

    @sources.autocomplete("publisher")
    async def publishers(interaction: Interaction, typed: str) -> list[Choice[str]]:
        return await _choices(actions.shelf.publishers(interaction.guild_id, typed))

    @tree.command(description="The text of an article.")
    @app_commands.describe(name="Its file.")
    async def source(interaction: Interaction, name: str) -> None:
        await actions.show_article(interaction, name)

    @source.autocomplete("name")
    async def names(interaction: Interaction, typed: str) -> list[Choice[str]]:
        return await _choices(actions.shelf.files(interaction.guild_id, typed))


def _people(tree: Tree, actions: Actions, keep_days: int) -> None:
    @tree.command(name="help", description="What I can do.")
    async def help_(interaction: Interaction) -> None:
        first, *others = split(HELP.format(days=keep_days), 3_900)
        await interaction.response.send_message(view=views.text(first), ephemeral=True)
        for other in others:
            await interaction.followup.send(view=views.text(other), ephemeral=True)

    @tree.command(name="forget-me", description="Delete the questions and votes of yours that I keep.")
    async def forget_me(interaction: Interaction) -> None:
        await actions.forget(interaction)


def _managers(tree: Tree, actions: Actions) -> None:
    @tree.command(description="Where I may answer, whom, and how.")
    @app_commands.default_permissions(_MANAGERS)
    async def settings(interaction: Interaction) -> None:
        if await is_manager(interaction):
            held = await actions.desk.on_disk(actions.desk.store.settings, interaction.guild_id)
            await interaction.response.send_message(view=panel(actions.desk, held), ephemeral=True)

    @tree.command(description="This server's questions, votes and seconds.")
    @app_commands.default_permissions(_MANAGERS)
    async def stats(interaction: Interaction) -> None:
        if await is_manager(interaction):
            await actions.stats(interaction)

    @tree.command(description="Bring the index of the articles up to date; for the bot's owner.")
    async def reindex(interaction: Interaction) -> None:
        if await interaction.client.is_owner(interaction.user):
            await actions.reindex(interaction)
        else:
            await whisper(interaction, "Only the owner of this bot may do that.")

    for command in (settings, stats):
        command.allowed_contexts = _SERVERS
        command.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)


async def _choices(found: Awaitable[list[tuple[str, str]]]) -> list[Choice[str]]:
    """What is offered for completion; nothing where it cannot be found."""
    choices: list[Choice[str]] = []
    async with troubles.told(troubles.unheard, "a completion"):
        choices += [Choice(name=name, value=value) for name, value in await found]
    return choices
