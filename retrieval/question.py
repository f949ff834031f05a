"""A question in any of the forms that callers have it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retrieval.errors import InputError
from retrieval.types import Question, Turn

LONGEST_QUESTION = 4_000  # characters; Discord's longest message

Input = str | Question | Mapping[str, Any]

_NO_TEXT = 'A question must be a text: "Who met in Moscow?", or {"question": "Who met in Moscow?"}.'


def as_question(given: Input) -> Question:
    """The question in any of the forms that the chain takes. Raises InputError where it is none."""
    asked = given if isinstance(given, Question) else _parse(given)
    if not isinstance(asked.text, str):
        raise InputError(_NO_TEXT)
    asked = replace(asked, text=_whole(asked.text))
    if not asked.text.strip():
        raise InputError('The question is empty: ask something, as in quoth ask "Who met in Moscow?".')
    if len(asked.text) > LONGEST_QUESTION:
        raise InputError(
            f"The question has {len(asked.text):,} characters: ask in at most {LONGEST_QUESTION:,}."
        )
    return asked


def _whole(text: str) -> str:
    """`text` with halves of characters (lone surrogates), which no model reads, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parse(given: str | Mapping[str, Any]) -> Question:
    if isinstance(given, str):
        return Question(given)
    if not isinstance(given, Mapping):
        raise InputError(_NO_TEXT)
    question, history = given.get("question"), given.get("history") or ()
    if not isinstance(question, str):
        raise InputError(_NO_TEXT)
    if not isinstance(history, list | tuple) or not all(_is_turn(turn) for turn in history):
        raise InputError('The history must be a list of turns: [{"question": "…", "text": "…"}].')
    turns = tuple(t if isinstance(t, Turn) else Turn(t["question"], t["text"]) for t in history)
    return Question(question, turns)


def _is_turn(turn: object) -> bool:
    if isinstance(turn, Turn):
        return True
    return isinstance(turn, Mapping) and all(isinstance(turn.get(key), str) for key in ("question", "text"))
