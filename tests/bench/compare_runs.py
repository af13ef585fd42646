"""`loombench compare` of unchanged code: false verdicts, and how much runs differ.

The same selection is measured again and again; each run is compared with the one before it. The
deviation between runs, over all of them, is what `statistics/between_runs.py` has a default for.
"""

from __future__ import annotations

import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

from harness.analysis.changes import CellChange, Change
from harness.analysis.run_comparison import compare_runs
from harness.analysis.run_results import Analysis
from harness.results.records import Cell
from harness.statistics.between_runs import DEFAULT, BetweenRuns
from tests.bench import tools

_COMPARISONS, _BUDGET_S, _MOST_FALSE = 20, 40, 1
_SELECTION = ("--workload", "noop,pingpong", "--model", "asyncio,trio,threads,go")
_LEAST_COVERED = 0.93
_MOST_DEGREES = 1e3


def rows() -> Iterator[tuple[str, str, str, bool]]:
    comparisons, budget_s = tools.amount(_COMPARISONS, 2), tools.amount(_BUDGET_S, 20)
    runs = [_run(budget_s) for _ in range(comparisons + 1)]
    compared = [row for old, new in pairwise(runs) for row in compare_runs([old], [new]).changes]
    yield _verdicts(compared, f"{comparisons} comparisons of runs of {budget_s} s")
    yield _coverage(compared)
    found = fit(between_variances(runs), len(runs) - 1)
    yield (
        "compare: deviation of a run's value, of unchanged code",
        f"{found.deviation:.1%} with {found.degrees:.1f} degrees of freedom over {len(runs)} runs,"
        f" of which {_inside(runs):.1%} is from processes; the default between runs is"
        f" {DEFAULT.deviation:.1%} with {DEFAULT.degrees:.1f}",
        "no bar",
        True,
    )


def _verdicts(compared: Sequence[CellChange], where: str) -> tuple[str, str, str, bool]:
    wrong = [
        f"; {row.cell.workload} {row.cell.name} {row.change.value}"
        for row in compared
        if row.change in (Change.FASTER, Change.SLOWER)
    ]
    return (
        "compare: two runs of unchanged code",
        f"{len(wrong)} false verdicts on {len(compared)} cells in {where}{''.join(wrong)}",
        f"at most {_MOST_FALSE}",
        len(wrong) <= _MOST_FALSE,
    )


def _coverage(compared: Sequence[CellChange]) -> tuple[str, str, str, bool]:
    """Return how many intervals are right; without an interval nothing is shown."""
    ratios = [row.ratio for row in compared if row.ratio is not None]
    intervals = [(one.low, one.high) for one in ratios if one.low and one.high]
    right = sum(low <= 1 <= high for low, high in intervals)
    return (
        "compare: intervals of unchanged code that contain 1",
        f"{right} of {len(intervals)}, of {len(compared)} cells",
        f"at least {_LEAST_COVERED:.0%}, and every cell has one",
        len(intervals) == len(compared) and right >= _LEAST_COVERED * len(intervals),
    )


def _run(budget_s: int) -> Analysis:
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        tools.loombench(
            *("run", *_SELECTION, "--case", "headline", "--profile", "quick"),
            *("--budget", f"{budget_s}s", "--precision", tools.NEVER),
            *("--no-figures", "--out", out),
        )
        return tools.analysed(Path(out))


def between_variances(runs: Sequence[Analysis]) -> list[float]:
    """Return, for each cell, the variance over runs of the mean log value of a run."""
    means: defaultdict[Cell, list[float]] = defaultdict(list)
    for analysis in runs:
        for result in analysis.workloads.values():
            for cell in result.headline:
                if cell.values:
                    means[cell.cell].append(float(np.log(list(cell.values.values())).mean()))
    return [float(np.var(logs, ddof=1)) for logs in means.values() if len(logs) == len(runs)]


def _inside(runs: Sequence[Analysis]) -> float:
    """Return the standard error of a run's value by its processes, as the middle one of cells."""
    errors = [
        float(np.log(list(cell.values.values())).std(ddof=1)) / math.sqrt(len(cell.values))
        for analysis in runs
        for result in analysis.workloads.values()
        for cell in result.headline
        if len(cell.values) > 1
    ]
    return float(np.median(errors))


def fit(variances: Sequence[float], degrees: int) -> BetweenRuns:
    """Fit a scaled inverse chi-squared distribution to variances of so many degrees of freedom.

    By the moments of their logarithms (Smyth, 2004, section 6.2). The variances include what
    processes differ by inside runs, so the deviation is a little too large.
    """
    half = degrees / 2
    logs = np.log(variances) - digamma(half) + math.log(half)
    excess = float(logs.var(ddof=1) - polygamma(1, half))
    prior = _MOST_DEGREES
    if excess > polygamma(1, prior / 2):
        prior = 2 * brentq(lambda x: polygamma(1, x) - excess, 1e-2, _MOST_DEGREES)
    log_variance = float(logs.mean() + digamma(prior / 2) - math.log(prior / 2))
    return BetweenRuns(math.exp(log_variance / 2), prior)
