"""The table of figures in benchmarks/README.md, made from the saved results.

python -m benchmarks.table
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS
from benchmarks.peers.table import build_table as build_peers_table

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: made by python -m benchmarks.table -->", "<!-- end of figures -->"
PUBLISHED = (
    ("DistilBERT, distilled", "66 M", "79.1 / 86.9", "–"),
    ("tinyroberta-squad2", "82 M", "83.9 / 90.8", "82.0"),
    ("MiniLM-L6-H384", "22 M", "–", "75.6"),
    ("minilm-uncased-squad2 (L12)", "33 M", "–", "79.5"),
)
"""Name, parameters, EM / F1 on SQuAD v1.1 dev, F1 on SQuAD v2 dev: from their papers and model cards."""
Figures = dict[str, Any]


def load_result(name: str) -> Figures:
    """The figures of a saved result."""
    figures: Figures = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["figures"]
    return figures


def build_rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table and an empty line."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def describe_retrieval(retrieval: Figures) -> list[str]:
    """The two searches, and two ways to mix them."""
    columns = ("R@1", "R@5", "R@10", "R@20", "MRR@20")
    mix = next(name for name in retrieval if name.startswith("mix"))
    labels = {"dense": "dense", "BM25": "BM25", "RRF": "reciprocal-rank fusion", mix: "**mix, as shipped**"}
    rows = [[label, *(f"{retrieval[name][key]:.3f}" for key in columns)] for name, label in labels.items()]
    return build_rows([f"Retrieval, {retrieval['passages']:,} SQuAD v1.1 dev paragraphs", *columns], rows)


def describe_reading(reading: Figures) -> list[str]:
    """The reader alone, and beside others."""
    labels = {
        "squad_v1.1_dev": "SQuAD v1.1 dev",
        "squad_v2_dev_half": "SQuAD v2 dev, half",
        "newsqa_dev_a": "NewsQA dev (a), whole articles",
    }
    rows = []
    for name, label in labels.items():
        found = reading[name]
        refused = f"{found['unanswerable refused']:.1f} %" if "unanswerable refused" in found else "–"
        rows.append([label, f"{found['questions']:,}", f"{found['EM']:.1f}", f"{found['F1']:.1f}", refused])
    ours = []
    for name, size, found in (
        ("**askbrief**, both readers, 93 MB", "23 M + 109 M", reading),
        ('askbrief, `reader = "fast"`, 23 MB', "23 M", reading["fast"]),
    ):
        first, second = found["squad_v1.1_dev"], found["squad_v2_dev_half"]
        ours.append([name, size, f"{first['EM']:.1f} / {first['F1']:.1f}", f"{second['F1']:.1f} (half)"])
    fast, large = reading["fast"]["speed"], reading["speed"]
    return [
        *build_rows(["Reading a given text (both readers)", "questions", "EM", "F1", "unanswerable refused"], rows),
        *build_rows(
            ["Small readers", "parameters", "SQuAD v1.1 dev, EM / F1", "SQuAD v2 dev, F1"],
            [*ours, *map(list, PUBLISHED)],
        ),
        "The others were trained on the whole of SQuAD, ours on a third of it and other questions. One question in"
        f" {fast['passages']} passages of {fast['tokens']} tokens takes the first reader {fast['ms median']:.0f} ms on"
        f" two cores, in {large['passages']} of them the larger one {large['ms median']:.0f} ms.",
        "",
    ]


def describe_whole(whole: Figures, news: Figures) -> list[str]:
    """Finding and reading together."""
    best = news["shipped reader"]
    first = news.get("also reader")
    rows = [
        ["top answer, EM / F1", f"{whole['EM']:.1f} / {whole['F1']:.1f}", f"{best['EM']:.1f} / {best['F1']:.1f}"],
        ["right passage first, as retrieved", f"{whole['hit@1 retrieved']:.1f} %", f"{news['hit@1']:.1f} %"],
        ["right passage first, after reading", f"{whole['hit@1 read']:.1f} %", f"{best['hit@1 read']:.1f} %"],
        ["right passage among ten", "–", f"{news['hit@10']:.1f} %"],
        ["confident enough to answer", f"{whole['answered']:.1f} %", f"{best['answered']:.1f} %"],
        ["F1 of those answers", f"{whole['F1 of those']:.1f}", f"{best['F1 of those']:.1f}"],
    ]
    if first:
        rows.insert(1, ["top answer of the first reader, EM / F1", "–", f"{first['EM']:.1f} / {first['F1']:.1f}"])
    head = [
        "End to end",
        f"{whole['questions']:,} questions, {whole['passages']:,} SQuAD paragraphs",
        f"{news['questions']:,} news-quiz questions, {news['articles']:,} news articles",
    ]
    only_first = "" if "fast reader" in news else " That column is of the first reader alone."
    return [
        *build_rows(head, rows),
        "In the news archive a passage counts as right if it contains an accepted answer; many of the quiz's questions"
        f" are not answered anywhere in it.{only_first}",
        "",
    ]


def describe_confidence(calibration: Figures) -> list[str]:
    """Calibration, and what the threshold does, on the half of the questions that fitted nothing."""
    labels = {
        "all": "all",
        "pooled": "2,067 SQuAD paragraphs in one folder",
        "article": "single SQuAD articles",
        "news": "single news articles",
    }
    rows = []
    for name, label in labels.items():
        found = calibration[name]
        at = found["thresholds"][str(calibration["threshold"])]
        deceptive = f"{100 * at['deceptive refused']:.0f} %" if "deceptive refused" in at else "–"
        rows.append(
            [
                *(label, f"{found['questions']:,}", f"{found['calibration error']:.3f}"),
                *(f"{100 * at['right kept']:.0f} %", f"{100 * at['foreign refused']:.0f} %", deceptive),
            ]
        )
    head = [
        f"Confidence, threshold {calibration['threshold']}",
        *(
            "questions",
            "calibration error",
            "right answers kept",
            "refused: about something else",
            "refused: deceptive",
        ),
    ]
    return build_rows(head, rows)


def describe_cold(cold: Figures, *, articles: int) -> list[str]:
    """New processes; the archive has so many articles."""
    labels = {
        "askbrief ask": "`askbrief ask`, one article",
        "askbrief ask, archive": f"`askbrief ask`, {articles:,} articles",
        "askbrief --help": "`askbrief --help`",
        "import sentence_transformers": "`import sentence_transformers`",
    }
    rows = [
        [label, f"{cold[name]['seconds median']:.2f}", str(cold[name]["peak MB"])]
        for name, label in labels.items()
        if name in cold
    ]
    return build_rows([f"Cold process (median of {cold['runs']})", "seconds", "peak MB"], rows)


def describe_peers(peers: Figures) -> list[str]:
    """The peers' table."""
    said = (
        f"Beside its peers: {peers['articles']} news articles ({peers['passages']:,} passages), {peers['questions']}"
        " questions, the same encoder and reader weights, in turns; median (least–greatest). What was done for each:"
        " `peers/README.md`."
    )
    return [said, "", build_peers_table(peers), ""]


def build_table() -> str:
    """All figures as Markdown."""
    lines = [
        *describe_retrieval(load_result("retrieval")),
        *describe_reading(load_result("reading")),
        *describe_whole(load_result("end_to_end"), load_result("news")),
        *describe_confidence(load_result("calibration")),
        *describe_cold(load_result("cold_start"), articles=load_result("news")["articles"]),
        *describe_peers(load_result("peers")),
    ]
    return "\n".join(lines).strip()


def write_readme() -> None:
    """Puts the figures between the README's two marks."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    README.write_text(f"{before}{BEGIN}\n{build_table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_readme()
    print(build_table())
