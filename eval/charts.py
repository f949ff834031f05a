"""The charts of the report as SVG: the same outcomes give the same text, none of it from articles.

No title, no legend and no name stands in them: those belong to the page, which can escape and wrap them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from eval.measures import risks
from eval.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours for a light or a dark page; `lines` are those of the first and of the second system."""

    ink: str
    grid: str
    lines: tuple[str, str]


LIGHT = Theme("#4a4f57", "#d9dbde", ("#1c5aa6", "#a84a08"))
DARK = Theme("#b9bec6", "#3a3f47", ("#86b7f7", "#f0a868"))

Draw = Callable[[Sequence[Sequence[Outcome]], Theme], str]

_STROKES = ("-", (0, (4, 2)))  # so that the systems differ without their colours too
_SIZE = (4.4, 2.9)  # inches; the page scales it
_FONT = ("'DejaVu Sans', sans-serif", "system-ui, sans-serif")  # measured with one, shown in the reader's own
_FINER = re.compile(r"(?<=\.\d\d)\d+")  # than a hundredth of a point: nobody sees it
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "quoth",
    "svg.fonttype": "none",
    "font.sans-serif": ["DejaVu Sans", "sans-serif"],
    "font.size": 9,
}
_FASTEST = 1e-4  # seconds, as the outcomes are rounded: a logarithm needs more than nothing
_WIDE = 20.0  # times the fastest, from which a linear axis would squeeze one system into a line


def risk_coverage(systems: Sequence[Sequence[Outcome]], theme: Theme) -> str:
    """The share of wrong answers (risk) over the share of questions answered (coverage), of each system.

    The dot is where a system stopped answering. Every outcome needs the mark `insisted`.
    """
    with _axes(theme) as (figure, axes):
        for outcomes, colour, stroke in zip(systems, theme.lines, _STROKES, strict=False):
            wrong = risks(outcomes)
            covered = [number / len(wrong) for number in range(1, len(wrong) + 1)]
            axes.plot(covered, wrong, color=colour, linestyle=stroke, linewidth=1.8)
            axes.plot(*_operating(outcomes), "o", color=colour, markersize=6)
        axes.set(xlabel="Coverage: share of questions answered", ylabel="Risk: share of them wrong")
        axes.set(xlim=(0, 1.02), ylim=(0, None))
        axes.xaxis.set_major_formatter(FuncFormatter(_percent))
        axes.yaxis.set_major_formatter(FuncFormatter(_percent))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        return _svg(figure)


def _percent(share: float, _: object) -> str:
    return f"{100 * share:.3g}%"


def _operating(outcomes: Sequence[Outcome]) -> tuple[list[float], list[float]]:
    """The coverage and the risk of what was answered; nowhere if nothing was."""
    answered = [one for one in outcomes if one.answered]
    wrong = sum(not one.is_right for one in answered)
    return ([len(answered) / len(outcomes)], [wrong / len(answered)]) if answered else ([], [])


def latency(systems: Sequence[Sequence[Outcome]], theme: Theme) -> str:
    """The share of the questions that took no longer than so many seconds, of each system."""
    with _axes(theme) as (figure, axes):
        for outcomes, colour, stroke in zip(systems, theme.lines, _STROKES, strict=False):
            axes.ecdf([max(one.seconds, _FASTEST) for one in outcomes], color=colour, ls=stroke, lw=1.8)
        seconds = [max(one.seconds, _FASTEST) for outcomes in systems for one in outcomes]
        axes.set(xlabel="Seconds", ylabel="Share of questions", ylim=(0, 1.02))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 0.95], ["0%", "25%", "50%", "75%", "95%"])
        if max(seconds) > _WIDE * min(seconds):
            _logarithmic(axes)
        else:
            axes.set_xlim(0, max(seconds) * 1.04)
        return _svg(figure)


def _logarithmic(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("Seconds (logarithmic)")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


@contextmanager
def _axes(theme: Theme) -> Iterator[tuple[Figure, Axes]]:
    """Matplotlib as it comes, whatever the user's own settings are."""
    with matplotlib.style.context("default"), rc_context(_STYLE):
        figure = Figure(_SIZE, layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["bottom", "left"]].set_color(theme.grid)
        axes.tick_params(which="both", color=theme.grid, labelcolor=theme.ink)
        axes.xaxis.label.set_color(theme.ink)
        axes.yaxis.label.set_color(theme.ink)
        axes.grid(color=theme.grid, linewidth=0.6)
        axes.set_axisbelow(True)
        yield figure, axes


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = stream.getvalue()
    text = text[text.index("<svg") :].replace(*_FONT)  # what stands before names an address of the W3C
    return _FINER.sub("", text)
