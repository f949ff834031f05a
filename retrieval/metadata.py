"""What is known of an article beside its text: title, publisher, author and date, and who says so.

Nothing here looks at a file's modification time: when a file was copied says nothing of its article.
"""

from __future__ import annotations

import datetime
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from retrieval.errors import FolderError
from retrieval.types import Span

FILE = "metadata.toml"

_KEYS = ("title", "publisher", "author", "date", "inferred")
_HEAD = 12  # lines, blank ones aside, in which an article says who wrote it and when
_HEADLINE = 30  # words
_LONGEST = 300  # characters of a title or a name
_TOP = 20_000  # characters that are looked at for those lines
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_NAMES = {
    "title": ("title", "headline"),
    "publisher": ("publisher", "source", "sitename", "site_name", "site", "publication"),
    "author": ("author", "authors", "byline", "by"),
    "date": ("date", "published", "datepublished", "date_published", "publish_date", "pubdate"),
}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(
    rf"""(?<!\d)(?P<iso>\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}})(?!\d)
    | \b(?P<words>\d{{1,2}}(?:st|nd|rd|th)?\ (?:of\ )?{_MONTH},?\ \d{{4}}
              | {_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ \d{{4}})\b
    | (?<!\d)(?P<first>\d{{1,2}})[/.-](?P<second>\d{{1,2}})[/.-](?P<year>\d{{4}})(?!\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOCK = re.compile(  # what stands beside a date in a line that holds nothing else
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\bat\b|\bon\b|T?\d{1,2}[:.]\d\d(?:[:.]\d+)*Z?"
    r"|[+-]\d\d:?\d\d|\d{0,2} ?\b[ap]\.?m\b\.?|\b[A-Z]{1,4}T\b|\b(?:UTC|Z)\b|[\s,.|()–—-]",
    re.IGNORECASE,
)
_SAID = r"(?:first |date |last )?(?:published|posted|updated|modified)|publication date"
_LABEL = re.compile(rf"(?<!\S)(date|{_SAID}|authors?|written by|by|source|publisher)\s*:\s*", re.IGNORECASE)
_STAMP = re.compile(rf"({_SAID})\s+(.*)", re.IGNORECASE)
_DATELINE = re.compile(r"([^()]{2,60}?)\s*(?:\(([A-Z][\w .&'’-]{1,30})\))?\s*(?:--|[-–—])\s")
_PARTS = re.compile(r"\s+[|·•]\s+|(?<=\d)\s+(?=[Bb]y\s)|,\s+(?=\d{1,2}\s+[A-Z]|[A-Z][a-z]+ \d{1,2}, \d{4})")
_MARKS = re.compile(r"^[\s\ufeff]*(?:#{1,6}\s+|>\s*)?|[*_]{2}|(?<!\S)[*_](?=\S)|(?<=\S)[*_](?!\S)|\s+#+\s*$")
_PARTICLES = {"and", "&", "de", "del", "der", "la", "van", "von", "bin", "al", "el", "di", "da"}
_NOT_A_NAME = {"the", "a", "an", "all", "any", "this", "no", "far", "now"}


@dataclass(frozen=True, slots=True)
class Stated:
    """What one place says of an article; None where it says nothing."""

    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    date: datetime.date | None = None
    inferred: str | None = None  # why the date is believed, where no text states it

    def before(self, other: Stated) -> Stated:
        """This, with what it leaves open taken from `other`."""
        return Stated(
            self.title or other.title,
            self.publisher or other.publisher,
            self.author or other.author,
            self.date or other.date,
            self.inferred if self.date else other.inferred,
        )


def load(folder: Path) -> tuple[Mapping[str, Stated], list[str]]:
    """What `metadata.toml` in the folder says of each file, and a sentence for each entry that is left out.

    The keys are file names relative to the folder, with forward slashes. No such file: nothing is stated.
    Raises FolderError if it cannot be read or is not TOML.
    """
    path = folder / FILE
    if not path.exists() and not path.is_symlink():
        return {}, []
    text = _toml_text(path)
    try:
        tables = _tables(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FolderError(f"{str(path)!r} is not valid TOML ({error}): correct it or move it away.") from None
    stated: dict[str, Stated] = {}
    warnings: list[str] = []
    for name, table in tables.items():
        if trouble := table.trouble or _name_trouble(folder, name, table):
            warnings.append(_warning(text, name, None, trouble))
        else:
            stated[name] = table.stated
            warnings += [_warning(text, name, key, why) for key, why in table.troubles]
    return stated, warnings


class _Table(NamedTuple):
    """What stands under a name."""

    stated: Stated = Stated()
    troubles: tuple[tuple[str, str], ...] = ()  # keys that are of no use, each with the reason
    is_path: bool = False  # it holds tables, as a name without quotes does
    trouble: str | None = None  # why all of it is of no use


@lru_cache(maxsize=1)  # a folder is synced again and again, and to parse thousands of tables takes seconds
def _tables(text: str) -> Mapping[str, _Table]:
    return {name: _table(table) for name, table in tomllib.loads(text).items()}


def _toml_text(path: Path) -> str:
    if not path.is_file():
        raise FolderError(f"{str(path)!r} is not a regular file: correct it or move it away.")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FolderError(
            f"{str(path)!r} cannot be read ({error.strerror}): correct it or move it away."
        ) from None
    except UnicodeDecodeError:
        raise FolderError(f"{str(path)!r} is not UTF-8: save it as UTF-8 or move it away.") from None


def _name_trouble(folder: Path, name: str, table: _Table) -> str | None:
    path = Path(name)
    if (folder / path).is_file() and ".." not in path.parts and not path.is_absolute():
        return None
    if table.is_path:
        return 'names no file; write the file name in quotes, ["name.txt"]'
    return "names no file in the folder; correct the name or remove the table"


def _table(table: object) -> _Table:
    if not isinstance(table, dict):
        return _Table(trouble='stands outside a table; put it under the name of its file, ["name.txt"]')
    words = {key: clean(value) for key, value in table.items() if key in _KEYS and isinstance(value, str)}
    day = _exact_date(table.get("date"))
    title, publisher, author, inferred = (words.get(key) for key in _KEYS if key != "date")
    stated = Stated(title, publisher, author, day, inferred)
    troubles = []
    for key, value in table.items():
        if key not in _KEYS:
            troubles.append((key, f"is not a known key; the keys are {', '.join(_KEYS)}"))
        elif key == "date" and day is None:
            troubles.append((key, f"is {_shown(value)}, which is no date; write it as 2023-07-03"))
        elif key != "date" and not words.get(key):
            troubles.append((key, f"is {_shown(value)}, not a text; write some text in quotes"))
        elif key == "inferred" and day is None:
            troubles.append((key, "gives the reason for a date that is missing; add the key date"))
    is_path = any(isinstance(value, dict) for value in table.values())
    return _Table(stated, tuple(troubles), is_path)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)[:80]


def _exact_date(value: object) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.datetime.fromisoformat(value).date() if isinstance(value, str) else None
    except ValueError:
        return None


def _warning(text: str, name: str, key: str | None, why: str) -> str:
    line = _line(text, name, key)
    place = f"{FILE}, line {line}" if line else FILE
    return f'{place}: "{name}" {why}.' if key is None else f'{place}: {key} of "{name}" {why}.'


def _line(text: str, name: str, key: str | None) -> int | None:
    """The line, from 1, of a table's name or of a key in it, where it is written in the plain way."""
    table = re.search(rf"""^\s*(?:\[\s*["']?)?{re.escape(name)}(?!\w)""", text, re.MULTILINE)
    found = table
    if table and key is not None:
        found = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*=""", re.MULTILINE).search(text, table.end())
    return text.count("\n", 0, found.end()) + 1 if found else None


def from_front_matter(text: str) -> tuple[Stated, Span | None]:
    """What the YAML front matter of a Markdown file says, and where it stands; None if there is none."""
    block = _FRONT.match(text[:_TOP])
    fields = _yaml(block[1]) if block else None
    if block is None or fields is None:
        return Stated(), None
    known = {str(key).lower().replace("-", "_"): value for key, value in fields.items()}
    title, publisher, author = (
        next(filter(None, (_words(known.get(name)) for name in _NAMES[key])), None)
        for key in ("title", "publisher", "author")
    )
    days = (_exact_date(value) or date_in(str(value)) for value in map(known.get, _NAMES["date"]) if value)
    day = next(filter(None, days), None)
    return Stated(title, publisher, author, day), Span(0, block.end())


def _yaml(block: str) -> Mapping[object, object] | None:
    import yaml

    try:
        # The plainest loader: text, lists and mappings, so that no date, number or merge key can go wrong.
        fields = yaml.BaseLoader(block).get_single_data()
    except (yaml.YAMLError, RecursionError):  # often just a headline with a colon in it
        pairs = [line.partition(":") for line in block.splitlines() if not line[:1].isspace()]
        fields = {key.strip(): value.strip().strip("\"'") for key, colon, value in pairs if colon}
    return fields if isinstance(fields, dict) else None


def _words(value: object) -> str | None:
    """A text, a list of texts, or one that stands under "name"; an address is no use."""
    texts = [item.get("name") if isinstance(item, dict) else item for item in _listed(value)]
    words = clean(", ".join(text for text in texts if isinstance(text, str)))
    return None if words.startswith(("http://", "https://")) else words or None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def clean(value: str) -> str:
    """On one line, of a sensible length, without what cannot be shown or encoded."""
    if not value.isprintable():
        value = "".join(c for c in value if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    return " ".join(value.split())[:_LONGEST]


def date_in(text: str) -> datetime.date | None:
    """The first whole date in English or in figures; None where its figures could mean two days."""
    found = _DATE.search(text)
    if found is None:
        return None
    from dateutil.parser import parse

    pair = {int(found[part]) for part in ("first", "second") if found[part]}
    if len(pair) == 2 and max(pair) <= 12:
        return None
    try:
        if found["iso"]:
            year, month, number = map(int, re.split("[-/]", found["iso"]))
            return datetime.date(year, month, number)
        day: datetime.date = parse(found[0], dayfirst=True).date()
        return day
    except (ValueError, OverflowError):
        return None


def from_lines(text: str) -> Stated:
    """What the first lines of an article say in so many words: bylines, "Date: …", a dateline."""
    stated, updated = Stated(), Stated()
    for line in [line for line in text[:_TOP].splitlines() if line.strip()][:_HEAD]:
        for key, value in _statements(_plain(line)):
            if key == "updated":
                updated = updated.before(Stated(date=date_in(value)))
            else:
                stated = stated.before(_read(key, value))
    return stated.before(updated)


def _read(key: str, value: str) -> Stated:
    if key == "date":
        return Stated(date=date_in(value))
    if key == "author":
        return Stated(author=_DATE.sub("", value).strip(" ,;|") or None)
    credit = "/" in value or " via " in value.lower()  # "SOURCE: SPUTNIK/JANE DOE VIA REUTERS" is a photo's
    return Stated(publisher=None if credit else value.strip(" ,;|") or None)


def _statements(line: str) -> Iterator[tuple[str, str]]:
    """What a line says of the article: date, updated, author or publisher, and the words that give it."""
    labels = list(_LABEL.finditer(line))
    if labels and labels[0].start() == 0:
        ends = [label.start() for label in labels[1:]] + [len(line)]
        for label, end in zip(labels, ends, strict=True):
            yield _key(label[1]), line[label.end() : end]
    elif (dateline := _DATELINE.match(line)) and dateline[1].split(",")[0].isupper():
        yield "date", dateline[1]
        if dateline[2]:
            yield "publisher", dateline[2]
    else:
        for part in _PARTS.split(line):
            yield from _unlabelled(part)


def _unlabelled(part: str) -> Iterator[tuple[str, str]]:
    stamp = _STAMP.fullmatch(part)
    label, rest = (stamp[1], stamp[2]) if stamp else ("date", part)
    if _DATE.search(rest) and not _CLOCK.sub("", _DATE.sub("", rest)):
        yield _key(label), rest
    elif part[:3].lower() == "by " and _are_names(part[3:]):
        yield "author", part[3:]


def _key(label: str) -> str:
    label = label.lower()
    if "updated" in label or "modified" in label:
        return "updated"
    if label in ("source", "publisher"):
        return "publisher"
    return "author" if label.startswith("author") or label.endswith("by") else "date"


def _are_names(text: str) -> bool:
    words = text.replace(",", " ").split()
    named = all(word[0].isupper() or word.lower() in _PARTICLES for word in words)
    return 0 < len(words) <= 12 and named and words[0].lower() not in _NOT_A_NAME and not text.endswith(".")


def headline(text: str, furniture: Sequence[Span] = ()) -> str | None:
    """The article's own headline: a Markdown heading, else the first line that reads like one."""
    candidates: list[str] = []
    for line, words in _head(text, furniture):
        if re.match(r"#\s", line):
            return words
        if any(_statements(words)) or _LABEL.match(words) or re.match(r"[-*•|]\s", line):
            continue
        if len(words.split()) > _HEADLINE or len(words) > 250:
            break
        candidates.append(words)
        if words.endswith(".") and len(words.split()) >= 8:
            break
    for least in (5, 2):
        for words in candidates:
            if len(words.split()) >= least and not words.endswith((".", ".”", '."')):
                return words
    return candidates[0] if candidates else None


def _head(text: str, furniture: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """The first lines that are not furniture: as they stand, and without Markdown's marks."""
    count = 0
    for found in re.finditer(r"[^\s\ufeff][^\r\n]*", text[:_TOP]):
        words = _plain(found[0])
        if words and not any(span.start <= found.start() < span.end for span in furniture):
            count += 1
            yield found[0], words
        if count == _HEAD:
            return


def _plain(line: str) -> str:
    return clean(_MARKS.sub("", line))


def from_name(name: str) -> str:
    """A file's name as a title: "sub/china_visit-2.txt" is "china visit 2"."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    return " ".join(re.sub(r"[_-]+", " ", stem).split()) or name
