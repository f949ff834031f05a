from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from retrieval.errors import IndexDamaged
from retrieval.lexical import LexicalIndex, LexicalWriter, terms
from retrieval.types import Chunk, Filters, Source, Span


def piece(id_: str, text: str, title: str = "Untitled", **source: object) -> Chunk:
    known = Source(f"{id_}.txt", title, **source)  # type: ignore[arg-type]
    return Chunk(id_, known, Span(0, len(text)), text, 1, None, (Span(0, len(text)),))


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex(tmp_path / "words")


def fill(index: LexicalIndex, *chunks: Chunk) -> LexicalIndex:
    with index.writing("g") as words:
        words.add(chunks)
    return index


def found(index: LexicalIndex, query: str, filters: Filters | None = None) -> list[str]:
    return [hit.id for hit in index.search(query, 10, filters or Filters())]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("visit", "Visited"),
        ("minister", "MINISTERS"),
        ("defence", "defense"),
        ("defences", "defense"),
        ("licence", "license"),
        ("offence", "offense"),
        ("organise", "organized"),
        ("organisation", "organizations"),
        ("harbour", "harbors"),
        ("labour", "labor"),
        ("honoured", "honored"),
        ("rumours", "rumor"),
        ("armoured", "armored"),
        ("centre", "Centers"),
        ("theatre", "theater"),
        ("programme", "programs"),
        ("Erdoğan", "erdogan"),
        ("café", "CAFE"),
    ],
)
def test_forms_and_spellings_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [("hour", "hor"), ("four", "for"), ("tour", "tor"), ("minister", "ministry"), ("off", "offence")],
)
def test_different_words_stay_different_terms(one: str, other: str) -> None:
    assert terms(one) != terms(other)


def test_terms_keep_their_order_and_leave_common_words_out() -> None:
    assert terms("Who is the defence minister of China?") == ["who", "defens", "minist", "china"]
    assert terms("to be or not") == []


def test_a_query_finds_the_chunks_that_share_a_term_best_first(index: LexicalIndex) -> None:
    fill(
        index,
        piece("both", "The minister visited Moscow."),
        piece("one", "Moscow was cold on that long winter day, they said."),
        piece("none", "A balloon was seen."),
    )
    assert found(index, "ministers visiting Moscow") == ["both", "one"]
    hits = index.search("ministers visiting Moscow", 10, Filters())
    assert hits[0].score > hits[1].score > 0
    assert len(index.search("Moscow", 1, Filters())) == 1


@pytest.mark.parametrize("query", ["", "  ", "the of", "?!", "zeppelin", 'AND OR "( title:', "\\ * ~"])
def test_a_query_without_a_known_term_finds_nothing(index: LexicalIndex, query: str) -> None:
    assert found(fill(index, piece("a", "A balloon was seen.")), query) == []


def test_an_empty_index_finds_nothing(index: LexicalIndex) -> None:
    assert len(index) == 0 and found(index, "minister") == []


def test_words_of_the_title_are_found_but_count_less_than_the_text(index: LexicalIndex) -> None:
    fill(
        index,
        piece("title", "He spoke for an hour.", title="Summit in Astana"),
        piece("text", "Astana was calm that day.", title="Other news today"),
        piece("other", "Nothing was said today."),
    )
    assert found(index, "Astana") == ["text", "title"]


DATED = [
    piece("old", "talks", publisher="The Guardian", date=date(2023, 4, 16)),
    piece("mid", "talks", publisher="The Post", date=date(2023, 4, 17)),
    piece("new", "talks", publisher="The Guardian", date=date(2023, 4, 18)),
    piece("undated", "talks", publisher="The Guardian"),
    piece("nobody", "talks"),
]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(), {"old", "mid", "new", "undated", "nobody"}),
        (Filters("THE guardian"), {"old", "new", "undated"}),
        (Filters("Guardian"), set()),
        (Filters(since=date(2023, 4, 17)), {"mid", "new"}),
        (Filters(until=date(2023, 4, 17)), {"old", "mid"}),
        (Filters(since=date(2023, 4, 17), until=date(2023, 4, 17)), {"mid"}),
        (Filters(until=date(1, 1, 1)), set()),
        (Filters(since=date(2023, 4, 18), until=date(2023, 4, 16)), set()),
        (Filters("the guardian", since=date(2023, 4, 17)), {"new"}),
    ],
)
def test_filters_hold_and_undated_articles_pass_no_bound(
    index: LexicalIndex, filters: Filters, ids: set[str]
) -> None:
    assert set(found(fill(index, *DATED), "talks", filters)) == ids
    assert ids == {chunk.id for chunk in DATED if filters.admits(chunk.source)}


def test_frequency_counts_the_chunks_that_hold_a_term_in_their_text(index: LexicalIndex) -> None:
    fill(
        index,
        piece("a", "Defence, defences and defense."),
        piece("b", "A defense pact."),
        piece("c", "A pact.", title="Defence"),
    )
    assert [index.frequency(term) for term in terms("defence pact zeppelin")] == [2, 2, 0]


