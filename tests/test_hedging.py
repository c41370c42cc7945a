"""Hedged requests: what is slow is asked twice, what failed is asked again, the first answer counts."""

from __future__ import annotations

import asyncio

import pytest

from askbrief.cluster.hedging import ask_hedged


def ask(*behaviours: object, hedge: float = 0.05, timeout: float = 2.0) -> tuple[object, int, float]:
    """The answer, the requests that were sent, and the seconds it took; each request takes the next behaviour.

    A number is a time in seconds after which the request answers with its own number, from 0; an error is raised.
    """
    sent = 0

    async def send() -> int:
        nonlocal sent
        number, behaviour = sent, behaviours[min(sent, len(behaviours) - 1)]
        sent += 1
        if isinstance(behaviour, Exception):
            raise behaviour
        assert isinstance(behaviour, float)
        await asyncio.sleep(behaviour)
        return number

    async def run() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        return await ask_hedged(send, hedge_seconds=hedge, timeout_seconds=timeout), loop.time() - began

    answer, seconds = asyncio.run(run())
    return answer, sent, seconds


def test_a_quick_answer_is_asked_for_once() -> None:
    assert ask(0.0, hedge=5.0)[:2] == (0, 1)


def test_a_slow_one_is_asked_for_once_more_and_the_first_answer_counts() -> None:
    answer, sent, seconds = ask(60.0, 0.0, timeout=30.0)
    assert (answer, sent) == (1, 2)
    assert seconds < 30


def test_the_slow_one_may_still_be_first() -> None:
    assert ask(0.4, 60.0, hedge=0.01, timeout=30.0)[:2] == (0, 2)


def test_a_failed_one_is_sent_again() -> None:
    assert ask(ValueError("gone"), ValueError("gone"), 0.0, hedge=5.0, timeout=30.0)[:2] == (2, 3)


def test_a_failure_beside_a_running_one_does_not_end_it() -> None:
    assert ask(0.4, ValueError("gone"), hedge=0.01, timeout=30.0)[:2] == (0, 2)


def test_nothing_is_waited_for_any_longer_than_the_timeout() -> None:
    with pytest.raises(TimeoutError, match=r"no answer within 0\.2 s") as caught:
        ask(60.0, timeout=0.2)
    assert caught.value.__cause__ is None
    with pytest.raises(TimeoutError) as caught:
        ask(ValueError("gone"), timeout=0.2)
    assert isinstance(caught.value.__cause__, ValueError)
