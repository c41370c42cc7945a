"""Reading: both readers on given paragraphs, and the first one alone, by the official SQuAD scores.

    python -m benchmarks.reading [--data ../shared/data] [--every 5]

SQuAD v1.1 dev: the best span, whatever its confidence. SQuAD v2 half: no answer below the confidence at which askbrief
itself gives none. NewsQA (a): whole articles, the best span. The paragraph is read as one passage, without a title.
The speed is that of one question read in eight passages of about 150 tokens, question included, on all cores, by the
first reader, and in two of them by the larger one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

from askbrief.answer.fuse import mix_scores
from askbrief.answer.pipeline import read_candidates
from askbrief.answer.rank import find_confidence
from askbrief.answer.reader import Reader
from askbrief.answer.second_look import AT_ONCE, SecondLook, load_second_look
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.types import Candidate, Document, Match, Reading
from benchmarks.common import build_parser, save_result
from corpora.questions import Paragraphs, Question, load_paragraphs
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


@cache
def load_look() -> SecondLook:
    """One larger reader for each process."""
    look = load_second_look()
    assert look is not None
    return look


def read_one(pair: tuple[str, str]) -> tuple[Reading | None, Reading | None]:
    """The best span for a question in a text: that of the first reader, and that of both."""
    question, text = pair
    document = Document("0", "", text, None, ("0",))
    found = Candidate(Match(0, 1.0, 1.0, score=LONE_SCORE), whole(document)[0], document)
    once = read_candidates(question, [found], load_reader())
    twice = load_look().read(question, once, calibration=load_reader().calibration)
    first, both = (candidates[0].readings for candidates in (once, twice))
    return (first[0] if first else None, both[0] if both else None)


def measure(paragraphs: Paragraphs, *, every: int, may_abstain: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of the first reader alone, and of both."""
    questions = paragraphs.questions[::every]
    pairs = [(question.text, paragraphs.texts[question.context]) for question in questions]
    with ProcessPoolExecutor() as pool:
        once, twice = zip(*pool.map(read_one, pairs, chunksize=20), strict=True)
    first, both = (score(paragraphs, questions, found, may_abstain=may_abstain) for found in (once, twice))
    return first, both


def score(
    paragraphs: Paragraphs, questions: Sequence[Question], found_all: Sequence[Reading | None], *, may_abstain: bool
) -> dict[str, Any]:
    """EM, F1 (both in percent), and the share of unanswerable questions that were refused."""
    exact = f1 = refused = unanswerable = 0.0
    calibration = load_reader().calibration
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
    return figures


def measure_speed(
    paragraphs: Paragraphs, reader: Reader, *, passages: int = SPEED_PASSAGES, rounds: int = 40
) -> dict[str, Any]:
    """Milliseconds of one question in so many passages of nearly ``SPEED_TOKENS`` tokens each."""
    fitting = []
    for question in paragraphs.questions[::10]:
        text = paragraphs.texts[question.context]
        tokens = len(reader._model.tokenise_pair(question.text, text, max_tokens=512, stride=0)[0].ids)
        if abs(tokens - SPEED_TOKENS) <= 10:
            fitting.append((question.text, Document(str(question.context), "", text, None, ("0",)), tokens))
    times, lengths = [], []
    for number in range(rounds + 1):
        chosen = [fitting[(number * passages + i) % len(fitting)] for i in range(passages)]
        began = time.perf_counter()
        reader.read(chosen[0][0], [(document, whole(document)[0]) for _, document, _ in chosen])
        times.append(1000 * (time.perf_counter() - began))
        lengths += [tokens for _, _, tokens in chosen]
    times = times[1:]
    return {
        "passages": passages,
        "tokens": round(statistics.mean(lengths)),
        "ms median": round(statistics.median(times), 1),
        "ms min": round(min(times), 1),
        "ms max": round(max(times), 1),
    }


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=5, help="take every n-th question")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"fast": {}}
    for name, may_abstain in SETS.items():
        paragraphs = load_paragraphs(arguments.data, name)
        figures["fast"][name], figures[name] = measure(paragraphs, every=arguments.every, may_abstain=may_abstain)
    paragraphs = load_paragraphs(arguments.data, "squad_v1.1_dev")
    figures["fast"]["speed"] = measure_speed(paragraphs, load_reader())
    figures["speed"] = measure_speed(paragraphs, load_look().reader, passages=AT_ONCE)
    cards = [load_look().reader.card, load_reader().card]
    save_result("reading", {"reader sha256": [card["sha256"] for card in cards], **figures})


if __name__ == "__main__":
    main()
