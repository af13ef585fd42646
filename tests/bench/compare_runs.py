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

from harness.analysis.analyse import Analysis
from harness.analysis.changes import Change
from harness.analysis.run_comparison import compare_runs
from harness.results.records import Cell
from harness.statistics.between_runs import DEFAULT, BetweenRuns
from harness.statistics.distributions import t_quantile
from tests.bench import tools

_COMPARISONS, _BUDGET_S, _MOST_FALSE = 20, 30, 1
_SELECTION = ("--workload", "noop,pingpong,sumsquares", "--model", "asyncio,trio,threads,go")
_MOST_DEGREES = 1e3


def rows() -> Iterator[tuple[str, str, str, bool]]:
    comparisons, budget_s = tools.amount(_COMPARISONS, 2), tools.amount(_BUDGET_S, 8)
    runs = [_run(budget_s) for _ in range(comparisons + 1)]
    compared = [compare_runs([old], [new]).changes for old, new in pairwise(runs)]
    wrong = [
        f"{row.cell.workload} {row.cell.name} {row.change.value}"
        for changes in compared
        for row in changes
        if row.change in (Change.FASTER, Change.SLOWER)
    ]
    cells = len(compared[0])
    yield (
        "compare: two runs of unchanged code",
        f"{len(wrong)} false verdicts in {comparisons} comparisons of {cells} cells, runs of"
        f" {budget_s} s" + "".join(f"; {text}" for text in wrong),
        f"at most {_MOST_FALSE}",
        len(wrong) <= _MOST_FALSE,
    )
    found = fit(between_variances(runs), len(runs) - 1)
    yield (
        "deviation between runs of unchanged code",
        f"{found.deviation:.2%} with {found.degrees:.1f} degrees of freedom, over {len(runs)} runs;"
        f" the default is {DEFAULT.deviation:.2%} with {DEFAULT.degrees:.1f}",
        "95% of cells at most as far as by the default",
        _reach(found) <= _reach(DEFAULT),
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


def _reach(between: BetweenRuns) -> float:
    """Return how far apart 95% of pairs of runs are at most, in log values."""
    return math.sqrt(2) * between.deviation * t_quantile(between.degrees, 0.05)
