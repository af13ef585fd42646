"""A runner that meets the machine's faults: `stopping.py FILE describe | run`.

FILE is where a model leaves a trace: that the fault has happened, or how the kernel would count it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from speaking import SELF_DESTRUCT_S, answer, asked, fork, write

if TYPE_CHECKING:
    from collections.abc import Callable

STOP_S = 4.5  # longer than the timeout of the workload


def stop_harness() -> None:
    """Stop the process that measures, as Ctrl-Z does, and let it go on."""
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(STOP_S)
    os.kill(os.getppid(), signal.SIGCONT)


def stop_itself() -> None:
    """Be stopped until another process lets it go on."""
    me = os.getpid()
    other = fork(lambda: (time.sleep(STOP_S), os.kill(me, signal.SIGCONT)))
    os.kill(me, signal.SIGSTOP)
    os.waitpid(other, 0)


def be_throttled() -> None:
    """Have the kernel count a second of throttling, in the unit of the file."""
    name, _, before = FILE.read_text(encoding="utf-8").partition(" ")
    second = 10**6 if name == "throttled_usec" else 10**9
    FILE.write_text(f"{name} {int(before) + second}\n", encoding="utf-8")


def fail() -> None:
    """End early, each time in the same way."""
    os._exit(3)


def once(fault: Callable[[], None]) -> None:
    """Have a fault unless it was there before."""
    if not FILE.exists():
        FILE.touch()
        fault()


FILE = Path(sys.argv[1])
MODELS: dict[str, Callable[[], None]] = {
    "good": lambda: None,
    "suspended": lambda: once(lambda: None),
    "stops-harness": lambda: once(stop_harness),
    "stops-itself": lambda: once(stop_itself),
    "throttled": be_throttled,
    "failing": fail,
}


def describe() -> None:
    offers = [{"workload": "planted", "model": model, "source": "stopping.py"} for model in MODELS]
    description = {"protocol": 1, "language": "planted", "version": "1", "implementations": offers}
    write(json.dumps(description).encode())


def run() -> None:
    request = asked()
    MODELS[request["model"]]()
    answer(request)


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    {"describe": describe, "run": run}[sys.argv[2]]()
