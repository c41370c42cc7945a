"""How everything grows: the news archive in several sizes, indexed, asked cold and asked warm.

    python -m benchmarks.scale [--data ../shared/data] [--articles 70 700 7000 0] [--questions 200] [--rounds 7]
    python -m benchmarks.scale --articles --repeated 5

An article has about 15 passages; 0 is the whole archive. ``--repeated`` is the archive several times over, the
sentences of each article in new orders; its vectors are drawn by chance, as encoding it would take hours, so it has no
hit@10. Files and indexes stay in ``benchmarks/.cache``: a size that is indexed is not indexed again, and its earlier
index time is kept in the results; ``benchmarks.news`` uses the same folders. Searching, reading and comparing with the
folder are timed by askbrief itself (``timings_ms``). ``--plot`` draws ``docs/scale.svg`` from the results, with the
peers of ``results/peers.json`` at their sizes; it needs matplotlib.
"""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from askbrief import Assistant
from benchmarks.common import RESULTS, build_parser, save_result
from benchmarks.news import contains
from benchmarks.peers.table import NAMES
from benchmarks.processes import Cost, run_process
from corpora.archive import CACHE, write_archive
from corpora.questions import iter_rows

ROOT = Path(__file__).parents[1]
PLOT = ROOT / "docs" / "scale.svg"
Row = dict[str, Any]


def run(*arguments: str) -> Cost:
    """A new Python process in the repository root."""
    return run_process([sys.executable, *arguments], scratch=CACHE / "printed", folder=ROOT, variables={})


