"""Seconds until the ratio of two commands is known to 5%: ours, hyperfine's and pyperf's.

What is compared is how long somebody waits who wants to know how much longer one command takes than
another: from starting the tool until it has ended, its own start-up included. Known to 5% means the
same for all three: half the width of the 95% interval of the ratio, as a factor, is at most 1.05.

The commands are the same for all: `python busy.py NS` with the interpreter of this environment,
about 77 ms from start to end, the other a tenth longer. Only waiting is exact; the start of an
interpreter, a fifth of the 77 ms, varies as it does on this machine. The three alternate, and who
begins changes from round to round.

Ours. `loombench run --precision 5%`, which ends by itself. Its trial is a fresh runner that starts
the command once and times it from outside, as the other two do; no warm-up, and a check case that
starts nothing. So it pays for one process more at each command than they do, and for the A/A
control, which neither has: every third trial, and its ratio has to be known to 5% as well. The
interval is Student's inside blocks. With the analysis it is checked that precision ended the run.

hyperfine. Both commands in one call, without a shell (`-N`), which is to its advantage. As it is
used: at least 10 runs and 3 seconds a command; where that is not enough, `--runs` doubled until it
is, and only the last call counts, as if somebody had guessed right. What it prints, "1.00 ± 0.11",
is one standard deviation of single runs and no interval; the interval is formed here, from the
times that it exports, by Welch's method on logarithms. It runs one command after the other, so what
the machine drifts by in between is in its ratio and not in this interval: also to its advantage.

pyperf. `pyperf command` for each, of which the default is 20 processes with 3 values and a warm-up
each. Every value is of commands started anew, so each counts as a replicate; were it the mean of a
process, as one would have it of work inside a process, there would be a third of them. Since nobody
has to take the default, what counts for the bar is the least: its calibration, and as many of the
processes, from 2 on, as would have been enough (`--processes`), each with its share of the time;
where 20 are not, more. The whole default is told beside it.

The bar is half of the better of hyperfine as it is used and pyperf at its least. How long hyperfine
would have taken had somebody known how many runs are needed (10 at least) is told without a bar:
nobody knows that before.
"""

from __future__ import annotations

import json
import math
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy import special

from harness.results import store
from tests.bench import outside, tools

_ROUNDS, _WIDTH, _SHARE = 5, 0.05, 0.5
_COMMAND_NS, _LONGER = 77_000_000, 1.1
_BUSY = tools.PLANTED / "busy.py"
_HYPERFINE_LEAST, _PYPERF_LEAST = 10, 2  # runs; processes
# After the default, of each command. Beyond the last nobody waits: the ratio is not known.
_RUNS, _PROCESSES = (80, 160, 320, 640), (40, 80)


class Took(NamedTuple):
    """What a tool measured of both commands, and the time that took."""

    seconds: float
    these: Sequence[float]
    those: Sequence[float]
    fixed_s: float = 0.0  # of that, what does not grow with the number of replicates
    batch: int = 1  # so many of these come at a time

    def until(self, count: int) -> float:
        """Return the seconds with so many replicates, each with its share of the time."""
        part = sum(self.these[:count]) + sum(self.those[:count])
        share = part / (sum(self.these) + sum(self.those))
        return self.fixed_s + (self.seconds - self.fixed_s) * share


class Ours(NamedTuple):
    seconds: float
    starting_s: float  # until the first trial
    measuring_s: float
    blocks: int
    ratio: float
    spread: float


def rows() -> Iterator[tuple[str, str, str, bool]]:
    waits = _waits_ns()
    rounds = tools.amount(_ROUNDS, 1)
    has_hyperfine = shutil.which("hyperfine") is not None
    ours: list[Ours] = []
    hyperfine: list[Took] = []
    pyperf: list[tuple[Took, Took]] = []  # the default, and what was enough
    steps: list[Callable[[], None]] = [
        lambda: ours.append(_ours(waits)),
        lambda: pyperf.append(_pyperf(waits)),
    ]
    if has_hyperfine:
        steps.insert(1, lambda: hyperfine.append(_climb(lambda n: _hyperfine(waits, n), _RUNS)))
    for round_ in range(rounds):
        first = round_ % len(steps)
        for step in steps[first:] + steps[:first]:
            step()
    own = median(one.seconds for one in ours)
    used = median(one.seconds for one in hyperfine) if hyperfine else math.inf
    least = median(earliest(enough, _PYPERF_LEAST) for _, enough in pyperf)
    better = min(used, least)
    theirs = f"{used:.2f} s" if has_hyperfine else "not measured: it is not installed"
    yield (
        f"until the ratio of two commands of {_COMMAND_NS / 1e6:.0f} ms is known to {_WIDTH:.0%}",
        f"{own:.2f} s; hyperfine: {theirs}; pyperf: {least:.2f} s"
        f" (medians of {rounds}; ours is {own / better:.2f} of the better)",
        f"at most {_SHARE} of the better, with both measured",
        has_hyperfine and own <= _SHARE * better,
    )
    yield _told(
        "of ours",
        f"{median(one.starting_s for one in ours):.2f} s until the first trial,"
        f" {median(one.measuring_s for one in ours):.2f} s of trials in"
        f" {_several(one.blocks for one in ours)} blocks of three,"
        f" {median(one.seconds - one.starting_s - one.measuring_s for one in ours):.2f} s after;"
        f" ratios {_several(one.ratio for one in ours)}"
        f" to within {_several(one.spread for one in ours)}",
    )
    if hyperfine:
        known = median(earliest(one, _HYPERFINE_LEAST) for one in hyperfine)
        yield _told(
            "of hyperfine", f"{_about(hyperfine, 2)}; {known:.2f} s had that been known before"
        )
    default = median(one.seconds for one, _ in pyperf)
    yield _told(
        "of pyperf",
        f"{_about([one for one, _ in pyperf], _PYPERF_LEAST)}; its default takes {default:.2f} s",
    )


