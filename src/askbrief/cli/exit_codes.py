"""Exit codes of the command line."""

from __future__ import annotations

from askbrief.errors import AskbriefError, QuestionError

DONE, ERROR, USAGE, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 130
"""Answered or done · error · wrong usage · no answer in these articles · interrupted."""

_SEVERITY = (DONE, NO_ANSWER, USAGE, ERROR)


def find_exit_code(error: AskbriefError) -> int:
    """The exit code of a command that ends with ``error``."""
    return USAGE if isinstance(error, QuestionError) else ERROR


def find_worst(first: int, second: int) -> int:
    """The worse of two exit codes: an error, then wrong usage, then no answer."""
    return max(first, second, key=_SEVERITY.index)
