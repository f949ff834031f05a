from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from prompts.prompts import Asked, Prompts
from retrieval.entailment import Judged
from retrieval.extractive import REFUSAL
from retrieval.generative import Writer
from retrieval.lexical import terms
from retrieval.llm.patience import Patience
from retrieval.llm.tokens import count
from retrieval.llm.vetting import Mode, vetted
from retrieval.support import Gate
from retrieval.types import Answer, Citation, Event, Passage, Said, Sentence, Source, Span, Usage
from tests.articles import passage
from tests.scripted import Cut, Reply, Scripted, Told, scripted

SHUT = Source("a.txt", "Tarn lock shut", "Courier", date=dt.date(2031, 5, 4))
OPEN = Source("b.txt", "Tarn lock opens", "Lantern", date=dt.date(2031, 5, 9))
FERRY = Source("c.txt", "A new ferry", "Lantern", date=dt.date(2031, 5, 2))
PASSAGES = [
    passage(
        "Harbour master Voss shut the Tarn lock on Friday. He said that 40 barges were waiting. "
        "The lock needs new gates, said the engineer, Mila Brandt.",
        SHUT,
        start=100,
    ),
    passage(
        "The Tarn lock opened again on Thursday. Voss put the number of barges that had waited at 25. "
        "See www.tarn.example/lock, or ask @everyone on the quay.",
        OPEN,
    ),
    passage("The ferry to Ostrell sails at noon.", FERRY),
]
QUOTED = Answer(
    "?",
    True,
    (Sentence("Harbour master Voss shut the Tarn lock on Friday.", (1,)),),
    (PASSAGES[0].chunk.cite(1, PASSAGES[0].chunk.sentences[0]),),
    notes=("As ever.",),
    short_answer="Voss",
    confidence=0.75,
)
ASKED = Asked("Who shut the Tarn lock?", dt.date(2031, 6, 1), dt.date(2031, 5, 9))
SHUT_BY = "Harbour master Voss shut the Tarn lock [1]."


