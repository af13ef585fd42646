"""Task groups."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import (
    FakeTime,
    fail,
    run_iterations,
    wait_and_log,
)


def test_a_group_ends_when_all_its_tasks_have_ended(run: Any, fake: FakeTime) -> None:
    async def main() -> str:
        async with scratch.TaskGroup() as group:
            tasks = [group.spawn(scratch.sleep(seconds)) for seconds in (2, 9, 4)]
        return ",".join(task.state for task in tasks)

    assert run(main()) == "done,done,done"
    assert fake.now == 1_009.0


def test_a_task_may_spawn_into_its_own_group(run: Any) -> None:
    log: list[int] = []

    async def chain(group: scratch.TaskGroup, remaining: int) -> None:
        await scratch.sleep(1)
        log.append(remaining)
        if remaining:
            group.spawn(chain(group, remaining - 1))

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(chain(group, 3))

    run(main())
    assert log == [3, 2, 1, 0]


def test_a_failure_cancels_the_other_tasks_and_the_block_and_is_raised(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(wait_and_log(log, "sibling", scratch.sleep(math.inf)))
            group.spawn(fail(LookupError("gone")))
            await wait_and_log(log, "block", scratch.sleep(math.inf))

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    assert [repr(error) for error in caught.value.exceptions] == ["LookupError('gone')"]
    assert log[:2] == ["block starts", "sibling starts"]
    assert log[2:] == [
        "sibling cancelled",
        "sibling cleans up",
        "block cancelled",
        "block cleans up",
    ]


def test_a_failure_in_the_block_cancels_the_tasks_and_is_raised(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(wait_and_log(log, "task", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            raise LookupError

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    assert caught.group_contains(LookupError)
    assert log == ["task starts", "task cancelled", "task cleans up"]


def test_a_group_raises_all_failures_in_order(run: Any) -> None:
    async def fail_again() -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            raise ValueError("cleaning up")

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(fail_again())
            group.spawn(fail(LookupError("first")))

    with pytest.raises(ExceptionGroup, match="2 failed") as caught:
        run(main())
    assert [str(error) for error in caught.value.exceptions] == ["first", "cleaning up"]


def test_a_failed_block_that_never_waits_leaves_no_pending_cancellation(run: Any) -> None:
    async def main() -> str:
        try:
            async with scratch.TaskGroup() as group:
                task = group.spawn(fail(LookupError()))
                while task.state != "done":
                    await scratch.checkpoint()
        except* LookupError:
            pass
        await run_iterations()
        return "continues"

    assert run(main()) == "continues"


def test_failures_of_nested_groups_are_nested(run: Any) -> None:
    log: list[str] = []

    async def inner() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(fail(LookupError("deep")))
            group.spawn(wait_and_log(log, "inner", scratch.sleep(math.inf)))

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(wait_and_log(log, "outer", scratch.sleep(math.inf)))
            group.spawn(inner())

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    (nested,) = caught.value.exceptions
    assert isinstance(nested, ExceptionGroup)
    assert [str(error) for error in nested.exceptions] == ["deep"]
    assert "inner cancelled" not in log  # the failure came before it started
    assert "outer cancelled" in log


def test_an_outer_failure_unwinds_the_inner_groups_of_its_block(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        async with scratch.TaskGroup() as outer, scratch.TaskGroup() as inner:
            inner.spawn(wait_and_log(log, "inner", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            outer.spawn(fail(LookupError("outer")))
            await scratch.sleep(math.inf)

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    assert [str(error) for error in caught.value.exceptions] == ["outer"]
    assert log == ["inner starts", "inner cancelled", "inner cleans up"]


def test_cancelling_the_owner_cancels_the_tasks_and_waits_for_them(run: Any) -> None:
    log: list[str] = []

    async def slow() -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            await scratch.sleep(5)
            log.append("task done")

    async def owner() -> None:
        try:
            async with scratch.TaskGroup() as group:
                group.spawn(slow())
        finally:
            log.append("owner done")

    async def main() -> None:
        task = scratch.spawn(owner())
        await run_iterations()
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert log == ["task done", "owner done"]


def test_an_owner_that_is_cancelled_while_its_group_fails_gets_first_the_failure(run: Any) -> None:
    log: list[str] = []

    async def slow() -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            await scratch.sleep(5)

    async def owner() -> None:
        try:
            async with scratch.TaskGroup() as group:
                group.spawn(slow())
                await scratch.checkpoint()
                group.spawn(fail(LookupError()))
        except* LookupError:
            log.append("failure")
        await scratch.checkpoint()
        log.append("not reached")

    async def main() -> None:
        task = scratch.spawn(owner())
        await run_iterations(4)
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert log == ["failure"]


def test_cancelling_one_task_of_a_group_does_not_affect_the_others(run: Any) -> None:
    async def main() -> list[str]:
        async with scratch.TaskGroup() as group:
            first, second = (group.spawn(scratch.sleep(seconds)) for seconds in (1, 2))
            await scratch.checkpoint()
            first.cancel()
        return [type(task.error).__name__ for task in (first, second)]

    assert run(main()) == ["Cancelled", "NoneType"]


def test_a_cancelled_group_also_cancels_tasks_that_are_spawned_later(run: Any) -> None:
    log: list[str] = []

    async def main() -> str:
        async with scratch.TaskGroup() as group:
            group.spawn(wait_and_log(log, "early", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            group.cancel()
            group.spawn(fail(LookupError()))
        return "ends"

    assert run(main()) == "ends"
    assert log == ["early starts", "early cancelled", "early cleans up"]


def test_a_group_that_has_ended_refuses_more_tasks(run: Any) -> None:
    async def main() -> None:
        async with scratch.TaskGroup() as group:
            pass
        group.spawn(run_iterations())

    with pytest.raises(RuntimeError, match="inside its `async with` block"):
        run(main())
