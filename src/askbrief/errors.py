"""The errors that askbrief raises.

AskbriefError                 what every caller may catch; carries a hint
├── QuestionError             a question or query that cannot be asked
├── ConfigError               askbrief.toml, or a folder that cannot be used
│   └── FolderNotFoundError   no folder was named, and none was found
├── CorpusError               a folder or file that cannot be read
├── ModelError                an encoder or reader that is missing, damaged or unfit
├── AnswersError              earlier answers that cannot be read
├── ConversationError         the saved conversations
├── EvaluationError           questions with known answers that cannot be used
├── ServingError              the chat in a browser
├── ClusterError              the machines that hold the shards of an index
└── StoreError                the index
    ├── StoreNotFoundError    nothing has been indexed yet
    ├── StoreOutdatedError    made with another version, model or setting
    ├── StoreDamagedError     a file of the index is broken
    └── StoreBusyError        another process is writing
"""

from __future__ import annotations


class AskbriefError(Exception):
    """Something went wrong that the user can act on.

    Args:
        message: What happened, one sentence without a full stop.
        hint: What to do about it, one sentence.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class QuestionError(AskbriefError):
    """The question is empty or too long."""


class ConfigError(AskbriefError):
    """The settings are wrong, or the folder cannot be used."""


class FolderNotFoundError(ConfigError):
    """No folder was named, and neither the current folder nor one above it has settings or an index."""


class CorpusError(AskbriefError):
    """A folder or file cannot be read as text."""


class ModelError(AskbriefError):
    """A model is missing, damaged, or does not do what it should."""


class AnswersError(AskbriefError):
    """Earlier answers, given to be verified, cannot be read."""


class ConversationError(AskbriefError):
    """A conversation cannot be saved, found or read; questions can still be asked."""


class EvaluationError(AskbriefError):
    """A file of questions with known answers, or an earlier report, cannot be used."""


class ServingError(AskbriefError):
    """The chat cannot be served to a browser."""


class ClusterError(AskbriefError):
    """The cluster cannot be reached, or cannot do what was asked of it."""


class StoreError(AskbriefError):
    """The index cannot be used."""


class StoreNotFoundError(StoreError):
    """Nothing has been indexed yet."""


class StoreOutdatedError(StoreError):
    """The index was made with another version, model or setting."""


class StoreDamagedError(StoreError):
    """A file of the index is broken."""


class StoreBusyError(StoreError):
    """Another process is writing to the index."""


def is_panic(error: BaseException) -> bool:
    """Whether ``error`` is the panic of a library written in Rust, which is no ``Exception`` and cannot be imported."""
    return type(error).__name__ == "PanicException"
