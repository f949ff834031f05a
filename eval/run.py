"""Ask a question set and print the scores: `python -m eval.run`, for the product and the baseline."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.measures import Scores, is_right_first, score, shows_all
from eval.questions import SET, TODAY, Case, faults, load, read_articles
from eval.tutorial import Tutorial
from retrieval.chain import assemble
from retrieval.errors import InputError
from retrieval.types import Answer, Article, Question, Turn


def run(folder: Path, cases: list[Case]) -> tuple[Mapping[str, Scores], dict[str, list[Answer]]]:
    """The scores and the answers of each system on `cases`, from fresh indexes of `folder`."""
    articles = read_articles(folder)
    texts = {file: article.text for file, article in articles.items()}
    if wrong := list(faults(cases, texts)):
        raise InputError(f"The question set does not fit the articles: {wrong[0]}")
    with tempfile.TemporaryDirectory() as data:
        systems = _systems(folder, articles, Path(data))
        answers = {name: asked(cases, system) for name, system in systems.items()}
    return {name: score(cases, given, texts) for name, given in answers.items()}, answers


System = Callable[[Question], Answer]


def asked(cases: Sequence[Case], system: System) -> list[Answer]:
    """The system's answers, each turn of a conversation after its own answers to the turns before."""
    answers: list[Answer] = []
    history: tuple[Turn, ...] = ()
    for before, case in zip([None, *cases], cases, strict=False):
        if before is None or case.conversation is None or case.conversation != before.conversation:
            history = ()
        answers.append(system(Question(case.question, history, today=case.today or TODAY)))
        history += (Turn(case.question, answers[-1].text),)
    return answers


def _systems(folder: Path, articles: Mapping[str, Article], data: Path) -> dict[str, System]:
    quoth = assemble(folder=folder, data=data / "quoth")
    tutorial = Tutorial(articles, data / "tutorial", quoth.index.embedder)
    return {"quoth": quoth.invoke, "tutorial": lambda question: tutorial.invoke(question.text)}


def _json(split: str | None, scores: Mapping[str, Scores]) -> str:
    rows = {
        name: {key: round(value, 4) for key, value in asdict(one).items()} for name, one in scores.items()
    }
    return json.dumps({"split": split or "all", "scores": rows}, indent=2) + "\n"


def _table(scores: Mapping[str, Scores]) -> Table:
    table = Table(title="Scores")
    table.add_column("measure")
    for name in scores:
        table.add_column(name, justify="right")
    for field in fields(Scores):
        values = [getattr(one, field.name) for one in scores.values()]
        table.add_row(field.name, *(f"{v:.3f}" if isinstance(v, float) else str(v) for v in values))
    return table


def _missed(cases: list[Case], answers: list[Answer]) -> list[str]:
    """What went wrong, a line a question."""
    lines = []
    for case, answer in zip(cases, answers, strict=True):
        right = (
            is_right_first(case, answer) and shows_all(case, answer)
            if case.answerable
            else not answer.answered
        )
        if not right:
            lines.append(f"{case.id} ({answer.confidence:.2f}) {case.question} -> {answer.text[:150]}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("seeds"))
    parser.add_argument("--questions", type=Path, default=SET)
    parser.add_argument("--split", choices=["dev", "test"])
    parser.add_argument("--out", type=Path, help="also write the scores to this JSON file")
    parser.add_argument("--missed", action="store_true", help="list the questions that Quoth got wrong")
    given = parser.parse_args()
    cases = load(given.questions, given.split)
    scores, answers = run(given.folder, cases)
    console = Console()
    console.print(_table(scores))
    if given.out:
        given.out.write_text(_json(given.split, scores), "utf-8")
    if given.missed:
        for line in _missed(cases, answers["quoth"]):
            console.print(line, markup=False, highlight=False)


if __name__ == "__main__":
    main()
