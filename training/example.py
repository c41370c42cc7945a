"""An example: what a reader learns from, and the files that hold the questions it is made of."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


def load_rows(file: Path) -> Iterator[dict[str, Any]]:
    """The JSON lines of a gzip'd file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
