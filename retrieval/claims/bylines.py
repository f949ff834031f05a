"""What a sentence says of the article that it is taken from: "The Lantern wrote on 9 May 2031 that …".

The article's text does not hold it, so it is taken off before the text is asked whether it supports the rest.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from retrieval.types import Source


class Byline(NamedTuple):
    """A sentence without what it says of its article, and that."""

    claim: str
    publisher: str = ""  # small letters; empty where it names none
    day: str = ""  # as it writes it

    def fits(self, source: Source) -> bool:
        """Whether it can be taken from `source`."""
        by = not self.publisher or self.publisher == _name(source.publisher or "")
        return by and (not self.day or _is_of(self.day, source.date))


_DAY = r"(?:\d{1,2}(?:st|nd|rd|th)? )?(?:the )?[A-Z][a-z]{2,8}\.?(?: \d{1,2}(?:st|nd|rd|th)?)?,? \d{4}"
_ARTICLE = (
    r"(?:an?|the|one|another|its|that) (?:(?:earlier|later|newe[rs]t?|older) )?(?:article|report|piece|story)"
)
_VERB = (
    r"(?:ha[ds] |have )?(?:also |then |later |earlier )?"
    r"(?:report(?:ed|s)?|wr[io]tes?|written|sa(?:ys?|id)|state[sd]?|noted?s?|tells?|told|puts?)"
)
_FORMATS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%B %Y", "%b %Y")


def byline(text: str, sources: Iterable[Source]) -> Byline:
    """Takes off what `text` says of its article, where that is by one of the publishers of `sources`."""
    publishers = frozenset(_name(source.publisher) for source in sources if source.publisher)
    for pattern in _patterns(publishers):
        if found := pattern.fullmatch(text):
            told = found.groupdict("")
            claim = told["claim"] + told.get("end", "")
            publisher = _name(told.get("by", "") or told.get("of", ""))
            day = told.get("day", "") or told.get("then", "")
            if publisher or day:
                return Byline(claim[:1].upper() + claim[1:], publisher, day)
    return Byline(text)


@lru_cache(maxsize=64)
def _patterns(publishers: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    names = "|".join(re.escape(name) for name in sorted(publishers, key=len, reverse=True)) or r"(?!)"
    by, day, then = rf"(?:the )?(?P<by>{names})", rf"(?P<day>{_DAY})", rf"(?P<then>{_DAY})"
    dated = rf"(?:(?:,? (?:of|on|from|dated|in|published on)|,)? \(?{then}\)?,?)?"
    article = rf"{_ARTICLE}(?: (?:by|of|from|in|published (?:by|in)) (?:the )?(?P<of>{names}))?"
    who = rf"(?:{article}|{by}(?:['’]s? (?:article|report))?)"
    end = r"(?P<end>[.!?]?)"
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"(?:on|in|as of|by) {day},? {who},? {_VERB}(?: that|:) (?P<claim>.+)",
            rf"(?:on|in) {day},? it was (?:reported|written|said) that (?P<claim>.+)",
            rf"as of {day}, (?P<claim>.+)",
            rf"(?:according to|in) {who}{dated},? (?P<claim>.+)",
            rf"{who}{dated} {_VERB} that (?P<claim>.+)",
            rf"{who} {_VERB}{dated} that (?P<claim>.+)",
            rf"(?P<claim>.+?),? (?:according to|as reported by|reported by) {who}{dated}{end}",
            rf"(?P<claim>.+?), {who} {_VERB}{dated}{end}",
            rf"(?P<claim>.+?) \({who}(?:, (?:of )?{day})?\){end}",
            rf"(?P<claim>.+?) \({day}\){end}",
        )
    )


def _name(publisher: str) -> str:
    return publisher.casefold().removeprefix("the ")


def _is_of(written: str, day: dt.date | None) -> bool:
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)|[.,]|\bthe ", "", written)
    for form in _FORMATS:
        try:
            read = dt.datetime.strptime(plain, form).date()
        except ValueError:
            continue
        return day is not None and (
            read == day if "%d" in form else (read.year, read.month) == (day.year, day.month)
        )
    return False
