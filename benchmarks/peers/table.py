"""The README's table of askbrief and its peers, from ``results/peers.json``.

python -m benchmarks.peers.table
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.common import RESULTS
from benchmarks.peers.worker import SYSTEMS

NAMES = {"askbrief": "askbrief", "plain": "sentence-transformers + FAISS", "txtai": "txtai", "haystack": "haystack"}
ROWS = (
    ("cold question, seconds", "cold seconds", 2),
    ("– CPU seconds", "cold CPU seconds", 2),
    ("– peak memory, MB", "cold peak MB", 0),
    ("warm question, ms p50", "warm ms p50", 0),
    ("– p95", "warm ms p95", 0),
    ("– search alone, p50", "search ms p50", 0),
    ("passages indexed a second", "passages a second", 0),
    ("up to date after one edit, seconds", "seconds after one edit", 2),
    ("index, MB", "index MB", 1),
    ("hit@1", "hit@1", 1),
    ("hit@10", "hit@10", 1),
    ("EM of the best answer", "EM", 1),
    ("F1", "F1", 1),
)


def describe(value: Any, digits: int) -> str:
    """A figure, or a median with its least and greatest."""
    if isinstance(value, dict):
        return f"{value['median']:.{digits}f} ({value['min']:.{digits}f}–{value['max']:.{digits}f})"
    return f"{value:.{digits}f}"


def build_table(figures: dict[str, Any]) -> str:
    """Markdown."""
    names = [name for name in SYSTEMS if name in figures]
    lines = [f"| | {' | '.join(NAMES[name] for name in names)} |", f"|{'---|' * (len(names) + 1)}"]
    for title, key, digits in ROWS:
        lines.append(f"| {title} | {' | '.join(describe(figures[name][key], digits) for name in names)} |")
    return "\n".join(lines)


def main() -> None:
    figures = json.loads((RESULTS / "peers.json").read_text(encoding="utf-8"))["figures"]
    print(build_table(figures))


if __name__ == "__main__":
    main()
