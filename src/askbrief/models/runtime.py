"""Compiled models at work: one ONNX graph and its tokenizer, run text by text.

Each text is run alone, several at a time on threads of their own. Int8 graphs scale their activations by what they see
in a run, so a text that shared a run with others would come out slightly different depending on its company; alone, the
same text always gives the same numbers, and no time goes into padding.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import ModelError, QuestionError

GRAPH, WEIGHTS = "model.onnx", "weights.bin"
"""A graph may also hold its weights itself."""
TOKENIZER = "tokenizer.json"
CARD = "askbrief.json"
_KEPT_TOKENIZERS = 4
_TOKENIZERS_LOCK = Lock()
"""Encoder and readers load side by side: who comes second waits for the tokenizer, and does not build it again."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenised text, or a pair of texts.

    Attributes:
        ids: Token ids, shape (L,).
        types: 0 for the first text of a pair, 1 for the second, shape (L,).
        second: Whether each token belongs to the second text (and not to the first or the frame), shape (L,).
        offsets: Half-open character range of each token in its text, shape (L, 2).
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    second: NDArray[np.bool_]
    offsets: NDArray[np.int64]


class CompiledModel:
    """A folder made by ``compiling``: graph, weights, tokenizer and card. Everything loads on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder} is not a compiled model: {error}", hint="Reinstall askbrief.") from error

    def load(self) -> None:
        """Loads graph and tokenizer now, and not with the first text."""
        assert self._session is not None
        assert self._tokenizer is not None

    def is_complete(self) -> bool:
        """Whether the files have the sizes that the card states."""
        sizes = self.card.get("bytes", {})
        files = {name: self.folder / name for name in {GRAPH, TOKENIZER, *sizes}}
        return all(file.is_file() and file.stat().st_size == sizes.get(name) for name, file in files.items())

    def describe_form(self) -> str:
        """Its form, and why the quicker ones are not used."""
        failed = self.card.get("failed", {})
        reasons = ", ".join(f"{name}: {why}" for name, why in failed.items())
        return str(self.card.get("form", "int8")) + (f" ({reasons})" if reasons else "")

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # compiling did that
        options.enable_mem_pattern = False  # hardly two texts have the same length
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self.folder / GRAPH), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(f"{self.folder / GRAPH} cannot be loaded: {error}", hint=self._hint) from error

    @cached_property
    def _input_names(self) -> frozenset[str]:
        return frozenset(item.name for item in self._session.get_inputs())

    @cached_property
    def _tokenizer(self) -> Any:
        try:
            with _TOKENIZERS_LOCK:
                return _build_tokenizer((self.folder / TOKENIZER).read_text(encoding="utf-8"))
        except Exception as error:
            raise ModelError(f"{self.folder / TOKENIZER} cannot be loaded: {error}", hint=self._hint) from error

    @property
    def _hint(self) -> str:
        return f"Remove {self.folder} (or reinstall askbrief, if it lies inside the package) and try again."

    def tokenise(self, text: str, *, max_tokens: int) -> Tokens:
        """Token ids of one text with the frame; what exceeds ``max_tokens`` is cut."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(max_tokens - self._tokenizer.num_special_tokens_to_add(False))
        return _as_tokens(self._tokenizer.post_process(encoding))

    def tokenise_pair(self, first: str, second: str, *, max_tokens: int, stride: int) -> list[Tokens]:
        """Token ids of a pair with the frame, in as many windows over the second text as it takes.

        Neighbouring windows share ``stride`` tokens.

        Raises:
            QuestionError: The first text, the question, leaves no room for the second.
        """
        question = self._tokenizer.encode(first, add_special_tokens=False)
        room = max_tokens - len(question) - self._tokenizer.num_special_tokens_to_add(True)
        if room <= stride:
            raise QuestionError("the question is too long for the reader", hint="Ask a shorter question.")
        context = self._tokenizer.encode(second, add_special_tokens=False)
        context.truncate(room, stride=stride)
        windows = (context, *context.overflowing)
        return [_as_tokens(self._tokenizer.post_process(question, window)) for window in windows]

    def run(self, tokens: Tokens) -> list[NDArray[np.float32]]:
        """The graph's outputs for one text, without the batch dimension."""
        feed = {
            "input_ids": tokens.ids[None],
            "attention_mask": np.ones_like(tokens.ids)[None],
            "token_type_ids": tokens.types[None],
        }
        wanted = {name: array for name, array in feed.items() if name in self._input_names}
        return [output[0] for output in self._session.run(None, wanted)]

    def run_many(self, texts: Sequence[Tokens]) -> Iterator[list[NDArray[np.float32]]]:
        """``run`` for each of ``texts``, in order, on every core."""
        if len(texts) < 2:
            yield from map(self.run, texts)
            return
        session = self._session  # loaded once, before the threads need it
        assert session is not None
        with ThreadPoolExecutor(max_workers=min(_count_cores(), len(texts))) as pool:
            yield from pool.map(self.run, texts)


@lru_cache(maxsize=_KEPT_TOKENIZERS)
def _build_tokenizer(definition: str) -> Any:
    """The tokenizer of a ``tokenizer.json``, without padding and truncation; equal files share one, never changed."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(definition)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _count_cores() -> int:
    """Cores that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _as_tokens(encoding: Any) -> Tokens:
    return Tokens(
        ids=np.asarray(encoding.ids, dtype=np.int64),
        types=np.asarray(encoding.type_ids, dtype=np.int64),
        second=np.asarray([number == 1 for number in encoding.sequence_ids], dtype=np.bool_),
        offsets=np.asarray(encoding.offsets, dtype=np.int64),
    )
