"""Running, spawning and joining tasks; the ready queue."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import (
    FakeTime,
    fail,
    run_iterations,
    wait_and_log,
)

# --- run


def test_run_returns_what_main_returns() -> None:
    async def main(a: int, b: int) -> int:
        return a + b

    assert scratch.run(main, 1, 2) == 3
    assert scratch.run(main(3, 4)) == 7


def test_run_raises_what_main_raises() -> None:
    with pytest.raises(LookupError, match="gone"):
        scratch.run(fail(LookupError("gone")))


def test_each_thread_can_run_one_loop() -> None:
    async def inner() -> str:
        return threading.current_thread().name

    async def main() -> str:
        with pytest.raises(RuntimeError, match="already runs"):
            scratch.run(inner)
        names: list[str] = []
        thread = threading.Thread(target=lambda: names.append(scratch.run(inner)), name="other")
        thread.start()
        thread.join()
        return names[0]

    assert scratch.run(main) == "other"


def test_the_error_outside_a_loop_says_how_to_start_one() -> None:
    with pytest.raises(RuntimeError, match=r"scratch\.run"):
        scratch.current_task()


def test_the_selector_is_closed_when_the_loop_ends() -> None:
    loop = scratch.Loop()
    loop.run(run_iterations())
    assert loop.sockets.selector.get_map() is None


def test_tasks_that_outlive_main_are_cancelled_and_clean_up(run: Any) -> None:
    log: list[str] = []

    async def main() -> str:
        scratch.spawn(wait_and_log(log, "a", scratch.sleep(10)))
        scratch.spawn(wait_and_log(log, "b", scratch.Channel[int]().receive()))
        await run_iterations()
        return "main"

    assert run(main()) == "main"
    assert log[2:] == ["a cancelled", "a cleans up", "b cancelled", "b cleans up"]


def test_cleaning_up_at_the_end_may_wait_and_is_not_cancelled_again(
    run: Any, fake: FakeTime
) -> None:
    log: list[str] = []

    async def slow() -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            await scratch.sleep(5)
            log.append("slept")

    async def parent() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(slow())

    async def main() -> None:
        scratch.spawn(parent())
        await run_iterations()

    run(main())
    assert log == ["slept"]
    assert fake.waits == [5.0]


# --- the ready queue


def test_ready_tasks_run_in_the_order_in_which_they_became_ready() -> None:
    log: list[str] = []

    async def worker(name: str) -> None:
        for step in range(3):
            log.append(f"{name}{step}")
            await scratch.checkpoint()

    async def main() -> None:
        tasks = [scratch.spawn(worker(name)) for name in "abc"]
        assert log == []  # spawn does not run a task
        for task in tasks:
            await task

    scratch.run(main)
    assert log == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_tasks_that_are_always_ready_do_not_block_timers(run: Any, fake: FakeTime) -> None:
    async def busy() -> None:
        while True:
            fake.now += 1
            await scratch.checkpoint()

    async def main() -> None:
        task = scratch.spawn(busy())
        await scratch.sleep(10)
        task.cancel()

    run(main())
    assert fake.waits == []


def test_tasks_that_are_always_ready_do_not_block_sockets(pair: Any) -> None:
    async def busy() -> None:
        while True:
            await scratch.checkpoint()

    async def main() -> bytes:
        sock, peer = pair
        scratch.spawn(busy())
        peer.send(b"x")
        await scratch.wait_readable(sock)
        return sock.recv(1)

    assert scratch.run(main) == b"x"


def test_the_state_of_a_task_goes_from_pending_to_done(run: Any) -> None:
    states: list[str] = []

    async def child() -> None:
        states.append(scratch.current_task().state)
        await scratch.sleep(1)

    async def main() -> None:
        task = scratch.spawn(child())
        states.append(task.state)
        await scratch.checkpoint()
        states.append(task.state)
        await task
        states.append(task.state)

    run(main())
    assert states == ["pending", "running", "waiting", "done"]


# --- join


def test_join_returns_the_result_before_and_after_the_task_is_done(run: Any) -> None:
    async def child() -> str:
        await scratch.sleep(1)
        return "result"

    async def main() -> list[str]:
        task = scratch.spawn(child())
        return [await task, await task, await task.join()]

    assert run(main()) == ["result"] * 3


def test_join_raises_the_exception_of_the_task_in_every_joiner(run: Any) -> None:
    async def joiner(task: scratch.Task) -> str:
        try:
            await task.join()
        except LookupError as error:
            return str(error)
        return "no error"

    async def main() -> list[str]:
        task = scratch.spawn(fail(LookupError("gone")))
        joiners = [scratch.spawn(joiner(task)) for _ in range(2)]
        return [await task for task in joiners]

    assert run(main()) == ["gone", "gone"]


def test_joiners_wake_in_the_order_in_which_they_joined(run: Any) -> None:
    log: list[int] = []

    async def joiner(task: scratch.Task, number: int) -> None:
        await task
        log.append(number)

    async def main() -> None:
        task = scratch.spawn(scratch.sleep(1))
        async with scratch.TaskGroup() as group:
            for number in range(3):
                group.spawn(joiner(task, number))

    run(main())
    assert log == [0, 1, 2]


def test_a_task_cannot_join_itself(run: Any) -> None:
    async def main() -> None:
        await scratch.current_task()

    with pytest.raises(RuntimeError, match="its own end"):
        run(main())


def test_spawn_refuses_a_coroutine_function_that_was_not_called(run: Any) -> None:
    async def main() -> None:
        scratch.spawn(main)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="expected a coroutine"):
        run(main())
