"""A sentence of anybody's held against the articles: which support it, which speak against it.

The support gate used the other way round: there is no citation yet, so every article that comes near the
claim is asked for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from retrieval.proof import Proof, examine, oppose
from retrieval.question import as_question
from retrieval.support import Gate, Verdict
from retrieval.types import Citation, Filters, Passage, Question, Source, Span

if TYPE_CHECKING:
    from retrieval.answering import Answering

Result = Literal["supported", "contradicted", "disputed", "unknown"]

_PASSAGES = 24  # looked through for a claim

# The least chance with which a sentence is said to support a claim: more than the gate asks of a citation, as
# the likeliest of all sentences is taken. On 210 claims about the corpora bridge, hospital and launch, two
# thirds of them wrong and hard, it tells right from wrong best here: .89 of the right are found supported,
# and .22 of the wrong (at the gate's threshold .92 and .28).
_SUPPORTS = 0.5


class Opposed(NamedTuple):
    """What speaks against a claim, and how, as a clause for a reader."""

    citation: Citation
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What the articles say of a claim; the newest first on either side."""

    claim: str
    supports: tuple[Citation, ...]
    against: tuple[Opposed, ...]
    silent: tuple[Source, ...]  # articles that come near the claim and say neither

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of both sides."""
        return (*self.supports, *(one.citation for one in self.against))

    @property
    def result(self) -> Result:
        """`disputed` where articles stand on both sides, `unknown` where none stands on either."""
        if self.supports:
            return "disputed" if self.against else "supported"
        return "contradicted" if self.against else "unknown"


def numbered(found: Iterable[Checked]) -> list[Checked]:
    """The same with citations numbered through all of them; the same place has one number."""
    known: dict[tuple[str, Span], int] = {}

    def again(one: Citation) -> Citation:
        return replace(one, number=known.setdefault((one.source.file, one.span), len(known) + 1))

    return [
        replace(
            checked,
            supports=tuple(map(again, checked.supports)),
            against=tuple(one._replace(citation=again(one.citation)) for one in checked.against),
        )
        for checked in found
    ]


def check(claim: str, quoth: Answering, gate: Gate, filters: Filters | None = None) -> Checked:
    """What the articles that `filters` admit say of `claim`. Raises InputError as a question does.

    Citations are numbered from 1, those that support the claim first.
    """
    asked = as_question(claim)
    _, passages = quoth.retrieve(Question(asked.text, filters=filters or Filters()), _PASSAGES)
    supports: list[Proof] = []
    against: list[Proof] = []
    silent: list[Source] = []
    for source, found in _by_article(passages):
        proof = examine(asked.text, found, gate)
        if _is_sure(proof.verdict):
            supports.append(proof)
        elif opposed := oppose(asked.text, found, gate):
            against.append(opposed)
        else:
            silent.append(source)
    cited = list(_cited(supports, 1))
    opposed_by = _cited(against, len(cited) + 1)
    reasons = [str(proof.verdict.flaws[0]) for proof in against]
    return Checked(
        asked.text,
        tuple(cited),
        tuple(Opposed(citation, reason) for citation, reason in zip(opposed_by, reasons, strict=True)),
        tuple(silent),
    )


def _is_sure(verdict: Verdict) -> bool:
    return verdict.supported and (verdict.judged is None or verdict.judged.supports >= _SUPPORTS)


def _by_article(passages: Iterable[Passage]) -> Iterator[tuple[Source, list[Passage]]]:
    """The passages of each article, the newest article first."""
    ordered = sorted(passages, key=lambda one: (-one.chunk.source.day_number, one.chunk.source.file))
    for source, found in groupby(ordered, key=lambda one: one.chunk.source):
        yield source, list(found)


def _cited(proofs: Sequence[Proof], start: int) -> Iterator[Citation]:
    """Every place of the proofs, numbered from `start`."""
    places = (place for proof in proofs for place in proof.parts)
    for number, (passage, span) in enumerate(places, start):
        yield passage.chunk.cite(number, span)
