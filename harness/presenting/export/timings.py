"""What tools of one number a trial are given: the time of one operation, or of one call.

They all think in times above zero, so it is the time itself and not the workload's headline metric,
which may be a cost beyond an ideal, and negative where timers undercut it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem
from harness.presenting.export.selection import name_of
from harness.results.records import Status
from harness.statistics.metrics import memory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.analyse import Analysis, CellResult
    from harness.catalog.workload import Case, Workload
    from harness.presenting.export.selection import Selection
    from harness.results.records import Cell, Sample, Trial


@dataclass(frozen=True)
class Timing:
    """One trial and its time in nanoseconds, the median over its samples after warm-up."""

    trial: Trial
    ns: float

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples that the time is drawn from."""
        return tuple(one for one in self.trial.samples if not one.warmup)

    @property
    def peak_bytes(self) -> int | None:
        """The most memory that the process and its workers had, where it is known."""
        return memory_bytes(self.trial)


@dataclass(frozen=True)
class Series:
    """The trials of one cell that were ok, in the order they ran. There is at least one."""

    name: str
    workload: Workload
    case: Case
    cell: Cell
    timings: tuple[Timing, ...]

    @property
    def operations_a_call(self) -> int:
        """How many operations one call of the implementation makes."""
        return self.workload.count_operations(self.case)


def is_per_operation(workload: Workload) -> bool:
    """Return whether times are of one operation, or one request; else of one call."""
    return workload.shape in ("rate", "server")


def _has_no_time(workload: Workload, case: Case) -> str:
    """Return why a case has no time of an operation or a call, or an empty text."""
    if workload.shape in ("latency", "footprint"):
        return f"what is measured is its {workload.shape}"
    if case.ladder:
        return "its rate rises until it is saturated"
    if workload.load is not None and workload.load.drains:
        return "it is asked at a fixed rate until it has drained"
    return ""


def sample_ns(workload: Workload, case: Case, sample: Sample) -> float:
    """Return elapsed / operations, of one operation or of all that a call makes, in ns."""
    counted = 1 if is_per_operation(workload) else workload.count_operations(case)
    return sample.elapsed_ns * counted / sample.operations


def series(
    analysis: Analysis, trials: Iterable[Trial], selection: Selection, warnings: list[str]
) -> list[Series]:
    """Return the cells that have an ok trial, in the order of the tables. Raises Problem for none.

    What is left out is said in `warnings`: the reader of the file cannot know of it.
    """
    timings = _timings(analysis, trials, selection)
    found = []
    for result in analysis.workloads.values():
        for case, cells in result.cases.items():
            for one in filter(lambda one: selection.has(one.cell), cells):
                own = tuple(timings.get(one.cell, ()))
                name = name_of(one.cell, selection)
                timeless = _has_no_time(result.workload, result.workload.cases[case])
                if timeless:
                    if one.attempts:
                        warnings.append(f"{name}: left out, it has no time: {timeless}")
                    continue
                warnings += _left_out(name, one, len(own))
                if own:
                    found.append(
                        Series(name, result.workload, result.workload.cases[case], one.cell, own)
                    )
    if not found:
        raise Problem(
            f"{analysis.run.id}: found no time to export, expected at least one trial that is ok,"
            " of a case whose operations have a time; see `loombench show` for what became of them",
            Exit.NOT_POSSIBLE,
        )
    return found


def _timings(
    analysis: Analysis, trials: Iterable[Trial], selection: Selection
) -> dict[Cell, list[Timing]]:
    timings: dict[Cell, list[Timing]] = {}
    for trial in trials:
        workload = analysis.workloads[trial.cell.workload].workload
        timeless = _has_no_time(workload, workload.cases[trial.cell.case])
        if trial.status is Status.OK and selection.has(trial.cell) and not timeless:
            timing = _timing(workload, trial)
            if timing is not None:
                timings.setdefault(trial.cell, []).append(timing)
    return timings


def _timing(workload: Workload, trial: Trial) -> Timing | None:
    case = workload.cases[trial.cell.case]
    values = [sample_ns(workload, case, one) for one in trial.samples if not one.warmup]
    middle = median(values) if values else 0.0
    return Timing(trial, middle) if middle > 0 else None


def _left_out(name: str, one: CellResult, exported: int) -> list[str]:
    said = []
    if one.failures:
        said.append(f"{name}: {one.failures} of {one.attempts} trials failed and are left out")
    untimed = one.statuses.get(Status.OK, 0) - exported
    if untimed:
        said.append(f"{name}: {untimed} of {one.attempts} trials took no time that the clock shows")
    return said
