"""Training examples for the reader, made from the question files of ``--data``.

An example is one (question, context) pair as the application will show it to the reader: the context starts with the
title and sometimes with the sentence before the passage. ``answers`` are half-open character ranges in the context;
an empty list means that this context does not answer the question.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sentencex
import tantivy

from askbrief.reading import TITLE_SEPARATOR

MAX_CONTEXT_WORDS = 230


@dataclass(frozen=True, slots=True)
class Source:
    """One training file and how it is used.

    Attributes:
        name: File name under ``reader/train`` without its ending.
        share: Questions taken, as a multiple of those in the file (2.0 = every question twice).
        negatives: Unanswerable copies made of a question, on average.
        has_titles: Whether the file's titles name the article (and not the collection).
    """

    name: str
    share: float
    negatives: float
    has_titles: bool = False


SOURCES = (
    Source("squad_paragraphs", share=2.0, negatives=0.5, has_titles=True),
    Source("squad_other", share=1.0, negatives=0.5),
    Source("qamr", share=0.5, negatives=0.4),
    Source("qasrl_wikinews", share=0.4, negatives=0.0),
    Source("qed", share=2.0, negatives=0.5, has_titles=True),
    Source("fairytale", share=0.7, negatives=0.3, has_titles=True),
)


@dataclass(slots=True)
class Example:
    """One question with one context; see the module's docstring."""

    question: str
    context: str
    answers: list[tuple[int, int]]
    source: str
    words: int = field(default=0)


@dataclass(frozen=True, slots=True)
class Context:
    """A context of a training file with its readable title ('' when unknown)."""

    title: str
    text: str
    source: str


class NegativePool:
    """Contexts found by BM25, to be shown with questions that they do not answer."""

    def __init__(self, contexts: list[Context]) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("text", tokenizer_name="en_stem")
        schema.add_unsigned_field("row", stored=True)
        self._index = tantivy.Index(schema.build())
        writer = self._index.writer(heap_size=200_000_000)
        for row, context in enumerate(contexts):
            writer.add_document(tantivy.Document(text=context.title + " " + context.text, row=row))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._contexts = contexts

    def find(self, question: str, *, without: list[str], own: str, rng: random.Random) -> Context | None:
        """A context among the best five that neither is ``own`` nor contains any text of ``without``."""
        words = " ".join(re.findall(r"\w+", question.lower()))
        if not words:
            return None
        query = self._index.parse_query(words, ["text"])
        searcher = self._index.searcher()
        found = []
        for _, address in searcher.search(query, limit=15).hits:
            context = self._contexts[searcher.doc(address)["row"][0]]
            text = context.text.lower()
            if context.text != own and not any(answer in text for answer in without):
                found.append(context)
        return rng.choice(found[:5]) if found else None


def load_rows(path: Path) -> Iterator[dict]:
    """The JSON lines of a gzip'd file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def build_examples(data: Path, *, seed: int = 0, sources: tuple[Source, ...] = SOURCES) -> list[Example]:
    """All examples in training order: single sentences mostly first, paragraphs mostly after.

    Args:
        data: The data folder (holds ``reader/train``).
        seed: Seed of every random choice; equal seeds give equal lists.
        sources: The files to use.
    """
    rng = random.Random(seed)
    rows = [(source, row) for source in sources for row in load_rows(data / "reader/train" / f"{source.name}.jsonl.gz")]
    contexts = [
        Context(row["title"].replace("_", " ") if source.has_titles else "", row["context"], source.name)
        for source, row in rows
    ]
    short = NegativePool([c for c in contexts if len(c.text.split()) <= 60])
    long = NegativePool([c for c in contexts if len(c.text.split()) > 60])

    keyed: list[tuple[float, Example]] = []
    for (source, row), context in zip(rows, contexts, strict=True):
        pool = long if len(context.text.split()) > 60 else short
        for qa in row["qas"]:
            copies = int(source.share) + (rng.random() < source.share % 1)
            for _ in range(copies):
                question = _as_typed(qa["question"], rng)
                answers = [(start, start + len(text)) for start, text in qa["answers"]]
                example = _compose(question, context, answers, rng)
                keyed.append((_position(example, rng), example))
                if answers and rng.random() < source.negatives:
                    texts = [text.lower() for _, text in qa["answers"]]
                    other = pool.find(question, without=texts, own=context.text, rng=rng)
                    if other is not None:
                        negative = _compose(question, other, [], rng)
                        keyed.append((_position(negative, rng), negative))
    keyed.sort(key=lambda item: item[0])
    return [example for _, example in keyed]


def _position(example: Example, rng: random.Random) -> float:
    return rng.random() * 0.6 if example.words <= 60 else 0.15 + rng.random() * 0.85


def _as_typed(question: str, rng: random.Random) -> str:
    question = " ".join(question.split())
    return question.rstrip(" ?") if rng.random() < 0.3 else question


def _compose(question: str, context: Context, answers: list[tuple[int, int]], rng: random.Random) -> Example:
    """Crops a long context (always) or a middling one (sometimes) at sentence borders and puts the title before it."""
    text = context.text
    words = len(text.split())
    start, end = 0, len(text)
    if words > MAX_CONTEXT_WORDS or (words > 90 and rng.random() < 0.3):
        limit = MAX_CONTEXT_WORDS if words > MAX_CONTEXT_WORDS else rng.randint(60, 90)
        anchor = answers[0] if answers else None
        start, end = _crop(text, anchor, limit, rng)
    title = context.title if context.title and rng.random() < 0.5 else ""
    prefix = title + TITLE_SEPARATOR if title else ""
    shift = len(prefix) - start
    kept = sorted({(s + shift, e + shift) for s, e in answers if start <= s and e <= end})
    body = text[start:end]
    return Example(question, prefix + body, kept, context.source, len(body.split()))


def _crop(text: str, anchor: tuple[int, int] | None, limit: int, rng: random.Random) -> tuple[int, int]:
    """A run of whole sentences of about ``limit`` words that holds ``anchor``, at a random place around it."""
    borders, at = [], 0
    for sentence in sentencex.segment("en", text):
        borders.append((at, at + len(sentence)))
        at += len(sentence)
    if at != len(text) or not borders:
        return 0, len(text)
    sizes = [len(text[s:e].split()) for s, e in borders]
    if anchor is None:
        first = last = rng.randrange(len(borders))
    else:
        first = next(i for i, (_, e) in enumerate(borders) if e > anchor[0])
        last = next(i for i, (_, e) in enumerate(borders) if e >= anchor[1])
    total = sum(sizes[first : last + 1])
    while True:
        sides = []
        if first > 0 and total + sizes[first - 1] <= limit:
            sides.append("before")
        if last + 1 < len(borders) and total + sizes[last + 1] <= limit:
            sides.append("after")
        if not sides:
            return borders[first][0], borders[last][1]
        if rng.choice(sides) == "before":
            first -= 1
            total += sizes[first]
        else:
            last += 1
            total += sizes[last]
