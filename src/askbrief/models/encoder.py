"""Encoders: texts → unit vectors, run by onnxruntime."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from askbrief.models.forms import INT8
from askbrief.models.runtime import CompiledModel, Tokens


class Encoder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that change whenever the vectors might."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimension,), of length 1."""

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """The vectors of passages, in order, each of shape (dimension,) and length 1."""


def _find_fingerprint(card: Mapping[str, Any]) -> str:
    """The source's fingerprint, and in another form than int8 one of the form as well, as its vectors are others."""
    fingerprint, form = str(card["fingerprint"]), card.get("form", INT8.name)
    if form == INT8.name:
        return fingerprint
    return hashlib.sha256(f"{fingerprint}\0{form}\0{card['form_version']}".encode()).hexdigest()[: len(fingerprint)]


class CompiledEncoder:
    """An encoder run by onnxruntime.

    Attributes:
        source: Folder of the model that it was compiled from, where that is known.
        max_tokens: Tokens of a text that count, the frame included; the rest is cut.
        agreement: What ``measure_agreement`` gave when it was compiled.
    """

    def __init__(self, folder: Path, *, source: Path | None = None) -> None:
        self._model = CompiledModel(folder)
        self.source = source
        card = self._model.card
        self.fingerprint = _find_fingerprint(card)
        self.dimension: int = card["dimension"]
        self.agreement: dict[str, float] = card.get("agreement", {})
        self.max_tokens: int = card["max_tokens"]
        self._question_prompt: str = card["question_prompt"]
        self._passage_prompt: str = card["passage_prompt"]

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimension,), of length 1; what exceeds the model's limit is cut."""
        return self._model.run(self._tokenise(self._question_prompt + text))[0]

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """The vectors of passages, in order, each of shape (dimension,) and length 1."""
        tokenised = [self._tokenise(self._passage_prompt + text) for text in texts]
        for output in self._model.run_many(tokenised):
            yield output[0]

    def _tokenise(self, text: str) -> Tokens:
        return self._model.tokenise(text, max_tokens=self.max_tokens)
