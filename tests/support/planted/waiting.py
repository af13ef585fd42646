"""A runner whose models differ by exactly what was planted: `waiting.py describe | run`.

`busy` waits until a deadline of the monotonic clock, some models by a known share longer than the
base. `command` starts `busy.py` as a process and waits for its end; for how long that is to wait,
COMMAND_NS tells, with a number for the base and one for the longer.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from busy import busy
from speaking import asked, outcome, sample, say, start, write

if TYPE_CHECKING:
    from collections.abc import Callable

# The first is the A/A control as well, so it is measured thrice: as itself, again, and as a twin.
PERCENT = {"base": 100, "twin": 100, "slower-2": 102, "slower-5": 105, "slower-20": 120}
COMMANDS = ("base", "longer")


def describe() -> None:
    import json

    offers = [("busy", model) for model in PERCENT] + [("command", model) for model in COMMANDS]
    description = {
        "protocol": 1,
        "language": "planted",
        "version": "1",
        "implementations": [
            {"workload": workload, "model": model, "source": "waiting.py"}
            for workload, model in offers
        ],
    }
    write(json.dumps(description).encode())


def waits(model: str, params: dict[str, int]) -> Callable[[], None]:
    wait_ns = params["wait_ns"] * PERCENT[model] // 100
    return lambda: busy(wait_ns)


def starts(model: str, params: dict[str, int]) -> Callable[[], None]:
    if not params["commands"]:
        return lambda: None
    wait_ns = os.environ["COMMAND_NS"].split()[COMMANDS.index(model)]
    # In the folder of the loombench.toml, where every runner is started.
    words = [sys.executable, "busy.py", wait_ns]
    # As the tools that it is compared with have it: nothing to read, and nobody reads.
    nowhere = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]

    def command() -> None:
        pid = os.posix_spawn(words[0], words, os.environ, file_actions=nowhere)
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"{words} ended with {status}"

    return command


def take(case: dict[str, Any], work: Callable[[], None]) -> None:
    for iteration in range(case["warmup"] + case["iterations"]):
        begin = time.perf_counter_ns()
        work()
        elapsed_ns = time.perf_counter_ns() - begin
        sample(
            case["id"],
            iteration,
            warmup=iteration < case["warmup"],
            elapsed_ns=elapsed_ns,
            operations=case["operations"],
            cpu_ns=None,
        )


def run() -> None:
    request = asked()
    # The harness keeps our input open: its end, of which SIGIO tells, means that it has died.
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    start()
    works = {"busy": waits, "command": starts}[request["workload"]]
    for case in request["cases"]:
        take(case, works(request["model"], case["params"]))
        outcome(case["id"])
    say("finished")


if __name__ == "__main__":
    {"describe": describe, "run": run}[sys.argv[1]]()
