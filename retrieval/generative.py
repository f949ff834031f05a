"""The answer by a language model: each of its sentences past the support gate as soon as it is complete."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prompts.prompts import Asked, Prompt, Prompts
from retrieval.extractive import REFUSAL
from retrieval.llm.drafts import Draft, Drafts
from retrieval.llm.model import Ended, LanguageModelError, Model
from retrieval.llm.patience import Patience
from retrieval.llm.tokens import count
from retrieval.llm.vetting import Mode, Vetting
from retrieval.support import Gate
from retrieval.types import Answer, Event, Passage, Sentence, Span, Usage

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

log = logging.getLogger(__name__)

_UNSUPPORTED = (
    "Nothing that the language model wrote is supported by the articles: this is the answer without it."
)


class Writer:
    """Has a language model answer from numbered passages, and lets nothing through that they don't say."""

    def __init__(
        self, model: Model, prompts: Prompts, gate: Gate, mode: Mode = "strict", tokens: int = 6_000
    ) -> None:
        """`tokens` is the most that a prompt may have: passages that do not fit are left out."""
        self.model = model
        self.prompts = prompts
        self._gate = gate
        self._mode = mode
        self._tokens = tokens

    def answer(
        self,
        asked: Asked,
        passages: Sequence[Passage],
        quoted: Answer,
        patience: Patience,
        config: RunnableConfig | None = None,
    ) -> Iterator[Event]:
        """The sentences that pass, each as soon as it is complete, then the answer that they make.

        Whether the articles say is for the model to decide, whatever `quoted` found; where it fails, or
        nothing of it passes, the answer is `quoted`, with a note that says why.
        """
        try:
            yield from self._answered(asked, passages, quoted, patience, config)
        except LanguageModelError as error:
            log.warning("%s", error)
            note = f"{error} This is the answer without it."
            yield replace(quoted, notes=(*quoted.notes, note), usage=error.usage)

    def _answered(
        self,
        asked: Asked,
        passages: Sequence[Passage],
        quoted: Answer,
        patience: Patience,
        config: RunnableConfig | None,
    ) -> Iterator[Event]:
        prompt, shown = self._prompt(asked, passages)
        vetting = Vetting(shown, self._gate, self._mode, quoted.short_answer or "")
        drafts, ended = Drafts(), Ended(Usage())
        for piece in self.model.write(prompt, patience, config):
            if isinstance(piece, Ended):
                ended = piece
            else:
                yield from vetting.hear(drafts.take(piece))
        last = drafts.close()
        yield from vetting.hear(draft for draft in last if not ended.is_cut or _is_complete(draft))
        if vetting.sentences and not vetting.refused:
            yield from vetting.add(quoted)
        log.info("%s: %s", self.model.name, _told(ended.usage))
        yield replace(
            self._made(vetting, shown[0], quoted, ended), removed=vetting.removed, usage=ended.usage
        )

    def _made(self, vetting: Vetting, nearest: Passage, quoted: Answer, ended: Ended) -> Answer:
        made = Answer(quoted.question, True, (), confidence=quoted.confidence, model=self.model.name)
        if vetting.sentences:
            sentences, notes = tuple(vetting.sentences), _notes(vetting.removed, ended.is_cut)
            short = sentences[0].answer and quoted.short_answer
            return replace(
                made, sentences=sentences, citations=vetting.citations, notes=notes, short_answer=short
            )
        if vetting.refused:
            source = nearest.chunk.source
            return replace(made, answered=False, sentences=(Sentence(REFUSAL),), nearest=source)
        return replace(quoted, notes=(*quoted.notes, _UNSUPPORTED))

    def _prompt(self, asked: Asked, passages: Sequence[Passage]) -> tuple[Prompt, list[Passage]]:
        """With as many of the first passages as there is room for; of one too long, its first sentences."""
        fewer = (list(passages[:kept]) for kept in range(len(passages), 0, -1))
        for shown in (*fewer, *([shorter] for shorter in _shortened(passages[0]))):
            prompt = self.prompts.answer(asked, shown, REFUSAL)
            if sum(map(count, prompt)) <= self._tokens:
                return prompt, shown
        raise LanguageModelError(
            f"In {self._tokens:,} tokens no passage finds room beside the question: raise QUOTH_LLM_TOKENS."
        )


def _told(usage: Usage) -> str:
    """A usage in words, for the log."""
    calls = f"{usage.calls} call" + "s" * (usage.calls != 1)
    return f"{calls}, {usage.tokens_in:,} tokens in, {usage.tokens_out:,} out, {usage.seconds:.1f} s"


def _notes(removed: int, is_cut: bool) -> tuple[str, ...]:
    """What a reader must know of how the answer came to be."""
    notes = []
    if removed == 1:
        notes.append("1 sentence was left out: its citations did not support it.")
    elif removed:
        notes.append(f"{removed} sentences were left out: their citations did not support them.")
    if is_cut:
        notes.append("The answer was cut off: it grew too long.")
    return tuple(notes)


def _is_complete(draft: Draft) -> bool:
    return bool(re.search(r"[.!?][\"'”’)]*$", draft.text))


def _shortened(passage: Passage) -> Iterator[Passage]:
    """The passage with ever fewer of its first sentences."""
    chunk = passage.chunk
    for kept in range(len(chunk.sentences) - 1, 0, -1):
        span = Span(chunk.span.start, chunk.sentences[kept - 1].end)
        shorter = replace(chunk, span=span, text=chunk.quote(span), sentences=chunk.sentences[:kept])
        yield replace(passage, chunk=shorter)
