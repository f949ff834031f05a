"""The marks of an answer's citations as the support gate judges them, whatever was annotated.

ALCE's citation recall and precision (Gao et al. 2023, section 3) with the gate where ALCE has its model of
entailment. A sentence is supported where its citations together support it; a citation is precise where its
sentence is supported, and it supports it alone or the others do not without it.

A sentence that stands word for word in its citation is supported by definition: of quoted answers both marks
say no more than that they are quotes, and nothing of whether they answer. What `QUOTH_GATE=strict` lets a
language model say the same gate has judged before, with fewer words of the article around it. They tell most
where it did not: with `mark` or `off`, or of another system that writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrieval.support import Evidence, Gate
from retrieval.types import Answer, Sentence


def marks(answer: Answer, texts: Mapping[str, str], gate: Gate) -> dict[str, float]:
    """`gate_recall` and `gate_precision` of an answer from the articles `texts`; nothing for a refusal."""
    if not (answer.answered and answer.sentences):
        return {}
    judged = [_judged(one, answer, texts, gate) for one in answer.sentences]
    precise = [each for _, some in judged for each in some]
    recall = sum(supported for supported, _ in judged) / len(judged)
    return {"gate_recall": recall, "gate_precision": sum(precise) / len(precise) if precise else 0.0}


def _judged(
    sentence: Sentence, answer: Answer, texts: Mapping[str, str], gate: Gate
) -> tuple[bool, list[bool]]:
    """Whether its citations support a sentence, and of each whether it is precise."""
    cited = [
        Evidence(one.quote, one.source, texts[one.source.file])
        for one in answer.citations
        if one.number in sentence.citations
    ]
    supported = _supports(cited, sentence, gate)
    return supported, [supported and _is_needed(at, cited, sentence, gate) for at in range(len(cited))]


def _is_needed(at: int, cited: Sequence[Evidence], sentence: Sentence, gate: Gate) -> bool:
    """Whether a citation supports the sentence alone, or the others do not without it."""
    others = [*cited[:at], *cited[at + 1 :]]
    return _supports([cited[at]], sentence, gate) or not _supports(others, sentence, gate)


def _supports(cited: Sequence[Evidence], sentence: Sentence, gate: Gate) -> bool:
    return gate.judge(sentence.text, cited).supported
