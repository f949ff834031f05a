"""The local Discord is honest: the real discord.py lives on it, and what Discord refuses, it refuses."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import discord as library
import pytest
from discord import app_commands

from tests.fake_discord import REAL_LIMITS, FakeDiscord, Message, awaited
from tests.fake_discord_schema import description, schema


class Bot(library.AutoShardedClient):
    """Ten lines of a bot: what it does on events is handed in."""

    def __init__(self, intents: library.Intents | None = None, **options: Any) -> None:
        super().__init__(
            intents=intents or library.Intents.default(),
            guild_ready_timeout=0.02,
            max_messages=None,
            **options,
        )
        self.tree = app_commands.CommandTree(self)
        self.seen: list[str] = []

    async def setup_hook(self) -> None:
        if self.tree.get_commands() or self.tree.get_commands(type=library.AppCommandType.message):
            await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No five seconds between two sessions."""

    async def on_ready(self) -> None:
        self.seen.append("ready")

    async def on_resumed(self) -> None:
        self.seen.append("resumed")

    async def on_message(self, message: library.Message) -> None:
        if message.author != self.user:
            self.seen.append(f"message {message.content}")


@asynccontextmanager
async def running(discord: FakeDiscord, bot: Bot) -> AsyncIterator[asyncio.Task[None]]:
    """The bot, connected for the time of the block."""
    with discord.patched():
        task = asyncio.create_task(bot.start(discord.token))
        try:
            await discord.ready()
            await discord.until(lambda: "ready" in bot.seen, lambda: "on_ready")
            yield task
        finally:
            await bot.close()
            with suppress(library.DiscordException, KeyError, ValueError):
                await task


async def seen(discord: FakeDiscord, bot: Bot, what: str, times: int = 1) -> None:
    await discord.until(lambda: bot.seen.count(what) >= times, lambda: f"{what!r}; the bot saw {bot.seen}")


class Caller:
    """REST by hand: what discord.py would refuse to send."""

    def __init__(self, discord: FakeDiscord, session: aiohttp.ClientSession) -> None:
        self.discord, self.session = discord, session

    async def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bot {token or self.discord.token}"}
        async with self.session.request(
            method, self.discord.api + path, json=body, headers=headers
        ) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None


@asynccontextmanager
async def by_hand() -> AsyncIterator[tuple[FakeDiscord, Caller, Any, Any]]:
    """A Discord with a server, a channel and Ana, and no bot connected."""
    async with FakeDiscord() as discord, aiohttp.ClientSession() as session:
        guild = discord.guild()
        channel = guild.channel()
        yield discord, Caller(discord, session), channel, discord.user("Ana", guild)


# the real discord.py


@awaited
async def test_it_logs_in_and_knows_the_server() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild("Newsroom")
        channel = guild.channel("general")
        bot = Bot()
        async with running(discord, bot):
            assert bot.user is not None and bot.user.id == discord.bot.id
            held = bot.get_guild(guild.id)
            assert held is not None and held.name == "Newsroom"
            assert held.me.guild_permissions.send_messages and not held.me.guild_permissions.administrator
            assert [one.id for one in held.text_channels] == [channel.id]
            channel.deny(discord.bot, "send_messages")
            later = guild.channel("later")
            await discord.until(lambda: bot.get_channel(later.id), lambda: "the new channel")
            assert not held.text_channels[0].permissions_for(held.me).send_messages
            assert (await bot.application_info()).owner.id == discord.owner.id
        assert [one.route for one in discord.requests[:3]] == [
            "/users/@me",
            "/oauth2/applications/@me",
            "/gateway/bot",
        ]
        assert not discord.violations


@awaited
async def test_every_shard_hears_of_its_own_servers() -> None:
    async with FakeDiscord(shards=2) as discord:
        guilds = [discord.guild(f"Server {number}") for number in range(4)]
        bot = Bot()
        async with running(discord, bot):
            assert {bot.get_guild(one.id).shard_id for one in guilds} == {0, 1}
        assert not discord.violations


@awaited
async def test_a_slash_command_defers_and_then_answers() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild()
        channel, ana = guild.channel(), discord.user("Ana", guild)
        bot = Bot()

        @bot.tree.command(description="Asks")
        async def ask(
            interaction: library.Interaction, question: str, place: library.TextChannel | None = None
        ) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content=f"{question} in {place}")
            await interaction.followup.send("And more", ephemeral=True)
            await interaction.edit_original_response(embed=library.Embed(title="Sources", description="One"))

        async with running(discord, bot):
            handle = await ana.slash("ask", channel=channel, question="Why?", place=channel)
            assert (await handle.first_response()).response == "deferred"
            reply = await handle.reply(where=lambda shown: shown.embeds)
            assert reply.text == "Why? in general\nSources\nOne"
            assert [one.text for one in reply.versions][:2] == ["", "Why? in general"]
            assert [one.text for one in handle.edits] == [reply.text]
            more = await handle.followup()
            assert more.ephemeral and more in ana.view(channel) and more not in channel.messages
            assert more not in discord.user("Ben", guild).view(channel)
        assert not discord.violations


@awaited
async def test_the_first_follow_up_takes_the_place_of_a_deferred_answer() -> None:
    async with FakeDiscord() as discord:
        ana = discord.user("Ana", discord.guild())
        bot = Bot()

        @bot.tree.command(description="Asks")
        async def ask(interaction: library.Interaction) -> None:
            await interaction.response.defer(ephemeral=True)
            await interaction.followup.send("Here")

        async with running(discord, bot):
            reply = await (await ana.slash("ask")).reply()
            assert reply.ephemeral and reply.text == "Here" and reply.channel is discord.dm(ana)
        assert not discord.violations


class Form(library.ui.Modal, title="Why not?"):
    reason: library.ui.TextInput[Any] = library.ui.TextInput(label="Reason", max_length=20)

    async def on_submit(self, interaction: library.Interaction) -> None:
        await interaction.response.send_message(f"Because {self.reason.value}", ephemeral=True)


class Buttons(library.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @library.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: library.Interaction, button: Any) -> None:
        await interaction.response.edit_message(content="anew")

    @library.ui.button(emoji="👎", custom_id="down")
    async def down(self, interaction: library.Interaction, button: Any) -> None:
        await interaction.response.send_modal(Form())

    @library.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: library.Interaction, button: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="later")

    @library.ui.select(
        options=[library.SelectOption(label="One", value="1"), library.SelectOption(label="Two")]
    )
    async def chosen(self, interaction: library.Interaction, select: Any) -> None:
        await interaction.response.send_message(f"You chose {select.values}")


