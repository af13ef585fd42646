"""The echo servers in Python: what a load generator does not do to them, and does not see."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from harness.paths import ROOT
from runner import implementations
from runner.models import MODELS
from runner.work import Params, Probe, Transport
from tests.support.implementations import python_parameters
from tests.support.planted.bench import MARK, left_of, new_mark

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from runner.implementations import Implementation

PATIENCE_S = 120  # of a client; only a server that has gone wrong makes it wait so long
STUCK_S = 0.2  # nothing could be sent for so long: the server does not read any more
KIB, MIB = 2**10, 2**20
# What the buffers of four sockets hold at most on a usual Linux, and the server's own, is less.
BOUND = 48 * MIB


EVERY = python_parameters("echo")
every_server = pytest.mark.parametrize("one", EVERY)


class Server:
    """A server in the real runner."""

    def __init__(self, one: Implementation, cases: int) -> None:
        self.mark = new_mark()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "runner", "run"],
            env={**os.environ, "PYTHONPATH": str(ROOT / "python"), MARK: self.mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        case = {
            "params": {"connections": 1_000, "message_bytes": KIB},
            "operations": 1,
            "warmup": 0,
            "iterations": 1,
            "min_sample_ns": 0,
        }
        self.say(
            {
                "protocol": 2,
                "workload": "echo",
                "model": one.model,
                "variant": one.variant,
                "cases": [{"id": f"case-{index}", **case} for index in range(cases)],
            }
        )
        assert self.receive()["kind"] == "started"
        self.begin()

    def say(self, record: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(record).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def begin(self) -> None:
        said = self.receive()
        assert said["kind"] == "listening", said
        self.port = said["port"]

    def connect(self) -> socket.socket:
        return connect(self.port)

    def stop(self) -> None:
        self.say({"kind": "stop"})
        said = self.receive()
        assert said["kind"] == "sample", said
        outcome = self.receive()
        assert (outcome["kind"], outcome["value"]) == ("outcome", "0")

    def end(self) -> None:
        """See the runner end, with nothing printed and nothing left."""
        assert self.receive()["kind"] == "finished"
        assert self.process.stderr is not None
        assert self.process.stderr.read() == b""
        assert self.process.wait() == 0  # while its input is still open, as a harness keeps it
        assert left_of(self.mark) == []

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        for process in left_of(self.mark):  # those of a server that went wrong
            process.kill()

    def held(self) -> tuple[int, int, int]:
        """Return how many threads, descriptors and processes it has."""
        process = psutil.Process(self.process.pid)
        below = process.children(recursive=True)
        tree = [process, *below]
        return (
            sum(each.num_threads() for each in tree),
            sum(each.num_fds() for each in tree),
            len(tree),
        )


def connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def receive(client: socket.socket, count: int) -> bytes:
    """Return so many bytes, or those that came before the end."""
    got = bytearray()
    while len(got) < count and (data := client.recv(min(count - len(got), MIB))):
        got += data
    return bytes(got)


def is_served(client: socket.socket, message: bytes = b"hello") -> bool:
    client.sendall(message)
    return receive(client, len(message)) == message


def reset(client: socket.socket) -> None:
    """Close it with RST instead of FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def ordered(count: int) -> bytes:
    """Return bytes in which every place is known by what stands there."""
    return b"".join(struct.pack("!I", place) for place in range(count // 4))


# --- one server for all that happens to it while it serves


@pytest.fixture(scope="module", params=EVERY)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with closing(Server(request.param, cases=1)) as server:
        yield server
        server.stop()
        server.end()


def test_parts_of_a_message_are_echoed_at_once(server: Server) -> None:
    with server.connect() as client, server.connect() as idle:
        for byte in ordered(256):
            assert is_served(client, bytes([byte]))
        assert is_served(idle)


def test_data_before_a_half_close_is_echoed_before_the_close(server: Server) -> None:
    sent = ordered(3 * MIB)
    with server.connect() as client, ThreadPoolExecutor(1) as other:

        def send() -> None:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)

        sending = other.submit(send)
        assert receive(client, len(sent) + 1) == sent
        sending.result()


def test_a_close_without_data_is_answered_by_a_close(server: Server) -> None:
    with server.connect() as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def test_clients_that_reset_affect_no_other_client(server: Server) -> None:
    with server.connect() as client:
        for turn in range(20):
            broken = server.connect()
            if turn % 2:
                assert is_served(broken)
            broken.sendall(bytes(64 * KIB))  # its echo meets nobody
            reset(broken)
            assert is_served(client)


def test_a_client_that_does_not_read_gets_backpressure_and_loses_nothing(server: Server) -> None:
    part = ordered(64 * KIB)
    with socket.socket() as client, server.connect() as other:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * KIB)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * KIB)
        client.settimeout(STUCK_S)
        client.connect(("127.0.0.1", server.port))
        # After a first exchange: anyio 4 on asyncio reads ahead without bound when something came
        # before the first receive(), for only at the end of a wait does it pause its transport.
        assert is_served(client)
        sent = 0
        with suppress(TimeoutError):
            while sent < BOUND:
                sent += client.send(part[sent % len(part) :])
        assert 0 < sent < BOUND
        assert is_served(other)
        client.settimeout(PATIENCE_S)
        client.shutdown(socket.SHUT_WR)
        whole, rest = divmod(sent, len(part))
        assert receive(client, sent + 1) == part * whole + part[:rest]


