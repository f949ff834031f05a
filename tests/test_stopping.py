"""What is counted of the support gate: fates of claims, shares, intervals and the score alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eval import claims, stopping
from eval.adversary import MISCITED, RIGHT, Adversary, Corpus, Fate, Told, cited
from eval.claims import KINDS, SPLITS, Row
from eval.questions import CALIBRATION
from eval.stopping import Findings, Scored, Share, as_json, measure, scores
from retrieval.entailment import Judged, Remembering
from retrieval.errors import InputError

SHUT = "Harbour master Lena Voss shut the Tarn lock after forty barges had waited there."
ARTICLES = {
    "lock.txt": f"Tarn lock\n\n{SHUT} The mayor wants it open again.\n",
    "bread.txt": "Bread in Osk\n\nBread costs more in Osk since May. Bakers blame the price of flour.\n",
    "ferry.txt": "Ferries\n\nAnton Reis runs the ferries to Ostrell. They stood still on Friday.\n",
    "chess.txt": "Chess\n\nThe final was put off because of the rain. Nobody complained about it.\n",
}
TRUE = "The Tarn lock was closed by its harbour master."
FALSE = "The Tarn lock was closed by its mayor."
ROW = Row("lock.txt", (SHUT,), (TRUE, "Barges had to wait for the lock."), (("roles", FALSE),))


class Judge:
    """Supports what it is told to."""

    def __init__(self, supports: Callable[[str, str], bool]) -> None:
        self._supports = supports
        self.asked: list[tuple[str, str]] = []

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        self.asked += pairs
        return [Judged(0.9, 0.05, 0.05) if self._supports(*pair) else Judged(0.1, 0.0, 0.9) for pair in pairs]

    def warm(self) -> None:
        pass


KNOWING = Judge(lambda claim, told: claim != FALSE and SHUT in told)
BLIND = Judge(lambda claim, told: True)
STRICT = Judge(lambda claim, told: False)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("articles")
    for file, text in ARTICLES.items():
        (folder / file).write_text(text, "utf-8")
    return Corpus(folder)


def fates(corpus: Corpus, judge: Judge, mode: str = "strict") -> dict[str, set[Fate]]:
    found: dict[str, set[Fate]] = {}
    for told in Adversary(judge, mode).told(ROW, corpus.given(ROW)):  # type: ignore[arg-type]
        found.setdefault(told.kind, set()).add(told.fate)
    return found


def test_the_evidence_stands_among_other_passages_and_the_wrong_citation_is_of_one_of_them(corpus: Corpus):
    given = corpus.given(ROW)
    (home,) = given.home
    files = [passage.chunk.source.file for passage in given.passages]
    assert sorted(files) == sorted(ARTICLES)
    assert files[home - 1] == "lock.txt" != files[given.other - 1]
    assert given == corpus.given(ROW)


def test_evidence_of_two_passages_is_cited_by_both():
    corpus = Corpus(CALIBRATION / "launch" / "articles")
    several = [corpus.given(row) for row in claims.load(claims.FOLDER / "launch.jsonl")]
    assert {len(given.home) for given in several} == {1, 2}
    for given in several:
        own = [given.passages[number - 1].chunk for number in given.home]
        assert all(any(one.span.start <= span.start < one.span.end for one in own) for span in given.evidence)
        assert len(given.passages) == len(own) + 5
        assert given.other not in given.home


def test_a_gate_that_knows_stops_the_wrong_and_cites_the_right_to_its_evidence(corpus: Corpus):
    assert fates(corpus, KNOWING) == {
        RIGHT: {"kept"},
        "roles": {"removed"},
        "invented": {"kept"},
        "uncited": {"kept"},
        "miscited": {"kept"},
    }


def test_a_gate_that_lets_all_through_leaves_wrong_citations(corpus: Corpus):
    found = fates(corpus, BLIND)
    assert "removed" not in set.union(*found.values())
    assert "elsewhere" in found["miscited"]


def test_a_gate_that_lets_nothing_through_removes_what_is_right(corpus: Corpus):
    assert set.union(*fates(corpus, STRICT).values()) == {"removed"}


def test_where_the_gate_is_off_every_sentence_is_found_again(corpus: Corpus):
    assert "removed" not in set.union(*fates(corpus, STRICT, "off").values())


@pytest.mark.parametrize(
    ("claim", "numbers", "expected"),
    [
        ("It rained.", (2,), "It rained [2]."),
        ("It rained.", (1, 3), "It rained [1] [3]."),
        ("It rained.", (), "It rained."),
        ("Did it?", (9,), "Did it [9]?"),
        ('He said: "No."', (1,), 'He said: "No." [1]'),
    ],
)
def test_a_claim_is_cited_before_its_final_mark(claim: str, numbers: Sequence[int], expected: str):
    assert cited(claim, numbers) == expected


def test_no_pair_is_judged_twice():
    judge = Judge(lambda claim, told: claim in told)
    remembering = Remembering(judge)
    first = remembering.judge([("a", "a b"), ("c", "a b"), ("a", "a b")])
    assert [one.supports for one in first] == [0.9, 0.1, 0.9]
    assert remembering.judge([("c", "a b"), ("b", "a b")])[0] == first[1]
    assert judge.asked == [("a", "a b"), ("c", "a b"), ("b", "a b")]


# Counts


@pytest.mark.parametrize(
    ("share", "value", "interval"),
    [
        # (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964
        (Share(95, 100), 0.95, (0.88825, 0.978456)),
        (Share(0, 10), 0.0, (0.0, 0.277533)),  # z² / (n + z²)
        (Share(10, 10), 1.0, (0.722467, 1.0)),
    ],
)
def test_a_share_has_wilson_s_interval(share: Share, value: float, interval: tuple[float, float]):
    assert share.value == value
    assert share.interval == pytest.approx(interval, abs=1e-6)


def test_nothing_of_nothing_is_no_share():
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def told(**counts: str) -> tuple[Told, ...]:
    """Kinds with the first letters of their fates."""
    named: dict[str, Fate] = {"k": "kept", "e": "elsewhere", "r": "removed"}
    return tuple(Told(kind, "C.", named[one]) for kind, some in counts.items() for one in some)


FOUND = Findings(
    "dev",
    told(right="kkker", roles="rrrk", number="rr", extra="ek", invented="kkr", miscited="kre"),
    (Scored(True, 0.9), Scored(True, 0.4), Scored(False, 0.6), Scored(False, 0.1)),
)


def test_stopped_is_of_wrong_claims_and_removed_of_right_ones():
    assert FOUND.kinds == ["roles", "number", "extra"]
    assert FOUND.stopped() == (5, 8)
    assert FOUND.removed == (1, 5)
    assert (FOUND.mended("invented"), FOUND.mended("miscited")) == ((3, 3), (2, 3))
    assert FOUND.metrics.keys() == set(stopping.NAMES)
    wanted = {"stopped": 0.625, "removed": 0.2, "roles": 0.75, "extra": 0.0, "speaker": None, "uncited": None}
    assert {name: FOUND.metrics[name] for name in wanted} == wanted


def test_the_score_alone():
    # of four pairs of right and wrong three are in order; 0.9 and 0.6 pass, one of them is right
    assert scores(FOUND.scored, 0.5) == {"auroc": 3 / 4, "precision": 1 / 2, "recall": 1 / 2}
    assert scores(FOUND.scored[:2], 0.5) == {"auroc": None, "precision": 1.0, "recall": 0.5}
    assert set(scores([]).values()) == {None}


def test_json_tells_which_claims_were_missed_but_never_of_the_test_half():
    shown = json.loads(json.dumps(as_json(FOUND)))
    assert shown["stopped"]["all"] == {
        "hits": 5,
        "count": 8,
        "share": 0.625,
        "interval": list(Share(5, 8).interval or ()),
    }
    assert shown["wrongly_cited"]["miscited"] == {"kept": 1, "removed": 1, "elsewhere": 1}
    assert [one["kind"] for one in shown["missed"]] == ["right", "roles", "extra", "extra"]
    assert as_json(Findings("test", FOUND.told, ()))["missed"] is None


# The claims that come along


def test_the_claims_that_come_along_are_many_and_of_every_kind():
    for split, names in SPLITS.items():
        rows = [row for name in names for row in claims.load(claims.FOLDER / f"{name}.jsonl")]
        kinds = [kind for row in rows for kind, _ in row.wrong]
        assert set(kinds) == set(KINDS), split
        assert kinds.count("roles") >= 30 and len(kinds) >= 300
        assert sum(len(row.right) for row in rows) >= 150


def test_a_few_rows_of_a_split_are_measured(tmp_path: Path):
    progress: list[tuple[str, int, int]] = []
    (found,) = measure(KNOWING, ["test"], 1, lambda *now: progress.append(now))
    rows = [claims.load(claims.FOLDER / f"{name}.jsonl")[0] for name in SPLITS["test"]]
    right, wrong = sum(len(row.right) for row in rows), sum(len(row.wrong) for row in rows)
    assert len(found.told) == right * (1 + len(MISCITED)) + wrong
    assert len(found.scored) == right + wrong
    assert progress == [("test", 1, 2), ("test", 2, 2)]
    with pytest.raises(InputError, match=r"bridge\.jsonl cannot be read"):
        measure(KNOWING, ["dev"], folder=tmp_path)


def test_without_a_learned_score_there_is_none_alone():
    (found,) = measure(None, ["dev"], 1)
    assert found.scored == () and found.metrics["auroc"] is None
    assert found.stopped().total > 0


def test_a_damaged_line_of_claims_is_named(tmp_path: Path):
    file = tmp_path / "bridge.jsonl"
    file.write_text('{"file": "a", "evidence": [], "right": [], "wrong": []}\n\n{"file": 1}\n', "utf-8")
    with pytest.raises(InputError, match=r"bridge\.jsonl, line 3, is no row of claims"):
        claims.load(file)
