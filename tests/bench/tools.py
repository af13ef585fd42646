"""What the parts of the benchmark share: processes timed one by one."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis
from harness.catalog.workload import Workload
from harness.measuring.inventory import Inventory
from harness.measuring.processes import child
from harness.measuring.runners.go_build import find_go
from harness.measuring.runners.protocol import Request, RequestCase, encode_request
from harness.measuring.runners.runner import Runner
from harness.paths import ROOT
from harness.results import store
from tests.support import command

BARE = Path(__file__).parent / "bare"
BY_HAND_GO = ("bare.go", "files.go", "offloading.go", "waiting.go")  # one program
PLANTED = ROOT / "tests" / "support" / "planted"  # the folder of an external runner
SMALL = "LOOMBENCH_BENCH_SMALL"  # set: try the long parts out; their figures then prove nothing
NEVER = "0.0001%"  # a precision that no run reaches, so that it uses its whole budget


@cache
def inventory() -> Inventory:
    return Inventory.open()


def runner_of(model: str) -> Runner | None:
    """Return the runner that offers a model which is available here."""
    for offer in inventory().runners.offers():
        if offer.contestant.model == model and offer.unavailable is None:
            return inventory().runners.found[offer.runner]
    return None


@cache
def bare_go(*files: str) -> Path | None:
    """Build a hand-written Go program from its files, outside the repository."""
    go, _ = find_go(ROOT / "go" / "go.mod")
    if go is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="loombench-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    binary = folder / "bare"
    subprocess.run(
        [go, "build", "-trimpath", "-o", str(binary), *(str(BARE / file) for file in files)],
        check=True,
        cwd=ROOT / "go",  # where its libraries are known
        env={**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
    )
    return binary


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "python")}


def request(workload: Workload, model: str, case_id: str, **changes: int | dict[str, int]) -> bytes:
    """Return a request for one case, with some of its fields changed."""
    case = workload.cases[case_id]
    params = changes.pop("params", case.params)
    fields = {
        "id": case_id,
        "params": params,
        "operations": 1,
        "warmup": 0,
        "iterations": 1,
        "min_sample_ns": 0,
        **changes,
    }
    return encode_request(Request(workload.id, model, "", 1, (RequestCase(**fields),)))


def until_first_sample_ns(runner: Runner, line: bytes) -> int:
    """Return the time from spawning a runner until its first sample has arrived."""
    seen = 0

    def on_line(text: bytes) -> str:
        nonlocal seen
        if not seen and b'"kind": "sample"' in text.replace(b'":"', b'": "'):
            seen = time.perf_counter_ns()
        return ""

    start = time.perf_counter_ns()
    child.run(
        [*runner.command_for("noop"), "run"],
        {**environment(), **runner.env},
        line,
        child.Limits(60, 2**40),
        on_line,
    )
    assert seen, "the runner sent no sample"
    return seen - start


def whole_ns(*command: str) -> int:
    """Return the time from spawning a command until it has ended."""
    ended = child.run(command, environment(), b"", child.Limits(60, 2**40), lambda _: "")
    assert ended.returncode == 0, ended.stderr_end
    return ended.wall_ns


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-P", *arguments)


def amount(usual: int, small: int) -> int:
    """Return how much of something a part does: less when it is only tried out."""
    return small if os.environ.get(SMALL) else usual


def runs_environment(**more: str) -> dict[str, str]:
    """Return the environment of a run: planted runners take `python3` from PATH, and it is ours."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, **more}


def loombench(*arguments: object, cwd: Path = ROOT, **more: str) -> float:
    """Run the command, from outside; returns the seconds it took. `more` is its environment's.

    In another folder, which has a copy of the harness, it is that copy that runs.
    """
    start = time.perf_counter()
    done = subprocess.run(
        command.command(*arguments),
        cwd=cwd,
        env=runs_environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    assert done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return seconds


def analysed(out: Path) -> Analysis:
    """Analyse the latest run."""
    folder = store.find_run(out)
    return analyse(store.read_run(folder), store.read_trials(folder, []))
