"""Errors that are sentences for the user: what failed, which value, what to do next."""

from __future__ import annotations


class QuothError(Exception):
    """Base of every error a user can cause; `str(error)` is the sentence to show."""

    exit_status = 1


class InputError(QuothError):
    """A question, a flag or a setting that cannot be used."""

    exit_status = 2


class FolderError(InputError):
    """The folder of articles is missing, unreadable or holds no article."""


class ModelError(QuothError):
    """The embedding model is missing, damaged or not the one that made the index."""

    exit_status = 3


class IndexDamaged(QuothError):
    """The index on disk cannot be opened or written."""

    exit_status = 4


class IndexBusy(IndexDamaged):
    """Another program is writing the index."""


class DataFolderError(IndexDamaged):
    """The folder for the index cannot be used."""


class IndexGone(IndexDamaged):
    """The index that was open is there no more."""


class SearchUnavailable(QuothError):
    """The Chroma server cannot be asked; the next question asks it again."""

    exit_status = 5


class ReaderError(ModelError):
    """The trained reader's file is missing or damaged; Quoth answers without it."""


class EntailmentError(ModelError):
    """The trained judge's file is missing or damaged; Quoth checks its sentences by rules alone."""


class TooLate(QuothError):
    """The question's deadline passed before it was answered."""
