"""Deadlocks, interrupts, and exceptions that are never retrieved."""

from __future__ import annotations

import math
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import (
    CANCELLATION_LOG,
    FakeTime,
    endless_waits,
    fail,
    run_iterations,
    wait_and_log,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("wait", ["send", "receive"])
def test_the_error_for_a_deadlock_says_what_each_task_waits_for(wait: str) -> None:
    log: list[str] = []

    async def main() -> None:
        await wait_and_log(log, "main", endless_waits(None)[wait]())  # type: ignore[arg-type]

    with pytest.raises(scratch.DeadlockError, match=rf"tasks waiting: 1 \(.*main waits to {wait}"):
        scratch.run(main)
    assert log == ["main starts", "main cancelled", "main cleans up"]


def test_tasks_that_join_each_other_are_a_deadlock(run: Any) -> None:
    async def join(tasks: list[scratch.Task], index: int) -> None:
        await tasks[index]

    async def main() -> None:
        tasks: list[scratch.Task] = []
        tasks.extend(scratch.spawn(join(tasks, index)) for index in (1, 0))
        await tasks[0]

    with pytest.raises(scratch.DeadlockError, match="tasks waiting: 3"):
        run(main())


def test_cancelled_timers_do_not_hide_a_deadlock(run: Any, fake: FakeTime) -> None:
    async def main() -> None:
        task = scratch.spawn(scratch.sleep(1_000))
        await scratch.checkpoint()
        task.cancel()
        await scratch.Channel[int]().receive()

    with pytest.raises(scratch.DeadlockError):
        run(main())
    assert fake.waits == []


def test_awaiting_a_future_of_another_loop_is_a_deadlock_that_names_it(run: Any) -> None:
    class Foreign:
        def __await__(self) -> Iterator[str]:
            yield "a future of another loop"

    async def main() -> None:
        await Foreign()

    with pytest.raises(scratch.DeadlockError, match="a future of another loop"):
        run(main())


def test_a_task_that_does_not_end_when_cancelled_is_reported_and_abandoned(
    run: Any, capsys: Any
) -> None:
    async def stubborn() -> None:
        async with scratch.TaskGroup():
            try:
                await scratch.sleep(math.inf)
            except scratch.Cancelled:
                await scratch.Channel[int]().receive()

    async def main() -> str:
        scratch.spawn(stubborn())
        await run_iterations()
        return "result"

    assert run(main()) == "result"
    assert "stubborn waits to receive from a channel" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_task_ends_the_loop_after_all_tasks_have_cleaned_up(
    run: Any, error: type[BaseException]
) -> None:
    log: list[str] = []

    async def main() -> None:
        scratch.spawn(wait_and_log(log, "spawned", scratch.sleep(math.inf)))
        async with scratch.TaskGroup() as group:
            group.spawn(wait_and_log(log, "child", scratch.Channel[int]().receive()))
            group.spawn(fail(error()))
            await wait_and_log(log, "main", scratch.sleep(math.inf))

    with pytest.raises(error):
        run(main())
    names = ("main", "spawned", "child")
    assert sorted(log[3:]) == sorted(
        f"{name} {event}" for name in names for event in CANCELLATION_LOG
    )


def test_an_interrupt_in_main_also_cancels_the_tasks_of_its_group(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(wait_and_log(log, "child", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(main())
    assert log == ["child starts", "child cancelled", "child cleans up"]


def test_ctrl_c_waits_for_the_end_of_the_iteration_but_a_second_one_does_not(run: Any) -> None:
    log: list[str] = []

    async def stuck() -> None:
        signal.raise_signal(signal.SIGINT)
        log.append("the iteration continues")
        signal.raise_signal(signal.SIGINT)
        log.append("not reached")

    with pytest.raises(KeyboardInterrupt):
        run(stuck())
    assert log == ["the iteration continues"]


def test_ctrl_c_in_the_last_iteration_is_not_lost(run: Any) -> None:
    async def main() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(main())


def test_ctrl_c_does_not_interrupt_cleaning_up_but_a_second_one_does(run: Any) -> None:
    log: list[str] = []

    async def slow_to_clean_up(signals: int) -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            for _ in range(signals):
                signal.raise_signal(signal.SIGINT)
                await scratch.sleep(1)
            log.append(f"{signals}")

    async def main(signals: int) -> None:
        scratch.spawn(slow_to_clean_up(signals))
        await run_iterations()

    for signals in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            run(main(signals))
    assert log == ["1"]


def test_ctrl_c_ends_a_wait_for_a_socket(pair: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        loop = scratch.current_task().group.loop
        select = loop.select

        def interrupt_and_select(timeout: float | None = None) -> Any:
            loop.select = select
            signal.raise_signal(signal.SIGINT)
            return select(timeout)

        loop.select = interrupt_and_select
        await wait_and_log(log, "main", scratch.wait_readable(pair[0]))

    with pytest.raises(KeyboardInterrupt):
        scratch.run(main)
    assert log == ["main starts", "main cancelled", "main cleans up"]


def test_the_handler_of_ctrl_c_is_restored_and_a_custom_one_is_not_replaced(run: Any) -> None:
    def custom_handler(*_: object) -> None:
        pass

    async def main() -> Any:
        return signal.getsignal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert run(main()) is not signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, custom_handler)
        assert scratch.run(main) is custom_handler
        assert signal.getsignal(signal.SIGINT) is custom_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_tasks_clean_up_after_an_interrupt_while_the_loop_waits(fake: FakeTime) -> None:
    log: list[str] = []
    interrupted = False

    def select(timeout: float | None) -> list[Any]:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt
        return fake.select(timeout)

    async def slow() -> None:
        try:
            await scratch.sleep(60)
        finally:
            await scratch.sleep(5)
            log.append("slept while cleaning up")

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(slow())

    with pytest.raises(KeyboardInterrupt):
        scratch.Loop(clock=fake.clock, select=select).run(main())
    assert log == ["slept while cleaning up"]
    assert fake.waits == [5.0]


def test_an_exception_that_is_never_retrieved_is_printed_when_the_loop_ends(
    run: Any, capsys: Any
) -> None:
    async def lost() -> None:
        raise LookupError("never retrieved")

    async def main() -> None:
        scratch.spawn(lost())
        await run_iterations()

    run(main())
    err = capsys.readouterr().err
    assert "lost failed and was never joined" in err
    assert "LookupError: never retrieved" in err
    assert "in lost" in err  # the traceback


def test_an_exception_that_was_raised_in_a_joiner_is_not_printed(run: Any, capsys: Any) -> None:
    async def main() -> None:
        with pytest.raises(LookupError):
            await scratch.spawn(fail(LookupError()))
        with pytest.raises(ExceptionGroup):
            async with scratch.TaskGroup() as group:
                group.spawn(fail(LookupError()))
        scratch.spawn(scratch.sleep(math.inf))
        raise ValueError

    with pytest.raises(ValueError):
        run(main())
    assert capsys.readouterr().err == ""


def test_the_default_clock_is_monotonic() -> None:
    assert scratch.Loop().clock is time.monotonic
