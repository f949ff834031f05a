"""The lexical index: BM25 over the words of the chunks, in tantivy.

It is derived from the dense store and can be rebuilt from it at any time. It also answers what only a
word index knows: how rare a term is, and which indexed word a misspelt one was meant to be.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from retrieval.errors import IndexDamaged
from retrieval.types import Chunk, Filters

VERSION = "3"  # raise it when the same chunk would be indexed otherwise

_TITLE_BOOST = 0.5
_NO_DAY = 0  # stands for "no date": a range filter never matches it
_WRITER_MEMORY = 64_000_000
_SPELLINGS = (  # British to American, on both sides, so that a wrong guess still matches itself
    # What is always there comes first, and is looked back from: ten times as fast.
    (re.compile(r"ence(?<=\b(?:def|off|lic)ence)|ence(?<=\bpretence)"), r"ense"),
    (re.compile(r"is(?<=\w{3}is)(e|es|ed|ing|ation|ations)\b"), r"iz\1"),
    (re.compile(r"our(?<=\w{3}our)(s|ed|ing|able|ite|al|hood|er|ers)?\b"), r"or\1"),
    (re.compile(r"tre(?<=\w{3}tre)(s?)\b"), r"ter\1"),
    (re.compile(r"programme(?<=\bprogramme)"), "program"),
)


class Hit(NamedTuple):
    id: str  # of the chunk
    score: float  # BM25


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(40),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


@cache
def _words() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.remove_long(40)).filter(tantivy.Filter.lowercase()).build()


def terms(text: str) -> list[str]:
    """The stemmed terms of `text`, in order, spellings unified, common English words left out."""
    found: list[str] = _analyzer().analyze(_unify(text))
    return found


def _unify(text: str) -> str:
    text = text.lower()
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    return text


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("hash", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="terms", index_option="freq")
    builder.add_text_field("title", tokenizer_name="terms", index_option="freq")
    builder.add_text_field("word", tokenizer_name="words", index_option="basic")
    builder.add_text_field("publisher", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("by", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("day", indexed=True, fast=True)
    return builder.build()


class LexicalWriter:
    """What may be done inside `LexicalIndex.writing`."""

    def __init__(self, writer: tantivy.IndexWriter) -> None:
        self._writer = writer

    def add(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._writer.add_document(_document(chunk))

    def remove(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._writer.delete_documents_by_term("id", id_)


def content_hash(chunk: Chunk) -> str:
    """Hash of all that the index holds of a chunk."""
    source = chunk.source
    held = repr((chunk.text, source.title, source.publisher, source.iso_date))
    return hashlib.sha256(held.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _document(chunk: Chunk) -> tantivy.Document:
    source = chunk.source
    return tantivy.Document(
        id=chunk.id,
        hash=content_hash(chunk),
        text=_unify(chunk.text),
        title=_unify(source.title),
        word=chunk.text,
        publisher=(source.publisher or "").casefold(),
        by=source.publisher or "",
        day=source.date.toordinal() if source.date else _NO_DAY,
    )


class LexicalIndex:
    """A tantivy index in a folder of its own, which it creates where it is missing."""

    def __init__(self, path: Path) -> None:
        """Raises IndexDamaged where the folder holds something else, or cannot be written."""
        self.path = path
        self._stamp = path / "generation"
        self._schema = _schema()
        self._publishers: tuple[str, list[str]] = "", []  # of a generation
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(path))
        except (ValueError, OSError) as error:
            raise IndexDamaged(
                f"The word index in {path} cannot be opened ({error}): delete that folder, it is made anew."
            ) from error
        self._index.register_tokenizer("terms", _analyzer())
        self._index.register_tokenizer("words", _words())

    @property
    def generation(self) -> str:
        """Which state of the dense store this index was derived from; empty while it is being written."""
        try:
            version, _, generation = self._stamp.read_text("utf-8").partition(":")
        except (OSError, UnicodeDecodeError):
            return ""
        return generation if version == VERSION else ""

    @contextmanager
    def writing(self, generation: str) -> Iterator[LexicalWriter]:
        """Changes made in the block are kept together, as `generation`, when it ends without an error."""
        with self._translated():
            self._stamp.unlink(missing_ok=True)
            writer = self._index.writer(heap_size=_WRITER_MEMORY, num_threads=1)
            writer.garbage_collect_files()  # a killed writer's files would be in the way of new ones
        try:
            yield LexicalWriter(writer)
            with self._translated():
                writer.commit()
        except BaseException:
            with suppress(ValueError, OSError):
                writer.rollback()
            raise
        finally:
            with self._translated():
                writer.wait_merging_threads()  # it also lets go of the lock, which waits for no collector
        with self._translated():
            self._index.reload()
            self._stamp.write_text(f"{VERSION}:{generation}", "utf-8")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            raise IndexDamaged(
                f"The word index in {self.path} cannot be written ({error}): free the disk or mend its "
                "permissions, then run quoth index again."
            ) from error

    def __len__(self) -> int:
        return int(self._index.searcher().num_docs)

    def hashes(self) -> list[tuple[str, str]]:
        """The ids of all chunks, in no order, each with the hash of what was indexed of it."""
        searcher = self._index.searcher()
        found = searcher.search(tantivy.Query.all_query(), limit=max(len(self), 1), count=False)
        documents = (searcher.doc(address) for _, address in found.hits)
        return [(str(document["id"][0]), str(document["hash"][0])) for document in documents]

    def ids(self) -> list[str]:
        """The ids of all chunks, in no order."""
        return [id_ for id_, _ in self.hashes()]

    def count(self, filters: Filters) -> int:
        """How many chunks pass the filters."""
        found: Any = self._index.searcher().search(self._passing(filters), limit=1, count=True)
        return int(found.count)

    def passing(self, filters: Filters, among: Sequence[str] | None = None) -> set[str]:
        """The ids of the chunks that pass the filters; `among` these, if they are given."""
        query = self._passing(filters)
        if among is not None:
            listed: Any = tantivy.Query.term_set_query(self._schema, "id", list(among))
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, listed)])
        searcher = self._index.searcher()
        found = searcher.search(query, limit=max(len(self), 1), count=False)
        return {str(searcher.doc(address)["id"][0]) for _, address in found.hits}

    def publishers(self) -> list[str]:
        """The publishers of the chunks, as they write themselves; counted once in each state."""
        generation = self.generation
        if not generation or generation != self._publishers[0]:
            named = [str(name) for name, _ in self._index.searcher().terms_with_prefix("by", "")]
            known = [name for name in named if name and self._holding("by", name)]
            self._publishers = generation, known
        return list(self._publishers[1])

    def newest(self) -> date | None:
        """The day of the newest article."""
        every = tantivy.Query.all_query()
        found = self._index.searcher().search(every, limit=1, count=False, order_by_field="day")
        days = [int(day) for day, _ in found.hits]
        return date.fromordinal(days[0]) if days and days[0] != _NO_DAY else None

    def _passing(self, filters: Filters) -> tantivy.Query:
        clauses = [(tantivy.Occur.Must, one) for one in self._filters(filters)]
        return tantivy.Query.boolean_query(clauses) if clauses else tantivy.Query.all_query()

    def search(self, query: str, limit: int, filters: Filters) -> list[Hit]:
        """The best chunks for any of the query's terms, best first."""
        parts = [part for term in dict.fromkeys(terms(query)) for part in self._term(term)]
        if not parts or not len(self):
            return []
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])
        clauses = [(tantivy.Occur.Must, wanted), *((tantivy.Occur.Must, f) for f in self._filters(filters))]
        searcher = self._index.searcher()
        found = searcher.search(tantivy.Query.boolean_query(clauses), limit=limit, count=False)
        return [Hit(str(searcher.doc(address)["id"][0]), float(score)) for score, address in found.hits]

    def _term(self, term: str) -> tuple[tantivy.Query, tantivy.Query]:
        in_title = tantivy.Query.term_query(self._schema, "title", term, index_option="freq")
        return (
            tantivy.Query.term_query(self._schema, "text", term, index_option="freq"),
            tantivy.Query.boost_query(in_title, _TITLE_BOOST),
        )

    def _filters(self, filters: Filters) -> list[tantivy.Query]:
        found = []
        if filters.publisher:
            publisher = filters.publisher.casefold()
            found.append(tantivy.Query.term_query(self._schema, "publisher", publisher, index_option="basic"))
        if filters.since or filters.until:
            first = filters.since.toordinal() if filters.since else _NO_DAY + 1
            last = filters.until.toordinal() if filters.until else None
            kind: Any = tantivy.FieldType.Integer
            found.append(tantivy.Query.range_query(self._schema, "day", kind, first, last))
        return found

    def frequency(self, term: str) -> int:
        """How many chunks hold `term` (as `terms` gives it) in their text."""
        return self._holding("text", term)

    def word_frequency(self, word: str) -> int:
        """How many chunks hold the lower-case `word` exactly as it stands."""
        return self._holding("word", word)

    def starting_with(self, prefix: str) -> list[str]:
        """The words that start with the lower-case `prefix`, among them some of removed chunks."""
        return [str(word) for word, _ in self._index.searcher().terms_with_prefix("word", prefix)]

    def _holding(self, field: str, term: str) -> int:
        """Counted anew: tantivy's own number still holds removed chunks."""
        query = tantivy.Query.term_query(self._schema, field, term, index_option="basic")
        found: Any = self._index.searcher().search(query, limit=1, count=True)
        return int(found.count)

    @classmethod
    def anew(cls, path: Path) -> LexicalIndex:
        """An empty index in the place of what is in `path`."""
        cls.delete(path)
        return cls(path)

    @classmethod
    def delete(cls, path: Path) -> None:
        """Remove the index in `path` from disk."""
        shutil.rmtree(path, ignore_errors=True)
