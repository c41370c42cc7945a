"""The two threads beside the screen: one answers, the other refreshes the index; the screen only gets messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message

from askbrief.answer.dialogue import Turn
from askbrief.errors import AskbriefError, StoreDamagedError, StoreNotFoundError, StoreOutdatedError
from askbrief.tui.messages import Answered, Explained, Failed, Listed, Loaded, Progressed, Stopped, Suggested
from askbrief.tui.refresher import AssistantFactory, Refresher
from askbrief.types import Answer, Document, Freshness, Progress, Trace

if TYPE_CHECKING:
    from askbrief.assistant import Assistant

ANSWERS = 5
"""The best answer and its alternatives."""
PATIENCE_SECONDS = 1.0
"""How long a question waits for the folder to be compared; after that it is answered from the index as it is."""
_PROGRESS_SECONDS = 0.05


class AssistantWorker:
    """Does what the screen asks for, one job after the other.

    Both threads are daemons, so that a question that takes long never keeps the process alive.

    Args:
        open_assistant: Called once, in the refreshing thread.
        post: Takes the messages; called in both threads.
    """

    def __init__(self, open_assistant: AssistantFactory, post: Callable[[Message], object]) -> None:
        self._post_message = post
        self._refresher = Refresher(open_assistant, self._post, self._on_progress)
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._is_stopping = False
        self._generation = -1
        self._progress_posted = 0.0
        self._threads = [
            Thread(target=self._guard, args=[run], name=name, daemon=True)
            for name, run in (("askbrief-refresher", self._refresher.run), ("askbrief-assistant", self._serve))
        ]

    def start(self) -> None:
        """Open the assistant, bring the index up to date, and begin to answer."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout_seconds: float) -> bool:
        """End both threads after their current step, which closes the assistants; return whether that was in time."""
        self._is_stopping = True
        self._refresher.stop()
        self._jobs.put(None)
        ends = monotonic() + timeout_seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, ends - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def ask(self, number: int, question: str, *, history: Sequence[Turn]) -> None:
        """Queue a question after the turns of ``history``; ``Answered`` or ``Failed`` with its number follows."""
        self._jobs.put(partial(self._answer, number, question, history))

    def explain(self, question: str, *, history: Sequence[Turn]) -> None:
        """Queue a request for the trace of a question after the turns of ``history``; ``Explained`` follows."""
        self._jobs.put(partial(self._explain, question, history))

    def load(self, document_id: str) -> None:
        """Queue a request for an article; ``Loaded`` follows."""
        self._jobs.put(partial(self._load, document_id))

    def find_document(self, document_id: str) -> Document | None:
        """The article of that id once its turn comes, None if the index does not have it; waits for it."""
        found: Future[Document | None] = Future()

        def load() -> None:
            try:
                found.set_result(self._find_assistant().load_document(document_id))
            except AskbriefError:
                found.set_result(None)

        self._jobs.put(load)
        return found.result()

    def suggest(self) -> None:
        """Look for questions that the articles answer, until something else is queued; ``Suggested`` follows."""
        self._jobs.put(self._suggest)

    def list_articles(self) -> None:
        """Queue a request for the articles; ``Listed`` follows."""
        self._jobs.put(self._list)

    def check_folder(self) -> None:
        """Compare the folder with the index now."""
        self._refresher.request()

    def _guard(self, run: Callable[[], None]) -> None:
        try:
            run()
        except (_StopRequestedError, CancelledError):
            return
        except BaseException as error:  # a panic of tantivy is no Exception
            self._post(Stopped(error))

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_stopping:
            job()
        if self._refresher.shared.done():
            self._find_assistant().close()

    def _find_assistant(self) -> Assistant:
        """The assistant that answers, once the models are loaded.

        Raises:
            AskbriefError: They cannot be.
        """
        return self._refresher.shared.result()

    def _answer(self, number: int, question: str, history: Sequence[Turn]) -> None:
        from askbrief.answer.pipeline import build_answer

        try:
            trace, notes = self._trace(question, history)
        except AskbriefError as error:
            self._post(Failed(number, error))
            return
        answer = build_answer(trace, top=ANSWERS, with_doubtful=False)
        self._post(Answered(number, answer, trace, _find_cited(trace, answer), notes))

    def _trace(self, question: str, history: Sequence[Turn]) -> tuple[Trace, tuple[str, ...]]:
        """The trace of a question on the index as the folder is now; as it was if that takes too long."""
        request = self._refresher.request()
        freshness = self._wait(request, timeout_seconds=PATIENCE_SECONDS)
        assistant = self._find_assistant()
        try:
            trace = assistant.trace(question, refresh=False, history=history)
        except StoreDamagedError:
            return assistant.trace(question, history=history), tuple(assistant.notes)  # rebuilds the index
        except (StoreNotFoundError, StoreOutdatedError):
            if freshness is not None:
                raise
            freshness = self._wait(request, timeout_seconds=None)
            trace = assistant.trace(question, refresh=False, history=history)
        if freshness is not None and freshness.generation == trace.freshness.generation:
            trace = replace(trace, freshness=freshness)
        return trace, ()

    def _wait(self, request: Future[Freshness], *, timeout_seconds: float | None) -> Freshness | None:
        """What a refresh found, or None if it takes longer."""
        try:
            freshness = request.result(timeout_seconds)
        except TimeoutError:
            return None
        if freshness.generation != self._generation:
            self._generation = freshness.generation
            self._find_assistant().close()  # the index may be another file now
        return freshness

    def _explain(self, question: str, history: Sequence[Turn]) -> None:
        try:
            self._post(Explained(self._find_assistant().trace(question, refresh=False, history=history)))
        except AskbriefError as error:
            self._post(Explained(error))

    def _load(self, document_id: str) -> None:
        try:
            self._post(Loaded(document_id, self._find_assistant().load_document(document_id)))
        except AskbriefError:
            self._post(Loaded(document_id, None))

    def _suggest(self) -> None:
        from askbrief.tui.starters import find_starters

        try:
            assistant = self._find_assistant()
            found = find_starters(
                search=partial(assistant.search, refresh=False),
                ask=partial(assistant.ask, refresh=False),
                go_on=self._is_idle,
            )
        except AskbriefError:
            return
        self._post(Suggested(tuple(found)))

    def _list(self) -> None:
        from askbrief.tui.articles import load_articles

        try:
            assistant = self._find_assistant()
            articles, is_whole = load_articles(assistant.folder, assistant.encoder)
        except AskbriefError:
            return
        self._post(Listed(tuple(articles), is_whole))

    def _is_idle(self) -> bool:
        return self._jobs.empty() and not self._is_stopping

    def _on_progress(self, progress: Progress) -> None:
        if self._is_stopping:
            raise _StopRequestedError
        if progress.done < progress.total and monotonic() - self._progress_posted < _PROGRESS_SECONDS:
            return
        self._progress_posted = monotonic()
        self._post(Progressed(progress))

    def _post(self, message: Message) -> None:
        try:
            self._post_message(message)
        except RuntimeError:  # the loop of the screen is closed
            if not self._is_stopping:
                raise


class _StopRequestedError(BaseException):
    """Breaks off a refresh, as Ctrl+C would."""


def _find_cited(trace: Trace, answer: Answer) -> Document | None:
    """The article of the first answer, or else of the closest passage."""
    if not answer.answers:
        return trace.candidates[0].document if trace.candidates else None
    return trace.find_document(answer.answers[0].document_id)
