"""How long the slowest of many shards takes, with and without hedged requests: a simulation.

    python -m benchmarks.stragglers [--p50 20] [--p95 40]

A shard takes a lognormal time with the given median and 95th percentile; one request in a hundred meets a pause of 0.1
to 1 s (a page that is not in memory, a neighbour on the machine, garbage collection). A question waits for the slowest
shard in each of three rounds: word statistics and search in all shards, then the texts of the best passages, which lie
in ten of them. A hedged request is sent to a second replica after ``--hedge`` milliseconds, and the earlier counts.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUESTIONS = 5_000
SHARDS = (1, 8, 230, 2300)
HOLDERS = 10
"""Shards that hold the best passages."""
PAUSE_SHARE = 0.01
PAUSE_MS = (100.0, 1000.0)
_Z95 = 1.6449


def simulate(
    shards: int,
    *,
    p50: float,
    p95: float,
    hedge_ms: float | None,
    questions: int = QUESTIONS,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Milliseconds until the slowest of ``shards`` has answered, shape (questions,).

    Args:
        shards: Asked at once.
        p50: Median milliseconds of one shard.
        p95: Its 95th percentile.
        hedge_ms: When a second replica is asked as well; None never does.
        questions: How many are simulated.
        random: Where the times come from.
    """
    slowest = np.zeros(questions)
    for _ in range(shards):
        first = draw(questions, p50=p50, p95=p95, random=random)
        if hedge_ms is not None:
            second = hedge_ms + draw(questions, p50=p50, p95=p95, random=random)
            first = np.where(first > hedge_ms, np.minimum(first, second), first)
        np.maximum(slowest, first, out=slowest)
    return slowest


def draw(count: int, *, p50: float, p95: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Milliseconds of ``count`` requests to one shard."""
    times = random.lognormal(math.log(p50), math.log(p95 / p50) / _Z95, count)
    paused = random.random(count) < PAUSE_SHARE
    return np.asarray(times + np.where(paused, random.uniform(*PAUSE_MS, count), 0.0))


def measure(*, p50: float, p95: float, hedge_ms: float) -> dict[str, Any]:
    """p50 and p99 of the slowest shard by number of shards, in milliseconds, and what hedging costs."""
    random = np.random.default_rng(1)
    figures: dict[str, Any] = {"shard ms p50": p50, "shard ms p95": p95, "hedge ms": hedge_ms}
    hedged = draw(1_000_000, p50=p50, p95=p95, random=random) > hedge_ms
    figures["requests sent twice, %"] = round(100 * float(hedged.mean()), 2)
    for shards in SHARDS:
        row = {}
        for name, hedge in (("plain", None), ("hedged", hedge_ms)):
            rounds = (shards, shards, min(shards, HOLDERS))
            slowest = sum(simulate(n, p50=p50, p95=p95, hedge_ms=hedge, random=random) for n in rounds)
            row |= {f"{name} p{p}": round(float(np.percentile(slowest, p))) for p in (50, 99)}
        figures[f"{shards} shards"] = row
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--p50", type=float, default=20.0, help="median milliseconds of a shard")
    parser.add_argument("--p95", type=float, default=40.0, help="95th percentile")
    parser.add_argument("--hedge", type=float, default=200.0, help="milliseconds after which a second replica is asked")
    arguments = parser.parse_args()
    print(json.dumps(measure(p50=arguments.p50, p95=arguments.p95, hedge_ms=arguments.hedge), indent=2))


if __name__ == "__main__":
    main()
