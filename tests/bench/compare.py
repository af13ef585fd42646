"""The commands that people run, from outside: `make smoke`, `make compare`, `make setup`."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.paths import ROOT
from harness.results import store

_SETUP_BAR_S, _SMOKE_BAR_S = 1.0, 60.0
_BUDGET, _COMPARE_BAR_S, _LEAST_BLOCKS = "3m", 200.0, 5
# What the bar was set for; servers and latencies have to run for a while each, and need more.
_WORKLOADS = "noop,kitchen,fanout,sumsquares,pingpong"


def smoke_rows() -> Iterator[tuple[str, str, str, bool]]:
    for target, bar in (("setup", _SETUP_BAR_S), ("smoke", _SMOKE_BAR_S)):
        seconds, code = _make(target)
        yield (
            f"make {target}, when set up",
            f"{seconds:.1f} s, exit code {code}",
            f"at most {bar:.0f} s",
            seconds <= bar and code == 0,
        )


def compare_rows() -> Iterator[tuple[str, str, str, bool]]:
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        seconds, code = _make(
            "compare", f"BUDGET={_BUDGET}", f"WORKLOADS={_WORKLOADS}", f"OUT={out}"
        )
        folder = store.find_run(Path(out))
        run = store.read_run(folder)
        counts = Counter(trial.cell for trial in store.read_trials(folder, []))
        headline = {cell: counts[cell] for cell in run.cells if cell.case == "headline"}
        sweeps = [counts[cell] for cell in run.cells if cell.case != "headline"]
        figures = len(list((folder / "figures").glob("*.png")))
    least = min(headline.values())
    yield (
        f"make compare BUDGET={_BUDGET}, makespans and rates: blocks of each headline case",
        f"at least {least} ({len(headline)} cells; of {len(sweeps)} points of the sweep"
        f" {sum(n > 0 for n in sweeps)} were measured)",
        f"at least {_LEAST_BLOCKS}",
        least >= _LEAST_BLOCKS and code == 0,
    )
    yield (
        f"make compare BUDGET={_BUDGET}, makespans and rates: until it ended",
        f"{seconds:.0f} s with {figures} figures, exit code {code}",
        f"at most {_COMPARE_BAR_S:.0f} s",
        seconds <= _COMPARE_BAR_S and code == 0,
    )


def _make(*arguments: str) -> tuple[float, int]:
    start = time.perf_counter()
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, check=False)
    return time.perf_counter() - start, done.returncode
