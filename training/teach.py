"""Teach: what a teacher says of pairs, as soft targets that a student of another tokenizer learns from.

    python -m training.teach training/runs/teacher --base FOLDER --pairs pairs.jsonl.gz --out taught.jsonl.gz
    python -m training.prepare --data ../shared/data --taught taught.jsonl.gz --out training/runs/taught.xz

The teacher gives each token a probability of opening the answer and of closing it, its first token that of "not here"
(Hinton et al., 2015, at temperature 1). They are written by character: the first of an opening token, the end of a
closing one. The likeliest are kept, and sum to 1 again.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer

from corpora.questions import iter_rows
from training.batches import collate
from training.losses import find_scores
from training.pairs import Pair, load_pairs
from training.units import Encoded
from training.weights import ENCODER_FOLDER, load_model

NOT_HERE = -1
"""Place of "not here" among the characters."""
KEPT, LEAST = 8, 0.005
"""Most places that are kept, and the least probability of each."""
BATCH_TOKENS = 4000
STRETCH = 4000
"""Pairs that are sorted by length together."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A pair with the teacher's distributions.

    Attributes:
        question: As in the pair.
        context: Likewise.
        source: Likewise.
        starts: First character of the answer, or ``NOT_HERE``, and its probability; these sum to 1.
        ends: Likewise the character after the last.
    """

    question: str
    context: str
    source: str
    starts: list[tuple[int, float]]
    ends: list[tuple[int, float]]


def find_likeliest(
    scores: NDArray[np.float32], places: Sequence[int | None], *, kept: int = KEPT
) -> list[tuple[int, float]]:
    """The likeliest places with their probabilities, likeliest first.

    Args:
        scores: Of each token, shape (L,).
        places: Character of each token; None where no answer can stand.
        kept: Most places.
    """
    allowed = np.array([place is not None for place in places])
    odds = np.where(allowed, np.exp(scores - scores[allowed].max()), 0.0)
    shares = odds / odds.sum()
    best = [row for row in np.argsort(-shares, kind="stable")[:kept] if shares[row] >= LEAST]
    total = float(shares[best].sum())
    return [(place, float(shares[row]) / total) for row in best if (place := places[row]) is not None]


def teach(model: Any, tokenizer: Any, pairs: Sequence[Pair], *, max_tokens: int) -> Iterator[Taught]:
    """What the teacher says of each pair, pairs of one length together."""
    for at in range(0, len(pairs), STRETCH):
        part = pairs[at : at + STRETCH]
        batch = tokenizer(
            [pair.question for pair in part],
            [pair.context for pair in part],
            truncation="only_second",
            max_length=max_tokens,
            return_offsets_mapping=True,
        )
        order = sorted(range(len(part)), key=lambda row: len(batch["input_ids"][row]))
        while order:
            size = max(1, BATCH_TOKENS // len(batch["input_ids"][order[-1]]))
            rows, order = order[-size:], order[:-size]
            items = [Encoded(np.array(batch["input_ids"][row]), 0, [0], [0], "") for row in rows]
            inputs, _ = collate(items, torch.device("cpu"), padding_id=model.config.pad_token_id)
            with torch.no_grad():
                starts, ends = (scores.numpy() for scores in find_scores(model, inputs))
            for number, row in enumerate(rows):
                offsets, sequence = batch["offset_mapping"][row], batch.sequence_ids(row)
                inside = [which == 1 and s < e for which, (s, e) in zip(sequence, offsets, strict=True)]
                opening = [s if here else None for here, (s, _) in zip(inside, offsets, strict=True)]
                closing = [e if here else None for here, (_, e) in zip(inside, offsets, strict=True)]
                opening[0] = closing[0] = NOT_HERE
                length = len(offsets)
                yield Taught(
                    *(part[row].question, part[row].context, part[row].source),
                    find_likeliest(starts[number, :length], opening),
                    find_likeliest(ends[number, :length], closing),
                )


def encode_taught(rows: Sequence[Taught], tokenizer: Any, *, max_tokens: int) -> list[Encoded]:
    """In the student's tokens; what falls between or beyond them is left out, and the rest sums to 1 again.

    A row of which nothing is left is left out.
    """
    encoded = []
    batch = tokenizer(
        [row.question for row in rows],
        [row.context for row in rows],
        truncation="only_second",
        max_length=max_tokens,
        return_offsets_mapping=True,
    )
    for number, row in enumerate(rows):
        sequence = batch.sequence_ids(number)
        inside = [(at, *span) for at, span in enumerate(batch["offset_mapping"][number]) if sequence[at] == 1]
        starts = _place(row.starts, {place: at for at, start, end in inside for place in range(start, end)})
        ends = _place(row.ends, {place: at for at, start, end in inside for place in range(start + 1, end + 1)})
        if starts and ends:
            ids = np.array(batch["input_ids"][number], dtype=np.uint16)
            lists = (list(starts), list(ends), row.source, list(starts.values()), list(ends.values()))
            encoded.append(Encoded(ids, sequence.index(1) if 1 in sequence else len(ids), *lists))
    return encoded


def _place(shares: Iterable[tuple[int, float]], tokens: dict[int, int]) -> dict[int, float]:
    """Probabilities by token, from probabilities by character."""
    placed: dict[int, float] = {}
    for place, share in shares:
        token = 0 if place == NOT_HERE else tokens.get(place)
        if token is not None:
            placed[token] = placed.get(token, 0.0) + share
    total = sum(placed.values())
    return {token: share / total for token, share in placed.items()}


def save_taught(rows: Iterable[Taught], file: Path) -> None:
    """Writes what a teacher said, one pair a line; the file has its name once it is whole."""
    partial_file = file.with_suffix(".partial")
    with gzip.open(partial_file, "wt", encoding="utf-8", compresslevel=3) as lines:
        for row in rows:
            values = asdict(row)
            for name in ("starts", "ends"):
                values[name] = [(place, round(share, 4)) for place, share in values[name]]
            lines.write(json.dumps(values, ensure_ascii=False) + "\n")
    partial_file.replace(file)


def load_taught(file: Path) -> list[Taught]:
    """What ``save_taught`` wrote."""
    return [
        Taught(**row | {name: [(place, share) for place, share in row[name]] for name in ("starts", "ends")})
        for row in iter_rows(file)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="the teacher; of several, their mean")
    parser.add_argument("--base", type=Path, default=ENCODER_FOLDER, help="folder of the pre-trained model")
    parser.add_argument("--pairs", type=Path, required=True, help="file made by training.pairs")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-tokens", type=int, default=320)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    model = load_model(arguments.runs, base=arguments.base).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    pairs = load_pairs(arguments.pairs)
    save_taught(teach(model, tokenizer, pairs, max_tokens=arguments.max_tokens), arguments.out)


if __name__ == "__main__":
    main()
