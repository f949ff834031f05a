"""A prompt as a readable file in two parts, how to answer and what is asked, with places to fill.

The file has a heading `# System`, then a heading `# User`; `{name}` is a place. Braces around anything but a
lower-case word are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import InputError

FOLDER = Path(__file__).parent

_PARTS = re.compile(r"\s*# System\n(?P<system>.*?)\n# User\n(?P<user>.*)", re.DOTALL)
_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with places to fill."""

    system: str
    user: str

    def fill(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Both parts with `values` in their places; what a value holds is never filled itself."""
        return tuple(_PLACE.sub(lambda place: values[place[1]], part) for part in (self.system, self.user))  # type: ignore[return-value]


def load(name: str, places: Collection[str], folder: Path | None = None) -> Template:
    """The prompt `name`, from `folder` if it has that file, else Quoth's own.

    Raises InputError where it cannot be read, lacks one of the `places`, or has one that nobody fills.
    """
    path = _path(name, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The prompt {path} cannot be read ({error}): mend or remove it.") from error
    parts = _PARTS.fullmatch(text.replace("\r\n", "\n"))
    if not parts:
        raise InputError(
            f"The prompt {path} lacks its two parts: write a line # System, and below it a line # User."
        )
    _check(path, set(_PLACE.findall(text)), set(places))
    return Template(parts["system"].strip(), parts["user"].strip())


def _path(name: str, folder: Path | None) -> Path:
    if folder is None:
        return FOLDER / name
    if not folder.is_dir():
        raise InputError(f"The folder of prompts {folder} does not exist: mend or unset QUOTH_PROMPTS.")
    return folder / name if (folder / name).exists() else FOLDER / name


def _check(path: Path, found: set[str], places: set[str]) -> None:
    if unknown := sorted(found - places):
        raise InputError(
            f"The prompt {path} has the place {{{unknown[0]}}}, which nothing fills: "
            f"its places are {_listed(places)}."
        )
    if missing := sorted(places - found):
        raise InputError(f"The prompt {path} lacks the place {{{missing[0]}}}: write it where it belongs.")


def _listed(places: Collection[str]) -> str:
    return ", ".join(f"{{{place}}}" for place in sorted(places))
