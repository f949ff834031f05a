"""The publisher to whom a question attributes what it asks: "according to the Guardian"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from retrieval.types import Span

_THE = re.compile(r"the(?:\s+|$)", re.IGNORECASE)
_SAYS = (
    r"(?:(?:say|report|claim|tell|describe|call|quote|mention|explain|think)s?|writes?|wrote|written|"
    r"said|told|thought|states|(?:report|claim|call|mention|explain)ed|(?:describ|quot|stat)ed)\b"
)
_PIECE = r"(?:article|report|piece|story|account|coverage|version|interview|news)\b"
_ASKED = r"(?:(?<=\w )(?:does|did|do|has|have) )?"  # but in "Did the Guardian say …?" it is what asks
_ALONE = (  # no word follows that could go on with a name: "the independent commission"
    r"(?![\w'’])(?! (?!(?:who|what|when|where|why|how|which|did|do|does|is|are|was|were|has|have|had|will|"
    r"and|or|but|on|in|of|about|at|after|before|since|until|during|between|from|to|for|with|by|as|that|the|an?|"
    r"this|last|today|yesterday|now|there|s?he|it|they)\b)\w)"
)
_SOURCE = (  # what says that a publisher is the source, not the topic; these words are not searched for
    rf"(?:according to|(?:{_SAYS}|published) (?:by|in)|{_PIECE} (?:by|in|from)|^from) {{name}}{_ALONE}",
    rf"{_ASKED}{{name}} {_SAYS}{_ALONE}",
    rf"{{name}}['’]s {_PIECE}",
)
_SOURCE_BY_NAME = (  # the same where a word may be meant that is no name: "in time", "an independent report"
    rf"in {{name}}{_ALONE}",
    rf"{_ASKED}{{name}} {_SAYS}",
    rf"{{name}} {_PIECE}",
)
_MENTION = (r"{name}(?:['’]s?)?(?!\w)",)
_LONGER_NAME = re.compile(r"\s[A-Z][a-z][\w'’-]* $")  # "the Washington Post" is not the Post


def attribution(question: str, publishers: Iterable[str]) -> tuple[str, Span] | None:
    """The publisher to whom the question attributes what it asks, and the words that say so.

    `publishers` are the names under which articles are known; the question may leave out their "The". A
    name of several words is taken wherever it stands; one of a single word ("Post", "Independent") only
    where the question says that it is the source. None where it names several: it compares them.
    """
    names = {publisher: _THE.sub("", publisher, count=1).strip() for publisher in sorted(set(publishers))}
    said = question.lower()  # most publishers are not even mentioned, and expressions cost
    names = {
        publisher: name
        for publisher, name in names.items()
        if re.search(r"\w", name) and name.lower() in said
    }
    for find in (_as_source, _as_mentioned):
        found = {publisher: span for publisher, name in names.items() if (span := find(question, name))}
        if found:
            best = max(found, key=len)
            alone = _is_alone(question, found[best], found.values(), names.values())
            return (best, found[best]) if alone else None
    return None


def _as_source(question: str, name: str) -> Span | None:
    return _words(question, name, _SOURCE, is_name=False) or _words(
        question, name, _SOURCE_BY_NAME, is_name=" " not in name
    )


def _as_mentioned(question: str, name: str) -> Span | None:
    return _words(question, name, _MENTION, is_name=False) if " " in name else None


def _words(question: str, name: str, shapes: Sequence[str], is_name: bool) -> Span | None:
    """Where a shape with `name` stands; with `is_name` only where it is written with a capital."""
    for shape in shapes:
        # Not str.format, which would read the braces of the pattern and of the name.
        pattern = shape.replace("{name}", rf"(?P<name>(?:the )?{re.escape(name)})")
        for match in re.finditer(rf"(?<!\w){pattern}", question, re.IGNORECASE):
            is_lower = match["name"][-len(name) :].islower() and not name.islower()
            if not (is_name and is_lower) and not _LONGER_NAME.search(question, 0, match.start("name")):
                return Span(*match.span())
    return None


def _is_alone(question: str, span: Span, found: Iterable[Span], names: Collection[str]) -> bool:
    """Whether no other publisher is a source too: "according to Reuters and the BBC"."""
    if any(other.end <= span.start or span.end <= other.start for other in found):
        return False
    others = "|".join(map(re.escape, names))
    before = rf"(?<!\w)(?:{others}),? (?:and|or|versus|vs\.?) $"
    after = rf",? (?:and|or|versus|vs\.?) (?:the )?(?:{others})(?!\w)"
    return not (
        re.search(before, question[: span.start], re.IGNORECASE)
        or re.match(after, question[span.end :], re.IGNORECASE)
    )
