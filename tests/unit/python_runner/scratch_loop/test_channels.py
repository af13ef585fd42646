"""Channels."""

from __future__ import annotations

from typing import Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import run_iterations


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
        await run_iterations()
        log.append(f"received {await channel.receive()}")
        await run_iterations()
        log.append(f"received {await channel.receive()}")
        await run_iterations()

    run(main())
    assert log == ["send 0", "received 0", "sent 0", "send 1", "received 1", "sent 1"]


def test_a_buffer_takes_as_many_values_as_its_capacity(run: Any) -> None:
    sent: list[int] = []

    async def sender(channel: scratch.Channel[int]) -> None:
        for i in range(5):
            await channel.send(i)
            sent.append(i)

    async def main() -> list[int]:
        channel = scratch.Channel[int](2)
        task = scratch.spawn(sender(channel))
        await run_iterations()
        assert sent == [0, 1]
        received = [await channel.receive()]
        await run_iterations()
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


def test_a_closed_channel_refuses_values_and_still_delivers_buffered_ones(run: Any) -> None:
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


def test_closing_wakes_waiting_tasks_with_an_error(run: Any) -> None:
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
