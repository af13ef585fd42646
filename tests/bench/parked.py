"""What a task weighs, measured again and again; and as many connections as people speak of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.catalog.workload import HEADLINE
from harness.results import store
from harness.results.records import Status
from tests.bench import tools

_SPREAD_BAR = 0.05
_MANY = ("asyncio", "uvloop", "trio", "go")


def slope_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Repeat whole runs of `footprint`; print how far the estimates of each model spread."""
    runs = tools.amount(5, 2)
    slopes: dict[str, list[float]] = {}
    for seed in range(runs):
        with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
            tools.loombench(
                "run", "--workload", "footprint", "--profile", "quick", "--no-figures",
                "--budget", "10m", "--precision", "50%", "--seed", seed, "--out", out,
            )  # fmt: skip
            for cell in tools.analysed(Path(out)).workloads["footprint"].cases[HEADLINE]:
                if "bytes" in cell.metrics:
                    slopes.setdefault(cell.name, []).append(cell.metrics["bytes"].value)
    spreads = {name: max(found) / min(found) - 1 for name, found in slopes.items()}
    shown = ", ".join(
        f"{name} {sum(found) / len(found):,.0f} B ({spreads[name]:.1%})"
        for name, found in slopes.items()
    )
    yield (
        f"bytes of a parked task over {runs} runs: mean and spread (largest over smallest)",
        shown,
        f"spread at most {_SPREAD_BAR:.0%}",
        bool(spreads) and max(spreads.values()) <= _SPREAD_BAR,
    )


def many_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Open ten thousand connections to the echo server of each model that is asked about."""
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        tools.loombench(
            "run", "--workload", "echo", "--case", "many", "--model", ",".join(_MANY),
            "--profile", "quick", "--no-figures", "--budget", "60s", "--precision", "50%",
            "--out", out,
        )  # fmt: skip
        trials = list(store.read_trials(store.find_run(Path(out)), []))
    bad = [
        f"{trial.cell.name}: {trial.message}" for trial in trials if trial.status is not Status.OK
    ]
    met = {trial.cell.contestant for trial in trials}
    rates = {
        trial.cell.name: sample.operations * 1e9 / sample.elapsed_ns
        for trial in trials
        for sample in trial.samples
        if not sample.warmup
    }
    fastest = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in sorted(rates.items()))
    yield (
        "10,000 open echo connections, every answer checked",
        "; ".join(bad)
        or f"{len(trials)} trials of {len(met)} contestants without an error ({fastest})",
        "served, no error",
        bool(trials) and not bad,
    )