@awaited
async def test_buttons_selects_and_forms_reach_the_bot() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild()
        channel, ana = guild.channel(), discord.user("Ana", guild)
        bot = Bot()
        async with running(discord, bot):
            await bot.get_channel(channel.id).send("Pick", view=Buttons())
            [shown] = channel.messages
            assert [one.label or one.emoji for one in shown.buttons] == ["Again", "👎", "Later"]
            assert (await (await ana.click(shown, "Again")).reply()).text == "anew"
            assert (
                await (await ana.click(shown, "later")).reply(where=lambda it: it.text == "later")
            ) is shown
            assert (await (await ana.select(shown, None, ["1"])).reply()).text == "You chose ['1']"
            opened = await ana.click(shown, "👎")
            assert (await opened.modal())["title"] == "Why not?"
            with pytest.raises(AssertionError, match="takes 1 to 20 characters"):
                await ana.submit_modal(opened, {"Reason": ""})
            sent = await ana.submit_modal(opened, {"Reason": "it is wrong"})
            assert (await sent.reply()).text == "Because it is wrong"
        assert not discord.violations


@awaited
async def test_components_v2_are_read_as_text() -> None:
    class Layout(library.ui.LayoutView):
        box = library.ui.Container(
            library.ui.TextDisplay("# Answer"), library.ui.TextDisplay("It <@1> rained.")
        )
        row: library.ui.ActionRow[Any] = library.ui.ActionRow()

        @row.button(label="More", custom_id="more")
        async def more(self, interaction: library.Interaction, button: Any) -> None:
            await interaction.response.send_message("more")

    async with FakeDiscord() as discord:
        guild = discord.guild()
        channel, ana = guild.channel(), discord.user("Ana", guild)
        bot = Bot()
        async with running(discord, bot):
            await bot.get_channel(channel.id).send(view=Layout(timeout=None))
            [shown] = channel.messages
            assert shown.modern and shown.text == "# Answer\nIt <@1> rained."
            assert (await (await ana.click(shown, "More")).reply()).reference is shown
        assert not discord.violations


@awaited
async def test_options_complete_themselves() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild()
        ana = discord.user("Ana", guild)
        guild.channel()
        bot = Bot()

        @bot.tree.command(description="Asks")
        async def ask(interaction: library.Interaction, publisher: str, year: int = 2020) -> None:
            await interaction.response.send_message(f"{publisher} {year}")

        @ask.autocomplete("publisher")
        async def names(interaction: library.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{typed}rdian {interaction.namespace.year}", value="guardian")]

        async with running(discord, bot):
            typed = await ana.autocomplete("ask", "publisher", "Gua", guild=guild, year=1999)
            assert await typed.choices() == [{"name": "Guardian 1999", "value": "guardian"}]
            done = await ana.slash("ask", guild=guild, publisher="guardian")
            assert (await done.reply()).content == "guardian 2020"
        assert not discord.violations


@awaited
async def test_a_message_can_be_the_target_of_a_command() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild()
        channel, ana, ben = guild.channel(), discord.user("Ana", guild), discord.user("Ben", guild)
        bot = Bot()

        @bot.tree.context_menu(name="Check against the articles")
        async def check(interaction: library.Interaction, message: library.Message) -> None:
            await interaction.response.send_message(f"{message.author.display_name} said {message.content}")

        async with running(discord, bot):
            claim = (await ben.message(channel, "The bridge fell.")).message
            handle = await ana.context_menu("Check against the articles", claim)
            assert (await handle.reply()).text == "Ben said The bridge fell."
        assert not discord.violations


@awaited
async def test_a_thread_opens_from_an_answer_and_lives_on() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild()
        channel, ana = guild.channel(), discord.user("Ana", guild)
        bot = Bot()

        async def answer(message: library.Message) -> None:
            if bot.user in message.mentions:
                thread = await message.create_thread(name="Follow up")
                await thread.send("Go on here")
                await thread.edit(archived=True)

        bot.add_listener = None
        bot.on_message = answer  # type: ignore[method-assign]
        async with running(discord, bot):
            handle = await ana.message(channel, "why?", mentions=[discord.bot])
            reply = await handle.reply()
            thread = reply.channel
            assert thread.is_thread and thread.name == "Follow up" and thread.starter is handle.message
            await discord.until(lambda: thread.archived, lambda: "the archiving")
            await ana.message(thread, "still here?")
            assert not thread.archived
        assert not discord.violations


@awaited
async def test_direct_messages_go_both_ways() -> None:
    async with FakeDiscord() as discord:
        ana = discord.user("Ana")
        bot = Bot()

        async def answer(message: library.Message) -> None:
            if message.author != bot.user:
                async with message.channel.typing():
                    await message.reply(f"You said {message.content}")

        bot.on_message = answer  # type: ignore[method-assign]
        async with running(discord, bot):
            handle = await ana.dm("hi")
            reply = await handle.reply()
            assert reply.text == "You said hi" and reply.reference is handle.message
            assert [who for _, who in reply.channel.typing] == [discord.bot]
            assert reply.pings.users == (ana,)
            ana.closed_dms = True
            with pytest.raises(library.Forbidden, match="50007"):
                await (await bot.fetch_user(ana.id)).send("Hello?")
        assert not discord.violations


@awaited
async def test_files_arrive_and_can_be_fetched() -> None:
    async with FakeDiscord() as discord:
        channel = discord.guild().channel()
        bot = Bot()
        async with running(discord, bot):
            sent = await bot.get_channel(channel.id).send(file=library.File(io.BytesIO(b"picture"), "a.png"))
            assert channel.messages[0].files == {"a.png": b"picture"}
            assert await sent.attachments[0].read() == b"picture"


@awaited
async def test_commands_are_offered_to_those_who_may_use_them() -> None:
    async with FakeDiscord() as discord:
        home, other = discord.guild("Home"), discord.guild("Other", bot=False)
        ana = discord.user("Ana", home)
        boss = discord.user("Bea", home, permissions="manage_guild")
        guest = discord.user("Gus", other, installed=True)
        bot = Bot()

        @bot.tree.command(description="Asks")
        @app_commands.allowed_installs(guilds=True, users=True)
        @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
        async def ask(interaction: library.Interaction) -> None:
            await interaction.response.send_message(
                f"{interaction.context.guild} {interaction.is_user_integration()}"
            )

        @bot.tree.command(description="Counts")
        @app_commands.default_permissions(manage_guild=True)
        @app_commands.guild_only()
        async def stats(interaction: library.Interaction) -> None:
            await interaction.response.send_message("7")

        async with running(discord, bot):
            place, there = home.channel(), other.channel()
            assert (ana.commands(place), boss.commands(place)) == (["ask"], ["ask", "stats"])
            assert (ana.commands(), guest.commands(there)) == (["ask"], ["ask"])
            with pytest.raises(AssertionError, match=r"Ana is not offered 'stats' in #general, but: ask\."):
                await ana.slash("stats", channel=place)
            assert (await (await guest.slash("ask", channel=there)).reply()).text.endswith("True")
            alone = await guest.slash("ask", channel=discord.private(guest, ana))
            assert (await alone.reply()).text.endswith("True")
            other.permit(other.everyone, "view_channel send_messages use_application_commands")
            assert (await (await guest.slash("ask", channel=there)).reply()).ephemeral
        assert not discord.violations


# things that go wrong


@awaited
async def test_a_wrong_token_is_refused_twice() -> None:
    async with FakeDiscord() as discord:
        with discord.patched():
            bot = Bot()
            with pytest.raises(library.LoginFailure):
                await bot.start("wrong")
            await bot.close()
        assert [one.rule for one in discord.violations] == ["401 0"]
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{discord.gateway}?v=10&encoding=json") as ws,
        ):
            assert (await ws.receive_json())["op"] == 10
            await ws.send_json({"op": 2, "d": {"token": "wrong", "intents": 1, "properties": {}}})
            await ws.receive()
            assert ws.close_code == 4004


