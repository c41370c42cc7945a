"""The README's table of figures, made from the saved results.

python -m benchmarks.table
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- figures: made by python -m benchmarks.table -->", "<!-- end of figures -->"


def load_result(name: str) -> dict[str, Any]:
    """A saved result; empty when it was not measured."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def build_table() -> str:
    """All figures as Markdown."""
    retrieval, reading = load_result("retrieval")["figures"], load_result("reading")["figures"]
    whole, cold = load_result("end_to_end")["figures"], load_result("cold_start")["figures"]
    mix = next(name for name in retrieval if name.startswith("mix"))
    lines = [
        f"| Retrieval, {retrieval['passages']:,} SQuAD v1.1 dev paragraphs | R@1 | R@5 | R@10 | R@20 | MRR@20 |",
        "|---|---|---|---|---|---|",
    ]
    for name, label in (
        ("dense", "dense"),
        ("BM25", "BM25"),
        ("RRF", "reciprocal-rank fusion"),
        (mix, "**mix, as shipped**"),
    ):
        figures = retrieval[name]
        lines.append(
            f"| {label} | " + " | ".join(f"{figures[k]:.3f}" for k in ("R@1", "R@5", "R@10", "R@20", "MRR@20")) + " |"
        )
    lines += [
        "",
        "| Reading a given text (shipped int8 file) | questions | EM | F1 | unanswerable refused |",
        "|---|---|---|---|---|",
    ]
    labels = {
        "squad_v1.1_dev": "SQuAD v1.1 dev, complete",
        "squad_v2_dev_half": "SQuAD v2 dev, half",
        "newsqa_dev_a": "NewsQA dev (a), whole articles",
    }
    for name, label in labels.items():
        figures = reading[name]
        refused = f"{figures['unanswerable refused']:.1f} %" if "unanswerable refused" in figures else "–"
        lines.append(f"| {label} | {figures['questions']:,} | {figures['EM']:.1f} | {figures['F1']:.1f} | {refused} |")
    lines += [
        "",
        f"| End to end, {whole['questions']:,} questions over the same {whole['passages']:,} paragraphs | |",
        "|---|---|",
        f"| top answer, EM / F1 | {whole['EM']:.1f} / {whole['F1']:.1f} |",
        f"| right paragraph first, as retrieved | {whole['hit@1 retrieved']:.1f} % |",
        f"| right paragraph first, after reading | {whole['hit@1 read']:.1f} % |",
        f"| confident enough to answer; F1 of those answers | {whole['answered']:.1f} %; {whole['F1 of those']:.1f} |",
        "",
        f"| Cold process, seconds (median of {cold['runs']}) and peak memory | seconds | MB |",
        "|---|---|---|",
    ]
    for name in ("askbrief ask", "askbrief --help", "import sentence_transformers"):
        lines.append(f"| `{name}` | {cold[name]['seconds median']:.2f} | {cold[name]['peak MB']} |")
    return "\n".join(lines)


def write_readme() -> None:
    """Puts the figures between the README's two marks."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    README.write_text(f"{before}{BEGIN}\n{build_table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_readme()
    print(build_table())
