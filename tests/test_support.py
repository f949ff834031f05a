"""The support gate, with a judge behind the real interface that counts shared words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from retrieval.entailment import Judged
from retrieval.lexical import terms
from retrieval.support import Evidence, Flaw, Gate
from retrieval.types import Source

SOURCE = Source("a.txt", "Harbour talks fail", "The Guardian", None, dt.date(2023, 7, 3))


class SharedWords:
    """Finds a claim supported as far as its words stand in the evidence."""

    def __init__(self) -> None:
        self.asked: list[list[tuple[str, str]]] = []

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        self.asked.append(list(pairs))
        return [self._judged(set(terms(claim)), set(terms(evidence))) for claim, evidence in pairs]

    def warm(self) -> None:
        pass

    def _judged(self, claim: set[str], evidence: set[str]) -> Judged:
        share = len(claim & evidence) / (len(claim) or 1)
        return Judged(share, (1 - share) / 2, (1 - share) / 2)


def evidence(*texts: str) -> list[Evidence]:
    return [Evidence(text, SOURCE) for text in texts]


def test_rules_and_the_model_both_must_let_a_claim_pass() -> None:
    gate = Gate(SharedWords(), 0.8)
    cited = evidence("In all, 42 ships sank off Osk, Mr Ott said.")
    assert gate.judge("Off Osk 42 ships sank.", cited).supported
    assert gate.judge("Off Osk 24 ships sank.", cited).flaws == (Flaw("number", "24"),)
    claim = "Cheerful crowds welcomed the admiral home."
    assert gate.judge(claim, cited).flaws == (Flaw("meaning", claim),)


@pytest.mark.parametrize(
    "claim",
    [
        "He said “no” – twice.",
        'he said "no" - twice',
        "He said 'no' \u2014 twice. She left.",
        "She left.",
    ],
)
def test_what_stands_word_for_word_passes_without_the_model(claim: str) -> None:
    judge = SharedWords()
    verdict = Gate(judge, 2.0).judge(claim, evidence('He said "no" - twice.  She\nleft.'))
    assert (verdict.supported, verdict.judged, judge.asked) == (True, None, [])


@pytest.mark.parametrize("claim", ["Li resigned.", "It was true.", "He left"])
def test_a_part_of_a_sentence_is_not_word_for_word(claim: str) -> None:
    cited = evidence("Nobody believed that Li resigned.", "She doubted it was true.", "He left?")
    assert Gate(SharedWords(), 2.0).judge(claim, cited).judged


def test_a_claim_that_cites_nothing_is_not_supported() -> None:
    judge = SharedWords()
    verdict = Gate(judge).judge("In summary, the articles differ.", [])
    assert verdict.flaws == (Flaw("uncited", "In summary, the articles differ."),)
    assert not judge.asked


def test_all_that_is_cited_counts_together() -> None:
    gate = Gate(SharedWords(), 0.8)
    cited = evidence("Ott leads the port of Osk.", "The port of Varn is led by Brook.")
    claim = "Ott leads Osk's port and Brook that of Varn."
    assert gate.judge(claim, cited).supported
    assert not gate.judge(claim, cited[:1]).supported


def test_many_claims_are_one_batch_in_their_order() -> None:
    judge = SharedWords()
    pairs = [
        ("Forty ships sank off Osk.", evidence("Off Osk, 40 ships sank.")),
        ("Nothing is cited here.", []),
        ("He left.", evidence("He left.")),
        ("Thirty ships sank.", evidence("Off Osk, 40 ships sank.")),
    ]
    verdicts = Gate(judge, 0.5).judge_all(pairs)
    assert [verdict.supported for verdict in verdicts] == [True, False, True, False]
    assert [[claim for claim, _ in batch] for batch in judge.asked] == [[pairs[0][0], pairs[3][0]]]


def test_the_model_reads_each_title_once_before_what_is_cited() -> None:
    judge = SharedWords()
    other = Evidence("They met.", Source("b.txt", "Talks."))
    Gate(judge).judge("A claim.", [*evidence("He came.", "He left."), other])
    assert judge.asked == [[("A claim.", "Harbour talks fail. He came. He left. Talks. They met.")]]


def test_a_title_that_is_cited_is_read_once() -> None:
    judge = SharedWords()
    cited = Evidence("Voss shut the Tarn lock. It leaks.", Source("a.txt", "Voss shut the Tarn lock"))
    Gate(judge).judge("A claim.", [cited])
    assert judge.asked == [[("A claim.", cited.text)]]


def test_without_a_model_half_of_the_words_must_be_shared() -> None:
    gate = Gate(None)
    cited = evidence("The harbour of Osk was shut on Sunday.")
    assert gate.judge("On Sunday the harbour was shut.", cited).supported
    assert gate.judge("Crowds welcomed the admiral.", cited).flaws[0].kind == "meaning"


@pytest.mark.parametrize(
    ("flaw", "clause"),
    [
        (Flaw("number", "24"), 'the number "24" is not in the cited text'),
        (Flaw("date", "Monday"), 'the date "Monday" is not in the cited text'),
        (Flaw("name", "Ott"), 'the name "Ott" is not in the cited text'),
        (Flaw("quote", "a joke"), 'the quoted words "a joke" are not in the cited text'),
        (Flaw("negation", "sign"), 'the cited text says the opposite of "sign"'),
        (Flaw("meaning", "He left."), 'the cited text does not say that "He left."'),
        (Flaw("uncited", "He left."), 'nothing is cited for "He left."'),
    ],
)
def test_a_flaw_reads_as_a_clause(flaw: Flaw, clause: str) -> None:
    assert str(flaw) == clause