@pytest.mark.parametrize(
    ("code", "raised"), [(4004, library.ConnectionClosed), (4014, library.PrivilegedIntentsRequired)]
)
@awaited
async def test_close_codes_that_end_a_bot(code: int, raised: type[Exception]) -> None:
    async with FakeDiscord() as discord:
        discord.faults.close_identify(code)
        with discord.patched():
            bot = Bot()
            with pytest.raises(raised):
                await bot.start(discord.token)
            await bot.close()


@pytest.mark.parametrize("allowed", [False, True])
@awaited
async def test_privileged_intents_must_be_switched_on(allowed: bool) -> None:
    intents = library.Intents.default()
    intents.message_content = True
    async with FakeDiscord(intents_allowed=("message_content",) if allowed else ()) as discord:
        bot = Bot(intents)
        if allowed:
            async with running(discord, bot) as task:
                assert not task.done()
            return
        with discord.patched(), pytest.raises(library.PrivilegedIntentsRequired):
            await bot.start(discord.token)
        await bot.close()
        assert [one.rule for one in discord.violations] == ["gateway 4014"]


@pytest.mark.parametrize("content", [False, True])
@awaited
async def test_content_is_told_only_with_the_intent_or_to_whom_it_concerns(content: bool) -> None:
    intents = library.Intents.default()
    intents.message_content = content
    async with FakeDiscord(intents_allowed=("message_content",)) as discord:
        guild = discord.guild()
        channel, ana = guild.channel(), discord.user("Ana", guild)
        bot = Bot(intents)
        async with running(discord, bot):
            own = await bot.get_channel(channel.id).send("mine")
            await ana.message(channel, "secret")
            await ana.message(channel, "you", mentions=[discord.bot])
            await ana.message(channel, "pinged", reply_to=channel.every[own.id])
            await ana.message(channel, "quiet", reply_to=channel.every[own.id], ping=False)
            await ana.dm("direct")
            await seen(discord, bot, "message direct")
        told = [
            f"message {text}"
            for text in ("secret" * content, f"<@{discord.bot.id}> you", "pinged", "quiet" * content)
        ]
        assert bot.seen == ["ready", *told, "message direct"]


_RESUMED: list[tuple[str, Callable[[FakeDiscord], None]]] = [
    ("opcode 7", lambda discord: discord.faults.reconnect()),
    ("opcode 9, true", lambda discord: discord.faults.invalidate(resumable=True)),
    ("close code 4000", lambda discord: discord.faults.close(4000)),
    ("a cut", lambda discord: discord.faults.cut_gateway()),
]


@pytest.mark.parametrize(("name", "fault"), _RESUMED, ids=[name for name, _ in _RESUMED])
@awaited
async def test_a_session_is_resumed_with_what_was_missed(
    name: str, fault: Callable[[FakeDiscord], None]
) -> None:
    async with FakeDiscord() as discord:
        ana = discord.user("Ana", discord.guild())
        bot = Bot()
        async with running(discord, bot):
            await ana.dm("before")
            await seen(discord, bot, "message before")
            fault(discord)
            await ana.dm("meanwhile")
            await seen(discord, bot, "resumed")
            await ana.dm("after")
            await seen(discord, bot, "message after")
            assert bot.seen == ["ready", "message before", "message meanwhile", "resumed", "message after"]
            assert discord.gateway_state.paths == ["/gateway", "/gateway/resume"]
        assert not discord.violations


@pytest.mark.parametrize("at_once", [True, False], ids=["opcode 9, false", "a refused resume"])
@awaited
async def test_a_lost_session_is_begun_anew(at_once: bool) -> None:
    async with FakeDiscord() as discord:
        ana = discord.user("Ana", discord.guild())
        bot = Bot()
        async with running(discord, bot):
            if at_once:
                discord.faults.invalidate(resumable=False)
            else:
                discord.faults.refuse_resume()
                discord.faults.reconnect()
            await seen(discord, bot, "ready", times=2)
            await ana.dm("again")
            await seen(discord, bot, "message again")
            assert "resumed" not in bot.seen and discord.gateway_state.resumed == 0
        assert not discord.violations


@awaited
async def test_a_silent_gateway_is_left_by_the_bot() -> None:
    async with FakeDiscord(heartbeat_interval=0.2) as discord:
        bot = Bot(heartbeat_timeout=0.5)
        async with running(discord, bot):
            [connection] = discord.gateway_state.connections
            await discord.until(lambda: len(discord.heartbeats) > 2, lambda: "heartbeats")
            discord.faults.deaf = True
            await discord.until(
                lambda: connection not in discord.gateway_state.connections, lambda: "the end"
            )
            discord.faults.deaf = False
            await seen(discord, bot, "resumed")
        assert not discord.violations


