"""The I/O selector."""

from __future__ import annotations

import itertools
import socket
from typing import Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import (
    FakeTime,
    endless_waits,
    run_iterations,
)


def test_a_task_waits_until_its_socket_is_readable(pair: Any) -> None:
    async def reader(sock: socket.socket) -> bytes:
        await scratch.wait_readable(sock)
        return sock.recv(10)

    async def main() -> bytes:
        sock, peer = pair
        task = scratch.spawn(reader(sock))
        await run_iterations()
        assert task.state == "waiting"
        peer.send(b"hello")
        return await task

    assert scratch.run(main) == b"hello"


def test_a_task_waits_until_its_socket_is_writable(pair: Any) -> None:
    async def main() -> str:
        sock, peer = pair
        sent = 0
        for _ in itertools.count():
            try:
                sent += sock.send(b"x" * 65_536)
            except BlockingIOError:
                break
        task = scratch.spawn(scratch.wait_writable(sock))
        await run_iterations()
        before = task.state
        while sent:
            sent -= len(peer.recv(65_536))
        await task
        return before

    assert scratch.run(main) == "waiting"


def test_one_task_may_read_from_a_socket_while_another_writes_to_it(pair: Any) -> None:
    log: list[str] = []

    async def wait(name: str, waiting: Any) -> None:
        await waiting
        log.append(name)

    async def main() -> None:
        sock, peer = pair
        async with scratch.TaskGroup() as group:
            group.spawn(wait("readable", scratch.wait_readable(sock)))
            group.spawn(wait("writable", scratch.wait_writable(sock)))
            await run_iterations()
            assert log == ["writable"]
            peer.send(b"x")
        assert not scratch.current_task().group.loop.sockets.selector.get_map()

    scratch.run(main)
    assert log == ["writable", "readable"]


def test_cancelling_a_reader_does_not_affect_a_writer_of_the_same_socket(pair: Any) -> None:
    async def main() -> list[str]:
        sock, peer = pair
        reader = scratch.spawn(scratch.wait_readable(sock))
        writer = scratch.spawn(endless_waits(pair)["writable"]())
        await run_iterations()
        reader.cancel()
        await run_iterations()
        states = [reader.state, writer.state]
        while writer.state == "waiting":
            peer.recv(65_536)
            await scratch.checkpoint()
        return states

    assert scratch.run(main) == ["done", "waiting"]


def test_two_tasks_cannot_wait_for_the_same_event_of_a_socket(pair: Any) -> None:
    async def main() -> None:
        scratch.spawn(scratch.wait_readable(pair[0]))
        await scratch.checkpoint()
        await scratch.wait_readable(pair[0])

    with pytest.raises(RuntimeError, match="another task already waits"):
        scratch.run(main)


def test_a_timer_fires_while_another_task_waits_for_a_socket(fake: FakeTime, pair: Any) -> None:
    async def main() -> tuple[str, float]:
        waiting = scratch.spawn(scratch.wait_readable(pair[0]))
        await scratch.sleep(3)
        return waiting.state, fake.now

    loop = scratch.Loop(clock=fake.clock)
    look = loop.select
    loop.select = lambda timeout: fake.select(timeout) or look(0)
    assert loop.run(main()) == ("waiting", 1_003.0)
