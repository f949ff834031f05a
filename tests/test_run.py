from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.dataset import Dataset
from eval.outcome import Cited, Outcome, Place, Said
from eval.questions import TODAY, Case, Evidence
from eval.results import Results
from eval.run import judged, questions, run
from retrieval.errors import InputError
from retrieval.extractive import REFUSAL
from retrieval.settings import Settings
from retrieval.types import Answer, Chunk, Question, Sentence, Source, Span
from tests.cases import DECLINED, LOCK, RAIN, TEXTS, answer, case
from tests.scripted import Told, scripted


def piece(id_: str, file: str, text: str) -> Chunk:
    span = Span(TEXTS[file].index(text), TEXTS[file].index(text) + len(text))
    return Chunk(
        id_, Source(file, "T"), span, text, TEXTS[file].count("\n", 0, span.start) + 1, None, (span,)
    )


PIECES = [
    piece("a#0", "a.txt", "Title"),
    piece("a#1", "a.txt", "Voss shut the lock. Rain fell."),
    piece("b#0", "b.txt", "Bread costs more.\nBread sells."),
]


class Scripted:
    """A system that finds its passages in their order, and says what it is told to say."""

    def __init__(self, say: Callable[[Question], Answer], pieces: Sequence[Chunk] = PIECES) -> None:
        self._say = say
        self._pieces = pieces
        self.asked: list[Question] = []
        self.insisted: list[Question] = []
        self.searched: list[tuple[str, int]] = []

    def chunks(self) -> Sequence[Chunk]:
        return self._pieces

    def found(self, question: Question, count: int) -> Sequence[Chunk]:
        self.searched.append((question.text, count))
        return self._pieces[:count]

    def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        return self._say(question)

    def insist(self, question: Question) -> Answer:
        self.insisted.append(question)
        return answer(LOCK)


def quiet(question: Question) -> Answer:
    """Declines every question that does not start with "Who"."""
    return answer(RAIN) if question.text.startswith("Who") else DECLINED


def dataset(*cases: Case, has_answers: bool = True) -> Dataset:
    return Dataset(cases, Path("articles"), has_answers)


# How questions are asked


def test_each_turn_is_asked_with_the_system_s_own_answers_before_it():
    day = dt.date(2024, 1, 2)
    system = Scripted(lambda question: answer(sentences=(Sentence(f"Reply to {question.text}"),)))
    asked = dataset(
        case("1", question="A", conversation="one"),
        case("2", question="B", conversation="one", today=day),
        case("3", question="C", conversation="one"),
        case("4", question="D", conversation="two"),
        case("5", question="E"),
        case("6", question="F"),
        case("7", question="G", conversation="two"),
    )
    assert [one.case.id for one in questions(asked, system)] == list("1234567")
    heard = [
        (asked.text, [(turn.question, turn.text) for turn in asked.history], asked.today)
        for asked in system.asked
    ]
    assert heard == [
        ("A", [], TODAY),
        ("B", [("A", "Reply to A")], day),
        ("C", [("A", "Reply to A"), ("B", "Reply to B")], TODAY),
        ("D", [], TODAY),
        ("E", [], TODAY),
        ("F", [], TODAY),
        ("G", [], TODAY),
    ]


def test_a_declined_question_is_insisted_upon_as_it_was_asked_and_an_answered_one_is_not():
    system = Scripted(quiet)
    asked = dataset(
        case("1", conversation="one"),
        case("2", question="And when?", conversation="one"),
        case("3", False, question="Where?"),
        case("4", False),
    )
    found = list(questions(asked, system))
    assert system.insisted == [system.asked[1], system.asked[2]]
    assert system.insisted[0].history != ()
    assert [one.insisted for one in found] == [answer(RAIN), answer(LOCK), answer(LOCK), answer(RAIN)]
    assert [one.answer for one in found] == [answer(RAIN), DECLINED, DECLINED, answer(RAIN)]


def test_what_was_insisted_upon_is_not_told_in_the_next_turn():
    system = Scripted(quiet)
    turns = [case(id_, question="And when?", conversation="one") for id_ in "12"]
    list(questions(dataset(*turns), system))
    assert [turn.text for turn in system.asked[1].history] == [DECLINED.text]


def test_a_set_without_answers_is_searched_and_not_asked():
    system = Scripted(quiet)
    (found,) = judged(dataset(case(), has_answers=False), system, TEXTS)
    assert (system.asked, system.insisted, system.searched) == ([], [], [("Who shut the lock?", 10)])
    assert found.marks.keys() == {"recall@1", "recall@5", "recall@10", "success@5", "mrr@10", "ndcg@10"}
    assert (found.answered, found.sentences, found.citations) == (False, (), ())


