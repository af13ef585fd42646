"""A run of the command in a process group of its own, to be interrupted or killed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil

from harness.paths import ROOT
from harness.results import store
from harness.results.records import Trial
from tests.support.command import command, marked

MARK = "LOOMBENCH_TEST_MARK"
LONG_S = 300.0  # more than anything here takes on a busy machine


class Measuring:
    """A run in a process group of its own; all that it starts inherits its mark."""

    def __init__(self, out: Path, *arguments: str, within: Sequence[str] = ()) -> None:
        self.out = out
        self.mark = uuid4().hex
        self.process = subprocess.Popen(
            [*within, *command("run", "--out", out, *arguments)],
            cwd=ROOT,
            env={**os.environ, MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def children(self) -> list[psutil.Process]:
        return [one for one in marked(MARK, self.mark) if one.pid != self.process.pid]

    def trials(self) -> list[Trial]:
        """Return what is stored; raises if anything but the last line is not whole."""
        return list(store.read_trials(store.find_run(self.out), []))

    def signal_all(self, number: int) -> None:
        """Signal the group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def end(self) -> str:
        """Wait for the end; returns all that was printed."""
        said, _ = self.process.communicate(timeout=LONG_S)
        return said


def wait_for(it: Measuring, what: str, holds: Callable[[], object]) -> None:
    """Wait until something holds while a run is measured; fail with what it said if it ends."""
    wait_until(what, lambda: holds() or it.process.poll() is not None)
    assert it.process.poll() is None, it.end()


def wait_until(what: str, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {LONG_S:.0f} s for: {what}"
        time.sleep(0.02)


@contextmanager
def measuring(out: Path, *arguments: str, within: Sequence[str] = ()) -> Iterator[Measuring]:
    """Run the command, `within` another one that starts it, until the block ends."""
    it = Measuring(out, *arguments, within=within)
    try:
        wait_for(it, "the first trial", lambda: has_line(out))
        yield it
    finally:
        for one in marked(MARK, it.mark):
            one.kill()
        it.process.wait(LONG_S)
        assert it.process.stdout is not None
        it.process.stdout.close()


def has_line(out: Path) -> bool:
    return any(path.stat().st_size for path in out.glob("latest/trials.jsonl"))
