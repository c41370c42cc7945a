"""What runs in the replicas of Ray Serve: searchers of some shards each, and answerers that ask them all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError
from msgspec.json import decode

from askbrief.answer.dialogue import Turn
from askbrief.answer.pipeline import READ_PASSAGES, build_answer
from askbrief.answer.query import Query, build_query
from askbrief.answer.reader import Reader, load_reader
from askbrief.answer.schema import answer_as_json, error_as_json
from askbrief.answer.second_look import load_second_look
from askbrief.cluster.answerer import Answerer, ShardProblem, Task
from askbrief.cluster.connection import accepts_token, keep_to_node_address
from askbrief.cluster.hedging import ask_hedged
from askbrief.cluster.manifest import Manifest
from askbrief.cluster.searcher import ShardSearcher
from askbrief.config import Folder
from askbrief.errors import AskbriefError, ClusterError, QuestionError, StoreError
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.encoder import Encoder
from askbrief.types import Document, Trace

HEDGE_SECONDS = 0.2
"""How long a searcher may take before another replica is asked as well."""
SHARD_SECONDS = 4.0
"""How long the shards of a searcher are waited for before they count as missing."""
MAX_REQUEST_BYTES = 64 * 1024


class SearcherReplica:
    """Some shards of an index, each with a thread of its own."""

    def __init__(self, folder: Folder, manifest: Manifest, numbers: Sequence[int]) -> None:
        keep_to_node_address()
        shards = {number: folder.take_shard(number, count=manifest.count) for number in numbers}
        self._searchers = {number: ShardSearcher(shard, manifest.identity) for number, shard in shards.items()}
        self._threads = {number: ThreadPoolExecutor(max_workers=1) for number in numbers}
        for searcher in self._searchers.values():  # opened before the replica counts as started
            with suppress(AskbriefError):
                searcher.count_words("")

    async def run(self, tasks: Mapping[int, Task]) -> dict[int, Any]:
        """What each task gave back, by number of the shard; a shard that cannot be asked gives a ``ShardProblem``."""
        given = await asyncio.gather(*(self._run(number, task) for number, task in tasks.items()))
        return dict(zip(tasks, given, strict=True))

    async def check_health(self) -> None:
        """Come to an end only where every shard's thread does; Serve replaces a replica that does not in time.

        A shard that cannot be read is no reason: another replica could not read it either, and the answer names it.
        """
        await self.run(dict.fromkeys(self._searchers, ShardSearcher.check))

    async def _run(self, number: int, task: Task) -> Any:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads[number], task, self._searchers[number])
        except AskbriefError as error:
            return ShardProblem(error.message)
        except Exception as error:  # one shard must not take the others of its searcher with it
            return ShardProblem(f"{type(error).__name__}: {error}")


class AskFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``POST /ask`` takes: ``{"question": "who met Memis? since:2025-05", "top": 3}``."""

    question: str
    top: Annotated[int, Meta(ge=1, le=50)] = 1