@awaited
async def test_a_bot_without_heartbeat_is_dropped() -> None:
    async with FakeDiscord(heartbeat_interval=0.1) as discord, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{discord.gateway}?v=10&encoding=json") as ws:
            await ws.receive_json()
            await ws.receive()
            assert ws.close_code == 4009
        assert [one.rule for one in discord.violations] == ["heartbeat"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"op": 99}, 4001),
        ("no JSON", 4002),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 2, "d": {"token": "token.of.the-bot", "intents": 1, "shard": [2, 1]}}, 4010),
        ({"op": 2, "d": {"token": "token.of.the-bot", "intents": 1 << 40}}, 4013),
        ({"op": 2, "d": {"token": "token.of.the-bot", "intents": 1 << 15}}, 4014),
        ({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, 4004),
    ],
)
@awaited
async def test_what_a_gateway_does_not_take(payload: Any, code: int) -> None:
    async with FakeDiscord() as discord, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{discord.gateway}?v=10&encoding=json") as ws:
            await ws.receive_json()
            await (ws.send_str(payload) if isinstance(payload, str) else ws.send_json(payload))
            await ws.receive()
            assert ws.close_code == code
        assert [one.rule for one in discord.violations] == [f"gateway {code}"]


@pytest.mark.parametrize("compress", ["", "zlib-stream"])
@awaited
async def test_payloads_come_plain_or_as_one_compressed_stream(compress: str) -> None:
    import zlib

    async with FakeDiscord() as discord, aiohttp.ClientSession() as session:
        query = f"?v=10&encoding=json{'&compress=' + compress if compress else ''}"
        async with session.ws_connect(discord.gateway + query) as ws:
            stream, texts = zlib.decompressobj(), []
            await ws.send_json({"op": 1, "d": None})
            for _ in range(2):
                data = (await ws.receive()).data
                texts.append(stream.decompress(data).decode() if compress else data)
            assert ['"op": 10' in texts[0], '"op": 11' in texts[1]] == [True, True]


@awaited
async def test_strange_events_and_duplicates_reach_the_bot() -> None:
    async with FakeDiscord() as discord:
        ana = discord.user("Ana", discord.guild())
        bot = Bot()
        async with running(discord, bot) as task:
            discord.faults.event("SOMETHING_NEW", {"id": "1"})
            discord.faults.duplicate("MESSAGE_CREATE")
            await ana.dm("twice")
            await seen(discord, bot, "message twice", times=2)
            discord.faults.repeat()
            await seen(discord, bot, "message twice", times=3)
            discord.faults.event("MESSAGE_CREATE", {"id": "1"})
            with pytest.raises(KeyError):
                await task
    async with FakeDiscord() as discord:
        bot = Bot()
        async with running(discord, bot) as task:
            discord.faults.garbage()
            with pytest.raises(ValueError, match=r"unexpected|Expecting"):
                await task


@pytest.mark.parametrize("everywhere", [False, True])
@awaited
async def test_rate_limits_are_waited_for(everywhere: bool) -> None:
    async with FakeDiscord() as discord:
        channel = discord.guild().channel()
        bot = Bot()
        async with running(discord, bot):
            fault = discord.faults.add(
                "POST", "/channels/*/messages", status=429, everywhere=everywhere, times=2
            )
            await bot.get_channel(channel.id).send("Here")
            assert [one.status for one in discord.asked("POST", "/channels/{channel_id}/messages")] == [
                429,
                429,
                200,
            ]
            assert fault.used == 2 and [one.text for one in channel.messages] == ["Here"]
        assert not discord.violations


@awaited
async def test_faults_of_rest_come_as_discord_sends_them() -> None:
    async with FakeDiscord() as discord:
        channel = discord.guild().channel()
        bot = Bot()
        async with running(discord, bot):
            place, path = bot.get_channel(channel.id), "/channels/*/messages"
            discord.faults.add("POST", path, status=429, cloudflare=True)
            with pytest.raises(library.HTTPException, match="429"):
                await place.send("banned")
            discord.faults.add("POST", path, status=403)
            with pytest.raises(library.Forbidden, match="50013"):
                await place.send("forbidden")
            discord.faults.add("POST", path, status=503)
            with pytest.raises(library.DiscordServerError, match="503"):
                await place.send("down")
            for cut, left in (("before", 0), ("after", 1)):
                discord.faults.add("POST", path, cut=cut)
                with pytest.raises(aiohttp.ClientError):
                    await place.send("cut")
                assert len(channel.messages) == left
            discord.faults.add("POST", path, status=502)
            discord.faults.add("POST", path, delay=0.05)
            await place.send("in the end")
            *_, refused, late = discord.asked("POST", "/channels/{channel_id}/messages")
            assert (refused.status, late.status) == (502, 200) and late.seconds >= 0.05
        assert [one.text for one in channel.messages] == ["cut", "in the end"]
        assert not discord.violations


