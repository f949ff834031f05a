"""What the models lose by running without torch: `python -m eval.parity`.

Asks the questions of the set of both: the models as they are used, on onnxruntime and for the most part in 8
bits, and the same models on torch. Lists each answer that differs, then every measure with the interval of
its difference, how near the vectors of passages are to torch's, and how many a second are made of the same
passages in the same run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from eval.compare import Difference, compare
from eval.dataset import Dataset
from eval.outcome import Outcome
from eval.questions import SET, read_articles
from eval.results import Results
from eval.run import run
from retrieval.chunking import chunk
from retrieval.embedding import Transformer, Vectors
from retrieval.settings import Settings

_NEWS = Path("retrieval/training/news")  # articles enough to measure speed on
_WARM = 8  # passages that are embedded before the clock runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--questions", type=Path, default=SET)
    parser.add_argument("--folder", type=Path, default=Path("seeds"), help="their articles")
    parser.add_argument("--news", type=Path, default=_NEWS, help="a folder of articles to embed")
    given = parser.parse_args()
    dataset = Dataset.of(given.questions, given.folder)
    print("\n".join(answers(run("torch", "quoth", dataset, torch=True), run("onnx", "quoth", dataset))))
    print("\n".join(vectors(passages(given.news))))


def answers(torch: Results, onnx: Results) -> Iterator[str]:
    """What is told of two runs: the answers that differ, their share, and the measures."""
    pairs = list(zip(torch.outcomes, onnx.outcomes, strict=True))
    different = [pair for pair in pairs if _answer(pair[0]) != _answer(pair[1])]
    for one, other in different:
        yield f"{one.id}: {one.question}"
        yield f"  torch: {_shown(one)}"
        yield f"  onnx:  {_shown(other)}"
    whole = sum(_whole(one) != _whole(other) for one, other in pairs)
    yield f"{_share(len(different), len(pairs))} differ in the first sentence or in the short answer,"
    yield f"{_share(whole, len(pairs))} in any sentence"
    yield from (_told(one) for one in compare(torch, onnx).differences if one.value is not None)


def _answer(outcome: Outcome) -> tuple[bool, tuple[str, ...], str | None]:
    return outcome.answered, tuple(said.text for said in outcome.sentences[:1]), outcome.short


def _whole(outcome: Outcome) -> tuple[object, ...]:
    return outcome.answered, outcome.short, tuple(said.text for said in outcome.sentences)


def _shown(outcome: Outcome) -> str:
    if not outcome.answered:
        return "declined"
    return " ".join((*(said.text for said in outcome.sentences[:1]), f"[{outcome.short or 'nothing'}]"))


def _share(count: int, of: int) -> str:
    return f"{count} of {of} answers ({100 * count / max(of, 1):.1f} %)"


def _told(found: Difference) -> str:
    low, high = found.interval or (float("nan"),) * 2
    verdict = "" if found.verdict == "undecided" else f", {found.verdict} beyond its interval"
    values = f"torch {found.a:.3f}, onnx {found.b:.3f}, {found.value:+.4f}"
    return f"{found.measure.name}: {values} ({low:+.4f} to {high:+.4f}){verdict}"


def passages(folder: Path) -> list[str]:
    """The texts of all passages of the articles in a folder, and in those below it."""
    folders = sorted({file.parent for file in folder.rglob("*.txt")})
    articles = [article for one in folders for article in read_articles(one).values()]
    return [part.text for article in articles for part in chunk(article, "")]


def vectors(texts: Sequence[str]) -> Iterator[str]:
    """How near the vectors for an index are, and how many a second there are of each."""
    model = Settings().model
    torch, onnx = (_embedded(Transformer(model, torch=torch), texts) for torch in (True, False))
    near = (torch[0] * onnx[0]).sum(axis=1)
    yield f"{len(texts)} passages of {np.mean([len(text) for text in texts]):.0f} characters on average:"
    yield f"cosine of the vectors: mean {near.mean():.5f}, least {near.min():.5f}"
    yield f"torch {torch[1]:.0f} a second, onnx {onnx[1]:.0f}: {onnx[1] / torch[1]:.1f} times as many"


def _embedded(model: Transformer, texts: Sequence[str]) -> tuple[Vectors, float]:
    model.embed(texts[:_WARM])
    began = time.perf_counter()
    made = model.embed(texts)
    return made, len(texts) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
