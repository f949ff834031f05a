"""What the quotes tell that a written answer leaves out: the other side, the newest, another source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.types import Answer, Citation, Sentence, Source


def left_out(citations: Sequence[Citation], quoted: Answer) -> Iterator[Sentence]:
    """The sentences of `quoted` that a reader must see beside an answer with these citations.

    Where the articles differ, or have changed their account, each side that it does not cite. Else the best
    sentence where the answer rests on other words, or the best of another article where it rests on one
    alone: what somebody has planted must not stand by itself.
    """
    told = {citation.source.file for citation in citations}
    by_number = {citation.number: citation for citation in quoted.citations}
    proven = [one for one in quoted.sentences if one.citations] if quoted.answered else []
    others = [one for one in proven if not told & {by_number[number].source.file for number in one.citations}]
    best = [by_number[number] for one in proven[:1] for number in one.citations]
    if any(one.lead for one in others):
        last = max(at for at, one in enumerate(others) if one.lead)
        yield from others[: last + 1]
    elif best and not any(_overlap(one, other) for one in best for other in citations):
        yield _also(proven[0], best[0].source)
    elif len(told) == 1 and others:
        yield _also(others[0], by_number[others[0].citations[0]].source)


def _also(sentence: Sentence, source: Source) -> Sentence:
    return replace(sentence, lead=f"Also, {source.by}:")


def _overlap(one: Citation, other: Citation) -> bool:
    is_same = one.source.file == other.source.file
    return is_same and one.span.start < other.span.end and other.span.start < one.span.end
