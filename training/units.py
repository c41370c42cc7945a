"""Units: what a training run learns from, tokenised, and the files that hold it.

A file is made once by ``training.prepare``; runs only read it, so that one on a GPU waits for nothing.
"""

from __future__ import annotations

import io
import lzma
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.example import Example


@dataclass(slots=True)
class Encoded:
    """An example in tokens.

    Attributes:
        ids: Token ids of question and context, uint16, shape (L,).
        asked: Tokens before the context.
        starts: First token of each answer; (0,) = no answer here.
        ends: Last token of each answer.
        start_shares: How likely a teacher holds each of ``starts``, summing to 1; empty where labels say so: all alike.
        end_shares: Likewise of ``ends``, which may then be others and more than ``starts``.
        source: What it was made of: a training file, ``passives``, ``joined``, …
    """

    ids: NDArray[np.uint16]
    asked: int
    starts: list[int]
    ends: list[int]
    source: str
    start_shares: list[float] = field(default_factory=list)
    end_shares: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Unit:
    """Examples that stay together in a batch: one alone, or a question's passages with their retrieval scores."""

    items: list[Encoded]
    scores: list[float]

    @property
    def length(self) -> int:
        """Tokens of the longest."""
        return max(len(item.ids) for item in self.items)


def encode_examples(examples: Sequence[Example], tokenizer: Any, *, max_tokens: int) -> list[Encoded | None]:
    """Tokenises; None for an example whose answer falls beyond ``max_tokens``."""
    encoded: list[Encoded | None] = []
    for at in range(0, len(examples), 2000):
        part = examples[at : at + 2000]
        batch = tokenizer(
            [e.question for e in part],
            [e.context for e in part],
            truncation="only_second",
            max_length=max_tokens,
            return_offsets_mapping=True,
        )
        for row, example in enumerate(part):
            offsets, sequence = batch["offset_mapping"][row], batch.sequence_ids(row)
            asked = sequence.index(1) if 1 in sequence else len(sequence)
            starts, ends = [], []
            for start, end in example.answers:
                inside = [i for i, (s, e) in enumerate(offsets) if sequence[i] == 1 and s < end and e > start and e > s]
                if inside and offsets[inside[-1]][1] >= end:
                    starts.append(inside[0])
                    ends.append(inside[-1])
            if example.answers and not starts:
                encoded.append(None)
                continue
            ids = np.array(batch["input_ids"][row], dtype=np.uint16)
            encoded.append(Encoded(ids, asked, starts or [0], ends or [0], example.source))
    return encoded


def mix(units: Sequence[Unit], others: Sequence[Unit], *, seed: int) -> list[Unit]:
    """Both lists in one: each keeps its order, spread evenly over the other."""
    rng = random.Random(seed)
    keyed = [((at + rng.random()) / len(part), unit) for part in (units, others) for at, unit in enumerate(part)]
    return [unit for _, unit in sorted(keyed, key=lambda pair: pair[0])]


def save_units(units: Iterable[Unit], file: Path) -> None:
    """Writes units; contexts that come again, as most do, take little room. The file has its name once it is whole."""
    units = list(units)
    items = [item for unit in units for item in unit.items]
    sources = sorted({item.source for item in items})
    arrays = {
        "ids": np.concatenate([item.ids for item in items]),
        "lengths": np.array([len(item.ids) for item in items], dtype=np.uint16),
        "asked": np.array([item.asked for item in items], dtype=np.uint16),
        **_flatten("starts", [item.starts for item in items], np.uint16),
        **_flatten("ends", [item.ends for item in items], np.uint16),
        **_flatten("start_shares", [item.start_shares for item in items], np.float32),
        **_flatten("end_shares", [item.end_shares for item in items], np.float32),
        "source": np.array([sources.index(item.source) for item in items], dtype=np.uint8),
        "sources": np.array(sources),
        "sizes": np.array([len(unit.items) for unit in units], dtype=np.uint8),
        "scores": np.array([score for unit in units for score in unit.scores], dtype=np.float32),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    partial_file = file.with_suffix(".partial")
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 4, "dict_size": 1 << 26}]
    partial_file.write_bytes(lzma.compress(buffer.getvalue(), filters=filters))
    partial_file.replace(file)


def load_units(file: Path) -> list[Unit]:
    """The units that ``save_units`` wrote."""
    arrays = np.load(io.BytesIO(lzma.decompress(file.read_bytes())))
    ids = np.split(arrays["ids"], np.cumsum(arrays["lengths"])[:-1])
    starts, ends = _split("starts", arrays), _split("ends", arrays)
    shares = _split("start_shares", arrays), _split("end_shares", arrays)
    sources = [str(arrays["sources"][number]) for number in arrays["source"]]
    parts = zip(ids, arrays["asked"].tolist(), starts, ends, sources, *shares, strict=True)
    items = [Encoded(*part) for part in parts]
    units, at, scores = [], 0, arrays["scores"].tolist()
    for size in arrays["sizes"].tolist():
        units.append(Unit(items[at : at + size], scores[at : at + size]))
        at += size
    return units


def _flatten(name: str, lists: list[Any], dtype: Any) -> dict[str, NDArray[Any]]:
    """Lists of numbers as one array and their lengths."""
    return {
        name: np.array([number for one in lists for number in one], dtype=dtype),
        f"{name}_lengths": np.array([len(one) for one in lists], dtype=np.uint8),
    }


def _split(name: str, arrays: Any) -> list[Any]:
    """The lists that ``_flatten`` was given."""
    return [part.tolist() for part in np.split(arrays[name], np.cumsum(arrays[f"{name}_lengths"])[:-1])]
