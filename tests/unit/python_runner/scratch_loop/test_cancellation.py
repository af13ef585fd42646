"""Cancellation, wherever a task may wait."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import FakeTime, cleanly, settle, waits

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("place", list(waits(None)))  # type: ignore[arg-type]
def test_a_task_is_cancelled_where_it_waits_and_is_gone_from_there(place: str, pair: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        loop = scratch.current_task().group.loop
        task = scratch.spawn(cleanly(log, place, waits(pair)[place]()))
        await scratch.checkpoint()
        where = task.place
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task
        assert not getattr(where, "tasks", None)  # lines, groups, sockets
        assert not loop.sockets.selector.get_map()
        assert task.note is None

    scratch.run(main)
    assert log == [f"{place} starts", f"{place} cancelled", f"{place} cleans up"]


def test_a_cancelled_sender_takes_its_value_with_it(run: Any) -> None:
    async def main() -> list[int]:
        channel = scratch.Channel[int]()
        tasks = [scratch.spawn(channel.send(i)) for i in range(3)]
        await scratch.checkpoint()
        tasks[1].cancel()
        return [await channel.receive(), await channel.receive()]

    assert run(main()) == [0, 2]


def test_a_cancelled_receiver_is_passed_over(run: Any) -> None:
    async def main() -> list[int]:
        channel = scratch.Channel[int]()
        tasks = [scratch.spawn(channel.receive()) for _ in range(3)]
        await scratch.checkpoint()
        tasks[0].cancel()
        await channel.send(7)
        await channel.send(8)
        return [await tasks[1], await tasks[2]]

    assert run(main()) == [7, 8]


def test_a_value_already_handed_over_is_not_lost_to_a_cancellation(run: Any) -> None:
    log: list[Any] = []

    async def receiver(channel: scratch.Channel[int]) -> None:
        log.append(await channel.receive())
        await cleanly(log, "next wait", scratch.sleep(1))

    async def main() -> None:
        channel = scratch.Channel[int]()
        task = scratch.spawn(receiver(channel))
        await scratch.checkpoint()
        await channel.send(7)
        task.cancel()
        await settle()

    run(main())
    assert log == [7, "next wait starts", "next wait cancelled", "next wait cleans up"]


def test_a_task_may_swallow_its_cancellation_and_go_on(run: Any) -> None:
    async def stubborn() -> str:
        try:
            await scratch.sleep(math.inf)
        except scratch.Cancelled:
            await scratch.sleep(1)
        return "went on"

    async def main() -> str:
        task = scratch.spawn(stubborn())
        await scratch.checkpoint()
        task.cancel()
        return await task

    assert run(main()) == "went on"


def test_a_task_cancelled_before_it_starts_never_runs_its_body(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        task = scratch.spawn(cleanly(log, "task", scratch.checkpoint()))
        task.cancel()
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert log == []


def test_cancelling_a_task_that_is_done_does_nothing(run: Any) -> None:
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
        log.append("still runs")
        await cleanly(log, "wait", scratch.sleep(1))

    async def main() -> None:
        with pytest.raises(scratch.TaskCancelledError):
            await scratch.spawn(child())

    run(main())
    assert log == ["still runs", "wait starts", "wait cancelled", "wait cleans up"]


def test_two_cancellations_before_the_task_runs_are_one(run: Any, fake: FakeTime) -> None:
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
    assert fake.pauses == [5.0]


def test_joining_a_cancelled_task_does_not_cancel_the_joiner(run: Any) -> None:
    async def joiner(task: scratch.Task) -> str:
        try:
            await task
        except scratch.TaskCancelledError:
            await scratch.sleep(1)
            return "goes on"
        return "no error"

    async def main() -> str:
        task = scratch.spawn(scratch.sleep(math.inf))
        waiting = scratch.spawn(joiner(task))
        await settle()
        task.cancel()
        return await waiting

    assert run(main()) == "goes on"
