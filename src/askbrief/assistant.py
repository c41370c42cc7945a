"""The façade: open a folder, ask it questions.

with Assistant.open("articles") as assistant:
    answer = assistant.ask("who met Okay Memis?")
    print(answer.text, answer.confidence)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self, TypeVar

from askbrief.answer import pipeline
from askbrief.answer.filters import Filters
from askbrief.answer.finding import find_passages
from askbrief.answer.query import Query, Sort, build_query
from askbrief.answer.reader import Reader, load_reader
from askbrief.answer.second_look import SecondLook, load_second_look
from askbrief.config import Folder, find_folder, open_folder
from askbrief.errors import ClusterError, StoreDamagedError, StoreError, StoreNotFoundError
from askbrief.index.keeper import IndexKeeper
from askbrief.index.refresh import scan
from askbrief.index.refreshed import Refreshed
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.encoder import Encoder
from askbrief.store.store import Store
from askbrief.types import Answer, Document, Freshness, Hit, Progress, Status, Trace

if TYPE_CHECKING:
    from askbrief.answer.dialogue import Turn
    from askbrief.cluster.client import ClusterClient
    from askbrief.index.plan import Plan

_T = TypeVar("_T")


class Assistant:
    """A folder that answers questions. Use it from one thread at a time, and close it.

    Attributes:
        folder: Where the articles and the index are.
        cluster: Address of the cluster whose shards of the folder are asked; '' where the folder's own index is.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        second_look: SecondLook | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cluster: str = "",
    ) -> None:
        self.folder = folder
        self.cluster = cluster
        self._on_progress = on_progress or (lambda _: None)
        self._encoder = encoder
        self._reader = reader
        self._second_look = second_look

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        second_look: SecondLook | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cluster: str = "",
    ) -> Self:
        """Open a folder of articles; nothing is read yet.

        Args:
            folder: The folder itself; None finds the nearest, from the current folder upwards, that has
                ``askbrief.toml`` or an index.
            encoder: In place of the one that the settings name.
            reader: In place of the one that the settings name; it reads alone, unless ``second_look`` is given.
            second_look: What reads the leading passages again after ``reader``.
            on_progress: Called with each step of compiling a model and of refreshing the index.
            cluster: Ask the shards of the folder that the Ray cluster at this address (HOST:PORT, or "local") holds;
                answers come from the shards as they are, and ``refresh`` brings those up to date.

        Raises:
            ConfigError: There is no such folder, or its settings are wrong.
        """
        found = find_folder() if folder is None else open_folder(Path(folder))
        return cls(
            found, encoder=encoder, reader=reader, second_look=second_look, on_progress=on_progress, cluster=cluster
        )

    def share_models(self, *, on_progress: Callable[[Progress], None] | None = None) -> Self:
        """Open the same folder again, with the same models, for another thread."""
        return type(self)(
            self.folder,
            encoder=self.encoder,
            reader=self.reader,
            second_look=self.second_look,
            on_progress=on_progress,
            cluster=self.cluster,
        )

    def close(self) -> None:
        """Close the index; it is opened again when it is needed."""
        if "_keeper" in self.__dict__:
            self._keeper.close()
        if "_client" in self.__dict__:
            self._client.close()

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

    @cached_property
    def second_look(self) -> SecondLook | None:
        """What reads the leading passages again; None where the settings name a reader, or "fast"."""
        if self._reader is not None or self._second_look is not None:
            return self._second_look
        return load_second_look(self.folder.settings.reader, on_progress=self._on_progress)

    def load_readers(self) -> None:
        """Load the readers now, and not with the first question.

        Raises:
            ModelError: One is missing or damaged, or cannot be compiled or unpacked.
        """
        self.reader.load()
        if self.second_look:
            self.second_look.reader.load()

    @property
    def notes(self) -> list[str]:
        """Sentences for people about what the last refresh found, such as a damaged index."""
        return self._keeper.notes if "_keeper" in self.__dict__ else []

    @property
    def refreshed(self) -> Refreshed | None:
        """What the last refresh did; None before the first."""
        return self._keeper.refreshed

    def refresh(self, *, is_thorough: bool = False) -> Generator[Progress, None, None]:
        """Bring the index up to date with the folder, yielding progress; costs little when nothing changed.

        Args:
            is_thorough: Whether the whole index is read and compared with its checksums too. Without, a question
                checks what it uses.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        return self._index_shards() if self.cluster else self._keeper.refresh(is_thorough=is_thorough)

    def rebuild(self) -> Generator[Progress, None, None]:
        """Read and encode everything again, yielding progress; the old index answers until that is done.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        return self._keeper.rebuild()

    def update(self, *, rebuild: bool = False, is_thorough: bool = False) -> Freshness:
        """Run ``refresh``, or ``rebuild``, to its end and return the state of the index."""
        self._finish(self.rebuild() if rebuild else self.refresh(is_thorough=is_thorough))
        return self.find_freshness()

    def preview(self) -> Plan:
        """What ``refresh`` would do now. Changes nothing.

        Raises:
            AskbriefError: The folder cannot be read.
        """
        from askbrief.index.preview import preview

        return self._finish(preview(self.folder, self.encoder))

    def find_status(self) -> Status:
        """What is indexed, and how it differs from the folder now. Changes nothing.

        Raises:
            StoreError: There is no index, or it cannot be used.
        """
        from askbrief.index.status import build_status

        name = self.folder.settings.reader or str(self.reader.card["name"])
        return build_status(self.folder, self._open_published(), freshness=self.find_freshness(), reader=name)

    def find_freshness(self) -> Freshness:
        """The state of the index, and what the last refresh changed.

        Raises:
            StoreError: There is no index, or it cannot be read.
        """
        if self.cluster:
            return self._client.find_freshness()
        return self._keeper.find_freshness(checked=self._keeper.refreshed is not None)

    def load_document(self, document_id: str) -> Document:
        """The article that a hit or an answer comes from.

        Raises:
            StoreError: There is no index, it cannot be read, or it has no such document.
        """
        if self.cluster:
            return self._client.load_document(document_id)
        return self._keeper.open().rows.load_document(document_id)

    def iter_documents(self) -> Iterator[Document]:
        """Every article of the index as it is, each once.

        Raises:
            StoreError: There is no index, or it cannot be read.
        """
        rows = self._open_published().rows
        for document_id in dict.fromkeys(facts.id for facts in rows.iter_facts()):
            yield rows.load_document(document_id)

    def search(self, query: str, *, top: int = 10, refresh: bool = True, filters: Filters | None = None) -> list[Hit]:
        """The best ``top`` passages for a question or words, best first; arguments and errors as of ``trace``."""
        trace = self._find_trace(build_query(query, filters), history=(), refresh=refresh, top=top, read=False)
        return pipeline.build_hits(trace.candidates)

    def conversation(self) -> Conversation:
        """A conversation: each question may take up what was asked and answered before."""
        return Conversation(self)

    def ask(
        self,
        question: str,
        *,
        top: int = 1,
        refresh: bool = True,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        sort: Sort = "best",
    ) -> Answer:
        """The exact words that answer ``question``, or "not in these articles" as an answer without spans.

        Args:
            question: At most ``MAX_QUESTION_CHARACTERS`` characters.
            top: Most answers returned: the best and its alternatives.
            refresh: As for ``trace``.
            history: As for ``trace``.
            filters: As for ``trace``.
            sort: As for ``trace``.

        Raises:
            QuestionError: The question is empty or too long.
            AskbriefError: The folder, the index or a model cannot be used.
        """
        trace = self.trace(question, refresh=refresh, history=history, filters=filters, sort=sort)
        return pipeline.build_answer(trace, top=top)

    def trace(
        self,
        question: str,
        *,
        refresh: bool = True,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        sort: Sort = "best",
    ) -> Trace:
        """Everything that leads to the answer of ``question``.

        Args:
            question: At most ``MAX_QUESTION_CHARACTERS`` characters.
            refresh: Whether the index is brought up to date with the folder first; else the answer comes from the
                index as it is, and its freshness says that nothing was checked.
            history: The turns before, oldest first, where the question may take up what they said.
            filters: Which articles are asked, beside the filters in the question line ("since:2025-05").
            sort: "date" puts the newest article first of those that answer credibly, as "the latest …" does.

        Raises:
            QuestionError: The question is empty or too long, or a filter is wrong.
            AskbriefError: The folder, the index or a model cannot be used.
        """
        query = build_query(question, filters, sort=sort)
        began = perf_counter()
        trace = self._find_trace(query, history=history, refresh=refresh, top=pipeline.READ_PASSAGES, read=True)
        total = 1000 * (perf_counter() - began)
        timings = {"refresh": total - sum(trace.timings_ms.values()), **trace.timings_ms, "total": total}
        return replace(trace, timings_ms={step: round(milliseconds, 1) for step, milliseconds in timings.items()})

    @cached_property
    def _client(self) -> ClusterClient:
        from askbrief.cluster.client import ClusterClient

        return ClusterClient(self.folder, self.cluster, encoder=self._encoder, reader=self._reader)

    def _index_shards(self) -> Generator[Progress, None, None]:
        yield from self._client.index()

    @cached_property
    def _keeper(self) -> IndexKeeper:
        if self.cluster:
            raise ClusterError("this can be done for the index of one machine only", hint="Leave the cluster out.")
        return IndexKeeper(self.folder, self.encoder)

    def _open_published(self) -> Store:
        """The open store, with at least one complete state in it.

        Raises:
            StoreError: There is no index, none that was completed, or it cannot be used.
        """
        store = self._keeper.open()
        if not store.rows.generation:
            raise StoreNotFoundError(
                f"{self.folder.index} holds no index yet; what was indexed so far is kept", hint="Run: askbrief index"
            )
        return store

    def _find_trace(self, query: Query, *, history: Sequence[Turn], refresh: bool, top: int, read: bool) -> Trace:
        """A trace of the index, brought up to date with the folder if ``refresh``.

        The folder is listed while the index as it is works already; that trace counts if nothing has changed.
        """
        if self.cluster:
            return self._client.trace(query, history=history, top=top, read=read)
        if not refresh:
            self._open_published()
            return self._trace_store(query, history=history, top=top, read=read, checked=False)
        early: Trace | None = None
        with ThreadPoolExecutor(max_workers=1) as beside:
            listing = beside.submit(scan, self.folder)
            with suppress(StoreError):
                if self._keeper.open().rows.generation:
                    early = self._trace_store(query, history=history, top=top, read=read, checked=False)
            store = self._keeper.open() if early else None
            self._finish(self._keeper.refresh(found=listing.result()))
        freshness = self.find_freshness()
        if early and self._keeper.open() is store and freshness.generation == early.freshness.generation:
            return replace(early, freshness=freshness)
        try:
            return self._trace_store(query, history=history, top=top, read=read, checked=True)
        except StoreDamagedError as error:
            self._finish(self._keeper.recover(error))
            return self._trace_store(query, history=history, top=top, read=read, checked=True)

    def _trace_store(self, query: Query, *, history: Sequence[Turn], top: int, read: bool, checked: bool) -> Trace:
        """A trace of the index as it is; the reader is loaded while the passages are searched."""
        store = self._keeper.open()
        with ThreadPoolExecutor(max_workers=1) as beside:
            loading = beside.submit(self.load_readers) if read else None
            with store.snapshot() as derived:
                freshness = self._keeper.find_freshness(checked=checked)

                def search(query: Query, top: int) -> Trace:
                    return pipeline.search(
                        query, store=store, derived=derived, encoder=self.encoder, freshness=freshness, top=top
                    )

                def load_reader() -> Reader:
                    if loading is not None:
                        loading.result()
                    return self.reader

                trace, is_unread = find_passages(
                    query,
                    history=history,
                    top=top,
                    search=search,
                    mention=partial(pipeline.mention, store=store, derived=derived),
                    load_reader=load_reader if read else None,
                )
            if loading is None or not is_unread:
                return trace
            loading.result()
        return pipeline.conclude(
            pipeline.read(trace, self.reader, self.second_look),
            self.encoder,
            self.reader,
            newest_first=query.newest_first,
        )

    def _finish(self, steps: Generator[Progress, None, _T]) -> _T:
        """Go through all ``steps``, reporting them, and return their result."""
        while True:
            try:
                self._on_progress(next(steps))
            except StopIteration as end:
                result: _T = end.value
                return result


class Conversation:
    """Questions one after the other, of which each may take up what was asked and answered before.

    Attributes:
        history: The turns so far, oldest first.
    """

    def __init__(self, assistant: Assistant) -> None:
        self.history: list[Turn] = []
        self._assistant = assistant

    def ask(self, question: str, *, top: int = 1, refresh: bool = True, as_typed: bool = False) -> Answer:
        """As ``Assistant.ask``, in the conversation.

        Args:
            question: As for ``Assistant.ask``.
            top: As for ``Assistant.ask``.
            refresh: As for ``Assistant.ask``.
            as_typed: Whether the question is searched as it is, whatever was said before.
        """
        from askbrief.answer.dialogue import build_turn

        history = () if as_typed else tuple(self.history)
        answer = self._assistant.ask(question, top=top, refresh=refresh, history=history)
        self.history.append(build_turn(answer))
        return answer
