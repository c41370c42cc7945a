"""The two threads that own assistants: one answers, the other keeps the index fresh; the screen only gets messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from textual.message import Message

from askbrief.answer.pipeline import build_answer
from askbrief.errors import AskbriefError, StoreDamagedError, StoreNotFoundError, StoreOutdatedError
from askbrief.tui.freshening import Freshener
from askbrief.tui.messages import (
    Answered,
    Explained,
    Failed,
    Loaded,
    Opened,
    Progressed,
    RefreshFailed,
    Stopped,
    Suggested,
)
from askbrief.types import Document, Freshness, Progress, Trace

if TYPE_CHECKING:
    from askbrief.assistant import Assistant

AssistantFactory: TypeAlias = "Callable[[Callable[[Progress], None]], Assistant]"
"""Opens an assistant that reports its progress to the given function; called in the worker's thread."""

ANSWERS = 5
"""The best answer and its alternatives."""
PATIENCE_SECONDS = 1.0
"""How long a question waits for the folder to be compared; after that it is answered from the index as it is."""
SUGGESTIONS = 4
_PROGRESS_SECONDS = 0.05


class AssistantWorker:
    """Does what the screen asks for, one after the other, beside the screen.

    Both threads are daemons, so that a question that takes long never keeps the process alive.

    Args:
        open_assistant: Called once, in the refreshing thread.
        post: Takes the messages; called in both threads.
    """

    def __init__(self, open_assistant: AssistantFactory, post: Callable[[Message], object]) -> None:
        self._open_assistant = open_assistant
        self._post_message = post
        self._freshener = Freshener(self._post)
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._stopping = Event()
        self._has_tried = Event()
        self._retry = Event()
        self._shared: Assistant | AskbriefError | None = None
        self._generation = -1
        self._progress_posted = 0.0
        self._threads = [
            Thread(target=self._guard, args=[run], name=name, daemon=True)
            for name, run in (("askbrief-freshener", self._keep_fresh), ("askbrief-assistant", self._serve))
        ]

    def start(self) -> None:
        """Opens the assistant, brings the index up to date, and begins to answer."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout_seconds: float) -> bool:
        """Ends both threads after the step at hand, which closes the assistants; returns whether that was in time."""
        self._stopping.set()
        self._freshener.stop()
        self._jobs.put(None)
        self._has_tried.set()
        self._retry.set()
        ends = monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, ends - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def ask(self, number: int, question: str) -> None:
        """Queues a question; ``Answered`` or ``Failed`` with its number follows."""
        self._jobs.put(partial(self._answer, number, question))

    def explain(self, question: str) -> None:
        """Queues a request for an explanation; ``Explained`` follows."""
        self._jobs.put(partial(self._explain, question))

    def load(self, document_id: str) -> None:
        """Queues a request for an article; ``Loaded`` follows."""
        self._jobs.put(partial(self._load, document_id))

    def suggest(self) -> None:
        """Looks for questions that the articles answer, until something else is queued; ``Suggested`` follows."""
        self._jobs.put(self._suggest)

    def check_folder(self) -> None:
        """Has the folder looked at now."""
        self._freshener.ask_for_look()

    def _guard(self, run: Callable[[], None]) -> None:
        try:
            run()
        except _StopRequestedError:
            return
        except Exception as error:
            self._post(Stopped(error))

    def _keep_fresh(self) -> None:
        with self._open_assistant(self._on_progress) as assistant:
            self._post(Opened(assistant.folder.root))
            while not self._stopping.is_set() and not self._try_to_share(assistant):
                self._retry.wait(PATIENCE_SECONDS)
                self._retry.clear()
            self._freshener.run(assistant)

    def _try_to_share(self, assistant: Assistant) -> bool:
        """Loads the models, and gives the other thread an assistant with them; returns whether that went well."""
        try:
            self._shared = assistant.share_models(on_progress=self._on_progress)
        except AskbriefError as error:
            if str(error) != str(self._shared):
                self._post(RefreshFailed(error))
            self._shared = error
        self._has_tried.set()
        return not isinstance(self._shared, AskbriefError)

    def _serve(self) -> None:
        try:
            while (job := self._jobs.get()) is not None and not self._stopping.is_set():
                job()
        finally:
            if self._shared is not None and not isinstance(self._shared, AskbriefError):
                self._shared.close()

    def _find_assistant(self) -> Assistant:
        """The assistant that answers, once the models are loaded.

        Raises:
            AskbriefError: They cannot be.
        """
        if isinstance(self._shared, AskbriefError):
            self._has_tried.clear()
            self._retry.set()
        self._has_tried.wait()
        if self._shared is None or self._stopping.is_set():
            raise _StopRequestedError
        if isinstance(self._shared, AskbriefError):
            raise self._shared
        return self._shared

    def _answer(self, number: int, question: str) -> None:
        try:
            assistant = self._find_assistant()
            trace, notes = self._trace(assistant, question)
            answer = build_answer(trace, top=ANSWERS, with_doubtful=False)
            self._post(Answered(number, answer, trace, _find_cited(trace), notes))
        except AskbriefError as error:
            self._post(Failed(number, error))

    def _trace(self, assistant: Assistant, question: str) -> tuple[Trace, tuple[str, ...]]:
        """The trace of a question on the index as the folder is now; as it was if that takes too long."""
        ticket = self._freshener.ask_for_look()
        looked = self._wait(ticket, timeout_seconds=PATIENCE_SECONDS)
        try:
            trace = assistant.trace(question, refresh=False)
        except StoreDamagedError:
            trace = assistant.trace(question)  # rebuilds the index
            return trace, tuple(assistant.notes)
        except (StoreNotFoundError, StoreOutdatedError):
            if looked is not None:
                raise
            looked = self._wait(ticket, timeout_seconds=None)
            trace = assistant.trace(question, refresh=False)
        if looked is not None and looked.generation == trace.freshness.generation:
            trace = replace(trace, freshness=looked)
        return trace, ()

    def _wait(self, ticket: int, *, timeout_seconds: float | None) -> Freshness | None:
        looked = self._freshener.wait(ticket, timeout_seconds=timeout_seconds)
        if isinstance(looked, AskbriefError):
            raise looked
        if looked is None and (timeout_seconds is None or self._stopping.is_set()):
            raise _StopRequestedError
        if looked is not None and looked.generation != self._generation:
            self._generation = looked.generation
            self._find_assistant().close()  # the index may be another file now
        return looked

    def _explain(self, question: str) -> None:
        try:
            self._post(Explained(self._find_assistant().trace(question, refresh=False)))
        except AskbriefError as error:
            self._post(Explained(error))

    def _load(self, document_id: str) -> None:
        try:
            self._post(Loaded(document_id, self._find_assistant().load_document(document_id)))
        except AskbriefError:
            self._post(Loaded(document_id, None))

    def _suggest(self) -> None:
        from askbrief.answer.suggest import find_questions

        try:
            assistant = self._find_assistant()
            found = find_questions(
                search=partial(assistant.search, refresh=False),
                ask=partial(assistant.ask, refresh=False),
                count=SUGGESTIONS,
                go_on=self._is_idle,
            )
        except AskbriefError:
            return
        self._post(Suggested(tuple(found)))

    def _is_idle(self) -> bool:
        return self._jobs.empty() and not self._stopping.is_set()

    def _on_progress(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise _StopRequestedError
        if progress.done < progress.total and monotonic() - self._progress_posted < _PROGRESS_SECONDS:
            return
        self._progress_posted = monotonic()
        self._post(Progressed(progress))

    def _post(self, message: Message) -> None:
        try:
            self._post_message(message)
        except RuntimeError:  # the loop of the screen is closed
            if not self._stopping.is_set():
                raise


class _StopRequestedError(BaseException):
    """Breaks off a refresh, as Ctrl+C would."""


def _find_cited(trace: Trace) -> Document | None:
    """The article of the best span, or else of the nearest passage."""
    if trace.ranked:
        return trace.ranked[0].candidate.document
    return trace.candidates[0].document if trace.candidates else None
