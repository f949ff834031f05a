"""The scores of a run, and the differences of two, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.render import safe
from eval.compare import Comparison, Difference, interval
from eval.measures import MEASURES
from eval.outcome import Outcome
from eval.results import Results

_MOST_FLIPPED = 12  # of a kind that are told; the report has all


def run(found: Results) -> Table:
    """Every measure that counts, with its interval, and the seconds that a question took."""
    table = Table(title=f"{found.system}: {len(found.outcomes)} questions", title_style="bold")
    for header in ("measure", "value", "95 %", "meaning"):
        table.add_column(header, justify="right" if header == "value" else "left")
    for measure in MEASURES:
        if (value := found.metrics.get(measure.name)) is not None:
            name = measure.name if measure.more_is_better else f"{measure.name} (less is better)"
            bounds = _interval(interval(found.outcomes, measure))
            table.add_row(name, f"{value:.3f}", bounds, Text(measure.meaning))
    for name, seconds in found.latency.items():
        table.add_row(f"seconds, {name}", f"{seconds:.3f}", "", "")
    return table


def comparison(found: Comparison, asked: Sequence[Outcome]) -> RenderableType:
    """Each measure of both runs with the interval of its difference, then the questions that flipped."""
    table = Table(title=f"{safe(found.a)} to {safe(found.b)}: {found.common} questions", title_style="bold")
    for header in ("measure", safe(found.a), safe(found.b), "difference", "95 %", ""):
        table.add_column(header, justify="left" if header in ("measure", "") else "right")
    for one in found.differences:
        if one.value is not None:
            table.add_row(*_row(one))
    return Group(table, *_left_out(found), *_flips(found, asked))


def _row(one: Difference) -> tuple[str, ...]:
    verdict = "" if one.verdict == "undecided" else one.verdict
    return (
        one.measure.name,
        f"{one.a:.3f}",
        f"{one.b:.3f}",
        f"{one.value:+.3f}",
        _interval(one.interval, "+"),
        verdict,
    )


def _interval(bounds: tuple[float, float] | None, sign: str = "") -> str:
    return f"{bounds[0]:{sign}.3f} to {bounds[1]:{sign}.3f}" if bounds else ""


def _left_out(found: Comparison) -> Iterator[Text]:
    for name, count in ((found.a, found.only_a), (found.b, found.only_b)):
        if count:
            yield Text(f"{count} questions of {safe(name)} alone are left out.")


def _flips(found: Comparison, asked: Sequence[Outcome]) -> Iterator[Text]:
    words = {one.id: one.question for one in asked}
    kinds = (
        ("Became right", found.gained),
        ("Became wrong", found.lost),
        ("Became answered", found.answered),
        ("Became declined", found.declined),
    )
    for title, ids in kinds:
        yield Text(f"{title}: {len(ids)}", style="bold")
        for id_ in ids[:_MOST_FLIPPED]:
            yield Text(f"  {safe(id_)}: {safe(words[id_])}")
        if len(ids) > _MOST_FLIPPED:
            yield Text(
                f"  and {len(ids) - _MOST_FLIPPED} more; quoth eval report {found.a} {found.b} has all."
            )
