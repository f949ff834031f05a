"""The scores of a run, and the differences of two, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.render import safe
from eval import stopping
from eval.adversary import MISCITED
from eval.claims import KINDS
from eval.compare import Comparison, Difference, interval
from eval.measures import MEASURES
from eval.outcome import Outcome
from eval.results import Results
from eval.stopping import Findings, Share

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


def stopped(found: Findings) -> Table:
    """What the support gate stopped of each kind of sentence, and what its learned score is worth alone."""
    judged = "" if found.scored else ", by rules alone: there is no learned score"
    table = Table(title=f"{found.split}: {len(found.told)} sentences{judged}", title_style="bold")
    for header in ("measure", "of", "value", "95 %", "meaning"):
        table.add_column(header, justify="right" if header in ("of", "value") else "left")
    for kind in found.kinds:
        table.add_row(kind, *_share(found.stopped(kind)), f"stopped: {KINDS[kind]}")
    table.add_row("stopped", *_share(found.stopped()), stopping.TOTALS["stopped"], end_section=True)
    for kind, meaning in MISCITED.items():
        fates = found.fates(kind)
        told = f"{fates['kept']} cited to evidence, {fates['removed']} removed, {fates['elsewhere']} left"
        table.add_row(kind, *_share(found.mended(kind)), f"a right sentence {meaning}: {told}")
    table.add_row(
        "removed (less is better)", *_share(found.removed), stopping.TOTALS["removed"], end_section=True
    )
    for name, value in stopping.scores(found.scored).items():
        if value is not None:
            table.add_row(name, "", f"{value:.3f}", "", f"the score alone: {stopping.SCORES[name]}")
    return table


def _share(share: Share) -> tuple[str, str, str]:
    """Of how many, what share, and its interval."""
    return str(share.total), "" if share.value is None else f"{share.value:.3f}", _interval(share.interval)
