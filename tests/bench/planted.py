"""Differences that were planted, in real runs: what is found of them, and what is found of none.

Each run measures `tests/support/planted/waiting.py` as anybody would: the command, its whole
budget, what the analysis then says. All contestants share one run, so the time of each is a sixth
of the budget (the A/A control is one of the six), and every verdict is adjusted for ten
comparisons: harder than a run of two contestants each, and that is what a run is like.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from harness.analysis.comparison import Comparison
from harness.catalog.contestant import Contestant
from tests.bench import tools

_RUNS, _BUDGET_S, _MOST_MISSED = 20, 30, 1
_WORKLOAD = "busy"
_BASE, _TWIN, _BARRED = "base", "twin", "slower-5"
_SLOWER = ("slower-2", _BARRED, "slower-20")


def rows() -> Iterator[tuple[str, str, str, bool]]:
    runs, budget_s = tools.amount(_RUNS, 2), tools.amount(_BUDGET_S, 5)
    comparisons = [_comparison(seed, budget_s) for seed in range(1, runs + 1)]
    where = f"{runs} runs of {budget_s} s, six contestants sharing each"
    for model in _SLOWER:
        found = Counter(verdict(comparison, model) for comparison in comparisons)
        percent = model.rpartition("-")[2]
        is_barred = model == _BARRED
        least = runs - _MOST_MISSED
        yield (
            f"a planted difference of {percent}% between two busy-waits of 20 ms",
            f"found with the right sign in {found['slower']} of {where};"
            f" with the wrong one in {found['faster']}",
            f"at least {least} of {runs}" if is_barred else "no bar",
            found["slower"] >= least or not is_barred,
        )
    alarms = sum(verdict(one, _TWIN) != "" for one in comparisons)
    yield (
        "two busy-waits of 20 ms with no difference between them",
        f"called different in {alarms} of {where}",
        f"at most {_MOST_MISSED} of {runs}",
        alarms <= _MOST_MISSED,
    )
    widths = {model: _mean_spread(comparisons, model) for model in (_TWIN, *_SLOWER)}
    yield (
        "half the width of the 95% interval of a ratio to the base, mean of the runs",
        ", ".join(f"{model}: {width:.4%}" for model, width in widths.items()),
        "no bar",
        True,
    )
    floors = [one.floor - 1 for one in comparisons if one.floor is not None]
    yield (
        "noise floor of these runs",
        f"{min(floors, default=0):.4%} to {max(floors, default=0):.4%}",
        "no bar",
        True,
    )


def verdict(comparison: Comparison, model: str) -> str:
    """Return how a contestant differs from the base: slower, faster, or an empty text."""
    pair = Contestant(_WORKLOAD, model), Contestant(_WORKLOAD, _BASE)
    if not comparison.is_different(*pair):
        return ""
    return "slower" if comparison.ratios[pair].value > 1 else "faster"


def _comparison(seed: int, budget_s: int) -> Comparison:
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        tools.loombench(
            *("run", "--runner", tools.PLANTED, "--workload", _WORKLOAD, "--profile", "quick"),
            *("--budget", f"{budget_s}s", "--precision", tools.NEVER, "--seed", seed),
            *("--no-figures", "--out", out),
        )
        return tools.analysed(Path(out)).workloads[_WORKLOAD].comparison


def _mean_spread(comparisons: list[Comparison], model: str) -> float:
    pair = Contestant(_WORKLOAD, model), Contestant(_WORKLOAD, _BASE)
    spreads = (comparison.ratios[pair].spread for comparison in comparisons)
    return mean(spread for spread in spreads if spread is not None)
