from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.lexical import LexicalIndex
from retrieval.spelling import mend
from retrieval.types import Chunk, Source, Span

TEXTS = [
    "China's defence minister visited Moscow.",
    "China and Russia spoke of a spy balloon.",
    "Prigozhin marched; the peace summit in Astana ended with a treaty.",
    "The plane and the plant; the plant and the plant again. A plank.",
    "Erdoğan met Zelensky. It cost 1000 euros.",
]
DICTIONARY = frozenset("which country asked about their coffee moscow".split())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    index = LexicalIndex(tmp_path_factory.mktemp("words") / "w")
    with index.writing("g") as words:
        words.add(
            Chunk(str(n), Source(f"{n}.txt", "T"), Span(0, len(text)), text, 1, None, (Span(0, len(text)),))
            for n, text in enumerate(TEXTS)
        )
    return index


@pytest.mark.parametrize(
    ("question", "mended"),
    [
        ("minster", "minister"),  # a letter is missing
        ("minisster", "minister"),  # one too many
        ("ministar", "minister"),  # a wrong one
        ("chnia", "china"),  # two are swapped
        ("Chnia", "china"),
        ("baloon", "balloon"),
        ("Prigozin", "prigozhin"),
        ("Prigojin", "prigozhin"),  # eight letters: two edits
        ("Zelenskyy", "zelensky"),
        ("Erdoğann", "erdoğan"),
        ("Who is Chnia's defence minster?", "Who is china's defence minister?"),
        ("minster, minster", "minister, minister"),
        ("wehn did teh minster visit", "when did the minister visit"),  # common words, two swapped
    ],
)
def test_a_misspelt_word_becomes_the_nearest_word_of_the_articles(
    index: LexicalIndex, question: str, mended: str
) -> None:
    assert mend(question, index, DICTIONARY.__contains__) == mended


@pytest.mark.parametrize(
    "question",
    [
        "",
        "?! 42 …",
        "minister",
        "MINISTER Moscow",
        "ministers visiting",  # other forms of words that the articles use
        "defense",  # another spelling
        "country",  # a word of the dictionary
        "coffee",
        "spu",  # too short to tell
        "mniste",  # six letters, two edits
        "zinister",  # another first letter
        "zeppelin",  # nothing near
        "12000 euros",
        "x1000 a_b",
        "中国国防部长",
    ],
)
def test_other_words_stay_as_they_are(index: LexicalIndex, question: str) -> None:
    assert mend(question, index, DICTIONARY.__contains__) == question


def test_of_equally_near_words_the_commoner_one_is_meant(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path / "w")
    texts = ["plane", "plant", "plant"]
    with index.writing("g") as words:
        for n, text in enumerate(texts):
            source, span = Source(f"{n}.txt", "T"), Span(0, 5)
            words.add([Chunk(str(n), source, span, text, 1, None, (span,))])
    assert mend("planx", index, DICTIONARY.__contains__) == "plant"
    with index.writing("h") as words:
        words.remove(["1", "2"])
    assert mend("planx", index, DICTIONARY.__contains__) == "plane"
    assert mend("plannt", index, DICTIONARY.__contains__) == "plannt"  # no article has "plant" any more


def test_a_dictionary_word_is_kept_even_if_the_articles_have_a_nearer_one(index: LexicalIndex) -> None:
    assert mend("treat", index, lambda word: word == "treat") == "treat"


def test_an_empty_index_mends_nothing(tmp_path: Path) -> None:
    assert mend("minster", LexicalIndex(tmp_path / "w"), lambda word: False) == "minster"
