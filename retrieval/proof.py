"""The fewest sentences of some passages that support a claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from retrieval.lexical import terms
from retrieval.support import Evidence, Flaw, Gate, Verdict, by_rules
from retrieval.types import Passage, Span

_MOST = 12  # tried at a step by the model: those that share most terms with the claim
_NEAR = 0.5  # and at least so much as a share of what the best of them shares
_LONGEST = 3  # sentences in a row
_BEST = 6  # sentences that are tried together
_AGAINST = 0.6  # the least chance with which a sentence is said to speak against a claim
_OPPOSING = frozenset(("number", "date", "negation"))  # flaws that by rules alone tell so


class Proof(NamedTuple):
    """Where a claim is supported, or where it comes nearest to it."""

    parts: tuple[tuple[Passage, Span], ...]  # whole sentences, neighbours joined; offsets of the article
    verdict: Verdict


class _Piece(NamedTuple):
    """Sentences in a row of a passage, by their places in its chunk."""

    passage: Passage
    first: int
    last: int

    @property
    def span(self) -> Span:
        sentences = self.passage.chunk.sentences
        return Span(sentences[self.first].start, sentences[self.last].end)

    @property
    def text(self) -> str:
        return self.passage.chunk.quote(self.span)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.text, self.passage.chunk.source, self.passage.chunk.text)


_Try = tuple[_Piece, ...]


def examine(claim: str, passages: Sequence[Passage], gate: Gate) -> Proof:
    """The fewest sentences of `passages` that support `claim`.

    Where nothing supports it, what comes nearest: its verdict tells what it lacks.

    Tried are single sentences, then neighbours, then sentences of several places together. A sentence that
    only the one before it makes clear ("He said") is given with that one.
    """
    nearest = None
    for tries in _steps(passages, frozenset(terms(claim))):
        best = _best(claim, tries, gate)
        if best and best.verdict.supported:
            return best
        nearest = nearest or best
    return nearest or Proof((), gate.judge(claim, ()))


def _steps(passages: Sequence[Passage], wanted: frozenset[str]) -> Iterator[list[_Try]]:
    """What is tried, one step after another; a step is made up only when the one before it proved nothing."""
    yield (singles := _nearest(_rows(passages, 1), wanted))
    yield _nearest((row for length in range(2, _LONGEST + 1) for row in _rows(passages, length)), wanted)
    yield _nearest(_joined(singles, wanted), wanted)


def oppose(claim: str, passages: Sequence[Passage], gate: Gate) -> Proof | None:
    """The sentence of `passages` that speaks most against `claim`; None where none does.

    Its verdict's first flaw tells how. By rules alone only a sentence speaks against it that holds most of
    its words.
    """
    wanted = frozenset(terms(claim))
    tries = _nearest(_rows(passages, 1), wanted)
    verdicts = gate.judge_all([(claim, _evidence(one)) for one in tries])
    found = [
        (_opposition(verdict, _shared(one, wanted) / (len(wanted) or 1)), one, verdict)
        for one, verdict in zip(tries, verdicts, strict=True)
    ]
    chance, best, verdict = max(found, key=lambda one: one[0], default=(0.0, (), None))
    if chance < _AGAINST or verdict is None:
        return None
    stated = tuple(flaw for flaw in verdict.flaws if flaw.kind != "meaning") or (Flaw("opposed", claim),)
    return Proof(tuple((piece.passage, piece.span) for piece in best), verdict._replace(flaws=stated))


def _opposition(verdict: Verdict, shared: float) -> float:
    """The chance that evidence with this verdict, which holds this share of the claim's terms, opposes it.

    What speaks of somebody else does not.
    """
    kinds = {flaw.kind for flaw in verdict.flaws}
    if "name" in kinds:
        return 0.0
    if verdict.judged:
        return verdict.judged.against
    return shared if kinds and kinds <= _OPPOSING else 0.0


def _rows(passages: Sequence[Passage], length: int) -> Iterator[_Try]:
    """The sentences in a row, `length` of them, each once though chunks overlap."""
    seen = set()
    for passage in passages:
        for first in range(len(passage.chunk.sentences) - length + 1):
            piece = _Piece(passage, first, first + length - 1)
            key = (passage.chunk.source.file, piece.span)
            if key not in seen:
                seen.add(key)
                yield (piece,)


def _joined(singles: Sequence[_Try], wanted: frozenset[str]) -> Iterator[_Try]:
    """Two or three sentences together, each of which holds a term of the claim that the others lack."""
    best = sorted((piece for one in singles[:_BEST] for piece in one), key=_place)
    for length in (2, 3):
        for group in combinations(best, length):
            held = [wanted & _terms(piece.text) for piece in group]
            others = [frozenset[str]().union(*held[:at], *held[at + 1 :]) for at in range(length)]
            if all(one - rest for one, rest in zip(held, others, strict=True)):
                yield _merged(group)


def _place(piece: _Piece) -> tuple[str, Span]:
    return piece.passage.chunk.source.file, piece.span


def _merged(pieces: _Try) -> _Try:
    """The same with neighbours as one."""
    merged = [pieces[0]]
    for piece in pieces[1:]:
        if piece.passage == merged[-1].passage and piece.first == merged[-1].last + 1:
            merged[-1] = merged[-1]._replace(last=piece.last)
        else:
            merged.append(piece)
    return tuple(merged)


def _nearest(tries: Iterable[_Try], wanted: frozenset[str]) -> list[_Try]:
    """Those that share most with what is wanted, the most first."""
    shared = sorted(
        ((_shared(one, wanted), one) for one in tries), key=lambda one: (-one[0], _length(one[1]))
    )
    return [one for number, one in shared[:_MOST] if number >= _NEAR * shared[0][0]]


def _length(tried: _Try) -> int:
    return sum(piece.last - piece.first + 1 for piece in tried)


def _shared(tried: _Try, wanted: frozenset[str]) -> int:
    return len(wanted & frozenset[str]().union(*(_terms(piece.text) for piece in tried)))


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _best(claim: str, tries: Sequence[_Try], gate: Gate) -> Proof | None:
    """Of those that the rules let pass, or else of the nearest, the shortest that the gate finds right."""
    if not tries:
        return None
    sound = [one for one in tries if not by_rules(claim, _evidence(one))]
    chosen = sound or tries[:1]
    verdicts = gate.judge_all([(claim, _evidence(one)) for one in chosen])
    at = min(range(len(chosen)), key=lambda n: (*_rank(verdicts[n], chosen[n]), n))
    if verdicts[at].supported:
        return _grounded(claim, chosen[at], verdicts[at], gate)
    return _proof(chosen[at], verdicts[at])


def _grounded(claim: str, tried: _Try, verdict: Verdict, gate: Gate) -> Proof:
    """With the one or two sentences before it where only they name whom it means."""
    piece = tried[0]
    for before in range(1, min(piece.first, _LONGEST - 1) + 1):
        if len(tried) > 1 or not _leaves_open(claim, piece):
            break
        longer = (piece._replace(first=piece.first - before),)
        if not _leaves_open(claim, longer[0]) and (more := gate.judge(claim, _evidence(longer))).supported:
            return _proof(longer, more)
    return _proof(tried, verdict)


def _leaves_open(claim: str, piece: _Piece) -> bool:
    """Whether a name of the claim stands only around the piece, no word of it inside."""
    alone = piece.evidence._replace(context="")
    names = [flaw.said for flaw in by_rules(claim, [alone]) if flaw.kind == "name"]
    return any(not _terms(piece.text).intersection(terms(name)) for name in names)


def _proof(tried: _Try, verdict: Verdict) -> Proof:
    return Proof(tuple((piece.passage, piece.span) for piece in tried), verdict)


def _evidence(tried: _Try) -> list[Evidence]:
    return [piece.evidence for piece in tried]


def _rank(verdict: Verdict, tried: _Try) -> tuple[int, int, float]:
    return len(verdict.flaws), _length(tried), -(verdict.judged.supports if verdict.judged else 1.0)
