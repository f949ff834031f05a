"""The support gate: whether the cited text says what a sentence claims.

Rules find what is surely wrong: a number, day, name or quoted word that the text does not hold, a "not" too
many or too few, two who change places. A learned score of entailment decides the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from retrieval.claims.missing import Ground, missing
from retrieval.claims.normal import bare
from retrieval.claims.orders import is_order, without_orders
from retrieval.entailment import THRESHOLD, Entailment, Judged
from retrieval.lexical import terms
from retrieval.sentences import sentences
from retrieval.types import Source, Span

_SHARED = 0.5  # of the words of a claim, where no model judges it

Kind = Literal["number", "date", "name", "quote", "negation", "meaning", "uncited", "opposed"]
_CLAUSES: dict[Kind, str] = {
    "number": 'the number "{}" is not in the cited text',
    "date": 'the date "{}" is not in the cited text',
    "name": 'the name "{}" is not in the cited text',
    "quote": 'the quoted words "{}" are not in the cited text',
    "negation": 'the cited text says the opposite of "{}"',
    "meaning": 'the cited text does not say that "{}"',
    "uncited": 'nothing is cited for "{}"',
    "opposed": 'the cited text says otherwise than "{}"',
}


class Evidence(NamedTuple):
    """What a claim cites."""

    text: str  # the cited words
    source: Source
    context: str = ""  # more of the article, only to tell who is meant by "Mr Li" or "he"


class Flaw(NamedTuple):
    """Why a claim is not supported; as a string a clause for a reader."""

    kind: Kind
    said: str  # words of the claim

    def __str__(self) -> str:
        return _CLAUSES[self.kind].format(self.said)


class Verdict(NamedTuple):
    """What the gate made of a claim."""

    flaws: tuple[Flaw, ...]
    judged: Judged | None  # None where the model was not asked

    @property
    def supported(self) -> bool:
        return not self.flaws


class Gate:
    """Judges claims by what they cite: by rules, and by `entailment`.

    Without it a claim that the rules let pass must still share half of its words with what it cites.
    """

    def __init__(self, entailment: Entailment | None, threshold: float | None = None) -> None:
        """`threshold` is the least chance of support with which a claim passes, else the shipped one."""
        self._entailment = entailment
        self._threshold = THRESHOLD if threshold is None else threshold

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> Verdict:
        """Whether all of `evidence` together supports `claim`."""
        return self.judge_all([(claim, evidence)])[0]

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Evidence]]]) -> list[Verdict]:
        """As `judge`, each pair for itself, with one batch through the model."""
        open_ = [at for at, (claim, evidence) in enumerate(pairs) if evidence and not stands(claim, evidence)]
        asked = [(claim, _told(heeded(evidence))) for claim, evidence in (pairs[at] for at in open_)]
        answers = self._entailment.judge(asked) if self._entailment and asked else [None] * len(asked)
        judged = dict(zip(open_, answers, strict=True))
        return [
            self._verdict(claim, evidence, at in judged, judged.get(at))
            for at, (claim, evidence) in enumerate(pairs)
        ]

    def _verdict(
        self, claim: str, evidence: Sequence[Evidence], is_open: bool, judged: Judged | None
    ) -> Verdict:
        flaws = by_rules(claim, evidence) if is_open or not evidence else ()
        if is_open and not flaws and not self._entails(claim, evidence, judged):
            flaws = (Flaw("meaning", claim),)
        return Verdict(flaws, judged)

    def _entails(self, claim: str, evidence: Sequence[Evidence], judged: Judged | None) -> bool:
        if judged:
            return judged.supports >= self._threshold
        wanted = set(terms(claim))
        return len(wanted & set(terms(_told(heeded(evidence))))) >= _SHARED * len(wanted)


def by_rules(claim: str, evidence: Sequence[Evidence]) -> tuple[Flaw, ...]:
    """What the rules alone find wrong with `claim`."""
    if not evidence:
        return (Flaw("uncited", claim),)
    sound = heeded(evidence)
    if not sound:
        return (Flaw("meaning", claim),)
    return tuple(Flaw(kind, said) for kind, said in missing(claim, _ground(sound)))


def heeded(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without sentences that give orders: these prove nothing but a quote of themselves."""
    return [sound for one in evidence if (sound := _heeded(one)).text]


def _heeded(one: Evidence) -> Evidence:
    title = one.source.title
    source = replace(one.source, title="") if is_order(title) else one.source
    return Evidence(without_orders(one.text), source, without_orders(one.context))


def stands(claim: str, evidence: Sequence[Evidence]) -> bool:
    """Whether `claim` is a run of whole sentences of one text, but for how quotes and dashes are written."""
    wanted = bare(claim)
    return bool(wanted) and any(wanted in _runs(one.text, len(wanted)) for one in evidence)


def _runs(text: str, length: int) -> Iterator[str]:
    """The runs of sentences of `text`, as `bare`, that are not much longer than `length`."""
    cut = sentences(text, Span(0, len(text)))
    for at, first in enumerate(cut):
        for last in cut[at:]:
            yield bare(text[first.start : last.end])
            if last.end - first.start > 2 * length + 20:
                break


def _told(evidence: Sequence[Evidence]) -> str:
    """The evidence as the model reads it: the title of each article once, then the cited words.

    A title that is among those words is not said twice.
    """
    parts: list[str] = []
    for at, one in enumerate(evidence):
        title = one.source.title.rstrip(".")
        is_new = at == 0 or one.source != evidence[at - 1].source
        if is_new and title and not stands(title, [one]):
            parts.append(f"{title}.")
        parts.append(one.text)
    return " ".join(parts)


def _ground(evidence: Sequence[Evidence]) -> Ground:
    return Ground(
        text="\n".join(one.text for one in evidence),
        sources=tuple(dict.fromkeys(one.source for one in evidence)),
        context="\n".join(dict.fromkeys(one.context for one in evidence if one.context)),
    )
