"""How soon a run answers: its first look, and five blocks of every headline case.

One run of everything as a user starts it, without the cases of sweeps. The clock starts with the
command. The first look is there when the report is: it is written after the figures. A precision
that five blocks nearly always reach ends the run.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from harness.measuring.plan import PROFILES
from harness.paths import ROOT
from harness.presenting import report
from harness.results import store
from tests.bench import tools
from tests.support import command

_LOOK_BAR_S, _BLOCKS_BAR_S = 150.0, 600.0
_TICK_S = 0.1
_PROFILE = PROFILES["quick"]


def rows() -> Iterator[tuple[str, str, str, bool]]:
    chosen = tools.amount(0, 2)  # workloads; 0 is all of them
    few = ("--workload", "noop,pingpong", "--model", "asyncio,uvloop")
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        out = Path(name)
        began, clock = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command.command(
                *("run", "--profile", _PROFILE.name, "--budget", "20m", "--precision", "99%"),
                *("--out", out, *(few if chosen else ())),
            ),
            cwd=ROOT,
            env=tools.runs_environment(),
            stdout=subprocess.DEVNULL,
        )
        page = out / "latest" / report.FILE
        while not page.is_file() and process.poll() is None:
            time.sleep(_TICK_S)
        look_s = time.perf_counter() - clock
        drawn = {path.stem for path in page.parent.glob("figures/*.svg")}
        assert process.wait() == 0
        folder = store.find_run(out)
        workloads = set(store.read_run(folder).workloads)
        blocks = _PROFILE.min_blocks * len(workloads)
        blocks_s = _ended(folder, blocks) - began
    what = f"all {len(workloads)} headline cases"
    yield (
        f"{what}: figures and report of the first look exist after",
        f"{look_s:.0f} s, {len(workloads & drawn)} of {len(workloads)} workloads drawn",
        f"at most {_LOOK_BAR_S:.0f} s",
        look_s <= _LOOK_BAR_S and workloads <= drawn,
    )
    yield (
        f"{what}: {_PROFILE.min_blocks} blocks of each are measured after",
        f"{blocks_s:.0f} s, first looks included",
        f"at most {_BLOCKS_BAR_S:.0f} s",
        blocks_s <= _BLOCKS_BAR_S,
    )


def _ended(folder: Path, blocks: int) -> float:
    """Return when the last trial of the first so many blocks ended, in seconds of the epoch."""
    return max(
        datetime.fromisoformat(trial.started_at).timestamp() + trial.wall_ns / 1e9
        for trial in store.read_trials(folder, [])
        if trial.block < blocks
    )
