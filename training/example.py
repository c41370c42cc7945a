"""An example: what a reader learns from."""

from __future__ import annotations

from dataclasses import dataclass, field

JOINED = "joined"
"""Source of examples whose question joins two, and of the negatives and contrasts made beside them."""


@dataclass(slots=True)
class Example:
    """One question with one context, as the application shows it to the reader.

    Attributes:
        question: As a user types it.
        context: The title, at times the sentence before the passage, and the passage.
        answers: Half-open character ranges in ``context``; empty if it does not answer the question.
        source: Name of the training file, or of what made the example.
        words: Words of the passage, 0 if nobody asks.
    """

    question: str
    context: str
    answers: list[tuple[int, int]]
    source: str
    words: int = field(default=0)
