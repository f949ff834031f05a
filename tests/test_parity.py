from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from eval import parity
from eval.compare import compare
from eval.dataset import Dataset
from eval.questions import SET
from eval.run import run


def test_answers_that_differ_are_told_with_both_sides_and_their_share(seeds: Path):
    found = run("torch", "quoth", Dataset.of(SET, seeds, "dev").limited(6, 1))
    assert found.outcomes[0].answered and found.outcomes[0].short != "another"
    first = replace(found.outcomes[0], short="another")
    second = replace(found.outcomes[1], answered=False, sentences=())
    other = replace(found, name="onnx", outcomes=(first, second, *found.outcomes[2:]))
    told = list(parity.answers(found, other))
    assert told[0] == f"{first.id}: {first.question}"
    assert told[1].endswith(f"[{found.outcomes[0].short or 'nothing'}]") and told[2].endswith("[another]")
    assert told[5] == "  onnx:  declined"
    assert "2 of 6 answers (33.3 %) differ in the first sentence or in the short answer," in told
    counted = [one for one in compare(found, other).differences if one.value is not None]
    assert len(told) == 8 + len(counted)


def test_runs_that_answer_alike_differ_in_nothing(seeds: Path):
    found = run("torch", "quoth", Dataset.of(SET, seeds, "dev").limited(2, 1))
    told = list(parity.answers(found, replace(found, name="onnx")))
    assert told[0] == "0 of 2 answers (0.0 %) differ in the first sentence or in the short answer,"


def test_vectors_are_held_against_those_of_torch(tmp_path: Path):
    (tmp_path / "a.txt").write_text("The river rose over its banks.\n\nThe mayor of Osk slept well.\n")
    texts = parity.passages(tmp_path)
    assert texts and "The river rose" in texts[0]
    told = list(parity.vectors(texts))
    assert told[0].startswith(f"{len(texts)} passages of ")
    assert "cosine of the vectors: mean 0.99" in told[1] and "times as many" in told[2]
