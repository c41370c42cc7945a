"""Explaining: how a question is answered, step by step, or why it is not. Made only on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askbrief.assistant import MIN_CONFIDENCE, READ_PASSAGES, Assistant
from askbrief.datatypes import Hit
from askbrief.fusion import DENSE_WEIGHT
from askbrief.ranking import find_confidence
from askbrief.retrieval import CANDIDATES


@dataclass(frozen=True, slots=True)
class ExplainedSpan:
    """A span that the reader found.

    Attributes:
        text: Its words.
        margin: Log-odds against "not here".
        confidence: The probability in [0, 1] that this margin and the score of the passage stand for.
    """

    text: str
    margin: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ExplainedPassage:
    """A passage that was read.

    Attributes:
        hit: The passage with its scores.
        meaning_rank: Its place by cosine among the candidates, from 1.
        words_rank: Its place by BM25 among the candidates, from 1; None if it shares no word with the question.
        spans: What the reader found in it, best first.
    """

    hit: Hit
    meaning_rank: int
    words_rank: int | None
    spans: tuple[ExplainedSpan, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question is answered from the index as it is.

    Attributes:
        question: The question.
        candidates: How many passages the two searches put forward, near-duplicates apart.
        meaning_weight: Share of the search by meaning in the mixed score, in [0, 1].
        min_confidence: Below this the answer is "not in these documents".
        passages: Those that were read, best first.
    """

    question: str
    candidates: int
    meaning_weight: float
    min_confidence: float
    passages: tuple[ExplainedPassage, ...]

    @property
    def best(self) -> ExplainedSpan | None:
        """The span with the most confidence."""
        spans = [span for passage in self.passages for span in passage.spans]
        return max(spans, key=lambda span: span.confidence, default=None)


def explain(assistant: Assistant, question: str) -> Explanation:
    """How ``assistant`` answers ``question`` from the index as it is.

    Raises:
        QuestionError: The question is empty or too long.
        AskbriefError: The folder, the index or a model cannot be used.
    """
    hits = assistant.search(question, top=CANDIDATES, refresh=False)
    read = hits[:READ_PASSAGES]
    documents = {hit.passage.document_id: assistant.load_document(hit.passage.document_id) for hit in read}
    pairs = [(documents[hit.passage.document_id], hit.passage) for hit in read]
    meaning = _rank(hits, lambda hit: hit.cosine)
    words = _rank(hits, lambda hit: hit.bm25)
    passages = []
    for hit, readings in zip(read, assistant.reader.read(question, pairs), strict=True):
        text = documents[hit.passage.document_id].text
        spans = (ExplainedSpan(r.span.of(text), r.margin, find_confidence(r.margin, score=hit.score)) for r in readings)
        passages.append(ExplainedPassage(hit, meaning[hit.row], words[hit.row] if hit.bm25 else None, tuple(spans)))
    return Explanation(question, len(hits), DENSE_WEIGHT, MIN_CONFIDENCE, tuple(passages))


def _rank(hits: Sequence[Hit], score: Callable[[Hit], float]) -> dict[int, int]:
    """The places of passages by a score, from 1, by row."""
    ordered = sorted(hits, key=lambda hit: (-score(hit), hit.row))
    return {hit.row: place for place, hit in enumerate(ordered, start=1)}