@awaited
async def test_real_rate_limits_can_be_switched_on() -> None:
    async with by_hand() as (discord, call, channel, _):
        discord.rest.limits = REAL_LIMITS
        path = f"/channels/{channel.id}/messages"
        statuses = [(await call("POST", path, {"content": "x"}))[0] for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        discord.clock.advance(5)
        assert (await call("POST", path, {"content": "x"}))[0] == 200


# time and interactions


@asynccontextmanager
async def pending(
    discord: FakeDiscord, call: Caller, ana: Any, channel: Any
) -> AsyncIterator[tuple[Any, str, str]]:
    """A slash command that waits for its answer, its callback and its webhook."""
    await call(
        "PUT", f"/applications/{discord.application_id}/commands", [{"name": "ask", "description": "Asks"}]
    )
    done = (await ana.slash("ask", channel=channel)).interaction
    callback = f"/interactions/{done.id}/{done.token}/callback"
    yield done, callback, f"/webhooks/{discord.application_id}/{done.token}"


@awaited
async def test_three_seconds_for_one_first_response() -> None:
    async with by_hand() as (discord, call, channel, ana):
        hello = {"type": 4, "data": {"content": "Hello"}}
        async with pending(discord, call, ana, channel) as (_, callback, hook):
            assert (await call("POST", hook, {"content": "early"}))[1]["code"] == 10015
            assert (await call("POST", callback, {"type": 7, "data": {}}))[1]["code"] == 50035
            assert await call("POST", callback, hello) == (204, None)
            status, answer = await call("POST", callback, hello)
            assert (status, answer["code"]) == (400, 40060)
            assert (await call("POST", hook, {"content": "more"}))[0] == 200
            discord.clock.advance(901)
            assert (await call("POST", hook, {"content": "late"}))[1]["code"] == 50027
        async with pending(discord, call, ana, channel) as (done, callback, _):
            discord.clock.advance(3)
            status, answer = await call("POST", callback, hello)
            assert (status, answer["code"], done.failed) == (404, 10062, True)
            handle = await ana.slash("ask", channel=channel)
            discord.clock.advance(3)
            with pytest.raises(AssertionError, match="'ask' by Ana in #general was not answered within 3 s"):
                await handle.first_response()
        rules = [one.rule for one in discord.violations]
        assert rules == ["400 50035", "400 40060", "401 50027", "404 10062"]


@awaited
async def test_a_late_first_response_reaches_nobody() -> None:
    async with FakeDiscord() as discord:
        guild = discord.guild()
        channel, ana = guild.channel(), discord.user("Ana", guild)
        bot, go, refused = Bot(), asyncio.Event(), []

        @bot.tree.command(description="Asks")
        async def ask(interaction: library.Interaction) -> None:
            await go.wait()
            try:
                await interaction.response.send_message("late")
            except library.NotFound as error:
                refused.append(error.code)

        async with running(discord, bot):
            handle = await ana.slash("ask", channel=channel)
            discord.clock.advance(3)
            go.set()
            with pytest.raises(AssertionError, match="was not answered within 3 s"):
                await handle.first_response()
            await discord.until(lambda: refused, lambda: "the refusal")
        assert refused == [10062] and not channel.messages
        assert [one.rule for one in discord.violations] == ["3 seconds", "404 10062"]


@awaited
async def test_many_people_at_once_are_told_apart() -> None:
    async with FakeDiscord(heartbeat_interval=0.5) as discord:
        guild = discord.guild()
        channel, people = guild.channel(), [discord.user(f"Person {number}", guild) for number in range(50)]
        bot = Bot()

        @bot.tree.command(description="Asks")
        async def ask(interaction: library.Interaction, question: str) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content=f"{interaction.user.display_name}: {question}")

        async def answer(message: library.Message) -> None:
            if message.author != bot.user and bot.user in message.mentions:
                await message.reply(f"{message.author.display_name}: {message.content[-1]}")

        bot.on_message = answer  # type: ignore[method-assign]
        async with running(discord, bot):
            asked = [
                await one.slash("ask", channel=channel, question=f"{at}") for at in (1, 2) for one in people
            ]
            said = [await one.message(channel, "3", mentions=[discord.bot]) for one in people]
            replies = await asyncio.gather(*(one.reply() for one in [*asked, *said]))
            expected = [f"{one.name}: {at}" for at in (1, 2, 3) for one in people]
            assert [one.text for one in replies] == expected
        assert discord.heartbeats and not discord.violations


@awaited
async def test_what_is_ephemeral_is_for_one_person_and_one_token() -> None:
    async with by_hand() as (discord, call, channel, ana):  # noqa: SIM117  the second needs the first
        async with pending(discord, call, ana, channel) as (done, callback, hook):
            body = {"type": 4, "data": {"content": f"psst {ana.mention}", "flags": 64}}
            status, answer = await call("POST", f"{callback}?with_response=1", body)
            hidden = done.original
            assert status == 200 and answer["resource"]["message"]["id"] == str(hidden.id)
            for method in ("GET", "PATCH", "DELETE"):
                status, answer = await call(
                    method, f"/channels/{channel.id}/messages/{hidden.id}", {"content": "x"}
                )
                assert (status, answer["code"]) == (404, 10008)
            assert (await call("PATCH", f"{hook}/messages/{hidden.id}", {"content": "changed"}))[0] == 200
            assert (
                [one.text for one in ana.view(channel)] == ["changed"]
                and not channel.messages
                and not hidden.pings
            )
            assert await call("DELETE", f"{hook}/messages/@original") == (204, None)
            assert (await call("GET", f"{hook}/messages/@original"))[1]["code"] == 10008
            assert not ana.view(channel)


@awaited
async def test_waiting_in_vain_says_what_was_awaited_and_what_came() -> None:
    async with by_hand() as (_, call, channel, ana):
        handle = await ana.message(channel, "Is anybody there?")
        await handle.silence(0.01)
        await call("POST", f"/channels/{channel.id}/messages", {"content": ""})
        text = (
            "Waited 0.05 s in vain for the reply to Ana's message 'Is anybody there.' in #general.*400 .50006"
        )
        with pytest.raises(AssertionError, match=text):
            await handle.reply(timeout=0.05)


# what Discord refuses of a message


def embed(**parts: Any) -> dict[str, Any]:
    return {"embeds": [parts]}


def row(*components: Any, **more: Any) -> dict[str, Any]:
    return {"content": "x", "components": [{"type": 1, "components": list(components)}], **more}


