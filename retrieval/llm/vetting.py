"""Sentences on their way past the support gate: cited to those of the articles that prove them, or struck."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from retrieval.claims.bylines import byline
from retrieval.claims.orders import is_order
from retrieval.extractive import REFUSAL
from retrieval.llm.drafts import Draft
from retrieval.llm.inert import alive, without
from retrieval.llm.sides import left_out
from retrieval.proof import Proof, examine
from retrieval.support import Evidence, Flaw, Gate, Verdict, by_rules
from retrieval.types import Answer, Citation, Passage, Said, Sentence, Span

Mode = Literal["strict", "mark", "off"]  # what becomes of a sentence that its citations do not support


class Vetting:
    """An answer that a language model writes from numbered passages, under way."""

    def __init__(self, passages: Sequence[Passage], gate: Gate, mode: Mode, answer: str = "") -> None:
        """`answer` is what the reader found to answer: marked in the first sentence, where that holds it."""
        self.sentences: list[Sentence] = []
        self.removed = 0
        self.refused = False  # it wrote that the articles don't say
        self._passages = passages
        self._gate = gate
        self._mode = mode
        self._answer = answer
        self._citations: dict[tuple[str, Span], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())

    def hear(self, drafts: Iterable[Draft]) -> Iterator[Said]:
        """What may be said of these sentences."""
        for draft in drafts:
            if _is_refusal(draft):
                self.refused = True
            elif not draft.is_heading and not self._is_known(draft.text):
                yield from self._said(draft)

    def add(self, quoted: Answer) -> Iterator[Said]:
        """What `quoted` tells that may not be left out, behind what was said."""
        by_number = {citation.number: citation for citation in quoted.citations}
        for sentence in list(left_out(self.citations, quoted)):
            known = len(self._citations)
            numbers = tuple(self._numbered(by_number[number]) for number in sentence.citations)
            self.sentences.append(replace(sentence, citations=numbers, answer=None))
            yield Said(self.sentences[-1], self.citations[known:])

    def _numbered(self, citation: Citation) -> int:
        key = (citation.source.file, citation.span)
        number = len(self._citations) + 1
        return self._citations.setdefault(key, replace(citation, number=number)).number

    def _is_known(self, text: str) -> bool:
        """Whether it was said before: some models repeat themselves until they are stopped."""
        return any(_bare(text) == _bare(one.text) for one in self.sentences)

    def _said(self, draft: Draft) -> Iterator[Said]:
        proof = self._proof(draft)
        loose = _loose(draft.text, proof)
        text = without(draft.text, loose)
        if self._mode == "strict" and (loose or not proof.verdict.supported):
            self.removed += 1
        elif _bare(text) and not self._is_known(text):
            known = len(self._citations)
            numbers = tuple(dict.fromkeys(self._cited(passage, span) for passage, span in proof.parts))
            doubt, marked = _doubt(proof.verdict, self._mode), None if self.sentences else self._marked(text)
            self.sentences.append(Sentence(text, numbers, answer=marked, doubt=doubt))
            yield Said(self.sentences[-1], self.citations[known:])

    def _proof(self, draft: Draft) -> Proof:
        """What supports a sentence: in the passages that it cites, else in one article of those given."""
        if not _is_statement(draft.text):
            return Proof((), Verdict((Flaw("meaning", draft.text),), None))
        told = byline(draft.text, (passage.chunk.source for passage in self._passages))
        fitting = [passage for passage in self._passages if told.fits(passage.chunk.source)]
        cited = [self._passages[n - 1] for n in draft.numbers if 0 < n <= len(self._passages)]
        own = [passage for passage in cited if passage in fitting]
        proof = self._examined(draft.text, told.claim, own or cited)
        if proof.verdict.supported or len(own) == len(self._passages):
            return proof
        other = self._examined(draft.text, told.claim, fitting)
        is_one = len({passage.chunk.source.file for passage, _ in other.parts}) == 1
        return other if other.verdict.supported and is_one else proof

    def _examined(self, text: str, claim: str, passages: Sequence[Passage]) -> Proof:
        """Whether `passages` say `claim`, and the rest of `text` tells rightly whose words these are."""
        if not passages:
            return Proof((), Verdict((Flaw("uncited", text),), None))
        proof = examine(claim, passages, self._gate)
        if claim == text or not proof.verdict.supported:
            return proof
        flaws = by_rules(text, [_evidence(passage, span) for passage, span in proof.parts])
        return proof._replace(verdict=proof.verdict._replace(flaws=flaws))

    def _marked(self, text: str) -> Span | None:
        at = text.find(self._answer) if self._answer else -1
        return Span(at, at + len(self._answer)) if at >= 0 else None

    def _cited(self, passage: Passage, span: Span) -> int:
        return self._numbered(passage.chunk.cite(0, span))


# What it is told to decline with, in words of its own or with more behind it: it cites nothing then.
_REFUSAL = re.compile(
    r"(?:(?:the|these) (?:given |provided )?(?:articles?|passages?|sources?) do(?:es)?(?: not|n[’']t)|"
    r"none of the (?:articles|passages|sources)) "
    r"(?:say|mention|state|tell|specif(?:y|ie)|contain|include|provide|answer|give)s?\b",
    re.IGNORECASE,
)


def _is_refusal(draft: Draft) -> bool:
    if _bare(draft.text) == _bare(REFUSAL):
        return True
    return not draft.numbers and bool(_REFUSAL.match(draft.text))


_LETTERS = 0.5  # of what is written, at least so much must be: code is none


def _is_statement(text: str) -> bool:
    """Whether it can say something: a word alone, or nothing but names and capitals, only repeats words.

    What orders its reader about is none either, even where an article holds it.
    """
    if is_order(text):
        return False
    words = re.findall(r"[^\W\d_]+", text)
    if sum(map(len, words)) < _LETTERS * len(text):
        return False
    if any(word.lower() != word.upper() for word in words):
        return len(words) > 1 and any(word.islower() for word in words)
    return bool(words)  # a script without capitals


def _evidence(passage: Passage, span: Span) -> Evidence:
    chunk = passage.chunk
    return Evidence(chunk.quote(span), chunk.source, chunk.text)


_NAMED = re.compile(r"(?!www\.)[\w-]+(?:\.[\w-]+)+")  # a site, without an address in it


def _loose(text: str, proof: Proof) -> list[str]:
    """The links and mentions of a sentence, but for names like "space.com" that its evidence holds."""
    quotes = [passage.chunk.quote(span) for passage, span in proof.parts]
    return [
        piece
        for piece in alive(text)
        if not _NAMED.fullmatch(piece) or not any(piece in quote for quote in quotes)
    ]


def _doubt(verdict: Verdict, mode: Mode) -> str:
    return str(verdict.flaws[0]) if mode == "mark" and verdict.flaws else ""


def _bare(text: str) -> str:
    return "".join(re.findall(r"\w", text.casefold()))


def vetted(answer: Answer, gate: Gate, mode: Mode) -> Answer:
    """A quoted answer past the gate; what stands word for word in its quotes passes without the model."""
    verdicts = [_verdict(sentence, answer.citations, gate) for sentence in answer.sentences]
    if mode == "off" or all(verdict is None or verdict.supported for verdict in verdicts):
        return answer
    pairs = zip(answer.sentences, verdicts, strict=True)
    if mode == "mark":
        doubted = (replace(one, doubt=_doubt(verdict, mode)) if verdict else one for one, verdict in pairs)
        return replace(answer, sentences=tuple(doubted))
    return _of(answer, [one for one, verdict in pairs if verdict is None or verdict.supported])


def _verdict(sentence: Sentence, citations: Sequence[Citation], gate: Gate) -> Verdict | None:
    cited = [Evidence(one.quote, one.source) for one in citations if one.number in sentence.citations]
    return gate.judge(sentence.text, cited) if cited else None


def _of(answer: Answer, kept: Sequence[Sentence]) -> Answer:
    """The answer with these sentences of it alone, their citations numbered anew."""
    removed = len(answer.sentences) - len(kept)
    if not any(sentence.citations for sentence in kept):
        nearest = answer.citations[0].source if answer.citations else answer.nearest
        refusal = Answer(answer.question, False, (Sentence(REFUSAL),), nearest=nearest)
        return replace(refusal, confidence=answer.confidence, removed=removed)
    old = list(dict.fromkeys(number for sentence in kept for number in sentence.citations))
    new = {number: at for at, number in enumerate(old, 1)}
    by_number = {citation.number: citation for citation in answer.citations}
    marked = kept[0].answer
    return replace(
        answer,
        sentences=tuple(replace(one, citations=tuple(new[n] for n in one.citations)) for one in kept),
        citations=tuple(replace(by_number[number], number=new[number]) for number in old),
        short_answer=marked.of(kept[0].text) if marked else None,
        removed=removed,
    )
