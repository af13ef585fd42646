"""The time of a run that no trial has: planning, storing, showing, and the machine looked at.

The measuring phase is from the start of the first trial to the end of the last, as the trials
themselves tell. What the command takes before (asking and building the runners) and after
(analysing, the tables) does not grow with the budget, and is told beside it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from harness.results import store
from harness.results.records import Trial
from tests.bench import tools

_BUDGET_S, _BAR = 60, 0.05


def rows() -> Iterator[tuple[str, str, str, bool]]:
    budget_s = tools.amount(_BUDGET_S, 8)
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        began = time.time()
        seconds = tools.loombench(
            *("run", "--profile", "quick", "--budget", f"{budget_s}s", "--precision", tools.NEVER),
            *("--no-figures", "--out", out),
            FORCE_COLOR="1",  # as on a terminal: the live display is part of what it costs
        )
        trials = list(store.read_trials(store.find_run(Path(out)), []))
    first, last = phase(trials)
    share = outside(trials)
    yield (
        f"time outside children, of a run of {budget_s} s over all workloads",
        f"{share:.2%} of {last - first:.1f} s of measuring ({len(trials)} trials,"
        f" {1000 * share * (last - first) / len(trials):.1f} ms each)",
        f"at most {_BAR:.0%}",
        share <= _BAR,
    )
    yield (
        f"before the first trial and after the last of that run of {budget_s} s",
        f"{first - began:.2f} s to describe and build the runners and to plan;"
        f" {began + seconds - last:.2f} s to analyse and to show",
        "no bar",
        True,
    )


def outside(trials: Sequence[Trial]) -> float:
    """Return the share of the measuring phase in which no child lived."""
    first, last = phase(trials)
    return 1 - sum(trial.wall_ns for trial in trials) / 1e9 / (last - first)


def phase(trials: Sequence[Trial]) -> tuple[float, float]:
    """Return when the first trial began and the last ended, in seconds since 1970."""
    began = [datetime.fromisoformat(trial.started_at).timestamp() for trial in trials]
    ends = [start + trial.wall_ns / 1e9 for start, trial in zip(began, trials, strict=True)]
    return min(began), max(ends)
