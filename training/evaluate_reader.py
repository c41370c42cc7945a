"""Measure a training run on samples of the development sets: the curve of a run, before anything is compiled.

    python -m training.evaluate_reader training/runs/teacher --base FOLDER --data ../shared/data

Scores are raw: the span of at most ``MAX_ANSWER_TOKENS`` with the largest sum of both scores, over all windows of the
context. SQuAD v1.1 and NewsQA take the best span whatever "not here" scores; for SQuAD v2 an answer is given where it
scores above "not here" by more than the threshold that suits the sample best, which is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer

from askbrief.evaluation.scores import score_exact, score_f1
from corpora.questions import Question, load_paragraphs
from training.batches import collate
from training.losses import find_scores
from training.units import Encoded
from training.weights import ENCODER_FOLDER, load_model

SAMPLES = {"squad_v1.1_dev": 250, "squad_v2_dev_half": 250, "newsqa_dev_a": 60}
"""Questions taken of each set, spread evenly over it."""
MAX_ANSWER_TOKENS = 30
WINDOW_TOKENS, STRIDE_TOKENS = 320, 96
BATCH_TOKENS = 4000


def find_span(starts: NDArray[np.float32], ends: NDArray[np.float32], *, asked: int) -> tuple[float, int, int]:
    """The best span of one window.

    Args:
        starts: Score of each token as the first of the answer, shape (L,).
        ends: Likewise as the last.
        asked: Tokens before the context, where no answer can stand.

    Returns:
        Its score above that of "not here", its first and its last token.
    """
    sums = starts[asked:, None] + ends[None, asked:]
    sums = np.where(np.tril(np.triu(np.ones_like(sums)), MAX_ANSWER_TOKENS - 1) > 0, sums, -np.inf)
    first, last = np.unravel_index(int(sums.argmax()), sums.shape)
    return float(sums[first, last] - starts[0] - ends[0]), asked + int(first), asked + int(last)


def read(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, float]]:
    """The best span of each (question, context), and its score above "not here"."""
    batch = tokenizer(
        [question for question, _ in pairs],
        [context for _, context in pairs],
        truncation="only_second",
        max_length=WINDOW_TOKENS,
        stride=STRIDE_TOKENS,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    owners = batch["overflow_to_sample_mapping"]
    windows = [
        Encoded(np.array(ids), batch.sequence_ids(row).index(1), [0], [0], "")
        for row, ids in enumerate(batch["input_ids"])
    ]
    found: list[tuple[str, float]] = [("", -np.inf)] * len(pairs)
    order = sorted(range(len(windows)), key=lambda row: len(windows[row].ids))
    while order:
        size = max(1, BATCH_TOKENS // len(windows[order[-1]].ids))
        rows, order = order[-size:], order[:-size]
        inputs, _ = collate([windows[row] for row in rows], torch.device("cpu"), padding_id=model.config.pad_token_id)
        with torch.no_grad():
            starts, ends = (scores.numpy() for scores in find_scores(model, inputs))
        for at, row in enumerate(rows):
            length = len(windows[row].ids) - 1  # the last token ends the context
            score, first, last = find_span(starts[at, :length], ends[at, :length], asked=windows[row].asked)
            if score > found[owners[row]][1]:
                offsets = batch["offset_mapping"][row]
                found[owners[row]] = (pairs[owners[row]][1][offsets[first][0] : offsets[last][1]], score)
    return found


def find_threshold(questions: Sequence[Question], found: Sequence[tuple[str, float]]) -> tuple[float, float]:
    """The margin below which to say "not here" so that F1 is best, and that F1 in percent.

    Margins are tried in falling order, as the official evaluation of SQuAD v2 does.
    """
    total = float(sum(not question.answers for question in questions))
    best, threshold = total, np.inf
    for at in sorted(range(len(questions)), key=lambda at: -found[at][1]):
        answers = questions[at].answers
        total += score_f1(found[at][0], answers) if answers else -1.0
        if total > best:
            best, threshold = total, found[at][1]
    return threshold, 100 * best / len(questions)


def evaluate(model: Any, tokenizer: Any, data: Path, *, samples: dict[str, int]) -> dict[str, dict[str, float]]:
    """EM and F1 in percent on each sample."""
    figures = {}
    for name, size in samples.items():
        paragraphs = load_paragraphs(data, name)
        questions = paragraphs.questions[:: max(1, len(paragraphs.questions) // size)][:size]
        found = read(model, tokenizer, [(q.text, paragraphs.texts[q.context]) for q in questions])
        answered = [(text, q.answers) for (text, _), q in zip(found, questions, strict=True) if q.answers]
        figures[name] = {
            "questions": len(questions),
            "EM": 100 * sum(score_exact(*pair) for pair in answered) / len(answered),
            "F1": 100 * sum(score_f1(*pair) for pair in answered) / len(answered),
        }
        if len(answered) < len(questions):
            threshold, f1 = find_threshold(questions, found)
            refused = [score < threshold for (_, score), q in zip(found, questions, strict=True) if not q.answers]
            figures[name] |= {"F1 with refusals": f1, "threshold": threshold, "refused": 100 * float(np.mean(refused))}
    return {name: {key: round(value, 2) for key, value in each.items()} for name, each in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="runs from one base; their mean is measured")
    parser.add_argument("--base", type=Path, default=ENCODER_FOLDER, help="folder of the pre-trained model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take every n-th question of the samples")
    arguments = parser.parse_args()
    samples = {name: size // arguments.every for name, size in SAMPLES.items()}
    model = load_model(arguments.runs, base=arguments.base).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    print(json.dumps(evaluate(model, tokenizer, arguments.data, samples=samples)))


if __name__ == "__main__":
    main()
