"""What every system is given, and what it must do. Imported in both environments: only the standard library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

TOP = 10
"""Passages searched for and read."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of whole sentences, as askbrief cuts them; ``text`` begins with the article's title on a line."""

    id: str
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The best answer, whatever its confidence: its words ('' if there is none) and the document they stand in."""

    text: str
    document: str


@dataclass(frozen=True, slots=True)
class Models:
    """Folders of the encoder (sentence-transformers) and of the reader (transformers)."""

    encoder: str
    reader: str


class System(Protocol):
    """A question-answering system. Each call of ``build`` and ``replace`` leaves a complete index in ``folder``."""

    def __init__(self, models: Models, articles: Path) -> None:
        """Loads nothing yet."""

    def warm_up(self) -> None:
        """Loads what encodes passages, so that ``build`` is timed without it."""

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        """Indexes ``passages`` (askbrief: its folder of articles) into an empty ``folder``."""

    def open(self, folder: Path) -> None:
        """Makes ready to answer from ``folder``."""

    def search(self, question: str) -> list[str]:
        """The best ``TOP`` passages, best first, each with its title on a line as in ``Passage.text``."""

    def ask(self, question: str) -> Found:
        """The best answer."""

    def replace(self, document: str, passages: Sequence[Passage], folder: Path) -> None:
        """Puts ``passages`` in place of those of ``document``, in the index of ``folder``."""


def save_passages(passages: Sequence[Passage], file: Path) -> None:
    """Writes JSON lines that ``load_passages`` reads."""
    file.write_text("".join(json.dumps(asdict(passage)) + "\n" for passage in passages), encoding="utf-8")


def load_passages(file: Path) -> list[Passage]:
    """The passages in the file."""
    return [Passage(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
