"""The articles as people on Discord look at them: lists, pages, and quotes in the text around them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from bot import named, reading
from bot.discord import message, views
from bot.discord.buttons import pages
from bot.discord.cut import clipped, clipped_start, size
from bot.discord.desk import Desk
from bot.discord.message import Colour
from bot.discord.reply import Interaction, show, whisper
from bot.plain import credit, safe
from retrieval.errors import InputError
from retrieval.types import Chunk, Citation, Source

_AROUND = 4  # lines on each side of a quote
_LISTED = 10  # articles on a page
_SUGGESTED = 25  # what Discord shows at most
_LONGEST = 100  # characters of one
_FIELD = 110  # characters of a title, a publisher, a file in a list
_PAGE = 3_950  # characters of a page with its heading
_COUNTED = 30  # characters of which page it is
_PAGES = " · page {:,} of {:,}"
_GONE = "That article is not among mine any more."


class Shelf:
    """The articles that a server sees."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def quoted(self, guild: int | None, citation: Citation) -> str:
        """A citation in the text around it. It reads the index: to be called in a thread."""
        index = self._desk.libraries.of(guild).index
        before, after = surroundings(index.article(citation.source.file), citation)
        return message.lines(citation, index.folder, before, citation.quote, after)

    async def publisher(self, interaction: Interaction, name: str | None) -> str:
        """The key of a publisher. Raises InputError where no article is by such a one."""
        index = self._desk.libraries.of(interaction.guild_id).index
        try:
            named.by_publisher(name, await self._desk.on_disk(index.sources))
        except InputError as error:
            raise InputError(str(error).replace("--publisher", "publisher")) from error
        return _publisher_key(name) if name else ""

    async def file(self, interaction: Interaction, name: str) -> str:
        """The key of the article that a name, its start or the key tells. Raises InputError for none."""
        index = self._desk.libraries.of(interaction.guild_id).index
        rows, folder = await self._desk.on_disk(index.sources), Path(index.folder.name)
        if name in map(_key, (source.file for source, _ in rows)):
            return name
        try:
            return _key(named.place(name, rows, folder).source.file)
        except InputError as error:
            raise InputError(str(error).replace("quoth sources", "/sources")) from error

    async def list_articles(self, interaction: Interaction, publisher: str, page: int) -> None:
        """The articles, newest first, for who asks alone; `publisher` is the key of one, or empty."""
        rows = [
            source
            for source in await self._sources(interaction.guild_id)
            if not publisher or (source.publisher and _publisher_key(source.publisher) == publisher)
        ]
        if not rows:
            await whisper(interaction, "There is no such article.")
            return
        count = -(-len(rows) // _LISTED)
        page = min(page, count - 1)
        listed = [_listed(source) for source in rows[page * _LISTED : (page + 1) * _LISTED]]
        title = f"**{len(rows)} article{'s' * (len(rows) != 1)}**" + f", page {page + 1} of {count}" * (
            count > 1
        )
        view = views.text("\n".join([title, *listed]), pages("articles", publisher, page, count), Colour.TALK)
        await show(interaction, view)

    async def turn_page(self, interaction: Interaction, key: str, page: int) -> None:
        """A page of the text of the article with that key, for the person who asks alone."""
        index = self._desk.libraries.of(interaction.guild_id).index
        sources = await self._sources(interaction.guild_id)
        source = next((one for one in sources if _key(one.file) == key), None)
        chunks = await self._desk.on_disk(index.article, source.file) if source else []
        if source is None or not chunks:
            await whisper(interaction, _GONE)
            return
        head = message.heading(source, f"{index.folder.name}/{source.file}")
        texts = message.page(_text(chunks), min(message.PAGE, _PAGE - size(head) - _COUNTED))
        page = max(0, min(page, len(texts) - 1))
        head += _PAGES.format(page + 1, len(texts)) if len(texts) > 1 else ""
        view = views.text(f"{head}\n\n{texts[page]}", pages("text", key, page, len(texts)), Colour.TALK)
        await show(interaction, view)

    async def publishers(self, guild: int | None, typed: str) -> list[tuple[str, str]]:
        """The publishers whose name holds what was typed, each with itself, for autocomplete."""
        names = {source.publisher for source in await self._sources(guild) if source.publisher}
        return _suggested([(name, name) for name in sorted(names)], typed)

    async def files(self, guild: int | None, typed: str) -> list[tuple[str, str]]:
        """The articles whose file or title holds what was typed, each with its file, if short, or its key."""
        shown = [(f"{one.file}: {one.title}", one.file) for one in await self._sources(guild)]
        values = [(name, file if len(file) <= _LONGEST else _key(file)) for name, file in shown]
        return _suggested(values, typed)

    async def _sources(self, guild: int | None) -> list[Source]:
        index = self._desk.libraries.of(guild).index
        return [source for source, _ in await self._desk.on_disk(index.sources)]


def _suggested(found: Sequence[tuple[str, str]], typed: str) -> list[tuple[str, str]]:
    wanted = typed.casefold()
    fitting = [(safe(name)[:_LONGEST], value) for name, value in found if wanted in name.casefold()]
    return [(name, value) for name, value in fitting if name and len(value) <= _LONGEST][:_SUGGESTED]


def surroundings(chunks: Sequence[Chunk], citation: Citation) -> tuple[str, str]:
    """The text around a quote, of an article's chunks: before it and behind it; nothing where it is gone."""
    span = citation.span
    if not chunks or not any(
        chunk.span.start <= span.start and span.end <= chunk.span.end and chunk.quote(span) == citation.quote
        for chunk in chunks
    ):
        return "", ""
    near = reading.around(reading.lines(chunks), span, _AROUND)
    before = "\n".join(_part(line, None, span.start) for line in near)
    after = "\n".join(_part(line, span.end, None) for line in near)
    return before, after


def _part(line: reading.Line, start: int | None, end: int | None) -> str:
    """What of a line stands from `start` on, and before `end`."""
    parts = []
    for stretch in line.stretches:
        first = max(0, start - stretch.start) if start is not None else 0
        last = max(0, end - stretch.start) if end is not None else len(stretch.text)
        parts.append(stretch.text[first:last])
    return "".join(parts)


def _text(chunks: Sequence[Chunk]) -> str:
    return "\n".join("".join(part.text for part in line.stretches) for line in reading.lines(chunks))


def _listed(source: Source) -> str:
    about = credit(source)
    title = f"**{clipped(source.title, _FIELD)}**"
    credited = f" — {clipped(about, _FIELD)}" if about else ""
    return f"{title}{credited}\n-# {clipped_start(source.file, _FIELD)}"


def _publisher_key(name: str) -> str:
    return _key(name.casefold())


def _key(name: str) -> str:
    """A short name for a custom id."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
