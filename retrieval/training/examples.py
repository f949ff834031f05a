"""Make training examples of questions: a question, a passage, and where in it the answer stands, if it does.

A third of them cannot be answered. What they teach, beside the unanswerable questions that people wrote for
SQuAD 2.0: another paragraph of the same article; the paragraph without the sentence that answers; and
the question with a name, a number or a telling word exchanged, after the ways in which Rajpurkar, Jia and
Liang (2018, "Know What You Don't Know") saw people make questions unanswerable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple, Protocol, TypeVar

from retrieval.sentences import sentences
from retrieval.training.squad import Asked, Paragraph
from retrieval.types import Span


class Example(NamedTuple):
    """A question, a passage, and the characters of the passage that answer it (None: nothing does)."""

    question: str
    passage: str
    answer: Span | None


_BUDGETS = (30, 45, 70, 100, 140)  # words of a passage
_TITLED = 0.4  # of the passages begin with the title of their article
_RIVALS = 25  # paragraphs of the article among which the most tempting one is looked for

# How often a question of SQuAD 1.1 becomes what; the rest of the time it stays answerable.
_OTHER_PARAGRAPH, _WITHOUT_ITS_SENTENCE, _EXCHANGED_NAME, _EXCHANGED_WORD = 0.14, 0.09, 0.09, 0.06

# How often a question is written as people type it.
_NO_MARK, _TYPING_ERROR, _KEYWORDS, _YES_NO = 0.15, 0.06, 0.06, 0.12

_COMMON = frozenset(
    "the a an of in on at to for is was were are be did do does what when where who whom which why how and "
    "or by with from as that this it its many much has have had not".split()
)
_WORD = re.compile(r"[a-z0-9]+")
_NAME = re.compile(r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)*\b|\b\d[\d,.]*\b")
_CONTENT = re.compile(r"\b[a-z]{4,}\b")
_ADVERBIAL = re.compile(
    r"(?i)^(?:when|where|why|how|in (?:what|which) (?:year|month|city|country|state|century|decade)) "
    r"(?=(?:did|do|does|was|were|is|are|has|have|had|can|could|will|would) )"
)
OPPOSITES = dict(
    pair
    for one in (
        "first/last before/after largest/smallest biggest/smallest highest/lowest most/least more/fewer "
        "more/less north/south northern/southern east/west eastern/western increase/decrease "
        "increased/decreased rise/fall rose/fell won/lost win/lose early/late earliest/latest "
        "oldest/youngest new/old male/female men/women begin/end began/ended start/stop started/stopped "
        "best/worst longest/shortest long/short maximum/minimum major/minor public/private "
        "positive/negative above/below inside/outside upper/lower support/oppose supported/opposed "
        "allowed/banned allow/ban accepted/rejected joined/left bought/sold buy/sell founded/closed "
        "opened/closed built/destroyed born/buried always/never can/cannot military/civilian "
        "domestic/foreign day/night summer/winter teacher/student parent/child mother/father son/daughter "
        "king/queen husband/wife attack/defend attacked/defended arrived/departed appointed/dismissed"
    ).split()
    for left, right in [one.split("/")]
    for pair in ((left, right), (right, left))
)


@lru_cache(maxsize=40_000)
def cut(text: str) -> tuple[Span, ...]:
    """The sentences of a text."""
    return tuple(sentences(text, Span(0, len(text))))


@lru_cache(maxsize=200_000)
def terms(text: str) -> frozenset[str]:
    """The words of a text that say what it is about."""
    return frozenset(word for word in _WORD.findall(text.lower()) if word not in _COMMON)


def place(asked: Asked) -> Span | None:
    """Where the answer stands; of several places, the sentence that shares most words with the question."""
    text = asked.paragraph.text
    at = text.index(asked.sentence)  # 0 where it is not known
    within = text[at : at + len(asked.sentence)] or text
    found = [
        Span(at + one.start(), at + one.end()) for one in re.finditer(re.escape(asked.answers[0]), within)
    ]
    return max(found, key=lambda one: _shared(asked.question, text, _around(text, one.start)), default=None)


def nearest(asked: Asked, text: str) -> Span:
    """The sentence of `text` that comes nearest to the question: the known one, or by its words."""
    if asked.sentence and (at := text.find(asked.sentence)) >= 0:
        return Span(at, at + len(asked.sentence))
    return max(cut(text), key=lambda sentence: _shared(asked.question, text, sentence))


def _shared(question: str, text: str, sentence: Span) -> int:
    return len(terms(question) & terms(sentence.of(text)))


def _around(text: str, at: int) -> Span:
    return next((one for one in cut(text) if one.start <= at < one.end), Span(0, len(text)))


def window(text: str, around: Span, words: int, chance: Random) -> Span:
    """Whole sentences around `around`, taken before and behind it by chance, up to `words` words."""
    found = cut(text)
    lo = next((n for n, one in enumerate(found) if one.end > around.start), 0)
    hi = next((n for n, one in enumerate(found) if one.end >= around.end), len(found) - 1)
    used = len(text[found[lo].start : found[hi].end].split())
    while sides := [n for n in (lo - 1, hi + 1) if 0 <= n < len(found)]:
        side = chance.choice(sides)
        used += len(text[found[side].start : found[side].end].split())
        if used > words:
            break
        lo, hi = min(lo, side), max(hi, side)
    return Span(min(found[lo].start, around.start), max(found[hi].end, around.end))


class _Draft(NamedTuple):
    """A question that is about to become an example."""

    asked: Asked
    question: str  # as it will be asked
    answer: Span  # in the paragraph
    chance: Random

    @property
    def text(self) -> str:
        return self.asked.paragraph.text


_Spoilt = tuple[str, str] | None  # a question and a text that does not answer it, where they can be made


class Maker:
    """Makes examples of questions; `asked` are all that are trained on: what is exchanged comes from them."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        self._paragraphs: dict[str, dict[str, Paragraph]] = defaultdict(dict)
        for one in asked:
            self._paragraphs[one.paragraph.story][one.paragraph.id] = one.paragraph
        texts = {
            story: " ".join(paragraph.text for paragraph in paragraphs.values())
            for story, paragraphs in self._paragraphs.items()
        }
        self._names = {story: sorted(set(_NAME.findall(text))) for story, text in texts.items()}
        self._words = {story: sorted(set(_CONTENT.findall(text))) for story, text in texts.items()}
        self._ways = (
            (_OTHER_PARAGRAPH, self._other_paragraph),
            (_WITHOUT_ITS_SENTENCE, _without_its_sentence),
            (_EXCHANGED_NAME, self._exchanged_name),
            (_EXCHANGED_WORD, self._exchanged_word),
        )

    def make(self, asked: Asked, chance: Random) -> Example | None:
        """An example of a question; None where what chance chose cannot be made of it."""
        question, text = asked.question, asked.paragraph.text
        if chance.random() < _YES_NO:
            question = yes_no(question)
        if not asked.answers:
            return _example(asked, typed(question, chance), text, None, chance)
        answer = place(asked)
        if answer is None:
            return None
        for share, spoil in self._ways:
            if chance.random() < share:
                spoilt = spoil(_Draft(asked, question, answer, chance))
                return spoilt and _example(asked, typed(spoilt[0], chance), spoilt[1], None, chance)
        return _example(asked, typed(question, chance), text, answer, chance)

    def _other_paragraph(self, draft: _Draft) -> _Spoilt:
        asked = draft.asked
        if asked.paragraph.is_news:
            return None
        said = asked.answers[0].lower()
        rivals = [
            paragraph
            for paragraph in self._paragraphs[asked.paragraph.story].values()
            if paragraph.id != asked.paragraph.id and said not in paragraph.text.lower()
        ]
        if not rivals:
            return None
        rivals = draft.chance.sample(rivals, min(len(rivals), _RIVALS))
        wanted = terms(asked.question)
        return draft.question, max(rivals, key=lambda rival: len(wanted & terms(rival.text))).text

    def _exchanged_name(self, draft: _Draft) -> _Spoilt:
        found = [name for name in _NAME.finditer(draft.question) if name.start() > 0]
        if not found:
            return None
        name = draft.chance.choice(found)
        digit = name.group()[0].isdigit()
        others = [
            other
            for other in self._names[draft.asked.paragraph.story]
            if other[0].isdigit() == digit and other not in draft.text and other != name.group()
        ]
        return _exchanged(draft, name, others)

    def _exchanged_word(self, draft: _Draft) -> _Spoilt:
        """The opposite of a word; without one, a word that both question and sentence hold for another."""
        opposed = [word for word in re.finditer(r"\b[a-z']+\b", draft.question) if word.group() in OPPOSITES]
        if opposed:
            word = draft.chance.choice(opposed)
            return _put(draft.question, word, OPPOSITES[word.group()]), draft.text
        sentence = _around(draft.text, draft.answer.start)
        held = terms(sentence.of(draft.text))
        found = [w for w in _CONTENT.finditer(draft.question) if w.start() > 0 and w.group() in held]
        if not found:
            return None
        word = draft.chance.choice(found)
        others = [
            other
            for other in self._words[draft.asked.paragraph.story]
            if other[-2:] == word.group()[-2:] and other[:4] != word.group()[:4] and other not in draft.text
        ]
        return _exchanged(draft, word, others)


