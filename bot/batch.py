"""Many questions, one a line: plain text, or JSON with `question` and optional `id` and `history`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from bot.render import answer_json, failure_json
from retrieval.errors import InputError, QuothError
from retrieval.question import as_question
from retrieval.types import Answer, Filters, Question

_LONGEST = 1_000_000  # bytes of a line; of a longer one the rest is read and thrown away


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream's lines without their `\\n`, the one thing that ends a line. Blank ones are left out.

    A line that is too long is cut, but stays too long, so that `answer` can tell.
    """
    with stream:
        while line := stream.readline(_LONGEST + 1):
            whole = line
            while not whole.endswith(b"\n") and (whole := stream.readline(_LONGEST)):
                pass
            if line.strip() or len(line) > _LONGEST:
                yield line.removesuffix(b"\n")


def answer(line: bytes, filters: Filters, ask: Callable[[Question], Answer]) -> dict[str, Any]:
    """The answer to a line as JSON; a line that cannot be asked gives the same object with `error`."""
    asked: Any = ""
    try:
        asked = _parsed(line)
        question = as_question(asked)
        answered = answer_json(ask(Question(question.text, question.history, filters)))
    except QuothError as error:
        answered = failure_json(_text(asked), str(error))
    return answered | ({"id": asked["id"]} if isinstance(asked, dict) and "id" in asked else {})


def _parsed(line: bytes) -> str | dict[str, Any]:
    if len(line) > _LONGEST:
        raise InputError(f"The line has more than {_LONGEST:,} bytes: ask in fewer.")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("The line is not UTF-8: save the file as UTF-8.") from None
    if not text.lstrip().startswith("{"):
        return text
    try:
        parsed: dict[str, Any] = json.loads(text)
        json.dumps([[parsed]], allow_nan=False)  # so that the id can be written, and is JSON
    except (ValueError, RecursionError) as error:
        raise InputError(
            f'The line starts like JSON but is none ({error}): write {{"question": "…"}} or plain text.'
        ) from None
    return parsed


def _text(asked: Any) -> str:
    found = asked.get("question") if isinstance(asked, dict) else asked
    return found if isinstance(found, str) else ""
