"""runner.loops: event loops that run in threads of their own, and end."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from runner.loops import run_on_each, running


async def place(number: int) -> tuple[int, int, asyncio.AbstractEventLoop]:
    return number, threading.get_ident(), asyncio.get_running_loop()


def test_there_is_one_loop_per_core_and_each_has_a_thread_of_its_own() -> None:
    with running() as loops:
        places = run_on_each(loops, place)
    assert [number for number, _, _ in places] == list(range(os.cpu_count() or 1))
    assert [loop for _, _, loop in places] == loops
    threads = {thread for _, thread, _ in places}
    assert len(threads) == len(loops)
    assert threading.get_ident() not in threads


def test_all_loops_work_at_once() -> None:
    all_there = threading.Barrier(3)

    async def wait_for_others(_number: int) -> int:
        return all_there.wait(timeout=300)

    with running(3) as loops:
        assert sorted(run_on_each(loops, wait_for_others)) == [0, 1, 2]


def test_the_loops_and_their_threads_end_even_if_the_work_fails() -> None:
    before = threading.active_count()

    async def fail(number: int) -> None:
        raise LookupError(f"a bug in share {number}")

    with pytest.raises(LookupError, match="a bug in share 0"), running(2) as loops:
        run_on_each(loops, fail)
    assert all(loop.is_closed() for loop in loops)
    assert threading.active_count() == before


def test_a_task_that_still_runs_is_cancelled_at_the_end() -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def start(_number: int) -> asyncio.Task[None]:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        return task

    with running(1) as loops:
        (task,) = run_on_each(loops, start)
    assert task.cancelled()
    assert cancelled.is_set()
