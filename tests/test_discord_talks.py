from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bot.discord.records import Given, new_id
from bot.discord.store import Store
from bot.discord.talks import TURNS, Said, Talks
from retrieval.types import Answer, Question, Sentence

NOON = dt.datetime(2024, 5, 3, 12, tzinfo=dt.UTC)
ANA, BEN = 1, 2
ROOM, THREAD, LETTERS = 10, 20, 30  # a channel, a thread of the bot's, direct messages


class Bot:
    """People who ask in places, and what the bot does about conversations, without Discord."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.time = NOON
        self.messages = 0
        self.start()

    def start(self) -> None:
        self.store = Store(self.data, lambda: self.time)
        self.talks = Talks(self.store, lambda: self.time)

    def restart(self) -> None:
        self.store.close()
        self.start()

    def history(self, user: int, channel: int, reply_to: int | None = None, command: bool = False) -> str:
        """The questions that a message goes on with: "Who? Why?"."""
        said = Said(self.store.person(user), channel, channel == LETTERS, reply_to, command)
        turns = self.talks.history(said)
        assert all(turn.text == f"To {turn.question}" for turn in turns)
        return " ".join(turn.question for turn in turns)

    def ask(
        self, user: int, channel: int, text: str, reply_to: int | None = None, command: bool = False
    ) -> Given:
        """Have a question answered, in a message of its own."""
        said = Said(self.store.person(user), channel, channel == LETTERS, reply_to, command)
        question = Question(text, self.talks.history(said))
        answer = Answer(text, True, (Sentence(f"To {text}"),))
        guild = None if channel == LETTERS else 99
        self.messages += 1
        given = Given(
            new_id(), guild, channel, said.person, question, answer, self.time, 0.1, 100 + self.messages
        )
        self.store.keep(given)
        return given

    def wait(self, minutes: float) -> None:
        self.time += dt.timedelta(minutes=minutes)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    bot = Bot(tmp_path)
    yield bot
    bot.store.close()


def test_a_person_in_a_channel_goes_on_with_what_they_were_answered_for_ten_minutes(bot: Bot):
    bot.ask(ANA, ROOM, "Who?")
    bot.wait(10)
    assert bot.history(ANA, ROOM) == "Who?"
    bot.ask(ANA, ROOM, "Why?")
    bot.wait(10)
    assert bot.history(ANA, ROOM) == "Who? Why?"
    bot.wait(0.01)
    assert bot.history(ANA, ROOM) == ""


def test_what_two_people_ask_in_one_channel_never_mixes(bot: Bot):
    bot.ask(ANA, ROOM, "Who?")
    bot.ask(BEN, ROOM, "Where?")
    bot.ask(ANA, ROOM, "Why?")
    assert (bot.history(ANA, ROOM), bot.history(BEN, ROOM)) == ("Who? Why?", "Where?")
    assert bot.history(ANA, ROOM + 1) == bot.history(ANA, LETTERS) == ""


def test_a_conversation_reaches_four_turns_back(bot: Bot):
    for number in range(6):
        bot.ask(ANA, ROOM, f"{number}?")
    assert bot.history(ANA, ROOM) == "2? 3? 4? 5?"


def test_a_command_starts_afresh_and_can_be_followed_up(bot: Bot):
    bot.ask(ANA, ROOM, "Who?")
    assert bot.history(ANA, ROOM, command=True) == ""
    bot.ask(ANA, ROOM, "Where?", command=True)
    assert bot.history(ANA, ROOM) == "Where?"


def test_a_reply_goes_on_with_its_answer_whoever_asked_and_whatever_came_after(bot: Bot):
    bot.ask(ANA, ROOM, "Who?")
    second = bot.ask(ANA, ROOM, "Why?")
    bot.ask(ANA, ROOM, "Where?", command=True)
    bot.wait(60)
    assert bot.history(BEN, ROOM, reply_to=second.message) == "Who? Why?"
    bot.ask(BEN, ROOM, "When?", reply_to=second.message)
    assert bot.history(BEN, ROOM) == "Who? Why? When?"


def test_a_reply_to_a_message_that_is_no_answer_goes_on_as_if_it_were_none(bot: Bot):
    bot.ask(ANA, ROOM, "Who?")
    assert bot.history(ANA, ROOM, reply_to=5) == "Who?"


def test_an_answer_forwarded_to_another_channel_takes_no_conversation_with_it(bot: Bot):
    elsewhere = bot.ask(BEN, ROOM, "Who?")
    assert bot.history(ANA, ROOM + 1, reply_to=elsewhere.message) == ""
    assert bot.history(ANA, LETTERS, reply_to=elsewhere.message) == ""


def test_in_a_thread_everybody_goes_on_with_the_answer_it_was_opened_from(bot: Bot):
    bot.ask(ANA, ROOM, "Who?")
    origin = bot.ask(ANA, ROOM, "Why?")
    bot.store.opened(origin.id, THREAD)
    assert bot.history(BEN, THREAD) == "Who? Why?"
    bot.ask(BEN, THREAD, "Where?")
    bot.wait(60 * 24)
    assert bot.history(ANA, THREAD) == bot.history(BEN, THREAD, command=True) == "Who? Why? Where?"
    for number in range(3):
        bot.ask(ANA, THREAD, f"{number}?")
    assert bot.history(BEN, THREAD) == "Where? 0? 1? 2?"
    assert bot.history(ANA, ROOM) == ""  # ten minutes later there


def test_two_people_answered_at_the_same_time_in_a_thread_are_both_part_of_it(bot: Bot):
    origin = bot.ask(ANA, ROOM, "Who?")
    bot.store.opened(origin.id, THREAD)
    hers = bot.ask(ANA, THREAD, "Why?")
    his = replace(
        hers,
        id=new_id(),
        asker=bot.store.person(BEN),
        question=replace(hers.question, text="Where?"),
        answer=Answer("Where?", True, (Sentence("To Where?"),)),
    )
    bot.store.keep(his)
    assert bot.history(ANA, THREAD) == "Who? Why? Where?"


def test_a_thread_that_others_opened_is_a_channel_like_any(bot: Bot):
    bot.ask(ANA, THREAD, "Who?")
    assert bot.history(BEN, THREAD) == ""
    assert bot.history(ANA, THREAD, command=True) == ""


def test_a_direct_message_goes_on_with_the_one_before_however_long_ago(bot: Bot):
    bot.ask(ANA, LETTERS, "Who?")
    bot.wait(60 * 24)
    bot.ask(ANA, LETTERS, "Why?")
    assert bot.history(ANA, LETTERS) == "Who? Why?"
    bot.ask(ANA, LETTERS, "Where?", command=True)
    assert bot.history(ANA, LETTERS) == "Where?"


def test_what_was_forgotten_is_part_of_no_conversation(bot: Bot):
    hers = bot.ask(ANA, ROOM, "Who?")
    bot.store.opened(hers.id, THREAD)
    bot.ask(BEN, THREAD, "Why?")
    bot.ask(ANA, THREAD, "Where?")
    reply = bot.ask(BEN, ROOM, "When?", reply_to=hers.message)
    bot.store.forget(ANA)
    assert bot.history(BEN, THREAD) == "Why?"
    assert bot.history(BEN, ROOM, reply_to=hers.message) == ""
    assert bot.history(BEN, ROOM, reply_to=reply.message) == "When?"
    assert bot.history(ANA, ROOM) == ""


class TalksMachine(RuleBasedStateMachine):
    """Against a model that remembers, for each message, the questions that it went on with."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.bot = Bot(Path(self.folder.name))
        self.said: list[tuple[int, int, float, int, str]] = []  # user, channel, minute, message, questions
        self.minute = 0.0
        origin = self.bot.ask(ANA, ROOM, "0?")
        self.bot.store.opened(origin.id, THREAD)
        self.thread = "0?"
        self.said.append((ANA, ROOM, 0.0, origin.message or 0, "0?"))

    def teardown(self) -> None:
        self.bot.store.close()
        self.folder.cleanup()

    @rule(minutes=st.sampled_from((1, 4, 11)))
    def wait(self, minutes: int) -> None:
        self.minute += minutes
        self.bot.wait(minutes)

    @rule()
    def restart(self) -> None:
        self.bot.restart()

    @rule(user=st.sampled_from((ANA, BEN)), channel=st.sampled_from((ROOM, THREAD)), command=st.booleans())
    def ask(self, user: int, channel: int, command: bool) -> None:
        if channel == THREAD:
            expected = self.thread
        elif command:
            expected = ""
        else:
            mine = [one for one in self.said if one[:2] == (user, channel) and one[2] >= self.minute - 10]
            expected = mine[-1][-1] if mine else ""
        self.heard(user, channel, None, command, expected)

    @rule()
    def write(self) -> None:
        letters = [one for one in self.said if one[1] == LETTERS]
        self.heard(ANA, LETTERS, None, False, letters[-1][-1] if letters else "")

    @rule(user=st.sampled_from((ANA, BEN)), data=st.data())
    def reply(self, user: int, data: st.DataObject) -> None:
        _, channel, _, message, questions = data.draw(st.sampled_from(self.said))
        self.heard(user, channel, message, False, questions)

    def heard(self, user: int, channel: int, reply_to: int | None, command: bool, before: str) -> None:
        expected = before.split()[-TURNS:]
        assert self.bot.history(user, channel, reply_to, command).split() == expected
        text = f"{len(self.said)}?"
        given = self.bot.ask(user, channel, text, reply_to, command)
        questions = " ".join([*expected, text])
        self.said.append((user, channel, self.minute, given.message or 0, questions))
        if channel == THREAD:
            self.thread = f"{self.thread} {text}"


TalksMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=25)
test_talks_do_as_their_model_does = TalksMachine.TestCase
