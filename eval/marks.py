"""The marks that one answer earns: from 0 to 1 (truth: from −1), but for what a model cost. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from eval.questions import Case, Evidence
from retrieval.clues import Wanted, clues
from retrieval.extractive import REFUSAL
from retrieval.training.squad import exact_match, token_f1
from retrieval.types import Answer, Citation, Sentence


def marks(case: Case, answer: Answer, insisted: Answer, texts: Mapping[str, str]) -> dict[str, float]:
    """The marks of an answer, by the name of their measure; `eval.measures` says what they mean.

    `insisted` is the answer that declines nothing, and `texts` are the articles.
    """
    if case.kind == "smalltalk":
        is_reply = not (answer.answered or answer.citations or answer.nearest or REFUSAL in answer.text)
        return {"small_talk": float(is_reply)}
    found = dict(_of_citations(case, answer, texts)) | _of_model(answer)
    found["truth"] = _truth(case, answer)
    found["insisted"] = float(case.answerable and is_right_first(case, insisted))
    if case.conversation:
        found["turns"] = _turn(case, answer)
    if case.answerable:
        found |= _of_answer(case, answer)
    else:
        found["declined_right"] = float(not answer.answered)
    return found


def _of_citations(case: Case, answer: Answer, texts: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    if answer.citations:
        yield "exact", _share([is_exact(one, texts[one.source.file]) for one in answer.citations])
    if case.answerable and answer.answered:
        yield "citation_recall", _share([bool(_proofs(case, answer, one)) for one in answer.sentences])
        numbers = [number for one in answer.sentences for number in one.citations]
        right = {one.number for one in answer.citations if is_right(case, one)}
        yield "citation_precision", _share([number in right for number in numbers])


def _of_model(answer: Answer) -> dict[str, float]:
    """What a language model that was asked for an answer cost, and what came of it."""
    if answer.usage is None:
        return {}
    return {
        "calls": float(answer.usage.calls),
        "tokens_in": float(answer.usage.tokens_in),
        "tokens_out": float(answer.usage.tokens_out),
        "model_seconds": answer.usage.seconds,
        "struck": float(answer.removed),
        "fell_back": float(answer.model is None),
    }


def _proofs(case: Case, answer: Answer, sentence: Sentence) -> list[Citation]:
    """The citations of a sentence that hold evidence.

    Where one of them is enough, ALCE's precision (a citation holds, or the sentence does not without it) is
    the share of those that hold.
    """
    return [one for one in answer.citations if one.number in sentence.citations and is_right(case, one)]


def _of_answer(case: Case, answer: Answer) -> dict[str, float]:
    found = {
        "first": float(is_right_first(case, answer)),
        "cited": float(any(is_right(case, one) for one in answer.citations)),
        "declined_wrong": float(not answer.answered),
    }
    if case.answers:
        said = _said(answer)
        found["exact_match"] = max(exact_match(said, one) for one in case.answers)
        found["f1"] = max(token_f1(said, one) for one in case.answers)
        found["contains"] = float(
            answer.answered and any(_holds(_words(_told(answer)), _words(one)) for one in case.answers)
        )
    if has_short_answer(case):
        found["short"] = float(is_short_right(case, answer))
    if case.kind == "time":
        found["dated"] = float(_is_from_right_article(case, answer))
    if case.sides:
        found["sides"] = float(shows_all(case, answer))
    return found


def _said(answer: Answer) -> str:
    """The answer as SQuAD compares it: its short answer, else its first sentence; nothing for a refusal."""
    if not answer.answered:
        return ""
    return answer.short_answer or "".join(one.text for one in answer.sentences[:1])


def _told(answer: Answer) -> str:
    """Its sentences, without what is said about the question and without the numbers of citations."""
    return " ".join(f"{one.lead} {one.text}" for one in answer.sentences)


def _truth(case: Case, answer: Answer) -> float:
    if not answer.answered:
        return 0.0
    return 1.0 if case.answerable and is_right_first(case, answer) else -1.0


def _turn(case: Case, answer: Answer) -> float:
    if not case.answerable:
        return float(not answer.answered)
    return float(any(is_right(case, one) for one in answer.citations))


def is_right(case: Case, citation: Citation) -> bool:
    """Whether a citation's quote holds a piece of evidence, or is part of one."""
    return any(_proves(item, citation) for item in case.evidence)


def _proves(item: Evidence, citation: Citation) -> bool:
    return item.file == citation.source.file and is_within(item.quote, citation.quote)


def is_right_first(case: Case, answer: Answer) -> bool:
    """Whether the first citation is right."""
    return any(is_right(case, citation) for citation in answer.citations[:1])


_SHORT = frozenset(Wanted) - {Wanted.ANYTHING, Wanted.WHETHER, Wanted.REASON}


def has_short_answer(case: Case) -> bool:
    """Whether a name, a time, a place or a number answers it, by its first words."""
    return bool(case.answers) and clues(case.question).wanted in _SHORT


def is_short_right(case: Case, answer: Answer) -> bool:
    """Whether the short answer holds an accepted one, or is a part of one, word by word."""
    said = _words(answer.short_answer or "")
    return bool(said) and any(_holds(said, _words(one)) or _holds(_words(one), said) for one in case.answers)


def _words(text: str) -> list[str]:
    """Its words in lower case, numbers whole, without articles and possessives."""
    found = re.findall(r"[^\W_]+(?:[.,'’]\d+)*", re.sub(r"['’]s\b", "", text.lower()))
    return [word for word in found if word not in ("a", "an", "the")]


def _holds(words: Sequence[str], part: Sequence[str]) -> bool:
    places = range(len(words) - len(part) + 1) if part else ()
    return any(words[at : at + len(part)] == part for at in places)


def shows_all(case: Case, answer: Answer) -> bool:
    """Whether every side of a disagreement is cited."""
    shown = {item.side for item in case.evidence for citation in answer.citations if _proves(item, citation)}
    return case.sides <= shown


def _is_from_right_article(case: Case, answer: Answer) -> bool:
    files = {item.file for item in case.evidence}
    return any(citation.source.file in files for citation in answer.citations[:1])


def is_within(one: str, other: str) -> bool:
    """Whether either text holds the other, white space folded, and no word cut; nothing is held by none."""
    shorter, longer = sorted((" ".join(text.split()) for text in (one, other)), key=len)
    at = longer.find(shorter) if shorter else -1
    while at >= 0:
        if not (_parts_word(longer, at) or _parts_word(longer, at + len(shorter))):
            return True
        at = longer.find(shorter, at + 1)
    return False


def _parts_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def is_exact(citation: Citation, text: str) -> bool:
    """Whether the quote is the article's text at the span, and the line is the line of its start."""
    start, end = citation.span
    return text[start:end] == citation.quote and text.count("\n", 0, start) + 1 == citation.line


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
