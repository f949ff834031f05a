"""The commands of `quoth eval`: check a question set, run it, compare, report, and gather new questions."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import console
from bot.options import FolderOption

if TYPE_CHECKING:
    from eval.dataset import Dataset
    from eval.results import Results

app = typer.Typer(
    name="eval",
    help="Measure answers, citations and refusals on a fixed set of questions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class System(StrEnum):
    QUOTH = "quoth"
    LEXICAL = "lexical"
    DENSE = "dense"
    TUTORIAL = "tutorial"
    LLM = "llm"


class Format(StrEnum):
    QUOTH = "quoth"
    SQUAD = "squad"
    BEIR = "beir"


class Split(StrEnum):
    DEV = "dev"
    TEST = "test"


QuestionsOption = Annotated[
    Path | None, typer.Option("--questions", help="The set. [default: the one that comes along]")
]


FailUnderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under",
        metavar="METRIC=VALUE",
        help="Exit with status 1 where it is worse: lower, or higher if less is better. Repeatable.",
    ),
]


@app.command()
def check(questions: QuestionsOption = None, folder: FolderOption = None) -> None:
    """Prove that every quote of a set stands in its file, that ids are unique and kinds are known."""
    from eval.questions import SET, faults, load, read_articles

    path, articles = questions or SET, read_articles(console.settings(folder=folder).folder)
    cases = load(path)
    found = list(faults(cases, {file: article.text for file, article in articles.items()}))
    for fault in found:
        print(f"{path}, {fault}")
    quotes = sum(len(case.evidence) for case in cases)
    print(f"{path}: {len(cases)} questions with {quotes} quotes, {len(found)} faults.")
    if found:
        raise typer.Exit(1)


@app.command()
def run(
    name: Annotated[str, typer.Option("--name", help="The results go to eval/results/NAME.json.")] = "latest",
    system: Annotated[
        System,
        typer.Option(
            "--system",
            help="The product without a language model, one half of its search, the tutorial, "
            "or the product with the model that QUOTH_LLM names.",
        ),
    ] = System.QUOTH,
    format: Annotated[Format, typer.Option("--format", help="Of the set.")] = Format.QUOTH,
    questions: QuestionsOption = None,
    folder: FolderOption = None,
    split: Annotated[Split | None, typer.Option("--split", help="Only these of Quoth's own set.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many questions.")] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="SEED", help="Draw them by chance, with this seed.")
    ] = None,
    fail_under: FailUnderOption = None,
) -> None:
    """Ask a system the questions of a set, and keep every answer with its marks."""
    from bot import scores
    from eval import bounds, results
    from eval.run import run as run_set

    file = results.path(name)
    wanted = bounds.parsed(fail_under or [])
    settings = console.settings(folder=folder)
    with tempfile.TemporaryDirectory() as scratch, console.progress("questions", _EVERY) as told:
        dataset = _dataset(format, questions, settings.folder, split, Path(scratch))
        found = run_set(name, system, dataset.limited(limit, sample), settings, told)
    results.save(found, file)
    console.show(scores.run(found))
    print(f"Every answer: {file}")
    _fail(bounds.missed(found.metrics, wanted))


def _fail(missed: Sequence[str]) -> None:
    """Leave with status 1 where there is a bound that was missed."""
    for line in missed:
        console.say(f"quoth: {line}")
    if missed:
        raise typer.Exit(1)


_EVERY = 50  # questions between two plain lines of progress


def _dataset(
    format: Format, questions: Path | None, folder: Path, split: Split | None, scratch: Path
) -> Dataset:
    from eval import beir, squad
    from eval.dataset import Dataset
    from eval.questions import SET
    from retrieval.errors import InputError

    if format is Format.QUOTH:
        return Dataset.of(questions or SET, folder, split)
    if questions is None:
        raise InputError(f"--format {format} has no set of its own: name one with --questions.")
    load = squad.load if format is Format.SQUAD else beir.load
    return load(questions, scratch)


@app.command()
def gate(
    split: Annotated[Split | None, typer.Option("--split", help="Only these of the claims.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many places of each corpus.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    fail_under: FailUnderOption = None,
) -> None:
    """Show what the support gate stops, and what it lets through, of a model that mixes right and wrong."""
    from bot import scores
    from bot.render import dumped
    from eval import bounds, stopping
    from eval.claims import SPLITS
    from retrieval.opening import open_entailment

    wanted = bounds.parsed(fail_under or [], stopping.NAMES)
    splits = [one for one in SPLITS if split in (None, one)]
    with console.progress("places", _EVERY) as told:
        found = stopping.measure(open_entailment(), splits, limit, told)
    if as_json:
        print(dumped([stopping.as_json(one) for one in found], indent=1))
    else:
        for one in found:
            console.show(scores.stopped(one))
    _fail(
        [
            f"{one.split}: {line}"
            for one in found
            for line in bounds.missed(one.metrics, wanted, stopping.LESS_IS_BETTER)
        ]
    )


ResultsArgument = Annotated[str, typer.Argument(help="A name in eval/results, or a .json file.")]


@app.command()
def compare(a: ResultsArgument, b: ResultsArgument) -> None:
    """Show what changed from run A to run B: each measure with its interval, and the answers that flipped."""
    from bot import scores
    from eval.compare import compare as compared

    before, after = _loaded(a), _loaded(b)
    console.show(scores.comparison(compared(before, after), before.outcomes))


def _loaded(name: str) -> Results:
    from eval import results

    return results.load(results.path(name))


@app.command()
def report(
    a: ResultsArgument,
    b: Annotated[str | None, typer.Argument(help="The run that it is compared with.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file. [default: beside A, .html]")] = None,
) -> None:
    """Write one HTML page: the measures, the curves, and every question with its answer."""
    from eval import report as page
    from eval import results

    file = out or results.path(a).with_suffix(".html")
    page.save(page.html(_loaded(a), _loaded(b) if b else None), file)
    print(f"The report: {file}")


@app.command()
def feedback(folder: FolderOption = None, questions: QuestionsOption = None) -> None:
    """Print the questions that people voted on as candidates for the set, to be completed by hand."""
    from bot.discord.store import votes_in
    from bot.render import dumped
    from eval.candidates import candidates, count_known
    from eval.questions import SET, load
    from retrieval.feedback import FILE, Feedback

    data = console.settings(folder=folder).data
    voted = sorted((*Feedback(data / FILE).votes(), *votes_in(data)), key=lambda vote: vote.time)
    known = load(questions or SET)
    for line in candidates(voted, known):
        print(dumped(line))
    console.say(f"{len(voted)} votes; {count_known(voted, known)} of their questions are in the set already.")
