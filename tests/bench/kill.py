"""`kill -9` of the harness at random moments of one run, which goes on each time.

The kills fall on the start-up of a session too, and on trials of our own runners beside the planted
ones: `processes` has children of its own, and each must notice that the harness is gone.
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from harness.measuring import plan
from harness.paths import ROOT
from harness.results import store
from harness.results.records import Run, Trial
from tests.bench import tools
from tests.support import command
from tests.support.planted import bench as planted

_KILLS, _SEED = 20, 9
_EARLIEST_S, _LATEST_S = 0.3, 6.0  # after a session's start, which takes about half a second
_WORKLOADS, _MODELS = "busy,sumsquares", "base,slower-5,asyncio,threads,processes,go"


def rows() -> Iterator[tuple[str, str, str, bool]]:
    kills = tools.amount(_KILLS, 4)
    draw = random.Random(_SEED)
    kept = b""
    intact = alone = orphaned = while_measuring = torn = 0
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        out = Path(name)
        file = out / "latest" / store.TRIALS_FILE
        for _ in range(kills):
            mark = uuid4().hex
            orphaned += _kill_after(draw.uniform(_EARLIEST_S, _LATEST_S), out, mark)
            left = planted.left_of(mark)
            alone += not left
            for process in left:
                process.kill()
            data = file.read_bytes() if file.exists() else b""
            intact += data.startswith(kept)
            while_measuring += len(data) > len(kept)
            torn += not data.endswith(b"\n") and bool(data)
            kept = whole_lines(data)
        tools.loombench(*_arguments(out, "10s"))
        is_kept = file.read_bytes().startswith(kept)
        run = store.read_run(store.find_run(out))
        trials = list(store.read_trials(store.find_run(out), []))
    doubles, holes = measured_twice(trials), cut_short(run, trials)
    what = f"kill -9 of the harness at {kills} random moments, then --resume"
    bar = f"{kills} of {kills}"
    yield (
        f"{what}: nothing measured is lost",
        f"every whole line still there after {intact} of {kills} ({while_measuring} of them had"
        f" measured, {torn} tore a line), and at the end {'too' if is_kept else 'NOT'}",
        bar,
        intact == kills and is_kept,
    )
    yield (
        f"{what}: nothing is measured twice",
        f"{len(doubles)} of {len(trials)} trials twice; {len(holes)} blocks not whole at the end",
        "none, and only the last block not whole",
        not doubles and len(holes) <= 1,
    )
    yield (
        f"{what}: no child is left",
        f"none after {alone} of {kills} ({orphaned} of them left one orphaned)",
        bar,
        alone == kills,
    )


def _kill_after(seconds: float, out: Path, mark: str) -> bool:
    """Begin the run or go on with it; kill the harness alone. Returns whether it had a child."""
    harness = subprocess.Popen(
        command.command(*_arguments(out, "10m")),
        cwd=ROOT,
        env=tools.runs_environment(**{planted.MARK: mark}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    time.sleep(seconds)
    ended = harness.poll()
    had_child = len(planted.marked(mark)) > 1
    harness.kill()
    _, said = harness.communicate()
    assert ended is None, f"ended by itself with {ended}: {os.fsdecode(said)}"
    return had_child


def _arguments(out: Path, budget: str) -> tuple[object, ...]:
    common = ("run", "--runner", tools.PLANTED, "--budget", budget, "--no-figures", "--out", out)
    if (out / "latest" / store.RUN_FILE).is_file():
        return (*common, "--resume")
    return (
        *common,
        *("--workload", _WORKLOADS, "--model", _MODELS, "--profile", "quick"),
        *("--precision", tools.NEVER, "--seed", _SEED),
    )


def whole_lines(data: bytes) -> bytes:
    """Return what of a file of lines was whole."""
    return data[: data.rfind(b"\n") + 1]


def measured_twice(trials: Iterable[Trial]) -> list[object]:
    """Return the cells that a block has more than once."""
    counts = Counter((trial.block, trial.cell) for trial in trials)
    return [place for place, count in counts.items() if count > 1]


def cut_short(run: Run, trials: Iterable[Trial]) -> list[int]:
    """Return the blocks that lack a contestant."""
    by_case = plan.group_by_case(run.cells)
    seen: dict[int, set[object]] = {}
    wanted: dict[int, set[object]] = {}
    for trial in trials:
        seen.setdefault(trial.block, set()).add(trial.cell)
        wanted[trial.block] = set(by_case[trial.cell.workload, trial.cell.case])
    return [block for block, cells in seen.items() if cells != wanted[block]]
