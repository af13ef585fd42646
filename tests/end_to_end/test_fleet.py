"""A run on real Dask workers, which are processes on this machine and stand for hosts."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import psutil
import pytest

from harness.measuring.runners.go_build import find_go
from harness.paths import ROOT
from harness.results import store
from harness.results.records import Trial
from tests.support.command import command
from tests.support.loopback_fleet import LoopbackFleet
from tests.support.measuring import LONG_S, Measuring, measuring, wait_for, wait_until

pytest.importorskip("distributed", reason="Dask is not installed")

WORK = ("--workload", "noop", "--model", "asyncio,trio,go", "--no-figures", "--beside")


def has_go() -> bool:
    """Return whether the workers find a Go: there may be one in the environment of the tests."""
    with mock.patch.dict(os.environ, PATH=os.defpath):
        return find_go(ROOT / "go" / "go.mod")[0] is not None


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackFleet]:
    it = LoopbackFleet(tmp_path_factory.mktemp("fleet"))
    for name in ("one", "two"):
        it.start_worker(name)
    try:
        wait_until("both workers", lambda: it.log("worker").count("Registered to") >= 2)
        yield it
    finally:
        assert it.end() == []


def check(out: Path) -> list[Trial]:
    """Return the trials of the latest run; each is there once, and no block is on two hosts."""
    trials = list(store.read_trials(store.find_run(out), []))
    assert set(Counter((one.block, one.cell) for one in trials).values()) == {1}
    assert len({(one.block, one.host) for one in trials}) == len({one.block for one in trials})
    return trials


def loombench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=LONG_S, check=False
    )


def test_programs_that_are_killed_in_a_block_are_replaced(
    fleet: LoopbackFleet, tmp_path: Path
) -> None:
    """The kernel may end Loombench's program on a host, or a process that is measured."""
    out = tmp_path / "results"
    work = ("--workload", "kitchen", "--model", "asyncio,trio", "--no-figures", "--beside")
    arguments = (*work, "--scheduler", fleet.address, "--budget", "9h", "--precision", "0.0001%")
    with measuring(out, *arguments) as it:
        await_hosts(it)
        wait_until("a program to kill", lambda: kill_one(fleet.programs("two")))
        await_hosts(it)
        wait_until("a trial to kill", lambda: kill_one(fleet.trials("two")))
        wait_until("no orphan", lambda: not fleet.find_orphans())
        await_hosts(it)
        it.process.send_signal(signal.SIGINT)
        said = it.end()
    assert it.process.returncode == 130, said
    wait_until("the end of what hosts did", lambda: not (fleet.trials("one") + fleet.trials("two")))
    stored = {one.block for one in check(out)}
    # Two blocks may have been on their way at the end; a block that was lost would be a third.
    assert len(set(range(max(stored) + 1)) - stored) <= 1


def await_hosts(it: Measuring) -> None:
    """Wait until both hosts have stored a block from now on."""
    before = len(it.trials())
    wait_until("both hosts", lambda: len({one.host for one in it.trials()[before:]}) == 2)


def kill_one(found: list[psutil.Process]) -> bool:
    with contextlib.suppress(psutil.Error):
        if found:
            found[0].kill()
            return True
    return False


def test_a_host_is_killed_the_run_is_interrupted_and_goes_on(
    fleet: LoopbackFleet, tmp_path: Path
) -> None:
    out = tmp_path / "results"
    arguments = (*WORK, "--scheduler", fleet.address, "--budget", "10m", "--precision", "0.1%")
    with measuring(out, *arguments) as it:
        wait_for(it, "both hosts", lambda: len({one.host for one in it.trials()}) == 2)
        fleet.kill_worker("two")
        wait_until("the end of its program", lambda: not fleet.find_orphans())
        before = len(it.trials())
        wait_for(it, "more trials", lambda: len(it.trials()) > before + 4)
        it.process.send_signal(signal.SIGINT)
        said = it.end()
        assert it.process.returncode == 130, said
    wait_until("the end of what the host did", lambda: not fleet.trials("one"))
    assert "is gone" in said
    run = store.read_run(store.find_run(out))
    assert len(run.hosts) == 2
    stored = check(out)
    go = [one for one in stored if one.cell.model.startswith("go")]
    assert {one.status.value for one in go} <= {"ok" if has_go() else "unsupported"}

    alone = loombench("run", "--resume", "--out", out)
    assert alone.returncode == 2
    assert "was measured on a fleet" in alone.stderr
    again = loombench(
        "run", "--resume", "--out", out, "--budget", "1s", "--no-figures", "--scheduler",
        fleet.address, "--beside",
    )  # fmt: skip
    assert again.returncode in (0, 3), again.stderr
    assert "that are not there" in again.stderr
    trials = check(out)
    assert len(trials) > len(stored)
    assert f"{len(trials)} trials in" in again.stdout  # of both hosts, which are equal
    assert "No-op" in loombench("show", "--out", out).stdout


def test_doctor_describes_every_host(fleet: LoopbackFleet) -> None:
    done = loombench("doctor", "--scheduler", fleet.address)
    assert done.returncode == 0, done.stderr
    assert "class of equal hosts" in done.stdout
    assert ("no Go found" in " ".join(done.stdout.split())) is not has_go()


def test_a_scheduler_that_is_not_there_is_one_clear_message(tmp_path: Path) -> None:
    done = loombench("run", "--scheduler", "nonsense://127.0.0.1:1", "--out", tmp_path)
    assert done.returncode == 3
    assert "--scheduler nonsense://127.0.0.1:1: cannot connect" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_without_a_scheduler_imports_nothing_of_dask(tmp_path: Path) -> None:
    code = (
        "import sys; from harness import cli\n"
        f"cli.main(['run', '--workload', 'noop', '--model', 'asyncio', '--budget', '1s',"
        f" '--no-figures', '--beside', '--out', {str(tmp_path)!r}])\n"
        "print('imported:', [m for m in sys.modules if m.split('.')[0] in ('dask', 'distributed')"
        " or m.startswith('harness.measuring.fleet')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "imported: []"
