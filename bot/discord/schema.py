"""The tables of the bot's records. A change of them is a new migration, never a change of an old one."""

from __future__ import annotations

_FIRST = (
    """
    CREATE TABLE given (
        number INTEGER PRIMARY KEY,  -- in the order in which they were given
        id TEXT NOT NULL UNIQUE,
        guild INTEGER,               -- NULL: a direct message
        channel INTEGER NOT NULL,
        message INTEGER,
        asker TEXT,                  -- HMAC; NULL, as the next three, once the person was forgotten
        question TEXT,               -- JSON, without the turns before it
        asked TEXT,                  -- HMAC of the question's text
        answer TEXT,                 -- JSON
        answered INTEGER NOT NULL,
        again INTEGER NOT NULL,
        time TEXT NOT NULL,          -- ISO, UTC, microseconds: texts in the order of time
        seconds REAL NOT NULL
    )
    """,
    "CREATE INDEX given_message ON given (message)",
    "CREATE INDEX given_channel ON given (channel, number)",
    "CREATE INDEX given_asker ON given (asker)",
    "CREATE INDEX given_asked ON given (asked)",
    "CREATE INDEX given_time ON given (time)",
    """
    CREATE TABLE turns (             -- what was said before a question
        answer TEXT NOT NULL REFERENCES given (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        asked TEXT NOT NULL,         -- HMAC of its question's text
        turn TEXT NOT NULL,          -- JSON
        PRIMARY KEY (answer, place)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE threads (           -- that the bot opened; they outlive the answers they were opened from
        thread INTEGER PRIMARY KEY,
        answer TEXT REFERENCES given (id) ON DELETE SET NULL
    )
    """,
    "CREATE INDEX threads_answer ON threads (answer)",
    """
    CREATE TABLE votes (
        answer TEXT NOT NULL REFERENCES given (id) ON DELETE CASCADE,
        voter TEXT NOT NULL,         -- HMAC
        verdict INTEGER NOT NULL CHECK (verdict IN (1, -1)),
        reason TEXT NOT NULL,
        time TEXT NOT NULL,
        judged TEXT,                 -- JSON: the answer as it was then; NULL once its asker was forgotten
        PRIMARY KEY (answer, voter)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX votes_voter ON votes (voter)",
    "CREATE TABLE servers (guild INTEGER PRIMARY KEY, settings TEXT NOT NULL)",
    "CREATE TABLE noted (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE installation (secret BLOB NOT NULL)",
)

MIGRATIONS = (_FIRST,)
