"""Servers that speak the protocol and serve echo, most of them badly: `serving.py WAY run`."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar

from speaking import (
    SELF_DESTRUCT_S,
    WAYS,
    asked,
    finish,
    fork,
    hang,
    outcome,
    sample,
    say,
    start,
    way,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable


PAUSE_S = 0.002


class Server:
    """Sends back what it reads, until it is told to stop. Subclasses do one thing otherwise."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.open: dict[int, socket.socket] = {}
        self.is_over = False

    def serve(self) -> None:
        say("listening", port=self.port())
        while not self.is_over:
            readable, _, _ = select.select([0, self.listener, *self.open], [], [])
            for one in readable:
                if one == 0:
                    self.told(os.read(0, 4096))
                elif one is self.listener:
                    connection, _ = self.listener.accept()
                    self.open[connection.fileno()] = connection
                else:
                    self.read(self.open[one])
        self.close()

    def port(self) -> int:
        return self.listener.getsockname()[1]

    def told(self, line: bytes) -> None:
        if not line:
            os._exit(1)  # the harness is gone
        self.is_over = True

    def read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(65_536)
        except ConnectionError:
            data = b""
        if data:
            with contextlib.suppress(ConnectionError):
                self.answer(connection, data)
        else:
            self.drop(connection)

    def answer(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)

    def drop(self, connection: socket.socket) -> None:
        del self.open[connection.fileno()]
        connection.close()

    def close(self) -> None:
        self.listener.close()
        for connection in list(self.open.values()):
            self.drop(connection)


def describe(model: str) -> None:
    offer = {"workload": "served", "model": model.replace("_", "-"), "source": "serving.py"}
    description = {"protocol": 1, "language": "planted", "version": "1", "implementations": [offer]}
    write(json.dumps(description).encode())


def trial(make: Callable[[], Server] = Server, **facts: Any) -> None:
    request = asked()
    start(**facts)
    for case in request["cases"]:
        make().serve()
        sample(case["id"], cpu_ns=7_000)
        outcome(case["id"])
    finish()


@way
def good() -> None:
    trial()


@way
def never_listen() -> None:
    asked()
    start()
    hang()


@way
def listen_elsewhere() -> None:
    class Elsewhere(Server):
        def port(self) -> int:
            with socket.create_server(("127.0.0.1", 0)) as other:
                return other.getsockname()[1]

    trial(Elsewhere)


@way
def listen_elsewhere_and_ignore_stop() -> None:
    class Elsewhere(Server):
        def port(self) -> int:
            with socket.create_server(("127.0.0.1", 0)) as other:
                return other.getsockname()[1]

        def told(self, line: bytes) -> None:
            if not line:
                os._exit(1)

    trial(Elsewhere)


@way
def listen_nowhere() -> None:
    class Nowhere(Server):
        def port(self) -> int:
            return 0

    trial(Nowhere)


@way
def listen_twice() -> None:
    class Twice(Server):
        def serve(self) -> None:
            say("listening", port=self.port())
            super().serve()

    trial(Twice)


@way
def close_at_once() -> None:
    class Closing(Server):
        def answer(self, connection: socket.socket, data: bytes) -> None:
            self.drop(connection)

    trial(Closing)


@way
def close_after_an_answer() -> None:
    class Closing(Server):
        def answer(self, connection: socket.socket, data: bytes) -> None:
            connection.sendall(data)
            self.drop(connection)

    trial(Closing)


@way
def answer_wrongly() -> None:
    class Wrong(Server):
        def answer(self, connection: socket.socket, data: bytes) -> None:
            connection.sendall(bytes(byte ^ 1 for byte in data))

    trial(Wrong)


@way
def answer_late() -> None:
    """Answer a message when whoever asked has given it up: the connection is closed by then."""

    class Late(Server):
        late: ClassVar[list[bytes]] = []

        def answer(self, connection: socket.socket, data: bytes) -> None:
            self.late.append(data)

        def drop(self, connection: socket.socket) -> None:
            with contextlib.suppress(OSError):
                connection.sendall(self.late.pop())
            super().drop(connection)

    trial(Late)


