from __future__ import annotations

import json
from pathlib import Path

from retrieval import weights
from retrieval.reader import checksum
from retrieval.signals import Signals
from retrieval.weights import READ, UNREAD, Confidence, Weights


def test_what_is_written_is_what_is_read(tmp_path: Path):
    one = Weights(Signals(*range(10)), Confidence(*range(5)), -1.5, 0.25, 0.4)
    other = Weights(Signals(*[0.5] * 10), Confidence(*[1.5] * 5), 2.0, 0.0, 0.6)
    file = tmp_path / "weights.json"
    file.write_text(weights.dumped(one, other, "0f"), "utf-8")
    assert weights.load(file) == (one, other)
    assert file.read_text("utf-8") == weights.dumped(*weights.load(file), "0f")


def test_the_weights_were_fitted_with_the_reader_that_is_shipped():
    assert json.loads(weights.FILE.read_text("utf-8"))["reader"] == checksum()


def test_the_weights_that_are_shipped_speak_for_answers():
    assert weights.load() == (READ, UNREAD)
    for fitted in (READ, UNREAD):
        assert 0 < fitted.threshold < 1
        assert fitted.ranking.predicate > 0 > fitted.ranking.lacks
    assert READ.ranking.answer > 0 and READ.certainty.answer > 0
    assert UNREAD.ranking.answer == UNREAD.certainty.answer == 0  # of no reader, no mark speaks
