"""Buttons that work after a restart: all that they mean stands in their custom id, `quoth:WHAT:OF`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord
from discord import ui

from bot.discord.records import Given

Pressed = Callable[[discord.Interaction[Any], str, str], Awaitable[None]]
_PREFIX = "quoth"


class Button(ui.DynamicItem[ui.Button[Any]], template=_PREFIX + r":(?P<what>[a-z]+):(?P<of>.{1,88})"):
    """A button; the client's `pressed` hears WHAT it does and OF which answer, page or article."""

    def __init__(
        self,
        what: str,
        of: str,
        label: str | None = None,
        emoji: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        super().__init__(ui.Button(label=label, emoji=emoji, style=style, custom_id=f"{_PREFIX}:{what}:{of}"))
        self.what = what
        self.of = of

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003
        item: ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
        /,
    ) -> Self:
        return cls(match["what"], match["of"], label="pressed")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        pressed: Pressed = interaction.client.pressed
        await pressed(interaction, self.what, self.of)


def of_answer(given: Given, can_follow: bool) -> list[Button]:
    """The buttons under an answer; small talk has none, and a refusal no sources."""
    answer = given.answer
    if answer is None or not (answer.citations or answer.nearest):
        return []
    buttons = []
    if answer.citations:
        buttons.append(Button("sources", f"{given.id}:0", "Sources", style=discord.ButtonStyle.primary))
    if can_follow:
        buttons.append(Button("follow", given.id, "Follow up"))
    if answer.citations:
        buttons.append(Button("again", given.id, "Again"))
    return [*buttons, Button("up", given.id, emoji="👍"), Button("down", given.id, emoji="👎")]


def of_report(given: Given, first: int | None, can_follow: bool) -> list[Button]:
    """The buttons under a page of a report: its sources, from the place of its `first` one on."""
    buttons = []
    if first is not None:
        buttons.append(Button("sources", f"{given.id}:{first}", "Sources", style=discord.ButtonStyle.primary))
    return [*buttons, Button("follow", given.id, "Follow up")] if can_follow else buttons


def pages(what: str, of: str, at: int, count: int) -> list[Button]:
    """Previous and next, where there are such; `of` comes first in their custom id, then the page, from 0."""
    buttons = []
    if at > 0:
        buttons.append(Button(what, f"{of}:{at - 1}", "Previous"))
    if at < count - 1:
        buttons.append(Button(what, f"{of}:{at + 1}", "Next"))
    return buttons
