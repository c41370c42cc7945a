"""Accelerating: many passages → vectors on a GPU, where torch offers one.

A question and a few passages are always encoded by the compiled form: to start a GPU takes longer than that. The GPU
runs the source model in half precision; its vectors differ from the compiled ones by what compiling costs (a cosine of
about 0.99), so an index may be begun with a GPU and go on without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import ModelError
from askbrief.models.compile_encoder import MIN_MEAN_COSINE, load_source, measure_agreement
from askbrief.models.encoder import CompiledEncoder, Encoder
from askbrief.models.quiet import quiet_and_offline
from askbrief.models.trust import screen_model

MANY_CHARACTERS = 4_000_000
"""Text from which a GPU is looked for: about a minute of two cores, against two seconds to import torch."""
_BATCH_PASSAGES = 64


class AcceleratedEncoder:
    """A compiled encoder whose source encodes the passages on a GPU, until that fails; then the compiled form goes on.

    Attributes:
        device: Kind of GPU, such as "cuda" or "mps".
        failure: Why the GPU is not used any more; '' while it is.
    """

    def __init__(self, compiled: CompiledEncoder, model: Any, *, device: str) -> None:
        self.fingerprint = compiled.fingerprint
        self.dimension = compiled.dimension
        self.device = device
        self.failure = ""
        self._compiled = compiled
        self._model = model

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """The compiled form's vector of a question, shape (dimension,), of length 1."""
        return self._compiled.encode_question(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """The vectors of passages, in order, each of shape (dimension,) and length 1."""
        if texts and not self.failure:
            try:
                vectors = self._encode(texts)
            except RuntimeError as error:  # torch's own errors: out of memory, a driver that is gone
                self.failure = str(error).partition("\n")[0] or type(error).__name__
                self._model = None
            else:
                yield from vectors
                return
        yield from self._compiled.encode_passages(texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raw = self._model.encode_document(list(texts), batch_size=_BATCH_PASSAGES, show_progress_bar=False)
        vectors = np.asarray(raw, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise RuntimeError(f"{self.device} gave vectors without a direction")
        scaled: NDArray[np.float32] = vectors / lengths
        return scaled


def accelerate(encoder: Encoder) -> AcceleratedEncoder | None:
    """``encoder`` with a GPU for its passages; None if there is none, or its vectors are not the encoder's."""
    if not isinstance(encoder, CompiledEncoder) or encoder.source is None or (device := find_device()) is None:
        return None
    try:
        screen_model(encoder.source)
        with quiet_and_offline():
            model = load_source(encoder.source, device=device).half()
            model.max_seq_length = encoder.max_tokens
            agreement = measure_agreement(model, encoder)
    except (ModelError, RuntimeError):
        return None
    agrees = agreement["mean_cosine"] >= MIN_MEAN_COSINE
    return AcceleratedEncoder(encoder, model, device=device) if agrees else None


def find_device() -> str | None:
    """The kind of GPU that torch can use, such as "cuda" or "mps"; None without."""
    import torch

    if not torch.accelerator.is_available():
        return None
    device = torch.accelerator.current_accelerator()
    return device.type if device else None
