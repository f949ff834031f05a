"""HTML and PDF to text, in a child process that may crash, hang or want too much memory without harm.

Run as a script, this file is that child. It imports nothing else of Quoth, so that it starts with no folder
of the user's on Python's path, and the parent never imports trafilatura or pypdf.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import itertools
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from retrieval.settings import Settings

Kind = Literal["html", "pdf"]

_REQUEST = struct.Struct(">4sIQ")  # kind, pages allowed, bytes that follow
_REPLY = struct.Struct(">Q")  # bytes of JSON that follow
_FILES_A_CHILD = 200  # a child that leaks must not make a later file fail
_GRACE = 5.0  # seconds after which a child whose parent is gone ends itself
_ENVIRONMENT = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE", "APPDATA")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_SHORT = 250  # characters: an article this short may be a wrong guess at what the article is


class Refused(Exception):
    """A file that cannot be parsed; `str(error)` follows the word "it": why, and what to do."""


class _Died(Exception):
    """The child ended without an answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: bytes, seconds of parsing, bytes of memory while parsing, pages."""

    size: int = 20_000_000
    seconds: float = 30.0
    memory: int = 1_500_000_000
    pages: int = 2_000

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(size=settings.max_bytes, seconds=settings.parse_seconds, pages=settings.max_pages)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The text of an HTML or PDF file, and what the file says of itself; `date` is ISO.

    `pages` holds the offset in `text` at which each page starts; it is empty for HTML.
    """

    text: str
    pages: tuple[int, ...] = ()
    title: str | None = None
    author: str | None = None
    date: str | None = None
    publisher: str | None = None


class Parser:
    """A child process that parses one file after another; a context manager, started when first needed."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, kind: Kind, raw: bytes) -> Parsed:
        """The text and metadata of the file whose bytes are `raw`; raises `Refused`."""
        reply = self._asked_twice(kind, raw)
        if "refused" in reply:
            raise Refused(reply["refused"])
        return Parsed(**reply | {"pages": tuple(reply["pages"])})

    def close(self) -> None:
        """End the child, if there is one; the next `parse` starts another."""
        child, self._child, self._asked = self._child, None, 0
        if child is None:
            return
        child.kill()
        for pipe in filter(None, (child.stdin, child.stdout)):
            with contextlib.suppress(OSError):  # what was left to write has no reader any more
                pipe.close()
        child.wait()

    def _asked_twice(self, kind: Kind, raw: bytes) -> dict[str, Any]:
        """The child's reply; one that dies gets a second chance: an earlier file may be to blame."""
        fresh = self._asked == 0
        try:
            return self._ask(kind, raw)
        except _Died:
            if not fresh:
                return self._asked_twice(kind, raw)
            most = f"{self.limits.memory / 1e6:,.0f} MB of memory"
            raise Refused(f"crashes the parser or needs more than {most}; save its text as .txt") from None

    def _ask(self, kind: Kind, raw: bytes) -> dict[str, Any]:
        child = self._child = self._child or _start(self.limits)
        self._asked += 1
        late = threading.Event()
        timer = threading.Timer(self.limits.seconds, _stop, (child, late))
        timer.start()
        try:
            header = _REQUEST.pack(kind.encode(), self.limits.pages, len(raw))
            reply = _exchange(child, header + raw, self.limits)
        except BaseException as error:  # an interrupt, too, leaves the child half way through a reply
            self.close()
            if not isinstance(error, (OSError, EOFError)):
                raise
            if not late.is_set():
                raise _Died from error
            most = f"{self.limits.seconds:g} seconds"
            raise Refused(f"takes longer than {most} to parse; save its text as .txt") from None
        finally:
            timer.cancel()
        if self._asked == _FILES_A_CHILD:
            self.close()
        return reply


