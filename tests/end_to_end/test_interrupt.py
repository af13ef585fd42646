"""The command, stopped by its user or killed: nothing runs on, and nothing measured is lost."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import Exit
from harness.measuring.runners.go_build import build_go
from harness.results import store
from tests.support.command import command
from tests.support.measuring import LONG_S, Measuring, measuring, wait_for, wait_until
from tests.support.planted.bench import left_of


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measuring, str, list]:
    """Return a run that was interrupted while a trial ran, what it said and what it left."""
    out = tmp_path_factory.mktemp("interrupted")
    selection = ("--workload", "fanout", "--model", "asyncio,threads")
    with measuring(out, *selection, "--budget", "60m") as it:
        wait_for(it, "a trial that runs", it.children)
        it.signal_all(signal.SIGINT)
        said = it.end()
        return it, said, left_of(it.mark)


def test_ctrl_c_ends_a_run_with_the_exit_code_of_an_interrupt(interrupted: tuple) -> None:
    it, said, _ = interrupted
    assert it.process.returncode == Exit.INTERRUPTED
    assert "Traceback" not in said
    assert "interrupted: " in said


def test_after_ctrl_c_what_there_is_has_been_shown_and_drawn(interrupted: tuple) -> None:
    it, said, _ = interrupted
    figures = store.find_run(it.out) / "figures"
    for name in ("overview", "fanout"):
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
    # On a busy machine, not all threads wait at once.
    assert {trial.status.value for trial in trials} <= {"ok", "unsettled"}
    assert re.search(rf"^{len(trials)} trials? in ", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("workload", "model"),
    [("fanout", "threads"), ("kitchen", "processes"), ("fanout", "go")],
)
def test_what_a_killed_harness_has_started_dies_with_it_and_the_run_goes_on(
    tmp_path: Path, workload: str, model: str
) -> None:
    if model == "go" and build_go()[0] is None:
        pytest.skip("no Go here")
    selection = ("--workload", workload, "--model", model, "--profile", "quick")
    with measuring(tmp_path, *selection, "--budget", "60m") as it:
        # Of processes, one that its trial has started.
        least = 3 if model == "processes" else 1
        wait_for(it, "a trial that runs", lambda: len(it.children()) >= least)
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