class WordJudge:
    """Evidence supports a claim when it holds most of its words."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        self.asked += pairs
        return [self._judged(*pair) for pair in pairs]

    def warm(self) -> None:
        pass

    def _judged(self, claim: str, evidence: str) -> Judged:
        wanted, held = set(terms(claim)), set(terms(evidence))
        supports = 0.9 if len(wanted & held) >= 0.75 * len(wanted) else 0.1
        return Judged(supports, 0.0, 1 - supports)


def events(
    *replies: Reply,
    mode: Mode = "strict",
    passages: Sequence[Passage] = PASSAGES,
    asked: Asked = ASKED,
    tokens: int = 6_000,
    prompts: Prompts | None = None,
    **options: Any,
) -> tuple[list[Event], Scripted]:
    model, chat = scripted(*replies, **options)
    writer = Writer(model, prompts or Prompts.load(), Gate(WordJudge(), 0.5), mode, tokens)
    found = writer.answer(asked, passages, QUOTED, Patience().within(10))
    return list(found), chat


def answer(*replies: Reply, **options: Any) -> Answer:
    *_, last = events(*replies, **options)[0]
    assert isinstance(last, Answer)
    for number, citation in enumerate(last.citations, 1):
        assert citation.number == number
        chunk = next(one.chunk for one in PASSAGES if one.chunk.source == citation.source)
        assert chunk.quote(citation.span) == citation.quote
        assert any(citation.span.start == at.start for at in chunk.sentences)
        assert any(citation.span.end == at.end for at in chunk.sentences)
    return last


def cited(answer: Answer) -> list[tuple[str, list[str]]]:
    """Each sentence with its quotes."""
    quotes = {citation.number: citation.quote for citation in answer.citations}
    return [(one.text, [quotes[number] for number in one.citations]) for one in answer.sentences]


def test_a_sentence_is_cited_to_the_sentence_that_says_it():
    written = answer(SHUT_BY)
    assert cited(written) == [
        ("Harbour master Voss shut the Tarn lock.", ["Harbour master Voss shut the Tarn lock on Friday."])
    ]
    [citation] = written.citations
    assert (citation.source, citation.span) == (SHUT, Span(100, 149))
    assert (written.answered, written.removed, written.notes) == (True, 0, ())
    assert (written.model, written.confidence) == ("scripted:test", 0.75)


def test_the_words_that_answer_are_marked_where_it_says_them():
    written = answer(SHUT_BY)
    marked = written.sentences[0].answer
    assert marked and marked.of(written.sentences[0].text) == written.short_answer == "Voss"
    assert answer("The ferry to Ostrell sails at noon [3].").short_answer is None


def test_citations_are_numbered_as_they_appear_and_each_span_is_one():
    written = answer(
        "The ferry to Ostrell sails at noon [3]. Harbour master Voss shut the Tarn lock [1]. "
        "On Friday Voss, the harbour master, shut the lock [1]."
    )
    assert [one.citations for one in written.sentences] == [(1,), (2,), (2,)]
    assert [one.source.file for one in written.citations] == ["c.txt", "a.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "Harbour master Voss shut the Tarn lock [2].",  # the wrong one of those it was given
        "Harbour master Voss shut the Tarn lock [9].",  # there is no such
        "Harbour master Voss shut the Tarn lock [0] [4] [17].",
        "Harbour master Voss shut the Tarn lock.",  # none
        "Harbour master Voss shut the Tarn lock [9][1].",
        "Harbour master Voss shut the Tarn lock [1-3].",
    ],
)
def test_a_right_sentence_with_another_citation_gets_the_right_one(text: str):
    assert cited(answer(text)) == [
        ("Harbour master Voss shut the Tarn lock.", ["Harbour master Voss shut the Tarn lock on Friday."])
    ]


WRONG = [
    "Voss said that 90 barges were waiting [1].",
    "Harbour master Krol shut the Tarn lock on Friday [1].",
    "Ships may never again pass through any canal [1].",
    "Ships may never again pass through any canal.",
    "Harbour master Voss did not shut the Tarn lock on Friday [1].",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_sentence_that_its_articles_do_not_support_is_left_out_and_counted(wrong: str):
    written = answer(f"{SHUT_BY} {wrong}")
    assert [one.text for one in written.sentences] == ["Harbour master Voss shut the Tarn lock."]
    assert written.removed == 1
    assert written.notes == ("1 sentence was left out: its citations did not support it.",)
    twice = answer(f"{wrong} {SHUT_BY} The moon is full of barges and cheese and gates [2].")
    assert twice.notes == ("2 sentences were left out: their citations did not support them.",)


@pytest.mark.parametrize("text", ["Voss [1].", "TARN LOCK [1].", "Mila Brandt [1].", "40 [1]."])
def test_words_that_say_nothing_are_no_answer(text: str):
    assert answer(f"{text}\n{SHUT_BY}").removed == 1


@pytest.mark.parametrize("wrong", WRONG)
def test_marked_it_stays_and_says_why_it_is_doubted(wrong: str):
    written = answer(f"{SHUT_BY} {wrong}", mode="mark")
    sure, doubted = written.sentences
    assert not sure.doubt
    assert doubted.doubt
    assert bool(doubted.citations) == ("[1]" in wrong)
    assert (written.removed, written.notes) == (0, ())


@pytest.mark.parametrize("wrong", WRONG)
def test_with_the_gate_off_it_stays(wrong: str):
    written = answer(f"{SHUT_BY} {wrong}", mode="off")
    assert [one.doubt for one in written.sentences] == ["", ""]
    assert (written.removed, written.notes) == (0, ())


def test_sentences_come_one_by_one_with_their_new_citations_and_the_answer_last():
    text = f"{SHUT_BY} Krol shut it for 90 days [1]. The ferry to Ostrell sails at noon [3]. {SHUT_BY}"
    first, second, last = events(text)[0]
    assert isinstance(first, Said) and isinstance(second, Said) and isinstance(last, Answer)
    assert [one.number for one in first.citations] == [1]
    assert [one.number for one in second.citations] == [2]
    assert last.citations == (*first.citations, *second.citations)
    assert [one.text for one in last.sentences] == [first.sentence.text, second.sentence.text]


def test_a_sentence_is_said_before_the_next_one_is_written():
    model, _ = scripted(Cut(f"{SHUT_BY} The ferry to Ostrell sails at noon each day, and so it", KeyError()))
    writer = Writer(model, Prompts.load(), Gate(None))
    said = writer.answer(ASKED, PASSAGES, QUOTED, Patience())
    first, last = next(said), next(said)
    assert isinstance(first, Said) and first.sentence.text == "Harbour master Voss shut the Tarn lock."
    assert isinstance(last, Answer) and last.sentences == QUOTED.sentences


@pytest.mark.parametrize(
    "text",
    [
        REFUSAL,
        "The articles don’t say.",
        f"**{REFUSAL}**",
        f"{REFUSAL} [1]",
        f"\n{REFUSAL.lower()}\n",
        f"{REFUSAL} {REFUSAL}",
        "The articles don't say who paid for the lock.",
        "The provided passages do not mention the owner.",
        "None of the articles says so.",
    ],
)
def test_the_phrase_for_it_is_a_refusal_that_names_the_nearest_article(text: str):
    written = answer(text)
    assert (written.answered, written.text, written.nearest) == (False, REFUSAL, SHUT)
    assert (written.citations, written.removed, written.model) == ((), 0, "scripted:test")


def test_what_else_it_says_counts_more_than_its_refusal():
    assert answer(f"{SHUT_BY} {REFUSAL}").text == "Harbour master Voss shut the Tarn lock. [1]"
    declined = answer(f"{REFUSAL} {WRONG[0]}")
    assert (declined.answered, declined.removed) == (False, 1)


@pytest.mark.parametrize("text", [WRONG[0], "I am a language model.", "## Lock\n**The lock**\nIt says:", "…"])
def test_where_nothing_is_left_the_articles_are_quoted_and_it_says_so(text: str):
    written = answer(text)
    assert written.sentences == QUOTED.sentences
    assert written.notes == (
        "As ever.",
        "Nothing that the language model wrote is supported by the articles: this is the answer without it.",
    )
    assert written.model is None
    assert written.usage and written.usage.calls == 1


@pytest.mark.parametrize("failure", [TimeoutError(), Cut(f"{SHUT_BY} And", ValueError("no")), "", "  "])
def test_where_it_fails_the_articles_are_quoted_and_one_line_says_why(failure: Reply):
    written = answer(failure)
    assert written.sentences == QUOTED.sentences
    _, why = written.notes
    assert "scripted:test" in why and why.endswith(" This is the answer without it.") and "\n" not in why
    assert written.model is None
    assert written.usage and written.usage.calls >= 1


def test_usage_is_in_the_answer_and_in_one_line_of_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "retrieval")
    written = answer(Told(SHUT_BY, tokens=(1234, 9)))
    assert written.usage
    assert (written.usage.calls, written.usage.tokens_in, written.usage.tokens_out) == (1, 1234, 9)
    [record] = caplog.records
    assert record.getMessage().startswith("scripted:test: 1 call, 1,234 tokens in, 9 out, 0.")


def test_one_that_does_not_stop_says_each_thing_once():
    written = answer(f"{SHUT_BY} " * 500, tokens=6_000)
    assert len(written.sentences) == 1
    assert written.notes == ("The answer was cut off: it grew too long.",)


def test_a_sentence_that_was_cut_off_is_not_said():
    written = answer(Told(f"{SHUT_BY} The ferry to Ostrell sails at", reason="length"))
    assert [one.text for one in written.sentences] == ["Harbour master Voss shut the Tarn lock."]
    assert (written.removed, written.notes) == (0, ("The answer was cut off: it grew too long.",))
    whole = answer(Told(f"{SHUT_BY} The ferry to Ostrell sails at noon [3].", reason="length"))
    assert len(whole.sentences) == 2


def test_markdown_becomes_plain_sentences():
    written = answer(
        "## Answer\n\nThe articles say:\n\n- **Harbour master Voss** shut the Tarn lock [1]\n- The "
        "[ferry](https://evil.example/a) to Ostrell sails at `noon` ![x](https://evil.example/b.png) [3]\n"
    )
    assert [one.text for one in written.sentences] == [
        "Harbour master Voss shut the Tarn lock",
        "The ferry to Ostrell sails at noon",
    ]
    assert "evil" not in written.text


LINKED = [
    ("Harbour master Voss shut the Tarn lock, see https://evil.example/a [1].", "https://evil.example"),
    ("@everyone Harbour master Voss shut the Tarn lock on Friday [1].", "@everyone"),
    ("Harbour master Voss shut the Tarn lock <@123456> on Friday [1].", "<@123456>"),
    ("Harbour master Voss shut the Tarn lock on Friday discord.gg/evil [1].", "discord.gg"),
]


@pytest.mark.parametrize(("text", "alive"), LINKED)
@pytest.mark.parametrize("mode", ["strict", "mark", "off"])
def test_no_link_or_mention_is_said_that_the_quotes_do_not_hold(text: str, alive: str, mode: Mode):
    written = answer(f"{text} The ferry to Ostrell sails at noon [3].", mode=mode)
    assert alive not in written.text
    assert written.removed == (mode == "strict")


def test_a_link_is_not_said_though_its_quote_holds_it():
    written = answer("See www.tarn.example/lock, or ask @everyone on the quay [2].")
    assert written.removed == 1
    assert "tarn.example" not in written.text and "@everyone" not in written.text


def test_what_cannot_be_seen_is_not_said():
    written = answer("Harbour mas\u200bter Voss\u202e shut\U000e0041 the Tarn lock\x1b [1].")
    assert written.sentences[0].text == "Harbour master Voss shut the Tarn lock."


def test_both_sides_of_a_disagreement_are_cited_each_to_its_own_article():
    written = answer(
        "The Lantern wrote on 9 May 2031 that Voss put the number of barges that had waited at 25 [2]. "
        "According to the Courier of 4 May 2031, 40 barges were waiting [1]."
    )
    told, beside = cited(written)[:2], written.sentences[2:]
    assert [quotes for _, quotes in told] == [
        ["Voss put the number of barges that had waited at 25."],
        ["He said that 40 barges were waiting."],
    ]
    assert [one.lead[:6] for one in beside] == ["Also, "]  # the best quote, which neither cites
    assert written.removed == 0


@pytest.mark.parametrize(
    "text",
    [
        "The Courier wrote on 4 May 2031 that Voss put the number of barges that had waited at 25 [2].",
        "The Lantern wrote on 4 May 2031 that Voss put the number of barges that had waited at 25 [2].",
        "The Lantern wrote that 40 barges were waiting [1].",
        "Voss put the number of barges that had waited at 40 [2].",  # of two articles, merged
    ],
)
def test_what_one_article_says_is_not_said_of_another(text: str):
    assert answer(text).model is None


def test_of_two_that_say_the_same_the_one_that_is_named_is_cited():
    same = passage("Harbour master Voss shut the Tarn lock.", OPEN)
    said, *_ = events(
        "According to the Lantern, harbour master Voss shut the Tarn lock [1].", passages=[PASSAGES[0], same]
    )[0]
    assert isinstance(said, Said) and [one.source for one in said.citations] == [OPEN]


@pytest.mark.parametrize("shown", [1, 2, 3])
def test_passages_that_find_no_room_are_left_out_from_the_end(shown: int):
    prompts = replace(Prompts.load(), draw=lambda: "fence")
    room = sum(map(count, prompts.answer(ASKED, PASSAGES[:shown], REFUSAL)))
    for tokens in (room, room + 5):
        _, chat = events(SHUT_BY, tokens=tokens, prompts=prompts)
        assert chat.prompts[0].count("\n<fence number=") == shown


def test_a_passage_is_never_cut_inside_a_sentence():
    longest = passage("Voss shut the lock again. " * 400, SHUT)
    _, chat = events("Voss shut the lock again [1].", passages=[longest], tokens=2_000)
    text = chat.prompts[0].split("Text: ")[1].split("\n")[0]
    assert text.endswith("again.") and 50 < text.count("again.") < 400
    assert count(chat.prompts[0]) <= 2_000


def test_where_no_passage_finds_room_it_says_which_setting_to_raise():
    written = answer(SHUT_BY, tokens=600)
    assert "In 600 tokens no passage finds room beside the question: raise QUOTH_LLM_TOKENS." in written.text
    assert written.usage == Usage()


CITATION = QUOTED.citations[0]
OTHER = PASSAGES[2].chunk.cite(2, PASSAGES[2].chunk.sentences[0])


def quote(*sentences: Sentence, citations: tuple[Citation, ...] = (CITATION, OTHER)) -> Answer:
    return Answer("?", True, sentences, citations, short_answer="Voss", confidence=0.5)


VERBATIM = Sentence("harbour master Voss shut the Tarn lock on Friday", (1,), answer=Span(15, 19))
FALSE = Sentence("The ferry to Krol sails at noon.", (2,))


def test_a_quote_passes_without_the_model():
    judge = WordJudge()
    given = quote(VERBATIM, Sentence("Quoth's own words."))
    assert vetted(given, Gate(judge, 0.5), "strict") is given
    assert not judge.asked


def test_of_a_quoted_answer_too_only_what_is_supported_stays():
    gate = Gate(WordJudge(), 0.5)
    kept = vetted(quote(FALSE, VERBATIM), gate, "strict")
    assert kept.sentences == (VERBATIM,)
    assert kept.citations == (CITATION,)
    assert (kept.short_answer, kept.removed) == ("Voss", 1)
    last = vetted(
        quote(VERBATIM, Sentence("The ferry to Ostrell sails at noon.", (2,)), FALSE), gate, "strict"
    )
    assert [one.citations for one in last.sentences] == [(1,), (2,)]
    moved = vetted(
        quote(Sentence("Krol shut it.", (1,)), Sentence("The ferry to Ostrell sails at noon.", (2,))),
        gate,
        "strict",
    )
    assert [one.citations for one in moved.sentences] == [(1,)]
    assert [(one.number, one.source.file) for one in moved.citations] == [(1, "c.txt")]
    none = vetted(quote(FALSE), gate, "strict")
    assert (none.answered, none.text, none.nearest, none.removed) == (False, REFUSAL, SHUT, 1)


def test_marked_or_with_the_gate_off_quotes_stay():
    gate = Gate(WordJudge(), 0.5)
    given = quote(FALSE, VERBATIM, Sentence("Quoth's own words."))
    assert vetted(given, gate, "off") is given
    marked = vetted(given, gate, "mark")
    assert [bool(one.doubt) for one in marked.sentences] == [True, False, False]
    assert marked.citations == given.citations
