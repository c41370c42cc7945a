"""Reading: the shipped reader on given paragraphs, by the official SQuAD scores.

    python -m benchmarks.reading [--data ../shared/data] [--every 1]

SQuAD v1.1 dev: the best span, whatever its confidence. SQuAD v2 half: no answer below the confidence at which askbrief
itself gives none. NewsQA (a): whole articles, the best span. The paragraph is read as one passage, without a title.
The speed is that of one question read in eight passages of about 150 tokens, question included, on all cores.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

from askbrief.answer.fuse import mix_scores
from askbrief.answer.rank import find_confidence
from askbrief.answer.reader import Reader
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.types import Document, Reading
from benchmarks.common import build_parser, save_result
from corpora.questions import Paragraphs, load_paragraphs
from corpora.stores import whole

SETS = {"squad_v1.1_dev": False, "squad_v2_dev_half": True, "newsqa_dev_a": False}
"""Each set, and whether it has unanswerable questions."""
LONE_SCORE = mix_scores([1.0], [1.0])[0]
"""What retrieval gives a passage that shares words with the question, in a folder that holds nothing else."""
SPEED_PASSAGES, SPEED_TOKENS = 8, 150


@cache
def load_reader() -> Reader:
    """One reader for each process."""
    return Reader()


def read_one(pair: tuple[str, str]) -> Reading | None:
    """The best span for a question in a text."""
    question, text = pair
    document = Document("0", "", text, None, ("0",))
    readings = load_reader().read(question, [(document, whole(document)[0])])[0]
    return readings[0] if readings else None


def measure(paragraphs: Paragraphs, *, every: int, may_abstain: bool) -> dict[str, Any]:
    """EM, F1 (both in percent), and the share of unanswerable questions that were refused."""
    questions = paragraphs.questions[::every]
    exact = f1 = refused = unanswerable = 0.0
    calibration = load_reader().calibration
    began = time.perf_counter()
    pairs = [(question.text, paragraphs.texts[question.context]) for question in questions]
    with ProcessPoolExecutor() as pool:
        found_all = list(pool.map(read_one, pairs, chunksize=50))
    for question, best in zip(questions, found_all, strict=True):
        text = paragraphs.texts[question.context]
        is_refused = best is None or (
            may_abstain
            and find_confidence(best.margin, score=LONE_SCORE, calibration=calibration) < calibration.threshold
        )
        found = "" if best is None or is_refused else best.span.of(text)
        exact += score_exact(found, question.answers)
        f1 += score_f1(found, question.answers)
        if not question.answers:
            unanswerable += 1
            refused += not found
    figures = {"questions": len(questions), "EM": exact, "F1": f1}
    figures |= {name: round(100 * figures[name] / len(questions), 2) for name in ("EM", "F1")}
    if may_abstain:
        figures["unanswerable refused"] = round(100 * refused / unanswerable, 2)
    return figures | {"questions a second": round(len(questions) / (time.perf_counter() - began), 1)}


def measure_speed(paragraphs: Paragraphs, *, rounds: int = 40) -> dict[str, Any]:
    """Milliseconds of one question in ``SPEED_PASSAGES`` passages of nearly ``SPEED_TOKENS`` tokens each."""
    reader = load_reader()
    fitting = []
    for question in paragraphs.questions[::10]:
        text = paragraphs.texts[question.context]
        tokens = len(reader._model.tokenise_pair(question.text, text, max_tokens=512, stride=0)[0].ids)
        if abs(tokens - SPEED_TOKENS) <= 10:
            fitting.append((question.text, Document(str(question.context), "", text, None, ("0",)), tokens))
    times, lengths = [], []
    for number in range(rounds + 1):
        chosen = [fitting[(number * SPEED_PASSAGES + i) % len(fitting)] for i in range(SPEED_PASSAGES)]
        began = time.perf_counter()
        reader.read(chosen[0][0], [(document, whole(document)[0]) for _, document, _ in chosen])
        times.append(1000 * (time.perf_counter() - began))
        lengths += [tokens for _, _, tokens in chosen]
    times = times[1:]
    return {
        "passages": SPEED_PASSAGES,
        "tokens": round(statistics.mean(lengths)),
        "ms median": round(statistics.median(times), 1),
        "ms min": round(min(times), 1),
        "ms max": round(max(times), 1),
    }


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th question")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {
        name: measure(load_paragraphs(arguments.data, name), every=arguments.every, may_abstain=may_abstain)
        for name, may_abstain in SETS.items()
    }
    figures["speed"] = measure_speed(load_paragraphs(arguments.data, "squad_v1.1_dev"))
    if arguments.every == 1:
        save_result("reading", {"reader sha256": load_reader().card["sha256"], **figures})
    else:
        print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")


if __name__ == "__main__":
    main()
