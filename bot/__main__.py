"""The commands of `quoth`. Each parses, calls the chain and renders; heavy imports wait until then."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot import console

if TYPE_CHECKING:
    from retrieval.chain import Quoth
    from retrieval.types import Filters

_EPILOG = (
    "Exit status: 0 done, also where the articles do not say; 1 a file was skipped and --strict was given, "
    "or a line of a batch failed; 2 bad input; 3 the embedding model; 4 the index or the data folder; "
    "130 interrupted."
)

app = typer.Typer(
    name="quoth",
    help="Ask a folder of articles. Every sentence of an answer is cited to the character.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

FolderOption = Annotated[
    Path | None, typer.Option("--folder", help="The folder of articles. [default: seeds]")
]
KOption = Annotated[int | None, typer.Option("--k", help="Passages to read. [default: 8]")]
SinceOption = Annotated[str | None, typer.Option("--since", help="Only articles since this day: 2023-07-03.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Only articles until this day.")]
PublisherOption = Annotated[str | None, typer.Option("--publisher", help="Only this publisher's.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; the README documents it.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"quoth {version('quoth')}")
        raise typer.Exit


@app.callback()
def _quoth(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


@app.command()
def index(
    folder: Annotated[Path | None, typer.Argument(help="The folder of articles. [default: seeds]")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 1 if a file was skipped.")
    ] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the index anew.")] = False,
) -> None:
    """Create the index of a folder, or bring it up to date."""
    from bot import render
    from retrieval.chain import open_index

    settings = console.settings(folder=folder)
    done = console.sync(open_index(settings, rebuild))
    print(render.summary(done, settings.folder))
    if strict and done.skipped:
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    json: JsonOption = False,
    folder: FolderOption = None,
    k: KOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", help="Answer each line of a file, or of - (standard input), as JSON."),
    ] = None,
) -> None:
    """Answer a question with sentences of the articles, each cited."""
    from retrieval.errors import InputError

    if (question is None) == (batch is None):
        raise InputError(
            'Give a question, as in quoth ask "Who met in Moscow?", or --batch FILE, but not both.'
        )
    filters = _filters(since, until, publisher)
    lines = _lines(batch) if batch is not None else None
    if question is not None:
        from retrieval.question import as_question

        as_question(question)  # a bad question must not wait for the index
    quoth = console.assemble(console.settings(folder=folder, k=k))
    if lines is not None:
        _answer_batch(quoth, lines, filters)
    else:
        _answer_one(quoth, question or "", filters, json)


def _answer_one(quoth: Quoth, question: str, filters: Filters, json: bool) -> None:
    from bot import render
    from retrieval.types import Question

    answer = quoth.invoke(Question(_readable(question), filters=filters))
    if json:
        print(render.dumped(render.answer_json(answer), indent=2))
    else:
        console.show(render.answer(answer, quoth.index.folder))


def _answer_batch(quoth: Quoth, lines: Iterator[bytes], filters: Filters) -> None:
    from bot import batch, render

    failed = False
    for line in lines:
        answered = batch.answer(line, filters, quoth.invoke)
        failed |= "error" in answered
        print(render.dumped(answered), flush=True)
    if failed:
        raise typer.Exit(1)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    json: JsonOption = False,
    folder: FolderOption = None,
    k: KOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
) -> None:
    """Show the passages that a question would be answered from, with their scores."""
    from bot import render
    from retrieval.question import as_question
    from retrieval.types import Question

    filters = _filters(since, until, publisher)
    text = as_question(_readable(query)).text
    quoth = console.assemble(console.settings(folder=folder, k=k))
    _, found = quoth.retrieve(Question(text, filters=filters))
    if json:
        print(render.dumped([render.passage_json(passage) for passage in found], indent=2))
    else:
        console.show(render.passages(found, quoth.index.folder))


def _filters(since: str | None, until: str | None, publisher: str | None) -> Filters:
    from retrieval.errors import InputError
    from retrieval.types import Filters

    filters = Filters(publisher, _day("--since", since), _day("--until", until))
    if filters.since and filters.until and filters.since > filters.until:
        raise InputError(f"--since {since} is later than --until {until}: swap them.")
    return filters


def _day(flag: str, value: str | None) -> date | None:
    from retrieval.errors import InputError

    try:
        return date.fromisoformat(value) if value is not None else None
    except ValueError:
        raise InputError(f"{flag} {value!r} is not a day: write it as 2023-07-03.") from None


def _readable(text: str) -> str:
    """An argument whose bytes are no UTF-8 with those bytes replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _lines(batch: str) -> Iterator[bytes]:
    from bot.batch import lines
    from retrieval.errors import InputError

    try:
        return lines(sys.stdin.buffer if batch == "-" else Path(batch).open("rb"))
    except OSError as error:
        raise InputError(
            f"The batch {batch!r} cannot be read ({error.strerror}): name a file, or -."
        ) from error


class _Interrupted(BaseException):
    """Ctrl-C, by a name that no library on the way catches."""


def _interrupt(*_: object) -> NoReturn:
    raise _Interrupted


def main() -> None:
    """Run `quoth`; every error that a user can cause becomes one sentence and an exit status."""
    from retrieval.errors import QuothError

    signal.signal(signal.SIGINT, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8
    try:
        app(prog_name="quoth")
    except QuothError as error:
        console.say(f"quoth: {error}")
        sys.exit(error.exit_status)
    except _Interrupted:
        console.say("quoth: interrupted.")
        sys.exit(130)


if __name__ == "__main__":
    main()