def _example(asked: Asked, question: str, text: str, answer: Span | None, chance: Random) -> Example:
    around = answer or nearest(asked, text)
    span = window(text, around, chance.choice(_BUDGETS), chance)
    title = f"{asked.paragraph.title}. " if chance.random() < _TITLED else ""
    moved = len(title) - span.start
    marked = Span(answer.start + moved, answer.end + moved) if answer else None
    return Example(question, title + span.of(text), marked)


def _without_its_sentence(draft: _Draft) -> _Spoilt:
    answer, text = draft.answer, draft.text
    rest = " ".join(
        one.of(text) for one in cut(text) if not (one.start < answer.end and answer.start < one.end)
    )
    held = draft.asked.answers[0].lower() in rest.lower()
    return (draft.question, rest) if rest and not held else None


def _exchanged(draft: _Draft, word: re.Match[str], others: Sequence[str]) -> _Spoilt:
    return (_put(draft.question, word, draft.chance.choice(others)), draft.text) if others else None


def _put(question: str, word: re.Match[str], other: str) -> str:
    return question[: word.start()] + other + question[word.end() :]


def yes_no(question: str) -> str:
    """A question for a time, a place or a reason as the one for yes or no that it contains."""
    rest = _ADVERBIAL.sub("", question, count=1)
    return rest if rest == question else rest[0].upper() + rest[1:]


