from __future__ import annotations

import datetime as dt

from retrieval.llm.sides import left_out
from retrieval.types import Answer, Citation, Sentence, Source, Span

OLD = Source("old.txt", "Voss holds the office", "The Lantern", date=dt.date(2030, 5, 1))
NEW = Source("new.txt", "Brandt takes over", date=dt.date(2031, 5, 1))
FAR = Source("far.txt", "Rain in Osk")


def cited(number: int, source: Source) -> Citation:
    return Citation(number, source, Span(0, 4), "text", 1)


def quoted(*told: tuple[Source, str]) -> Answer:
    sentences = tuple(Sentence(source.title, (n,), lead) for n, (source, lead) in enumerate(told, 1))
    return Answer("Who?", True, sentences, tuple(cited(n, one) for n, (one, _) in enumerate(told, 1)))


def leads(written: tuple[Source, ...], answer: Answer) -> list[tuple[str, str]]:
    return [(one.lead, one.text) for one in left_out([cited(9, one) for one in written], answer)]


def test_each_side_that_is_not_cited_is_added_with_its_lead():
    both = quoted((NEW, "As of 1 May 2031:"), (OLD, "Earlier, 1 May 2030:"))
    assert leads((OLD,), both) == [("As of 1 May 2031:", NEW.title)]
    assert leads((NEW,), both) == [("Earlier, 1 May 2030:", OLD.title)]
    assert leads((NEW, OLD), both) == []


def test_the_best_quote_is_added_where_the_answer_rests_on_other_words():
    assert leads((FAR,), quoted((OLD, ""), (NEW, ""))) == [("Also, The Lantern, 1 May 2030:", OLD.title)]
    assert leads((FAR, NEW), quoted((OLD, ""))) == [("Also, The Lantern, 1 May 2030:", OLD.title)]
    elsewhere = [Citation(9, FAR, Span(4, 9), "other", 1)]
    assert [one.lead for one in left_out(elsewhere, quoted((FAR, "")))] == [f"Also, {FAR.title}:"]


def test_no_article_speaks_alone_where_another_one_answers_too():
    assert leads((FAR,), quoted((FAR, ""), (OLD, ""))) == [("Also, The Lantern, 1 May 2030:", OLD.title)]
    assert leads((FAR, OLD), quoted((FAR, ""), (OLD, ""))) == []
    assert leads((FAR,), quoted((FAR, ""))) == []


def test_without_a_quoted_answer_nothing_is_added():
    assert leads((OLD,), Answer("Who?", False, (Sentence("The articles don't say."),))) == []
