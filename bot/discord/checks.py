"""What the articles say of the statements of somebody's message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.errors import EntailmentError, InputError
from retrieval.statements import statements
from retrieval.types import Answer, Question, Sentence

if TYPE_CHECKING:
    from retrieval.chain import Quoth  # heavy: an error must not wait for it
    from retrieval.checking import Checked, Result

MOST = 10  # statements of a message that are looked at
_MARGIN = 1.5  # times the longest check so far must be left for the next

HEADS: dict[Result, str] = {
    "supported": "The articles support it",
    "contradicted": "The articles speak against it",
    "disputed": "The articles differ",
    "unknown": "The articles don't say",
}
_NOTHING = (
    "That message states nothing that I can check: I look at sentences of three words or more which are no "
    "questions."
)
_NO_JUDGE = (
    "I cannot check messages: my trained judge of evidence is missing. Whoever runs me finds why in the log."
)


@dataclass(frozen=True, slots=True)
class Report(Answer):
    """The answer to a message that states something; citations are numbered through all of it."""

    checked: tuple[Checked, ...] = ()
    left: int = 0  # statements that were not looked at


def held(message: Question, quoth: Quoth) -> Report:
    """What the articles say of a message's statements: the first ten, and no more than there is time for.

    Raises InputError where it states nothing, EntailmentError without the trained judge: by the gate's rules
    alone any statement passes that names no number, day or name.
    """
    from retrieval.checking import check
    from retrieval.entailment import Remembering
    from retrieval.opening import open_entailment
    from retrieval.support import Gate

    judge = open_entailment(quoth.settings.data)
    if judge is None:
        raise EntailmentError(_NO_JUDGE)
    return report(message, lambda claim: check(claim, quoth, Gate(Remembering(judge)), message.filters))


def report(
    message: Question, check: Callable[[str], Checked], clock: Callable[[], float] = time.monotonic
) -> Report:
    """As `held`, with what checks a claim; `clock` is that of the message's deadline."""
    from retrieval.checking import numbered

    started = clock()
    claims = [one.claim for one in statements(message.text)]
    if not claims:
        raise InputError(_NOTHING)
    done = numbered(list(_in_time(claims[:MOST], check, message.deadline, clock)))
    cited = {one.number: one for checked in done for one in checked.citations}
    return Report(
        message.text,
        bool(cited),
        tuple(map(_said, done)),
        tuple(cited.values()),
        seconds=clock() - started,
        checked=tuple(done),
        left=len(claims) - len(done),
    )


def _in_time(
    claims: Sequence[str],
    check: Callable[[str], Checked],
    deadline: float | None,
    clock: Callable[[], float],
) -> Iterator[Checked]:
    """What was found of each claim, until the next one might come too late."""
    longest = 0.0
    for at, claim in enumerate(claims):
        begun = clock()
        if at and deadline is not None and begun + _MARGIN * longest > deadline:
            return
        yield check(claim)
        longest = max(longest, clock() - begun)


def _said(checked: Checked) -> Sentence:
    numbers = tuple(one.number for one in checked.citations)
    return Sentence(checked.claim, numbers, lead=f"{HEADS[checked.result]}:")
