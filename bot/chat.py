"""A conversation: what was said, and what each message does. Where messages come from is not its matter."""

from __future__ import annotations

import difflib
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol, TypeVar

from rich.table import Table
from rich.text import Text

from bot import named, page, reading, render
from bot.render import safe
from retrieval.errors import InputError, QuothError
from retrieval.feedback import Feedback, Verdict
from retrieval.question import as_question
from retrieval.types import Answer, Chunk, Citation, Event, Filters, Question, Source, Span, Turn

if TYPE_CHECKING:
    from rich.console import RenderableType

    from retrieval.chain import Quoth

T = TypeVar("T")

HISTORY = 8  # turns that a question is understood by

_AROUND = 6  # lines on each side of a citation
_CITATION = re.compile(r"\[?([1-9]\d{0,3})\]?")  # 2 or [2]; 001 is the start of a file's name


class Run(Protocol):
    """How work is done that takes long; `what` is said while somebody waits."""

    def __call__(self, work: Callable[[], T], what: str, /) -> T: ...


class Stream(Protocol):
    """How an answer is had that a language model writes."""

    def __call__(self, quoth: Quoth, asked: Question, /) -> Iterator[Event]: ...


class Screen(Protocol):
    """Where replies go."""

    def show(self, renderable: RenderableType) -> None: ...

    def follow(self, events: Iterator[Event], folder: Path) -> Answer:
        """Show an answer as it comes."""

    def page(self, renderable: RenderableType, marked: bool) -> None: ...

    def print(self, text: str) -> None:
        """As it stands, lines unbroken."""


