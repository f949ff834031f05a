"""What the bot does when somebody asks, presses a button or opens a list: between Discord and the desk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import discord

from bot import named, options
from bot.discord import findings, message, places, views
from bot.discord.buttons import of_answer, of_report, pages
from bot.discord.checks import Report
from bot.discord.desk import Asked, Asker, Desk, Waiting
from bot.discord.growing import Growth
from bot.discord.message import Colour
from bot.discord.records import Given
from bot.discord.reply import NOBODY, Interaction, Reply, ToInteraction, ToMessage, typing, whisper
from bot.discord.shelf import Shelf
from bot.plain import safe
from retrieval.errors import InputError
from retrieval.feedback import Verdict
from retrieval.types import Answer, Filters, Said

_NAMED = 90  # characters of a thread's name
_EXPIRED = "That answer is not kept any more: please ask again."
_THREAD_EXISTS = 160004
_FLAGS = re.compile(r"--(?=since|until|publisher)")


class Actions:
    """Each method answers one thing that somebody did. They raise QuothError: its text is for them."""

    def __init__(self, desk: Desk, hears_all: bool) -> None:
        """`hears_all`: messages in the bot's threads are read without a mention."""
        self.desk = desk
        self.shelf = Shelf(desk)
        self._hears_all = hears_all
        self._under_way: Counter[int] = Counter()  # answers that grow, in each channel

    # questions

    async def ask(self, interaction: Interaction, text: str, filters: Filters) -> None:
        """A command's question."""
        if reply := await self._deferred(interaction):
            who = places.of_interaction(interaction)
            await self._answer(Asked(who, text, filters, is_command=True), reply, text)

    async def check(self, interaction: Interaction, text: str) -> None:
        """Somebody's message, to be held against the articles. Raises InputError where it states nothing."""
        reply = await self._deferred(interaction)
        if reply is None:
            return
        asked = Asked(places.of_interaction(interaction), text, is_command=True, is_claim=True)
        given = await self.desk.ask(asked, _waiting(reply))
        first, *others = await self._pages(given, reply.can_follow)
        await self.desk.on_disk(self.desk.store.sent, given.id, await reply.show(first))
        for other in others:
            await reply.add(other)

    async def _deferred(self, interaction: Interaction) -> ToInteraction | None:
        """The reply to a command of somebody who may ask; else they are told why not."""
        who = places.of_interaction(interaction)
        if refused := await self.desk.refusal(who):
            await whisper(interaction, str(refused))
            return None
        private = not places.may_speak(interaction) or await self.desk.is_private(who.guild)
        await interaction.response.defer(ephemeral=private, thinking=True)
        return ToInteraction(interaction, not private and places.can_open_thread(interaction), private)

    async def ask_with(
        self, interaction: Interaction, text: str, publisher: str | None, since: str | None, until: str | None
    ) -> None:
        """A command's question with its options. Raises InputError for what is no day or no publisher."""
        try:
            filters = options.filters(since, until, publisher)
            if publisher:
                index = self.desk.libraries.of(interaction.guild_id).index
                named.by_publisher(publisher, await self.desk.on_disk(index.sources))
        except InputError as error:
            raise InputError(_FLAGS.sub("", str(error))) from error  # it speaks of a terminal's options
        await self.ask(interaction, text, filters)

    async def hear(self, heard: discord.Message, text: str, reply: ToMessage) -> None:
        """A message that is meant for the bot."""
        who = places.of_message(heard)
        if refused := await self.desk.refusal(who):
            await reply.show(views.text(str(refused)))
            return
        answered = heard.reference.message_id if heard.reference else None
        async with typing(heard.channel):
            await self._answer(Asked(who, text, reply_to=answered), reply)

    async def _answer(self, asked: Asked, reply: Reply, shown: str | None = None) -> None:
        async with self._growth(asked.who, reply, shown) as growth:
            given = await self.desk.ask(asked, _waiting(reply), growth.hear)
        sent = await reply.show(await self._view(given, reply.can_follow, shown))
        await self.desk.on_disk(self.desk.store.sent, given.id, sent)

    def _growth(self, who: Asker, reply: Reply, question: str | None) -> Growth:
        """Shows the answer of a language model while it is written."""

        async def show(said: Sequence[Said]) -> None:
            folder = self.desk.libraries.of(who.guild).index.folder
            await reply.grow(views.answer(message.growing(said, folder, question), ()))

        return Growth(show, who.channel, self._under_way)

    async def _view(self, given: Given, can_follow: bool, question: str | None) -> discord.ui.LayoutView:
        articles, folder = await self._searched(given.guild)
        answer = given.answer or Answer("", False, ())
        told = message.told(answer, articles, folder, question)
        return views.answer(told, of_answer(given, can_follow))

    async def _pages(self, given: Given, can_follow: bool) -> list[discord.ui.LayoutView]:
        """A report, in as many messages as it needs."""
        assert isinstance(given.answer, Report)  # noqa: S101  # what a claim is answered with
        told = findings.pages(given.answer, *await self._searched(given.guild))
        return [
            views.answer(page.message, of_report(given, page.first, can_follow and not at))
            for at, page in enumerate(told)
        ]

    async def _searched(self, guild: int | None) -> tuple[int, Path]:
        """How many articles a server sees, and their folder."""
        index = self.desk.libraries.of(guild).index
        return len(await self.desk.on_disk(index.sources)), index.folder

    # an answer's buttons

    async def pressed(self, interaction: Interaction, what: str, of: str) -> None:
        """A button: WHAT it does, OF what."""
        who = places.of_interaction(interaction)
        if refused := await self.desk.refusal(who, is_question=what == "again"):
            await whisper(interaction, str(refused))
        elif what == "articles":
            publisher, page = of.rsplit(":", 1)
            await self.shelf.list_articles(interaction, publisher, int(page))
        elif what == "text":
            key, page = of.rsplit(":", 1)
            await self.shelf.turn_page(interaction, key, int(page))
        else:
            await self._of_answer(interaction, who, what, of)

    async def _of_answer(self, interaction: Interaction, who: Asker, what: str, of: str) -> None:
        id_, _, number = of.partition(":")
        given = await self.desk.on_disk(self.desk.store.given, id_)
        if given is None or given.answer is None or given.question is None:
            await whisper(interaction, _EXPIRED)
        elif what in ("sources", "quote"):
            await self._source(interaction, given, int(number or 0), is_first=what == "sources")
        elif what == "follow":
            await self._follow(interaction, given, given.question.text)
        elif what == "again":
            await self._again(interaction, who, given)
        elif what in ("up", "down"):
            await self._vote(interaction, given, what)
        else:  # of another version
            await whisper(interaction, _EXPIRED)

    async def _source(self, interaction: Interaction, given: Given, number: int, is_first: bool) -> None:
        """A citation in the text around it, for the person who pressed alone."""
        citations = given.answer.citations if given.answer else ()
        if not 0 <= number < len(citations):
            await whisper(interaction, _EXPIRED)
            return
        shown = await self.desk.on_disk(self.shelf.quoted, given.guild, citations[number])
        view = views.text(shown, pages("quote", given.id, number, len(citations)), Colour.ANSWERED)
        if is_first:
            await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)
        else:
            await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)

    async def _follow(self, interaction: Interaction, given: Given, question: str) -> None:
        """Open a thread from the answer; the conversation goes on there."""
        if given.thread:
            await whisper(interaction, f"It goes on in <#{given.thread}>.")
            return
        answer = interaction.message
        if answer is None or not places.can_open_thread(interaction):
            await whisper(interaction, "A thread cannot be opened here: please reply to the answer instead.")
            return
        allowed = interaction.app_permissions
        if not (allowed.create_public_threads and allowed.send_messages_in_threads):
            await whisper(
                interaction,
                "I may not open a thread here: somebody who manages the server must give me "
                "Create Public Threads and Send Messages in Threads.",
            )
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        name = safe(question)[:_NAMED] or "Follow up"
        try:
            thread = await answer.create_thread(name=name, auto_archive_duration=1440)
        except discord.HTTPException as error:
            if error.code != _THREAD_EXISTS:
                raise
            await self.desk.on_disk(self.desk.store.opened, given.id, answer.id)  # somebody was faster
        else:
            await self.desk.on_disk(self.desk.store.opened, given.id, thread.id)
            how = "" if self._hears_all else ": mention me, or reply to my answer with a ping"
            await thread.send(view=views.text(f"Ask on here{how}."), allowed_mentions=NOBODY)
        # Discord gives a thread the id of the message it is opened from.
        await interaction.edit_original_response(view=views.text(f"It goes on in <#{answer.id}>."))

    async def _again(self, interaction: Interaction, who: Asker, given: Given) -> None:
        """Show the next best answer in place of this one."""
        await interaction.response.defer()

        async def waiting(place: int) -> None:
            await interaction.followup.send(f"You are number {place} in the queue.", ephemeral=True)

        reply = ToInteraction(interaction, places.can_open_thread(interaction))
        is_command = interaction.message is not None and interaction.message.interaction_metadata
        question = given.question.text if given.question and is_command else None
        growth, found = self._growth(who, reply, question), None
        try:
            async with growth:
                found = await self.desk.again(given, who, waiting, growth.hear)
        finally:
            if found or growth.is_shown:  # in place of the answer, which is to come back then
                await reply.show(await self._view(found or given, reply.can_follow, question))
        if found is None:
            await interaction.followup.send("The articles hold nothing more on it.", ephemeral=True)

    async def _vote(self, interaction: Interaction, given: Given, what: str) -> None:
        """Keep a vote at once, and for a bad one ask the reason; the same again takes it back."""
        store = self.desk.store
        verdict: Verdict = 1 if what == "up" else -1
        voter = await self.desk.on_disk(store.person, interaction.user.id)
        if await self.desk.on_disk(store.verdict, given.id, voter) == verdict:
            await self.desk.on_disk(store.withdraw, given.id, voter)
            await whisper(interaction, "Your vote is taken back.")
            return
        await self.desk.on_disk(store.vote, given.id, voter, verdict)
        if what == "down":
            await interaction.response.send_modal(views.Reason(f"quoth:reason:{given.id}"))
        else:
            await whisper(interaction, "Thank you. Your vote is kept; /forget-me deletes it.")

    async def reasoned(self, interaction: Interaction, id_: str, reason: str) -> None:
        """The reason of a bad vote, from the modal."""
        store = self.desk.store
        voter = await self.desk.on_disk(store.person, interaction.user.id)
        kept = await self.desk.on_disk(store.vote, id_, voter, -1, reason.strip())
        await whisper(interaction, "Thank you, that helps." if kept else _EXPIRED)

    # articles

    async def list_articles(self, interaction: Interaction, publisher: str | None) -> None:
        """The articles, for somebody who may ask here."""
        if refused := await self.desk.refusal(places.of_interaction(interaction), is_question=False):
            await whisper(interaction, str(refused))
        else:
            await self.shelf.list_articles(interaction, await self.shelf.publisher(interaction, publisher), 0)

    async def show_article(self, interaction: Interaction, name: str) -> None:
        """An article's text, for somebody who may ask here."""
        if refused := await self.desk.refusal(places.of_interaction(interaction), is_question=False):
            await whisper(interaction, str(refused))
        else:
            await self.shelf.turn_page(interaction, await self.shelf.file(interaction, name), 0)

    # figures and upkeep

    async def forget(self, interaction: Interaction) -> None:
        """Delete what is kept of a person."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        count = await self.desk.on_disk(self.desk.store.forget, interaction.user.id)
        things = "question or vote" if count == 1 else "questions and votes"
        words = f"I deleted {count} {things} of yours." if count else "I keep nothing of yours."
        await interaction.edit_original_response(view=views.text(words))

    async def stats(self, interaction: Interaction) -> None:
        """A server's figures."""
        found = await self.desk.on_disk(self.desk.store.stats, interaction.guild_id)
        seconds = "" if found.median_seconds is None else f"\nmedian {found.median_seconds:.1f} s"
        since = f"\nsince {found.since:%Y-%m-%d}" if found.since else ""
        words = f"{found.questions} questions, {found.declined} declined\n👍 {found.up}, 👎 {found.down}"
        await whisper(interaction, f"{words}{seconds}{since}")

    async def reindex(self, interaction: Interaction) -> None:
        """Bring the index up to date, and say what changed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        done = await self.desk.sync(interaction.guild_id)
        words = f"{done.added} added, {done.changed} changed, {done.removed} removed."
        await interaction.edit_original_response(view=views.text(words))


def _waiting(reply: Reply) -> Waiting:
    """Shows somebody's place in the queue where their answer will stand."""

    async def waiting(place: int) -> None:
        await reply.show(views.text(f"You are number {place} in the queue."))

    return waiting
