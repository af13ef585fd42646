"""Cancellation in every kind of wait."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import (
    FakeTime,
    endless_waits,
    run_iterations,
    wait_and_log,
)


@pytest.mark.parametrize("wait", list(endless_waits(None)))  # type: ignore[arg-type]
def test_a_cancelled_task_is_removed_from_its_wait_queue(wait: str, pair: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        loop = scratch.current_task().group.loop
        task = scratch.spawn(wait_and_log(log, wait, endless_waits(pair)[wait]()))
        await scratch.checkpoint()
        queue = task.queue
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task
        assert not getattr(queue, "tasks", None)  # timers have no such attribute
        assert not loop.sockets.selector.get_map()
        assert task.wait_data is None

    scratch.run(main)
    assert log == [f"{wait} starts", f"{wait} cancelled", f"{wait} cleans up"]


def test_a_cancelled_sender_takes_its_value_with_it(run: Any) -> None:
    async def main() -> list[int]:
        channel = scratch.Channel[int]()
        tasks = [scratch.spawn(channel.send(i)) for i in range(3)]
        await scratch.checkpoint()
        tasks[1].cancel()
        return [await channel.receive(), await channel.receive()]

    assert run(main()) == [0, 2]


def test_a_cancelled_receiver_gets_no_value(run: Any) -> None:
    async def main() -> list[int]:
        channel = scratch.Channel[int]()
        tasks = [scratch.spawn(channel.receive()) for _ in range(3)]
        await scratch.checkpoint()
        tasks[0].cancel()
        await channel.send(7)
        await channel.send(8)
        return [await tasks[1], await tasks[2]]

    assert run(main()) == [7, 8]


def test_a_value_already_handed_over_is_not_lost_by_a_cancellation(run: Any) -> None:
    log: list[Any] = []

    async def receiver(channel: scratch.Channel[int]) -> None:
        log.append(await channel.receive())
        await wait_and_log(log, "next wait", scratch.sleep(1))

    async def main() -> None:
        channel = scratch.Channel[int]()
        task = scratch.spawn(receiver(channel))
        await scratch.checkpoint()
        await channel.send(7)
        task.cancel()
        await run_iterations()

    run(main())
    assert log == [7, "next wait starts", "next wait cancelled", "next wait cleans up"]


def test_a_task_may_catch_its_cancellation_and_continue(run: Any) -> None:
    async def stubborn() -> str:
        try:
            await scratch.sleep(math.inf)
        except scratch.Cancelled:
            await scratch.sleep(1)
        return "continued"

    async def main() -> str:
        task = scratch.spawn(stubborn())
        await scratch.checkpoint()
        task.cancel()
        return await task

    assert run(main()) == "continued"


def test_a_task_cancelled_before_it_starts_never_runs_its_body(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        task = scratch.spawn(wait_and_log(log, "task", scratch.checkpoint()))
        task.cancel()
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert log == []


def test_cancelling_a_finished_task_does_nothing(run: Any) -> None:
    async def child() -> str:
        return "result"

    async def main() -> str:
        task = scratch.spawn(child())
        await task
        task.cancel()
        return await task

    assert run(main()) == "result"


def test_a_task_that_cancels_itself_is_cancelled_at_its_next_wait(run: Any) -> None:
    log: list[str] = []

    async def child() -> None:
        scratch.current_task().cancel()
        log.append("still running")
        await wait_and_log(log, "wait", scratch.sleep(1))

    async def main() -> None:
        with pytest.raises(scratch.TaskCancelledError):
            await scratch.spawn(child())

    run(main())
    assert log == ["still running", "wait starts", "wait cancelled", "wait cleans up"]


def test_two_cancellations_before_the_task_runs_count_as_one(run: Any, fake: FakeTime) -> None:
    async def child() -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            await scratch.sleep(5)

    async def main() -> None:
        task = scratch.spawn(child())
        await scratch.checkpoint()
        task.cancel()
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert fake.waits == [5.0]


def test_joining_a_cancelled_task_does_not_cancel_the_joiner(run: Any) -> None:
    async def joiner(task: scratch.Task) -> str:
        try:
            await task
        except scratch.TaskCancelledError:
            await scratch.sleep(1)
            return "continues"
        return "no error"

    async def main() -> str:
        task = scratch.spawn(scratch.sleep(math.inf))
        waiting = scratch.spawn(joiner(task))
        await run_iterations()
        task.cancel()
        return await waiting

    assert run(main()) == "continues"
