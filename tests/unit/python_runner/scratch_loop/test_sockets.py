"""The I/O selector."""

from __future__ import annotations

import itertools
import socket
from typing import TYPE_CHECKING, Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import settle, waits

if TYPE_CHECKING:
    pass


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
