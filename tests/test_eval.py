from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from eval import questions
from eval.measures import Scores, has_short_answer, is_exact, is_right, is_short_right, is_within, score
from eval.questions import TODAY, Case, Evidence, faults, load, read_articles
from eval.run import asked, main, run
from eval.tutorial import Tutorial
from retrieval.errors import InputError
from retrieval.types import Answer, Article, Citation, Question, Sentence, Source, Span
from tests.fakes import WordEmbedder

TEXTS = {"a.txt": "Title\n\nVoss shut the lock. Rain fell.\n", "b.txt": "Bread costs more.\nBread sells.\n"}


def case(id_: str = "q1", answerable: bool = True, **changes) -> Case:
    row = {
        "kind": "fact" if answerable else "offtopic",
        "split": "dev",
        "question": "Who shut the lock?",
        "answers": ("Voss",) if answerable else (),
        "evidence": (Evidence("a.txt", "Voss shut the lock."),) if answerable else (),
    }
    return Case(id=id_, answerable=answerable, **(row | changes))


def citation(quote: str, file: str = "a.txt", line: int | None = None) -> Citation:
    start = TEXTS[file].index(quote)
    right = TEXTS[file].count("\n", 0, start) + 1
    return Citation(1, Source(file, "T"), Span(start, start + len(quote)), quote, line or right)


def answer(*citations: Citation, answered: bool = True) -> Answer:
    return Answer("q", answered, (), citations)


LOCK, RAIN, BREAD = citation("Voss shut the lock."), citation("Rain fell."), citation("Bread sells.", "b.txt")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Voss shut", "Voss shut the lock.", True),
        ("Voss shut the lock.", "Voss shut", True),
        ("Voss\n  shut", "Voss shut the lock.", True),
        ("Rain fell.", "Voss shut the lock.", False),
        ("voss shut", "Voss shut the lock.", False),
    ],
)
def test_a_quote_is_within_another_white_space_folded(one: str, other: str, expected: bool):
    assert is_within(one, other) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (LOCK, True),
        (citation("shut the"), True),
        (citation("Voss shut the lock. Rain fell."), True),
        (RAIN, False),
        (BREAD, False),
    ],
)
def test_a_citation_is_right_if_it_holds_evidence_or_is_part_of_it(given: Citation, expected: bool):
    assert is_right(case(), given) is expected


def test_the_same_words_in_another_file_are_not_right():
    elsewhere = Citation(1, Source("b.txt", "T"), Span(0, 19), "Voss shut the lock.", 1)
    assert not is_right(case(), elsewhere)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (LOCK, True),
        (citation("Voss shut the lock.", line=2), False),
        (Citation(1, LOCK.source, Span(6, 25), LOCK.quote, 3), False),
        (Citation(1, LOCK.source, LOCK.span, "Voss shut the lock!", 3), False),
    ],
)
def test_a_citation_is_exact_if_quote_and_line_are_the_article_s(given: Citation, expected: bool):
    assert is_exact(given, TEXTS["a.txt"]) is expected


def test_scores_of_a_set_worked_by_hand():
    cases = [case("1"), case("2"), case("3"), case("4"), case("5", False), case("6", False), case("7", False)]
    answers = [
        answer(LOCK, RAIN),  # right first
        answer(RAIN, LOCK),  # right, but not first
        answer(RAIN),  # wrong
        answer(answered=False),  # declined wrongly
        answer(answered=False),  # declined rightly
        answer(answered=False),
        answer(citation("Bread sells.", "b.txt", line=1)),  # should have declined, and the line is wrong
    ]
    found = score(cases, answers, TEXTS)
    assert found == Scores(
        answerable=4,
        unanswerable=3,
        first=1 / 4,
        cited=2 / 4,
        short=0.0,
        declined_right=2 / 3,
        declined_wrong=1 / 4,
        turns=0.0,
        dated=0.0,
        sides=0.0,
        exact=5 / 6,
    )


@pytest.mark.parametrize(
    ("question", "answers", "said", "expected"),
    [
        ("Who shut the lock?", ("Lena Voss", "Voss"), "Lena Voss", True),
        ("Who shut the lock?", ("Lena Voss",), "harbour master Lena Voss", True),
        ("Who shut the lock?", ("Lena Voss",), "Voss’s", True),
        ("Who shut the lock?", ("Lena Voss",), "Ruben Hale", False),
        ("Who shut the lock?", ("Lena Voss",), None, False),
        ("When was it shut?", ("3 May",), "on 3 May 2021", True),
        ("When was it shut?", ("3 May",), "13 May", False),
        ("How many barges?", ("1,200",), "the 1,200 barges", True),
        ("How many barges?", ("12",), "1,200", False),
        ("Where is it?", ("the port of Osk",), "Osk", True),
    ],
)
def test_a_short_answer_is_right_by_its_words(
    question: str, answers: tuple[str, ...], said: str | None, expected: bool
):
    asked = replace(case("1"), question=question, answers=answers)
    assert has_short_answer(asked)
    assert is_short_right(asked, replace(answer(LOCK), short_answer=said)) is expected