class AnswererReplica:
    """Answers questions over all shards; each searcher is asked for those that it has."""

    def __init__(
        self,
        folder: Folder,
        manifest: Manifest,
        searchers: Sequence[tuple[tuple[int, ...], Any]],
        encoder: Encoder | None,
        reader: Reader | None,
        shard_seconds: float = SHARD_SECONDS,
    ) -> None:
        """Load the models.

        Args:
            folder: The whole folder.
            manifest: Its shards.
            searchers: Numbers of the shards of each searcher, and its handle.
            encoder: In place of the one that the settings name.
            reader: In place of the one that the settings name.
            shard_seconds: How long the shards of a searcher are waited for before they count as missing.
        """
        keep_to_node_address()
        encoder = encoder or load_encoder(folder.settings.encoder, root=folder.root)
        second_look = None if reader else load_second_look(folder.settings.reader)
        reader = reader or load_reader(folder.settings.reader, root=folder.root)
        encoder.encode_question("warm")
        reader.load()
        if second_look is not None:
            second_look.reader.load()
        if encoder.fingerprint != manifest.encoder:
            raise StoreError("the index was made with another encoder", hint="Run: askbrief index --cluster ADDRESS")
        self._folder = folder
        self._manifest = manifest
        self._searchers = searchers
        self._shard_seconds = shard_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answerer = Answerer(
            self._ask_shards, count=manifest.count, encoder=encoder, reader=reader, second_look=second_look
        )

    def describe(self) -> tuple[Folder, int, str]:
        """The folder that is answered for, its number of shards, and the fingerprint of the encoder."""
        return self._folder, self._manifest.count, self._manifest.encoder

    async def trace(self, query: Query, history: Sequence[Turn], top: int, read: bool) -> Trace:
        """As ``Answerer.trace``."""
        self._loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._answerer.trace, query, history=history, top=top, read=read)

    async def load_document(self, document_id: str) -> Document:
        """As ``Answerer.load_document``."""
        self._loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._answerer.load_document, document_id)

    async def __call__(self, request: Any) -> Any:
        """Answer ``POST /ask``: JSON of schema 1, as ``askbrief ask --json`` prints it; 3 of its exit codes as status.

        Args:
            request: A request of Starlette, with Ray's token as ``Authorization: Bearer …``.
        """
        from starlette.responses import Response

        status, line = await self._answer(request)
        return Response(line, status_code=status, media_type="application/json")

    async def _answer(self, request: Any) -> tuple[int, str]:
        question = ""
        try:
            if not accepts_token(request.headers.get("authorization", "")):
                raise PermissionError
            if request.method != "POST":
                return 405, error_as_json("", QuestionError("only POST is answered", hint=_HINT))
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_REQUEST_BYTES:
                    return 413, error_as_json("", QuestionError("the request is too large", hint=_HINT))
            asked = decode(body, type=AskFields)
            question, began = asked.question, perf_counter()
            trace = await self.trace(build_query(question), (), READ_PASSAGES, True)
            timings = {**trace.timings_ms, "total": round(1000 * (perf_counter() - began), 1)}
            return 200, answer_as_json(build_answer(replace(trace, timings_ms=timings), top=asked.top))
        except PermissionError:
            return 401, error_as_json("", ClusterError("the token is missing or wrong", hint="Send Ray's token."))
        except (ValidationError, ValueError) as error:
            return 400, error_as_json(question, QuestionError(f"no request: {error}", hint=_HINT))
        except QuestionError as error:
            return 400, error_as_json(question, error)
        except AskbriefError as error:
            return 503, error_as_json(question, error)

    def _ask_shards(self, tasks: Mapping[int, Task]) -> dict[int, Any]:
        """Have the searchers do ``tasks``; called on another thread than the loop's."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._ask_searchers(tasks), self._loop).result()

    async def _ask_searchers(self, tasks: Mapping[int, Task]) -> dict[int, Any]:
        shares = (
            (handle, {number: tasks[number] for number in numbers if number in tasks})
            for numbers, handle in self._searchers
        )
        given = await asyncio.gather(*(self._ask_searcher(handle, share) for handle, share in shares if share))
        return {number: one for found in given for number, one in found.items()}

    async def _ask_searcher(self, handle: Any, tasks: dict[int, Task]) -> dict[int, Any]:
        async def send() -> dict[int, Any]:
            given: dict[int, Any] = await handle.run.remote(tasks)
            return given

        try:
            return await ask_hedged(send, hedge_seconds=HEDGE_SECONDS, timeout_seconds=self._shard_seconds)
        except TimeoutError as error:
            reason = f"{error}: {type(error.__cause__).__name__}" if error.__cause__ else str(error)
            return dict.fromkeys(tasks, ShardProblem(reason))


_HINT = 'Send {"question": "…"}, and "top" for more than one answer.'
