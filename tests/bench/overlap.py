"""Of the tasks of `fanout`, the share that waited at once, in every model and at every size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.results import store
from tests.bench import tools


def rows() -> Iterator[tuple[str, str, str, bool]]:
    """Run `fanout`; a trial in which fewer waited at once is invalid, and counts with its share."""
    sizes = ("--case", "tasks-10") if tools.amount(0, 1) else ()
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        tools.loombench(
            "run", "--workload", "fanout", *sizes, "--profile", "quick", "--no-figures",
            "--budget", "15m", "--precision", "50%", "--out", out,
        )  # fmt: skip
        trials = list(store.read_trials(store.find_run(Path(out)), []))
    workload = tools.inventory().workloads["fanout"]
    by_case: dict[str, dict[str, float]] = {}
    for trial in trials:
        if trial.cell.model == "sequential":
            continue
        tasks = int(workload.cases[trial.cell.case].params["tasks"])
        share = trial.observed.get("in_flight", 0) / tasks
        shares = by_case.setdefault(trial.cell.case, {})
        shares[trial.cell.name] = min(share, shares.get(trial.cell.name, 1))
    for case, shares in by_case.items():
        least = min(shares.values())
        lowest = ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share < 1)
        yield (
            f"fanout {case}: least share of its tasks in flight at once",
            f"{least:.1%} of {len(shares)} contestants{f' ({lowest})' if lowest else ''}",
            "100%",
            least == 1,
        )