def button(**parts: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | parts


def select(count: int) -> dict[str, Any]:
    return {
        "type": 3,
        "custom_id": "s",
        "options": [{"label": f"{at}", "value": f"{at}"} for at in range(count)],
    }


def modern(*components: Any, **more: Any) -> dict[str, Any]:
    return {"flags": 1 << 15, "components": list(components), **more}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def mentioning(allowed: dict[str, Any]) -> dict[str, Any]:
    return {"content": "x", "allowed_mentions": allowed}


def _row(custom_id: str) -> dict[str, Any]:
    return {"type": 1, "components": [button(custom_id=custom_id)]}


_LONG_FIELDS = [{"name": "n" * 256, "value": "v" * 1024}] * 5

_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("content", {"content": "x" * 2001}, "content"),
    ("content that is no text", {"content": 5}, "content"),
    ("title", embed(title="x" * 257), "embeds.0.title"),
    ("description", embed(description="x" * 4097), "embeds.0.description"),
    ("field name", embed(fields=[{"name": "x" * 257, "value": "v"}]), "embeds.0.fields.0.name"),
    ("field value", embed(fields=[{"name": "n", "value": "x" * 1025}]), "embeds.0.fields.0.value"),
    ("empty field", embed(fields=[{"name": "n", "value": ""}]), "embeds.0.fields.0.value"),
    ("fields", embed(fields=[{"name": "n", "value": "v"}] * 26), "embeds.0.fields"),
    ("footer", embed(title="t", footer={"text": "x" * 2049}), "embeds.0.footer.text"),
    ("author", embed(title="t", author={"name": "x" * 257}), "embeds.0.author.name"),
    ("all embeds", {"embeds": [{"fields": _LONG_FIELDS}]}, "embeds"),
    ("number of embeds", {"embeds": [{"title": "t"}] * 11}, "embeds"),
    ("address", embed(title="t", url="file:///a.md"), "embeds.0.url"),
    ("colour", embed(title="t", color=1 << 24), "embeds.0.color"),
    ("rows", {"content": "x", "components": [_row(f"{at}") for at in range(6)]}, "components"),
    ("buttons", row(*(button(custom_id=f"{at}") for at in range(6))), "components.0.components"),
    ("custom id", row(button(custom_id="x" * 101)), "components.0.components.0.custom_id"),
    ("label", row(button(label="x" * 81)), "components.0.components.0.label"),
    ("nothing on a button", row(button(label="")), "components.0.components.0"),
    ("link with custom id", row(button(style=5, url="https://a.b")), "components.0.components.0"),
    ("link to a file", row(button(style=5, url="file:///", custom_id=None)), "components.0.components.0.url"),
    ("emoji", row(button(emoji={"name": "up"})), "components.0.components.0.emoji.name"),
    ("same custom id", row(button(), button()), "components"),
    ("options", row(select(26)), "components.0.components.0.options"),
    ("no options", row(select(0)), "components.0.components.0.options"),
    ("select beside a button", row(select(1), button()), "components.0.components"),
    ("V2 without its flag", {"content": "x", "components": [text("t")]}, "components.0.type"),
    ("V2 with content", modern(text("t"), content="x"), "content"),
    ("V2 with embeds", modern(text("t"), embeds=[{"title": "t"}]), "embeds"),
    ("V2 components", modern(*(text("t") for _ in range(41))), "components"),
    ("nested V2 components", modern({"type": 17, "components": [text("t")] * 40}), "components"),
    ("V2 text", modern(text("x" * 2001), text("x" * 2000)), "components"),
    ("empty V2 text", modern(text("")), "components.0.content"),
    ("section without accessory", modern({"type": 9, "components": [text("t")]}), "components.0.accessory"),
    ("loose button", modern(button()), "components.0.type"),
    ("mentions", mentioning({"parse": ["users"], "users": ["1"]}), "allowed_mentions"),
    ("kinds of mentions", mentioning({"parse": ["all"]}), "allowed_mentions.parse"),
    ("reply to nothing", {"content": "x", "message_reference": {"message_id": "5"}}, "message_reference"),
    ("nonce", {"content": "x", "nonce": "x" * 26}, "nonce"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "field"), [one[1:] for one in _REFUSED], ids=[one[0] for one in _REFUSED])
@awaited
async def test_messages_that_are_refused(body: dict[str, Any], field: str) -> None:
    async with by_hand() as (discord, call, channel, _):
        status, answer = await call("POST", f"/channels/{channel.id}/messages", body)
        assert (status, answer["code"]) == (400, 50035)
        place = answer["errors"]
        for part in field.split("."):
            place = place[part]
        assert place["_errors"][0]["message"]
        assert not channel.messages and [one.rule for one in discord.violations] == ["400 50035"]


_TAKEN = [
    {"content": "x" * 2000},
    embed(title="x" * 256, description="x" * 4096),
    {"embeds": [{"title": "t", "url": "https://example.org/a"}] * 10},
    row(*(button(custom_id="x" * 99 + f"{at}", label="x" * 80) for at in range(5))),
    row(
        button(style=5, url="https://example.org", custom_id=None),
        button(label=None, emoji={"name": "👍", "id": None}),
    ),
    row(select(25)),
    modern({"type": 17, "components": [text("x" * 100)] * 39}),
    modern({"type": 9, "components": [text("t")], "accessory": button()}, {"type": 14}),
]


@awaited
async def test_messages_at_the_limits_are_taken() -> None:
    async with by_hand() as (discord, call, channel, _):
        for body in _TAKEN:
            assert (await call("POST", f"/channels/{channel.id}/messages", body))[0] == 200
        assert len(channel.messages) == len(_TAKEN) and not discord.violations


@pytest.mark.parametrize(
    "body", [{}, {"content": " \n"}, {"embeds": [{}]}, {"content": None, "components": []}]
)
@awaited
async def test_empty_messages_are_refused(body: dict[str, Any]) -> None:
    async with by_hand() as (_, call, channel, _ana):
        status, answer = await call("POST", f"/channels/{channel.id}/messages", body)
        assert (status, answer["code"]) == (400, 50006)


_ROW = {"type": 1, "components": [{"type": 4, "custom_id": "a", "label": "A", "style": 1}]}


def form(**parts: Any) -> dict[str, Any]:
    return {"type": 9, "data": {"title": "T", "custom_id": "c", "components": [_ROW]} | parts}


def field(**parts: Any) -> dict[str, Any]:
    return form(components=[{"type": 1, "components": [_ROW["components"][0] | parts]}])


@pytest.mark.parametrize(
    "body",
    [
        form(title="x" * 46),
        form(custom_id="x" * 101),
        form(components=[]),
        form(components=[_ROW] * 6),
        field(label="x" * 46),
        field(max_length=4001),
        field(value="x" * 11, max_length=10),
        form(
            components=[
                {"type": 18, "label": "x" * 46, "component": {"type": 4, "custom_id": "a", "style": 1}}
            ]
        ),
    ],
)
@awaited
async def test_forms_that_are_refused(body: dict[str, Any]) -> None:
    async with (
        by_hand() as (discord, call, channel, ana),
        pending(discord, call, ana, channel) as (done, callback, _),
    ):
        status, answer = await call("POST", callback, body)
        assert (status, answer["code"], done.response) == (400, 50035, None)
        assert (await call("POST", callback, form()))[0] == 204 and done.response == "modal"


@awaited
async def test_at_most_25_choices_of_100_characters() -> None:
    async with by_hand() as (discord, call, channel, ana):
        option = {"name": "publisher", "description": "Whose", "type": 3, "autocomplete": True}
        commands = [{"name": "ask", "description": "Asks", "options": [option]}]
        await call("PUT", f"/applications/{discord.application_id}/commands", commands)
        handle = await ana.autocomplete("ask", "publisher", "G", channel=channel)
        path = f"/interactions/{handle.interaction.id}/{handle.interaction.token}/callback"
        for choices in (
            [{"name": "n", "value": "v"}] * 26,
            [{"name": "n" * 101, "value": "v"}],
            [{"name": "", "value": "v"}],
        ):
            status, answer = await call("POST", path, {"type": 8, "data": {"choices": choices}})
            assert (status, answer["code"]) == (400, 50035)
        assert (
            await call(
                "POST", path, {"type": 8, "data": {"choices": [{"name": "n" * 100, "value": "v"}] * 25}}
            )
        )[0] == 204
        assert len(await handle.choices()) == 25