def _told(what: str, measured: str) -> tuple[str, str, str, bool]:
    return f"  {what}", measured, "no bar", True


def _several(values: Iterator[float]) -> str:
    return " ".join(f"{value:.3g}" for value in values)


def _about(took: list[Took], least: int) -> str:
    ratios = _several(math.exp(_log_ratio(one.these, one.those)) for one in took)
    widths = _several(half_width(one.these, one.those) for one in took)
    counts = " ".join(str(enough(one, least) or "not all") for one in took)
    return f"ratios {ratios} to within {widths}; {counts} of each were enough"


def half_width(these: Sequence[float], those: Sequence[float]) -> float:
    """Return half the width of Welch's 95% interval of a ratio, as a factor less 1."""
    parts = [float(np.log(one).var(ddof=1)) / len(one) for one in (these, those)]
    if not sum(parts):
        return 0.0
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(one) - 1) for part, one in zip(parts, (these, those), strict=True)
    )
    return math.expm1(float(special.stdtrit(freedom, 0.975)) * math.sqrt(sum(parts)))


def _log_ratio(these: Sequence[float], those: Sequence[float]) -> float:
    return float(np.log(those).mean() - np.log(these).mean())


def enough(took: Took, least: int, width: float = _WIDTH) -> int | None:
    """Return with how many of each the ratio was known, `least` batches or more; None: never."""
    most = max(len(took.these), len(took.those))
    for count in range(least * took.batch, most + 1, took.batch):
        if half_width(took.these[:count], took.those[:count]) <= width:
            return count
    return None


def earliest(took: Took, least: int) -> float:
    """Return the seconds until the ratio was known; infinite where it never was."""
    count = enough(took, least)
    return math.inf if count is None else took.until(count)


def _climb(measure: Callable[[int | None], Took], ladder: Sequence[int]) -> Took:
    """Measure with the default number, and with ever more until the ratio is known."""
    took = measure(None)
    for count in ladder:
        if half_width(took.these, took.those) <= _WIDTH:
            break
        took = measure(count)
    return took


def _waits_ns() -> tuple[int, int]:
    """Return how long the commands have to wait, besides what starting them takes."""
    start_ns = median(tools.whole_ns(sys.executable, str(_BUSY), "0") for _ in range(20))
    return round(_COMMAND_NS - start_ns), round(_LONGER * _COMMAND_NS - start_ns)


def _commands(waits: tuple[int, int]) -> list[list[str]]:
    return [[sys.executable, str(_BUSY), str(wait_ns)] for wait_ns in waits]


def _ours(waits: tuple[int, int]) -> Ours:
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        began = time.time()
        seconds = tools.loombench(
            *("run", "--runner", tools.PLANTED, "--workload", "command", "--profile", "quick"),
            *("--budget", "60s", "--precision", f"{_WIDTH:.0%}", "--no-figures", "--out", out),
            *("--env", f"COMMAND_NS={' '.join(map(str, waits))}"),
        )
        analysis = tools.analysed(Path(out))
        first, last = outside.phase(list(store.read_trials(store.find_run(Path(out)), [])))
    ratio = analysis.workloads["command"].comparison.ratios["longer", "base"]
    assert ratio.spread is not None
    assert ratio.spread <= _WIDTH, f"the budget was spent at {ratio.spread:.1%}"
    return Ours(seconds, first - began, last - first, analysis.blocks, ratio.value, ratio.spread)


def _hyperfine(waits: tuple[int, int], runs: int | None) -> Took:
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as folder:
        answer = Path(folder) / "hyperfine.json"
        seconds = _timed(
            *("hyperfine", "-N", "--style", "none", "--export-json", str(answer)),
            *(() if runs is None else ("--runs", str(runs))),
            *map(shlex.join, _commands(waits)),
        )
        these, those = (one["times"] for one in json.loads(answer.read_text("utf-8"))["results"])
    return Took(seconds, these, those)


def _pyperf(waits: tuple[int, int]) -> tuple[Took, Took]:
    """Return the default, and the first on the ladder with which the ratio is known."""
    default = _pyperf_with(waits, None)
    return default, _climb(lambda n: default if n is None else _pyperf_with(waits, n), _PROCESSES)


def _pyperf_with(waits: tuple[int, int], processes: int | None) -> Took:
    seconds = fixed_s = 0.0
    values: list[list[float]] = []
    batch = 1
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as folder:
        for number, words in enumerate(_commands(waits)):
            answer = Path(folder) / f"{number}.json"
            seconds += _timed(
                *(sys.executable, "-m", "pyperf", "command", "--quiet", "--output", str(answer)),
                *(() if processes is None else ("--processes", str(processes))),
                *("--", *words),
            )
            (benchmark,) = json.loads(answer.read_text("utf-8"))["benchmarks"]
            runs = benchmark["runs"]
            taken = [run["values"] for run in runs if "values" in run]
            batch = len(taken[0])
            values.append([value for each in taken for value in each])
            fixed_s += sum(run["metadata"]["duration"] for run in runs if "values" not in run)
    return Took(seconds, *values, fixed_s, batch)


def _timed(*words: str) -> float:
    start = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    assert done.returncode == 0, f"{words[0]}: exit code {done.returncode}: {done.stderr}"
    return seconds
