"""An encoder and a reader that cost nothing, so that the torture is of the store."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from askbrief.answer.reader import Reader
from askbrief.models.calibration import Calibration
from askbrief.types import Document, Passage, Reading, Span

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")


class WordEncoder:
    """Counts words by their checksum; equal texts have equal vectors of length 1."""

    fingerprint = "words"
    dimension = 32

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """The vector of a text, shape (dimension,)."""
        vector = np.ones(self.dimension, dtype=np.float32)
        for word in _WORD.findall(text.lower()):
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        return vector / np.float32(np.linalg.norm(vector))

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """The vectors of texts, in order."""
        return map(self.encode_question, texts)


class NumberReader(Reader):
    """Answers with the first number of each passage."""

    @property
    def calibration(self) -> Calibration:
        """That of the reader that ships."""
        return Calibration()

    def load(self) -> None:
        """There is nothing to load."""

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        """One reading a passage, none where it has no number."""
        found = []
        for _, passage in passages:
            match = _NUMBER.search(passage.text)
            start = passage.span.start
            found.append([Reading(Span(start + match.start(), start + match.end()), 5.0)] if match else [])
        return found
