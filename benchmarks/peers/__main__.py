"""askbrief beside its peers: one run, the same articles, questions and model weights, in turns.

    python -m benchmarks.peers [--data ../shared/data] [--articles 30 100 300] [--rounds 3] [--peers .venv-peers]

The articles are those that the questions of the news archive are about; the last number of them is for the table, those
before it show how indexes and questions grow. Every step is a process of its own, and the systems take turns (A B C D,
A B C D …); figures are medians of the rounds with the least and the greatest. What was done for each system stands in
``benchmarks/peers/README.md``.
"""

from __future__ import annotations

import json
import math
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from askbrief.corpus.chunk import build_indexed_text, chunk_document
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.evaluation.scores import normalise, score_exact, score_f1
from askbrief.models.locate import find_default_model
from benchmarks.common import build_parser, save_result
from benchmarks.peers.task import TOP, Passage, load_passages, save_passages
from benchmarks.peers.weights import save_reader
from benchmarks.peers.worker import SYSTEMS
from benchmarks.processes import Cost, run_process
from corpora.archive import CACHE
from corpora.questions import iter_rows

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "sentence-transformers", "transformers", "torch", "faiss-cpu", "txtai",
    "haystack-ai", "transformers-haystack", "sentence-transformers-haystack",
)  # fmt: skip
_DOCUMENTS_A_QUESTION = 3
_SLICE_ARTICLES = 30
"""Articles that are indexed in every round; the whole corpus is indexed once."""
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything is.

    Attributes:
        work: Scratch folder, kept between runs.
        pythons: The interpreter of each system.
        reader: The reader for transformers.
    """

    work: Path
    pythons: dict[str, Path]
    reader: Path

    def find_articles(self, system: str, corpus: str) -> Path:
        """The articles as files, a folder of its own for each system."""
        return self.work / system / corpus / "articles"

    def find_index(self, system: str, corpus: str) -> Path:
        """The system's index; askbrief's lies beside the articles."""
        place = self.find_articles(system, corpus)
        return place / ".askbrief" if system == "askbrief" else self.work / system / corpus / "index"

    def run(self, system: str, task: str, corpus: str, **more: Path | str) -> Cost:
        """One process of the worker."""
        command = [
            str(self.pythons[system]), "-m", "benchmarks.peers.worker", system, task,
            "--articles", str(self.find_articles(system, corpus)), "--index", str(self.find_index(system, corpus)),
            "--encoder", str(find_default_model()), "--reader", str(self.reader),
        ]  # fmt: skip
        return run([*command, *(word for name, value in more.items() for word in (f"--{name}", str(value)))])


def run(command: Sequence[str]) -> Cost:
    """Runs a command from the repository root, without network."""
    return run_process(command, scratch=CACHE / "peers" / "printed", folder=ROOT, variables=_OFFLINE)


def load(cost: Cost) -> Any:
    """What the process printed last, as JSON."""
    return json.loads(cost.printed.splitlines()[-1])


def choose(rows: Sequence[Row], known: set[str], *, articles: int) -> tuple[list[str], list[Row]]:
    """The ids of ``articles`` articles that questions are about, and all questions about them.

    At most three articles of a question are taken, question after question, evenly over the whole period.
    """
    step = next(step for step in range(len(rows) * 13 // 21, len(rows) * 2) if math.gcd(step, len(rows)) == 1)
    ids: dict[str, None] = {}
    for number in range(len(rows)):
        row = rows[number * step % len(rows)]
        for document in [d for d in row["documents_with_answer"] if d in known][:_DOCUMENTS_A_QUESTION]:
            if len(ids) < articles:
                ids[document] = None
    return list(ids), [row for row in rows if any(d in ids for d in row["documents_with_answer"])]


def write_corpus(bench: Bench, corpus: str, articles: Sequence[Row]) -> None:
    """The articles as files for each system, and their passages."""
    passages: list[Passage] = []
    for name in SYSTEMS:
        shutil.rmtree(bench.work / name / corpus, ignore_errors=True)
        folder = bench.find_articles(name, corpus)
        folder.mkdir(parents=True)
        if name != "askbrief":
            bench.find_index(name, corpus).mkdir()
            continue
        for row in articles:
            (folder / f"{row['id']}.md").write_text(describe(row), encoding="utf-8")
    for row in articles:
        passages += cut(row)
    save_passages(passages, bench.work / f"{corpus}.jsonl")


def describe(row: Row) -> str:
    """An article as a Markdown file with front matter."""
    title = json.dumps(row["title"], ensure_ascii=False)
    return f"---\ntitle: {title}\ndate: {row['date'].replace('/', '-')}\n---\n\n{row['text']}\n"


def cut(row: Row) -> list[Passage]:
    """An article's passages, as askbrief cuts them."""
    document = build_document(read_plain(describe(row), f"{row['id']}.md"), f"{row['id']}.md")
    passages = chunk_document(document, passage_words=100)
    return [
        Passage(f"{row['id']}#{number}", row["id"], build_indexed_text(document.title, p.text))
        for number, p in enumerate(passages)
    ]


