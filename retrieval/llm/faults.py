"""What goes wrong with a language model, told by what its client raises, whichever client that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from retrieval.llm.masking import masked

_LONGEST = 200  # characters of what a server says

_PASSING = frozenset({408, 409, 425, 429})  # beside all of the server's own faults
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
}


class Fault(NamedTuple):
    """A failed call."""

    said: str  # a sentence for a reader
    passes: bool  # it is worth a second try
    is_ours: bool = False  # the request is at fault, not the model
    wait: float | None = None  # seconds that the server asks for


def fault(error: BaseException, model: str, seconds: float) -> Fault:
    """What `error` means, raised by a call of `model` that had so many `seconds`."""
    chain = list(_chain(error))
    status = next((found for one in chain if (found := _status(one))), None)
    if status is not None:
        return _by_status(status, model, chain)
    names = {kind.__name__ for one in chain for kind in type(one).__mro__}
    if any("Timeout" in name for name in names):
        return Fault(
            f"The language model {model} took longer than {seconds:g} seconds: "
            "ask something shorter, or raise QUOTH_LLM_SECONDS.",
            passes=True,
        )
    if any("Connect" in name for name in names) and not _is_cut(names):
        return Fault(
            f"The server of the language model {model} cannot be reached: "
            "start it, or mend QUOTH_LLM_BASE_URL.",
            passes=True,
        )
    if _is_cut(names):
        return cut(model)
    if names & {"ImportError"}:
        return Fault(f"The language model {model} cannot be loaded ({_told(error)}).", passes=False)
    if "api_key" in str(error).lower() or "credential" in str(error).lower():
        return Fault(f"The language model {model} needs a key: set {_key(model)}.", passes=False)
    return Fault(f"The language model {model} failed ({_told(error)}): see after its server.", passes=False)


def cut(model: str) -> Fault:
    """A connection that ended before the answer did."""
    return Fault(
        f"The connection to the language model {model} was cut: ask again, or see after its server.",
        passes=True,
    )


def _is_cut(names: set[str]) -> bool:
    return bool(names & {"RemoteProtocolError", "ReadError", "WriteError", "CloseError", "IncompleteRead"})


def _by_status(status: int, model: str, chain: list[BaseException]) -> Fault:
    told = _told(chain[0])
    match status:
        case 401 | 403:
            said = f"The language model {model} does not accept its key ({status}): set {_key(model)}."
            return Fault(said, passes=False)
        case 404:
            said = f"The language model {model} is not known to its server (404): mend QUOTH_LLM."
            return Fault(said, passes=False)
        case 429 if any(getattr(one, "code", None) == "insufficient_quota" for one in chain):
            said = f"The quota of the language model {model} is used up (429): see after its account."
            return Fault(said, passes=False)
        case 429:
            said = (
                f"The language model {model} is asked too often (429): wait a while, or see after its quota."
            )
            return Fault(said, passes=True, wait=_wait(chain))
        case _ if status >= 500 or status in _PASSING:
            said = f"The server of the language model {model} failed ({status}): ask again later."
            return Fault(said, passes=True, wait=_wait(chain))
        case _:
            said = f"The language model {model} did not take the request ({status}): {told}."
            return Fault(said, passes=False, is_ours=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _status(error: BaseException) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "code", "status"):
            value = getattr(holder, name, None)
            if isinstance(value, int) and 400 <= value < 600:
                return value
    return None


def _wait(chain: list[BaseException]) -> float | None:
    """Seconds that the server wants to be left alone, by the header Retry-After."""
    for error in chain:
        headers: Any = getattr(getattr(error, "response", None), "headers", None)
        if isinstance(headers, Mapping) and (value := headers.get("retry-after")):
            return _seconds(str(value))
    return None


def _seconds(value: str) -> float | None:
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _key(model: str) -> str:
    return _KEYS.get(model.partition(":")[0], "the variable in which its provider wants it")


def _told(error: BaseException) -> str:
    """What an error says, on one line, short, and without anything like a key."""
    text = masked(" ".join(str(error).split())).rstrip(".")
    return f"{type(error).__name__}: {text[:_LONGEST]}" if text else type(error).__name__
