"""Fits how sure askbrief is of the best span.

    python -m training.fit_confidence --data ../shared/data

Three kinds of collections, so that the figure means the same in one article and in thousands: SQuAD v1.1 development
paragraphs pooled; single SQuAD articles; single NewsQA articles. In each: answerable questions; questions written to
look answerable (SQuAD v2 half; not for NewsQA); questions about something else. Every other question fits, the rest
measures.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from askbrief.assistant import READ_PASSAGES
from askbrief.chunking import chunk_document
from askbrief.config import Settings
from askbrief.corpus import build_document
from askbrief.datatypes import Document
from askbrief.encoding import load_encoder
from askbrief.reading import Reader
from askbrief.retrieval import find_hits
from askbrief.store import Store
from benchmarks.common import (
    Question,
    as_documents,
    build_parser,
    build_store,
    load_paragraphs,
    score_f1,
    whole,
)

RIGHT_F1 = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """The best span of one passage."""

    margin: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to a collection, with a candidate for each passage that was read."""

    collection: str
    is_answerable: bool
    is_deceptive: bool
    candidates: tuple[Candidate, ...]


class Collector:
    """Asks questions and keeps what is known of the candidates."""

    def __init__(self) -> None:
        self.encoder, self.reader = load_encoder(), Reader()
        self.asked: list[Asked] = []

    def ask(
        self,
        collection: str,
        store: Store,
        documents: dict[str, Document],
        question: Question,
        *,
        deceptive: bool = False,
    ) -> None:
        """Puts one question to one store."""
        with store.snapshot() as derived:
            hits = find_hits(store, derived, self.encoder, question.text, top=READ_PASSAGES)
        readings = self.reader.read(question.text, [(documents[h.passage.document_id], h.passage) for h in hits])
        candidates = []
        for hit, found in zip(hits, readings, strict=True):
            for reading in found[:1]:
                text = reading.span.of(documents[hit.passage.document_id].text)
                is_right = bool(question.answers) and score_f1(text, question.answers) >= RIGHT_F1
                candidates.append(Candidate(reading.margin, is_right))
        self.asked.append(Asked(collection, bool(question.answers), deceptive, tuple(candidates)))

    def ask_all(self, data: Path) -> None:
        """The three kinds of collections."""
        rng = random.Random(0)
        squad, news = load_paragraphs(data, "squad_v1.1_dev"), load_paragraphs(data, "newsqa_dev_a")
        half = load_paragraphs(data, "squad_v2_dev_half")
        unanswerable = [q for q in half.questions if not q.answers]
        documents = as_documents(squad)
        by_id = {d.id: d for d in documents}
        with (
            tempfile.TemporaryDirectory() as scratch,
            build_store(Path(scratch), self.encoder, documents, whole) as store,
        ):
            for question in squad.questions[3::14]:
                self.ask("pooled", store, by_id, question)
            for question in unanswerable[::12]:
                self.ask("pooled", store, by_id, question, deceptive=True)
            for question in news.questions[::8]:
                self.ask("pooled", store, by_id, Question(question.text, (), -1))
        print(len(self.asked), "pooled", flush=True)

        settings = Settings()
        chunk = partial(
            chunk_document, passage_words=settings.passage_words, overlap_sentences=settings.overlap_sentences
        )
        articles: dict[str, list[str]] = defaultdict(list)
        for title, text in zip(squad.titles, squad.texts, strict=True):
            articles[title].append(text)
        jobs: list[tuple[str, Document, list[tuple[Question, bool]]]] = []
        for title, texts in articles.items():
            own = [(q, False) for q in squad.questions if squad.titles[q.context] == title]
            false = [(q, True) for q in unanswerable if half.titles[q.context] == title]
            foreign = [(Question(q.text, (), -1), False) for q in squad.questions if squad.titles[q.context] != title]
            chosen = rng.sample(own, min(8, len(own))) + rng.sample(false, min(6, len(false))) + rng.sample(foreign, 4)
            jobs.append(("article", Document("0", title, "\n\n".join(texts), None, ("0",)), chosen))
        for row in rng.sample(range(len(news.texts)), 100):
            plain = build_document(news.texts[row], "0")
            own = [(q, False) for q in news.questions if q.context == row]
            foreign = [(Question(q.text, (), -1), False) for q in news.questions if q.context != row]
            chosen = rng.sample(own, min(3, len(own))) + rng.sample(foreign, 2)
            jobs.append(("news", Document("0", plain.title, plain.text, None, ("0",)), chosen))
        for kind, document, questions in jobs:
            with (
                tempfile.TemporaryDirectory() as scratch,
                build_store(Path(scratch), self.encoder, [document], chunk) as store,
            ):
                for question, deceptive in questions:
                    self.ask(kind, store, {"0": document}, question, deceptive=deceptive)
        print(len(self.asked), "in all", flush=True)


def find_calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Expected calibration error over ``bins`` bins of equal width."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    inside = [places == place for place in sorted(set(places))]
    return float(sum(abs(probabilities[chosen].mean() - right[chosen].mean()) * chosen.mean() for chosen in inside))


def report(asked: list[Asked]) -> None:
    """Fits on the even questions and prints slope, offset, and what thresholds do to the odd ones."""
    best = [max(a.candidates, key=lambda c: c.margin) for a in asked]
    margin = np.array([c.margin for c in best])
    right = np.array([c.is_right for c in best])
    held = np.arange(len(asked)) % 2 == 1
    model = LogisticRegression(C=10).fit(margin[~held, None], right[~held])
    sure = model.predict_proba(margin[:, None])[:, 1]
    print(f"slope {model.coef_[0][0]:.3f}, offset {model.intercept_[0]:.3f}")
    for kind in ("pooled", "article", "news"):
        of_kind = held & np.array([a.collection == kind for a in asked])
        answerable = of_kind & np.array([a.is_answerable for a in asked])
        deceptive = of_kind & np.array([a.is_deceptive for a in asked])
        plain = of_kind & ~answerable & ~deceptive
        error = find_calibration_error(sure[of_kind], right[of_kind])
        print(f"{kind}: {of_kind.sum()} questions, right {right[answerable].mean():.3f}, calibration error {error:.3f}")
        for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
            said = sure >= threshold
            refused = {"plain": plain, "deceptive": deceptive}
            shares = {name: 1 - said[group].mean() for name, group in refused.items() if group.any()}
            kept = (said & right & answerable).sum() / (right & answerable).sum()
            print(
                f"  {threshold}: right ones kept {kept:.2f}, refused",
                {n: round(float(s), 2) for n, s in shares.items()},
            )
    print(f"all: calibration error {find_calibration_error(sure[held], right[held]):.3f}")


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    arguments = parser.parse_args()
    collector = Collector()
    collector.ask_all(arguments.data)
    report([asked for asked in collector.asked if asked.candidates])


if __name__ == "__main__":
    main()
