"""Options that several commands have, and what they mean."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from retrieval.types import Filters

FolderArgument = Annotated[Path | None, typer.Argument(help="The folder of articles. [default: seeds]")]
FolderOption = Annotated[
    Path | None, typer.Option("--folder", help="The folder of articles. [default: seeds]")
]
KOption = Annotated[int | None, typer.Option("--k", help="Passages to read. [default: 10]")]
SinceOption = Annotated[str | None, typer.Option("--since", help="Only articles since this day: 2023-07-03.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Only articles until this day.")]
PublisherOption = Annotated[str | None, typer.Option("--publisher", help="Only this publisher's.")]
TodayOption = Annotated[
    str | None,
    typer.Option("--today", help="The day of asking: 2024-11-01. [default: today]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; the README documents it.")]


def filters(since: str | None, until: str | None, publisher: str | None) -> Filters:
    """Which articles are meant. Raises InputError for what is no day, or an end before the start."""
    from retrieval.errors import InputError
    from retrieval.types import Filters

    filters = Filters(publisher, _day("--since", since), _day("--until", until))
    if filters.since and filters.until and filters.since > filters.until:
        raise InputError(f"--since {since} is later than --until {until}: swap them.")
    return filters


def today(value: str | None) -> date | None:
    """The day of `--today`. Raises InputError for what is no day."""
    return _day("--today", value)


def _day(flag: str, value: str | None) -> date | None:
    from retrieval.errors import InputError

    try:
        return date.fromisoformat(value) if value is not None else None
    except ValueError:
        raise InputError(f"{flag} {value!r} is not a day: write it as 2023-07-03.") from None
