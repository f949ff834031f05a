"""What a check of `quoth doctor` found."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warn", "wrong"]


class Finding(NamedTuple):
    """What a check found; `mend` is empty where nothing is to be done."""

    check: str
    state: State
    found: str
    mend: str = ""


def failed(check: str, error: Exception, state: State = "wrong") -> Finding:
    """An error's sentence: what is wrong stands before its last colon, what to do behind it."""
    found, colon, mend = str(error).rpartition(": ")
    if not colon:
        return Finding(check, state, mend)
    return Finding(check, state, f"{found}.", mend[:1].upper() + mend[1:])
