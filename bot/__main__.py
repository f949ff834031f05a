"""The commands of `quoth`. Each parses, calls the chain and renders; heavy imports wait until then."""

from __future__ import annotations

import atexit
import gc
import io
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot import console, evaluation, options
from bot.options import (
    FolderArgument,
    FolderOption,
    JsonOption,
    KOption,
    PublisherOption,
    SinceOption,
    TodayOption,
    UntilOption,
)

if TYPE_CHECKING:
    from bot.named import Place
    from retrieval.answering import Answering
    from retrieval.index import Index
    from retrieval.settings import Settings
    from retrieval.types import Filters

_EPILOG = (
    "Exit status: 0 done, also where the articles do not say; 1 a file was skipped and --strict was given, "
    "a line of a batch failed, check --strict found a claim unsupported, doctor found something wrong, or "
    "eval fell under a bound or found a fault in a set; 2 bad input; 3 a model; "
    "4 the index or the data folder; 5 the Chroma server; 130 interrupted."
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


app.add_typer(evaluation.app)


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
    folder: FolderArgument = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 1 if a file was skipped.")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the index anew, beside the one that is there.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Only compare folder, vectors and words; exit with status 4 where they differ."
        ),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Then keep it up to date until Ctrl-C, which ends with status 0."),
    ] = False,
) -> None:
    """Create the index of a folder, or bring it up to date."""
    from bot import render
    from retrieval.opening import open_index

    settings = console.settings(indexing=True, folder=folder)
    opened = open_index(settings, rebuild, indexing=True)
    if verify:
        _verify(opened)
        return
    done = console.sync(opened)
    print(render.summary(done, settings.folder), flush=True)
    if strict and done.skipped:
        raise typer.Exit(1)
    if watch:
        from bot.following import follow

        follow(opened, done, poll=settings.watch == "poll")


def _verify(opened: Index) -> None:
    """Raises IndexDamaged where the folder and its index differ."""
    from bot import render
    from retrieval.errors import IndexDamaged

    found = opened.verify()
    print(render.verified(found), flush=True)
    if found.faults:
        raise IndexDamaged(
            f"The index of {opened.folder} is not what the folder holds: run quoth index to bring it up to "
            "date, or quoth index --rebuild to make it anew."
        )


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    json: JsonOption = False,
    folder: FolderOption = None,
    k: KOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    today: TodayOption = None,
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
    filters, day = options.filters(since, until, publisher), options.today(today)
    lines = _lines(batch) if batch is not None else None
    if question is not None:
        from retrieval.question import as_question

        as_question(question)  # a bad question must not wait for the index
    quoth = _chain(publisher, folder=folder, k=k, today=day)
    if lines is not None:
        _answer_batch(quoth, lines, filters)
    else:
        _answer_one(quoth, question or "", filters, json)


def _chain(publisher: str | None, **flags: Any) -> Answering:
    """The chain that the flags name. Raises InputError for a publisher that no article has."""
    from bot import named

    quoth = console.answering(console.settings(**flags))
    if publisher is not None:
        named.by_publisher(publisher, quoth.index.sources())
    return quoth


def _answer_one(quoth: Answering, question: str, filters: Filters, json: bool) -> None:
    from bot import live, render
    from retrieval.types import Question

    asked = Question(_readable(question), filters=filters)
    if quoth.writer and not json and (terminal := console.terminal()):
        live.in_place(quoth.stream(asked), quoth.index.folder, console.show, terminal)
        return
    answer = quoth.invoke(asked)
    if json:
        print(render.dumped(render.answer_json(answer), indent=2))
    else:
        console.show(render.answer(answer, quoth.index.folder))


def _answer_batch(quoth: Answering, lines: Iterator[bytes], filters: Filters) -> None:
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
    today: TodayOption = None,
) -> None:
    """Show the passages that a question would be answered from, with their scores."""
    from bot import render
    from retrieval.question import as_question
    from retrieval.types import Question

    filters, day = options.filters(since, until, publisher), options.today(today)
    text = as_question(_readable(query)).text
    quoth = _chain(publisher, folder=folder, k=k, today=day)
    _, found = quoth.retrieve(Question(text, filters=filters))
    if json:
        print(render.dumped([render.passage_json(passage) for passage in found], indent=2))
    else:
        console.show(render.passages(found, quoth.index.folder))


