"""Of the tasks of `fanout`, the share that waited at once, in every model and at every size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import units
from harness.catalog.workload import Workload
from harness.results import store
from harness.results.records import Status, Trial
from tests.bench import tools

_CASES = ("headline", "tasks-10", "tasks-100", "tasks-10000")


def rows() -> Iterator[tuple[str, str, str, bool]]:
    """Run each case of `fanout`; what is unsettled is in no result, and is counted here."""
    cases = _CASES[1:2] if tools.amount(0, 1) else _CASES
    workload = tools.inventory().workloads["fanout"]
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
            tools.loombench(
                "run", "--workload", "fanout", "--case", case, "--profile", "quick",
                "--no-figures", "--budget", "3m", "--precision", "50%", "--out", out,
            )  # fmt: skip
            trials = list(store.read_trials(store.find_run(Path(out)), []))
        trials = [trial for trial in trials if trial.cell.model != "sequential"]
        yield _row(case, trials, workload)


def _row(case: str, trials: Iterable[Trial], workload: Workload) -> tuple[str, str, str, bool]:
    settled = [trial for trial in trials if trial.status is Status.OK]
    others = [trial for trial in trials if trial.status is Status.UNSETTLED]
    missing = {trial.cell.name for trial in trials} - {trial.cell.name for trial in settled}
    least = min((_share(trial, workload) for trial in settled), default=0.0)
    lowest = ", ".join(f"{trial.cell.name} {_share(trial, workload):.1%}" for trial in others)
    return (
        f"fanout {case}: least share of its tasks in flight at once",
        f"{least:.1%} of {units.format_count(len(settled), 'trial')};"
        f" unsettled: {lowest or 'none'}"
        + (f"; without a result: {', '.join(sorted(missing))}" if missing else ""),
        "100%, all contestants",
        least == 1 and not missing,
    )


def _share(trial: Trial, workload: Workload) -> float:
    tasks = workload.resolve(trial.cell.case, trial.cell.model).params["tasks"]
    return trial.observed.get("in_flight", 0) / int(tasks)
