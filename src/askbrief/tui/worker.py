"""The one thread that owns the assistant: it opens, refreshes, asks and closes; the screen only gets messages."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from textual.message import Message

from askbrief.datatypes import Answer, Progress
from askbrief.errors import AskbriefError
from askbrief.tui.messages import Answered, Citation, Failed, Progressed, Ready, Stopped

if TYPE_CHECKING:
    from askbrief.assistant import Assistant

AssistantFactory: TypeAlias = "Callable[[Callable[[Progress], None]], Assistant]"
"""Opens an assistant that reports its progress to the given function; called in the worker's thread."""

_PROGRESS_SECONDS = 0.05


class AssistantWorker:
    """Answers questions one after the other in a thread of its own.

    The thread is a daemon, so that a question that takes long never keeps the process alive.

    Args:
        open_assistant: Called once, in the thread.
        post: Takes the messages; called in the thread.
    """

    def __init__(self, open_assistant: AssistantFactory, post: Callable[[Message], object]) -> None:
        self._open_assistant = open_assistant
        self._post_message = post
        self._questions: SimpleQueue[tuple[int, str] | None] = SimpleQueue()
        self._stopping = Event()
        self._progress_posted = 0.0
        self._thread = Thread(target=self._run, name="askbrief-assistant", daemon=True)

    def start(self) -> None:
        """Opens the assistant and begins to answer."""
        self._thread.start()

    def ask(self, number: int, question: str) -> None:
        """Puts a question in the queue; ``Answered`` or ``Failed`` with its number follows."""
        self._questions.put((number, question))

    def stop(self, *, timeout_seconds: float) -> bool:
        """Ends the thread after the step at hand, which closes the assistant; returns whether it ended in time."""
        self._stopping.set()
        self._questions.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._serve()
        except _StopRequestedError:
            return
        except Exception as error:
            self._post(Stopped(error))

    def _serve(self) -> None:
        with self._open_assistant(self._on_progress) as assistant:
            try:
                self._post(Ready(assistant.update(), tuple(assistant.notes)))
            except AskbriefError as error:
                self._post(Failed(None, error))
            while (asked := self._questions.get()) is not None and not self._stopping.is_set():
                self._answer(assistant, *asked)

    def _answer(self, assistant: Assistant, number: int, question: str) -> None:
        try:
            answer = assistant.ask(question)
            self._post(Answered(number, answer, _find_citation(assistant, answer), tuple(assistant.notes)))
        except AskbriefError as error:
            self._post(Failed(number, error))

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


def _find_citation(assistant: Assistant, answer: Answer) -> Citation | None:
    if answer.answers:
        best = answer.answers[0]
        return Citation(assistant.load_document(best.document_id), best.span, is_answer=True)
    if answer.nearest is not None:
        passage = answer.nearest.passage
        return Citation(assistant.load_document(passage.document_id), passage.span, is_answer=False)
    return None
