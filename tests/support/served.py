"""What tests of HTTP servers share: the real runner that serves, and a client of bare sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Self

from harness.measuring.runners.protocol import digest
from harness.paths import ROOT
from tests.support.planted.bench import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.implementations import Implementation

STUCK_S = 120  # nothing here takes long: what has not come by then never will
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
BODY = b"Hello, World!\n"


class Server:
    """A runner that serves."""

    def __init__(self, process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
        self.process, self.stderr = process, stderr
        self.port = 0
        self.said: list[dict[str, Any]] = []

    def receive(self, kind: str) -> dict[str, Any]:
        """Read on until it says something of this kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))
            if self.said[-1]["kind"] == kind:
                return self.said[-1]
        raise AssertionError(f"no {kind} in {self.said}; {self.errors()}")

    def listens(self) -> None:
        self.port = self.receive("listening")["port"]

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b'{"kind": "stop"}\n')
        self.process.stdin.flush()

    def terminate(self) -> None:
        os.kill(self.process.pid, signal.SIGTERM)

    def has_closed_in_order(self, case: str = "check") -> None:
        """Wait for the end of a case: the answer 0, and no error."""
        outcome = self.receive("outcome")
        assert (outcome["case"], outcome["digest"]) == (case, digest(0))

    def has_ended(self) -> None:
        self.receive("finished")
        assert self.process.wait(STUCK_S) == 0
        assert self.errors() == ""  # nothing is logged

    def errors(self) -> str:
        self.stderr.seek(0)
        return self.stderr.read().decode()

    def connect(self) -> Client:
        return Client(self.port)


@contextmanager
def serving(one: Implementation, mark: str, *cases: str, **params: int) -> Iterator[Server]:
    """Start a server, and hand it out when it listens; kill it if a test has not ended it."""
    request = {
        "protocol": 2,
        "workload": one.workload,
        "model": one.model,
        "variant": one.variant,
        "seed": 7,
        "cases": [
            {
                "id": id_,
                "params": {"connections": 2, **params},
                "operations": 1,
                "warmup": 0,
                "iterations": 1,
                "min_sample_ns": 0,
            }
            for id_ in cases or ("check",)
        ],
    }
    with (
        TemporaryFile() as stderr,  # and no pipe: whoever logs into that waits for us to read
        subprocess.Popen(
            [sys.executable, "-P", "-m", "runner", "run"],
            env={**os.environ, "PYTHONPATH": str(ROOT / "python"), MARK: mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        ) as process,
    ):
        server = Server(process, stderr)
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            server.listens()
            yield server
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


class Answer:
    """An answer as it came."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"

    def is_right(self) -> bool:
        return (self.status, self.body) == (200, BODY)


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), STUCK_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes = GET) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """Return the next answer, which says its length."""
        version, status = self.file.readline().split()[:2]
        assert version in {b"HTTP/1.1", b"HTTP/1.0"}
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            assert name.lower() not in headers
            headers[name.lower()] = value.strip()
        return Answer(int(status), headers, self.file.read(int(headers["content-length"])))

    def ask(self, data: bytes = GET) -> Answer:
        self.send(data)
        return self.answer()

    def rest(self) -> bytes:
        """Wait for the end of the connection; return what comes before it."""
        try:
            return self.file.read()
        except ConnectionResetError:
            return b""

    def is_closed(self) -> bool:
        return self.rest() == b""

    def is_read(self) -> bool:
        """Tell whether all that was sent has left our kernel, and the server's, for the server."""
        here, there = self.socket.getsockname()[1], self.socket.getpeername()[1]
        waiting = {}
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            ports = int(local.partition(":")[2], 16), int(remote.partition(":")[2], 16)
            unacknowledged, unread = (int(size, 16) for size in queues.split(":"))
            waiting[ports] = (unacknowledged, unread)
        ours, servers = waiting.get((here, there)), waiting.get((there, here))
        if ours is None or servers is None:  # the list changes while it is read
            return False
        return ours[0] == 0 and servers[1] == 0

    def is_under_way(self) -> None:
        """Wait until the server has read what was sent, whatever it makes of it."""
        while not self.is_read():
            os.sched_yield()
