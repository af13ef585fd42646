"""Every server that drains, in Python: who is answered after SIGTERM, and who is not."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from threading import Event, Thread, get_ident
from typing import TYPE_CHECKING

import pytest

from tests.support.implementations import python_parameters
from tests.support.planted.bench import patiently
from tests.support.served import GET, serving
from workloads.drain import sigterm

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from runner.implementations import Implementation

IMPLEMENTATIONS = python_parameters("drain")
SHORT_NS = 5_000_000
# How long an answer takes. A signal comes in the first half of that, or all is done again.
LONG_NS, TRIES = 400_000_000, 10

every = pytest.mark.parametrize("one", IMPLEMENTATIONS)
seen = pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="only Linux tells what is read"
)


@pytest.fixture(autouse=True)
def not_for_ever() -> Iterator[None]:
    with patiently():
        yield


@every
def test_connections_without_a_request_are_closed(one: Implementation, mark: str) -> None:
    with (
        serving(one, mark, wait_ns=SHORT_NS) as server,
        server.connect() as used,
        server.connect() as silent,
        server.connect() as half,
    ):
        answer = used.ask()
        assert answer.is_right()
        assert not answer.closes
        assert answer.headers["content-type"] == "text/plain"
        half.send(GET[:10])
        server.terminate()
        assert used.is_closed()
        assert silent.is_closed()
        rest = half.rest()
        assert rest == b"" or b"400" in rest
        server.has_closed_in_order()
        server.has_ended()


@seen
@every
def test_a_request_under_way_is_answered_and_is_the_last(one: Implementation, mark: str) -> None:
    assert any(was_under_way(one, mark) for _ in range(TRIES))


def was_under_way(one: Implementation, mark: str) -> bool:
    """Stop a server that answers; return whether that came long before it could have answered.

    A busy machine may halt us for so long that the answer comes first.
    """
    with (
        serving(one, mark, wait_ns=LONG_NS) as server,
        server.connect() as client,
        server.connect() as idle,
    ):
        sent_ns = time.monotonic_ns()
        client.send()
        client.is_under_way()
        server.terminate()
        is_before = time.monotonic_ns() - sent_ns < LONG_NS // 2
        assert idle.is_closed()
        answer = client.answer()
        assert answer.is_right()
        assert answer.closes or not is_before
        assert client.is_closed()
        server.has_closed_in_order()
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        server.has_ended()
        return is_before


class WatchedSocket:
    """A socket that says when it is read for the first time."""

    def __init__(self, read: socket.socket) -> None:
        self.read, self.is_read = read, Event()

    def recv(self, size: int) -> bytes:
        self.is_read.set()
        return self.read.recv(size)


def test_a_signal_ends_the_wait_also_if_the_system_hands_it_to_another_thread() -> None:
    with sigterm.signal_socket() as signals:
        watched, sent = WatchedSocket(signals), list[int]()

        def send() -> None:
            watched.is_read.wait()
            sent.append(1)
            signal.pthread_kill(get_ident(), signal.SIGTERM)

        other = Thread(target=send, daemon=True)
        other.start()
        sigterm.wait(watched)  # type: ignore[arg-type]
        assert sent  # else it did not wait
        other.join()


@every
def test_a_last_request_and_an_invalid_one_affect_no_other_client(
    one: Implementation, mark: str
) -> None:
    with serving(one, mark, wait_ns=SHORT_NS) as server, server.connect() as other:
        with server.connect() as client:
            answer = client.ask(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert answer.is_right()
            assert client.is_closed()
        with server.connect() as client:
            client.send(b"this is no HTTP\r\n\r\n")
            refusal = client.rest()
            assert refusal == b"" or b"400" in refusal
        with server.connect() as client:
            client.send(GET + GET)
            assert client.answer().is_right()
            assert client.answer().is_right()
        assert other.ask().is_right()
        server.terminate()
        server.has_closed_in_order()
        server.has_ended()


@every
def test_the_process_survives_and_can_be_drained_again(one: Implementation, mark: str) -> None:
    with serving(one, mark, "check", "again", wait_ns=SHORT_NS) as server:
        for case in ("check", "again"):
            with server.connect() as client:
                assert client.ask().is_right()
                server.terminate()
                assert client.is_closed()
            server.has_closed_in_order(case)
            if case == "check":
                server.listens()
        server.has_ended()
