"""Records as text for a database, and back, whatever characters they hold."""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

log = logging.getLogger(__name__)


class Coded(Generic[T]):
    """A kind of record as JSON in ASCII: halves of characters, which UTF-8 cannot hold, come back too."""

    def __init__(self, kind: type[T]) -> None:
        self._adapter = TypeAdapter(kind)
        self._name = kind.__name__

    def text(self, record: T) -> str:
        return json.dumps(self._adapter.dump_python(record, mode="json"))

    def record(self, text: str) -> T:
        """Raises ValueError where the text is no such record."""
        return self._adapter.validate_python(json.loads(text))

    def readable(self, text: Any) -> T | None:
        """The record; None for none, and with a warning for one of another version of Quoth."""
        try:
            return None if text is None else self.record(text)
        except (ValueError, TypeError) as error:
            log.warning(
                "A kept %s is unreadable and counts as expired (%s).", self._name, type(error).__name__
            )
            return None


def moment(time: dt.datetime) -> str:
    """A time as text; of two texts the later time's is the greater."""
    return time.astimezone(dt.UTC).isoformat(timespec="microseconds")


def whole(text: str) -> str:
    """The text with halves of characters replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