def write_repeated(data: Path, times: int) -> Path:
    """Every article ``times`` times, each with its sentences in another order."""
    folder = CACHE / f"news-{times}-times"
    if (folder / ".complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(iter_rows(data / "news" / "articles.jsonl.gz"))
    for number in range(times):
        chance = random.Random(number)
        place = folder / f"{number:02}"
        place.mkdir(exist_ok=True)
        for row in rows:
            sentences = re.split(r"(?<=[.!?])\s+", row["text"])
            chance.shuffle(sentences)
            (place / f"{row['id']}.md").write_text(f"# {row['title']}\n\n{' '.join(sentences)}\n", encoding="utf-8")
    (folder / ".complete").touch()
    return folder


def measure(folder: Path, before: Row, questions: Path, *, rounds: int, by_chance: bool = False) -> Row:
    """One size; ``before`` are its figures of an earlier run, and vectors are drawn ``by_chance`` or encoded."""
    figures = {name: before[name] for name in ("index seconds", "index peak MB") if name in before}
    is_indexed = (folder / ".askbrief").is_dir()
    module = "benchmarks.freshness" if by_chance else "askbrief"
    cost = run("-m", module, *(("--index",) if by_chance else ("index", "--folder")), str(folder))
    if not is_indexed:
        figures = {"index seconds": round(cost.seconds, 1), "index peak MB": round(cost.peak_mb)}
    with Assistant.open(folder) as assistant:
        status = assistant.find_status()
    figures |= {"articles": status.freshness.documents, "passages": status.freshness.passages}
    figures["index MB"] = round(status.index_bytes / 1e6, 1)
    asked = [row["question"] for row in json.loads(questions.read_text(encoding="utf-8"))[:rounds]]
    costs = [run("-m", "askbrief", "ask", "--folder", str(folder), question) for question in asked]
    figures["cold seconds"] = spread([cost.seconds for cost in costs])
    figures["cold peak MB"] = spread([cost.peak_mb for cost in costs])
    warm = run("-m", "benchmarks.scale", "--ask", str(folder), "--of", str(questions))
    figures |= json.loads(warm.printed.splitlines()[-1]) | {"warm peak MB": round(warm.peak_mb)}
    if by_chance:
        del figures["hit@10"]
    return figures


def ask_warm(folder: Path, rows: Sequence[Row]) -> Row:
    """Each question once as users ask, then once without the check of the folder, which else runs beside the search."""
    steps: dict[str, list[float]] = {}
    found = 0
    with Assistant.open(folder) as assistant:
        assistant.ask(rows[-1]["question"])
        for row in rows:
            answer = assistant.ask(row["question"])
            found += any(contains(hit, tuple(row["answers"])) for hit in answer.hits)
            steps.setdefault("total", []).append(answer.timings_ms["total"])
        for row in rows:
            timings = assistant.ask(row["question"], refresh=False).timings_ms
            for step, name in (("search", "search"), ("read", "read"), ("total", "unchecked total")):
                steps.setdefault(name, []).append(timings[step])
    figures: Row = {"questions": len(rows), "hit@10": round(100 * found / len(rows), 1)}
    for step, times in steps.items():
        times.sort()
        figures[f"{step} ms p50"] = round(times[len(times) // 2], 1)
        figures[f"{step} ms p95"] = round(times[len(times) * 95 // 100], 1)
    return figures


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {name: round(find(values), 2) for name, find in (("median", statistics.median), ("min", min), ("max", max))}


def lines_of(sizes: Sequence[Row], step: str) -> dict[str, list[float]]:
    """The two percentiles of a step at every size."""
    return {
        f"askbrief {percentile}": [row[f"{step} ms {percentile}"] for row in sizes] for percentile in ("p50", "p95")
    }


def plot(figures: Row, peers: Row) -> None:
    """Draws what grows over the number of passages."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "askbrief", "font.size": 8, "svg.fonttype": "none"}
    from matplotlib import pyplot

    sizes = sorted(figures.values(), key=lambda row: row["passages"])
    passages = [row["passages"] for row in sizes]
    panels = (
        ("cold question, s", {"askbrief": [row["cold seconds"]["median"] for row in sizes]}, "cold seconds"),
        (
            "warm question, ms",
            {f"askbrief {k}": [row[f"total ms {k}"] for row in sizes] for k in ("p50", "p95")},
            "warm ms p50",
        ),
        (
            "search alone, ms",
            {f"askbrief {k}": [row[f"search ms {k}"] for row in sizes] for k in ("p50", "p95")},
            "search ms p50",
        ),
        ("index on disk, MB", {"askbrief": [row["index MB"] for row in sizes]}, "index MB"),
    )
    figure, axes = pyplot.subplots(1, len(panels), figsize=(12, 3.1), layout="constrained")
    peer_sizes = [*peers.get("smaller", ()), peers]
    others = [name for name in NAMES if name in peers and name != "askbrief"]
    for axis, (title, lines, key) in zip(axes, panels, strict=True):
        for label, values in lines.items():
            dashes = "--" if label.endswith("p95") else "-"
            axis.plot(passages, values, dashes, color="C0", marker="o", markersize=3, label=label)
        for number, name in enumerate(others, start=1):
            values = [row[name][key] for row in peer_sizes]
            values = [value["median"] if isinstance(value, dict) else value for value in values]
            places = [row["passages"] for row in peer_sizes]
            axis.plot(places, values, "-x", markersize=4, color=f"C{number}", label=NAMES[name])
        axis.set(title=title, xscale="log", yscale="log", xlabel="passages")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter(pyplot.NullFormatter())
        axis.grid(alpha=0.3)
        low, high = axis.get_ylim()
        axis.set_ylim(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high)))
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=7)
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="*", default=[70, 700, 7000, 0])
    parser.add_argument("--repeated", type=int, default=0, help="the whole archive, so many times")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7, help="cold questions")
    parser.add_argument("--again", action="store_true", help="index anew what is indexed")
    parser.add_argument("--plot", action="store_true", help="only draw the plot")
    parser.add_argument("--ask", type=Path, help="only ask this folder, warm")
    parser.add_argument("--of", type=Path, help="JSON file of the questions to ask it")
    arguments = parser.parse_args()
    results = RESULTS / "scale.json"
    figures: Row = json.loads(results.read_text(encoding="utf-8"))["figures"] if results.is_file() else {}
    if arguments.ask:
        print(json.dumps(ask_warm(arguments.ask, json.loads(arguments.of.read_text(encoding="utf-8")))))
        return
    if arguments.plot:
        peers = RESULTS / "peers.json"
        plot(figures, json.loads(peers.read_text(encoding="utf-8"))["figures"] if peers.is_file() else {})
        return
    rows = list(iter_rows(arguments.data / "news" / "questions.jsonl"))
    questions = CACHE / "scale-questions.json"
    CACHE.mkdir(exist_ok=True)
    chosen = rows[:: max(1, len(rows) // arguments.questions)][: arguments.questions]
    questions.write_text(json.dumps(chosen), encoding="utf-8")
    sizes = {str(articles or "all"): write_archive(arguments.data, limit=articles) for articles in arguments.articles}
    if times := arguments.repeated:
        sizes |= {f"all, {times} times": write_repeated(arguments.data, times)}
    for name, folder in sizes.items():
        if arguments.again:
            shutil.rmtree(folder / ".askbrief", ignore_errors=True)
        figures[name] = measure(
            folder, figures.get(name, {}), questions, rounds=arguments.rounds, by_chance="times" in name
        )
        print(name, json.dumps(figures[name]), flush=True)
        save_result("scale", figures)


if __name__ == "__main__":
    main()
