"""What every benchmark needs: the data, the official scores, and a place for results."""

from __future__ import annotations

import argparse
import collections
import gzip
import importlib.metadata
import json
import os
import platform
import re
import string
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askbrief.corpus.chunk import build_indexed_text
from askbrief.models.encoder import Encoder
from askbrief.store.rows import ExtractionRecord, FileRecord
from askbrief.store.store import Identity, Store
from askbrief.types import Document, Passage, Span

RESULTS = Path(__file__).parent / "results"
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


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
    for row in _iter_rows(file):
        for qa in row["qas"]:
            answers = tuple(dict.fromkeys(text for _, text in qa["answers"]))
            questions.append(Question(" ".join(qa["question"].split()), answers, len(texts)))
        titles.append(row["title"].replace("_", " "))
        texts.append(row["context"])
    return Paragraphs(tuple(titles), tuple(texts), tuple(questions))


def _iter_rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def normalise(text: str) -> str:
    """An answer as the official SQuAD evaluation compares it: no case, punctuation, articles or extra blanks."""
    text = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def score_exact(found: str, accepted: Sequence[str]) -> float:
    """1 if ``found`` equals an accepted answer, else 0; with no accepted answer, 1 if nothing was found."""
    return float(any(normalise(found) == normalise(answer) for answer in accepted or ("",)))


def score_f1(found: str, accepted: Sequence[str]) -> float:
    """The best F1 of the words of ``found`` against an accepted answer, in [0, 1]."""
    return max(_f1(normalise(found).split(), normalise(answer).split()) for answer in accepted or ("",))


def _f1(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = sum((collections.Counter(found) & collections.Counter(gold)).values())
    return 2 * shared / (len(found) + len(gold))


def build_store(
    folder: Path, encoder: Encoder, documents: Sequence[Document], chunk: Callable[[Document], list[Passage]]
) -> Store:
    """A published store of ``documents``, each cut by ``chunk``."""
    store = Store.create(folder, Identity(encoder.fingerprint, encoder.dimension, 0, 0))
    for at in range(0, len(documents), 200):
        cut = [(d, [(p, f"{d.id}:{p.span.start}".encode()) for p in chunk(d)]) for d in documents[at : at + 200]]
        flat = [(key, build_indexed_text(d.title, p.text)) for d, pairs in cut for p, key in pairs]
        vectors = zip((key for key, _ in flat), encoder.encode_passages([text for _, text in flat]), strict=True)
        store.rows.add_vectors(vectors)
        for document, passages in cut:
            store.rows.add_extraction(_record(document), [(document, passages)])
    store.publish([FileRecord(d.path, 0, 0, extraction=_record(d).key) for d in documents], gone=[])
    return store


def _record(document: Document) -> ExtractionRecord:
    """What was read of a file that holds ``document`` alone."""
    return ExtractionRecord(document.id.encode(), "benchmark", "utf-8", 1.0, 0, (), (("", document.id),))


def as_documents(paragraphs: Paragraphs) -> list[Document]:
    """Each context as a document of its own, whose id is its row."""
    pairs = zip(paragraphs.titles, paragraphs.texts, strict=True)
    return [Document(str(row), title, text, None, (f"{row}.txt",)) for row, (title, text) in enumerate(pairs)]


def whole(document: Document) -> list[Passage]:
    """A document as one passage."""
    return [Passage(document.id, Span(0, len(document.text)), document.text)]


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows ``--data``."""
    parser = argparse.ArgumentParser(description=description)
    default = os.environ.get("ASKBRIEF_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of the development data")
    return parser


def save_result(name: str, figures: dict[str, Any]) -> None:
    """Writes ``figures`` with machine, versions and commit to ``results/{name}.json``, and prints them."""
    RESULTS.mkdir(exist_ok=True)
    record = {"benchmark": name, "figures": figures, **describe_environment()}
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def describe_environment() -> dict[str, Any]:
    """Machine, versions and commit."""
    packages = ("onnxruntime", "faiss-cpu", "tantivy", "tokenizers", "numpy", "sentence-transformers")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "machine": {"processor": _find_processor(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": {"python": platform.python_version()} | {p: importlib.metadata.version(p) for p in packages},
        "commit": commit.stdout.strip(),
    }


def _find_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
