"""A run of a server that is stopped or killed: neither the server nor who asks it stays."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.errors import Exit
from harness.measuring.runners import manifest
from harness.measuring.runners.runner import Runners
from tests.support.measuring import LONG_S, Measuring, wait_for, wait_until
from tests.support.planted.bench import HERE, left_of, patiently
from tests.support.planted.served import SERVED


@pytest.fixture
def going(tmp_path: Path, ours: Runners) -> Iterator[Measuring]:
    """Return a run whose server stays whatever happens, while it is asked for an hour."""
    if not ours.load_command:
        pytest.skip(ours.load_missing)
    home = tmp_path / "home"
    (home / "workloads").mkdir(parents=True)
    text = SERVED.replace("min_sample_ms = 20", "min_sample_ms = 3_600_000")
    (home / "workloads" / "served.toml").write_text(text, encoding="utf-8")
    for name in ("serving.py", "speaking.py"):
        shutil.copy(HERE / name, home)
    words = [sys.executable, "-E", "-s", "-S", "serving.py", "hold_the_harness"]
    (home / manifest.FILE).write_text(
        f'[runners.held]\ncommand = {words}\nworkloads = ["workloads"]\n', encoding="utf-8"
    )
    it = Measuring(
        tmp_path / "out", "--runner", home, "--workload", "served", "--model", "hold-the-harness",
        "--no-figures", "--budget", "60m",
    )  # fmt: skip
    try:
        wait_for(it, "server and load generator", lambda: both_run(it))
        yield it
    finally:
        for one in it.children():
            one.kill()
        it.process.kill()
        it.process.wait(LONG_S)
        assert it.process.stdout is not None
        it.process.stdout.close()


def both_run(it: Measuring) -> bool:
    return {"load", "run"} <= {last_word(one) for one in it.children()}


def last_word(process: psutil.Process) -> str:
    try:
        return Path(process.cmdline()[-1]).name
    except (psutil.Error, IndexError):
        return ""


def test_ctrl_c_ends_the_server_and_who_asks_it(going: Measuring) -> None:
    with patiently():
        going.signal_all(signal.SIGINT)
        said = going.end()
    assert (going.process.returncode, "Traceback" in said) == (Exit.INTERRUPTED, False)
    assert left_of(going.mark) == []
    assert going.trials() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nobody watches elsewhere")
def test_a_killed_harness_takes_the_server_and_who_asks_it_along(going: Measuring) -> None:
    with patiently():
        os.kill(going.process.pid, signal.SIGKILL)
        going.process.wait(LONG_S)
        wait_until("the end of what it has started", lambda: not going.children())
