"""Groups: a question with several passages, as our own retrieval finds them and the application shows them.

    python -m training.groups --data ../shared/data --out training/runs/groups.jsonl.gz

Contexts of the training files are indexed like a user's articles; each question gets the passage that holds its answer
and others that retrieval found for it, but that hold none of its answers. Questions of news quizzes get passages of
the news archive beside their evidence.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from askbrief import Assistant
from askbrief.answer.pipeline import build_hits, find_candidates
from askbrief.answer.reader import build_context
from askbrief.config import Settings
from askbrief.corpus.chunk import chunk_document
from askbrief.models.compile_encoder import load_encoder
from askbrief.types import Document, Hit, Passage, Span
from corpora.archive import index_archive, write_archive
from corpora.questions import iter_rows
from corpora.stores import build_store
from training.example import Example
from training.examples import as_typed
from training.mixtures import Source

SOURCES = (
    Source("squad_paragraphs", share=1.0, negatives=0.0, has_titles=True),
    Source("squad_other", share=0.4, negatives=0.0),
    Source("qed", share=1.0, negatives=0.0, has_titles=True),
)
"""Training files whose questions can be understood without their context."""
QUIZ = "news_quiz_2020_2022"
CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Group:
    """A question and passages.

    Attributes:
        examples: The same question with each passage; the first holds an answer, the others hold none.
        scores: The retrieval score of each passage, in [0, 1].
    """

    examples: list[Example]
    scores: list[float]


def build_own_groups(data: Path, *, sources: tuple[Source, ...], others: int, seed: int) -> Iterator[Group]:
    """Groups of questions of training files, in random order, with the files' own contexts as the articles.

    Args:
        data: The data folder.
        sources: The files, how many of their questions are taken, and whether they have titles.
        others: Most passages of a group besides the answering one.
        seed: Seed of every random choice.
    """
    rng = random.Random(seed)
    encoder = load_encoder()
    rows = [(source, row) for source in sources for row in iter_rows(data / f"reader/train/{source.name}.jsonl.gz")]
    titles = [row["title"].replace("_", " ") if source.has_titles else "" for source, row in rows]
    documents = [
        Document(str(at), title, row["context"], None, (f"{at}.txt",))
        for at, ((_, row), title) in enumerate(zip(rows, titles, strict=True))
    ]
    chunk = partial(chunk_document, passage_words=Settings().passage_words)
    asked = [
        (qa, at)
        for at, (source, row) in enumerate(rows)
        for qa in row["qas"]
        if qa["answers"] and rng.random() < source.share
    ]
    rng.shuffle(asked)
    with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, chunk) as store:
        for qa, at in asked:
            with store.snapshot() as derived:
                _, found = find_candidates(
                    qa["question"], store=store, derived=derived, encoder=encoder, top=CANDIDATES
                )
            hits = build_hits(found)
            group = _build_group(qa, documents[at], hits, lambda i: documents[int(i)], others=others, rng=rng)
            if group is not None:
                yield group


def build_quiz_groups(data: Path, *, others: int, seed: int) -> Iterator[Group]:
    """Groups of news-quiz questions: their evidence, and passages of the news archive."""
    rng = random.Random(seed)
    with Assistant.open(write_archive(data, limit=0)) as assistant:
        index_archive(assistant)
        for row in iter_rows(data / f"reader/train/{QUIZ}.jsonl.gz"):
            for qa in row["qas"]:
                hits = assistant.search(qa["question"], top=CANDIDATES, refresh=False)
                document = Document("", "", row["context"], None, ("",))
                load: Callable[[str], Document] = assistant.load_document
                group = _build_group(qa, document, hits, load, others=others, rng=rng)
                if group is not None:
                    yield group


def _build_group(
    qa: dict[str, Any],
    own: Document,
    hits: list[Hit],
    load: Callable[[str], Document],
    *,
    others: int,
    rng: random.Random,
) -> Group | None:
    """The group of a question whose answers stand in ``own``; None when retrieval finds no other passage for it."""
    question = as_typed(qa["question"], rng)
    answers = [(start, start + len(text)) for start, text in qa["answers"]]
    texts = [text.lower() for _, text in qa["answers"]]
    hits = [hit for hit in hits if hit.passage.document_id == own.id or _holds_none(hit, texts)]
    best = max((hit.score for hit in hits), default=1.0)
    right: list[tuple[Example, float]] = []
    wrong: list[tuple[Example, float]] = []
    for hit in hits:
        is_own = hit.passage.document_id == own.id
        document = _maybe_untitled(own if is_own else load(hit.passage.document_id), rng)
        example = _show(question, document, hit.passage, answers if is_own else [])
        if example.answers:
            right.append((example, hit.score))
        elif _holds_none(hit, texts):
            wrong.append((example, hit.score))
    if not right:
        passages = chunk_document(own, passage_words=Settings().passage_words)
        shown = (_show(question, own, passage, answers) for passage in passages)
        right = [(example, best * rng.uniform(0.7, 1.0)) for example in shown if example.answers]
    if not right or not wrong:
        return None
    near = wrong[: 2 * others]
    chosen = [right[0], *rng.sample(near, min(others, len(near)))]
    return Group([example for example, _ in chosen], [round(score, 4) for _, score in chosen])


def _show(question: str, document: Document, passage: Passage, answers: list[tuple[int, int]]) -> Example:
    """What the reader sees of a passage, with those of the document's answers that lie in it."""
    context = build_context(document, passage)
    inside = [Span(s, e) for s, e in answers if passage.span.start <= s and e <= passage.span.end]
    places = {(span.start, span.end) for span in map(context.find, inside)}
    return Example(question, context.text, sorted(places), "group")


def _maybe_untitled(document: Document, rng: random.Random) -> Document:
    return replace(document, title="") if rng.random() < 0.3 else document


def _holds_none(hit: Hit, texts: list[str]) -> bool:
    passage = hit.passage.text.lower()
    return not any(text in passage for text in texts)


def save_groups(groups: Iterable[Group], file: Path) -> None:
    """Writes groups, one a line; the file has its name once it is whole."""
    partial_file = file.with_suffix(".partial")
    with gzip.open(partial_file, "wt", encoding="utf-8", compresslevel=3) as lines:
        for number, group in enumerate(groups, start=1):
            lines.write(json.dumps(asdict(group), ensure_ascii=False) + "\n")
            if number % 1000 == 0:
                print(number, flush=True)
    partial_file.replace(file)


def load_groups(file: Path) -> list[Group]:
    """The groups that ``save_groups`` wrote."""
    return [
        Group([Example(**e | {"answers": [(s, t) for s, t in e["answers"]]}) for e in row["examples"]], row["scores"])
        for row in iter_rows(file)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--others", type=int, default=3, help="most passages besides the answering one")
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    options = {"others": arguments.others, "seed": arguments.seed}
    own = build_own_groups(arguments.data, sources=SOURCES, **options)
    save_groups(chain(own, build_quiz_groups(arguments.data, **options)), arguments.out)


if __name__ == "__main__":
    main()
