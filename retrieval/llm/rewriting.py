"""A question that goes on with a conversation, rewritten by a language model so that it stands alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prompts.prompts import Prompts
from retrieval.llm.inert import alive, plain
from retrieval.llm.model import Ended, LanguageModelError, Model
from retrieval.llm.patience import Patience
from retrieval.persons import NAME
from retrieval.types import Turn, Usage
from retrieval.understanding import Understood

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

log = logging.getLogger(__name__)

_REACH = 4  # turns back
_LONGEST = 1_500  # characters of an answer before; the rest is not shown
_GROWTH = 200  # characters by which a question may grow


def rewritten(
    question: str,
    history: Sequence[Turn],
    model: Model,
    prompts: Prompts,
    patience: Patience,
    config: RunnableConfig | None = None,
) -> tuple[str | None, Usage]:
    """The question as the model writes it, and what that cost; None where that cannot be used.

    It cannot where it is long, no single question, or names what neither the question nor the conversation
    names: the rules' own reading is surer then.
    """
    turns = [Turn(turn.question[:_LONGEST], turn.text[:_LONGEST]) for turn in history[-_REACH:]]
    text, usage = "", Usage()
    try:
        for piece in model.write(prompts.question(question, turns), patience, config):
            if isinstance(piece, Ended):
                usage = piece.usage
            else:
                text += piece
    except LanguageModelError as error:
        log.info("The question is understood by rules: %s", error)
        return None, error.usage
    known = " ".join([question, *(part for turn in turns for part in (turn.question, turn.text))])
    return _usable(text, question, known), usage


def goes_on(understood: Understood) -> bool:
    """Whether a question needs the conversation before it to be understood."""
    leaning = understood.leaning
    return bool(understood.about or leaning.context) and not leaning.more


def adopted(text: str, alone: Understood, by_rules: Understood) -> Understood:
    """A rewritten question, which was understood `alone`, in the place of what the rules made of it."""
    leaning = replace(alone.leaning, follows=by_rules.leaning.follows, context=by_rules.leaning.context)
    held = set(re.findall(r"\w+", text.casefold()))
    about = by_rules.about
    return replace(
        alone, leaning=leaning, about=about if set(re.findall(r"\w+", about.casefold())) <= held else text
    )


def _usable(text: str, question: str, known: str) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 1 or len(lines[0]) > len(question) + _GROWTH or alive(text):
        return None
    line = re.sub(r"^(?:rewritten|question)\s*:\s*", "", plain(lines[0]), flags=re.IGNORECASE).strip('"“” ')
    return line if line and not _new(line, known) else None


_OPENING = frozenset(  # that a question may begin with, and no name does
    "a according and are as at by can could did do does for from had has have how if in is of on should the "
    "to under was were what when where which who whom whose why will with would".split()
)


def _new(text: str, known: str) -> set[str]:
    """The words of names, and the numbers, that `known` does not hold."""
    words = {word for name in re.findall(NAME, text) for word in name.casefold().split()} - _OPENING
    held = set(re.findall(r"\w+", known.casefold()))
    return {
        word for word in words | set(re.findall(r"\d+", text)) if not set(re.findall(r"\w+", word)) <= held
    }