@way
def find_the_port_taken() -> None:
    request = asked()
    start()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for case in request["cases"]:
            try:
                socket.create_server(taken.getsockname())
            except OSError as error:
                say("error", case=case["id"], message=f"OSError: {error}", reason="crash")
    finish()


@way
def fail_while_asked() -> None:
    """Report an error of the check case as soon as somebody connects, and serve the next well."""
    request = asked()
    start()
    check, *others = request["cases"]
    server = Server()
    say("listening", port=server.port())
    server.listener.accept()
    say("error", case=check["id"], message="OSError: too many", reason="crash")
    for case in others:
        Server().serve()
        sample(case["id"])
        outcome(case["id"])
    finish()


@way
def ignore_stop() -> None:
    class Deaf(Server):
        def told(self, line: bytes) -> None:
            if not line:
                os._exit(1)

    trial(Deaf)


@way
def die_before_anybody_connects() -> None:
    asked()
    start()
    say("listening", port=Server().port())
    os._exit(3)


@way
def die_midway() -> None:
    class Dying(Server):
        def answer(self, connection: socket.socket, data: bytes) -> None:
            os._exit(3)

    trial(Dying)


@way
def die_after_a_pause() -> None:
    """Die at the first message of the last case that comes after a pause: in a turn."""

    class Dying(Server):
        is_last = False
        last_answer_s = float("inf")

        def answer(self, connection: socket.socket, data: bytes) -> None:
            now_s = time.monotonic()
            if type(self).is_last and now_s - self.last_answer_s > PAUSE_S:
                os._exit(3)
            self.last_answer_s = now_s
            super().answer(connection, data)

        def close(self) -> None:
            type(self).is_last = True
            super().close()

    trial(Dying)


@way
def return_midway() -> None:
    class Leaving(Server):
        def answer(self, connection: socket.socket, data: bytes) -> None:
            self.is_over = True

    trial(Leaving)


@way
def leave_a_process() -> None:
    fork(lambda: (os.setsid(), os.close(0), os.close(1), os.close(2), hang()))
    trial()


@way
def hold_the_harness() -> None:
    """Serve well, and stay when the harness is gone."""

    class Staying(Server):
        def told(self, line: bytes) -> None:
            if not line:
                hang()
            super().told(line)

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    trial(Staying)


# --- told by SIGTERM


class Draining(Server):
    """Is told by SIGTERM; its connections stay open until the process has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.wake, self.waker = socket.socketpair()
        os.set_blocking(self.waker.fileno(), False)
        self.open[self.wake.fileno()] = self.wake
        signal.set_wakeup_fd(self.waker.fileno())
        signal.signal(signal.SIGTERM, lambda *_: None)

    def read(self, connection: socket.socket) -> None:
        if connection is self.wake:
            self.is_over = True
        else:
            super().read(connection)

    def close(self) -> None:
        self.listener.close()
        KEPT.extend(self.open.values())


KEPT: list[socket.socket] = []


@way
def drain() -> None:
    trial(Draining)


@way
def drain_and_die() -> None:
    class Dying(Draining):
        served = 0

        def close(self) -> None:
            Dying.served += 1
            if Dying.served > 1:
                os._exit(5)

    trial(Dying)


@way
def return_before_the_signal() -> None:
    """Drain the check case as it should be, and return from the next without being told."""

    class Early(Draining):
        cases = 0

        def __init__(self) -> None:
            super().__init__()
            Early.cases += 1

        def answer(self, connection: socket.socket, data: bytes) -> None:
            super().answer(connection, data)
            self.is_over = Early.cases > 1

    trial(Early)


@way
def ignore_sigterm() -> None:
    class Deaf(Draining):
        def read(self, connection: socket.socket) -> None:
            if connection is self.wake:
                self.wake.recv(16)
            else:
                super().read(connection)

    trial(Deaf)


@way
def be_ended_by_sigterm() -> None:
    trial()


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    if sys.argv[2] == "describe":
        describe(sys.argv[1])
    else:
        WAYS[sys.argv[1]]()
