"""`loombench ab`: does it find a change of 2% in one implementation, and nothing where none is.

A copy of the repository is a checkout of its own. In its working tree the asyncio ping-pong makes
2% more hand-overs than in its commit, or has a comment more. How often it is asked is fixed before.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from harness.analysis.changes import CellChange, Change
from harness.analysis.revision_comparison import compare_revision
from tests.bench import tools
from tests.support.versions import copy_repository, edit

_RUNS, _BUDGET_S, _MOST_MISSED = 20, 60, 1
_SAME_BUDGET_S = 20  # where nothing is to be found
_TRIED_S = 5  # when the part is only tried out
_FILE = Path("python", "workloads", "pingpong", "on_asyncio.py")
_PERCENT = 2


def rows() -> Iterator[tuple[str, str, str, bool]]:
    runs = tools.amount(_RUNS, 1)
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        copy = copy_repository(Path(name) / "copy")
        original = (copy / _FILE).read_text(encoding="utf-8")
        _plant_work(copy / _FILE)
        yield _planted_row(copy, runs, tools.amount(_BUDGET_S, _TRIED_S))
        (copy / _FILE).write_text(original + "# a comment\n", encoding="utf-8")
        yield _same_row(copy, runs, tools.amount(_SAME_BUDGET_S, _TRIED_S))


def _planted_row(copy: Path, runs: int, budget_s: int) -> tuple[str, str, str, bool]:
    found = [_ask(copy, seed, budget_s) for seed in range(runs)]
    words = Counter(change.change for change in found)
    least = runs - _MOST_MISSED
    return (
        f"ab: {_PERCENT}% more hand-overs in one implementation",
        f"called slower in {words[Change.SLOWER]} of {runs} runs of {budget_s} s, faster in"
        f" {words[Change.FASTER]}; {_describe(found)}",
        f"at least {least} of {runs}",
        words[Change.SLOWER] >= least,
    )


def _same_row(copy: Path, runs: int, budget_s: int) -> tuple[str, str, str, bool]:
    found = [_ask(copy, seed, budget_s) for seed in range(runs)]
    words = Counter(change.change for change in found)
    wrong = words[Change.SLOWER] + words[Change.FASTER]
    return (
        "ab: a comment more in one implementation",
        f"called different in {wrong} of {runs} runs of {budget_s} s, tied in"
        f" {words[Change.TIED]}; {_describe(found)}",
        f"at most {_MOST_MISSED} of {runs}",
        wrong <= _MOST_MISSED,
    )


def _plant_work(file: Path) -> None:
    edit(file, "(params.rounds, ", "(more, ")
    edit(
        file,
        "    async with",
        f"    more = params.rounds + params.rounds * {_PERCENT} // 100\n    async with",
    )
    edit(file, "ping_task.result()", "ping_task.result() - 2 * (more - params.rounds)")


def _ask(copy: Path, seed: int, budget_s: int) -> CellChange:
    """Run `ab HEAD` in the copy; returns what it says of the implementation."""
    out = copy.parent / "results"
    tools.loombench(
        *("ab", "HEAD", "--workload", _FILE.parent.name, "--model", "asyncio"),
        *("--budget", f"{budget_s}s", "--seed", seed, "--out", out),
        cwd=copy,
    )
    (change,) = compare_revision(tools.analysed(out))
    return change


def _describe(found: list[CellChange]) -> str:
    """Return the mean ratio and the mean half-width of its interval."""
    ratios = [change.ratio for change in found if change.ratio is not None]
    spreads = [ratio.spread for ratio in ratios if ratio.spread is not None]
    if not spreads:
        return "no interval"
    mean = fmean(ratio.value for ratio in ratios)
    return f"ratio {mean:.4f} \N{PLUS-MINUS SIGN}{fmean(spreads):.2%} in the mean"