# How they are judged


def test_the_outcome_is_what_was_said_and_what_it_was_worth():
    given = replace(
        answer(LOCK, replace(RAIN, line=9)),
        sentences=(Sentence(LOCK.quote, (1,), "Earlier:"), Sentence(RAIN.quote, (2,))),
        notes=("About the lock:",),
        understood="Who shut it?",
        short_answer="Voss",
        confidence=2 / 3,
    )
    asked = case(kind="turn", split="test", conversation="one", answers=("Voss", "Lena Voss"))
    (found,) = judged(dataset(asked), Scripted(lambda _: given), TEXTS)
    assert replace(found, seconds=0, marks={}) == Outcome(
        id="q1",
        kind="turn",
        split="test",
        conversation="one",
        question="Who shut the lock?",
        understood="Who shut it?",
        answerable=True,
        expected=("Voss", "Lena Voss"),
        evidence=(Place("a.txt", 7, 26),),
        answered=True,
        notes=("About the lock:",),
        sentences=(Said("Earlier: Voss shut the lock.", (1,)), Said("Rain fell.", (2,))),
        citations=(
            Cited(1, Place("a.txt", 7, 26), 3, "Voss shut the lock.", exact=True, right=True),
            Cited(2, Place("a.txt", 27, 37), 9, "Rain fell.", exact=False, right=False),
        ),
        short="Voss",
        confidence=0.666667,
        seconds=0,
        marks={},
    )
    assert found.marks["exact"] == 0.5
    assert found.marks["first"] == found.marks["turns"] == found.marks["short"] == 1.0
    assert found.marks["mrr@10"] == 1 / 2


def test_outcomes_come_in_the_order_of_the_set_and_progress_is_told():
    told = []
    cases = [case("b"), case("a", False), case("c")]
    found = judged(dataset(*cases), Scripted(quiet), TEXTS, lambda *now: told.append(now))
    assert [one.id for one in found] == ["b", "a", "c"]
    assert told == [("Asking", 1, 3), ("Asking", 2, 3), ("Asking", 3, 3)]
    assert judged(dataset(), Scripted(quiet), TEXTS) == ()


def test_passages_are_wanted_for_what_is_answerable_alone():
    system = Scripted(quiet)
    asked = dataset(case("1"), case("2", False), case("3", False, kind="smalltalk"))
    found = judged(asked, system, TEXTS)
    assert len(system.searched) == 1
    assert ["ndcg@10" in one.marks for one in found] == [True, False, False]
    assert found[2].marks == {"small_talk": 0.0}


@pytest.mark.parametrize(("most", "expected"), [(3, 30), (10, 100), (25, 100)])
def test_where_articles_were_judged_enough_passages_are_looked_at_for_ten_of_them(most: int, expected: int):
    pieces = [replace(PIECES[1], id=f"a#{at}") for at in range(most)] + [PIECES[2]]
    system = Scripted(quiet, pieces)
    asked = case(evidence=(Evidence("b.txt", ""),))
    (found,) = judged(dataset(asked, has_answers=False), system, TEXTS)
    assert system.searched == [("Who shut the lock?", expected)]
    assert found.marks["mrr@10"] == 1 / 2  # the second article, after many passages of the first
    assert found.evidence == (Place("b.txt", 0, 0),)


def test_evidence_in_no_passage_as_a_whole_is_never_found():
    cut = [piece("a#0", "a.txt", "Voss shut"), piece("a#1", "a.txt", "the lock.")]
    (found,) = judged(dataset(case()), Scripted(quiet, cut), TEXTS)
    assert found.marks["recall@10"] == found.marks["ndcg@10"] == 0


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        (case(), answer(LOCK), True),
        (case(), answer(RAIN, LOCK), False),
        (case(), DECLINED, False),
        (case(answerable=False), DECLINED, True),
        (case(answerable=False), answer(LOCK), False),
    ],
)
def test_an_outcome_is_right_by_its_first_citation_or_its_refusal(asked: Case, given: Answer, expected: bool):
    (found,) = judged(dataset(asked), Scripted(lambda _: given), TEXTS)
    assert found.is_right is expected


# A whole run: the product over two small articles


