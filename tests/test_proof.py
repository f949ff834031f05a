"""Which sentences of the passages prove a claim."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking import chunk
from retrieval.proof import Proof, examine
from retrieval.support import Gate
from retrieval.types import Article, Passage, Source
from tests.test_support import SharedWords

OSK = """Storm shuts harbour of Osk

Mayor Ada Brook shut the harbour of Osk on Sunday. She blamed the storm, which sank 42 ships.
The ferries to Varn were full. Repairs will cost 31 million crowns, the port authority said.
Fishermen asked for help. "We have lost everything," said Jan Ott, who owns three boats.
"""
VARN = """Varn takes in sailors

The town of Varn took in 300 sailors from Osk. Its mayor, Callum Reed, opened the town hall for them.
Schools stay shut until Friday.
"""


def passages(*texts: str) -> list[Passage]:
    found = []
    for number, text in enumerate(texts):
        source = Source(f"{number}.txt", text.partition("\n")[0], "The Guardian", None, dt.date(2023, 7, 3))
        chunks = chunk(Article(source, text), "fingerprint00", words=30)
        found += [Passage(one, 1.0, 1.0) for one in chunks]
    return found


def quotes(proof: Proof) -> list[str]:
    return [" ".join(passage.chunk.quote(span).split()) for passage, span in proof.parts]


GATE = Gate(SharedWords(), 0.75)


@pytest.mark.parametrize(
    ("claim", "proved"),
    [
        # the one sentence
        (
            "According to the port authority, repairs will cost 31 million crowns.",
            ["Repairs will cost 31 million crowns, the port authority said."],
        ),
        ("The ferries to Varn were full.", ["The ferries to Varn were full."]),
        # with the one before it, which names her
        (
            "Ada Brook blamed the storm, which sank 42 ships.",
            ["Mayor Ada Brook shut the harbour of Osk on Sunday. She blamed the storm, which sank 42 ships."],
        ),
        # two of one article that are apart
        (
            "The storm sank 42 ships, and repairs will cost 31 million crowns.",
            [
                "She blamed the storm, which sank 42 ships.",
                "Repairs will cost 31 million crowns, the port authority said.",
            ],
        ),
        # two articles
        (
            "The harbour of Osk was shut on Sunday, and 300 sailors went to the town of Varn.",
            [
                "Mayor Ada Brook shut the harbour of Osk on Sunday.",
                "The town of Varn took in 300 sailors from Osk.",
            ],
        ),
    ],
)
def test_the_fewest_sentences_that_support_it(claim: str, proved: list[str]) -> None:
    proof = examine(claim, passages(OSK, VARN), GATE)
    assert proof.verdict.supported
    assert quotes(proof) == proved


@pytest.mark.parametrize(
    ("claim", "kind", "near"),
    [
        ("She blamed the storm, which sank 24 ships.", "number", "42 ships"),
        ("The town of Varn took in 300 sailors from Peru.", "name", "300 sailors"),
        ("The port authority hailed cheerful crowds of children everywhere.", "meaning", "authority"),
    ],
)
def test_where_nothing_supports_it_the_nearest_tells_why(claim: str, kind: str, near: str) -> None:
    proof = examine(claim, passages(OSK, VARN), GATE)
    assert [flaw.kind for flaw in proof.verdict.flaws] == [kind]
    assert near in quotes(proof)[0]


def test_no_passages_prove_nothing() -> None:
    proof = examine("The harbour was shut.", [], GATE)
    assert (proof.parts, proof.verdict.flaws[0].kind) == ((), "uncited")


def test_a_sentence_that_two_chunks_share_is_tried_once() -> None:
    judge = SharedWords()
    found = passages(OSK)
    assert len({span for one in found for span in one.chunk.sentences}) < sum(
        len(one.chunk.sentences) for one in found
    )
    examine("Cheerful ferries were full of Varn children everywhere.", found, Gate(judge, 2.0))
    assert all(len(batch) == len(set(batch)) for batch in judge.asked)


def test_the_model_is_asked_few_times() -> None:
    judge = SharedWords()
    examine(
        "A storm sank ships of the harbour in Osk and Varn.", passages(*[OSK, VARN] * 4), Gate(judge, 2.0)
    )
    assert len(judge.asked) <= 3
    assert sum(map(len, judge.asked)) <= 40


_WORDS = st.sampled_from(
    "Ott Brook harbour storm sank 42 ships 31 Monday said not She the of Osk Varn".split()
)
_SENTENCES = st.lists(_WORDS, min_size=2, max_size=8).map(lambda words: " ".join(words).capitalize() + ".")
_TEXTS = st.lists(_SENTENCES, min_size=1, max_size=9).map(" ".join)


@settings(max_examples=40)
@given(st.lists(_TEXTS, min_size=1, max_size=3), _SENTENCES)
def test_every_part_is_made_of_whole_sentences_of_the_article(texts: list[str], claim: str) -> None:
    for passage, span in examine(claim, passages(*texts), GATE).parts:
        inside = [one for one in passage.chunk.sentences if span.start <= one.start and one.end <= span.end]
        assert (inside[0].start, inside[-1].end) == span
        article = texts[int(passage.chunk.source.file[0])]
        assert passage.chunk.quote(span) == span.of(article)
