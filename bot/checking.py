"""`quoth check`: a claim, or every statement of a draft, held against the articles."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bot import console, verdicts
from bot.render import dumped
from bot.verdicts import Placed
from retrieval.answering import Answering
from retrieval.checking import check
from retrieval.entailment import Remembering
from retrieval.errors import InputError
from retrieval.opening import open_entailment
from retrieval.question import as_question
from retrieval.statements import Statement, statements
from retrieval.support import Gate
from retrieval.types import Filters, Span

_LARGEST = 1_000_000  # bytes of a draft
_EVERY = 10  # statements between two plain lines of progress


class Stated(NamedTuple):
    """What is to be checked."""

    text: str
    statements: tuple[Statement, ...]
    is_draft: bool


def read(claim: str | None, draft: Path | None) -> Stated:
    """One claim, or the statements of a draft.

    Raises InputError where both or neither is given, for an empty claim, and for a file that cannot be
    read or states nothing.
    """
    if (claim is None) == (draft is None):
        raise InputError('Give a claim, as in quoth check "They met in May.", or --file DRAFT, but not both.')
    if draft is None:
        text = as_question(claim or "").text
        return Stated(text, (Statement(Span(0, len(text)), text),), False)
    text = _text(draft)
    found = tuple(statements(text))
    if not found:
        raise InputError(f"The draft {draft} states nothing: it needs sentences of three words or more.")
    return Stated(text, found, True)


def _text(draft: Path) -> str:
    try:
        with draft.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise InputError(f"The draft {draft} has more than {_LARGEST:,} bytes: check a part of it.")
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"The draft {draft} cannot be read ({error.strerror}): name a text file.") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"The draft {draft} is not UTF-8 (byte {error.start + 1}): save it as UTF-8."
        ) from None


def held(stated: Stated, quoth: Answering, filters: Filters) -> list[Placed]:
    """What the articles say of each statement, with the trained judge where its file is sound."""
    judge = open_entailment(quoth.settings.data)
    gate = Gate(judge and Remembering(judge))
    done = []
    with console.progress("statements", _EVERY) as told:
        for number, one in enumerate(stated.statements, 1):
            done.append(Placed(one.span, check(one.claim, quoth, gate, filters)))
            told("Checking", number, len(stated.statements))
    return done


def show(placed: list[Placed], stated: Stated, folder: Path, json: bool) -> None:
    """Print it: a claim by itself, a draft with its marks; as JSON one object, or a list."""
    if json:
        rows = [verdicts.placed_json(one) for one in placed]
        print(dumped(rows if stated.is_draft else verdicts.checked_json(placed[0].checked), indent=2))
    elif stated.is_draft:
        console.show(verdicts.draft(stated.text, placed, folder))
    else:
        console.show(verdicts.claim(placed[0].checked, folder))
