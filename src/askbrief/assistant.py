"""The façade: open a folder, ask it questions.

with Assistant.open("articles") as assistant:
    answer = assistant.ask("who met Okay Memis?")
    print(answer.text, answer.confidence)
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Self, TypeVar

from askbrief.config import Folder, find_folder, open_folder
from askbrief.corpus import Scan
from askbrief.datatypes import Answer, Document, Freshness, Hit, Progress, Status
from askbrief.encoding import DEFAULT_NAME, Encoder, load_encoder
from askbrief.errors import QuestionError, StoreDamagedError, StoreError, StoreNotFoundError
from askbrief.indexing import Refreshed, identify, preview, rebuild, refresh, replace_damaged, scan
from askbrief.planning import Plan, find_differences
from askbrief.ranking import build_answer_span, rank_readings
from askbrief.reading import Reader, load_reader
from askbrief.retrieval import find_hits
from askbrief.store import Store

READ_PASSAGES = 10
"""Passages that are read for a question."""
MIN_CONFIDENCE = 0.27
"""Below it the answer is "not in these documents" (``docs/decisions.md``)."""
MAX_QUESTION_CHARACTERS = 1000

_T = TypeVar("_T")


class Assistant:
    """A folder that answers questions. Use it from one thread at a time, and close it.

    Attributes:
        folder: Where the articles and the index are.
        notes: Sentences for people about what the last refresh found, such as a damaged index.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.folder = folder
        self._on_progress = on_progress or (lambda _: None)
        self.notes: list[str] = []
        self._encoder = encoder
        self._reader = reader
        self._store: Store | None = None
        self._refreshed: Refreshed | None = None

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Opens a folder of articles; nothing is read yet.

        Args:
            folder: The folder itself; None finds the nearest one above the working directory that has ``seeds/`` or
                ``askbrief.toml``.
            encoder: In place of the one that the settings name.
            reader: Likewise.
            on_progress: Called with each step of compiling a model and of refreshing the index.

        Raises:
            ConfigError: There is no such folder, or its settings are wrong.
        """
        found = find_folder(Path.cwd()) if folder is None else open_folder(Path(folder))
        return cls(found, encoder=encoder, reader=reader, on_progress=on_progress)

    def close(self) -> None:
        """Lets go of the index."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def encoder(self) -> Encoder:
        """The passage encoder; compiled on first use ever."""
        if self._encoder is not None:
            return self._encoder
        return load_encoder(self.folder.settings.encoder, root=self.folder.root, on_progress=self._on_progress)

    @cached_property
    def reader(self) -> Reader:
        """The extractive reader; another one than the shipped one is compiled on first use ever."""
        if self._reader is not None:
            return self._reader
        return load_reader(self.folder.settings.reader, root=self.folder.root, on_progress=self._on_progress)

    def refresh(self, *, is_thorough: bool = False, found: Scan | None = None) -> Generator[Progress, None, None]:
        """Brings the index up to date with the folder, yielding progress; costs little when nothing changed.

        Args:
            found: The folder as it was just listed, where that was done already.
            is_thorough: Whether the whole index is read and compared with its checksums too. Without, a question
                checks what it uses.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        encoder = self.encoder
        store, self._store, self._refreshed = self._store, None, None
        try:
            self._store, self._refreshed = yield from refresh(
                self.folder, encoder, store=store, is_thorough=is_thorough, found=found
            )
        except BaseException:
            if store is not None:
                store.close()
            raise
        self.notes = self._refreshed.notes

    def rebuild(self) -> Generator[Progress, None, None]:
        """Reads and encodes everything anew, yielding progress; the index that is there answers until that is done.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        encoder = self.encoder
        self.close()
        self._store, self._refreshed = yield from rebuild(self.folder, encoder)
        self.notes = self._refreshed.notes

    @property
    def refreshed(self) -> Refreshed | None:
        """What the last refresh did; None before the first and after a question without one."""
        return self._refreshed

    def preview(self) -> Plan:
        """What ``refresh`` would do now. Changes nothing.

        Raises:
            AskbriefError: The folder cannot be read.
        """
        return self._finish(preview(self.folder, self.encoder))

    def update(self, *, rebuild: bool = False, is_thorough: bool = False) -> Freshness:
        """``refresh``, or ``rebuild``, to its end, reporting to ``on_progress``; returns the state of the index."""
        self._finish(self.rebuild() if rebuild else self.refresh(is_thorough=is_thorough))
        return self.find_freshness()

    def find_status(self) -> Status:
        """What is indexed, and how it differs from the folder now. Changes nothing.

        Raises:
            StoreError: There is no index, or it cannot be used.
        """
        store = self._open_store()
        found = scan(self.folder)
        differences = find_differences(found, store.load_stats())
        # Generations share files by hard links.
        sizes = {(file.st_dev, file.st_ino): file.st_size for file in _iter_file_stats(self.folder.index)}
        return Status(
            articles=str(self.folder.articles),
            index=str(self.folder.index),
            index_bytes=sum(sizes.values()),
            encoder=self.folder.settings.encoder or DEFAULT_NAME,
            fingerprint=store.identity.encoder,
            reader=self.folder.settings.reader or str(self.reader.card["name"]),
            dense="exact" if store.is_exact else "2 bits a dimension",
            freshness=self.find_freshness(),
            pending=tuple(sorted([*(f.path for f in differences.pending), *(s.path for s in differences.unlisted)])),
            gone=differences.gone,
            encodings={
                path: r.encoding for path, r in store.load_files().items() if r.encoding and r.encoding != "utf-8"
            },
            others=dict(found.others),
        )

    def find_freshness(self) -> Freshness:
        """The state of the index, and what the last refresh changed.

        Raises:
            StoreError: There is no index, or it cannot be read.
        """
        store, done = self._open_store(), self._refreshed or Refreshed()
        return Freshness(
            generation=store.generation,
            documents=store.count_documents(),
            passages=store.count_passages(),
            added=len(done.added),
            changed=len(done.changed),
            removed=len(done.removed),
            renamed=len(done.renamed),
            skipped=store.load_skipped(),
            checked=self._refreshed is not None,
        )

    def load_document(self, document_id: str) -> Document:
        """The article that a hit or an answer comes from.

        Raises:
            StoreError: There is no index, it cannot be read, or it has no such document.
        """
        return self._open_store().load_document(document_id)

    def search(self, query: str, *, top: int = 10, refresh: bool = True) -> list[Hit]:
        """The best ``top`` passages for a question or words, best first.

        Args:
            query: At most ``MAX_QUESTION_CHARACTERS`` characters.
            top: Most passages returned.
            refresh: As for ``ask``.

        Raises:
            QuestionError: The query is empty or too long.
            AskbriefError: The folder or the index cannot be used.
        """
        query = check_question(query)
        return self._work(lambda store: self._find_hits(store, query, top=top), refresh=refresh)

    def ask(self, question: str, *, top: int = 1, refresh: bool = True) -> Answer:
        """The exact words that answer ``question``, or "not in these documents" as an answer without spans.

        Args:
            question: At most ``MAX_QUESTION_CHARACTERS`` characters.
            top: Most answers returned: the best and its alternatives.
            refresh: Whether the index is brought up to date with the folder first; else the answer comes from the
                index as it is, and its freshness says that nothing was checked.

        Raises:
            QuestionError: The question is empty or too long.
            AskbriefError: The folder, the index or a model cannot be used.
        """
        question = check_question(question)
        began = perf_counter()
        with ThreadPoolExecutor(max_workers=1) as beside:
            loading = beside.submit(self.reader.load)
            answer = self._work(lambda store: self._answer(store, question, top=top, loading=loading), refresh=refresh)
        total = perf_counter() - began
        timings = {"refresh": total - sum(answer.timings_ms.values()), **answer.timings_ms, "total": total}
        return replace(answer, timings_ms={step: round(seconds * 1000, 1) for step, seconds in timings.items()})

    def _finish(self, steps: Generator[Progress, None, _T]) -> _T:
        """Goes through all ``steps``, reporting them, and returns their result."""
        while True:
            try:
                self._on_progress(next(steps))
            except StopIteration as end:
                result: _T = end.value
                return result

    def _work(self, work: Callable[[Store], _T], *, refresh: bool) -> _T:
        """The result of ``work`` on the index, which is brought up to date with the folder if ``refresh``.

        The folder is listed while the index as it is works already; that result counts if nothing has changed.
        """
        if not refresh:
            self._refreshed = None
            if not self._open_store().generation:
                raise StoreNotFoundError(f"{self.folder.index} holds no index yet", hint="Run: askbrief index")
            return work(self._open_store())
        with ThreadPoolExecutor(max_workers=1) as beside:
            listing = beside.submit(scan, self.folder)
            early = self._work_early(work)
            self._finish(self.refresh(found=listing.result()))
        store = self._open_store()
        if early is not None and early[:2] == (store, store.generation):
            return early[2]
        return self._recovering(work)

    def _work_early(self, work: Callable[[Store], _T]) -> tuple[Store, int, _T] | None:
        """The index as it is, its generation, and what ``work`` gives on it; None if it cannot be used."""
        with suppress(StoreError):
            store = self._open_store()
            if generation := store.generation:
                self._refreshed = Refreshed()
                return store, generation, work(store)
        return None

    def _find_hits(self, store: Store, query: str, *, top: int) -> list[Hit]:
        with store.snapshot() as derived:
            return find_hits(store, derived, self.encoder, query, top=top)

    def _answer(self, store: Store, question: str, *, top: int, loading: Future[None]) -> Answer:
        began = perf_counter()
        with store.snapshot() as derived:
            hits = find_hits(store, derived, self.encoder, question, top=READ_PASSAGES)
            found = perf_counter()
            documents = {hit.passage.document_id: store.load_document(hit.passage.document_id) for hit in hits}
            freshness = self.find_freshness()
        pairs = [(documents[hit.passage.document_id], hit.passage) for hit in hits]
        loading.result()
        ranked = rank_readings(question, hits, self.reader.read(question, pairs), documents, top=top)
        confidence = ranked[0][2] if ranked else 0.0
        answers = tuple(
            build_answer_span(documents[hit.passage.document_id], hit, reading, confidence)
            for hit, reading, confidence in (ranked if confidence >= MIN_CONFIDENCE else ())
        )
        return Answer(
            question=question,
            searched=question,
            answers=answers,
            hits=tuple(hits),
            confidence=confidence,
            nearest=ranked[0][0] if ranked else next(iter(hits), None),
            freshness=freshness,
            timings_ms={"search": found - began, "read": perf_counter() - found},
        )

    def _open_store(self) -> Store:
        if self._store is None:
            self._store = Store.open(self.folder.index, identify(self.folder, self.encoder))
        return self._store

    def _recovering(self, work: Callable[[Store], _T]) -> _T:
        """``work`` on the store; if that turns out to be damaged, it is set aside and made anew, once."""
        try:
            return work(self._open_store())
        except StoreDamagedError as error:
            self.close()
            replace_damaged(self.folder, self.encoder, error)
            self._finish(self.refresh())
            self.notes = [f"{error.message}; the index was made anew", *self.notes]
            return work(self._open_store())


def _iter_file_stats(folder: Path) -> Iterator[os.stat_result]:
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = file.stat()
            if stat.S_ISREG(status.st_mode):
                yield status


def check_question(question: str) -> str:
    """``question`` without the white space around and between its words.

    Raises:
        QuestionError: It has no letter or digit, more than ``MAX_QUESTION_CHARACTERS`` characters, or bytes that are no
            text.
    """
    question = " ".join(question.split())
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError("the question is not valid text", hint="Ask in UTF-8.")
    if not any(character.isalnum() for character in question):
        raise QuestionError(
            "the question is empty", hint='Ask in words, for example: askbrief ask "who met Okay Memis?"'
        )
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(question):,} characters; at most {MAX_QUESTION_CHARACTERS:,} can be asked",
            hint="Ask one thing in a sentence.",
        )
    return question
