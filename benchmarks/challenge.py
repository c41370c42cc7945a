"""Minimal pairs: two items of news-like text that differ in who acts, a negation, a year, a bound or a person.

    python -m benchmarks.challenge [--show]

``minimal_pairs.jsonl`` holds 150 pairs; everything in it is invented and was written for this file. A pair asks two
questions of one text, or one question of two texts that differ in a word or two. An item is right if the reader gives
an accepted answer, by the official comparison, with enough confidence to be shown, or gives none where the text does
not say. Measured with both readers as shipped, and with the first one alone (``reader = "fast"``). Nothing is trained
on it or tuned to it.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from askbrief.answer.rank import find_confidence
from askbrief.evaluation.scores import score_exact
from askbrief.types import Reading
from benchmarks.common import save_result
from benchmarks.reading import LONE_SCORE, load_reader, read_one

FILE = Path(__file__).parent / "challenge" / "minimal_pairs.jsonl"


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a text.

    Attributes:
        pair: Number of the pair it belongs to.
        kind: What the items of the pair differ in: agent, negation, year, bound or people.
        context: The text, one to three sentences.
        question: Asked of it.
        answers: What is accepted, verbatim in ``context``; empty where it does not say.
    """

    pair: int
    kind: str
    context: str
    question: str
    answers: tuple[str, ...]


def load_items(file: Path = FILE) -> list[Item]:
    """The items in the file's order, those of a pair together."""
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [Item(**row | {"answers": tuple(row["answers"])}) for row in rows]


def choose_shown(reading: Reading | None, item: Item) -> str:
    """What askbrief would show of the text read alone: the best span, or '' if it is not confident enough."""
    if reading is None:
        return ""
    calibration = load_reader().calibration
    if find_confidence(reading.margin, score=LONE_SCORE, calibration=calibration) < calibration.threshold:
        return ""
    return reading.span.of(item.context)


def count(items: Sequence[Item], answers: Iterable[str]) -> dict[str, dict[str, float]]:
    """Percent of items and of pairs (both items) that are right, of each kind and of all.

    Args:
        items: What was asked.
        answers: What was given to each, '' for nothing.
    """
    right: dict[str, list[float]] = defaultdict(list)
    said: dict[str, list[float]] = defaultdict(list)
    pairs: dict[str, dict[int, float]] = defaultdict(dict)
    for item, found in zip(items, answers, strict=True):
        score = score_exact(found, item.answers)
        for kind in (item.kind, "all"):
            right[kind].append(score)
            pairs[kind][item.pair] = min(score, pairs[kind].get(item.pair, 1.0))
            said[f"{kind} {'answered' if item.answers else 'not said'}"].append(score)
    return {
        kind: {
            "items": len(right[kind]),
            "items right": _percent(right[kind]),
            "pairs right": _percent(list(pairs[kind].values())),
            "right where it is said": _percent(said[f"{kind} answered"]),
            "right where it is not said": _percent(said[f"{kind} not said"]),
        }
        for kind in right
    }


def _percent(scores: Sequence[float]) -> float:
    return round(100 * sum(scores) / len(scores), 1) if scores else 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print what is wrong, and save nothing")
    arguments = parser.parse_args()
    items = load_items()
    read = [read_one((item.question, item.context)) for item in items]
    once, twice = (
        [choose_shown(found, item) for found, item in zip(column, items, strict=True)]
        for column in zip(*read, strict=True)
    )
    if arguments.show:
        for item, found in zip(items, twice, strict=True):
            if not score_exact(found, item.answers):
                print(f"{item.kind}: {item.context}\n  {item.question} → {found!r}, accepted {list(item.answers)}")
        return
    save_result("challenge", {**count(items, twice), "fast": count(items, once)})


if __name__ == "__main__":
    main()
