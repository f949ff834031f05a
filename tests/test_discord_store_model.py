"""The store against a model of it in dictionaries: any order of changes, and a restart between any two."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.discord.records import Given, ServerSettings, Stats
from bot.discord.store import Store
from retrieval.feedback import Verdict
from retrieval.types import Answer, Question, Sentence, Turn

NOON = dt.datetime(2024, 5, 3, 12, tzinfo=dt.UTC)
TEXTS = ("Who?", "Why?", "Where?")
USERS, SERVERS, CHANNELS, MESSAGES = (1, 2, 3), (None, 1, 2), (1, 2), (21, 22, 23)
THREADS = {"a": 31, "b": 32, "c": 33, "d": 34}  # a thread for each id of an answer

ids, users, servers, texts = (st.sampled_from(some) for some in (sorted(THREADS), USERS, SERVERS, TEXTS))
turns = st.builds(Turn, texts, st.just("So they say. [1]"))
answers = st.builds(Answer, texts, st.booleans(), st.lists(st.builds(Sentence, texts), max_size=2).map(tuple))
server_settings = st.builds(
    ServerSettings,
    st.frozensets(st.integers(0, 2**63 - 1), max_size=3),
    st.frozensets(st.integers(0, 9), max_size=3),
    st.booleans(),
    st.integers(0, 600),
)


@dataclass
class Ballot:
    verdict: Verdict
    time: dt.datetime
    judged: Answer | None


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.time = NOON
        self.store = self.opened()
        self.kept: dict[str, Given] = {}  # in the order in which they were first kept
        self.answered: dict[str, bool] = {}
        self.ballots: dict[tuple[str, str], Ballot] = {}
        self.threads: dict[int, str | None] = {}
        self.servers: dict[int, ServerSettings] = {}
        self.values: dict[str, str] = {}

    def opened(self) -> Store:
        return Store(Path(self.folder.name), lambda: self.time)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = self.opened()

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        self.time += dt.timedelta(days=days)

    @rule(
        id_=ids,
        user=users,
        guild=servers,
        channel=st.sampled_from(CHANNELS),
        question=st.builds(Question, texts, st.lists(turns, max_size=3).map(tuple)),
        answer=answers,
        message=st.none() | st.sampled_from(MESSAGES),
        has_thread=st.booleans(),
        again=st.integers(0, 2),
    )
    def keep(
        self,
        id_: str,
        user: int,
        guild: int | None,
        channel: int,
        question: Question,
        answer: Answer,
        message: int | None,
        has_thread: bool,
        again: int,
    ) -> None:
        thread = THREADS[id_] if has_thread else None
        asker = self.store.person(user)
        given = Given(id_, guild, channel, asker, question, answer, self.time, 0.5, message, thread, again)
        self.store.keep(given)
        before = self.kept.get(id_)
        if before is None or not before.expired:
            if before:
                given = replace(given, thread=thread or before.thread, message=message or before.message)
            self.kept[id_] = given
            self.answered[id_] = answer.answered
            if thread:
                self.threads[thread] = id_

    @rule(id_=ids, message=st.sampled_from(MESSAGES))
    def sent(self, id_: str, message: int) -> None:
        self.store.sent(id_, message)
        if id_ in self.kept:
            self.kept[id_] = replace(self.kept[id_], message=message)

    @rule(id_=ids)
    def opened_thread(self, id_: str) -> None:
        self.store.opened(id_, THREADS[id_])
        if id_ in self.kept:
            self.kept[id_] = replace(self.kept[id_], thread=THREADS[id_])
            self.threads[THREADS[id_]] = id_

    @rule(id_=ids, user=users, verdict=st.sampled_from((1, -1)))
    def vote(self, id_: str, user: int, verdict: Verdict) -> None:
        voter = self.store.person(user)
        may = id_ in self.kept and not self.kept[id_].expired
        assert self.store.vote(id_, voter, verdict, "because") is may
        if may:
            self.ballots[id_, voter] = Ballot(verdict, self.time, self.kept[id_].answer)

    @rule(id_=ids, user=users)
    def withdraw(self, id_: str, user: int) -> None:
        voter = self.store.person(user)
        assert self.store.withdraw(id_, voter) is (self.ballots.pop((id_, voter), None) is not None)

    @rule(guild=st.sampled_from((1, 2)), chosen=server_settings)
    def set_settings(self, guild: int, chosen: ServerSettings) -> None:
        self.store.set_settings(guild, chosen)
        self.servers[guild] = chosen

    @rule(name=st.sampled_from("xy"), value=st.text())
    def set_value(self, name: str, value: str) -> None:
        self.store.set_value(name, value)
        self.values[name] = value

    @rule(user=users)
    def forget(self, user: int) -> None:
        person = self.store.person(user)
        hers = [id_ for id_, given in self.kept.items() if given.asker == person]
        voted = [key for key in self.ballots if key[1] == person]
        assert self.store.forget(user) == len(hers) + len(voted)
        for key in voted:
            del self.ballots[key]
        for id_ in hers:
            self.kept[id_] = replace(self.kept[id_], asker=None, question=None, answer=None)
        for (id_, _), ballot in self.ballots.items():
            if id_ in hers:
                ballot.judged = None
        self.unremember()

    @rule(days=st.integers(0, 4))
    def purge(self, days: int) -> None:
        before = self.time - dt.timedelta(days=days)
        gone = [id_ for id_, given in self.kept.items() if given.time < before]
        void = [key for key, ballot in self.ballots.items() if ballot.time < before or key[0] in gone]
        assert self.store.purge(days) == len(gone) + len(void)
        for key in void:
            del self.ballots[key]
        for id_ in gone:
            del self.kept[id_], self.answered[id_]
        self.threads = {thread: None if id_ in gone else id_ for thread, id_ in self.threads.items()}
        self.unremember()

    def unremember(self) -> None:
        """Turns go that no kept answer in the server is an answer to."""
        known = {(one.guild, one.question.text) for one in self.kept.values() if one.question}
        for id_, given in self.kept.items():
            if question := given.question:
                history = tuple(turn for turn in question.history if (given.guild, turn.question) in known)
                self.kept[id_] = replace(given, question=replace(question, history=history))

    @invariant()
    def answers_are_found(self) -> None:
        for id_ in THREADS:
            assert self.store.given(id_) == self.kept.get(id_)
        for message in MESSAGES:
            found = [given for given in self.kept.values() if given.message == message]
            assert self.store.by_message(message) == (found[-1] if found else None)
        for thread in THREADS.values():
            assert self.store.is_ours(thread) is (thread in self.threads)
            assert self.store.of_thread(thread) == self.kept.get(self.threads.get(thread) or "")

    @invariant()
    def channels_end_with_the_last_answers(self) -> None:
        for channel in CHANNELS:
            there = [one for one in self.kept.values() if one.channel == channel and not one.expired]
            assert self.store.last(channel, 2) == there[-2:]
            ana = self.store.person(1)
            hers = [one for one in there if one.asker == ana and one.time >= self.time]
            assert self.store.last(channel, 1, ana, self.time) == hers[-1:]

    @invariant()
    def votes_are_counted_and_told(self) -> None:
        for id_ in THREADS:
            for user in USERS:
                voter = self.store.person(user)
                ballot = self.ballots.get((id_, voter))
                assert self.store.verdict(id_, voter) == (ballot and ballot.verdict)
        told = [(vote.id, vote.verdict, vote.time, vote.answer) for vote in self.store.votes()]
        assert [time for _, _, time, _ in told] == sorted(time for _, _, time, _ in told)
        assert sorted(told) == sorted(
            (id_, ballot.verdict, ballot.time, ballot.judged.text)
            for (id_, _), ballot in self.ballots.items()
            if ballot.judged
        )

    @invariant()
    def servers_have_their_settings_and_figures(self) -> None:
        for guild in SERVERS:
            assert self.store.settings(guild) == self.servers.get(guild or 0, ServerSettings())
            kept = {id_: given for id_, given in self.kept.items() if given.guild == guild}
            verdicts = [ballot.verdict for (id_, _), ballot in self.ballots.items() if id_ in kept]
            assert self.store.stats(guild) == Stats(
                len(kept),
                sum(not self.answered[id_] for id_ in kept),
                verdicts.count(1),
                verdicts.count(-1),
                0.5 if kept else None,
                min((given.time for given in kept.values()), default=None),
            )
        for name in "xy":
            assert self.store.value(name) == self.values.get(name)


StoreMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30)
test_the_store_does_as_its_model_does = StoreMachine.TestCase
