"""Invented news articles with questions about them, written for this project: what SQuAD has little of.

Speakers, pronouns, numbers that change; questions in other words than the text, for yes or no, in the
manner of a chat; and questions that the nearest sentence seems to answer and does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from retrieval.training.squad import Asked, Paragraph

FOLDER = Path(__file__).parent / "news"


def parts(folder: Path = FOLDER) -> list[list[Asked]]:
    """The questions of each part; every part of the folder has `articles/` and `questions.jsonl`."""
    return [list(_part(part)) for part in sorted(folder.glob("*/questions.jsonl"))]


def _part(questions: Path) -> Iterator[Asked]:
    name = questions.parent.name
    texts = {file.name: file.read_text("utf-8") for file in (questions.parent / "articles").glob("*.txt")}
    for number, line in enumerate(questions.read_text("utf-8").splitlines()):
        row = json.loads(line)
        text = texts[row["file"]]
        headline, _, body = text.partition("\n")
        story = f"{name}/{row['story']}"
        paragraph = Paragraph(f"{name}/{row['file']}", headline.strip(), body.strip() or text, story, True)
        answers = (row["answer"],) if row["answer"] else ()
        if row["quote"] in paragraph.text:  # a headline is no passage
            yield Asked(f"{name}/{number}", row["question"], answers, paragraph, row["quote"])
