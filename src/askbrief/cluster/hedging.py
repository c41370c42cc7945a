"""Hedging: a request that is slow is sent once more, a failed one again, and the first answer counts.

Dean and Barroso, "The Tail at Scale" (2013). Ray Serve chooses the less busy of two replicas, but does not do this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

PAUSE_SECONDS = 0.1
"""Time between a failure and the next try, for Serve to learn which replicas are gone."""

_T = TypeVar("_T")


async def ask_hedged(send: Callable[[], Awaitable[_T]], *, hedge_seconds: float, timeout_seconds: float) -> _T:
    """What the first successful request gives.

    Args:
        send: Sends a request.
        hedge_seconds: After this time without an answer one more is sent.
        timeout_seconds: After this time nothing is waited for any more.

    Raises:
        TimeoutError: No request succeeded in time; the last failure is its cause.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    running = {asyncio.ensure_future(_start(send))}
    failure: BaseException | None = None
    is_hedged = False
    try:
        while (left := began + timeout_seconds - loop.time()) > 0:
            patience = left if is_hedged else min(left, max(0.0, began + hedge_seconds - loop.time()))
            done, _ = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            for request in done:
                running.discard(request)
                if request.exception() is None:
                    return request.result()
                failure = request.exception()
            if not done and not is_hedged:
                is_hedged = True
                running.add(asyncio.ensure_future(_start(send)))
            elif not running:
                await asyncio.sleep(min(PAUSE_SECONDS, left))
                running.add(asyncio.ensure_future(_start(send)))
        raise TimeoutError(f"no answer within {timeout_seconds:g} s") from failure
    finally:
        for request in running:
            request.cancel()


async def _start(send: Callable[[], Awaitable[_T]]) -> _T:
    return await send()
