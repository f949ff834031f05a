"""The report of a run, alone or beside its baseline: one HTML file that needs nothing from outside.

Articles and questions are untrusted: everything from them is escaped, characters that turn or hide text are
made visible, and the page's content-security policy allows its own style and script by their hashes, images
that stand in the page, and nothing else. Equal results give an equal file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from eval import charts, headline
from eval.charts import DARK, LIGHT, Theme
from eval.compare import compare
from eval.headline import Outcomes
from eval.results import Results
from eval.view import GOOD, STATES, is_asked, questions, state
from retrieval.errors import InputError

_HERE = Path(__file__).parent
# Controls, what turns the direction of text, tags that nobody sees, and halves of characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def html(a: Results, b: Results | None = None) -> str:
    """The report of run `a`, beside its baseline `b` over the questions of both; differences are A − B.

    Raises InputError where they have no question in common.
    """
    compared = compare(b, a) if b else None
    runs = _named(a, b)
    asked = _common(a, b)
    rows = headline.rows(a, asked[0], compared)
    page = _template().render(
        names=list(runs),
        counted=_counted(asked[0]),
        left_out=compared and _left_out(compared.only_b, compared.only_a, list(runs)),
        tallies=[(name, list(_tally(outcomes))) for name, outcomes in zip(runs, asked, strict=True)],
        counts=_counts(asked[0]),
        flips=compared and {"won": len(compared.gained), "lost": len(compared.lost)},
        explained=_explained(compared is not None),
        groups=[*headline.grouped(rows), *headline.latencies(asked)],
        unmeasured=[row.name for row in rows if not row.is_measured],
        charts=list(_charts(asked)),
        slices=list(_slices(asked)),
        questions=list(questions(runs, asked)),
        made=list(_made(list(runs.values()))),
        states=STATES,
        good=GOOD,
        **_assets(),
    )
    return _UNSAFE.sub("\ufffd", page)


def save(page: str, file: Path) -> None:
    """Write it whole or not at all. Raises InputError where the file cannot be written."""
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(page.encode())
        part.replace(file)
    except OSError as error:
        raise InputError(
            f"The report cannot be written to {file} ({error.strerror}): name another."
        ) from error


def _named(a: Results, b: Results | None) -> dict[str, Results]:
    if b is None:
        return {a.name: a}
    return {a.name: a, b.name: b} if a.name != b.name else {f"{a.name} (A)": a, f"{b.name} (B)": b}


def _common(a: Results, b: Results | None) -> list[Outcomes]:
    """The outcomes of each run, of the same questions in A's order."""
    if b is None:
        return [a.outcomes]
    others = {(one.id, one.question): one for one in b.outcomes}
    both = {key: one for one in a.outcomes if (key := (one.id, one.question)) in others}
    return [list(both.values()), [others[key] for key in both]]


def _counted(outcomes: Outcomes) -> str:
    splits = " and ".join(sorted({one.split for one in outcomes}))
    return f"{_number_of(len(outcomes), 'question')}{f' of the {splits} split' if splits else ''}."