class Unusable(Exception):
    """Nothing can be asked, for the index or the model cannot be used: `error` says why."""

    def __init__(self, error: QuothError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class _Exchange:
    """An answer as it was given, and the turns before it."""

    id: str
    answer: Answer
    history: tuple[Turn, ...]


class Chat:
    """One conversation. Beside `hear`, its methods are what `COMMANDS` says of them."""

    def __init__(
        self,
        chain: Callable[[], Quoth],
        filters: Filters,
        run: Run,
        stream: Stream,
        screen: Screen,
        feedback: Feedback,
    ) -> None:
        """`chain` is called, by way of `run`, when the index is needed, and must remember what it returns."""
        self._chain = chain
        self._filters = filters
        self._run = run
        self._stream = stream
        self._screen = screen
        self._feedback = feedback
        self._turns: deque[Turn] = deque(maxlen=HISTORY)
        self._last: _Exchange | None = None

    def hear(self, message: str) -> None:
        """Reply to a message. What is wrong with it is a sentence of the reply.

        Raises EOFError where it asks to leave, Unusable where no message can be answered.
        """
        text = message.encode("utf-8", "replace").decode("utf-8").strip()
        name, _, words = text.partition(" ")
        try:
            if name.startswith("/"):
                _command(name).does(self, words.strip())
            elif text:
                self._ask(text)
        except QuothError as error:
            self._screen.print(safe(str(error)))

    def _quoth(self) -> Quoth:
        try:
            return self._run(self._chain, "Loading the model")
        except QuothError as error:
            raise Unusable(error) from error

    def _ask(self, text: str) -> None:
        as_question(text)  # a bad question must not wait for the model
        quoth, history = self._quoth(), tuple(self._turns)
        answer = self._answer(quoth, Question(text, history, self._filters))
        self._turns.append(Turn(text, answer.text))
        self._last = _Exchange(uuid.uuid4().hex, answer, history)

    def _answer(self, quoth: Quoth, asked: Question) -> Answer:
        """The answer, shown; where a language model writes it, sentence by sentence."""
        if quoth.writer:
            return self._screen.follow(self._stream(quoth, asked), quoth.index.folder)
        answer = self._run(lambda: quoth.invoke(asked), "Reading")
        self._screen.show(render.answer(answer, quoth.index.folder))
        return answer

    def _answered(self) -> _Exchange:
        if self._last is None:
            raise InputError("There is no answer yet: ask something first.")
        return self._last

    def sources(self, words: str) -> None:
        index = self._quoth().index
        rows = self._run(index.sources, "Reading")
        found = [row for row in rows if self._filters.admits(row[0]) and _has(row[0], words)]
        if words and not found:
            raise InputError(f"No article has {words!r} in its title, publisher, author, date or file.")
        self._screen.page(render.sources(found, index.folder), False)

    def show(self, words: str) -> None:
        number = _CITATION.fullmatch(words or "1")
        citation = self._citation(int(number[1])) if number else None
        index = self._quoth().index

        def found() -> tuple[list[Chunk], Span | None]:
            if citation:
                return index.article(citation.source.file), citation.span
            place = named.place(words, index.sources(), index.folder)
            chunks = index.article(place.source.file)
            return chunks, reading.on_line(chunks, place.line) if place.line is not None else None

        chunks, span = self._run(found, "Reading")
        self._screen.page(page.surroundings(chunks, span, index.folder, _AROUND), span is not None)

    def _citation(self, number: int) -> Citation:
        citations = self._answered().answer.citations
        if not citations:
            raise InputError("The last answer cites nothing: name a file, as in /show FILE.")
        if number > len(citations):
            last = f" to /show {len(citations)}" if len(citations) > 1 else ""
            raise InputError(f"The last answer has no citation {number}: there is /show 1{last}.")
        return citations[number - 1]

    def search(self, words: str) -> None:
        if not words:
            raise InputError("/search needs words, as in /search joint drills.")
        text, quoth = as_question(words).text, self._quoth()
        _, found = self._run(lambda: quoth.retrieve(Question(text, filters=self._filters)), "Searching")
        self._screen.show(render.passages(found, quoth.index.folder))

    def new(self, _: str) -> None:
        self._turns.clear()
        self._last = None
        self._screen.print("Forgotten: the next question starts a new conversation.")

    def json(self, _: str) -> None:
        self._screen.print(render.dumped(render.answer_json(self._answered().answer), indent=2))

    def good(self, _: str) -> None:
        self._vote(1, "")
        self._screen.print("Noted as good.")

    def bad(self, why: str) -> None:
        self._vote(-1, why)
        self._screen.print(f"Noted as bad: {safe(why)}" if why else "Noted as bad; /bad WHY tells why.")

    def _vote(self, verdict: Verdict, reason: str) -> None:
        last = self._answered()
        self._feedback.vote(last.id, last.answer, last.history, verdict, reason)

    def help(self, _: str) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, command in COMMANDS.items():
            table.add_row(Text(f"{name} {command.takes}".rstrip(), style="bold"), command.help)
        self._screen.show(table)
        self._screen.print("\nAlt-Enter starts a new line, Ctrl-C stops an answer, Ctrl-D leaves.")

    def leave(self, _: str) -> NoReturn:
        raise EOFError


class Command(NamedTuple):
    """What a message that starts with `/` does."""

    does: Callable[[Chat, str], None]
    takes: str
    help: str


COMMANDS = {
    "/show": Command(Chat.show, "[2 | FILE[:LINE]]", "a citation or a line in its text"),
    "/sources": Command(Chat.sources, "[WORDS]", "the articles with these words"),
    "/search": Command(Chat.search, "WORDS", "the passages nearest to the words"),
    "/new": Command(Chat.new, "", "forget the conversation"),
    "/json": Command(Chat.json, "", "the last answer as JSON"),
    "/good": Command(Chat.good, "", "the last answer was good"),
    "/bad": Command(Chat.bad, "[WHY]", "the last answer was bad"),
    "/help": Command(Chat.help, "", "this list"),
    "/quit": Command(Chat.leave, "", "leave; /exit does too"),
}

TAKE_FILES = frozenset({"/show", "/sources"})


def _command(name: str) -> Command:
    if found := COMMANDS.get("/quit" if name == "/exit" else name):
        return found
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"There is no command {name[:40]!r}: {meant}/help lists them.")


def _has(source: Source, words: str) -> bool:
    days = source.iso_date, source.day
    fields = (source.title, source.publisher, source.author, source.file, *days)
    text = " ".join(field for field in fields if field).casefold()
    return all(word in text for word in words.casefold().split())