@pytest.mark.parametrize("question", ["Did it shut?", "Why was it shut?", "What did Voss say?"])
def test_no_few_words_answer_yes_why_or_what(question: str):
    assert not has_short_answer(replace(case("1"), question=question, answers=("x",)))


def test_turns_dates_and_sides_worked_by_hand():
    talk = {"kind": "turn", "conversation": "talk"}
    dated = {"kind": "time"}
    both = (
        Evidence("a.txt", "Voss shut the lock.", "a"),
        Evidence("a.txt", "Rain fell.", "a"),
        Evidence("b.txt", "Bread sells.", "b"),
    )
    argued = {"kind": "disagreement", "evidence": both}
    cases = [
        *(case(str(number), **talk) for number in (1, 2)),
        case("3", False, **talk),
        *(case(str(number), **dated) for number in (4, 5, 6)),
        *(case(str(number), **argued) for number in (7, 8, 9)),
    ]
    answers = [
        answer(RAIN, LOCK),  # the turn's evidence is among the cited
        answer(RAIN),
        answer(answered=False),  # a turn that had to be declined
        answer(RAIN, BREAD),  # of the right article, if not the right sentence
        answer(BREAD, LOCK),  # the right one is not first
        answer(answered=False),
        answer(LOCK, BREAD),  # both sides
        answer(LOCK, RAIN),  # one side twice
        answer(BREAD),
    ]
    found = score(cases, answers, TEXTS)
    assert (found.turns, found.dated, found.sides) == (2 / 3, 1 / 3, 1 / 3)


def test_each_turn_is_asked_with_the_system_s_own_answers_before_it():
    heard = []

    def system(question: Question) -> Answer:
        heard.append((question.text, [turn.text for turn in question.history], question.today))
        return Answer(question.text, True, (Sentence(f"Reply to {question.text}"),))

    day = dt.date(2024, 1, 2)
    talk = {"kind": "turn", "conversation": "one"}
    asked(
        [
            case("1", question="A", **talk),
            case("2", question="B", **talk, today=day),
            case("3", question="C", **talk | {"conversation": "two"}),
            case("4", question="D"),
            case("5", question="E"),
        ],
        system,
    )
    assert heard == [
        ("A", [], TODAY),
        ("B", ["Reply to A"], day),
        ("C", [], TODAY),
        ("D", [], TODAY),
        ("E", [], TODAY),
    ]


def test_a_case_knows_the_sides_of_its_disagreement_and_its_day(tmp_path: Path):
    row = {
        "id": "1",
        "kind": "disagreement",
        "split": "dev",
        "question": "Who?",
        "answerable": True,
        "answers": [],
        "evidence": [
            {"file": "a.txt", "quote": "x", "side": "a"},
            {"file": "b.txt", "quote": "y", "side": "b"},
        ],
        "today": "2024-03-01",
        "conversation": "talk",
    }
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(row))
    (read,) = load(path)
    assert (read.sides, read.today, read.conversation) == ({"a", "b"}, dt.date(2024, 3, 1), "talk")


def test_scores_of_nothing_are_zero():
    assert score([], [], TEXTS) == Scores(0, 0, *[0.0] * 9)


def test_answers_must_be_as_many_as_cases():
    with pytest.raises(ValueError, match="zip"):
        score([case()], [], TEXTS)


def test_a_set_that_fits_has_no_faults():
    assert list(faults([case("1"), case("2", False)], TEXTS)) == []


@pytest.mark.parametrize(
    ("cases", "part"),
    [
        ([case("q1"), case("q1")], "stands twice"),
        ([case(kind="riddle")], "kind 'riddle'"),
        ([case(kind="offtopic")], "does not fit"),
        ([case(answerable=False, kind="fact")], "does not fit"),
        ([case(split="train")], "split 'train'"),
        ([case(evidence=())], "evidence"),
        ([case(answerable=False, evidence=(Evidence("a.txt", "Rain fell."),))], "evidence"),
        ([case(evidence=(Evidence("a.txt", "Snow fell."),))], "stands 0 times"),
        ([case(evidence=(Evidence("none.txt", "Rain fell."),))], "stands 0 times in none.txt"),
        ([case(evidence=(Evidence("b.txt", "Bread"),))], "stands 2 times"),
    ],
)
def test_every_kind_of_fault_is_found_once_and_named(cases: list[Case], part: str):
    (found,) = faults(cases, TEXTS)
    assert part in found
    assert found.startswith("q1: ")


