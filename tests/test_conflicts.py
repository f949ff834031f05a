"""Invented articles that contradict each other, or that time has overtaken: what is shown of both sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from eval.marks import shows_all
from eval.questions import Case, Evidence, faults, load, read_articles
from retrieval.chain import Quoth, over
from retrieval.index import Index
from retrieval.settings import Settings
from retrieval.types import Answer, Question
from tests.scripted import scripted

FOLDER = Path(__file__).parent.parent / "eval" / "conflicts"
CASES = load(FOLDER / "questions.jsonl")
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Quoth:
    from retrieval.chain import assemble

    return assemble(folder=FOLDER / "articles", data=tmp_path_factory.mktemp("conflicts"))


def writing(index: Index, told: Sequence[Evidence], monkeypatch: pytest.MonkeyPatch) -> Quoth:
    """The chain with a model that writes these sentences, each cited to the passage that holds it."""
    model, _ = scripted(
        lambda prompt: " ".join(f"{item.quote[:-1]} [{_number(prompt, item)}]." for item in told)
    )
    monkeypatch.setattr("retrieval.opening.open_model", lambda _: model)
    return over(index, Settings(llm="scripted:test"))


def _number(prompt: str, item: Evidence) -> int:
    shown = re.findall(r"<(passage-\w+) number=(\d+)>\n(.*?)</\1>", prompt, re.DOTALL)
    return next(int(number) for _, number, text in shown if item.quote in text)


def sides(case: Case) -> list[Evidence]:
    """A sentence of each side; the newest article's first."""
    found: dict[str | None, Evidence] = {}
    for item in case.evidence:
        found.setdefault(item.side, item)
    return list(found.values())


def ask(quoth: Quoth, case: Case) -> Answer:
    return quoth.invoke(Question(case.question, today=case.today))


def newest(case: Case) -> str:
    days = {file: article.source.day_number for file, article in read_articles(FOLDER / "articles").items()}
    return max((item.file for item in case.evidence), key=lambda file: days[file])


def test_every_quote_of_the_set_stands_in_its_article():
    texts = {file: article.text for file, article in read_articles(FOLDER / "articles").items()}
    assert list(faults(CASES, texts)) == []
    for case in CASES:
        assert len(case.sides) == 2
        assert case.kind == "disagreement" or sides(case)[0].file == newest(case)


@EACH
def test_quotes_show_both_sides_and_the_newest(quoting: Quoth, case: Case):
    found = ask(quoting, case)
    assert shows_all(case, found)
    assert newest(case) in {one.source.file for one in found.citations}
    if case.kind == "newest":
        assert found.citations[0].source.file == newest(case)
        assert [one.lead[:7] for one in found.sentences[:2]] == ["As of 2", "Earlier"]


@EACH
def test_a_model_that_tells_both_sides_is_let_through_as_it_wrote(
    quoting: Quoth, case: Case, monkeypatch: pytest.MonkeyPatch
):
    told = sides(case)
    found = ask(writing(quoting.index, told, monkeypatch), case)
    assert (found.model, found.removed) == ("scripted:test", 0)
    assert [one.text for one in found.sentences] == [item.quote for item in told]
    assert [one.quote for one in found.citations] == [item.quote for item in told]
    assert shows_all(case, found)


@EACH
@pytest.mark.parametrize("side", [0, 1], ids=["first side", "second side"])
def test_a_model_that_tells_one_side_does_not_hide_the_other(
    quoting: Quoth, case: Case, side: int, monkeypatch: pytest.MonkeyPatch
):
    found = ask(writing(quoting.index, [sides(case)[side]], monkeypatch), case)
    assert found.model == "scripted:test"
    assert shows_all(case, found)
    assert newest(case) in {one.source.file for one in found.citations}
