"""Citation recall and precision by the support gate, with values worked by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eval.support import marks
from retrieval.entailment import Judged
from retrieval.support import Gate
from retrieval.types import Citation, Sentence
from tests.cases import BREAD, DECLINED, LOCK, RAIN, TEXTS, answer

BOTH = "The lock was shut by Voss, and there was rain."


class Holding:
    """Finds `BOTH` supported where the evidence tells of the lock and of the rain, and nothing else."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        return [
            Judged(float(claim == BOTH and LOCK.quote in told and RAIN.quote in told), 0.0, 0.0)
            for claim, told in pairs
        ]

    def warm(self) -> None:
        pass


def said(text: str, *numbers: int) -> Sentence:
    return Sentence(text, numbers)


@pytest.mark.parametrize(
    ("cited", "sentences", "recall", "precision"),
    [
        ([LOCK], [said(LOCK.quote, 1)], 1.0, 1.0),
        ([LOCK], [said("voss shut the lock", 1)], 1.0, 1.0),  # it stands there all the same
        ([LOCK, RAIN], [said(BOTH, 1, 2)], 1.0, 1.0),  # neither is enough: both are needed
        ([LOCK, RAIN, BREAD], [said(BOTH, 1, 2, 3)], 1.0, 2 / 3),  # the bread is not
        ([LOCK, BREAD], [said(LOCK.quote, 1, 2)], 1.0, 1 / 2),
        ([RAIN, RAIN], [said(RAIN.quote, 1, 2)], 1.0, 1.0),  # each supports it alone
        ([LOCK, BREAD], [said(BOTH, 1, 2)], 0.0, 0.0),
        ([BREAD], [said(LOCK.quote, 1)], 0.0, 0.0),
        ([LOCK], [said(LOCK.quote)], 0.0, 0.0),  # it cites nothing
        ([LOCK, BREAD], [said(LOCK.quote, 1), said(RAIN.quote, 2)], 1 / 2, 1 / 2),
        ([LOCK, BREAD], [said(LOCK.quote, 1), said(RAIN.quote, 1, 2)], 1 / 2, 1 / 3),
        ([LOCK], [said(LOCK.quote, 1), said(RAIN.quote)], 1 / 2, 1.0),
    ],
)
def test_recall_is_of_sentences_and_precision_of_citations(
    cited: list[Citation], sentences: list[Sentence], recall: float, precision: float
):
    found = marks(answer(*cited, sentences=tuple(sentences)), TEXTS, Gate(Holding(), 0.5))
    assert found == {"gate_recall": recall, "gate_precision": precision}


def test_a_refusal_has_neither():
    assert marks(DECLINED, TEXTS, Gate(None)) == {}
    assert marks(answer(sentences=()), TEXTS, Gate(None)) == {}


def test_words_before_a_sentence_are_not_judged():
    told = answer(LOCK, sentences=(Sentence(LOCK.quote, (1,), lead="Earlier, 3 Jul 2023:"),))
    assert marks(told, TEXTS, Gate(Holding(), 0.5))["gate_recall"] == 1.0