ARTICLES = {
    "bread.txt": "Bread in Osk\n\nBread costs more in Osk since May. Bakers blame the price of flour.\n",
    "lock.txt": "Tarn lock\n\nHarbour master Lena Voss shut the Tarn lock. Forty barges waited there.\n",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("articles")
    for file, text in ARTICLES.items():
        (folder / file).write_text(text, "utf-8")
    shut = Evidence("lock.txt", "Harbour master Lena Voss shut the Tarn lock.")
    waited = Evidence("lock.txt", "Forty barges waited there.")
    cases = (
        case("1", question="Who shut the Tarn lock?", evidence=(shut,), conversation="talk"),
        case("2", question="How many barges waited there?", evidence=(waited,), conversation="talk"),
        case("3", False, question="Who won the chess final in Lima?"),
        case("4", False, question="Hello!", kind="smalltalk"),
    )
    return Dataset(cases, folder)


@pytest.fixture(scope="module")
def twice(small: Dataset) -> tuple[Results, Results]:
    return run("one", "quoth", small), run("two", "quoth", small)


def test_equal_inputs_give_equal_metrics_digit_for_digit(twice: tuple[Results, Results]):
    one, two = twice
    assert repr(one.metrics) == repr(two.metrics)
    assert one.made == two.made
    assert [replace(each, seconds=0) for each in one.outcomes] == [
        replace(each, seconds=0) for each in two.outcomes
    ]


def test_a_run_keeps_what_made_it_and_what_came_of_it(twice: tuple[Results, Results], small: Dataset):
    found, _ = twice
    assert (found.name, found.system, found.made["articles"]) == ("one", "quoth", 2)
    assert found.texts == {"lock.txt": ARTICLES["lock.txt"]}  # bread is neither cited nor evidence
    assert [one.id for one in found.outcomes] == ["1", "2", "3", "4"]
    assert found.latency.keys() == {"p50", "p95", "p99"}
    wanted = ("first", "exact", "recall@10", "declined_right", "small_talk")
    assert {name: found.metrics[name] for name in wanted} == dict.fromkeys(wanted, 1.0)


def test_what_a_language_model_costs_and_what_came_of_it_is_measured(
    small: Dataset, monkeypatch: pytest.MonkeyPatch
):
    wrote = "Lena Voss shut the Tarn lock [{0}]. She shut it with ninety lorries [{0}]."
    model, chat = scripted(
        lambda prompt: Told(wrote.format(number(prompt, "Lena Voss")), (500, 40)),
        Told("How many barges waited at the Tarn lock?", (90, 10)),  # the question, for it follows another
        RuntimeError("broken"),
        Told(REFUSAL, (500, 20)),
    )
    monkeypatch.setattr("retrieval.opening.open_model", lambda _: model)
    found = run("model", "llm", small, Settings(llm="scripted:test"))
    one, two, three, four = (outcome.marks for outcome in found.outcomes)
    names = ("calls", "tokens_in", "tokens_out", "struck", "fell_back")
    assert [one[name] for name in names] == [1, 500, 40, 1, 0]
    assert (one["gate_recall"], one["gate_precision"]) == (1.0, 1.0)
    assert (two["calls"], two["fell_back"]) == (2, 1)
    assert [three[name] for name in names] == [1, 500, 20, 0, 0]
    assert not set(names) & set(four)  # small talk
    assert found.metrics["calls"] == pytest.approx(4 / 3, abs=1e-6)
    assert found.metrics["struck"] == found.metrics["fell_back"] == pytest.approx(1 / 3, abs=1e-6)
    assert found.metrics["model_seconds"] is not None
    assert len(chat.prompts) == 4


def number(prompt: str, words: str) -> int:
    """Of the passage in a prompt that has these words."""
    shown = re.findall(r"<(passage-\w+) number=(\d+)>\n(.*?)</\1>", prompt, re.DOTALL)
    return next(int(found) for _, found, text in shown if words in text)


def test_without_a_language_model_nothing_of_it_is_measured(twice: tuple[Results, Results]):
    found = twice[0].metrics
    assert {found[name] for name in ("calls", "tokens_in", "model_seconds", "struck", "fell_back")} == {None}
    assert found["gate_recall"] == found["gate_precision"] == 1.0  # quotes


def test_the_tutorial_is_run_alike_and_declines_nothing(small: Dataset):
    told: list[tuple[str, int, int]] = []
    found = run("base", "tutorial", small, progress=lambda *now: told.append(now))
    assert found.system == "tutorial"
    assert (found.metrics["exact"], found.metrics["declined_right"]) == (1.0, 0.0)
    assert told[-1] == ("Asking", 4, 4)


def test_a_folder_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="nowhere"):
        run("x", "quoth", Dataset((), tmp_path / "nowhere"))