def option(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "description": "d", "type": 3} | parts


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Ask", "description": "d"},
        {"name": "a sk", "description": "d"},
        {"name": "x" * 33, "description": "d"},
        {"name": "ask", "description": ""},
        {"name": "ask", "description": "x" * 101},
        {"name": "Check", "type": 3, "description": "d"},
        {"name": "ask", "description": "d", "options": [option(f"o{at}") for at in range(26)]},
        {"name": "ask", "description": "d", "options": [option("a"), option("b", required=True)]},
        {"name": "ask", "description": "d", "options": [option("a"), option("a")]},
        {
            "name": "ask",
            "description": "d",
            "options": [option("a", choices=[{"name": "n", "value": "v"}] * 26)],
        },
    ],
)
@awaited
async def test_commands_that_are_refused(command: dict[str, Any]) -> None:
    async with by_hand() as (discord, call, _, _ana):
        path = f"/applications/{discord.application_id}/commands"
        for method, body in (("PUT", [command]), ("POST", command)):
            status, answer = await call(method, path, body)
            assert (status, answer["code"]) == (400, 50035)
        assert await call("GET", path) == (200, [])


@awaited
async def test_commands_are_overwritten_changed_and_deleted() -> None:
    async with by_hand() as (discord, call, channel, _):
        path = f"/applications/{discord.application_id}"
        asked, told = {"name": "ask", "description": "Asks"}, {"name": "tell", "description": "Tells"}
        _, [first] = await call("PUT", f"{path}/commands", [asked])
        _, [again, _other] = await call("PUT", f"{path}/commands", [asked, told])
        assert again["id"] == first["id"]
        assert (await call("PUT", f"{path}/commands", [asked, asked]))[1]["code"] == 50035
        assert (await call("PATCH", f"{path}/commands/{first['id']}", {"description": "New"}))[1][
            "description"
        ] == "New"
        assert (await call("DELETE", f"{path}/commands/{first['id']}"))[0] == 204
        assert (await call("DELETE", f"{path}/commands/{first['id']}"))[1]["code"] == 10063
        assert (await call("POST", f"{path}/guilds/{channel.guild.id}/commands", asked))[0] == 201
        away = discord.guild("Away", bot=False)
        assert (await call("POST", f"{path}/guilds/{away.id}/commands", asked))[1]["code"] == 50001


# permissions

_REPLY = {"content": "x", "message_reference": {"message_id": "{m}"}}
_DENIED: list[tuple[str, str, str, Any, int]] = [
    ("view_channel", "POST", "/channels/{c}/messages", {"content": "x"}, 50001),
    ("view_channel", "GET", "/channels/{c}", None, 50001),
    ("send_messages", "POST", "/channels/{c}/messages", {"content": "x"}, 50013),
    ("send_messages", "POST", "/channels/{c}/typing", None, 50013),
    ("embed_links", "POST", "/channels/{c}/messages", {"embeds": [{"title": "t"}]}, 50013),
    ("read_message_history", "GET", "/channels/{c}/messages/{m}", None, 50013),
    ("read_message_history", "POST", "/channels/{c}/messages", _REPLY, 160002),
    ("create_public_threads", "POST", "/channels/{c}/messages/{m}/threads", {"name": "t"}, 50013),
    ("send_messages_in_threads", "POST", "/channels/{t}/messages", {"content": "x"}, 50013),
    ("add_reactions", "PUT", "/channels/{c}/messages/{m}/reactions/%F0%9F%91%8D/@me", None, 50013),
    ("send_messages", "DELETE", "/channels/{c}/messages/{m}", None, 50013),
    ("send_messages", "PATCH", "/channels/{c}/messages/{m}", {"content": "x"}, 50005),
]  # fmt: skip


@pytest.mark.parametrize(("denied", "method", "path", "body", "code"), _DENIED)
@awaited
async def test_what_the_bot_may_not_do(denied: str, method: str, path: str, body: Any, code: int) -> None:
    async with by_hand() as (discord, call, channel, ana):
        message = (await ana.message(channel, "Hello")).message
        thread = await ana.thread((await ana.message(channel, "Other")).message, "Talk")
        ids = {"c": channel.id, "m": message.id, "t": thread.id}
        channel.deny(discord.bot, denied)
        pointer = (
            {"message_reference": {"message_id": str(message.id)}}
            if "message_reference" in (body or {})
            else {}
        )
        status, answer = await call(method, path.format(**ids), body and body | pointer)
        assert (status, answer["code"]) == (403, code)
        assert not discord.violations  # a permission can be missing: that is no fault of the bot


@awaited
async def test_embeds_are_dropped_where_they_are_not_allowed() -> None:
    async with by_hand() as (discord, call, channel, _):
        channel.deny(discord.bot, "embed_links")
        await call("POST", f"/channels/{channel.id}/messages", {"content": "x", "embeds": [{"title": "t"}]})
        assert [(one.content, one.embeds) for one in channel.messages] == [("x", [])]


@awaited
async def test_permissions_come_from_roles_overwrites_and_owner() -> None:
    async with FakeDiscord() as discord:
        ana = discord.user("Ana")
        guild = discord.guild(owner=ana)
        channel, quiet = guild.channel(), guild.role("Quiet")
        ben, cem = (
            discord.user("Ben", guild, roles=(quiet,)),
            discord.user("Cem", guild, permissions="administrator"),
        )
        channel.deny(guild.everyone, "send_messages")
        assert [channel.may_speak(one) for one in (ana, ben, cem)] == [True, False, True]
        channel.allow(quiet, "send_messages")
        assert channel.may_speak(ben)
        channel.deny(ben, "view_channel")
        assert channel.permissions(ben) == 0


@awaited
async def test_things_that_are_not_there() -> None:
    async with by_hand() as (_, call, channel, ana):
        message = (await ana.message(channel, "Hello")).message
        await ana.delete(message)
        for path, code in (
            (f"/channels/{channel.id}/messages/{message.id}", 10008),
            ("/channels/5", 10003),
            ("/guilds/5", 10004),
            ("/users/5", 10013),
            ("/nowhere", 0),
        ):
            status, answer = await call("GET", path)
            assert (status, answer["code"]) == (404, code)
        assert (await call("POST", "/interactions/5/token/callback", {"type": 5}))[1]["code"] == 10062
        assert (await call("GET", "/users/@me", token="wrong"))[0] == 401


