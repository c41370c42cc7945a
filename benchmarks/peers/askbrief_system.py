"""askbrief, as it comes: the folder of articles is indexed, and compared with the index before every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from askbrief import Assistant
from askbrief.answer.reader import Reader
from benchmarks.peers.task import TOP, Found, Models, Passage

# The best answer counts for all systems, whatever its confidence.
Reader.calibration = replace(Reader().calibration, threshold=0.0)  # type: ignore[method-assign,assignment]


class AskbriefSystem:
    """``askbrief.Assistant``. It reads the articles themselves and keeps its index beside them."""

    def __init__(self, models: Models, articles: Path) -> None:
        self._assistant = Assistant.open(articles)

    def warm_up(self) -> None:
        self._assistant.encoder.encode_question("warm")

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        self._assistant.update()

    def open(self, folder: Path) -> None:
        self._assistant.reader.load()

    def search(self, question: str) -> list[str]:
        hits = self._assistant.search(question, top=TOP)
        titles = [self._assistant.load_document(hit.passage.document_id).title for hit in hits]
        return [f"{title}\n{hit.passage.text}" for title, hit in zip(titles, hits, strict=True)]

    def ask(self, question: str) -> Found:
        for answer in self._assistant.ask(question).answers:
            return Found(answer.text, answer.path)
        return Found("", "")

    def replace(self, document: str, passages: Sequence[Passage], folder: Path) -> None:
        self._assistant.update()
