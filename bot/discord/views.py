"""What the bot shows, as Discord's components: answers with their buttons, sources, articles, settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.discord.message import Colour, Message

if TYPE_CHECKING:
    Item = ui.Item[Any]


def answer(message: Message, buttons: Iterable[Item]) -> ui.LayoutView:
    """An answer: what is said, its sources, a small line about the work, and buttons."""
    container: ui.Container[Any] = ui.Container(accent_colour=discord.Colour(message.colour))
    container.add_item(ui.TextDisplay(message.body))
    if message.sources:
        container.add_item(ui.Separator())
        container.add_item(ui.TextDisplay(message.sources))
    if message.footer:
        container.add_item(ui.TextDisplay(f"-# {message.footer}"))
    return _view(container, buttons)


def text(words: str, buttons: Iterable[Item] = (), colour: Colour | None = None) -> ui.LayoutView:
    """Words of the bot's own, or made inert before."""
    shown: ui.TextDisplay[Any] = ui.TextDisplay(words)
    if colour is None:
        return _view(shown, buttons)
    return _view(ui.Container(shown, accent_colour=discord.Colour(colour)), buttons)


def _view(shown: Item, buttons: Iterable[Item]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(shown)
    row = list(buttons)
    if row:
        view.add_item(ui.ActionRow(*row))
    return view


class Reason(ui.Modal):
    """Asks why an answer is not good; the client hears what is sent, also after a restart."""

    def __init__(self, custom_id: str) -> None:
        super().__init__(title="What is wrong with it?", custom_id=custom_id, timeout=900)
        self.add_item(
            ui.Label(
                text="Your reason (it helps to mend it)",
                component=ui.TextInput(
                    custom_id="reason",
                    style=discord.TextStyle.paragraph,
                    required=False,
                    max_length=500,
                ),
            )
        )


def reason(components: Sequence[Any]) -> str:
    """What was written into the modal, of an interaction's raw components."""
    for one in components:
        inner = one.get("component")
        rows = [inner] if inner else one.get("components", [])
        for field in rows:
            if field.get("custom_id") == "reason":
                return str(field.get("value", ""))
    return ""
