"""Fixtures: a fake clock, a loop that uses it, and a pair of sockets."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from runner import scratch
from tests.unit.python_runner.scratch_loop.helpers import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest.fixture
def run(fake: FakeTime) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return lambda main: scratch.Loop(clock=fake.clock, select=fake.select).run(main)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    sock, peer = socket.socketpair()
    sock.settimeout(0)
    peer.settimeout(0)
    with sock, peer:
        yield sock, peer
