"""Runners whose `describe` goes wrong in one way each: `describing.py WAY describe`."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from speaking import SELF_DESTRUCT_S, hang, write

if TYPE_CHECKING:
    from collections.abc import Callable


def describe(**changes: Any) -> None:
    description = {
        "protocol": 1,
        "language": "planted",
        "version": "1.0",
        "implementations": [{"workload": "planted", "model": "threads", "source": "here"}],
        "unavailable": [],
        **changes,
    }
    write(json.dumps(description).encode())


def describe_failing() -> None:
    write(b"a library is missing\n", 2)
    os._exit(1)


DESCRIPTIONS: dict[str, Callable[[], object]] = {
    "good": describe,
    "unavailable": lambda: describe(unavailable=[{"model": "threads", "reason": "one core"}]),
    "failing": describe_failing,
    "other_protocol": lambda: describe(protocol=3),
    "garbage": lambda: write(b"Usage: something else\n"),
    "nothing": lambda: None,
    "incomplete": lambda: write(b'{"protocol": 1, "language": "planted"}'),
    "wrong_type": lambda: describe(implementations="none"),
    "not_utf8": lambda: write(b'{"protocol": 1, "language": "\xff"}'),
    "nested_too_deep": lambda: write(b'{"aside": ' + b"[" * 100_000),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hanging": hang,
}


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    DESCRIPTIONS[sys.argv[1]]()
