"""How the best sentences are told: which are quoted, in which order, and with what words before them.

Those that say the same are one, with several citations. Where they give different answers, and are of
different times, the newest comes first; where they are of about the same time, they stand side by side.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.accounts import Account, account, answers_back, conflict, holders
from retrieval.clues import Clues, Wanted
from retrieval.ranking import Ranked
from retrieval.signals import Candidate, candidates
from retrieval.timeframe import Timeframe
from retrieval.types import Citation, Passage, Sentence, Source, Span, shown

_MOST_SENTENCES = 3
_MOST_CITATIONS = 3  # for one sentence
_CLOSE = 1.2  # in score: how far behind the best sentence another may be and still be quoted
_CLOSE_TO_ARGUE = 1.6  # the same where the question is one of yes or no, and more voices help
_CONTRARY = 2.5  # the same for one that says something else
_SAME = 0.85  # cosine: two sentences that say the same
_ALIKE = 0.55  # cosine: two sentences about the same
_AMOUNTS_ALIKE = 0.6  # the same where it is not said what is counted
_ANOTHER_TIME = 31  # days between articles from which on the later one may know better


@dataclass(frozen=True, slots=True)
class Group:
    """A sentence to quote, with those of other articles that say the same."""

    members: tuple[Ranked, ...]
    lead: str = ""
    reply: Candidate | None = None  # the other side's, from the same article

    @property
    def best(self) -> Ranked:
        return self.members[0]

    @property
    def source(self) -> Source:
        """The newest source of it."""
        return max((one.candidate.source for one in self.members), key=lambda source: source.day_number)


def with_holder(one: Ranked, taken: Clues) -> Ranked:
    """`one` with the person marked of whom it says to be what is asked for: "her counterpart, Jane Doe"."""
    if taken.wanted is not Wanted.PERSON or one.found is None:
        return one
    start, text = one.candidate.span.start, one.candidate.text
    names = [(at, at + len(name)) for name in holders(text, taken) if (at := text.find(name)) >= 0]
    spans = [Span(start + first, start + last) for first, last in names]
    marked = one.found.span
    if not spans or any(span.start < marked.end and marked.start < span.end for span in spans):
        return one
    return replace(one, found=one.found._replace(span=spans[0]))


def chosen(
    standing: Sequence[Ranked], passages: Sequence[Passage], taken: Clues, frame: Timeframe
) -> list[Group]:
    """The sentences to quote: the best, then those that say something else, then those that come close."""
    first, *others = _grouped(standing)
    contrary = [group for group in others if _contradicts(first.best, group.best, taken, frame)]
    reach = _CLOSE_TO_ARGUE if taken.wanted is Wanted.WHETHER else _CLOSE
    close = [group for group in others if group not in contrary and _behind(standing, group.best) <= reach]
    quoted = [first, *[*contrary, *close][: _MOST_SENTENCES - 1]]
    quoted.sort(key=lambda group: -group.best.standing)
    reply = _reply(first.best.candidate, passages, taken)
    others = [group for group in quoted[1:] if reply is None or group.best.candidate.words != reply.words]
    return [replace(first, reply=reply), *others]


def _grouped(standing: Sequence[Ranked]) -> list[Group]:
    """The sentences that may be quoted, those that say the same together, best first."""
    groups: list[list[Ranked]] = []
    for one in standing:
        if _behind(standing, one) > _CONTRARY:
            break
        same = next((group for group in groups if all(_say_the_same(one, other) for other in group)), None)
        if same is None:
            groups.append([one])
        elif _behind(standing, one) <= _CLOSE and len(same) < _MOST_CITATIONS and _is_elsewhere(one, same):
            same.append(one)
    return [Group(tuple(group)) for group in groups]


def _say_the_same(one: Ranked, other: Ranked) -> bool:
    alike = float(one.vector @ other.vector) >= _SAME
    return alike and not conflict(one.candidate.text, other.candidate.text)


def _behind(standing: Sequence[Ranked], one: Ranked) -> float:
    return standing[0].standing - one.standing


def _reply(candidate: Candidate, passages: Sequence[Passage], taken: Clues) -> Candidate | None:
    """What the other side says to a sentence in the same article: the reply that stands nearest."""
    found = (one for one in candidates(passages) if one.source.file == candidate.source.file)
    article = sorted(found, key=lambda one: one.span)
    here = next(at for at, one in enumerate(article) if one.span == candidate.span)
    around = sorted(range(len(article)), key=lambda at: (abs(at - here), at < here))
    replies = (
        article[at] for at in around if answers_back(candidate.text, article[at].text, taken, at - here)
    )
    return next(replies, None)


def _contradicts(one: Ranked, other: Ranked, taken: Clues, frame: Timeframe) -> bool:
    """Whether two articles give different answers, as far as that can be told."""
    if not (_is_elsewhere(one, [other]) and _can_be_told(taken, frame)):
        return False
    if taken.wanted in (Wanted.TIME, Wanted.YEAR) and not _are_of_one_time(one, other):
        return False  # of another time, they tell of something else
    # What a person is stands beside the name; other values may be of other things.
    alike = taken.wanted is Wanted.PERSON or float(one.vector @ other.vector) >= _alike(taken)
    return alike and _account(one, taken).differs(_account(other, taken))


def _alike(taken: Clues) -> float:
    """How alike two sentences must be: amounts are of the same thing only where it is counted by its name."""
    return _AMOUNTS_ALIKE if taken.wanted is Wanted.NUMBER and taken.counted is None else _ALIKE


def _can_be_told(taken: Clues, frame: Timeframe) -> bool:
    """Whether different values are different answers to the question, and not of different events."""
    match taken.wanted:
        case Wanted.PERSON:
            return frame.present or frame.newest
        case Wanted.NUMBER | Wanted.AGE | Wanted.SHARE:
            return frame.present or frame.newest or taken.counted is not None
        case kind:
            return kind in (Wanted.WHETHER, Wanted.TIME, Wanted.YEAR)


def _account(one: Ranked, taken: Clues) -> Account:
    return account(one.candidate.text, taken, one.answer.of(one.candidate.text) if one.answer else "")


def _is_elsewhere(one: Ranked, group: Sequence[Ranked]) -> bool:
    return one.candidate.source.file not in {other.candidate.source.file for other in group}


def arranged(
    groups: Sequence[Group], taken: Clues, frame: Timeframe, newest: dt.date | None = None
) -> tuple[list[Group], tuple[str, ...]]:
    """The groups in the order in which they are told, with the words before each, and notes on the whole.

    Where they differ and are of different times: the newest first, then what was said earlier. Where they
    differ and are of about the same time: side by side, each with its source. `newest` is the day of the
    newest article that there is.
    """
    told = _accounts(groups, taken, frame)
    others = [group for group in groups if group not in told]
    if len(told) > 1 and _are_of_different_times(told) and _may_change(taken, frame):
        return [*_by_time(told), *others], ()
    if len(told) > 1:
        return [*map(_by_source, told), *others], ("The articles differ:",)
    first, *others = groups
    if frame.newest and first.source.day and not any(_is_newer(group, first) for group in others):
        return [replace(first, lead=_as_of(first.source, newest)), *others], ()
    return list(groups), ()


def _as_of(source: Source, newest: dt.date | None) -> str:
    """What "now" means: the day of the article, beside that of the newest of all."""
    if newest is None or source.date is None or source.date >= newest:
        return f"As of the newest article, {source.day}:"
    return f"As of {source.day} (the newest article is of {shown(newest)}):"


def _accounts(groups: Sequence[Group], taken: Clues, frame: Timeframe) -> list[Group]:
    """The first group and those that contradict it and each other; the newest stands for those that agree."""
    first, *others = groups
    contrary = [group for group in others if _contradicts(first.best, group.best, taken, frame)]
    told = [first]
    for group in sorted(contrary, key=lambda group: -group.source.day_number):
        if all(_contradicts(group.best, other.best, taken, frame) for other in told):
            told.append(group)
    return told


def _is_newer(group: Group, other: Group) -> bool:
    return group.source.day_number > other.source.day_number


def _may_change(taken: Clues, frame: Timeframe) -> bool:
    """Whether a later article may know better: how things are, and how many, but not when they were."""
    return frame.present or frame.newest or taken.wanted is Wanted.NUMBER


def _are_of_one_time(*told: Ranked) -> bool:
    """Whether neither article can know better than the other; where one is undated, that is not known."""
    days = [one.candidate.source.date for one in told if one.candidate.source.date]
    return len(days) < len(told) or (max(days) - min(days)).days <= _ANOTHER_TIME


def _are_of_different_times(groups: Sequence[Group]) -> bool:
    """Whether each of them is from another time than the others."""
    days = sorted(group.source.date for group in groups if group.source.date)
    apart = all((later - sooner).days > _ANOTHER_TIME for sooner, later in pairwise(days))
    return len(days) == len(groups) and apart


def _by_time(groups: Sequence[Group]) -> list[Group]:
    newest, *earlier = sorted(groups, key=lambda group: -group.source.day_number)
    return [
        replace(newest, lead=f"As of {newest.source.day}:"),
        *(replace(group, lead=f"Earlier, {group.source.day}:") for group in earlier),
    ]


def _by_source(group: Group) -> Group:
    return replace(group, lead=f"{group.best.candidate.source.by}:")


def cite(groups: Iterable[Group]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """The groups as sentences and their citations, numbered from 1 in order of appearance."""
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for lead, quoted in _told(groups):
        first = len(citations) + 1
        citations += [
            _citation(number, candidate, answer) for number, (candidate, answer) in enumerate(quoted, first)
        ]
        numbers = tuple(range(first, len(citations) + 1))
        best, answer = quoted[0]
        sentences.append(Sentence(best.words, numbers, lead, best.in_words(answer) if answer else None))
    return tuple(sentences), tuple(citations)


def _citation(number: int, candidate: Candidate, answer: Span | None) -> Citation:
    at = candidate.span.start
    marked = Span(at + answer.start, at + answer.end) if answer else None
    return candidate.passage.chunk.cite(number, candidate.span, marked)


_Quoted = tuple[Candidate, Span | None]  # a sentence, and the words of it that answer


def _told(groups: Iterable[Group]) -> Iterator[tuple[str, list[_Quoted]]]:
    """What is told one after the other: the words before it, and the sentences that say it."""
    for group in groups:
        yield group.lead, [(one.candidate, one.answer) for one in group.members]
        if group.reply:
            yield "On the other hand:", [(group.reply, None)]
