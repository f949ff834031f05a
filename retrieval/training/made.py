"""Claims made by rule of the sentences of articles, and of questions with their answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from retrieval.training.examples import cut, place, terms, window
from retrieval.training.pairs import Label, Pair, evidence, plain, titled
from retrieval.training.rewording import reword, shorter, voice
from retrieval.training.spoiling import NAME, NUMBER, WEAKER, Article, spoil, tail
from retrieval.training.squad import Asked, Paragraph
from retrieval.training.statements import statement
from retrieval.types import Span

_WORDS = range(6, 46)  # of a sentence that claims are made of
_ANSWER_BUDGETS = (25, 40, 60, 90)


@dataclass(frozen=True)
class Stated:
    """A sentence of a paragraph, as it stands or changed in claim or evidence or both."""

    paragraph: Paragraph
    span: Span
    article: Article

    @property
    def id(self) -> str:
        return f"{self.paragraph.id} {self.span.start}"

    def pair(self, chance: Random) -> Pair | None:
        ways = ((10, self._spoilt), (3, self._cut), (1, self._weaker), (2, self._elsewhere))
        way = chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]
        return way(chance)

    @property
    def _sentence(self) -> str:
        return plain(self.span.of(self.paragraph.text))

    def _spoilt(self, chance: Random) -> Pair | None:
        """A change in the claim, in the evidence, in both or in none."""
        sentence = self._sentence
        changed = spoil(sentence, self.article, chance)
        if changed is None:
            return None
        claim, told = chance.choice((sentence, changed.text)), chance.choice((sentence, changed.text))
        label = Label.SUPPORTS if claim == told else changed.label
        return self._pair(claim, told, label, changed.kind, chance)

    def _cut(self, chance: Random) -> Pair | None:
        """A part of the sentence left out of the claim: supported; of the evidence: it does not say it."""
        sentence = self._sentence
        ways = shorter(sentence)
        if not ways:
            return None
        short = chance.choice(ways)
        claim, told = chance.choice(((sentence, short),) * 3 + ((short, sentence), (sentence, sentence)) * 2)
        label = Label.SILENT if (claim, told) == (sentence, short) else Label.SUPPORTS
        return self._pair(claim, told, label, "extra", chance)

    def _weaker(self, chance: Random) -> Pair | None:
        """ "Some" for "all"."""
        sentence = self._sentence
        changed = WEAKER(sentence, self.article, chance)
        if changed is None:
            return None
        claim, told, label = chance.choice(
            (
                (changed.text, sentence, Label.SILENT),
                (changed.text, changed.text, Label.SUPPORTS),
                (sentence, sentence, Label.SUPPORTS),
                (changed.text, sentence, Label.SILENT),
            )
        )
        return self._pair(claim, told, label, "scope", chance)

    def _elsewhere(self, chance: Random) -> Pair | None:
        """The sentence of the paragraph that shares most words with this one, and says something else."""
        text, wanted = self.paragraph.text, terms(self._sentence)
        rest = [one for one in cut(text) if one != self.span]
        if not rest:
            return None
        near = max(rest, key=lambda one: len(wanted & terms(one.of(text))))
        if len(wanted & terms(near.of(text))) > 0.7 * len(wanted):
            return None
        claim = chance.choice([self._sentence, *shorter(self._sentence)])
        told = titled(self.paragraph.title, near.of(text), chance)
        return Pair(reword(claim, chance), told, Label.SILENT, "other")

    def _pair(self, claim: str, told: str, label: Label, kind: str, chance: Random) -> Pair:
        claim = reword(claim, chance, may_cut=label is Label.SUPPORTS)  # what is wrong must not be cut off
        if chance.random() < 0.3:  # the evidence itself in other words
            told = voice(told, chance) if label is Label.SILENT else reword(told, chance, may_cut=False)
        return Pair(claim, evidence(self.paragraph, self.span, told, chance), label, kind)


@dataclass(frozen=True)
class Answered:
    """A question with its answer as one statement, or with another answer."""

    asked: Asked
    others: Sequence[
        str
    ]  # that may be put in for the answer: answers of the paragraph, and its names and numbers

    @property
    def id(self) -> str:
        return self.asked.id

    def pair(self, chance: Random) -> Pair | None:
        text = self.asked.paragraph.text
        if not self.asked.answers:
            return self._unanswerable(chance)
        answer, at = self.asked.answers[0], place(self.asked)
        if at is None:
            return None
        drawn = chance.random()
        if drawn < 0.4:
            return self._said(answer, at, Label.SUPPORTS, chance)
        if drawn < 0.85:
            rivals = [one for one in self.others if _alike(one, answer)]
            return self._said(chance.choice(rivals), at, Label.AGAINST, chance) if rivals else None
        rest = [one for one in cut(text) if not (one.start < at.end and at.start < one.end)]
        wanted = terms(self.asked.question)
        rest = [one for one in rest if answer.lower() not in one.of(text).lower()]
        if not rest:
            return None
        return self._said(
            answer, max(rest, key=lambda one: len(wanted & terms(one.of(text)))), Label.SILENT, chance, True
        )

    def _unanswerable(self, chance: Random) -> Pair | None:
        """Whatever is put in for an answer, the paragraph does not say it."""
        text = self.asked.paragraph.text
        wanted = terms(self.asked.question)
        near = max(cut(text), key=lambda one: len(wanted & terms(one.of(text))))
        within = [
            other for other in self.others if other in near.of(text) and _answers(self.asked.question, other)
        ]
        return self._said(chance.choice(within), near, Label.SILENT, chance) if within else None

    def _said(self, answer: str, at: Span, label: Label, chance: Random, alone: bool = False) -> Pair | None:
        claim = statement(self.asked.question, answer)
        if claim is None:
            return None
        text, budget = self.asked.paragraph.text, 0 if alone else chance.choice(_ANSWER_BUDGETS)
        shown = window(text, at, budget, chance).of(text)
        claim = reword(claim, chance) if chance.random() < 0.5 else claim
        return Pair(claim, titled(self.asked.paragraph.title, shown, chance), label, "answer")


def _answers(question: str, said: str) -> bool:
    """Whether it is at least a number where a number is asked for, and a name where a person is."""
    if question.lower().startswith(("how many", "how much", "when", "what year", "in what year")):
        return said[0].isdigit()
    return not said[0].isdigit()


def _alike(one: str, other: str) -> bool:
    """Whether either may stand where the other does."""
    same = (str.isdigit, str.isupper)
    return (
        all(is_(one[0]) == is_(other[0]) for is_ in same)
        and abs(len(one.split()) - len(other.split())) <= 2
        and not set(one.lower().split()) & set(other.lower().split())
    )


def stated(paragraphs: Iterable[Paragraph]) -> Iterator[Stated]:
    """The sentences of paragraphs, each with what the rest of its story holds."""
    stories: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs:
        stories[paragraph.story].append(paragraph)
    for story in stories.values():
        held = article(" ".join(paragraph.text for paragraph in story))
        for paragraph in story:
            for span in cut(paragraph.text):
                said = plain(span.of(paragraph.text))
                if len(said.split()) in _WORDS and said.endswith("."):
                    yield Stated(
                        paragraph, Span(span.start, span.start + len(span.of(paragraph.text).rstrip())), held
                    )


def article(text: str) -> Article:
    """What a text holds that can be put in for something else."""
    sentences = [plain(span.of(text)) for span in cut(text)]
    tails = sorted({found for found in map(tail, sentences) if found})
    return Article(names(text), sorted(set(NUMBER.findall(text))), tails)


def names(text: str) -> list[str]:
    """The names in a text, without those that begin a sentence."""
    return sorted({" ".join(one.split()) for one in NAME.findall(text)})


def answered(asked: Iterable[Asked]) -> Iterator[Answered]:
    """The questions that can be made statements."""
    asked = list(asked)
    said: dict[str, set[str]] = defaultdict(set)
    for paragraph in {one.paragraph.id: one.paragraph for one in asked}.values():
        said[paragraph.id].update(names(paragraph.text), NUMBER.findall(paragraph.text))
    for one in asked:
        said[one.paragraph.id].update(one.answers[:1])
    for one in asked:
        if statement(one.question, one.answers[0] if one.answers else "somebody"):
            yield Answered(one, sorted(said[one.paragraph.id]))
