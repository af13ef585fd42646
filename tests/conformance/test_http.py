"""Every HTTP server in Python, beyond what the load generator sees of it. Nothing waits a time."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.implementations import python_parameters
from tests.support.planted.bench import left_of, new_mark, patiently
from tests.support.served import GET, Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.implementations import Implementation

IMPLEMENTATIONS = python_parameters("http")
OTHER = GET.replace(b" / ", b" /other ")
MANY = 2_000  # more than fits into the buffers of a read
PIDFD_GETFD = 438  # the system call, on every architecture
LISTEN = "LISTEN"
BACKLOG_AT = 28  # in struct tcp_info: tcpi_sacked, which of a listening socket is its backlog


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that all tests of an implementation share: none of them may harm it."""
    with serving(request.param, new_mark()) as server:
        yield server


@pytest.fixture(autouse=True)
def not_for_ever() -> Iterator[None]:
    with patiently():
        yield


def test_an_answer_has_what_a_client_needs(server: Server) -> None:
    with server.connect() as client:
        answer = client.ask()
    assert answer.is_right()
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-length"] == "14"
    assert not answer.closes


def test_a_connection_is_kept_alive(server: Server) -> None:
    with server.connect() as client:
        assert all(client.ask().is_right() for _ in range(5))


def test_an_answer_is_made_for_the_request(server: Server) -> None:
    with server.connect() as client:
        assert client.ask(OTHER).status == 404
        assert client.ask().is_right()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ],
    ids=["close", "1.0"],
)
def test_a_request_that_is_to_be_the_last_closes_the_connection(
    server: Server, request_: bytes
) -> None:
    with server.connect() as client:
        answer = client.ask(request_)
        assert answer.is_right()
        assert client.is_closed()


def test_requests_that_come_together_are_answered_in_order(server: Server) -> None:
    with server.connect() as client:
        client.send(GET + OTHER + GET)
        assert [client.answer().status for _ in range(3)] == [200, 404, 200]


def test_many_requests_at_once_are_all_answered(server: Server) -> None:
    with server.connect() as client:
        client.send(GET * MANY)
        assert all(client.answer().is_right() for _ in range(MANY))


def test_a_request_may_come_in_pieces(server: Server) -> None:
    with server.connect() as client:
        for index in range(len(GET)):
            client.send(GET[index : index + 1])
        assert client.answer().is_right()
        client.send(GET[:10])
        client.send(GET[10:])
        assert client.answer().is_right()


@pytest.mark.parametrize(
    "request_",
    [b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n", b"GET / HTTP/one.one\r\n\r\n"],
    ids=["line", "version"],
)
def test_an_invalid_request_is_refused_and_affects_no_other_client(
    server: Server, request_: bytes
) -> None:
    with server.connect() as other, server.connect() as client:
        assert other.ask().is_right()
        client.send(request_)
        refusal = client.rest()
        assert refusal == b"" or b"400" in refusal
        assert other.ask().is_right()


def test_a_client_that_disconnects_affects_no_other_client(server: Server) -> None:
    with server.connect() as other:
        for sent in (b"", GET[:10], GET, GET * MANY):
            with server.connect() as client:
                client.send(sent)
                # Its end is a reset: what was sent to it is thrown away.
                client.socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            assert other.ask().is_right()


def sockets(server: Server) -> Iterator[tuple[str, socket.socket]]:
    """Yield the state and a copy of each socket of the server and of its workers."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    parent = psutil.Process(server.process.pid)
    for process in (parent, *parent.children(recursive=True)):
        for connection in process.net_connections("tcp4"):
            if connection.laddr.port == server.port and connection.status != "NONE":
                pidfd = os.pidfd_open(process.pid)
                descriptor = call(PIDFD_GETFD, pidfd, connection.fd, 0)
                os.close(pidfd)
                if descriptor < 0:
                    pytest.skip(f"no look at its sockets: {os.strerror(ctypes.get_errno())}")
                with socket.socket(fileno=descriptor) as copy:
                    yield connection.status, copy


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux lets one look")
def test_the_sockets_follow_the_rules(server: Server) -> None:
    with server.connect() as client:
        assert client.ask().is_right()
        looked_at = [
            (
                state,
                one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                struct.unpack_from(
                    "I", one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64), BACKLOG_AT
                )[0],
            )
            for state, one in sockets(server)
        ]
    backlogs = [backlog for state, _, backlog in looked_at if state == LISTEN]
    without_delay = [nodelay for state, nodelay, _ in looked_at if state != LISTEN]
    assert backlogs
    assert min(backlogs) >= 1024
    assert without_delay
    assert all(without_delay)


@pytest.mark.parametrize("one", IMPLEMENTATIONS)
def test_the_server_closes_normally(one: Implementation) -> None:
    mark = new_mark()
    with serving(one, mark) as server, server.connect() as client, server.connect() as silent:
        assert client.ask().is_right()
        server.stop()
        assert client.is_closed()
        assert silent.is_closed()
        server.has_closed_in_order()
        server.has_ended()
    assert left_of(mark) == []
