"""Pairs: questions with passages that nobody labelled, as retrieval finds them, for a teacher to read.

    python -m training.pairs --data ../shared/data --out training/runs/pairs.jsonl.gz --articles 3000 --limit 20000

Questions are those of the training files and the SQuAD questions whose paragraphs are lacking; passages are those of
the news archive, shown as the application shows them. With ``--mixture`` the pairs are the examples of a mixture
instead, without their labels. A pair is a line: ``question``, ``context`` and ``source``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from askbrief import Assistant
from askbrief.answer.reader import build_context
from askbrief.errors import QuestionError
from corpora.archive import index_archive, write_archive
from corpora.questions import iter_rows
from training.examples import as_typed, build_examples
from training.mixtures import load_mixtures

FILES = ("squad_paragraphs", "squad_other", "qed", "news_quiz_2020_2022", "multirc")
"""Training files whose questions can be understood without their context."""
LACKING = "train_questions"


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage that may answer it."""

    question: str
    context: str
    source: str


def load_questions(data: Path) -> list[str]:
    """The questions that can be asked of any text, each once, in the files' order."""
    asked = [qa["question"] for name in FILES for row in iter_rows(data / f"reader/train/{name}.jsonl.gz")
             for qa in row["qas"]]  # fmt: skip
    asked += [row["question"] for row in iter_rows(data / f"reader/{LACKING}.jsonl.gz")]
    return list(dict.fromkeys(" ".join(question.split()) for question in asked))


def iter_pairs(assistant: Assistant, questions: Iterable[str], *, passages: int, rng: random.Random) -> Iterator[Pair]:
    """Each question with the best ``passages`` that retrieval finds; those that it refuses are left out."""
    for question in questions:
        try:
            hits = assistant.search(question, top=passages, refresh=False)
        except QuestionError:
            continue
        for hit in hits:
            context = build_context(assistant.load_document(hit.passage.document_id), hit.passage)
            yield Pair(as_typed(question, rng), context.text, "archive")


def save_pairs(pairs: Iterable[Pair], file: Path) -> None:
    """Writes pairs; the file has its name once it is whole."""
    partial_file = file.with_suffix(".partial")
    with gzip.open(partial_file, "wt", encoding="utf-8", compresslevel=3) as lines:
        for pair in pairs:
            lines.write(json.dumps(asdict(pair), ensure_ascii=False) + "\n")
    partial_file.replace(file)


def load_pairs(file: Path) -> list[Pair]:
    """The pairs that ``save_pairs`` wrote."""
    return [Pair(**row) for row in iter_rows(file)]


def main() -> None:
    mixtures = load_mixtures()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mixture", choices=mixtures, help="its examples, instead of passages of the archive")
    parser.add_argument("--articles", type=int, default=3000, help="only the first so many of the archive (0: all)")
    parser.add_argument("--limit", type=int, default=20_000, help="questions, chosen at random")
    parser.add_argument("--passages", type=int, default=2, help="most passages of a question")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    rng = random.Random(arguments.seed)
    if arguments.mixture:
        examples = build_examples(arguments.data, seed=arguments.seed, sources=mixtures[arguments.mixture])
        save_pairs((Pair(e.question, e.context, e.source) for e in examples), arguments.out)
        return
    questions = load_questions(arguments.data)
    questions = rng.sample(questions, min(arguments.limit, len(questions)))
    with Assistant.open(write_archive(arguments.data, limit=arguments.articles)) as assistant:
        index_archive(assistant)
        save_pairs(iter_pairs(assistant, questions, passages=arguments.passages, rng=rng), arguments.out)


if __name__ == "__main__":
    main()
