"""Answers, passages and summaries as text and as JSON. Pure: no disk, no terminal, no clock.

What articles say is untrusted: control and direction characters are made visible before a terminal
sees them, and nothing of it is read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.plain import HIDDEN, NEAREST, author, credit, dated, doubt, place
from bot.plain import safe as safe  # for those who print
from retrieval.types import Answer, Citation, Passage, Sentence, Source, Span, Usage

if TYPE_CHECKING:
    from retrieval.index import Summary  # Chroma comes with it, and every error is rendered here
    from retrieval.verifying import Verified

_JSON_UNSAFE = re.compile(f"[{HIDDEN}]")


def answer(answer: Answer, folder: Path) -> RenderableType:
    """An answer for a terminal: its sentences, each citation with its source and quote, who wrote it."""
    written = written_by(answer)
    if answer.answered:
        return Group(said(answer.sentences, answer.notes), proofs(answer.citations, folder), written)
    refusal = Text(safe(answer.text), style="bold")
    if answer.nearest:
        return Group(refusal, Text(NEAREST).append(_source(answer.nearest, folder)), written)
    return Group(refusal, proofs(answer.citations, folder), written)


def said(sentences: Sequence[Sentence], notes: Sequence[str] = ()) -> Text:
    """Notes and sentences in a row: the words that answer in bold, and behind a doubtful one why it is."""
    parts = [Text(safe(note)) for note in notes]
    for sentence in sentences:
        text = Text(safe(str(sentence)))
        if marked := sentence.marked:
            text.stylize("bold", marked.start, marked.end)
        parts += [text, Text(doubt(sentence), style="bold yellow")]
    return Text(" ").join(part for part in parts if part)


def proofs(citations: Sequence[Citation], folder: Path) -> RenderableType:
    """Citations, a blank line before each."""
    return Group(*(citation(one, folder) for one in citations))


def written_by(answer: Answer) -> RenderableType:
    """Which language model wrote an answer and what it took, behind a blank line; nothing for none."""
    told = author(answer)
    return Group("", Text(told, style="dim")) if told else Group()


def citation(citation: Citation, folder: Path) -> RenderableType:
    """A citation for a terminal: its number and title, its place, its quote."""
    head = Text(f"[{citation.number}] ", style="bold cyan").append(safe(citation.source.title), style="bold")
    line = details(citation.source, folder, place(citation, folder))
    quote = Text(f"> {safe(citation.quote)}", style="italic")
    return Group("", head, Padding(Group(line, quote), (0, 0, 0, 4)))


def details(source: Source, folder: Path, where: str) -> Text:
    """When and by whom an article was published, and the place `where`, as a link to its file."""
    about = [dated(source), safe(source.publisher or "")]
    line = Text(" · ".join(part for part in about if part), style="dim")
    link = Text(where, style=f"dim link {_link(folder, source)}")
    return line.append(" · ").append(link) if line else link


def _source(source: Source, folder: Path) -> Text:
    about = credit(source)
    title = Text(safe(source.title), style=f"bold link {_link(folder, source)}")
    return title.append(f" ({about})" if about else "", style="not bold").append(
        f" {safe(str(folder / source.file))}", style="dim"
    )


def _link(folder: Path, source: Source) -> str:
    return (folder.resolve() / source.file).as_uri()


def passages(found: Sequence[Passage], folder: Path) -> RenderableType:
    """What a search found, best first, with the scores of both sides."""
    if not found:
        return Text("Nothing was found.")
    return Group(*(_passage(number, passage, folder) for number, passage in enumerate(found, 1)))


def _passage(number: int, passage: Passage, folder: Path) -> RenderableType:
    chunk = passage.chunk
    scores = f"fused {passage.score:.4f} · cosine {passage.similarity:.3f} ({_rank(passage.dense_rank)})"
    if passage.bm25 is not None:
        scores += f" · BM25 {passage.bm25:.2f} ({_rank(passage.lexical_rank)})"
    head = (
        Text(f"{number}. ", style="bold cyan")
        .append(_source(chunk.source, folder))
        .append(f":{chunk.line}", "dim")
    )
    return Group(head, Padding(Group(Text(scores, style="dim"), Text(safe(chunk.text))), (0, 0, 1, 3)))


def _rank(rank: int | None) -> str:
    return f"rank {rank}" if rank else "not ranked"


def sources(rows: Sequence[tuple[Source, int]], folder: Path) -> RenderableType:
    """A table of articles and the number of their chunks, in the order given."""
    return _Sources(rows, folder) if rows else Text("No article.")


_WIDE = 110  # columns; a narrower table has the file under the title
_NARROW = 12  # columns for a publisher there


class _Sources:
    """The table, laid out when its width is known."""

    def __init__(self, rows: Sequence[tuple[Source, int]], folder: Path) -> None:
        self._rows, self._folder = rows, folder

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= _WIDE
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("Date", max_width=None if wide else len("30 Sep 2023"))
        table.add_column("Publisher", overflow="fold", max_width=None if wide else _NARROW)
        for heading in ("Title", "File") if wide else ("Title",):
            table.add_column(heading, overflow="fold")
        table.add_column("Chunks", justify="right", no_wrap=True)
        for source, chunks in self._rows:
            date_ = Text(source.day or "undated").append(" (inferred)" * bool(source.inferred), "dim")
            title = Text(safe(source.title))
            file = Text(safe(source.file), style=f"dim link {_link(self._folder, source)}")
            about = (title, file) if wide else (Group(title, file),)
            table.add_row(date_, Text(safe(source.publisher or "")), *about, Text(f"{chunks:,}"))
        yield table


def summary(done: Summary, folder: Path) -> str:
    """One line: what a sync did."""
    counts = f"{done.added} added, {done.changed} changed, {done.removed} removed, {done.unchanged} unchanged"
    skipped = f", {len(done.skipped)} skipped" if done.skipped else ""
    return (
        f"Indexed {safe(str(folder))}: {counts}{skipped}; {done.embedded} passages embedded, "
        f"{done.chunks} in the index, {done.seconds:.1f} s."
    )


def verified(found: Verified) -> str:
    """What a comparison of a folder with its index found: a line, or one for each fault, twenty at most."""
    if not found.faults:
        counts = f"{found.articles:,} articles, {found.chunks:,} passages"
        return f"{counts}: the folder, the vectors and the words agree."
    left = len(found.faults) - _FAULTS
    more = [f"And {left:,} more differences."] if left > 0 else []
    return "\n".join([*map(safe, found.faults[:_FAULTS]), *more])


_FAULTS = 20


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer in the form that the README documents."""
    return {
        "question": answer.question,
        "answered": answer.answered,
        "text": answer.text,
        "notes": list(answer.notes),
        "understood": answer.understood,
        "short_answer": answer.short_answer,
        "sentences": [_sentence_json(sentence) for sentence in answer.sentences],
        "citations": [citation_json(one) for one in answer.citations],
        "nearest": nearest_json(answer.nearest),
        "confidence": round(answer.confidence, 4),
        "seconds": round(answer.seconds, 4),
        "model": answer.model,
        "removed": answer.removed,
        "usage": _usage_json(answer.usage),
    }