ROW = {
    "id": "q1",
    "kind": "fact",
    "split": "dev",
    "question": "Who?",
    "answerable": True,
    "answers": ["Voss"],
    "evidence": [{"file": "a.txt", "quote": "Voss shut the lock."}],
}


def test_a_set_is_read_line_by_line_and_by_split(tmp_path: Path):
    file = tmp_path / "set.jsonl"
    rows = [ROW, ROW | {"id": "q2", "split": "test", "question": "Who\u2028was it?"}]
    file.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    assert [one.id for one in load(file)] == ["q1", "q2"]
    assert [one.question for one in load(file, "test")] == ["Who\u2028was it?"]
    assert load(file)[0] == case(question="Who?")
    assert load(file, "none") == []


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b"5", b"null", b"{}", json.dumps(ROW | {"evidence": ["x"]}).encode(), b'{"id": "q1"}'],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: bytes):
    file = tmp_path / "set.jsonl"
    file.write_bytes(json.dumps(ROW).encode() + b"\n" + line + b"\n")
    with pytest.raises(InputError, match=r"set\.jsonl, line 2,"):
        load(file)


def test_a_set_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none\.jsonl"):
        load(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"latin\.jsonl"):
        load(tmp_path / "latin.jsonl")


def test_articles_are_read_with_their_metadata(seeds: Path):
    articles = read_articles(seeds)
    assert sorted(file[:3] for file in articles) == ["000", "001", "002", "003", "004"]
    assert {article.source.publisher for article in articles.values()} == {
        None,
        "Warsaw Institute",
        "The Guardian",
    }


def articles_of(texts: dict[str, str]) -> dict[str, Article]:
    return {file: Article(Source(file, file), text) for file, text in texts.items()}


LONG = "".join(f"Sentence number {n} stands here.\n" * (n % 7 == 0) + f"Word{n} " for n in range(900))


def test_the_baseline_quotes_its_best_four_chunks_exactly(tmp_path: Path):
    texts = {"long.txt": LONG, "crlf.txt": LONG.replace("\n", "\r\n"), "short.txt": "Bread costs more."}
    tutorial = Tutorial(articles_of(texts), tmp_path, WordEmbedder())
    for question in ("Word77", "Bread", "Sentence number 7"):
        found = tutorial.invoke(question)
        assert found.answered
        assert [c.number for c in found.citations] == [1, 2, 3, 4]
        assert all(is_exact(c, texts[c.source.file]) and len(c.quote) <= 1000 for c in found.citations)
        assert 0 <= found.confidence <= 1
    assert tutorial.invoke("Bread costs more.").citations[0].quote == "Bread costs more."


@pytest.mark.parametrize("text", [LONG, "字" * 5_000, "x" * 1_001, "a b " * 1_500, "line\n" * 800], ids=len)
def test_the_baseline_covers_a_text_with_chunks_of_a_thousand_that_overlap(tmp_path: Path, text: str):
    embedder = WordEmbedder()
    Tutorial(articles_of({"a.txt": text}), tmp_path, embedder)
    chunks = embedder.embedded
    assert all(0 < len(chunk) <= 1000 for chunk in chunks)
    assert len(text) / 1000 <= len(chunks) <= len(text) / 700 + 2
    assert text.startswith(chunks[0]) and text.endswith(chunks[-1])
    joined = chunks[0] + "".join(chunk[200:] for chunk in chunks[1:])
    assert joined == text


def test_the_baseline_answers_nothing_about_no_articles(tmp_path: Path):
    assert Tutorial({}, tmp_path, WordEmbedder()).invoke("Who?").citations == ()


def test_a_run_measures_quoth_and_the_baseline(tmp_path: Path):
    (tmp_path / "lock.txt").write_text("Tarn lock\n\nHarbour master Lena Voss shut the Tarn lock.\n", "utf-8")
    evidence = (Evidence("lock.txt", "Harbour master Lena Voss shut the Tarn lock."),)
    cases = [
        case("1", question="Who shut the Tarn lock?", evidence=evidence),
        case("2", False, question="Who won the chess final in Lima?"),
    ]
    scores, answers = run(tmp_path, cases)
    assert list(scores) == list(answers) == ["quoth", "tutorial"]
    assert scores["quoth"] == Scores(1, 1, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    assert scores["tutorial"].declined_right == 0.0
    assert scores["tutorial"].exact == 1.0


def test_a_run_refuses_a_set_that_does_not_fit_the_articles(tmp_path: Path):
    (tmp_path / "a.txt").write_text("Rain fell.\n")
    with pytest.raises(InputError, match="does not fit"):
        run(tmp_path, [case()])


def test_the_run_command_explains_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["eval.run", "--help"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    assert "--missed" in capsys.readouterr().out


def test_the_set_that_comes_along_is_the_default():
    assert load() == load(questions.SET)