def _number_of(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _left_out(only_a: int, only_b: int, names: Sequence[str]) -> str:
    told = zip((only_a, only_b), names, strict=True)
    some = [f"{_number_of(count, 'question')} of {name}" for count, name in told if count]
    return f"Left out, since the other run does not have them: {' and '.join(some)}." if some else ""


def _counts(outcomes: Outcomes) -> list[tuple[str, int]]:
    found = Counter(map(state, outcomes))
    return [(name, found[name]) for name in STATES if found[name]]


def _tally(outcomes: Outcomes) -> Iterator[tuple[str, int, float, float]]:
    """Every state with its count, and where in a bar of a hundred it begins and how wide it is."""
    start = 0.0
    for name, count in _counts(outcomes):
        width = 100 * count / len(outcomes)
        yield name, count, round(start, 2), round(width, 2)
        start += width


def _explained(beside: bool) -> str:
    told = "Under each value stands its 95 % interval, by bootstrap over the questions."
    if beside:
        told += (
            " That of a difference is by paired bootstrap; undecided is what may be chance:"
            " the interval holds 0, or too few questions differ."
        )
    return told


class Part(NamedTuple):
    """What a system made of the questions of a kind."""

    questions: int
    right: int
    declined: int
    confidence: float | None


class Slice(NamedTuple):
    """The questions of a kind."""

    kind: str
    questions: int
    parts: tuple[Part, ...]


def _slices(asked: Sequence[Outcomes]) -> Iterator[Slice]:
    for kind, count in Counter(one.kind for one in asked[0]).items():
        alike = [
            [one for one, first in zip(some, asked[0], strict=True) if first.kind == kind] for some in asked
        ]
        yield Slice(kind, count, tuple(map(_part, alike)))


def _part(outcomes: Outcomes) -> Part:
    states = list(map(state, outcomes))
    sure = [one.confidence for one in outcomes if is_asked(one)]
    return Part(
        questions=len(states),
        right=sum(name in GOOD for name in states),
        declined=sum(name.startswith("declined") for name in states),
        confidence=sum(sure) / len(sure) if sure else None,
    )


class Chart(NamedTuple):
    """A chart with what tells of it in words."""

    title: str
    caption: str
    alternative: str
    images: Mapping[str, str]  # a data address for a light and for a dark page


def _charts(asked: Sequence[Outcomes]) -> Iterator[Chart]:
    if not all(outcomes and all(map(is_asked, outcomes)) for outcomes in asked):
        return
    yield Chart(
        "Risk and coverage",
        "If only the surest questions were answered: how many of those answers are wrong. "
        "The dot is the run as it was.",
        "A curve of the share of wrong answers over the share of questions answered, the surest first; "
        "aurc and coverage in the table above sum it up.",
        _images(charts.risk_coverage, asked),
    )
    yield Chart(
        "Latency",
        "The share of the questions that took no longer than so many seconds.",
        "A rising curve of the share of questions over the seconds that they took; "
        "p50, p95 and p99 in the table above are points of it.",
        _images(charts.latency, asked),
    )


def _images(draw: charts.Draw, asked: Sequence[Outcomes]) -> dict[str, str]:
    def address(theme: Theme) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(draw(asked, theme).encode()).decode()

    return {"light": address(LIGHT), "dark": address(DARK)}


class Made(NamedTuple):
    """One thing that made the runs."""

    name: str
    cells: tuple[str, ...]
    differs: bool


def _made(runs: Sequence[Results]) -> Iterator[Made]:
    flat = [dict(_flat({"system": run.system, **run.made})) for run in runs]
    for name in dict.fromkeys(name for one in flat for name in one):
        cells = tuple(one.get(name, "–") for one in flat)
        yield Made(name, cells, len(set(cells)) > 1)


def _flat(made: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in made.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", "–" if value is None else str(value)


def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters |= {
        "number": lambda value: "–" if value is None else _minus(f"{value:.3f}"),
        "signed": lambda value: "–" if value is None else _minus(f"{value:+.3f}"),
        "short": lambda value: _minus(f"{value:.3g}"),
        "hundredths": lambda value: "–" if value is None else f"{value:.2f}",
        "percent": lambda value: f"{100 * value:.0f}%",
        "interval": lambda bounds: " to ".join(_minus(f"{bound:.3f}") for bound in bounds),
        "fragment": lambda id_: quote(_UNSAFE.sub("\ufffd", id_), safe=""),
    }
    return environment.from_string((_HERE / "report.html").read_text("utf-8"))


def _minus(number: str) -> str:
    return number.replace("-", "\N{MINUS SIGN}")


def _assets() -> dict[str, Any]:
    """Style and script, and the policy that allows these two by their hashes."""
    css, js = ((_HERE / f"report.{kind}").read_text("utf-8") for kind in ("css", "js"))
    policy = (
        f"default-src 'none'; style-src {_source(css)}; script-src {_source(js)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"css": Markup(css), "js": Markup(js), "policy": policy}  # noqa: S704  # our own files


def _source(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
