"""The event loop built from nothing. No test asserts a time: the clock is fake, or none counts."""

from __future__ import annotations

import itertools
import math
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from runner import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


ENDS = ("cancelled", "cleans up")


class FakeTime:
    """A clock that stands still but for the loop's own pauses."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest.fixture
def run(fake: FakeTime) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return lambda main: scratch.Loop(clock=fake.clock, pause=fake.pause).run(main)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    one.settimeout(0)
    other.settimeout(0)
    with one, other:
        yield one, other


async def cleanly(log: list[str], name: str, wait: Any) -> None:
    """Wait, and log how that ended."""
    log.append(f"{name} starts")
    try:
        await wait
    except scratch.Cancelled:
        log.append(f"{name} cancelled")
        raise
    finally:
        log.append(f"{name} cleans up")


async def settle(turns: int = 3) -> None:
    for _ in range(turns):
        await scratch.checkpoint()


async def fail(error: BaseException) -> None:
    raise error


# --- run


def test_run_returns_what_main_returns() -> None:
    async def main(a: int, b: int) -> int:
        return a + b

    assert scratch.run(main, 1, 2) == 3
    assert scratch.run(main(3, 4)) == 7


def test_run_raises_what_main_raises() -> None:
    with pytest.raises(LookupError, match="gone"):
        scratch.run(fail(LookupError("gone")))


def test_a_loop_runs_in_each_thread_and_only_one_in_each() -> None:
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


def test_outside_a_loop_the_error_says_how_to_start_one() -> None:
    with pytest.raises(RuntimeError, match=r"scratch\.run"):
        scratch.current_task()


def test_the_selector_is_closed_when_the_loop_ends() -> None:
    loop = scratch.Loop()
    loop.run(settle())
    assert loop.sockets.selector.get_map() is None


def test_tasks_still_running_when_main_ends_are_cancelled_and_clean_up(run: Any) -> None:
    log: list[str] = []

    async def main() -> str:
        scratch.spawn(cleanly(log, "a", scratch.sleep(10)))
        scratch.spawn(cleanly(log, "b", scratch.Channel[int]().receive()))
        await settle()
        return "main"

    assert run(main()) == "main"
    assert log[2:] == ["a cancelled", "a cleans up", "b cancelled", "b cleans up"]


def test_cleaning_up_at_the_end_may_wait_and_is_not_cancelled_twice(
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
        await settle()

    run(main())
    assert log == ["slept"]
    assert fake.pauses == [5.0]


# --- the ready queue


def test_ready_tasks_run_in_the_order_in_which_they_became_ready() -> None:
    log: list[str] = []

    async def worker(name: str) -> None:
        for turn in range(3):
            log.append(f"{name}{turn}")
            await scratch.checkpoint()

    async def main() -> None:
        tasks = [scratch.spawn(worker(name)) for name in "abc"]
        assert log == []  # spawn does not run them
        for task in tasks:
            await task

    scratch.run(main)
    assert log == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_tasks_that_are_always_ready_do_not_keep_timers_from_firing(
    run: Any, fake: FakeTime
) -> None:
    async def busy() -> None:
        while True:
            fake.now += 1
            await scratch.checkpoint()

    async def main() -> None:
        task = scratch.spawn(busy())
        await scratch.sleep(10)
        task.cancel()

    run(main())
    assert fake.pauses == []


def test_tasks_that_are_always_ready_do_not_keep_sockets_from_being_seen(pair: Any) -> None:
    async def busy() -> None:
        while True:
            await scratch.checkpoint()

    async def main() -> bytes:
        one, other = pair
        scratch.spawn(busy())
        other.send(b"x")
        await scratch.readable(one)
        return one.recv(1)

    assert scratch.run(main) == b"x"


def test_the_state_of_a_task_is_the_box_of_the_diagram_that_it_is_in(run: Any) -> None:
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


# --- the timers


def test_timers_fire_in_the_order_of_their_deadlines_and_ties_in_that_of_falling_asleep(
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
    assert fake.pauses == [1.0, 1.0, 1.0]


def test_a_timer_never_fires_early_even_if_the_pause_ends_early(fake: FakeTime) -> None:
    def hasty(seconds: float) -> None:
        fake.pause(seconds if seconds < 0.01 else seconds / 2)

    async def main() -> float:
        await scratch.sleep(1)
        return fake.now

    assert scratch.Loop(clock=fake.clock, pause=hasty).run(main()) >= 1_001.0


def test_an_endless_sleep_is_waited_for_in_pieces_the_system_accepts(
    run: Any, fake: FakeTime
) -> None:
    async def main() -> None:
        sleeper = scratch.spawn(scratch.sleep(math.inf))
        await scratch.sleep(100_000)
        sleeper.cancel()

    run(main())
    assert fake.pauses == [86_400.0, 13_600.0]


@pytest.mark.parametrize("seconds", [-1, math.nan])
def test_sleep_refuses_what_is_no_length_of_time(seconds: float) -> None:
    async def main() -> None:
        await scratch.sleep(seconds)

    with pytest.raises(ValueError, match="0 seconds or more"):
        scratch.run(main)


def test_cancelled_timers_do_not_pile_up_in_the_heap(run: Any) -> None:
    async def main() -> int:
        heap = scratch.current_task().group.loop.timers.heap
        most = 0
        keep = [scratch.spawn(scratch.sleep(5)) for _ in range(10)]
        for _ in range(1_000):
            task = scratch.spawn(scratch.sleep(1_000_000))
            await scratch.checkpoint()
            task.cancel()
            most = max(most, len(heap))
        for task in keep:
            await task
        return most

    assert run(main()) < 200


def test_a_cancelled_timer_is_not_waited_for(run: Any, fake: FakeTime) -> None:
    async def main() -> None:
        long, short = scratch.spawn(scratch.sleep(3)), scratch.spawn(scratch.sleep(1))
        await scratch.checkpoint()
        short.cancel()
        await long

    run(main())
    assert fake.pauses == [3.0]


def test_a_cancelled_timer_that_comes_due_with_others_is_passed_over(fake: FakeTime) -> None:
    log: list[str] = []

    async def main() -> None:
        tasks = [scratch.spawn(cleanly(log, name, scratch.sleep(1))) for name in "abc"]
        await scratch.checkpoint()
        tasks[1].cancel()
        await tasks[2]

    scratch.Loop(clock=fake.clock, pause=lambda _: fake.pause(60)).run(main())
    assert log[3:] == ["b cancelled", "b cleans up", "a cleans up", "c cleans up"]
    assert fake.pauses == [60]


def test_a_hundred_thousand_tasks_sleep_and_all_finish(run: Any, fake: FakeTime) -> None:
    done = 0

    async def sleeper(seconds: int) -> None:
        nonlocal done
        await scratch.sleep(seconds)
        done += 1

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            for i in range(100_000):
                group.spawn(sleeper(1 + i % 7))

    run(main())
    assert done == 100_000
    assert fake.pauses == [1.0] * 7


# --- join


def test_join_returns_the_result_whether_the_task_is_done_or_not(run: Any) -> None:
    async def child() -> str:
        await scratch.sleep(1)
        return "result"

    async def main() -> list[str]:
        task = scratch.spawn(child())
        return [await task, await task, await task.join()]

    assert run(main()) == ["result"] * 3


def test_join_raises_what_the_task_raised_in_every_joiner(run: Any) -> None:
    async def joiner(task: scratch.Task) -> str:
        try:
            await task.join()
        except LookupError as error:
            return str(error)
        return "no error"

    async def main() -> list[str]:
        task = scratch.spawn(fail(LookupError("gone")))
        joiners = [scratch.spawn(joiner(task)) for _ in range(2)]
        return [await one for one in joiners]

    assert run(main()) == ["gone", "gone"]


def test_joiners_wake_in_the_order_in_which_they_came(run: Any) -> None:
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


def test_spawn_refuses_a_function_that_nobody_called(run: Any) -> None:
    async def main() -> None:
        scratch.spawn(main)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="takes a coroutine"):
        run(main())


# --- cancellation


def waits(pair: tuple[socket.socket, socket.socket]) -> dict[str, Callable[[], Any]]:
    """Name each place where a task can wait without end, and how it gets there."""

    async def end_of_group() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(scratch.sleep(math.inf))

    def unwritable() -> Any:
        one, _ = pair
        while True:
            try:
                one.send(b"x" * 65_536)
            except BlockingIOError:
                return scratch.writable(one)

    return {
        "sleep": lambda: scratch.sleep(math.inf),
        "send": lambda: scratch.Channel[int]().send(1),
        "receive": lambda: scratch.Channel[int]().receive(),
        "join": lambda: scratch.spawn(scratch.sleep(math.inf)).join(),
        "end of group": end_of_group,
        "readable": lambda: scratch.readable(pair[0]),
        "writable": unwritable,
        "checkpoint": scratch.checkpoint,
    }


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


# --- task groups


def test_a_group_ends_when_all_its_tasks_have(run: Any, fake: FakeTime) -> None:
    async def main() -> str:
        async with scratch.TaskGroup() as group:
            tasks = [group.spawn(scratch.sleep(seconds)) for seconds in (2, 9, 4)]
        return ",".join(task.state for task in tasks)

    assert run(main()) == "done,done,done"
    assert fake.now == 1_009.0


def test_a_task_may_spawn_into_its_own_group(run: Any) -> None:
    log: list[int] = []

    async def chain(group: scratch.TaskGroup, left: int) -> None:
        await scratch.sleep(1)
        log.append(left)
        if left:
            group.spawn(chain(group, left - 1))

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(chain(group, 3))

    run(main())
    assert log == [3, 2, 1, 0]


def test_a_failure_cancels_the_siblings_and_the_block_and_is_raised(run: Any) -> None:
    log: list[str] = []

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(cleanly(log, "sibling", scratch.sleep(math.inf)))
            group.spawn(fail(LookupError("gone")))
            await cleanly(log, "block", scratch.sleep(math.inf))

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
            group.spawn(cleanly(log, "task", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            raise LookupError

    with pytest.raises(ExceptionGroup) as caught:
        run(main())
    assert caught.group_contains(LookupError)
    assert log == ["task starts", "task cancelled", "task cleans up"]


def test_a_group_raises_all_that_failed_in_order(run: Any) -> None:
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


def test_a_failed_block_that_never_waits_leaves_no_cancellation_behind(run: Any) -> None:
    async def main() -> str:
        try:
            async with scratch.TaskGroup() as group:
                task = group.spawn(fail(LookupError()))
                while task.state != "done":
                    await scratch.checkpoint()
        except* LookupError:
            pass
        await settle()
        return "goes on"

    assert run(main()) == "goes on"


def test_failures_of_nested_groups_are_nested(run: Any) -> None:
    log: list[str] = []

    async def inner() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(fail(LookupError("deep")))
            group.spawn(cleanly(log, "inner", scratch.sleep(math.inf)))

    async def main() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(cleanly(log, "outer", scratch.sleep(math.inf)))
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
            inner.spawn(cleanly(log, "inner", scratch.sleep(math.inf)))
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
        await settle()
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert log == ["task done", "owner done"]


def test_an_owner_cancelled_while_its_group_fails_gets_both_one_after_the_other(run: Any) -> None:
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
        await settle(4)
        task.cancel()
        with pytest.raises(scratch.TaskCancelledError):
            await task

    run(main())
    assert log == ["failure"]


def test_cancelling_one_task_of_a_group_leaves_the_others_alone(run: Any) -> None:
    async def main() -> list[str]:
        async with scratch.TaskGroup() as group:
            one, other = (group.spawn(scratch.sleep(seconds)) for seconds in (1, 2))
            await scratch.checkpoint()
            one.cancel()
        return [type(task.error).__name__ for task in (one, other)]

    assert run(main()) == ["Cancelled", "NoneType"]


def test_a_group_can_be_cancelled_and_cancels_what_is_spawned_later(run: Any) -> None:
    log: list[str] = []

    async def main() -> str:
        async with scratch.TaskGroup() as group:
            group.spawn(cleanly(log, "early", scratch.sleep(math.inf)))
            await scratch.checkpoint()
            group.cancel()
            group.spawn(fail(LookupError()))
        return "ends"

    assert run(main()) == "ends"
    assert log == ["early starts", "early cancelled", "early cleans up"]


def test_a_group_that_has_ended_takes_no_more_tasks(run: Any) -> None:
    async def main() -> None:
        async with scratch.TaskGroup() as group:
            pass
        group.spawn(settle())

    with pytest.raises(RuntimeError, match="inside its `async with` block"):
        run(main())


# --- channels


def test_without_capacity_a_sender_waits_for_its_receiver(run: Any) -> None:
    log: list[str] = []

    async def sender(channel: scratch.Channel[int]) -> None:
        for i in range(2):
            log.append(f"send {i}")
            await channel.send(i)
            log.append(f"sent {i}")

    async def main() -> None:
        channel = scratch.Channel[int]()
        scratch.spawn(sender(channel))
        await settle()
        log.append(f"received {await channel.receive()}")
        await settle()
        log.append(f"received {await channel.receive()}")
        await settle()

    run(main())
    assert log == ["send 0", "received 0", "sent 0", "send 1", "received 1", "sent 1"]


def test_a_buffer_takes_as_many_values_as_it_has_places(run: Any) -> None:
    sent: list[int] = []

    async def sender(channel: scratch.Channel[int]) -> None:
        for i in range(5):
            await channel.send(i)
            sent.append(i)

    async def main() -> list[int]:
        channel = scratch.Channel[int](2)
        task = scratch.spawn(sender(channel))
        await settle()
        assert sent == [0, 1]
        received = [await channel.receive()]
        await settle()
        assert sent == [0, 1, 2]
        received += [await channel.receive() for _ in range(4)]
        await task
        return received

    assert run(main()) == [0, 1, 2, 3, 4]


def test_senders_and_receivers_are_served_first_come_first_served(run: Any) -> None:
    log: list[tuple[int, int]] = []

    async def receiver(channel: scratch.Channel[int], number: int) -> None:
        log.append((number, await channel.receive()))

    async def main() -> list[int]:
        channel = scratch.Channel[int]()
        async with scratch.TaskGroup() as group:
            for number in range(3):
                group.spawn(receiver(channel, number))
            await scratch.checkpoint()
            for value in (7, 8, 9):
                await channel.send(value)
        async with scratch.TaskGroup() as group:
            for value in (4, 5, 6):
                group.spawn(channel.send(value))
            await scratch.checkpoint()
            return [await channel.receive() for _ in range(3)]

    assert run(main()) == [4, 5, 6]
    assert log == [(0, 7), (1, 8), (2, 9)]


def test_none_is_a_value_like_any_other(run: Any) -> None:
    async def main() -> list[None]:
        channel = scratch.Channel[None]()
        waiting = scratch.spawn(channel.receive())
        await scratch.checkpoint()
        await channel.send(None)
        scratch.spawn(channel.send(None))
        await scratch.checkpoint()
        return [await waiting, await channel.receive()]

    assert run(main()) == [None, None]


def test_iteration_ends_when_the_channel_is_closed_and_empty(run: Any) -> None:
    async def sender(channel: scratch.Channel[int]) -> None:
        for i in range(5):
            await channel.send(i)
        channel.close()

    async def main() -> list[list[int]]:
        received = []
        for capacity in (0, 2, 10):
            channel = scratch.Channel[int](capacity)
            scratch.spawn(sender(channel))
            received.append([value async for value in channel])
        return received

    assert run(main()) == [[0, 1, 2, 3, 4]] * 3


def test_a_closed_channel_refuses_values_and_gives_out_the_rest_first(run: Any) -> None:
    async def main() -> int:
        channel = scratch.Channel[int](1)
        await channel.send(7)
        channel.close()
        channel.close()
        with pytest.raises(scratch.ChannelClosedError, match="nothing can be sent"):
            await channel.send(8)
        value = await channel.receive()
        with pytest.raises(scratch.ChannelClosedError, match="nothing is left"):
            await channel.receive()
        return value

    assert run(main()) == 7


def test_closing_wakes_those_who_wait_with_an_error(run: Any) -> None:
    async def main() -> None:
        sending, receiving = scratch.Channel[int](), scratch.Channel[int]()
        tasks = [scratch.spawn(sending.send(1)), scratch.spawn(receiving.receive())]
        await scratch.checkpoint()
        sending.close()
        receiving.close()
        for task in tasks:
            with pytest.raises(scratch.ChannelClosedError):
                await task

    run(main())


# --- sockets


def test_a_task_waits_until_its_socket_is_readable(pair: Any) -> None:
    async def reader(sock: socket.socket) -> bytes:
        await scratch.readable(sock)
        return sock.recv(10)

    async def main() -> bytes:
        one, other = pair
        task = scratch.spawn(reader(one))
        await settle()
        assert task.state == "waiting"
        other.send(b"hello")
        return await task

    assert scratch.run(main) == b"hello"


def test_a_task_waits_until_its_socket_is_writable(pair: Any) -> None:
    async def main() -> str:
        one, other = pair
        sent = 0
        for _ in itertools.count():
            try:
                sent += one.send(b"x" * 65_536)
            except BlockingIOError:
                break
        task = scratch.spawn(scratch.writable(one))
        await settle()
        before = task.state
        while sent:
            sent -= len(other.recv(65_536))
        await task
        return before

    assert scratch.run(main) == "waiting"


def test_one_task_may_read_and_another_write_the_same_socket(pair: Any) -> None:
    log: list[str] = []

    async def wait(name: str, waiting: Any) -> None:
        await waiting
        log.append(name)

    async def main() -> None:
        one, other = pair
        async with scratch.TaskGroup() as group:
            group.spawn(wait("readable", scratch.readable(one)))
            group.spawn(wait("writable", scratch.writable(one)))
            await settle()
            assert log == ["writable"]
            other.send(b"x")
        assert not scratch.current_task().group.loop.sockets.selector.get_map()

    scratch.run(main)
    assert log == ["writable", "readable"]


def test_cancelling_the_reader_leaves_the_writer_of_the_same_socket_waiting(pair: Any) -> None:
    async def main() -> list[str]:
        one, other = pair
        reader = scratch.spawn(scratch.readable(one))
        writer = scratch.spawn(waits(pair)["writable"]())
        await settle()
        reader.cancel()
        await settle()
        states = [reader.state, writer.state]
        while writer.state == "waiting":
            other.recv(65_536)
            await scratch.checkpoint()
        return states

    assert scratch.run(main) == ["done", "waiting"]


def test_two_tasks_cannot_wait_for_the_same_event_of_one_socket(pair: Any) -> None:
    async def main() -> None:
        scratch.spawn(scratch.readable(pair[0]))
        await scratch.checkpoint()
        await scratch.readable(pair[0])

    with pytest.raises(RuntimeError, match="another task already waits"):
        scratch.run(main)


def test_a_timer_fires_while_another_task_waits_for_a_socket(pair: Any) -> None:
    async def main() -> str:
        waiting = scratch.spawn(scratch.readable(pair[0]))
        await scratch.sleep(0.001)
        return waiting.state

    assert scratch.run(main) == "waiting"


# --- deadlocks, interrupts, lost exceptions


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
