"""`python -m eval.bench`: make corpora of many sizes, and measure the program over them.

Everything that is made stands in the folder of `--work`; results go to `eval/results/bench`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from eval.bench import beside, build, child, corpus, start, table, texts, vectors
from eval.bench.place import SEEDS, Place
from eval.bench.record import FOLDER, keep, load
from eval.bench.server import ChromaServer
from eval.questions import load as load_questions
from retrieval.embedding import Transformer
from retrieval.errors import QuothError
from retrieval.settings import Settings

_SIZES = (5_000, 10_000, 100_000, 200_000, 300_000)  # chunks


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except QuothError as error:
        sys.exit(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".quoth/bench"), help="where all is made")
    parser.add_argument("--results", type=Path, default=FOLDER)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    made = _command(commands, "corpus", _corpus, "write the articles: so many chunks, or the seeds")
    made.add_argument("--reuters", type=Path, help="folder of Reuters-21578 as documents.jsonl")
    made.add_argument("--squad", type=Path, help="folder or file of SQuAD")
    made.add_argument("--seeds", type=Path, default=Path("seeds"), help="the articles of the size `seeds`")
    made = _command(commands, "vectors", _vectors, "embed the first chunks of a corpus, for `store`")
    made.add_argument("--count", type=int, default=vectors.REAL)
    _command(commands, "index", _index, "make the index, everything embedded: chunks a second, memory, disk")
    _command(commands, "store", _store, "the same with vectors that were made before: storing alone")
    asked = _command(commands, "question", _question, "seconds of retrieval and of answers")
    asked.add_argument("--questions", type=int, default=500)
    served = _command(commands, "served", _served, "`store` and `question` over a Chroma server")
    served.add_argument("--questions", type=int, default=100)
    begun = _command(commands, "start", _start, "seconds of programs that begin with nothing loaded")
    begun.add_argument("--rounds", type=int, default=7)
    others = _command(commands, "beside", _beside, "LangChain, LlamaIndex and Haystack on the same texts")
    others.add_argument("--environments", type=Path, help="where theirs are made; else in --work")
    others.add_argument("--rounds", type=int, default=3)
    others.add_argument("--questions", type=int, default=200)
    whole = commands.add_parser("all", help="all of these in turn, at many sizes; takes an hour")
    whole.add_argument("--reuters", type=Path, required=True)
    whole.add_argument("--squad", type=Path, required=True)
    whole.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="the first is also embedded")
    whole.set_defaults(run=_all)
    shown = commands.add_parser("table", help="the results as Markdown")
    shown.set_defaults(run=_table)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], None],
    help: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help)
    parser.add_argument("--size", default=SEEDS, help="chunks, or `seeds`")
    parser.set_defaults(run=run)
    return parser


def _corpus(given: argparse.Namespace) -> None:
    place = Place(given.work, given.size)
    if given.size == SEEDS:
        made = corpus.adopt(place.made, given.seeds, [case.question for case in load_questions()])
    elif given.reuters and given.squad:
        made = corpus.make(place.made, int(given.size), texts.stories(given.reuters, given.squad))
    else:
        raise QuothError("A corpus is made of public texts: give --reuters and --squad.")
    print(
        f"{len(made.chunks)} articles, {made.size} chunks, {made.real} of them of real texts: {made.folder}"
    )


def _vectors(given: argparse.Namespace) -> None:
    place = Place(given.work, given.size)
    embedder = Transformer(Settings().model, given.work)
    vectors.make(embedder, corpus.chunk_texts(place.corpus, given.count), place.vectors)


def _index(given: argparse.Namespace) -> None:
    _build(given, "index", None)


def _store(given: argparse.Namespace) -> None:
    _build(given, "store", str(Place(given.work, given.size).vectors))


def _build(given: argparse.Namespace, benchmark: str, kept: str | None) -> None:
    place = Place(given.work, given.size)
    made = place.corpus
    shutil.rmtree(place.data, ignore_errors=True)
    found = child.run("build", folder=made.folder, data=place.data, vectors=kept, counts=made.chunks)
    keep(benchmark, given.size, found | {"real": made.real}, given.results)


def _question(given: argparse.Namespace) -> None:
    place = Place(given.work, given.size)
    settings, asked = place.indexed, place.corpus.questions[: given.questions]
    found = child.run("ask", folder=settings.folder, data=settings.data, questions=asked)
    keep("question", given.size, found, given.results)


def _served(given: argparse.Namespace) -> None:
    place = Place(given.work, given.size)
    made = place.corpus
    shutil.rmtree(place.served, ignore_errors=True)
    with ChromaServer(place.served / "server") as server:
        where = {"folder": made.folder, "server": server.url}
        kept = {"vectors": place.vectors, "counts": made.chunks}
        built = child.run("build", **where, **kept, data=place.served / "indexer")
        asked = child.run(
            "ask", **where, data=place.served / "bot", questions=made.questions[: given.questions]
        )
        held = {"peak": server.peak, "disk": build.size(server.folder)}
    found = {"chunks": built["chunks"], "real": made.real, "indexing": built, "asking": asked, "server": held}
    keep("served", given.size, found, given.results)


def _start(given: argparse.Namespace) -> None:
    place = Place(given.work, given.size)
    found = start.measure(place.indexed, place.corpus.questions[0], given.rounds)
    keep("start", given.size, found, given.results)


def _beside(given: argparse.Namespace) -> None:
    environments = given.environments or given.work / "environments"
    made = Place(given.work, given.size).corpus
    keep(
        "beside", given.size, beside.measure(made, environments, given.rounds, given.questions), given.results
    )


def _all(given: argparse.Namespace) -> None:
    here = ["--work", str(given.work), "--results", str(given.results)]
    for step in plan(given.sizes):
        texts = ["--reuters", str(given.reuters), "--squad", str(given.squad)] if step[0] == "corpus" else []
        print("+", *step, flush=True)
        main([*here, *step, *texts])


def plan(sizes: Sequence[int]) -> Iterator[list[str]]:
    """Every command for these sizes and the seeds; the smallest is embedded, too, and put beside others."""
    smallest, largest = str(min(sizes)), str(max(sizes))
    for size in (SEEDS, *map(str, sizes)):
        yield ["corpus", "--size", size]
    yield ["vectors", "--size", largest]
    yield ["index", "--size", SEEDS]
    yield ["index", "--size", smallest]
    yield from (["store", "--size", str(size)] for size in sizes)
    for size in (SEEDS, *map(str, sizes)):
        yield ["start", "--size", size]
        yield ["question", "--size", size]
    yield ["beside", "--size", smallest]
    yield ["table"]


def _table(given: argparse.Namespace) -> None:
    print(table.rendered(load(given.results)))


if __name__ == "__main__":
    main()
