"""One interpreter entered twice as two runtimes: its contestants must come out tied.

The second entry is this interpreter by another label, in an environment that the tool makes for it.
How often it is asked is fixed before.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.catalog.contestant import Contestant
from harness.statistics.verdicts import Verdict
from tests.bench import tools

_RUNS, _BUDGET_S, _MOST_MISSED = 20, 18, 1  # together under 8 minutes
_TRIED_S = 10  # when the part is only tried out
_WORKLOAD, _MODEL, _LABEL = "pingpong", "asyncio", "twin"


def rows() -> Iterator[tuple[str, str, str, bool]]:
    runs, budget_s = tools.amount(_RUNS, 1), tools.amount(_BUDGET_S, _TRIED_S)
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        words = Counter(_ask(Path(name), seed, budget_s) for seed in range(runs))
    least = runs - _MOST_MISSED
    yield (
        "one interpreter entered twice as two runtimes",
        f"tied in {words[Verdict.TIED]} of {runs} runs of {budget_s} s, different in"
        f" {words[Verdict.DIFFERENT]}",
        f"tied in at least {least} of {runs}",
        words[Verdict.TIED] >= least,
    )


def _ask(out: Path, seed: int, budget_s: int) -> Verdict:
    """Measure a model on this interpreter and on its twin; returns how they compare."""
    tools.loombench(
        *("run", "--profile", "quick", "--workload", _WORKLOAD, "--model", _MODEL),
        *("--runtime", f"{_LABEL}={sys.executable}", "--no-figures", "--precision", "1%"),
        *("--budget", f"{budget_s}s", "--seed", seed, "--out", out),
    )
    comparison = tools.analysed(out).workloads[_WORKLOAD].comparison
    mine, twin = Contestant(_WORKLOAD, _MODEL), Contestant(_WORKLOAD, _MODEL, "", _LABEL)
    return comparison.verdict(twin, mine)