@awaited
async def test_threads_have_rules_of_their_own() -> None:
    async with by_hand() as (_, call, channel, ana):
        message = (await ana.message(channel, "Hello")).message
        path = f"/channels/{channel.id}/messages/{message.id}/threads"
        assert (await call("POST", path, {"name": "x" * 101}))[1]["code"] == 50035
        assert (await call("POST", path, {"name": "x", "auto_archive_duration": 5}))[1]["code"] == 50035
        status, thread = await call("POST", path, {"name": "x" * 100, "auto_archive_duration": 60})
        assert status == 201 and thread["id"] == str(message.id)
        assert (await call("POST", path, {"name": "x"}))[1]["code"] == 160004
        inside = f"/channels/{thread['id']}"
        _, told = await call("POST", f"{inside}/messages", {"content": "in"})
        assert (await call("POST", f"{inside}/messages/{told['id']}/threads", {"name": "x"}))[1][
            "code"
        ] == 50024
        assert (await call("PATCH", inside, {"archived": True, "locked": True}))[0] == 200
        assert (await call("POST", f"{inside}/messages", {"content": "in"}))[1]["code"] == 50083
        assert (await call("PATCH", f"{inside}/messages/{told['id']}", {"content": "in"}))[1]["code"] == 50083


# mentions and edits


def _pings(message: Message) -> str:
    return (
        " ".join([*(one.name for one in message.pings.users), *(one.name for one in message.pings.roles)])
        + "!" * message.pings.everyone
    )


@pytest.mark.parametrize(
    ("allowed", "loud", "pinged"),
    [
        (None, True, "Ana Desk!"),
        (None, False, "Ana"),
        ({"parse": []}, True, ""),
        ({"parse": ["users"]}, True, "Ana"),
        ({"parse": ["everyone"]}, True, "!"),
        ({"parse": [], "roles": ["{role}"]}, True, "Desk"),
    ],
)
@pytest.mark.parametrize("v2", [False, True])
@awaited
async def test_who_is_pinged(allowed: Any, loud: bool, pinged: str, v2: bool) -> None:
    async with by_hand() as (discord, call, channel, ana):
        desk = channel.guild.role("Desk")
        if loud:
            channel.allow(discord.bot, "mention_everyone")
        said = f"{ana.mention} <@5> {desk.mention} @everyone"
        body = modern(text(said)) if v2 else {"content": said}
        if allowed is not None:
            body["allowed_mentions"] = allowed | ({"roles": [str(desk.id)]} if "roles" in allowed else {})
        await call("POST", f"/channels/{channel.id}/messages", body)
        assert _pings(channel.messages[0]) == pinged


@awaited
async def test_an_edit_changes_what_it_names_and_pings_nobody() -> None:
    async with by_hand() as (_, call, channel, ana):
        path = f"/channels/{channel.id}/messages"
        _, made = await call("POST", path, row(button(), embeds=[{"title": "t"}]))
        _, changed = await call("PATCH", f"{path}/{made['id']}", {"content": ana.mention, "components": []})
        [message] = channel.messages
        assert (changed["content"], changed["components"], changed["embeds"][0]["title"]) == (
            ana.mention,
            [],
            "t",
        )
        assert [one.content for one in message.versions] == ["x", ana.mention] and not message.pings
        assert (await call("PATCH", f"{path}/{made['id']}", {"content": None, "embeds": []}))[1][
            "code"
        ] == 50006
        assert (await call("PATCH", f"{path}/{made['id']}", {"content": "x" * 2001}))[1]["code"] == 50035
        assert message.content == ana.mention


@awaited
async def test_a_nonce_is_enforced() -> None:
    async with by_hand() as (_, call, channel, _ana):
        path = f"/channels/{channel.id}/messages"
        body = {"content": "once", "nonce": "7", "enforce_nonce": True}
        (_, first), (_, second) = await call("POST", path, body), await call("POST", path, body)
        assert first["id"] == second["id"] and first["nonce"] == "7" and len(channel.messages) == 1


# Discord's own description

described = pytest.mark.skipif(
    description() is None, reason="Discord's description of its REST API is not here"
)


@described
@awaited
async def test_requests_are_checked_against_the_description() -> None:
    async with by_hand() as (discord, call, channel, _):
        path = f"/channels/{channel.id}/messages"
        await call("POST", path, {"content": "x", "allowed_mentions": {"users": [channel.id], "parse": []}})
        assert not discord.violations
        await call("POST", path, {"content": "x", "tts": "perhaps"})
        assert [one.rule for one in discord.violations] == ["schema"] and "perhaps" in discord.violations[
            0
        ].detail


@awaited
async def test_without_the_description_nothing_is_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("QUOTH_DISCORD_OPENAPI", str(tmp_path / "none.json"))
    schema.cache_clear()
    async with by_hand() as (discord, call, channel, _):
        await call("POST", f"/channels/{channel.id}/messages", {"content": "x", "tts": "perhaps"})
        assert not discord.violations
    monkeypatch.undo()
    schema.cache_clear()


@described
@awaited
async def test_answers_are_as_described() -> None:
    async with by_hand() as (discord, call, channel, ana):
        message = (await ana.message(channel, "Hello")).message
        mine = {
            "content": "x",
            "message_reference": {"message_id": str(message.id)},
            "embeds": [{"title": "t"}],
        }
        _, made = await call("POST", f"/channels/{channel.id}/messages", row(button(), **mine))
        await call("POST", f"/channels/{channel.id}/messages/{message.id}/threads", {"name": "Talk"})
        app, guild = f"/applications/{discord.application_id}", f"/guilds/{channel.guild.id}"
        await call("POST", "/users/@me/channels", {"recipient_id": str(ana.id)})
        async with pending(discord, call, ana, channel) as (_, callback, hook):
            await call("POST", f"{callback}?with_response=1", {"type": 5})
            await call("PATCH", f"{hook}/messages/@original", {"content": "done"})
        place = f"/channels/{channel.id}"
        for path in (
            f"/users/@me /oauth2/applications/@me /gateway /gateway/bot /users/@me/guilds /users/{ana.id} "
            f"{guild} {guild}/channels {guild}/roles {guild}/members/{ana.id} {guild}/threads/active "
            f"{place} {place}/messages {place}/messages/{made['id']} /channels/{message.id} {app}/commands"
        ).split():
            assert (await call("GET", path))[0] == 200
        known = schema()
        for one in discord.requests:
            if one.status != 204:
                problems = known.answer(one.method, one.route, one.status, one.answer)
                assert not problems, f"{one}: {problems}"
        assert not discord.violations
