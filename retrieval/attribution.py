"""The publisher to whom a question attributes what it asks: "according to the Guardian"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from retrieval.types import Span

_THE = re.compile(r"the\s+", re.IGNORECASE)
_SAYS = r"(?:say|said|report|writ|wrote|claim|tell|told|describe|call|quote|state|mention|explain|think)\w*"
_ATTRIBUTED = (  # what says that a publisher is the source, not the topic; the "words" are not searched for
    r"(?P<words>(?:according to|(?:report|publish)ed by|(?:report|article|story) (?:by|in|from)|from|in|by) "
    r"{name})(?!\w)",
    rf"(?:what|how|why|who|when|where|which)\b[^?]*? (?P<words>(?:does|did|do|has|have) {{name}} {_SAYS})",
    rf"(?P<words>{{name}} {_SAYS})",
    r"(?P<words>{name}['’]s (?:article|report|piece|story|account|coverage|version))",
    r"(?P<words>{name} (?:article|report|piece|story))",
)


def attribution(question: str, publishers: Iterable[str]) -> tuple[str, Span] | None:
    """The publisher to whom the question attributes what it asks, and the words that say so.

    `publishers` are the names under which articles are known; the question may leave out their "The". A
    name of several words is taken wherever it stands; one of a single word ("Post", "Independent") only
    where the question says that it is the source.
    """
    found = [
        (publisher, span) for publisher in sorted(set(publishers)) if (span := _words(question, publisher))
    ]
    return max(found, key=lambda one: len(one[0]), default=None)


def _words(question: str, publisher: str) -> Span | None:
    name = _THE.sub("", publisher, count=1) if _THE.match(publisher) else publisher
    pattern = rf"(?:the )?{re.escape(name)}"
    shapes = _ATTRIBUTED if " " not in name else (*_ATTRIBUTED, r"(?P<words>{name})(?!\w)")
    for shape in shapes:
        if match := re.search(rf"\b{shape.format(name=pattern)}", question, re.IGNORECASE):
            return Span(*match.span("words"))
    return None
