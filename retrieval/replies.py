"""Replies to messages that are no question about what the articles say."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from retrieval.index import Index
from retrieval.intent import Intent
from retrieval.lexical import terms
from retrieval.signals import is_prose
from retrieval.types import Answer, Chunk, Citation, Question, Sentence, Source, Span, shown

_HELLO = "Hello! Ask me what the articles say; I quote them, with the place of every quote."
_WELCOME = "You're welcome."
_ENGLISH_ONLY = "I understand English only: please ask in English."
_HELP = (
    "I answer questions about {articles} by quoting them, each quote with its place in the file, and say so "
    "when they don't answer.",
    "Ask who, what, when, where, how many or why; ask what the articles are about; or ask for a summary "
    "of one.",
)
_LISTED = 5  # articles in an overview
_LEADING = 3  # sentences of a summary
_GENERIC = frozenset(
    terms(
        """
        article articles text texts document documents source sources file files story stories piece post
        all every each everything them these those summary summaries summarise summarize summarised
        summarized summarising summarizing sum up tldr tl dr key main points point gist short brief quick
        please give me can could you what is s of about the a an do make write provide would like need
        want i one from by in for
        """
    )
)


def reply(kind: Intent, asked: Question, index: Index) -> Answer | None:
    """The reply to a message of this kind; None where the articles themselves are to answer it after all."""
    match kind:
        case Intent.GREETING:
            return _words(asked, _HELLO)
        case Intent.THANKS:
            return _words(asked, _WELCOME)
        case Intent.FOREIGN:
            return _words(asked, _ENGLISH_ONLY)
        case Intent.HELP:
            return _words(asked, *(line.format(articles=_count(_sources(asked, index))) for line in _HELP))
        case Intent.OVERVIEW:
            return _overview(asked, index)
        case Intent.SUMMARY:
            return _summary(asked, index)
        case _:
            return None


def _words(asked: Question, *sentences: str) -> Answer:
    return Answer(asked.text, False, tuple(Sentence(sentence) for sentence in sentences))


def _sources(asked: Question, index: Index) -> list[Source]:
    """The articles that the question may look at, newest first, undated ones last."""
    return [source for source, _ in index.sources() if asked.filters.admits(source)]


def _count(sources: Sequence[Source]) -> str:
    days = sorted(source.date for source in sources if source.date)
    number = f"{len(sources):,} article" + "s" * (len(sources) != 1)
    if not days:
        return number
    first, last = shown(days[0]), shown(days[-1])
    return f"{number}, of {first}" if first == last else f"{number}, from {first} to {last}"


def _overview(asked: Question, index: Index) -> Answer:
    """How many articles there are, and the headlines of the newest, each cited."""
    sources = _sources(asked, index)
    shown = [_first(index, source) for source in sources[:_LISTED]]
    more = f" The newest {len(shown)}:" if len(sources) > len(shown) else ""
    citations = tuple(chunk.cite(number, _headline(chunk)) for number, chunk in enumerate(shown, 1))
    sentences = (Sentence(f"I know {_count(sources)}.{more}"), *_quoted(citations))
    return Answer(asked.text, bool(citations), sentences, citations, confidence=float(bool(citations)))


def _first(index: Index, source: Source) -> Chunk:
    return index.article(source.file)[0]


def _headline(chunk: Chunk) -> Span:
    """Where the chunk holds its article's title, else its first sentence."""
    at = chunk.text.find(chunk.source.title)
    start = chunk.span.start + at
    return Span(start, start + len(chunk.source.title)) if at >= 0 else chunk.sentences[0]


def _summary(asked: Question, index: Index) -> Answer | None:
    """The leading sentences of the article that is meant, each cited."""
    wanted = [term for term in terms(asked.text) if term not in _GENERIC]
    if not wanted:
        return _overview(asked, index)
    source = _meant(asked.text, wanted, _sources(asked, index))
    if source is None:
        return None
    leading = [
        (chunk, span)
        for chunk in index.article(source.file)
        for span in chunk.sentences
        if is_prose(chunk.quote(span))
    ]
    distinct = list({span: (chunk, span) for chunk, span in leading}.values())[:_LEADING]
    citations = tuple(chunk.cite(number, span) for number, (chunk, span) in enumerate(distinct, 1))
    return Answer(asked.text, True, _quoted(citations), citations, confidence=1.0) if citations else None


def _quoted(citations: Sequence[Citation]) -> tuple[Sentence, ...]:
    """Each citation's quote as a sentence of its own."""
    return tuple(Sentence(" ".join(c.quote.split()), (c.number,)) for c in citations)


def _meant(message: str, wanted: Sequence[str], sources: Sequence[Source]) -> Source | None:
    """The article that is named by its file, its publisher or its title; the newest if several are."""
    words = {word.strip(".-") for word in re.findall(r"[\w.-]+", message.lower())}
    for source in sources:
        if _is_named(source.file, words, wanted):
            return source
    for source in sources:
        if source.publisher and set(wanted) <= set(terms(source.publisher)):
            return source
    titled = [source for source in sources if len(wanted) > 1 and set(wanted) <= set(terms(source.title))]
    return titled[0] if titled else None


def _is_named(file: str, words: Set[str], wanted: Sequence[str]) -> bool:
    """Whether the words hold the file's name, with or without its suffix, or the number that it starts with.

    A bare "a" or "the" names no file, though one may be called so.
    """
    name = file.rpartition("/")[2].lower()
    stem = name.rpartition(".")[0]
    number = re.split(r"[_\W]", stem)[0]
    return (
        name in words
        or (stem in words and not set(terms(stem)).isdisjoint(wanted))
        or (number in words and any(character.isdigit() for character in number))
    )
