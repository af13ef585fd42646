"""What turns gain: how much a ratio varies between blocks, in turns and alone.

Runs with turns and runs with `--alone` alternate, each with the same budget, on the machine as it
is and beside an imitated noisy host. Two ratios are looked at: of uvloop to asyncio, and of asyncio
to itself (the A/A control). Blocks differ in cost, so a deviation is stated at equal cost: the
standard deviation of the log ratio over the blocks of a run, times the root of a block's seconds.
That is what the width of an interval is proportional to after the same time.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

from harness.catalog.contestant import Contestant
from harness.results import store
from harness.results.records import Cell, Status
from harness.statistics.blocks import BlockValues, pair_blocks
from harness.statistics.metrics import ns_per_operation
from tests.bench import tools
from tests.bench.noisy_host import noise

# Of a run: enough for several blocks even beside noise.
_BUDGETS_S = {"pingpong": 10, "noop": 10, "sumsquares": 20, "echo": 20, "http": 20}
_SERVERS = ("echo", "http")
_BASE, _OTHER = "asyncio", "uvloop"
_ROUNDS = 3
_NOISY_BAR, _NOISY_BAR_OF_SERVERS, _QUIET_BAR = 0.25, 0.5, 1.1


class Mode(NamedTuple):
    """How a run is measured."""

    name: str
    options: tuple[str, ...]


_TURNS, _ALONE = Mode("turns", ()), Mode("alone", ("--alone",))


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for workload in _BUDGETS_S:
        quiet = _measure(workload, is_noisy=False)
        noisy_bar = _NOISY_BAR_OF_SERVERS if workload in _SERVERS else _NOISY_BAR
        yield from _rows_of(workload, quiet, _QUIET_BAR)
        noisy = _measure(workload, is_noisy=True)
        yield from _rows_of(f"{workload}, imitated noisy host", noisy, noisy_bar, quiet)


def _measure(workload: str, *, is_noisy: bool) -> dict[tuple[str, Mode], float]:
    """Run in turns and alone by turns; returns the deviation of each contrast in each mode."""
    found: defaultdict[tuple[str, Mode], list[float]] = defaultdict(list)
    with noise() if is_noisy else contextlib.nullcontext():
        for round_ in range(tools.amount(_ROUNDS, 1)):
            modes = (_TURNS, _ALONE) if round_ % 2 else (_ALONE, _TURNS)
            for mode in modes:
                for contrast, deviation in _deviations(workload, mode).items():
                    found[contrast, mode].append(deviation)
    return {key: _pool(deviations) for key, deviations in found.items()}


def _rows_of(
    what: str,
    found: dict[tuple[str, Mode], float],
    bar: float,
    quiet: dict[tuple[str, Mode], float] | None = None,
) -> Iterator[tuple[str, str, str, bool]]:
    """Compare turns with alone. Beside noise, what turns leave without it is stated too.

    Where both are the same, turns have cancelled the noise, and what is left is processes.
    """
    for contrast in (f"{_OTHER}/{_BASE}", f"{_BASE} twice"):
        in_turns, alone = found[contrast, _TURNS], found[contrast, _ALONE]
        share = in_turns / alone if alone else math.inf
        without = f"; in turns without that host {quiet[contrast, _TURNS]:.4f}" if quiet else ""
        yield (
            f"{what}: deviation of {contrast}",
            f"in turns {share:.2f} of that alone, at equal cost"
            f" ({in_turns:.4f} and {alone:.4f} in a block of a second{without})",
            f"at most {bar}",
            share <= bar,
        )


def _deviations(workload: str, mode: Mode) -> dict[str, float]:
    """Run once; returns the deviation of each contrast in a block of a second."""
    budget_s = tools.amount(_BUDGETS_S[workload], _BUDGETS_S[workload] // 2)
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        out = Path(name)
        tools.loombench(
            *("run", "--workload", workload, "--model", _BASE, "--model", _OTHER),
            *("--case", "headline", "--budget", f"{budget_s}s", "--precision", "0.01%"),
            *("--no-figures", "--out", out, *mode.options),
        )
        folder = store.find_run(out)
        values: defaultdict[Cell, BlockValues] = defaultdict(BlockValues)
        for trial in store.read_trials(folder, []):
            assert trial.status is Status.OK, trial.message
            values[trial.cell].add(trial.block, ns_per_operation(trial), trial.rounds)
        control, base, other = (
            values[Cell(Contestant(workload, model), "headline", control=is_control)]
            for model, is_control in ((_BASE, True), (_BASE, False), (_OTHER, False))
        )
        block_s = budget_s / len(base.by_block)
        return {
            f"{_OTHER}/{_BASE}": _deviation(pair_blocks(other, base)) * math.sqrt(block_s),
            f"{_BASE} twice": _deviation(pair_blocks(control, base)) * math.sqrt(block_s),
        }


def _deviation(pairs: Sequence[tuple[float, float]]) -> float:
    return stdev(math.log(this / that) for this, that in pairs)


def _pool(deviations: Sequence[float]) -> float:
    return math.sqrt(fmean(deviation**2 for deviation in deviations))
