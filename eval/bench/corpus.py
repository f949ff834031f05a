"""Folders of articles of exactly so many chunks, made of public texts: `python -m eval.bench corpus`.

The same texts give the same bytes, and a smaller corpus is the beginning of a larger one but for its last
article. Publishers and days are drawn by chance and stand in `metadata.toml`.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.bench.texts import Story
from eval.corpus import head
from retrieval import articles, metadata
from retrieval.chunking import chunk
from retrieval.errors import InputError
from retrieval.types import Chunk

_SEED = 300_000
_FOLDER = 1_000  # articles of a sub-folder
_QUESTIONS = 2_000  # kept of those that were asked about the texts
_PUBLISHERS = tuple(
    f"The {place} {name}"
    for place in ("Aldane", "Drenmark", "Eastmere", "Northline", "Solvane")
    for name in ("Courier", "Gazette", "Ledger", "Post")
)
_FIRST, _DAYS = dt.date(2015, 1, 1), 3_652  # ten years


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of articles, and what is known of it."""

    folder: Path  # of the articles
    chunks: tuple[int, ...]  # of each article, in the order of their names
    real: int  # chunks of texts that nobody recombined
    questions: tuple[str, ...]  # that people asked about the texts

    @property
    def size(self) -> int:
        return sum(self.chunks)


def make(into: Path, size: int, stories: Iterable[Story]) -> Corpus:
    """Write a corpus of `size` chunks; what stood in `into` before is removed."""
    shutil.rmtree(into, ignore_errors=True)
    folder = into / "articles"
    folder.mkdir(parents=True)
    return _kept(into, _written(folder, size, iter(stories)))


def adopt(into: Path, folder: Path, questions: Sequence[str]) -> Corpus:
    """A corpus of a copy of the articles in `folder`, with questions about them; removes what stood there."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(folder, into / "articles")
    stated, _ = metadata.load(folder)
    found = [file for file in articles.files(folder) if isinstance(file, articles.File)]
    counts = [len(chunk(articles.read(file, articles.content(file), stated), "")) for file in found]
    return _kept(into, Corpus(into / "articles", tuple(counts), sum(counts), tuple(questions)))


def _kept(into: Path, made: Corpus) -> Corpus:
    held = asdict(made) | {"folder": made.folder.name}
    (into / "corpus.json").write_text(json.dumps(held), "utf-8")
    return made


def load(into: Path) -> Corpus:
    """The corpus that was made there. Raises InputError where there is none, or only part of one."""
    try:
        held = json.loads((into / "corpus.json").read_text("utf-8"))
    except OSError:
        raise InputError(f"There is no corpus in {into}: make it with python -m eval.bench corpus.") from None
    return Corpus(into / held["folder"], tuple(held["chunks"]), held["real"], tuple(held["questions"]))


def _written(folder: Path, size: int, stories: Iterator[Story]) -> Corpus:
    chance = random.Random(_SEED)  # noqa: S311  # the same every time is what is wanted
    counts: list[int] = []
    questions: list[str] = []
    titles: set[str] = set()
    left, real = size, 0
    with (folder / metadata.FILE).open("w", encoding="utf-8", newline="\n") as stated:
        while left:
            story = next(stories)
            text = _text(story, titles)
            cut = _cut(text)
            if len(cut) > left:
                text = text[: cut[left - 1].span.end] + "\n"
                cut = _cut(text)
            if not 0 < len(cut) <= left:
                continue
            name = f"{len(counts) // _FOLDER:03}/{len(counts):06}.txt"
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(text.encode("utf-8"))
            stated.write(_table(name, story.title, chance))
            counts.append(len(cut))
            left -= len(cut)
            real += len(cut) * story.is_real
            questions += story.questions
    if len(questions) > _QUESTIONS:
        questions = chance.sample(questions, _QUESTIONS)
    return Corpus(folder, tuple(counts), real, tuple(questions))


def _text(story: Story, titles: set[str]) -> str:
    """The article; under its headline only where no other has it, or it would be taken for page furniture."""
    known = story.title.casefold() in titles
    titles.add(story.title.casefold())
    return ("" if known else head(story.title)) + "\n\n".join(story.paragraphs) + "\n"


def _cut(text: str) -> list[Chunk]:
    """The chunks that the index makes of an article, whatever it is called."""
    file = articles.File(Path("article.txt"), "article.txt")
    return chunk(articles.read(file, text.encode("utf-8"), {}), "")


def _table(name: str, title: str, chance: random.Random) -> str:
    day = _FIRST + dt.timedelta(chance.randrange(_DAYS))
    shown = json.dumps(metadata.clean(title) or name, ensure_ascii=False)
    return f'["{name}"]\ntitle = {shown}\npublisher = "{chance.choice(_PUBLISHERS)}"\ndate = {day}\n\n'


def chunk_texts(corpus: Corpus, count: int) -> list[str]:
    """The text of the first `count` chunks, in the order in which they are indexed."""
    found: list[str] = []
    for file in articles.files(corpus.folder):
        if len(found) >= count:
            break
        if isinstance(file, articles.File):
            found += [one.text for one in chunk(articles.read(file, articles.content(file), {}), "")]
    return found[:count]