def test_words_are_known_as_they_are_written_in_lower_case(index: LexicalIndex) -> None:
    fill(index, piece("a", "Visits to Beijing."), piece("b", "Beijing, beijing!"))
    assert index.word_frequency("beijing") == 2 and index.word_frequency("visits")
    assert not index.word_frequency("visit") and not index.word_frequency("Beijing")
    assert index.starting_with("b") == ["beijing"]
    assert index.starting_with("zz") == []


def test_a_removed_chunk_leaves_no_trace(index: LexicalIndex) -> None:
    fill(index, piece("a", "A spy balloon."), piece("b", "A balloon."), piece("c", "A balloon."))
    with index.writing("h") as words:
        words.remove(["a", "c", "not there"])
    assert len(index) == 1
    assert found(index, "spy balloon") == ["b"]
    assert [index.frequency(term) for term in terms("spy balloon")] == [0, 1]
    assert not index.word_frequency("spy") and index.word_frequency("balloon") == 1


def test_a_chunk_may_be_removed_and_added_in_one_go(index: LexicalIndex) -> None:
    fill(index, piece("a", "A spy balloon."))
    with index.writing("h") as words:
        words.remove(["a"])
        words.add([piece("a", "A weather balloon.")])
    assert len(index) == 1 and found(index, "weather") == ["a"] and found(index, "spy") == []


def test_the_generation_is_kept_only_after_writing_without_an_error(index: LexicalIndex) -> None:
    assert index.generation == ""
    with index.writing("one") as words:
        assert index.generation == ""
        words.add([piece("a", "A balloon.")])
    assert index.generation == "one" == LexicalIndex(index.path).generation


@pytest.mark.parametrize("error", [KeyError("x"), KeyboardInterrupt(), OSError("disk full")])
def test_after_an_error_nothing_is_kept_and_writing_works_again(
    index: LexicalIndex, error: BaseException
) -> None:
    def fail(words: LexicalWriter) -> None:
        words.add([piece("b", "A zeppelin.")])
        raise error

    fill(index, piece("a", "A balloon."))
    with pytest.raises((type(error), IndexDamaged)) as kept, index.writing("h") as words:
        fail(words)
    assert kept.value and index.generation == ""  # the error is still at hand, and with it all its frames
    again = LexicalIndex(index.path)
    assert len(again) == 1
    with again.writing("i") as words:
        words.add([piece("c", "A zeppelin.")])
    assert again.generation == "i" and found(again, "zeppelin") == ["c"]


def test_an_index_is_still_there_when_opened_again(index: LexicalIndex) -> None:
    fill(index, piece("a", "A balloon."))
    assert found(LexicalIndex(index.path), "balloon") == ["a"]


def test_a_deleted_index_is_gone_and_deleting_again_is_no_error(index: LexicalIndex) -> None:
    fill(index, piece("a", "A balloon."))
    for _ in range(2):
        LexicalIndex.delete(index.path)
        assert not index.path.exists()
    assert len(LexicalIndex(index.path)) == 0


def test_a_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("not a folder")
    with pytest.raises(IndexDamaged, match=r"^The word index in .*words cannot be opened .*delete"):
        LexicalIndex(tmp_path / "words")


def test_a_damaged_index_is_one_sentence(index: LexicalIndex) -> None:
    fill(index, piece("a", "A balloon."))
    (index.path / "meta.json").write_text("{")
    with pytest.raises(IndexDamaged, match="cannot be opened"):
        LexicalIndex(index.path)


def test_publishers_and_the_newest_day_are_those_of_the_chunks_that_are_there(index: LexicalIndex) -> None:
    assert index.publishers() == [] and index.newest() is None
    span = Span(0, 5)
    sources = {
        "a": Source("a.txt", "A", "The Guardian", date=date(2023, 4, 17)),
        "b": Source("b.txt", "B", "Reuters", date=date(2024, 1, 2)),
        "c": Source("c.txt", "C"),
    }
    with index.writing("1") as words:
        words.add(Chunk(id_, source, span, "Talks", 1, None, (span,)) for id_, source in sources.items())
    assert sorted(index.publishers()) == ["Reuters", "The Guardian"] and index.newest() == date(2024, 1, 2)
    with index.writing("2") as words:
        words.remove(["b"])
    assert index.publishers() == ["The Guardian"] and index.newest() == date(2023, 4, 17)
    assert index.count(Filters("the guardian")) == 1 == len(index.passing(Filters(until=date(2023, 5, 1))))
    assert index.count(Filters()) == 2 and index.passing(Filters(), ["a", "x"]) == {"a"}


def test_what_a_killed_writer_left_is_not_in_the_way(index: LexicalIndex, tmp_path: Path) -> None:
    fill(index, *(piece(str(number), f"Talks {number}") for number in range(9)))
    shutil.copytree(index.path, tmp_path / "copy")
    other = LexicalIndex(tmp_path / "copy")
    with other.writing("killed") as words:
        words.remove(["3"])
    (left,) = set((tmp_path / "copy").glob("*.del"))
    for file in (left, tmp_path / "copy" / ".managed.json"):  # tantivy writes there first what it will write
        shutil.copy(file, index.path)
    again = LexicalIndex(index.path)
    with again.writing("next") as words:
        words.remove(["3"])
    assert len(again) == 8
