"""Timers. No test asserts a real time: the clock is fake, or time does not matter."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import FakeTime, run_iterations, wait_and_log


def test_timers_fire_in_order_of_deadline_and_ties_in_order_of_falling_asleep(
    run: Any, fake: FakeTime
) -> None:
    log: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await scratch.sleep(seconds)
        log.append((name, fake.now - 1_000))

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            for name, seconds in (("a", 3), ("b", 1), ("c", 3), ("d", 2), ("e", 1), ("f", 0)):
                group.spawn(sleeper(name, seconds))

    run(main())
    assert log == [("f", 0), ("b", 1), ("e", 1), ("d", 2), ("a", 3), ("c", 3)]
    assert fake.waits == [1.0, 1.0, 1.0]


def test_a_timer_does_not_fire_early_if_the_wait_ends_early(fake: FakeTime) -> None:
    def short_select(timeout: float | None) -> list[Any]:
        assert timeout is not None
        return fake.select(timeout if timeout < 0.01 else timeout / 2)

    async def main() -> float:
        await scratch.sleep(1)
        return fake.now

    assert scratch.Loop(clock=fake.clock, select=short_select).run(main()) >= 1_001.0


@pytest.mark.parametrize("beside_a_reader", [False, True])
def test_a_sleep_waits_in_the_selector_whether_or_not_a_task_reads(
    *, beside_a_reader: bool, fake: FakeTime, pair: Any
) -> None:
    """W11: it slept by time.sleep if no socket was registered, more exactly than other loops."""

    async def main() -> None:
        if beside_a_reader:
            scratch.spawn(scratch.wait_readable(pair[0]))
            await run_iterations()
        await scratch.sleep(3)

    scratch.Loop(clock=fake.clock, select=fake.select).run(main())
    assert [wait for wait in fake.waits if wait] == [3.0]


def test_an_infinite_sleep_uses_timeouts_that_the_system_accepts(run: Any, fake: FakeTime) -> None:
    async def main() -> None:
        sleeper = scratch.spawn(scratch.sleep(math.inf))
        await scratch.sleep(100_000)
        sleeper.cancel()

    run(main())
    assert fake.waits == [86_400.0, 13_600.0]


@pytest.mark.parametrize("seconds", [-1, math.nan])
def test_sleep_refuses_negative_numbers_and_nan(seconds: float) -> None:
    async def main() -> None:
        await scratch.sleep(seconds)

    with pytest.raises(ValueError, match="0 seconds or more"):
        scratch.run(main)


def test_cancelled_timers_do_not_accumulate_in_the_heap(run: Any) -> None:
    async def main() -> int:
        heap = scratch.current_task().group.loop.timers.heap
        most = 0
        sleepers = [scratch.spawn(scratch.sleep(5)) for _ in range(10)]
        for _ in range(1_000):
            task = scratch.spawn(scratch.sleep(1_000_000))
            await scratch.checkpoint()
            task.cancel()
            most = max(most, len(heap))
        for task in sleepers:
            await task
        return most

    assert run(main()) < 200


def test_the_loop_does_not_wait_for_a_cancelled_timer(run: Any, fake: FakeTime) -> None:
    async def main() -> None:
        long, short = scratch.spawn(scratch.sleep(3)), scratch.spawn(scratch.sleep(1))
        await scratch.checkpoint()
        short.cancel()
        await long

    run(main())
    assert fake.waits == [3.0]


def test_a_cancelled_timer_does_not_fire_with_others_that_are_due(fake: FakeTime) -> None:
    log: list[str] = []

    async def main() -> None:
        tasks = [scratch.spawn(wait_and_log(log, name, scratch.sleep(1))) for name in "abc"]
        await scratch.checkpoint()
        tasks[1].cancel()
        await tasks[2]

    scratch.Loop(clock=fake.clock, select=lambda _: fake.select(60)).run(main())
    assert log[3:] == ["b cancelled", "b cleans up", "a cleans up", "c cleans up"]
    assert fake.waits == [60]


def test_twenty_thousand_tasks_sleep_and_all_finish(run: Any, fake: FakeTime) -> None:
    done = 0

    async def sleeper(seconds: int) -> None:
        nonlocal done
        await scratch.sleep(seconds)
        done += 1

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            for i in range(20_000):
                group.spawn(sleeper(1 + i % 7))

    run(main())
    assert done == 20_000
    assert fake.waits == [1.0] * 7
