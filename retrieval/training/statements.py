"""Turn a question and its answer into a statement: "Who founded Osk?" and "Lena Voss" into one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable

from retrieval.training.verbs import PAST

_LONGEST = 8  # words of an answer
_BE = "is|was|are|were"
_AUX = "is|was|are|were|has|have|had|can|could|will|would|do|does|did|should|may|might"
_PREPOSITION = "about|after|against|as|at|between|by|for|from|in|into|of|on|over|through|to|under|upon|with"
_PAST = "|".join(sorted(set(PAST.values()), key=len, reverse=True))
_PARTICIPLE = re.compile(
    r"\b(?:[a-z]{3,}(?:ed|wn)|born|built|held|made|found|won|sent|put|set|led|sold|lost|left|known|"
    r"written|given|taken|broken|chosen|begun|fought|bought|brought|taught|located|spoken|buried)\b"
)
_TIME = r"(?:in |on |during )?(?:what|which) (?:year|month|day|date|century|decade|season)"
_PLACE = r"(?:in |at )?(?:what|which) (?:city|country|state|town|place|region|continent|county|province)"
_STARTS = re.compile(
    rf"(?i)^(?:{_PREPOSITION}|during|since|before|near|until|around|between|within|inside|outside|some|about|almost)\b"
)
_DAY = re.compile(
    r"(?i)^(?:\d{1,2} )?(?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december)\b.*\d|^(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)


def statement(question: str, answer: str) -> str | None:
    """What question and answer say together; None where the question is of no form that is known."""
    asked = re.sub(r"\s+", " ", question).strip().rstrip("?").strip()
    said = answer.strip().rstrip(".")
    if len(said.split()) > _LONGEST or " and by how " in asked or " and since when" in asked:
        return None
    for way in _WAYS:
        if made := way(asked, said):
            made = re.sub(r"\s+", " ", made).strip()
            return f"{made[0].upper()}{made[1:]}."
    return None


def _known(asked: str, said: str) -> str | None:
    """What is X called?"""
    found = re.match(
        rf"(?i)^(?:what|who|whom) ({_BE}) (.+) ([a-z]+ed|known|made|part|seen|held) ({_PREPOSITION})$", asked
    ) or re.match(rf"(?i)^(?:what|who) ({_BE}) (.+) (called|named|titled|nicknamed)()$", asked)
    return found and f"{found[2]} {found[1]} {found[3]} {found[4]} {said}"


def _copula(asked: str, said: str) -> str | None:
    """Who was the king? What is the capital of Osk? What company was sold in May?"""
    found = re.match(
        rf"(?i)^(?:who|what|which)(?: (?!year|month|day|date)[a-z]+)? ({_BE}|has|had|have) (.+)$", asked
    )
    if not found or re.search(rf" (?:{_PREPOSITION})$", found[2]):
        return None
    return f"{said} {found[1]} {found[2]}"


def _subject(asked: str, said: str) -> str | None:
    """Who founded Osk? Which company bought the lock?"""
    found = re.match(rf"(?i)^who ((?!(?:{_AUX})\b)[a-z]+ .+)$", asked) or re.match(
        rf"(?i)^(?:what|which)(?: [a-z]+){{0,2}}? ((?:[a-z]+ed|{_PAST}) .+)$", asked
    )
    return found and f"{said} {found[1]}" if found and not found[1].lower().startswith("did ") else None


def _count(asked: str, said: str) -> str | None:
    """How many barges waited?"""
    found = re.match(
        rf"(?i)^how many ([a-z]+(?: [a-z]+)?) ((?:{_BE}|have|live|work|[a-z]+ed|{_PAST})\b.*)$",
        asked,
    )
    if not found or re.match(r"(?i)(?:did|do|does)\b", found[2]):
        return None
    counted = said if found[1].lower() in said.lower() else f"{said} {found[1]}"
    there = re.match(rf"(?i)^({_BE}) there\b(.*)$", found[2])
    return f"there {there[1]} {counted}{there[2]}" if there else f"{counted} {found[2]}"


def _adverbial(asked: str, said: str) -> str | None:
    """When was Osk founded? In what city was she born?"""
    found = re.match(rf"(?i)^(?:when|where|{_TIME}|{_PLACE}) ({_BE}) (.+)$", asked)
    verb = found and _PARTICIPLE.search(found[2], found[2].find(" ") + 1)
    if not found or not verb or not verb.start():
        return None
    return f"{found[2][: verb.start()]}{found[1]} {found[2][verb.start() :]} {_placed(said)}"


def _did(asked: str, said: str) -> str | None:
    """When did the war end? What did Voss close in May?"""
    found = re.match(
        rf"(?i)^(when|where|why|who|whom|what|how many [a-z]+|{_TIME}|{_PLACE}) did (.+)$", asked
    )
    if not found:
        return None
    rest = found[2].split(" ")
    at = next((n for n, word in enumerate(rest) if n and word in PAST), None)
    if at is None:
        return None
    subject, verb, tail = " ".join(rest[:at]), PAST[rest[at]], " ".join(rest[at + 1 :])
    asks = found[1].lower()
    if asks == "why":
        return f"{subject} {verb} {tail} {said}" if re.match("(?i)because|to |for |due", said) else None
    if asks in ("who", "whom", "what") or asks.startswith("how many"):
        if tail and not re.match(rf"(?i)(?:{_PREPOSITION}|when|because|during|while)\b", tail):
            return None
        return (
            f"{subject} {verb} {tail} {said}"
            if re.fullmatch(_PREPOSITION, tail)
            else f"{subject} {verb} {said} {tail}"
        )
    return f"{subject} {verb} {tail} {_placed(said)}"


def _placed(said: str) -> str:
    """An answer as an adverbial of time or place."""
    if _STARTS.match(said):
        return said[0].lower() + said[1:]
    return f"on {said}" if _DAY.match(said) else f"in {said}"


_Way = Callable[[str, str], str | None]
_WAYS: tuple[_Way, ...] = (_known, _count, _adverbial, _did, _copula, _subject)
