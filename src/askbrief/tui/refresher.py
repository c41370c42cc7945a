"""The thread that keeps the index like the folder: every few seconds, and at once when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from textual.message import Message

from askbrief.errors import AskbriefError
from askbrief.tui.messages import Changes, Opened, Refreshed, RefreshFailed
from askbrief.types import Freshness, Progress

if TYPE_CHECKING:
    from askbrief.assistant import Assistant

AssistantFactory: TypeAlias = "Callable[[Callable[[Progress], None]], Assistant]"
"""Opens an assistant that reports its progress to the given function; called in the refreshing thread."""

POLL_SECONDS = 2.0
"""Time between two refreshes; more if a refresh takes long."""
_POLL_FACTOR = 20


class Refresher:
    """Refreshes the index with an assistant of its own, in the thread that calls ``run``.

    Args:
        open_assistant: Called once, in that thread.
        post: Takes the messages.
        on_progress: Takes each step of loading the models and of refreshing.

    Attributes:
        shared: An assistant for the answering thread, once the models are loaded; its error if they cannot be.
    """

    def __init__(
        self,
        open_assistant: AssistantFactory,
        post: Callable[[Message], object],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._open_assistant = open_assistant
        self._post = post
        self._on_progress = on_progress
        self._requests: SimpleQueue[Future[Freshness] | None] = SimpleQueue()
        self._told: str | None = None
        self.shared: Future[Assistant] = Future()

    def request(self) -> Future[Freshness]:
        """Refresh soon; the future gets what that finds or its error, and is cancelled if ``run`` ends before."""
        request: Future[Freshness] = Future()
        self._requests.put(request)
        return request

    def stop(self) -> None:
        """End ``run`` after the current refresh."""
        self._requests.put(None)

    def run(self) -> None:
        """Refresh until ``stop`` is called."""
        try:
            with self._open_assistant(self._on_progress) as assistant:
                self._post(Opened(assistant.folder))
                waiting: list[Future[Freshness] | None] = []
                while None not in waiting:
                    began = monotonic()
                    self._refresh(assistant, [request for request in waiting if request is not None])
                    waiting = self._wait(max(POLL_SECONDS, _POLL_FACTOR * (monotonic() - began)))
        finally:
            self.shared.cancel()
            for request in self._wait(0):
                if request is not None:
                    request.cancel()

    def _wait(self, seconds: float) -> list[Future[Freshness] | None]:
        """The requests of the next refresh: all that are waiting once there is one, or none after ``seconds``."""
        requests = []
        with suppress(Empty):
            requests.append(self._requests.get(timeout=seconds))
            while True:
                requests.append(self._requests.get_nowait())
        return requests

    def _refresh(self, assistant: Assistant, requests: list[Future[Freshness]]) -> None:
        try:
            self._share(assistant)
            freshness = assistant.update()
        except AskbriefError as error:
            self._tell(str(error), RefreshFailed(error))
            for request in requests:
                request.set_exception(error)
            return
        except BaseException:
            for request in requests:
                request.cancel()
            raise
        done = assistant.refreshed
        changes = Changes()
        if done is not None:
            old, new = zip(*done.renamed, strict=True) if done.renamed else ((), ())
            changes = Changes((*done.added, *new), done.changed, (*done.removed, *old))
        state = f"{freshness.generation} {freshness.skipped} {assistant.notes}"
        self._tell(state, Refreshed(freshness, changes, tuple(assistant.notes)))
        for request in requests:
            request.set_result(freshness)

    def _share(self, assistant: Assistant) -> None:
        """Load the models for both threads, unless that is done."""
        if self.shared.done() and self.shared.exception() is None:
            return
        if self.shared.done():
            self.shared = Future()
        try:
            self.shared.set_result(assistant.share_models(on_progress=self._on_progress))
        except AskbriefError as error:
            self.shared.set_exception(error)
            raise

    def _tell(self, state: str, message: Message) -> None:
        if state != self._told:
            self._told = state
            self._post(message)
