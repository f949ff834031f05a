"""Read SQuAD: paragraphs of Wikipedia articles and the questions that were asked about them."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import InputError

KEPT = {"1": 20, "2": 4}  # articles of SQuAD 1.1 and 2.0 that no model is trained on
_SEED = 7


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text that is asked about, of the article `title`."""

    id: str
    title: str
    text: str
    story: str  # what it is about, together with others
    is_news: bool = False  # another text of its story may answer the same question otherwise


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a paragraph. `answers` stand in it word for word; none: it cannot be answered."""

    id: str
    question: str
    answers: tuple[str, ...]
    paragraph: Paragraph
    sentence: str = ""  # that answers, or comes nearest to it, where it is known


def load(path: Path) -> list[Asked]:
    """The questions of a file of the published form (`train-v1.1.json`), or of a folder with
    `documents.jsonl.gz` and `questions.jsonl.gz`. Raises InputError where it is neither."""
    try:
        return list(_folder(path) if path.is_dir() else _file(path))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no SQuAD that can be read ({error}).") from error


def kept(titles: Iterable[str], count: int) -> set[str]:
    """The `count` articles kept apart from training: chosen by chance, the same ones every time."""
    ordered = sorted(set(titles))
    random.Random(_SEED).shuffle(ordered)  # noqa: S311  # the same every time is what is wanted
    return set(ordered[:count])


def apart(asked: Iterable[Asked], count: int) -> tuple[list[Asked], list[Asked]]:
    """Those to train on, and those of the `count` articles that are kept apart."""
    asked = list(asked)
    titles = kept((one.paragraph.title for one in asked), count)
    return (
        [one for one in asked if one.paragraph.title not in titles],
        [one for one in asked if one.paragraph.title in titles],
    )


def _folder(path: Path) -> Iterator[Asked]:
    paragraphs = {
        row["id"]: Paragraph(row["id"], _title(row["title"]), row["text"], _title(row["title"]))
        for row in _rows(path / "documents.jsonl.gz")
    }
    for row in _rows(path / "questions.jsonl.gz"):
        answers = tuple(row["answers"]) if row["answerable"] else ()
        yield Asked(row["id"], row["question"], answers, paragraphs[row["evidence"][0]["doc_id"]])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _file(path: Path) -> Iterator[Asked]:
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = _title(article["title"])
        for number, row in enumerate(article["paragraphs"]):
            paragraph = Paragraph(f"{title}/{number}", title, row["context"], title)
            for question in row["qas"]:
                answers = tuple(dict.fromkeys(answer["text"] for answer in question["answers"]))
                yield Asked(question["id"], question["question"], answers, paragraph)


def _title(title: str) -> str:
    return title.replace("_", " ")
