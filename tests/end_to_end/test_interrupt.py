"""The command, stopped by its user or killed: nothing runs on, and nothing measured is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from harness.errors import Exit
from harness.measuring.runners.go_build import build_go
from harness.paths import ROOT
from harness.results import store
from harness.results.records import Trial
from tests.support.command import command, marked

MARK = "LOOMBENCH_TEST_MARK"
LONG_S = 30.0  # more than anything here takes on a busy machine


class Measuring:
    """A run in a process group of its own; all that it starts inherits its mark."""

    def __init__(self, out: Path, *arguments: str) -> None:
        self.out = out
        self.mark = uuid4().hex
        self.process = subprocess.Popen(
            command("run", "--out", out, *arguments),
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


def wait_until(what: str, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {LONG_S:.0f} s for: {what}"
        time.sleep(0.02)


@contextmanager
def measuring(out: Path, *arguments: str) -> Iterator[Measuring]:
    it = Measuring(out, *arguments)
    try:
        wait_until("the first trial", lambda: has_line(out) or it.process.poll() is not None)
        assert it.process.poll() is None, it.end()
        yield it
    finally:
        for one in marked(MARK, it.mark):
            one.kill()
        it.process.wait(LONG_S)
        assert it.process.stdout is not None
        it.process.stdout.close()


def has_line(out: Path) -> bool:
    return any(path.stat().st_size for path in out.glob("latest/trials.jsonl"))


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measuring, str, list]:
    """Return a run that was interrupted while a trial ran, what it said and what it left."""
    out = tmp_path_factory.mktemp("interrupted")
    # This seed has the slowest model, `processes`, late in its first block.
    with measuring(out, "--workload", "fanout", "--budget", "60s", "--seed", "11") as it:
        wait_until("a trial that runs", it.children)
        it.signal_all(signal.SIGINT)
        said = it.end()
        return it, said, it.children()


def test_ctrl_c_ends_a_run_with_the_exit_code_of_an_interrupt(interrupted: tuple) -> None:
    it, said, _ = interrupted
    assert it.process.returncode == Exit.INTERRUPTED
    assert "Traceback" not in said
    assert "interrupted: " in said


def test_after_ctrl_c_what_there_is_has_been_shown_and_drawn(interrupted: tuple) -> None:
    it, said, _ = interrupted
    figures = store.find_run(it.out) / "figures"
    for name in ("overview", "fanout", "fanout-scaling"):
        assert (figures / f"{name}.png").is_file()
        assert (figures / f"{name}.svg").is_file()
    assert "Fan-out: " in said
    assert "latest/figures/overview.png" in "".join(said.split())


def test_ctrl_c_leaves_no_process(interrupted: tuple) -> None:
    _, _, left = interrupted
    assert left == []


def test_after_ctrl_c_every_stored_trial_is_whole_and_the_one_cut_short_is_not_among_them(
    interrupted: tuple,
) -> None:
    it, said, _ = interrupted
    path = store.find_run(it.out) / store.TRIALS_FILE
    assert path.read_bytes().endswith(b"\n")
    trials = it.trials()
    assert {trial.status.value for trial in trials} == {"ok"}
    assert re.search(rf": {len(trials)} trials? in ", said)


@pytest.mark.parametrize(
    ("workload", "model"),
    [("fanout", "asyncio"), ("fanout", "threads"), ("kitchen", "processes"), ("fanout", "go")],
)
def test_what_a_killed_harness_has_started_dies_with_it_and_the_run_goes_on(
    tmp_path: Path, workload: str, model: str
) -> None:
    if model == "go" and build_go()[0] is None:
        pytest.skip("no Go here")
    selection = ("--workload", workload, "--model", model)
    with measuring(tmp_path, *selection, "--budget", "60s") as it:
        # Of processes, one that its trial has started.
        least = 3 if model == "processes" else 1
        wait_until("a trial that runs", lambda: len(it.children()) >= least)
        it.process.kill()
        it.process.wait(LONG_S)
        wait_until("the end of what it has started", lambda: not it.children())
        before = it.trials()
    resumed = ("--resume", "--no-figures", "--budget", "1s")
    done = subprocess.run(
        command("run", "--out", tmp_path, *resumed),
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (Exit.SUCCESS, False)
    after = it.trials()
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert set(Counter((one.block, one.cell) for one in after).values()) == {1}
