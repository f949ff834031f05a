from __future__ import annotations

import datetime as dt
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.discord.database import Database
from bot.discord.records import Given, ServerSettings, Stats, new_id
from bot.discord.store import FILE, Store, votes_in
from retrieval.errors import IndexDamaged
from retrieval.feedback import Quoted, Vote
from retrieval.types import Answer, Citation, Filters, Question, Sentence, Source, Span, Turn

NOON = dt.datetime(2024, 5, 3, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ANA, BEN = 101, 102  # as Discord counts people
SERVER, ROOM = 1 << 62, 7

QUOTE = "Lena Voss closed the Tarn lock."
SOURCE = Source(
    "locks/tarn.txt", "Tarn lock shut", "The Post", None, dt.date(2023, 4, 17), "its name says so"
)
ANSWER = Answer(
    "When did she?",
    True,
    (Sentence(QUOTE, (1,), "Earlier:", Span(0, 9)),),
    (Citation(1, SOURCE, Span(40, 71), QUOTE, 5, 2, Span(40, 49)),),
    notes=("About Lena Voss:",),
    understood="When did Lena Voss close the lock?",
    short_answer="Lena Voss",
    confidence=0.75,
    seconds=0.25,
)
DECLINED = Answer("Why?", False, (Sentence("The articles don't say."),), nearest=SOURCE)
HISTORY = (Turn("Who is Lena Voss?", "A harbour master. [1]"),)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> dt.datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store(tmp_path / "data", clock) as opened:
        yield opened


def given(store: Store, id_: str, text: str = "When did she?", by: int = ANA, **changes: Any) -> Given:
    """An answer as it is kept: `by` is who asked."""
    question = Question(text, changes.pop("history", ()))
    made = Given(id_, SERVER, ROOM, store.person(by), question, replace(ANSWER, question=text), NOON, 0.5)
    return replace(made, **changes)


def test_an_answer_comes_back_as_it_was_kept_but_for_its_deadline(store: Store):
    filters = Filters("The Post", dt.date(2023, 1, 1), dt.date(2024, 1, 1))
    question = Question("When did she?", HISTORY, filters, dt.date(2024, 5, 3), deadline=99.5)
    kept = replace(given(store, "a"), question=question, message=11, thread=12, again=3)
    store.keep(kept)
    expected = replace(kept, question=replace(question, deadline=None))
    assert store.given("a") == store.by_message(11) == store.of_thread(12) == expected
    assert store.given("b") is None and store.by_message(12) is None and store.of_thread(11) is None


def test_a_direct_message_has_no_server_and_a_refusal_no_citation(store: Store):
    kept = given(store, "a", guild=None, answer=DECLINED)
    store.keep(kept)
    assert store.given("a") == kept


def test_what_becomes_of_an_answer_is_kept_bit_by_bit(store: Store):
    """Handlers that each know of one change lose none."""
    first = given(store, "a", history=HISTORY)
    store.keep(first)
    store.sent("a", 11)
    store.opened("a", 12)
    store.keep(replace(first, answer=DECLINED, again=1))
    assert store.given("a") == replace(first, answer=DECLINED, again=1, message=11, thread=12)
    assert store.is_ours(12) and not store.is_ours(11)


def test_changes_of_an_unknown_answer_change_nothing(store: Store):
    store.sent("a", 11)
    store.opened("a", 12)
    assert store.given("a") is None and not store.is_ours(12)
    assert not store.vote("a", "somebody", 1) and not store.withdraw("a", "somebody")


def test_ids_are_twelve_characters_for_a_url_and_never_the_same():
    ids = {new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{12}", one) for one in ids)


def test_the_last_answers_of_a_channel_are_in_order_and_those_that_expired_are_left_out(store: Store):
    for number, by in enumerate((ANA, BEN, ANA, BEN)):
        store.keep(given(store, f"{number}", f"Question {number}?", by, time=NOON + number * DAY))
    store.keep(given(store, "elsewhere", channel=8))

    def ids(*asked: Any) -> str:
        return "".join(one.id for one in store.last(ROOM, *asked))

    assert (ids(9), ids(2), ids(1)) == ("0123", "23", "3")
    assert ids(9, store.person(ANA)) == "02"
    assert ids(9, None, NOON + DAY) == "123"
    assert ids(9, store.person(BEN), NOON + 2 * DAY) == "3"
    store.forget(BEN)
    assert ids(9) == "02"


def test_odd_texts_do_no_harm(store: Store):
    odd = "\ud800 \udcff \x00 😀 '); DROP TABLE given; --"
    source = replace(SOURCE, file=odd, title=odd)
    citation = replace(ANSWER.citations[0], source=source, quote=odd)
    answer = replace(ANSWER, question=odd, sentences=(Sentence(odd, (1,)),), citations=(citation,))
    kept = given(store, "a", odd, history=(Turn(odd, odd),), answer=answer)
    store.keep(kept)
    assert store.given("a") == kept
    assert store.vote("a", "ben", -1, odd)
    (vote,) = store.votes()
    assert vote.reason == vote.question == "? ? \x00 😀 '); DROP TABLE given; --"
    assert vote.citations[0].file == odd


# Votes


def test_a_person_has_one_vote_on_an_answer_which_may_change_and_be_withdrawn(store: Store):
    for id_ in "ab":
        store.keep(given(store, id_))
    assert store.verdict("a", "ben") is None
    assert (
        store.vote("a", "ben", -1, "the wrong day")
        and store.vote("a", "cleo", -1)
        and store.vote("b", "ben", 1)
    )
    assert store.vote("a", "ben", 1)
    assert [store.verdict("a", who) for who in ("ben", "cleo")] == [1, -1]
    assert store.withdraw("a", "ben") and not store.withdraw("a", "ben")
    assert [store.verdict(id_, "ben") for id_ in "ab"] == [None, 1]


def test_votes_are_told_as_those_of_the_terminal_are(store: Store, clock: Clock):
    store.keep(given(store, "a", history=HISTORY))
    clock.time += DAY
    store.vote("a", "ben", -1, "the wrong day")
    place = Quoted(1, "locks/tarn.txt", Span(40, 71), QUOTE)
    assert store.votes() == [
        Vote(
            id="a",
            question="When did she?",
            understood="When did Lena Voss close the lock?",
            history=("Who is Lena Voss?",),
            answer=ANSWER.text,
            citations=(place,),
            verdict=-1,
            reason="the wrong day",
            time=NOON + DAY,
        )
    ]


def test_a_vote_stays_with_the_answer_that_it_judged(store: Store):
    store.keep(given(store, "a"))
    store.vote("a", "ben", -1)
    store.keep(given(store, "a", answer=DECLINED, again=1))
    store.vote("a", "cleo", 1)
    assert {vote.verdict: vote.answer for vote in store.votes()} == {-1: ANSWER.text, 1: DECLINED.text}


def test_votes_can_be_read_without_a_bot(tmp_path: Path):
    assert votes_in(tmp_path) == []
    assert not list(tmp_path.iterdir())
    with Store(tmp_path) as store:
        store.keep(given(store, "a"))
        store.vote("a", "ben", 1)
        assert [vote.verdict for vote in votes_in(tmp_path)] == [1]


# Servers


def test_a_server_has_the_default_settings_until_it_sets_others(store: Store):
    mine = ServerSettings(frozenset({SERVER, 5}), frozenset({6}), True, 0)
    store.set_settings(SERVER, mine)
    assert store.settings(SERVER) == mine
    assert store.settings(2) == store.settings(None) == ServerSettings()
    assert ServerSettings().cooldown == 5
    store.set_settings(SERVER, replace(mine, channels=frozenset()))
    assert store.settings(SERVER) == replace(mine, channels=frozenset())


def test_the_figures_of_a_server_are_its_own(store: Store):
    assert store.stats(SERVER) == Stats()
    store.keep(given(store, "a", seconds=1.0, time=NOON + DAY))
    store.keep(given(store, "b", seconds=9.0, answer=DECLINED))
    store.keep(given(store, "c", seconds=2.0, time=NOON + 2 * DAY, by=BEN))
    store.keep(given(store, "dm", guild=None, seconds=5.0))
    for id_, voter, verdict in (("a", "x", 1), ("a", "y", 1), ("b", "x", -1), ("dm", "x", -1)):
        store.vote(id_, voter, verdict)
    assert store.stats(SERVER) == Stats(3, 1, up=2, down=1, median_seconds=2.0, since=NOON)
    assert store.stats(None) == Stats(1, 0, up=0, down=1, median_seconds=5.0, since=NOON)
    store.forget(ANA)
    assert store.stats(SERVER) == Stats(3, 1, up=2, down=1, median_seconds=2.0, since=NOON)


def test_notes_are_kept_under_their_names(store: Store):
    assert store.value("commands") is None
    store.set_value("commands", "1f")
    store.set_value("commands", "2e")
    store.set_value("other", "")
    assert (store.value("commands"), store.value("other")) == ("2e", "")


# People


def test_a_person_is_the_same_after_a_restart_and_another_elsewhere(tmp_path: Path):
    with Store(tmp_path / "one") as one, Store(tmp_path / "two") as two:
        known = one.person(ANA)
        assert known == one.person(ANA)
        assert len({known, one.person(BEN), two.person(ANA)}) == 3
        assert re.fullmatch(r"[0-9a-f]{64}", known)
    with Store(tmp_path / "one") as again:
        assert again.person(ANA) == known


def test_forgetting_deletes_votes_and_questions_and_the_answers_expire(store: Store):
    store.keep(given(store, "hers", message=11, thread=12, history=HISTORY))
    store.keep(given(store, "his", "And where?", BEN))
    store.vote("hers", store.person(BEN), -1, "when did she, indeed")
    store.vote("his", store.person(ANA), 1)
    assert store.forget(ANA) == 2
    assert store.forget(ANA) == 0
    hers = store.by_message(11)
    assert hers and hers.expired and (hers.asker, hers.question, hers.answer) == (None, None, None)
    assert hers.turns == () and hers.thread == 12
    assert store.given("his") == given(store, "his", "And where?", BEN)
    assert store.verdict("his", store.person(ANA)) is None
    assert store.votes() == []  # his on hers still counts, but tells nothing
    assert store.stats(SERVER).down == 1
    assert not store.vote("hers", store.person(BEN), 1)


def test_others_conversations_lose_what_was_said_by_the_forgotten(store: Store):
    hers, his = given(store, "hers", "Who?"), given(store, "his", "Where?", BEN)
    store.keep(hers)
    store.keep(his)
    store.keep(given(store, "later", "Why?", BEN, history=(hers.turn, his.turn)))
    store.keep(given(store, "elsewhere", "Who?", BEN, guild=2))
    store.forget(ANA)
    later = store.given("later")
    assert later and later.question == Question("Why?", (his.turn,))


def test_an_answer_kept_after_its_asker_was_forgotten_stays_forgotten(store: Store):
    kept = given(store, "a", history=HISTORY)
    store.keep(kept)
    store.forget(ANA)
    store.keep(replace(kept, message=11))
    assert (found := store.given("a")) and found.expired and found.message is None


def test_what_was_forgotten_is_in_no_file_any_more(tmp_path: Path):
    secret_text = "Who stole the brass barometer"
    with Store(tmp_path) as store:
        store.keep(given(store, "his", "Why?", BEN))
        for number in range(50):
            text = secret_text + "?" * number * 50
            store.keep(given(store, f"{number}", text, history=(Turn(text, text), Turn("Why?", text))))
            store.vote(f"{number}", store.person(BEN), -1, secret_text)
        assert secret_text.encode() in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert store.forget(ANA) == 50
        for path in tmp_path.iterdir():
            assert secret_text.encode() not in path.read_bytes(), path
            assert store.person(ANA).encode() not in path.read_bytes(), path


def test_what_is_older_than_the_retention_goes_and_its_thread_stays_ours(store: Store, clock: Clock):
    old, new = given(store, "old", "Who?", thread=12), given(store, "new", "Where?", time=NOON + 5 * DAY)
    store.keep(old)
    store.keep(new)
    store.keep(given(store, "later", "Why?", BEN, time=NOON + 6 * DAY, history=(old.turn, new.turn)))
    store.vote("old", "ben", 1)
    clock.time = NOON + DAY
    store.vote("new", "ben", 1)
    clock.time = NOON + 8 * DAY
    store.vote("old", "cleo", 1)
    store.vote("new", "cleo", 1)
    assert store.purge(8) == 0
    assert store.purge(4) == 4  # the old answer with its two votes, and the old vote on the new one
    assert store.given("old") is None and store.given("new") == new
    assert [store.verdict("new", who) for who in ("ben", "cleo")] == [None, 1]
    later = store.given("later")
    assert later and later.question == Question("Why?", (new.turn,))
    assert store.is_ours(12) and store.of_thread(12) is None


# The file


def test_the_file_and_its_journals_are_for_their_owner_alone(tmp_path: Path):
    before = os.umask(0)
    try:
        with Store(tmp_path) as store:
            store.set_value("a", "b")
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600} and FILE in modes and len(modes) == 3


def test_threads_write_at_once_and_nothing_is_lost(store: Store):
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        for step in range(20):
            id_ = f"{number}-{step}"
            store.keep(given(store, id_, by=number))
            store.vote(id_, store.person(number), 1)
            assert store.given(id_)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert store.stats(SERVER).questions == store.stats(SERVER).up == 160


_WRITE = """
import sys
from pathlib import Path
from bot.discord.store import Store

with Store(Path(sys.argv[1])) as store:
    for number in range(20):
        store.set_value(f"{sys.argv[2]}-{number}", "kept")
    print(store.person(1))
"""


def test_processes_make_one_store_and_write_at_once(tmp_path: Path):
    commands = [[sys.executable, "-c", _WRITE, str(tmp_path), name] for name in "abc"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    persons = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    with Store(tmp_path) as store:
        assert persons == {store.person(1) + "\n"}
        assert all(store.value(f"{name}-{number}") for name in "abc" for number in range(20))


def test_a_block_that_fails_changes_nothing(tmp_path: Path):
    database = Database(tmp_path / "a.sqlite3", [["CREATE TABLE words (word)"]])
    with suppress(ZeroDivisionError), database.transaction() as connection:
        connection.execute("INSERT INTO words VALUES ('lost')")
        _ = 1 / 0
    with database.transaction() as connection:
        connection.execute("INSERT INTO words VALUES ('kept')")
    assert database.rows("SELECT word FROM words") == [("kept",)]
    database.close()


def test_a_newer_version_adds_its_tables_and_keeps_what_is_there(tmp_path: Path):
    first, second = (
        ["CREATE TABLE words (word)", "INSERT INTO words VALUES (1)"],
        ["CREATE TABLE more (word)"],
    )
    for migrations in ([first], [first], [first, second], [first, second]):
        database = Database(tmp_path / "a.sqlite3", migrations)
        assert database.rows("SELECT word FROM words") == [(1,)]
        database.close()


def test_a_full_disk_is_one_sentence_and_loses_nothing(store: Store):
    store.set_value("a", "b")
    with store._database.transaction() as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(IndexDamaged, match=r"cannot be used \(database or disk is full\): mend"):
        store.keep(given(store, "a", "long" * 10_000, history=HISTORY))
    assert store.given("a") is None and store.value("a") == "b"
    store.set_value("a", "c")
    assert store.value("a") == "c"


@pytest.mark.parametrize(
    "damage", ["not a database", "a folder", "a file as data folder", "another's tables"]
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_left_alone(tmp_path: Path, damage: str):
    data = tmp_path / "data"
    path = data / FILE
    if damage == "a file as data folder":
        data.write_text("mine")
    else:
        data.mkdir()
    if damage == "a folder":
        path.mkdir()
    if damage == "not a database":
        path.write_bytes(b"mine" * 2_000)
    if damage == "another's tables":
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE given (mine)")
    with pytest.raises(
        IndexDamaged, match=rf"The bot's records in .*{FILE} cannot be used \(.*\): mend the f"
    ):
        Store(data)
    if damage == "not a database":
        assert path.read_bytes() == b"mine" * 2_000


def test_a_file_that_is_damaged_within_is_one_sentence(tmp_path: Path):
    with Store(tmp_path) as store:
        for number in range(100):
            store.keep(given(store, f"{number}", "long?" * 100))
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(IndexDamaged, match="malformed"):
        votes_in(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write to any file")
def test_a_file_that_may_not_be_written_is_one_sentence(tmp_path: Path):
    Store(tmp_path).close()
    (tmp_path / FILE).chmod(0o400)
    with pytest.raises(IndexDamaged, match="readonly"):
        Store(tmp_path)


def test_a_file_of_a_newer_quoth_is_left_alone(tmp_path: Path):
    Store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(IndexDamaged, match="a newer Quoth made it, version 99"):
        Store(tmp_path)


def test_a_store_that_is_closed_says_so(tmp_path: Path):
    store = Store(tmp_path)
    store.close()
    store.close()
    with pytest.raises(IndexDamaged, match="closed"):
        store.value("a")


def test_answers_that_this_version_cannot_read_have_expired_and_settings_never_have(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    store.keep(given(store, "a"))
    store.vote("a", "ben", 1)
    store.set_settings(SERVER, ServerSettings(private=True))
    with closing(sqlite3.connect(tmp_path / "data" / FILE)) as database, database:
        database.execute("UPDATE given SET answer = '{}'")
        database.execute("UPDATE votes SET judged = '{'")
        database.execute('UPDATE servers SET settings = \'{"private": "perhaps"}\'')
    assert (found := store.given("a")) and found.expired
    assert store.last(ROOM, 5) == store.votes() == []
    assert "A kept Answer is unreadable and counts as expired" in caplog.text
    with pytest.raises(IndexDamaged, match=f"the settings of the server {SERVER} are unreadable"):
        store.settings(SERVER)