def test_a_client_that_never_reads_and_disconnects_is_dropped(server: Server) -> None:
    client = server.connect()
    client.settimeout(STUCK_S)
    with suppress(TimeoutError):
        for _ in range(BOUND // MIB):
            client.sendall(bytes(MIB))
    reset(client)
    with server.connect() as other:
        assert is_served(other)


def test_many_clients_connect_and_disconnect_at_once(server: Server) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(200)]
        for index, client in enumerate(clients):
            client.sendall(b"%d" % index)
        for index, client in enumerate(clients):
            assert receive(client, len(b"%d" % index)) == b"%d" % index
        for index, client in enumerate(clients):
            reset(client) if index % 3 == 0 else client.close()
    with server.connect() as client:
        assert is_served(client)


# --- how it ends


@every_server
def test_a_finished_case_leaves_nothing_open(one: Implementation) -> None:
    """Whoever is still connected is disconnected, also who has not read what was sent."""
    with closing(Server(one, cases=3)) as server, ExitStack() as stack:
        server.stop()  # who was never asked ends as well; and what is loaded is loaded now
        server.begin()
        before = server.held()
        clients = [stack.enter_context(server.connect()) for _ in range(20)]
        assert all(map(is_served, clients))
        stuck = stack.enter_context(server.connect())
        stuck.settimeout(STUCK_S)
        with suppress(TimeoutError):
            for _ in range(BOUND // MIB):
                stuck.sendall(bytes(MIB))
        port = server.port
        server.stop()
        server.begin()
        assert server.held() == before
        for client in clients:
            with suppress(ConnectionError):
                assert client.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            connect(port)
        server.stop()
        server.end()


# --- what only the server's own process can see


class Told(Transport):
    """Hears of one server which port it has, and tells it to stop."""

    def __init__(self, readable: Callable[[int], Awaitable[None]] | None) -> None:
        self.readable = readable
        self.ports: SimpleQueue[int] = SimpleQueue()
        self.descriptor, self.other = os.pipe()

    def listening(self, port: int) -> None:
        self.ports.put(port)

    async def stopped(self) -> None:
        assert self.readable is not None
        await self.readable(self.descriptor)

    def wait_until_stopped(self) -> None:
        if self.readable is None:
            select.select([self.descriptor], [], [])
        else:
            self.readable(self.descriptor)

    def close(self) -> None:
        os.close(self.descriptor)
        os.close(self.other)


@contextmanager
def served_here(one: Implementation) -> Iterator[int]:
    """Serve from a thread of this process; gives the port."""
    model = MODELS[one.model]
    module = implementations.load("echo", one.model, one.variant)
    params = Params({"connections": 10, "message_bytes": KIB})
    if one.model == "processes":
        yield from one_worker(module)
        return
    if one.model == "interpreters":
        yield from one_interpreter(module)
        return
    with (
        closing(Told(model.readable)) as told,
        ThreadPoolExecutor(1) as other,
        ExitStack() as stack,
    ):
        probe = Probe(told)
        if model.boot is not None:
            serving = other.submit(model.boot, lambda: module.run(params, probe))
        elif hasattr(module, "prepare"):
            prepared = stack.enter_context(module.prepare(params, probe))
            serving = other.submit(module.run, params, probe, prepared)
        else:
            serving = other.submit(module.run, params, probe)
        try:
            yield told.ports.get(timeout=PATIENCE_S)
        finally:
            os.write(told.other, b"stop")
            serving.result()


def one_worker(module: Any) -> Iterator[int]:
    here, there = get_context().Pipe()
    with module.bind(0) as keeper:
        port = keeper.getsockname()[1]
        working = Thread(target=module.run_worker, args=(port, 10, there))
        working.start()
        here.recv()
        try:
            yield port
        finally:
            here.close()
            working.join()


def one_interpreter(module: Any) -> Iterator[int]:
    """Serve as an interpreter does, in this one: others would not find the modules of a test."""
    ours, theirs = socket.socketpair()
    ready: SimpleQueue[None] = SimpleQueue()
    with ours, module.bind(0) as keeper:
        port = keeper.getsockname()[1]
        working = Thread(target=module.run_worker, args=(port, theirs.detach(), ready))
        working.start()
        ready.get()
        try:
            yield port
        finally:
            ours.close()
            working.join()


def sockets_here() -> Iterator[socket.socket]:
    """Yield every TCP socket of this process, as a duplicate."""
    for each in psutil.Process().net_connections("tcp4"):
        with suppress(OSError), socket.socket(fileno=os.dup(each.fd)) as found:
            yield found


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells what was set")
@every_server
def test_small_messages_are_sent_without_delay_and_the_backlog_is_large(
    one: Implementation,
) -> None:
    with served_here(one) as port, connect(port) as client:
        assert is_served(client)
        accepted = [
            found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for found in sockets_here()
            if found.getsockname()[1] == port
            and not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            and found.getpeername() == client.getsockname()
        ]
        assert [bool(no_delay) for no_delay in accepted] == [True]
        # Of a socket that listens, the sixth number of tcp_info is its backlog.
        backlogs = {
            struct.unpack_from("8x6I", found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104))[
                5
            ]
            for found in sockets_here()
            if found.getsockname()[1] == port
            and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        }
        most = int(Path("/proc/sys/net/core/somaxconn").read_text(encoding="ascii"))
        assert backlogs == {min(1_024, most)}
