"""What the quotes tell that a written answer leaves out: the other side, the newest, another source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.types import Answer, Citation, Sentence


def left_out(citations: Sequence[Citation], quoted: Answer) -> Iterator[Sentence]:
    """The sentences of `quoted` that a reader must see beside an answer with these citations.

    Where the articles differ, or have changed their account, each side that it does not cite; where it rests
    on one article alone, the best sentence of another one, so that no article speaks for all.
    """
    told = {citation.source.file for citation in citations}
    sources = {citation.number: citation.source for citation in quoted.citations}
    others = [
        one
        for one in quoted.sentences
        if one.citations and not told & {sources[number].file for number in one.citations}
    ]
    if any(one.lead for one in others):
        last = max(at for at, one in enumerate(others) if one.lead)
        yield from others[: last + 1]
    elif len(told) == 1 and others and quoted.answered:
        source = sources[others[0].citations[0]]
        by = ", ".join(part for part in (source.publisher or source.title, source.day) if part)
        yield replace(others[0], lead=f"Also, {by}:")
