from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from retrieval.encoder import FOLDER
from retrieval.entailment import FILE, THRESHOLD, Judged, TrainedEntailment
from retrieval.errors import EntailmentError

CHECKSUM = f"{FILE}.sha256"
LIMIT = 12_000_000  # bytes
VOSS = "Harbour master Lena Voss told the mayor, Ruben Hale, on Monday that the Tarn lock would close in May."


@pytest.fixture(scope="module")
def judge() -> TrainedEntailment:
    return TrainedEntailment()


RIGHT = (
    (VOSS, VOSS),
    ("The Tarn lock would close in May, Lena Voss told Ruben Hale.", VOSS),
    ("Lena Voss told Ruben Hale that the Tarn lock would close in May.", VOSS),
    ("The mill was bought by the company.", "The company bought the mill on Friday."),
)
WRONG = (
    ("Ruben Hale told Lena Voss that the lock would close in May.", VOSS),
    ("The lock would not close in May, Lena Voss said.", VOSS),
    ("The company sold the mill.", "The company bought the mill on Friday."),
    ("Rain fell on the town of Osk for nine days.", VOSS),
)


def test_torch_judges_alike(judge: TrainedEntailment):
    pairs = [*RIGHT, *WRONG]
    found, expected = judge.judge(pairs), TrainedEntailment(torch=True).judge(pairs)
    assert [tuple(one) for one in found] == [pytest.approx(tuple(one), abs=0.1) for one in expected]


def test_a_claim_of_very_many_tokens_is_judged_all_the_same(judge: TrainedEntailment):
    (judged,) = judge.judge([("中" * 1_000, VOSS)])
    assert sum(judged) == pytest.approx(1)


@pytest.mark.parametrize(("claim", "evidence"), RIGHT)
def test_what_the_evidence_says_passes(judge: TrainedEntailment, claim: str, evidence: str):
    (judged,) = judge.judge([(claim, evidence)])
    assert judged.supports >= THRESHOLD


@pytest.mark.parametrize(("claim", "evidence"), WRONG)
def test_what_the_evidence_does_not_say_does_not_pass(judge: TrainedEntailment, claim: str, evidence: str):
    (judged,) = judge.judge([(claim, evidence)])
    assert judged.supports < THRESHOLD


def test_the_chances_are_together_one(judge: TrainedEntailment):
    for judged in judge.judge([*RIGHT, *WRONG, ("", ""), ("🙂", "北京 " * 900), ("x " * 9_000, VOSS)]):
        assert sum(judged) == pytest.approx(1, abs=1e-5)
        assert min(judged) >= 0


def test_pairs_judged_together_are_judged_as_if_alone_and_in_their_order(judge: TrainedEntailment):
    pairs = [("Rain fell.", f"{VOSS} " * 6), *RIGHT, *WRONG, *[("Snow fell.", "Snow fell.")] * 9]
    together = judge.judge(pairs)
    for pair, judged in zip(pairs, together, strict=True):
        (alone,) = judge.judge([pair])
        assert judged == pytest.approx(alone, abs=0.1)  # it may reckon in 8 bits of precision


def test_of_nothing_nothing_is_judged(judge: TrainedEntailment):
    assert judge.judge([]) == []


def test_a_long_claim_leaves_room_for_the_evidence(judge: TrainedEntailment):
    claim = "Lena Voss closed the lock. " * 400
    near, far = judge.judge([(claim, VOSS), (claim, "Rain fell.")])
    assert near != far


def test_threads_share_one_judge():
    judge = TrainedEntailment()
    found: list[list[Judged]] = []
    threads = [threading.Thread(target=lambda: found.append(judge.judge(RIGHT))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(one == found[0] for one in found)


def test_the_file_is_small_and_no_pickle():
    file = FOLDER / FILE
    assert file.stat().st_size < LIMIT
    header = int.from_bytes(file.read_bytes()[:8], "little")  # as safetensors begins
    assert 0 < header < 100_000 and file.read_bytes()[8:9] == b"{"


def copied(folder: Path) -> Path:
    for name in (FILE, CHECKSUM):
        shutil.copy(FOLDER / name, folder / name)
    return folder


@pytest.mark.parametrize("missing", [FILE, CHECKSUM])
def test_a_missing_file_is_told(tmp_path: Path, missing: str):
    (copied(tmp_path) / missing).unlink()
    with pytest.raises(EntailmentError, match=r"support\.safetensors cannot be read: install Quoth again"):
        TrainedEntailment(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"), [(FILE, b""), (FILE, b"\0" * 99), (CHECKSUM, b"0" * 64), (CHECKSUM, b"\xff\xfe")]
)
def test_a_damaged_file_is_told_before_it_is_loaded(tmp_path: Path, name: str, content: bytes):
    (copied(tmp_path) / name).write_bytes(content)
    with pytest.raises(EntailmentError, match="install Quoth again"):
        TrainedEntailment(tmp_path)
