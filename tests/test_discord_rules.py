from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.records import ServerSettings
from bot.discord.rules import Cooldowns, Refusal, verdict

OPEN = ServerSettings()
ROOMS = ServerSettings(channels=frozenset({1, 2}))
ROLES = ServerSettings(roles=frozenset({7}))
BOTH = ServerSettings(channels=frozenset({1}), roles=frozenset({7, 8, 9}))

IN_ROOMS = "Here I may not answer: please ask in <#1> or <#2>."
BY_ROLE = "On this server only <@&7> may ask me."


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("rules", "channel", "parents", "roles", "sentence"),
    [
        (OPEN, 5, (), (), None),
        (OPEN, 5, (4,), (3,), None),
        (ROOMS, 2, (), (), None),
        (ROOMS, 5, (), (7,), IN_ROOMS),
        (ROOMS, 5, (1,), (), None),  # a thread counts as its channel
        (ROOMS, 5, (4, 2), (), None),
        (ROOMS, 5, (4, 3), (), IN_ROOMS),
        (ROLES, 5, (), (6, 7), None),
        (ROLES, 5, (), (), BY_ROLE),
        (ROLES, 7, (7,), (6,), BY_ROLE),  # a channel is no role
        (BOTH, 1, (), (9,), None),
        (BOTH, 1, (), (1,), "On this server only <@&7>, <@&8> or <@&9> may ask me."),
        (BOTH, 2, (), (7,), "Here I may not answer: please ask in <#1>."),
    ],
)
def test_a_server_decides_where_it_is_asked_and_by_whom(
    rules: ServerSettings,
    channel: int,
    parents: tuple[int, ...],
    roles: tuple[int, ...],
    sentence: str | None,
):
    refused = verdict(rules, channel, parents, roles, is_dm=False)
    assert (str(refused) if refused else None) == sentence
    assert verdict(rules, channel, parents, roles, is_dm=True) is None


def test_no_more_than_five_channels_are_named():
    refused = verdict(replace(OPEN, channels=frozenset(range(10, 18))), 1, (), (), is_dm=False)
    assert refused == Refusal(
        "Here I may not answer: please ask in <#10>, <#11>, <#12>, <#13>, <#14> or 3 more."
    )


def test_a_person_waits_between_two_questions_in_a_server_and_is_told_how_long():
    clock = Clock()
    cooldowns = Cooldowns(clock)
    assert cooldowns.ask(1, 10, 5) is None
    told = {}
    for after in (0.0, 0.5, 3.5, 4.0, 4.5):
        clock.seconds = 1_000.0 + after
        told[after] = str(cooldowns.ask(1, 10, 5))
    assert told == {
        0.0: "Please ask again in 5 seconds.",
        0.5: "Please ask again in 5 seconds.",
        3.5: "Please ask again in 2 seconds.",
        4.0: "Please ask again in 1 second.",
        4.5: "Please ask again in 1 second.",
    }
    clock.seconds = 1_005.0
    assert cooldowns.ask(1, 10, 5) is None
    assert cooldowns.ask(1, 10, 5)


def test_servers_direct_messages_and_people_have_cooldowns_of_their_own():
    cooldowns = Cooldowns(Clock())
    every = [(1, 10), (1, 11), (1, None), (2, 10), (2, None)]
    assert [cooldowns.ask(user, guild, 5) for user, guild in every] == [None] * 5
    assert all(cooldowns.ask(user, guild, 5) for user, guild in every)


def test_a_cooldown_that_is_changed_holds_at_once():
    cooldowns = Cooldowns(Clock())
    assert cooldowns.ask(1, 10, 3_600) is None
    assert str(cooldowns.ask(1, 10, 3_600)) == "Please ask again in 3600 seconds."
    assert cooldowns.ask(1, 10, 0) is None
    assert cooldowns.ask(1, 10, 1)


def test_of_many_people_those_who_asked_longest_ago_are_dropped():
    clock = Clock()
    cooldowns = Cooldowns(clock, limit=3)
    for user in (1, 2, 3):
        assert cooldowns.ask(user, 10, 5) is None
    clock.seconds += 5
    assert cooldowns.ask(1, 10, 5) is None  # the last again
    assert cooldowns.ask(4, 10, 5) is None
    assert [bool(cooldowns.ask(user, 10, 60)) for user in (1, 4, 3)] == [True, True, True]
    assert cooldowns.ask(2, 10, 60) is None


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from((1, 2)), st.sampled_from((None, 5)), st.sampled_from((0.0, 0.25, 2.0))),
        max_size=40,
    )
)
def test_between_two_questions_there_are_always_so_many_seconds(steps: list[tuple[int, int | None, float]]):
    clock = Clock()
    cooldowns = Cooldowns(clock)
    asked: dict[tuple[int, int | None], float] = {}
    for user, guild, pause in steps:
        clock.seconds += pause
        left = asked.get((user, guild), -math.inf) + 3 - clock.seconds
        refused = cooldowns.ask(user, guild, 3)
        if left <= 0:
            assert refused is None
            asked[user, guild] = clock.seconds
        else:
            assert refused and f" {math.ceil(left)} second" in refused.sentence
