"""Deadlocks, interrupts and lost exceptions."""

from __future__ import annotations

import math
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import (
    ENDS,
    FakeTime,
    cleanly,
    fail,
    settle,
    waits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("place", ["send", "receive"])
def test_a_deadlock_is_an_error_that_says_who_waits_for_what(place: str) -> None:
    log: list[str] = []

    async def main() -> None:
        await cleanly(log, "main", waits(None)[place]())  # type: ignore[arg-type]

    with pytest.raises(scratch.DeadlockError, match=rf"1 wait \(.*main to {place}"):
        scratch.run(main)
    assert log == ["main starts", "main cancelled", "main cleans up"]


def test_tasks_that_join_each_other_are_a_deadlock(run: Any) -> None:
    async def join(tasks: list[scratch.Task], which: int) -> None:
        await tasks[which]

    async def main() -> None:
        tasks: list[scratch.Task] = []
        tasks.extend(scratch.spawn(join(tasks, which)) for which in (1, 0))
        await tasks[0]

    with pytest.raises(scratch.DeadlockError, match="3 wait"):
        run(main())


def test_cancelled_timers_do_not_hide_a_deadlock(run: Any, fake: FakeTime) -> None:
    async def main() -> None:
        task = scratch.spawn(scratch.sleep(1_000))
        await scratch.checkpoint()
        task.cancel()
        await scratch.Channel[int]().receive()

    with pytest.raises(scratch.DeadlockError):
        run(main())
    assert fake.pauses == []


def test_awaiting_what_this_loop_does_not_know_ends_as_a_deadlock_that_names_it(run: Any) -> None:
    class Foreign:
        def __await__(self) -> Iterator[str]:
            yield "a future of another loop"

    async def main() -> None:
        await Foreign()

    with pytest.raises(scratch.DeadlockError, match="a future of another loop"):
        run(main())


def test_a_task_that_refuses_to_end_is_reported_and_abandoned(run: Any, capsys: Any) -> None:
    async def stubborn() -> None:
        async with scratch.TaskGroup():
            try:
                await scratch.sleep(math.inf)
            except scratch.Cancelled:
                await scratch.Channel[int]().receive()

    async def main() -> str:
        scratch.spawn(stubborn())
        await settle()
        return "result"

    assert run(main()) == "result"
    assert "stubborn to receive from a channel" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_task_ends_the_loop_after_everything_has_cleaned_up(
    run: Any, error: type[BaseException]
) -> None:
    log: list[str] = []

    async def main() -> None:
        scratch.spawn(cleanly(log, "spawned", scratch.sleep(math.inf)))
        async with scratch.TaskGroup() as group:
            group.spawn(cleanly(log, "child", scratch.Channel[int]().receive()))
            group.spawn(fail(error()))
            await cleanly(log, "main", scratch.sleep(math.inf))

    with pytest.raises(error):
        run(main())
    names = ("main", "spawned", "child")
    assert sorted(log[3:]) == sorted(f"{n} {what}" for n in names for what in ENDS)


def test_an_interrupt_in_main_reaches_the_tasks_of_its_group_too(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(cleanly(log, "child", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(main())
    assert log == ["child starts", "child cancelled", "child cleans up"]


def test_ctrl_c_waits_for_the_end_of_the_turn_and_the_second_does_not(run: Any) -> None:
    log: list[str] = []

    async def stuck() -> None:
        signal.raise_signal(signal.SIGINT)
        log.append("the turn goes on")
        signal.raise_signal(signal.SIGINT)
        log.append("not reached")

    with pytest.raises(KeyboardInterrupt):
        run(stuck())
    assert log == ["the turn goes on"]


def test_ctrl_c_in_the_last_turn_is_not_lost(run: Any) -> None:
    async def main() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(main())


def test_ctrl_c_while_tasks_clean_up_lets_them_and_the_second_does_not(run: Any) -> None:
    log: list[str] = []

    async def cleaning(signals: int) -> None:
        try:
            await scratch.sleep(math.inf)
        finally:
            for _ in range(signals):
                signal.raise_signal(signal.SIGINT)
                await scratch.sleep(1)
            log.append(f"{signals}")

    async def main(signals: int) -> None:
        scratch.spawn(cleaning(signals))
        await settle()

    for signals in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            run(main(signals))
    assert log == ["1"]


def test_ctrl_c_while_the_loop_waits_for_a_socket_ends_the_wait(pair: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        loop = scratch.current_task().group.loop
        select = loop.sockets.selector.select

        def interrupted(timeout: float | None = None) -> Any:
            loop.sockets.selector.select = select
            signal.raise_signal(signal.SIGINT)
            return select(timeout)

        loop.sockets.selector.select = interrupted
        await cleanly(log, "main", scratch.readable(pair[0]))

    with pytest.raises(KeyboardInterrupt):
        scratch.run(main)
    assert log == ["main starts", "main cancelled", "main cleans up"]


def test_the_handler_of_ctrl_c_is_put_back_and_another_one_is_left_alone(run: Any) -> None:
    def mine(*_: object) -> None:
        pass

    async def main() -> Any:
        return signal.getsignal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert run(main()) is not signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, mine)
        assert scratch.run(main) is mine
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_while_the_loop_waits_lets_everything_clean_up(fake: FakeTime) -> None:
    log: list[str] = []
    struck = False

    def pause(seconds: float) -> None:
        nonlocal struck
        if not struck:
            struck = True
            raise KeyboardInterrupt
        fake.pause(seconds)

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
        scratch.Loop(clock=fake.clock, pause=pause).run(main())
    assert log == ["slept while cleaning up"]
    assert fake.pauses == [5.0]


def test_an_exception_that_nobody_joins_is_printed_when_the_loop_ends(
    run: Any, capsys: Any
) -> None:
    async def lost() -> None:
        raise LookupError("nobody looks")

    async def main() -> None:
        scratch.spawn(lost())
        await settle()

    run(main())
    err = capsys.readouterr().err
    assert "lost failed, and nobody joined it" in err
    assert "LookupError: nobody looks" in err
    assert "in lost" in err  # the traceback


def test_an_exception_that_was_raised_somewhere_is_not_printed(run: Any, capsys: Any) -> None:
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
