"""Load generators, most of which misbehave in one way: `asking.py WAY load`.

They know the protocol of go/load/doc.go and how to drain, and need no Go.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from speaking import SELF_DESTRUCT_S, WAYS, asked, fork, hang, say, way, write

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_S = 60.0
MESSAGE = b"x" * 64


def connect(request: dict[str, Any], **facts: Any) -> list[socket.socket]:
    say("started", protocol=1, facts={"gomaxprocs": 1, **facts})
    host, port = request["address"].split(":")
    sockets = [socket.create_connection((host, int(port))) for _ in range(request["connections"])]
    say("connected", connections=len(sockets), elapsed_ns=1)
    return sockets


def ask(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        one.settimeout(LONGEST_S)
        with contextlib.suppress(ConnectionError):
            one.sendall(MESSAGE)
            one.recv(len(MESSAGE), socket.MSG_WAITALL)


def phase(index: int, loop: str, **more: Any) -> None:
    values = {"elapsed_ns": 1_000_000, "requests": 10, "cpu_ns": 1, "errors": {}, **more}
    say("phase", phase=index, loop=loop, **values)


def await_end(sockets: list[socket.socket]) -> None:
    """Wait until the other side has closed every connection."""
    while sockets:
        readable, _, _ = select.select(sockets, [], [], LONGEST_S)
        if not readable:
            return
        sockets = [one for one in sockets if one not in readable or is_open(one)]


def is_open(one: socket.socket) -> bool:
    try:
        return one.recv(4096) != b""
    except ConnectionError:
        return False


def load(**more: Any) -> None:
    request = asked()
    sockets = connect(request)
    for index, one in enumerate(request["phases"]):
        ask(sockets)
        if one["loop"] == "drain":
            await_end(sockets)
        phase(index, one["loop"], **more)
    say("finished", served=request["connections"])


@way
def orderly() -> None:
    load()


@way
def stay() -> None:
    """Never come to an end where the server drains, as long as someone waits for it."""
    request = asked()
    sockets = connect(request)
    for index, one in enumerate(request["phases"]):
        ask(sockets)
        if one["loop"] == "drain":
            hang()
        phase(index, one["loop"])
    say("finished", served=request["connections"])


@way
def lose_some() -> None:
    load(errors={"lost": 3})


@way
def be_busy() -> None:
    load(cpu_ns=990_000)


@way
def know_no_processor_time() -> None:
    load(cpu_ns=None)


@way
def end_at_once() -> None:
    write(b"no such thing\n", 2)
    os._exit(3)


@way
def end_without_a_word() -> None:
    connect(asked())


@way
def say_garbage() -> None:
    write(b"hello\n")
    hang()


@way
def nest_too_deep() -> None:
    write(b'{"kind": "started", "aside": ' + b"[" * 100_000 + b"\n")
    hang()


@way
def send_a_damaged_distribution() -> None:
    load(hdr="HISTnoneofit")


@way
def refuse() -> None:
    message = "open files: found a limit of 80, expected at least 128"
    say("error", message=message, reason="descriptors")
    os._exit(2)


@way
def hang_connected() -> None:
    connect(asked())
    hang()


@way
def leave_a_process() -> None:
    fork(lambda: (os.setsid(), os.close(0), os.close(1), os.close(2), hang()))
    connect(asked())
    hang()


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    WAYS[sys.argv[1]]()