def spread(values: Sequence[float], *, digits: int = 2) -> dict[str, float]:
    """Median, least and greatest."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def find_percentile(values: Sequence[float], percent: int) -> float:
    """The value that ``percent`` of 100 do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def in_turns(names: Sequence[str], rounds: int, step: Callable[[str, int], Any]) -> dict[str, list[Any]]:
    """``step(name, round)`` for every name in every round, the names in turns."""
    results: dict[str, list[Any]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            results[name].append(step(name, number))
            print(name, number + 1, flush=True)
    return results


def index(bench: Bench, name: str, corpus: str) -> Cost:
    """Makes the index of a corpus anew."""
    place = bench.find_index(name, corpus)
    shutil.rmtree(place, ignore_errors=True)
    if name != "askbrief":
        place.mkdir()
    return bench.run(name, "index", corpus, passages=bench.work / f"{corpus}.jsonl")


def measure_speed(bench: Bench, names: Sequence[str], rounds: int) -> dict[str, Row]:
    """Passages a second, on the slice."""
    count = len(load_passages(bench.work / "slice.jsonl"))
    slices = in_turns(names, rounds, lambda name, _: index(bench, name, "slice"))
    return {
        name: {"passages a second": spread([count / load(cost)["seconds"] for cost in costs])}
        for name, costs in slices.items()
    }


def measure_index(bench: Bench, names: Sequence[str]) -> dict[str, Row]:
    """The whole corpus, once: passages a second, peak memory and size."""
    count = len(load_passages(bench.work / "whole.jsonl"))
    figures: dict[str, Row] = {}
    for name in names:
        cost = index(bench, name, "whole")
        place = bench.find_index(name, "whole")
        figures[name] = {
            "passages a second, whole corpus": round(count / load(cost)["seconds"], 1),
            "indexing peak MB": round(cost.peak_mb),
            "index MB": round(sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 1e6, 1),
        }
        print(name, figures[name], flush=True)
    return figures


def measure_cold(bench: Bench, names: Sequence[str], rounds: int, questions: Sequence[Row]) -> dict[str, Row]:
    """One question in a new process: askbrief's command line, and each peer's shortest script."""

    def ask(name: str, number: int) -> Cost:
        question = questions[number * 7 % len(questions)]["question"]
        if name == "askbrief":
            place = bench.find_articles(name, "whole")
            command = [str(bench.pythons[name]), "-m", "askbrief", "ask", "--folder", str(place), question]
            return run(command)
        asked = bench.work / "asked.json"
        asked.write_text(json.dumps([question]), encoding="utf-8")
        return bench.run(name, "ask", "whole", questions=asked)

    for name in names:
        ask(name, 0)
    return {
        name: {
            "cold seconds": spread([cost.seconds for cost in costs]),
            "cold CPU seconds": spread([cost.cpu_seconds for cost in costs]),
            "cold peak MB": spread([cost.peak_mb for cost in costs], digits=0),
        }
        for name, costs in in_turns(names, rounds, ask).items()
    }


def measure_warm(bench: Bench, names: Sequence[str], rounds: int, questions: Sequence[Row]) -> dict[str, Row]:
    """Every question once, a share of them in each round, and what was right."""
    shares = [questions[number::rounds] for number in range(rounds)]

    def answer(name: str, number: int) -> list[Row]:
        asked = bench.work / "asked.json"
        asked.write_text(json.dumps([row["question"] for row in shares[number]]), encoding="utf-8")
        rows: list[Row] = load(bench.run(name, "answer", "whole", questions=asked))
        return rows

    figures = {}
    for name, results in in_turns(names, rounds, answer).items():
        times = [[row["ms"] for row in result] for result in results]
        searching = [[row["search ms"] for row in result] for result in results]
        pairs = list(zip(chain(*shares), chain(*results), strict=True))
        figures[name] = {
            "warm ms p50": spread([find_percentile(some, 50) for some in times], digits=1),
            "warm ms p95": spread([find_percentile(some, 95) for some in times], digits=1),
            "search ms p50": spread([find_percentile(some, 50) for some in searching], digits=1),
            **score(pairs),
        }
    return figures


def score(pairs: Sequence[tuple[Row, Row]]) -> Row:
    """hit@k (one of the first k passages holds an accepted answer), EM and F1, in per cent of the questions."""
    totals = dict.fromkeys(("hit@1", "hit@3", "hit@10", "EM", "F1", "without an answer"), 0.0)
    for question, found in pairs:
        answers = question["answers"]
        holds = [any(f" {normalise(a)} " in f" {normalise(text)} " for a in answers) for text in found["passages"]]
        for k in (1, 3, TOP):
            totals[f"hit@{k}"] += any(holds[:k])
        totals["EM"] += score_exact(found["text"], answers)
        totals["F1"] += score_f1(found["text"], answers)
        totals["without an answer"] += not found["text"]
    return {name: round(100 * total / len(pairs), 1) for name, total in totals.items()}


def measure(bench: Bench, names: Sequence[str], rounds: int, questions: Sequence[Row]) -> Row:
    """All of one size: indexing, cold and warm questions."""
    parts = [
        measure_index(bench, names),
        measure_cold(bench, names, 2 * rounds - 1, questions),
        measure_warm(bench, names, rounds, questions),
    ]
    return {
        "passages": len(load_passages(bench.work / "whole.jsonl")),
        "questions": len(questions),
        **{name: {key: value for part in parts for key, value in part[name].items()} for name in names},
    }


def measure_edit(bench: Bench, names: Sequence[str], rounds: int, article: Row) -> dict[str, Row]:
    """One article gets another sentence: a process that brings the index up to date and ends."""

    def edit(name: str, number: int) -> float:
        edited = article | {"text": f"{article['text']}\n\nThis paragraph was added in round {number}."}
        if name == "askbrief":
            folder = bench.find_articles(name, "whole")
            (folder / f"{article['id']}.md").write_text(describe(edited), encoding="utf-8")
            command = [str(bench.pythons[name]), "-m", "askbrief", "index", "--folder", str(folder)]
            return run(command).seconds
        passages = bench.work / "edited.jsonl"
        save_passages(cut(edited), passages)
        return bench.run(name, "replace", "whole", passages=passages, document=article["id"]).seconds

    return {
        name: {"seconds after one edit": spread(seconds)} for name, seconds in in_turns(names, rounds, edit).items()
    }


def find_versions(python: Path) -> dict[str, str]:
    """Versions in the peers' environment."""
    code = f"import importlib.metadata as m, json; print(json.dumps({{p: m.version(p) for p in {PACKAGES!r}}}))"
    versions: dict[str, str] = load(run([str(python), "-c", code]))
    return versions


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers", help="environment of the peers")
    parser.add_argument("--reader", type=Path, help="the reader for transformers (default: made of the shipped one)")
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    arguments = parser.parse_args()
    work = CACHE / "peers"
    work.mkdir(parents=True, exist_ok=True)
    peers = arguments.peers.absolute() / "bin" / "python"
    pythons = {name: Path(sys.executable) if name == "askbrief" else peers for name in SYSTEMS}
    bench = Bench(work, pythons, (arguments.reader or work / "reader").absolute())
    if arguments.reader is None:
        save_reader(bench.reader)
    rows = list(iter_rows(arguments.data / "news" / "questions.jsonl"))
    archive = {row["id"]: row for row in iter_rows(arguments.data / "news" / "articles.jsonl.gz")}
    *smaller, largest = sorted(arguments.articles)
    ids, questions = choose(rows, set(archive), articles=largest)
    write_corpus(bench, "slice", [archive[i] for i in ids[:_SLICE_ARTICLES]])
    speed = measure_speed(bench, arguments.systems, arguments.rounds)
    grown = []
    for number in (*smaller, largest):
        ids, questions = choose(rows, set(archive), articles=number)
        write_corpus(bench, "whole", [archive[i] for i in ids])
        grown.append(measure(bench, arguments.systems, arguments.rounds, questions) | {"articles": len(ids)})
    edits = measure_edit(bench, arguments.systems, arguments.rounds, archive[ids[len(ids) // 2]])
    figures = grown.pop() | {"rounds": arguments.rounds, "versions": find_versions(peers)}
    for name in arguments.systems:
        figures[name] |= speed[name] | edits[name]
    save_result("peers", figures | {"smaller": grown})


if __name__ == "__main__":
    main()