def typed(question: str, chance: Random) -> str:
    """A question as it is typed in a chat: without its mark, with two letters exchanged, as keywords."""
    if chance.random() < _NO_MARK:
        question = question.rstrip("?")
    if chance.random() < _TYPING_ERROR and len(question) > 12:
        at = chance.randrange(2, len(question) - 2)
        question = question[:at] + question[at + 1] + question[at] + question[at + 2 :]
    if chance.random() < _KEYWORDS:
        keywords = [word for word in question.rstrip("?").split() if word.lower() not in _COMMON]
        if len(keywords) >= 3:
            question = " ".join(keywords)
    return question


class Named(Protocol):
    """Anything of which examples are made."""

    @property
    def id(self) -> str: ...


Of = TypeVar("Of", bound=Named)
Made = TypeVar("Made")


def epoch(
    number: int, sets: Sequence[tuple[Sequence[Of], int]], make: Callable[[Of, Random], Made | None]
) -> Iterator[Made]:
    """One pass over all sets, shuffled; with each set stands how often each of it is taken.

    The chance of each comes from its id, so that a pass is the same wherever it is taken up again.
    """
    drawn = [(one, time) for some, times in sets for one in some for time in range(times)]
    Random(f"order {number}").shuffle(drawn)  # noqa: S311  # the same every time is what is wanted
    for one, time in drawn:
        example = make(one, Random(f"{number} {time} {one.id}"))  # noqa: S311
        if example is not None:
            yield example