def _start(limits: Limits) -> subprocess.Popen[bytes]:
    # -P keeps this file's folder off the path: its types.py would hide Python's own.
    # A fixed hash seed makes a parse repeatable; keys and tokens stay out of the child's reach.
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return subprocess.Popen(
        [
            sys.executable,
            "-P",
            str(Path(__file__).resolve()),
            str(limits.memory),
            str(limits.seconds + _GRACE),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
    )


def _stop(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    child.kill()


def _exchange(child: subprocess.Popen[bytes], request: bytes, limits: Limits) -> dict[str, Any]:
    if child.stdin is None or child.stdout is None:
        raise EOFError
    child.stdin.write(request)
    child.stdin.flush()
    (length,) = _REPLY.unpack(_received(child.stdout, _REPLY.size))
    most = 4 * limits.size + 65_536
    if length > most:
        raise Refused(f"holds more than {most:,} bytes of text; split it into smaller files")
    reply: dict[str, Any] = json.loads(_received(child.stdout, length))
    return reply


def _received(stream: IO[bytes], length: int) -> bytes:
    raw = stream.read(length)
    if len(raw) < length:
        raise EOFError
    return raw


_lock = threading.Lock()
_parsers: list[Parser] = []  # at most one, kept alive between files


def parse(kind: Kind, raw: bytes, limits: Limits) -> Parsed:
    """The text and metadata of the file whose bytes are `raw`; raises `Refused`.

    The child stays alive for the next file, until `close`, other limits or the end of the program.
    """
    with _lock:
        if _parsers and _parsers[0].limits != limits:
            _parsers.pop().close()
        if not _parsers:
            _parsers.append(Parser(limits))
        return _parsers[0].parse(kind, raw)


@atexit.register
def close() -> None:
    """End the child that `parse` keeps, and give back its memory."""
    with _lock:
        while _parsers:
            _parsers.pop().close()


def _serve(memory: int, seconds: float) -> None:
    """The child: answer one request after another until the parent closes the pipe."""
    _confine(memory)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get into a reply
    while len(header := source.read(_REQUEST.size)) == _REQUEST.size:
        kind, pages, length = _REQUEST.unpack(header)
        _alarm(seconds)
        body = json.dumps(_answer(kind, source.read(length), pages)).encode()
        if _starved(memory):
            raise MemoryError
        _alarm(0)
        sink.write(_REPLY.pack(len(body)) + body)
        sink.flush()


def _confine(memory: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # refused on macOS, or where a lower limit holds
            resource.setrlimit(what, (most, most))


def _starved(memory: int) -> bool:
    """Whether memory ran short, where Linux tells: lxml does not raise, it finds less text or none."""
    try:
        with Path("/proc/self/status").open(encoding="ascii") as status:
            peak = next((line for line in status if line.startswith("VmPeak:")), None)
    except OSError:
        return False
    return peak is not None and int(peak.split()[1]) * 1024 > 0.95 * memory


def _alarm(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _answer(kind: bytes, raw: bytes, pages: int) -> dict[str, Any]:
    try:
        return asdict(_pdf(raw, pages) if kind.startswith(b"pdf") else _html(raw))
    except Refused as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        raise  # ends this child: the next one starts with all its memory
    except Exception as error:  # the parsers raise almost anything on a damaged file
        return {"refused": f"is damaged ({type(error).__name__}); save its text as .txt"}


def _html(raw: bytes) -> Parsed:
    import trafilatura
    from trafilatura.settings import Document, use_config

    page = _decoded(raw)
    if not re.search(r"<html|<!doctype", page[:4096], re.IGNORECASE):
        page = f"<!doctype html>{page}"  # without one, a fragment is not taken for HTML
    config = use_config()
    for name in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE"):  # else a short article becomes a single line
        config.set("DEFAULT", name, "1")
    dates = {"extensive_search": False, "original_date": True}  # what the page states, not a guess
    found = trafilatura.bare_extraction(
        page, with_metadata=True, include_comments=False, date_extraction_params=dates, config=config
    )
    known = found if isinstance(found, Document) else Document()
    text = _tidy(known.text or "")
    if len(text) < _SHORT:
        text = _longer(text, page)
    if not text:
        raise Refused("has no text that can be found; save its text as .txt")
    return Parsed(text, (), known.title, known.author, known.date, known.sitename)


def _longer(text: str, page: str) -> str:
    """A simpler reading of the page, where there is no `text` or it misses most of the page."""
    import trafilatura

    simple = _tidy(trafilatura.baseline(page)[1])
    if text and len(simple) < _SHORT:
        return text
    return max(simple, text, key=len) or _tidy(trafilatura.html2txt(page))


def _decoded(raw: bytes) -> str:
    """HTML as text: by its byte order mark, as UTF-8, or as the encoding that it declares."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    with contextlib.suppress(UnicodeDecodeError):
        return raw.decode("utf-8-sig")
    declared = _CHARSET.search(raw[:4096])
    if declared is None:
        raise Refused("is neither UTF-8 nor declares its encoding; save it as UTF-8")
    name = declared[1].decode("ascii")
    try:
        # Browsers read the one as the other, and pages count on it.
        return raw.decode("cp1252" if name.lower() in ("iso-8859-1", "latin1") else name)
    except (LookupError, UnicodeDecodeError):
        raise Refused(f"declares the encoding {name} but cannot be read as that; save it as UTF-8") from None


def _pdf(raw: bytes, most: int) -> Parsed:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(raw))
    if reader.is_encrypted:
        raise Refused("is encrypted; save a copy without a password")
    if (count := len(reader.pages)) > most:
        raise Refused(f"has {count:,} pages, more than the limit of {most:,}; split it into smaller files")
    texts = [_unwrapped(_tidy(page.extract_text())) for page in reader.pages]
    if not any(texts):
        raise Refused("has no text, only images it seems; run text recognition (OCR) on it first")
    starts = [0]
    for text in texts[:-1]:
        starts.append(starts[-1] + len(text) + 2)
    return Parsed("\n\n".join(texts), tuple(starts), title=_title(reader.metadata, texts[0]))


def _title(about: Mapping[str, Any] | None, page: str) -> str | None:
    """A PDF's title if its first page says so too: many name the program or the file instead."""
    title = " ".join(str((about or {}).get("/Title") or "").split())
    return title if title and title in " ".join(page.split()) else None


def _tidy(text: str) -> str:
    """Without lone surrogates, control characters, and blanks at the ends of lines and of the text."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    clean = _CONTROLS.sub("", whole.replace("\f", "\n"))
    return "\n".join(line.rstrip() for line in clean.split("\n")).strip()


def _unwrapped(text: str) -> str:
    """A PDF page with the lines of a paragraph joined, since its own lines end where the paper does."""
    lines = text.split("\n")
    lengths = sorted(map(len, lines))
    full = max(45.0, 0.75 * lengths[len(lengths) * 9 // 10])
    pieces = [lines[0]]
    for before, line in itertools.pairwise(lines):
        if not before or not line or (len(before) < full and not line[0].islower()):
            pieces += ["\n", line]
        elif re.search(r"[^\W\d_]-$", before[-2:]):
            pieces[-1] = before[:-1] if line[0].islower() else before
            pieces.append(line)
        else:
            pieces += [" ", line]
    return "".join(pieces)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
