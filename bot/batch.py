"""Many questions, one a line: plain text, or JSON with `question` and optional `id` and `history`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from bot.render import answer_json, failure_json
from retrieval.chain import as_question
from retrieval.errors import QuothError
from retrieval.types import Answer, Filters, Question

_LONGEST = 1_000_000  # bytes of a line; what is over is read and thrown away


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream's lines without their `\\n`, the one thing that ends a line. Blank ones are left out."""
    with stream:
        while line := stream.readline(_LONGEST):
            whole = line
            while not whole.endswith(b"\n") and (whole := stream.readline(_LONGEST)):
                pass
            if line.strip():
                yield line.rstrip(b"\n")


def answer(line: bytes, filters: Filters, ask: Callable[[Question], Answer]) -> dict[str, Any]:
    """The answer to a line as JSON; a line that cannot be asked gives the same object with `error`."""
    asked: Any = ""
    try:
        asked = _parsed(line)
        question = as_question(asked)
        answered = answer_json(ask(Question(question.text, question.history, filters)))
    except (QuothError, UnicodeDecodeError, ValueError, RecursionError) as error:
        answered = failure_json(_text(asked), _sentence(error))
    return answered | ({"id": asked["id"]} if isinstance(asked, dict) and "id" in asked else {})


def _parsed(line: bytes) -> str | dict[str, Any]:
    text = line.decode("utf-8-sig")
    if not text.lstrip().startswith("{"):
        return text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _text(asked: Any) -> str:
    found = asked.get("question") if isinstance(asked, dict) else asked
    return found if isinstance(found, str) else ""


def _sentence(error: Exception) -> str:
    if isinstance(error, QuothError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "The line is not UTF-8: save the file as UTF-8."
    return f'The line starts like JSON but is none ({error}): write {{"question": "…"}} or plain text.'