@app.command()
def check(
    claim: Annotated[str | None, typer.Argument(help="What somebody states.")] = None,
    draft: Annotated[
        Path | None, typer.Option("--file", help="Check every statement of this text, plain or Markdown.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 1 unless the articles support all of it.")
    ] = False,
    json: JsonOption = False,
    folder: FolderOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
) -> None:
    """Hold a claim, or every statement of a draft, against the articles: which support it, which deny it."""
    from bot import checking

    filters = options.filters(since, until, publisher)
    stated = checking.read(_readable(claim) if claim is not None else None, draft)
    quoth = _chain(publisher, folder=folder)
    held = checking.held(stated, quoth, filters)
    checking.show(held, stated, quoth.index.folder, json)
    if strict and any(one.checked.result != "supported" for one in held):
        raise typer.Exit(1)


@app.command()
def chat(
    folder: FolderArgument = None,
    k: KOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    today: TodayOption = None,
) -> None:
    """Talk: questions that build on each other, and commands to look closer."""
    from bot import repl

    filters, day = options.filters(since, until, publisher), options.today(today)
    repl.chat(console.settings(folder=folder, k=k, today=day), filters)


@app.command()
def sources(
    folder: FolderArgument = None,
    publisher: PublisherOption = None,
    json: JsonOption = False,
) -> None:
    """List the articles, newest first."""
    from bot import named, pager, render

    index = console.current(console.settings(folder=folder))
    rows = named.by_publisher(publisher, index.sources())
    if json:
        print(render.dumped([render.source_json(*row) for row in rows], indent=2))
    else:
        pager.paged(render.sources(rows, index.folder))


@app.command()
def show(
    place: Annotated[
        str,
        typer.Argument(metavar="FILE[:LINE]", help="As citations print it; the start of a name is enough."),
    ],
    folder: FolderOption = None,
    whole: Annotated[
        bool, typer.Option("--all", help="The whole article, not only the text around LINE.")
    ] = False,
) -> None:
    """Show an article, or the text around a line of it."""
    from bot import page, pager, reading

    index, found = _located(_readable(place), console.settings(folder=folder))
    chunks = index.article(found.source.file)
    span = reading.on_line(chunks, found.line) if found.line is not None else None
    if note := reading.changed(chunks, index.folder):
        console.say(f"Note: {note}")
    if span and span.start == span.end:
        console.say(f"Note: line {found.line} is blank or page furniture; the text nearest to it follows.")
    lines = None if whole else _AROUND
    pager.paged(page.surroundings(chunks, span, index.folder, lines), marked=span is not None)


_AROUND = 12  # lines on each side


def _located(name: str, settings: Settings) -> tuple[Index, Place]:
    """The article meant, as it was indexed; an unknown one may be new, so the index is brought up to date."""
    from bot import named
    from retrieval.errors import InputError
    from retrieval.opening import open_index

    index = open_index(settings)
    try:
        return index, named.place(name, index.sources(), index.folder)
    except InputError:
        if index.is_current():
            raise
    index = console.current(settings)
    return index, named.place(name, index.sources(), index.folder)


@app.command()
def discord(
    folder: FolderOption = None,
    invite: Annotated[
        bool, typer.Option("--invite", help="Print the address that invites the bot, and leave.")
    ] = False,
) -> None:
    """Answer on Discord; QUOTH_DISCORD_TOKEN is the bot's token."""
    from bot.discord import run
    from bot.discord.settings import load

    settings = console.settings(folder=folder)
    wanted = load(settings.folder)
    if invite:
        print(run.invitation(wanted))
        return
    run.log_to_stderr(wanted)
    run.serve(
        settings.folder,
        settings.data,
        wanted,
        lambda one: console.assemble(settings.of(one), stays=True),
        settings.watch,
    )


@app.command()
def doctor(
    folder: FolderArgument = None,
    json: JsonOption = False,
) -> None:
    """Check what Quoth needs, and say how to mend it."""
    from bot import doctor, render

    findings = doctor.findings(folder, os.environ)
    if json:
        print(render.dumped([found._asdict() for found in findings], indent=2))
    else:
        console.show(doctor.table(findings))
    if any(found.state == "wrong" for found in findings):
        raise typer.Exit(1)


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


_OBJECTS = 100_000  # made between two looks for garbage: at the usual 700 they take a third of the start


def main() -> None:
    """Run `quoth`; every error that a user can cause becomes one sentence and an exit status."""
    from retrieval.errors import QuothError

    gc.set_threshold(_OBJECTS)
    atexit.register(gc.freeze)  # at the end nothing is looked through once more: the process is gone anyway
    signal.signal(signal.SIGINT, _interrupt)
    for quiet in ("retrieval.generative", "retrieval.watching"):  # a note of the answer; a line being typed
        logging.getLogger(quiet).addHandler(logging.NullHandler())
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