def failure_json(question: str, error: str) -> dict[str, Any]:
    """The same object for a question that could not be asked, with `error`."""
    return answer_json(Answer(question, False, ())) | {"error": error}


def _sentence_json(sentence: Sentence) -> dict[str, Any]:
    return {
        "lead": sentence.lead,
        "text": sentence.text,
        "answer": _span_json(sentence.answer),
        "citations": list(sentence.citations),
        "doubt": sentence.doubt,
    }


def _usage_json(usage: Usage | None) -> dict[str, Any] | None:
    return asdict(usage) | {"seconds": round(usage.seconds, 4)} if usage else None


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation in the form that the README documents."""
    source = citation.source
    return {
        "number": citation.number,
        "file": source.file,
        "start": citation.span.start,
        "end": citation.span.end,
        "line": citation.line,
        "page": citation.page,
        "quote": citation.quote,
        "answer": _span_json(citation.answer),
        "title": source.title,
        "date": source.iso_date,
        "date_inferred": bool(source.inferred),
        "publisher": source.publisher,
    }


def _span_json(span: Span | None) -> dict[str, int] | None:
    return span and {"start": span.start, "end": span.end}


def nearest_json(source: Source | None) -> dict[str, Any] | None:
    if source is None:
        return None
    return {
        "file": source.file,
        "title": source.title,
        "date": source.iso_date,
    }


def source_json(source: Source, chunks: int) -> dict[str, Any]:
    """An article and the number of its chunks in the form that the README documents."""
    return {
        "file": source.file,
        "title": source.title,
        "publisher": source.publisher,
        "author": source.author,
        "date": source.iso_date,
        "date_inferred": bool(source.inferred),
        "chunks": chunks,
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    """A passage in the form that the README documents."""
    chunk = passage.chunk
    return {
        "file": chunk.source.file,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "line": chunk.line,
        "page": chunk.page,
        "text": chunk.text,
        "title": chunk.source.title,
        "date": chunk.source.iso_date,
        "publisher": chunk.source.publisher,
        "score": passage.score,
        "similarity": passage.similarity,
        "dense_rank": passage.dense_rank,
        "bm25": passage.bm25,
        "lexical_rank": passage.lexical_rank,
    }


def dumped(value: Any, indent: int | None = None) -> str:
    """`value` as JSON that a terminal can show: what could act on it is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _JSON_UNSAFE.sub(lambda found: json.dumps(found.group())[1:-1], text)
