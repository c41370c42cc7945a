"""Mixtures: which training files a run learns from, and how often (``mixtures.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("mixtures.toml")
PASSIVES = "passives"
"""Source of questions made of passive sentences (``training.passives``)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One training file and how it is used.

    Attributes:
        name: File name under ``reader/train`` without its ending; ``passives`` is made by ``training.passives``.
        share: Questions taken, as a multiple of those in the file (2.0 = every question twice).
        negatives: Unanswerable copies made of a question, on average.
        has_titles: Whether the file's titles name the article (and not the collection).
        among: How often a single sentence is put among others that share words with the question.
        unanswerable: Times that a question without an answer is taken for once that another is.
        joined: How often a second question on the context is asked in the same sentence ("…, or …?").
        contrasts: How often a question and its context are shown with two terms exchanged in one or both of them.
    """

    name: str
    share: float
    negatives: float = 0.0
    has_titles: bool = False
    among: float = 0.0
    unanswerable: int = 1
    joined: float = 0.0
    contrasts: float = 0.0


def load_mixtures(file: Path = FILE) -> dict[str, tuple[Source, ...]]:
    """The sources of each mixture, by its name, in the file's order."""
    tables: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    titled = set(tables.pop("titled"))
    return {
        mixture: tuple(Source(name, has_titles=name in titled, **fields) for name, fields in sources.items())
        for mixture, sources in tables.items()
    }
