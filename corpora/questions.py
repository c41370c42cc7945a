"""Question files: contexts with questions and accepted answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its accepted answers (none = unanswerable) and the row of its context."""

    text: str
    answers: tuple[str, ...]
    context: int


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Titled contexts and the questions on them."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    questions: tuple[Question, ...]


def load_paragraphs(data: Path, name: str) -> Paragraphs:
    """The contexts and questions of ``reader/dev/{name}.jsonl.gz``."""
    file = data / "reader" / "dev" / f"{name}.jsonl.gz"
    if not file.is_file():
        raise SystemExit(f"{file} is missing: give the data folder with --data or ASKBRIEF_DATA")
    titles: list[str] = []
    texts: list[str] = []
    questions: list[Question] = []
    for row in iter_rows(file):
        for qa in row["qas"]:
            answers = tuple(dict.fromkeys(text for _, text in qa["answers"]))
            questions.append(Question(" ".join(qa["question"].split()), answers, len(texts)))
        titles.append(row["title"].replace("_", " "))
        texts.append(row["context"])
    return Paragraphs(tuple(titles), tuple(texts), tuple(questions))


def iter_rows(file: Path) -> Iterator[dict[str, Any]]:
    """The JSON lines of a file, gzip'd or not."""
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else open(file, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
