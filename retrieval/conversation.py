"""A question of a conversation, made to stand alone: what it lacks is carried over from the turns before.

| the question | is answered as |
|---|---|
| "Why?", "Who else was there?", "When was that?": nothing of its own | with the topic behind it |
| "What about Russia?", "And in 2024?" | the topic, with what is most alike replaced |
| "What did he say?" | with the person named instead of the pronoun |
| "What did they discuss?", "How long did the visit last?" | with the topic behind it |
| "Yes", "Tell me more" | the topic again, without what was quoted already |
| anything else | as it is: a fresh topic |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.accounts import holders
from retrieval.clues import Term, Wanted, asks, clues
from retrieval.lexical import terms
from retrieval.persons import NAME, Pronoun, capitalised, is_same, persons, points_back, pronoun, subjects
from retrieval.types import Span, Turn

REACH = 4  # turns back; what lies further does not matter, and costs nothing
_LONGEST = 4_000  # characters of a question or an answer before; the rest is not looked at

Alike = Callable[[str, Sequence[str]], int]  # which of the texts means most nearly the same


@dataclass(frozen=True, slots=True)
class StandAlone:
    """A question that can be understood without what was said before."""

    text: str
    about: str = ""  # what was carried into it, to be shown
    more: bool = False  # asks for more of the same: what was quoted is not wanted again
    again: bool = False  # asks of the same anew: what was quoted may be the answer


@dataclass(frozen=True, slots=True)
class _Topic:
    """What the conversation is about."""

    question: str  # the last one, standing alone
    answer: str
    own: str  # what was typed of it, without the words that ask
    anchor: str  # the last question that needed nothing carried, likewise
    called: Mapping[str, str]  # persons, and the kind of pronoun that meant them, the last at the end

    @property
    def words(self) -> str:
        """What a question that points at the topic is completed with."""
        return self.own if self.own == self.anchor else f"{self.own}, {self.anchor}"


# What Quoth itself says around the quotes of an answer.
_QUOTH = re.compile(
    r"(?:\A|(?<=\] ))(?:(?:No article [^\[]{1,200}?, so all [^\[]{0,99}?were searched\.|"
    r"Only articles [^\[]{1,200}? were searched\.|"
    r"(?:About|As of|Earlier,|On the other hand|The articles differ)\b[^:\[]{0,200}:|"
    r"[^:\[\]]{1,200}, \d\d? [A-Z][a-z]{2} \d{4}:)\s*)+|\[\d+\]"
)
_COURTESY = frozenset(  # a message of these alone ends no topic
    terms("ok okay thank thx cheers great nice cool perfect awesome bye goodbye later good morning")
)


def stand_alone(question: str, history: Sequence[Turn], alike: Alike) -> StandAlone:
    """`question` with all that it lacks carried over from the last turns of `history`."""
    topic: _Topic | None = None
    for turn in history[-REACH:]:
        read = Turn(turn.question[:_LONGEST], _QUOTH.sub(" ", turn.text[:_LONGEST]))
        asked = _resolved(read.question, topic, alike)
        if not clues(asked.text).stems <= _COURTESY:
            topic = _continued(topic, read, asked)
    return _resolved(question, topic, alike)


def _continued(topic: _Topic | None, turn: Turn, asked: StandAlone) -> _Topic:
    text, own = (capitalised(text, turn.text) for text in (asked.text, _content(turn.question)))
    if topic is None or not asked.about:
        return _Topic(text, turn.text, own, own, topic.called if topic else {})
    meant = pronoun(turn.question)
    is_named = meant is not None and asked.about == _person(topic, meant)
    called = {**topic.called, asked.about: meant.kind} if meant and is_named else topic.called
    other = _OTHER.fullmatch(turn.question)
    own = topic.own if asked.again else _content(text) if is_named or other else own
    return _Topic(text, turn.text, own, own if other else topic.anchor, called)


def _resolved(question: str, topic: _Topic | None, alike: Alike) -> StandAlone:
    if topic is None:
        return StandAlone(question)
    cased = capitalised(" ".join(question.split()), f"{topic.question} {topic.answer}")
    return (
        _more(cased, topic)
        or _replaced(cased, topic, alike)
        or _named(cased, topic)
        or _bare(cased, topic)
        or _referring(cased, topic)
        or StandAlone(question)
    )


_MORE = re.compile(
    r"\W*(?:(?:yes|yeah|yep|sure|ok|okay|please|and|no)\b[,. ]*)*"
    r"(?:(?:(?:can you |could you )?(?:tell|show|give) me (?:some )?)?(?:more|details|"
    r"(?:any|some)thing else)|what else|go on|continue|keep going|elaborate|and then|yes|yeah|yep|sure)"
    r"(?:,? (?:please|details|about (?:it|that|this|them|him|her)))*\W*",
    re.IGNORECASE,
)


def _more(question: str, topic: _Topic) -> StandAlone | None:
    again = StandAlone(topic.question, _shown(topic.question), more=True)
    return again if _MORE.fullmatch(question) else None


_OTHER = re.compile(
    r"\W*(?:(?:and|but|or|so|ok|okay|then)[, ]+)*(?:(?:what|how) about|and|or|but)\W+(?P<new>\w.*?)[\s?.!]*",
    re.IGNORECASE,
)
_MOST_WORDS = 6  # of what replaces something; more is a question of its own
_DAY = r"\d{1,2}(?:st|nd|rd|th)?\b"
_MONTH = (
    r"(?:spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
)
_IN = r"\b(?:in|on|during|since|before|after|until|by|of)\s+(?:the\s+)?(?:(?:early|mid|late)\s+)?"
_TIME = re.compile(
    rf"(?:{_IN})?(?:\b(?:{_MONTH}|{_DAY})[\s,]*(?:of\s+)?)*\b(?:19|20)\d\d\b|"
    rf"{_IN}(?:{_DAY}\s+(?:of\s+)?)?{_MONTH}(?:\s+{_DAY})?|"
    r"\b(?:now|currently|today|(?:last|this|next) (?:year|month|week))\b",
    re.IGNORECASE,
)


def _replaced(question: str, topic: _Topic, alike: Alike) -> StandAlone | None:
    """ "What about …?", "And …?": the topic with its most similar part replaced, or added where none is."""
    other = _OTHER.fullmatch(question)
    if not other or asks(other["new"]) or len(other["new"].split()) > _MOST_WORDS:
        return None
    new = other["new"]
    if points_back(new) or pronoun(new):
        return None
    text = topic.question.rstrip(" ?.!")
    people = [person.name for person in persons(f"{topic.question} {topic.answer}")]
    times = [time.group() for time in _TIME.finditer(new)]
    parts = [part.strip() for part in re.split(r", (?:and )?", _TIME.sub("", new)) if part.strip()]
    for part in [*sorted(parts, key=lambda part: not _TO.match(part)), *times]:
        text = _exchanged(text, part, people, alike)
    return StandAlone(f"{text}?", _shown(text), again=True)


_OWNED = re.compile(r"['’]s?$")
_TO = re.compile(r"\b(?:in|on|at|to|from|with|by|of|for|about|against|between|near)\b", re.IGNORECASE)
_ATTRIBUTED = re.compile(r"according to [^,?]+,?", re.IGNORECASE)
_NAMES = re.compile(rf"(?<=[\w,] ){NAME}")


def _exchanged(question: str, new: str, people: Sequence[str], alike: Alike) -> str:
    """`question` with what is most alike exchanged for `new`: a time for a time, a name for a name."""
    if _ATTRIBUTED.match(new):
        return f"{_ATTRIBUTED.sub('', question).strip(' ,')}, {new}"
    if _TIME.fullmatch(new):
        left = re.sub(r"(^|\()\s*,", r"\1", _TIME.sub(" ", question))
        return f"{' '.join(left.split())} {'in ' * new[0].isdigit()}{new}"
    parts = _parts(question, new, people)
    if not parts:
        return f"{question} {new}"
    old = parts[alike(new, [part.of(question) for part in parts])]
    owned = _OWNED.search(old.of(question))
    name = _OWNED.sub("", re.sub(r"^(?:the|an?) ", "", new)) + (owned.group() if owned else "")
    return question[: old.start] + name + question[old.end :]


def _parts(question: str, new: str, people: Sequence[str]) -> list[Span]:
    """What of the question may be exchanged.

    After "in", what stands after its "in"; for a name, a whole name, for a person's one of a person if there
    is any; else each other term, and terms side by side.
    """
    if to := _TO.match(new):
        phrase = rf"\b{to.group()} .+?(?= {_TO.pattern}|$)"
        return [Span(*found.span()) for found in re.finditer(phrase, question, re.IGNORECASE)]
    names = [] if question.isupper() else [Span(*found.span()) for found in _NAMES.finditer(question)]
    if re.fullmatch(r"(?:(?:the|of|and|for|de|al) |[A-Z]\S*(?: |$))+", new):
        persons_ = [n for n in names if any(is_same(n.of(question), one) for one in people)]
        return persons_ if persons_ and any(is_same(new, one) for one in people) else names
    spans = sorted({term.span for term in clues(question).terms})
    others = [span for span in spans if not any(n.start <= span.start < n.end for n in names)]
    pairs = [Span(a.start, b.end) for a, b in pairwise(others) if b.start == a.end + 1]
    return [*names, *others, *pairs]


_LEFT = frozenset(  # what may be left of a question that has nothing of its own
    terms(
        "else exactly again really precisely sure true happen mean one ones now time case come there then "
        "kind since long until place"
    )
)
_SILENT = frozenset(  # words that a question without a topic of its own can do without
    "that this these those it its they them their there then else both is are was were do does did has have "
    "had can could will would should happen".split()
)
_JOINING = re.compile(r"^\W*(?:(?:and|but|so)\b\W*)+", re.IGNORECASE)


def _bare(question: str, topic: _Topic) -> StandAlone | None:
    """A question without a term of its own, asked of the topic."""
    if _own(question) or not (asks(question) or points_back(question)):
        return None
    first, *others = re.findall(r"[\w’'-]+", _JOINING.sub("", question))
    asking = " ".join([first, *(word for word in others if word.lower() not in _SILENT)])
    is_word = asking == first and first.lower() not in _SILENT  # "Why", but not "Was"
    words = _statement(topic.question) if is_word else topic.words
    return StandAlone(f"{asking} {words}?", _shown(topic.question), again=True)


_OF_EVENTS = re.compile(r"\W*(?:and |but |so )?(?:why|when|where|how)\b", re.IGNORECASE)


def _named(question: str, topic: _Topic) -> StandAlone | None:
    """The person named instead of the pronoun."""
    meant = pronoun(question)
    if meant is None:
        return None
    person = _person(topic, meant)
    if person is None:
        return _pointed(question, topic)
    text = question[: meant.start] + person + "’s" * meant.owns + question[meant.end :]
    if _OF_EVENTS.match(question) and not _own(question):
        text = f"{text.rstrip(' ?.!')} ({topic.words})?"
    return StandAlone(text, person)


def _own(question: str) -> list[Term]:
    """The terms of a question that say what it is about."""
    return [term for term in clues(question).terms if term.stem not in _LEFT]


def _person(topic: _Topic, meant: Pronoun) -> str | None:
    """Whom a pronoun means: who was called so, else who holds the office asked for, or is named first."""
    called = [name for name in reversed(list(topic.called)) if topic.called[name] == meant.kind]
    people = [person.name for person in persons(f"{topic.answer} {topic.question}")]
    stems = set(terms(topic.question))
    fresh = [name for name in people if not stems & set(terms(name))]
    asked = [name for name in people if name not in fresh] or subjects(topic.question)
    asks_for_one = clues(topic.question).wanted is Wanted.PERSON  # not so in "Who is Jane Doe?"
    held = holders(topic.answer, clues(topic.question, [topic.answer])) if asks_for_one else []
    order = [*held, *fresh, *asked] if asks_for_one else [*asked, *fresh]
    spoken_of = [name for name in called if stems & set(terms(name))]
    fitting = [name for name in order if topic.called.get(name, meant.kind) == meant.kind]
    return next(iter([*spoken_of, *fitting, *called]), None)


def _referring(question: str, topic: _Topic) -> StandAlone | None:
    """A question that points at the topic: by a pronoun, or by "the" before a word of it."""
    return _pointed(question, topic) if points_back(question) or _is_definite(question, topic) else None


def _pointed(question: str, topic: _Topic) -> StandAlone:
    return StandAlone(f"{question.rstrip(' ?.!')} ({topic.words})?", _shown(topic.words))


def _is_definite(question: str, topic: _Topic) -> bool:
    """Whether it has no name, but "the visit" where the topic has a visit."""
    if any(term.is_name for term in clues(question).terms):
        return False
    spoken = f"{topic.question} {topic.answer}"
    known = set(terms(spoken))
    return any(
        stem in known and word.capitalize() not in spoken  # but "the Russian minister" may be another
        for word in re.findall(r"\bthe (\w+)", question, re.IGNORECASE)
        for stem in terms(word)
    )


_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_OPENING = re.compile(
    r"\W*(?:(?:and|so|but|ok|okay|please|hey|hi|can you|could you|tell me|do you know)[, ]+)*"
    r"(?:(?:by |in |on |at |to |from |for |with |of |until |since )?"
    r"(?:who|whom|whose|what|which|when|where|why|how)\b(?:['’](?:s|re|d)\b)?\s*)?"
    rf"(?:(?:many|much)\b\s*|(?:far|long|often|old|big|large|well|high|deep|soon)\b\s*(?={_AUXILIARY}\b))?",
    re.IGNORECASE,
)
_ASKED_OF = re.compile(rf"{_AUXILIARY}\b\s*", re.IGNORECASE)


def _content(question: str) -> str:
    """The question without the words at its start that ask."""
    rest = _statement(question)
    return _ASKED_OF.sub("", rest, count=1) if _ASKED_OF.match(rest) else rest


def _statement(question: str) -> str:
    """The question without the word that asks: "did Li visit Moscow" of "When did Li visit Moscow?"."""
    rest = _OPENING.sub("", question, count=1).strip(" ?.!")
    return rest or question.strip(" ?.!")


_DOING = re.compile(rf"\W*who (?!{_AUXILIARY}\b)", re.IGNORECASE)


def _shown(question: str) -> str:
    """The terms of a question, those that stand together kept together: "Moscow on 8 November"."""
    found = clues(question)
    spans = sorted(term.span for term in found.terms)
    if _DOING.match(question) and len(spans) > 1:
        del spans[0]  # what they did: "who met in Moscow"
    shown: list[Span] = []
    for span in spans:
        if shown and re.fullmatch(
            r"[^\w()]*(?:(?:of|in|on|the|for|and|at|with|to|de)[^\w()]+)*",
            question[shown[-1].end : span.start],
        ):
            shown[-1] = Span(shown[-1].start, max(span.end, shown[-1].end))
        else:
            shown.append(span)
    return ", ".join(span.of(question) for span in shown)
