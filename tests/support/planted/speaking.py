"""What planted runners share: the lines of the protocol, and how to hang.

The standard library is all they need, so they start fast. Each process ends by itself after a
while, so that a harness that fails to end it does not leave it behind for good.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

SELF_DESTRUCT_S = 300  # longer than any test waits for what should have been ended
RIGHT, WRONG = "0", "1"
WAYS: dict[str, Callable[[], object]] = {}


def way(act: Callable[[], object]) -> Callable[[], object]:
    """Enter a function into the table under its own name."""
    WAYS[act.__name__] = act
    return act


def write(data: bytes, descriptor: int = 1) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def line(kind: str, **fields: Any) -> bytes:
    return json.dumps({"kind": kind, **fields}).encode() + b"\n"


def say(kind: str, **fields: Any) -> None:
    write(line(kind, **fields))


def asked() -> dict[str, Any]:
    return json.loads(sys.stdin.buffer.readline())


def start(**facts: Any) -> None:
    say("started", protocol=1, facts={"pid": os.getpid(), **facts})


def sample(case: str, iteration: int = 0, *, warmup: bool = False, **fields: Any) -> None:
    write(sample_line(case, iteration, warmup=warmup, **fields))


def sample_line(case: str, iteration: int, *, warmup: bool = False, **fields: Any) -> bytes:
    values = {"elapsed_ns": 1000 + iteration, "operations": 1, "cpu_ns": 5, **fields}
    return line("sample", case=case, iteration=iteration, warmup=warmup, **values)


def outcome(case: str, value: str = RIGHT, **observed: int) -> None:
    digest = hashlib.sha256(value.encode()).hexdigest()
    say("outcome", case=case, digest=digest, value=value, observed=observed)


def samples(case: dict[str, Any]) -> None:
    for index in range(case["warmup"] + case["iterations"]):
        sample(case["id"], index, warmup=index < case["warmup"])


def finish() -> None:
    say("finished", usage={"peak_bytes": 4096})


def answer(request: dict[str, Any] | None = None, **facts: Any) -> None:
    """Do all that is asked for, as it should be done."""
    request = request or asked()
    start(**facts)
    for case in request["cases"]:
        samples(case)
        outcome(case["id"], calls=3)
    finish()


def hang() -> NoReturn:
    while True:
        time.sleep(SELF_DESTRUCT_S)


def fork(act: Callable[[], object]) -> int:
    """Run something in a child process; returns its id."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(SELF_DESTRUCT_S)
        act()
        os._exit(0)
    return pid
