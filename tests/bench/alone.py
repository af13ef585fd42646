"""What is measured in a process of its own, for its peak of memory: `python -m tests.bench.alone`.

`analyse FOLDER ANSWER` and `command ANSWER ARGUMENT...`; the answer is a file of JSON.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from harness.paths import ROOT

_LOOK_S = 0.2


def asked(*arguments: object, most_bytes: int) -> dict[str, float]:
    """Return what a process of its own measures of itself.

    One that takes more memory than `most_bytes` is ended, and its answer has only that in it.
    """
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        answer = Path(name) / "answer.json"
        what, *more = map(str, arguments)
        process = subprocess.Popen(
            (sys.executable, "-m", "tests.bench.alone", what, str(answer), *more),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        watched = psutil.Process(process.pid)
        while True:
            try:
                process.wait(_LOOK_S)
                break
            except subprocess.TimeoutExpired:
                held = watched.memory_info().rss
            if held > most_bytes:
                process.kill()
                process.wait()
                return {"peak_bytes": held, "ended": 1}
        assert process.returncode == 0, f"{what} ended with {process.returncode}"
        return json.loads(answer.read_text("utf-8"))


def peak_bytes() -> int:
    """Return the largest resident size of this process, as the kernel has it."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("found no VmHWM in /proc/self/status")


class Timed:
    """An iterable that notes the seconds that it itself took, and not those of who iterates."""

    def __init__(self, of: Iterable[object]) -> None:
        self._of = iter(of)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        start = time.perf_counter()
        try:
            return next(self._of)
        finally:
            self.seconds += time.perf_counter() - start


def _analyse(folder: str) -> dict[str, float]:
    from rich.console import Console

    from harness.analysis.analyse import analyse
    from harness.presenting import tables
    from harness.results import store

    trials = Timed(store.read_trials(Path(folder), []))
    start = time.perf_counter()
    analysis = analyse(store.read_run(Path(folder)), trials)
    analysed = time.perf_counter()
    console = Console(file=io.StringIO(), width=100)
    for renderable in tables.results(analysis):
        console.print(renderable)
    return {
        "reading_s": trials.seconds,
        "analysing_s": analysed - start - trials.seconds,
        "showing_s": time.perf_counter() - analysed,
        "trials": analysis.trials,
    }


def _command(*arguments: str) -> dict[str, float]:
    from contextlib import redirect_stdout

    from harness.cli import main as loombench

    start = time.perf_counter()
    with redirect_stdout(io.StringIO()) as said:
        code = loombench(arguments)
    assert code == 0, f"exit code {code}: {said.getvalue()}"
    return {"seconds": time.perf_counter() - start}


def main(arguments: list[str]) -> None:
    what, answer, *more = arguments
    found = {"analyse": _analyse, "command": _command}[what](*more)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    peaks = {"peak_bytes": peak_bytes(), "children_bytes": largest}
    Path(answer).write_text(json.dumps({**found, **peaks}), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
