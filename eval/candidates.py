"""The questions behind people's votes, as lines of a question set to be completed by hand. Pure.

A line is complete when every point of its `todo` is done and `todo` is gone or empty; `vote`, `reason` and
`given` are there to be read, and `eval.questions.load` passes over them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eval.questions import ANSWERABLE, UNANSWERABLE, Case
from retrieval.feedback import Vote

Asked = tuple[str, ...]  # a question after those before it, each as it is compared

_FIND = "look whether the articles answer it, and quote every sentence that does as evidence"
_KEEP = "keep as evidence the sentences that answer by themselves, best first"
_NOTHING = "make sure that no article answers it"
_ANSWERS = "write the accepted short answers"
_TODAY = "remove today where the day of asking does not matter"


def candidates(votes: Sequence[Vote], known: Sequence[Case]) -> list[dict[str, Any]]:
    """The questions that were voted on and are not `known`, as lines of a set, in the order of their votes.

    Votes on the same question, after the same ones, are merged: those in favour say what the evidence is. A
    question that others came before is a conversation with all of them. `count_known` says how many are left
    out.
    """
    voted = _voted(votes)
    had = _known(voted, known)
    wanted = [asked for asked in voted if asked not in had]
    longest = [asked for asked in wanted if not any(_is_before(asked, other) for other in wanted)]
    return [line for asked in longest for line in _lines(asked, voted)]


def count_known(votes: Sequence[Vote], known: Sequence[Case]) -> int:
    """How many of the questions that were voted on `candidates` leaves out, since the set has them."""
    return len(_known(_voted(votes), known))


def _voted(votes: Sequence[Vote]) -> dict[Asked, list[Vote]]:
    found: dict[Asked, list[Vote]] = {}
    for vote in votes:
        found.setdefault(tuple(map(_folded, _turns(vote))), []).append(vote)
    return found


def _turns(vote: Vote) -> tuple[str, ...]:
    return tuple(_whole(question) for question in (*vote.history, vote.question))


def _whole(text: str) -> str:
    """`text` as a set can hold it: halves of characters are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _folded(question: str) -> str:
    return " ".join(question.split()).casefold().rstrip("?!. ")


def _known(voted: Iterable[Asked], known: Sequence[Case]) -> set[Asked]:
    """Those that the set asks, or has as lines made of votes earlier, in whatever words by now."""
    names = {name for case in known for name in (case.id, case.conversation)}
    made = [asked for asked in voted if _name(asked) in names]
    in_set = set(_asked(known))
    return {asked for asked in voted if asked in in_set or any(line[: len(asked)] == asked for line in made)}


def _asked(cases: Sequence[Case]) -> Iterator[Asked]:
    before: Asked = ()
    conversation = None
    for case in cases:
        if case.conversation is None or case.conversation != conversation:
            before = ()
        conversation = case.conversation
        before = (*before, _folded(case.question))
        yield before


def _is_before(asked: Asked, other: Asked) -> bool:
    return len(asked) < len(other) and other[: len(asked)] == asked


def _name(asked: Asked) -> str:
    digest = hashlib.sha256("\n".join(asked).encode("utf-8"))
    return f"feedback-{digest.hexdigest()[:8]}"


def _lines(asked: Asked, voted: Mapping[Asked, Sequence[Vote]]) -> Iterator[dict[str, Any]]:
    name, last = _name(asked), voted[asked][-1]
    questions = _turns(last)
    if len(questions) == 1:
        yield _line({"id": name, "kind": ""}, questions[0], last, voted[asked])
        return
    for number, question in enumerate(questions, 1):
        named = {"id": f"{name}-{number}", "kind": "turn", "conversation": name}
        yield _line(named, question, last, voted.get(asked[:number], ()))


def _line(named: Mapping[str, str], question: str, last: Vote, votes: Sequence[Vote]) -> dict[str, Any]:
    """A line of the set from the votes on its question, in a conversation where `last` is one on its end."""
    good = [vote for vote in votes if vote.verdict == 1]
    evidence = _evidence(good)
    answerable = bool(evidence) or not good
    return {
        **named,
        "split": "dev",
        "question": question,
        "answerable": answerable,
        "answers": [],
        "evidence": evidence,
        "today": last.time.date().isoformat(),
        "vote": {"good": len(good), "bad": len(votes) - len(good)},
        "reason": "; ".join(dict.fromkeys(vote.reason for vote in votes if vote.reason)),
        "given": next((vote.answer for vote in reversed(good or votes)), ""),
        "todo": list(_todo(named["kind"], answerable, bool(evidence), 0 < len(good) < len(votes))),
    }


def _evidence(good: Sequence[Vote]) -> list[dict[str, str]]:
    """What the answers that people liked cited, newest answer first."""
    places = [(_whole(one.file), _whole(one.quote)) for vote in reversed(good) for one in vote.citations]
    return [{"file": file, "quote": quote} for file, quote in dict.fromkeys(places)]


def _todo(kind: str, answerable: bool, has_evidence: bool, is_disputed: bool) -> Iterator[str]:
    if is_disputed:
        yield "the votes differ: decide"
    if not kind:
        kinds = (ANSWERABLE if answerable else UNANSWERABLE) - {"turn"}
        yield f"choose the kind: {', '.join(sorted(kinds))}"
    if not answerable:
        yield _NOTHING
    else:
        yield from (_KEEP if has_evidence else _FIND, _ANSWERS)
    yield _TODAY
