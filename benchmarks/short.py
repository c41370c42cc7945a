"""The short forms of the benchmarks, in under ten minutes: what changed against the committed results?

    python -m benchmarks.short [--data ../shared/data] [--save]

Speeds are times of what a plain script on sentence-transformers and transformers takes for the same work with the same
models, both measured here in turns, so that they compare between machines. Shares and scores are those of a fixed
part of the questions. ``--save`` makes this run the one to compare with.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from askbrief.answer.reader import Reader
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.quiet import quiet_and_offline
from askbrief.types import Document
from benchmarks import end_to_end, reading
from benchmarks.cold_start import COMMANDS, run_once
from benchmarks.common import RESULTS, build_parser, save_result
from benchmarks.encoding import load_sources, load_texts
from benchmarks.peers.weights import save_reader
from corpora.questions import Paragraphs, load_paragraphs
from corpora.stores import whole

ROUNDS = 5
PASSAGES = 64
READ_PASSAGES = 8
Figures = dict[str, float]


def measure_cold() -> Figures:
    """A question on the seed in a new process, against the import that a plain script begins with."""
    names = ("askbrief ask", "import sentence_transformers")
    for name in names:
        run_once(COMMANDS[name])
    rounds = [[run_once(COMMANDS[name]).seconds for name in names] for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {"cold question, times as fast as importing sentence-transformers": round(theirs / ours, 2)}


def measure_encoding(data: Path) -> Figures:
    """Passages of the news archive, against ``SentenceTransformer.encode`` in fp32."""
    texts = load_texts(data, PASSAGES)
    encoder, source = load_encoder(), load_sources()["sentence-transformers fp32"]
    ours, theirs = time_in_turns(
        lambda: list(encoder.encode_passages(texts)),
        lambda: source.encode(texts, normalize_embeddings=True, show_progress_bar=False),
    )
    return {"encoding, times as fast as sentence-transformers": round(theirs / ours, 2)}


def measure_reading_speed(paragraphs: Paragraphs) -> Figures:
    """One question in eight passages, against the same weights in transformers as one padded batch."""
    import torch

    with quiet_and_offline(), tempfile.TemporaryDirectory() as scratch:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        save_reader(Path(scratch))
        model = AutoModelForQuestionAnswering.from_pretrained(scratch).eval()
        tokenizer = AutoTokenizer.from_pretrained(scratch)
    reader = Reader()
    question = paragraphs.questions[0].text
    documents = [Document(str(i), "", text, None, ("0",)) for i, text in enumerate(paragraphs.texts[:READ_PASSAGES])]
    pairs = [(document, whole(document)[0]) for document in documents]

    def read() -> None:
        batch = tokenizer(
            [question] * len(documents), [d.text for d in documents], truncation="only_second", max_length=384,
            padding=True, return_tensors="pt",
        )  # fmt: skip
        with torch.no_grad():
            model(**batch)

    ours, theirs = time_in_turns(lambda: reader.read(question, pairs), read)
    return {"reading, times as fast as transformers": round(theirs / ours, 2)}


def time_in_turns(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of both, in turns after a run each that is not counted."""
    rounds = []
    for _ in range(ROUNDS + 1):
        times = []
        for work in (ours, theirs):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        rounds.append(times)
    first, second = zip(*rounds[1:], strict=True)
    return statistics.median(first), statistics.median(second)


def measure_quality(data: Path) -> Figures:
    """Scores on a fixed part of the development questions, in percent."""
    figures: Figures = {}
    for name, may_abstain in reading.SETS.items():
        _, found = reading.measure(load_paragraphs(data, name), every=20, may_abstain=may_abstain)
        figures |= {f"{name}, {key}": found[key] for key in ("EM", "F1", "unanswerable refused") if key in found}
    pooled = end_to_end.measure(load_paragraphs(data, "squad_v1.1_dev"), every=30)
    return figures | {f"pooled paragraphs, {key}": pooled[key] for key in ("hit@1 retrieved", "hit@1 read", "EM", "F1")}


def describe_changes(before: Figures, now: Figures) -> list[str]:
    """A line a figure: committed, now, and the difference where there is one."""
    width = max(map(len, now))
    lines = []
    for name, value in now.items():
        if name not in before:
            lines.append(f"{name:{width}}         – {value:9.2f}")
            continue
        change = value - before[name]
        share = f"{100 * change / before[name]:+.0f} %" if "times as fast" in name else f"{change:+.2f}"
        lines.append(f"{name:{width}} {before[name]:9.2f} {value:9.2f}  {share if change else ''}".rstrip())
    return lines


def load_committed() -> Figures:
    """The figures to compare with; none if nothing was saved."""
    file = RESULTS / "short.json"
    figures: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["figures"] if file.is_file() else {}
    return figures


def run(parts: Sequence[Callable[[], Figures]]) -> Figures:
    """The figures of all parts, saying how long each took."""
    figures: Figures = {}
    for part in parts:
        began = time.perf_counter()
        figures |= part()
        print(f"{time.perf_counter() - began:.0f} s", flush=True)
    return figures


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="keep the figures as those to compare with")
    arguments = parser.parse_args()
    paragraphs = load_paragraphs(arguments.data, "squad_v1.1_dev")
    figures = run(
        (
            measure_cold,
            lambda: measure_encoding(arguments.data),
            lambda: measure_reading_speed(paragraphs),
            lambda: measure_quality(arguments.data),
        )
    )
    before = load_committed()
    print("committed, now:", *describe_changes(before, figures), sep="\n")
    if arguments.save:
        save_result("short", figures)


if __name__ == "__main__":
    main()
