"""The results of the benchmarks as Markdown, for the README."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from eval.bench.machine import described
from eval.bench.place import SEEDS
from eval.bench.record import Record
from eval.bench.vectors import COSINE, REAL

_NAMES = {"quoth": "Quoth", "langchain": "LangChain", "llama_index": "LlamaIndex", "haystack": "Haystack"}
_CORES = {"langchain": "langchain-chroma", "llama_index": "llama-index-core", "haystack": "haystack-ai"}
_MADE = (
    "Texts are Reuters-21578 and SQuAD, beyond them recombined paragraphs; the vectors of the first "
    f"{REAL:,} chunks are real, those of the others copies of them with noise (cosine {COSINE}), but for the "
    "last 5,000, which are really embedded while they are stored. "
    "Milliseconds are p50 / p95 / p99 of a warm program, each question new to it."
)


def rendered(records: Sequence[Record]) -> str:
    """On what it was measured, a table by size, one of the systems side by side.

    Sizes and rows that nothing was measured for are left out.
    """
    machines = dict.fromkeys(described(record["made"]) for record in records)
    by_size = _by_size([record for record in records if record["benchmark"] != "beside"])
    others = [_beside(record) for record in records if record["benchmark"] == "beside"]
    return "\n\n".join([f"On {'; '.join(machines)}. {_MADE}", *filter(None, [by_size, *others])])


def _by_size(records: Sequence[Record]) -> str:
    """A column a size, a row a measure."""
    local = [one for one in records if one["benchmark"] != "served"]
    sizes = sorted({str(one["size"]) for one in local}, key=lambda size: 0 if size == SEEDS else int(size))
    by_size = {size: {one["benchmark"]: one for one in local if one["size"] == size} for size in sizes}
    columns: list[tuple[str, Mapping[str, Record]]] = [(_name(size, of), of) for size, of in by_size.items()]
    columns += [_served(one) for one in records if one["benchmark"] == "served"]
    if not columns:
        return ""
    lines = [f"| | {' | '.join(name for name, _ in columns)} |", "|---|" + "--:|" * len(columns)]
    for row in ROWS:
        cells = [row.of(column) for _, column in columns]
        if any(cells):
            lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _served(record: Record) -> tuple[str, Mapping[str, Record]]:
    """The column of an index in a Chroma server."""
    built = {"real": record["real"], **record["indexing"]}
    name = f"{record['chunks']:,} chunks in a Chroma server"
    return name, {"store": built, "question": record["asking"], "server": record["server"]}


def _name(size: str, column: Mapping[str, Record]) -> str:
    if size != SEEDS:
        return f"{int(size):,} chunks"
    return f"{column['index']['articles']} articles" if "index" in column else "the seeds"


class _Row(NamedTuple):
    """A measure: its name, the benchmarks that may have it, the best first, and how it is shown."""

    name: str
    benchmarks: tuple[str, ...]
    shown: Callable[[Record], str]

    def of(self, column: Mapping[str, Record]) -> str:
        """What the benchmarks of one size say; nothing where none says it."""
        record = next((column[name] for name in self.benchmarks if name in column), None)
        try:
            return self.shown(record) if record else ""
        except LookupError:  # not every folder has publishers, or chunks enough for a rate along the way
            return ""


def _ms(times: Mapping[str, float]) -> str:
    return " / ".join(f"{1000 * times[share]:.0f}" for share in ("p50", "p95", "p99"))


def _mb(size: float) -> str:
    return f"{size / 1e6:,.0f}"


def _filtered(kind: str) -> Callable[[Record], str]:
    return lambda one: f"{_ms(one['retrieval'][kind])} ({100 * one['shares'][kind]:.2g} %)"


_BUILT = ("store", "index")
ROWS = (
    _Row("of real texts, %", _BUILT, lambda one: f"{100 * one['real'] / one['chunks']:.0f}"),
    _Row("indexed, chunks a second", ("index",), lambda one: f"{one['rate']:,.0f}"),
    _Row("… the last 5,000", ("store",), lambda one: f"{one['late']:,.0f}"),
    _Row("stored alone, chunks a second", ("store",), lambda one: f"{one['rate']:,.0f}"),
    _Row("… the last 5,000 of these", ("store",), lambda one: f"{list(one['rates'].values())[-1]:,.0f}"),
    _Row("memory meanwhile, MB", _BUILT, lambda one: _mb(one["peak"])),
    _Row("… of the Chroma server", ("server",), lambda one: _mb(one["peak"])),
    _Row("on disk, MB", _BUILT, lambda one: _mb(one["disk"])),
    _Row("… on that of the server", ("server",), lambda one: _mb(one["disk"])),
    _Row("one more article, s", _BUILT, lambda one: f"{one['change']:.2f}"),
    _Row("`quoth --help`, s", ("start",), lambda one: f"{one['help']:.2f}"),
    _Row("`quoth ask`, s", ("start",), lambda one: f"{one['ask']:.2f}"),
    _Row("prompt of `quoth chat`, s", ("start",), lambda one: f"{one['prompt']:.2f}"),
    _Row("a new bot is behind for, s", ("question",), lambda one: f"{one['behind']:.0f}"),
    _Row("retrieval, ms", ("question",), lambda one: _ms(one["retrieval"]["all"])),
    _Row("… of one publisher (share), ms", ("question",), _filtered("publisher")),
    _Row("… of one year, ms", ("question",), _filtered("year")),
    _Row("… of one month, ms", ("question",), _filtered("month")),
    _Row("answer, ms", ("question",), lambda one: _ms(one["answer"])),
    _Row(
        "20 askers: throughput of one's", ("question",), lambda one: f"{one['at_once']['throughput']:.2f} ×"
    ),
    _Row("20 askers: longest, s", ("question",), lambda one: f"{one['at_once']['longest']:.2f}"),
    _Row("memory while answering, MB", ("question",), lambda one: _mb(one["peak"])),
)


def _beside(record: Record) -> str:
    rows = [
        f"| {record['chunks']:,} chunks | indexed a second | Quoth is | a query, ms | Quoth is |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, one in record["systems"].items():
        version = record["versions"].get(name, {}).get(_CORES.get(name), "")
        rows.append(
            f"| {f'{_NAMES[name]} {version}'.strip()} | {one['rate']:.0f} | {one['index_ratio']:.1f} × "
            f"| {1000 * one['query']:.0f} | {one['query_ratio']:.1f} × |"
        )
    return "\n".join(rows)
