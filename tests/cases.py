"""Small questions, answers and outcomes, most of them about two tiny articles, for the tests of `eval/`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eval.outcome import Outcome
from eval.questions import Case, Evidence
from retrieval.types import Answer, Citation, Sentence, Source, Span

TEXTS = {"a.txt": "Title\n\nVoss shut the lock. Rain fell.\n", "b.txt": "Bread costs more.\nBread sells.\n"}


def case(id_: str = "q1", answerable: bool = True, **changes: Any) -> Case:
    """Who shut the lock? Voss, says `a.txt`."""
    row = {
        "kind": "fact" if answerable else "offtopic",
        "split": "dev",
        "question": "Who shut the lock?",
        "answers": ("Voss",) if answerable else (),
        "evidence": (Evidence("a.txt", "Voss shut the lock."),) if answerable else (),
    }
    return Case(id=id_, answerable=answerable, **(row | changes))


def citation(quote: str, file: str = "a.txt", line: int | None = None) -> Citation:
    """Exact, but where a wrong `line` is wanted."""
    start = TEXTS[file].index(quote)
    right = TEXTS[file].count("\n", 0, start) + 1
    return Citation(1, Source(file, "T"), Span(start, start + len(quote)), quote, line or right)


def answer(
    *cited: Citation, sentences: tuple[Sentence, ...] | None = None, answered: bool = True, **changes: Any
) -> Answer:
    """The citations numbered from 1 and, if no others are wanted, a sentence for each."""
    numbered = tuple(replace(one, number=number) for number, one in enumerate(cited, 1))
    if sentences is None:
        sentences = tuple(Sentence(one.quote, (one.number,)) for one in numbered)
    return Answer("q", answered, sentences, numbered, **changes)


def outcome(id_: str = "q1", answerable: bool = True, answered: bool = True, **changes: Any) -> Outcome:
    """Of a question that nothing is known of but what `changes` say."""
    row: dict[str, Any] = {
        "kind": "fact" if answerable else "offtopic",
        "split": "dev",
        "conversation": None,
        "question": "Who shut the lock?",
        "understood": None,
        "expected": (),
        "evidence": (),
        "notes": (),
        "sentences": (),
        "citations": (),
        "short": None,
        "confidence": 0.5,
        "seconds": 1.0,
        "marks": {},
    }
    return Outcome(id=id_, answerable=answerable, answered=answered, **(row | changes))


LOCK = citation("Voss shut the lock.")
RAIN = citation("Rain fell.")
BREAD = citation("Bread sells.", "b.txt")
DECLINED = answer(sentences=(Sentence("The articles don't say."),), answered=False)
