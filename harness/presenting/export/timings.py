"""Times for tools that take one number per trial: of one operation, or of one call.

These tools expect positive times. So it is the time itself and not the workload's headline metric,
which may be a cost beyond an ideal, and negative if timers fire early.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem
from harness.presenting.export.selection import export_name
from harness.results.records import Status
from harness.statistics.metrics import memory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import Analysis, CellResult
    from harness.catalog.parts import Case
    from harness.catalog.workload import Workload
    from harness.presenting.export.selection import ExportSelection
    from harness.results.records import Cell, Sample, Trial


@dataclass(frozen=True)
class Timing:
    """A trial and its time in nanoseconds: the median over its samples after warm-up."""

    trial: Trial
    ns: float

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples after warm-up."""
        return tuple(sample for sample in self.trial.samples if not sample.warmup)

    @property
    def peak_bytes(self) -> int | None:
        """The peak memory of the process and its workers; None if unknown."""
        return memory_bytes(self.trial)


@dataclass(frozen=True)
class CellTimings:
    """The trials of one cell that were ok, in execution order; at least one."""

    name: str
    workload: Workload
    case: Case
    cell: Cell
    timings: tuple[Timing, ...]

    @property
    def operations_per_call(self) -> int:
        """How many operations one call of the implementation makes."""
        return self.workload.count_operations(self.case)


def is_per_operation(workload: Workload) -> bool:
    """Return whether times are per operation or request; otherwise they are per call."""
    return workload.shape in ("rate", "server")


def sample_ns(workload: Workload, case: Case, sample: Sample) -> float:
    """Return the time of one operation, or of all operations of a call, in ns."""
    operations = 1 if is_per_operation(workload) else workload.count_operations(case)
    return sample.elapsed_ns * operations / sample.operations


def cell_timings(
    analysis: Analysis, trials: Iterable[Trial], selection: ExportSelection, warnings: list[str]
) -> list[CellTimings]:
    """Return the cells with a trial that is ok, in the order of the tables.

    Appends to `warnings` what is left out: a reader of the file cannot know. Raises Problem if
    no cell is left.
    """
    by_cell = _timings_by_cell(analysis, trials, selection)
    exported = []
    for result in analysis.workloads.values():
        workload = result.workload
        for case_id, cells in result.cases.items():
            case = workload.cases[case_id]
            for cell in cells:
                if not selection.has(cell.cell):
                    continue
                timings = tuple(by_cell.get(cell.cell, ()))
                name = export_name(cell.cell, selection)
                if reason := _why_timeless(workload, case):
                    if cell.attempts:
                        warnings.append(f"{name}: left out: {reason}")
                    continue
                warnings += _left_out(name, cell, len(timings))
                if timings:
                    exported.append(CellTimings(name, workload, case, cell.cell, timings))
    if not exported:
        raise Problem(
            f"{analysis.run.id}: found no time to export, expected at least one trial that is ok,"
            " of a case whose operations have a time; `loombench show` shows the failures",
            Exit.NOT_POSSIBLE,
        )
    return exported


def _why_timeless(workload: Workload, case: Case) -> str:
    """Return why a case has no time per operation or call; empty if it has."""
    if workload.shape in ("latency", "footprint"):
        return f"the workload measures {workload.shape}, not the time of an operation"
    if case.ladder:
        return "the case measures rising request rates, not the time of an operation"
    if workload.load is not None and workload.load.drains:
        return "the workload measures a shutdown, not the time of an operation"
    return ""


def _timings_by_cell(
    analysis: Analysis, trials: Iterable[Trial], selection: ExportSelection
) -> dict[Cell, list[Timing]]:
    timings: dict[Cell, list[Timing]] = {}
    for trial in trials:
        workload = analysis.workloads[trial.cell.workload].workload
        timeless = _why_timeless(workload, workload.cases[trial.cell.case])
        if trial.status is Status.OK and selection.has(trial.cell) and not timeless:
            timing = _timing(workload, trial)
            if timing is not None:
                timings.setdefault(trial.cell, []).append(timing)
    return timings


def _timing(workload: Workload, trial: Trial) -> Timing | None:
    """Return the time of a trial; None if the clock shows none."""
    case = workload.cases[trial.cell.case]
    values = [sample_ns(workload, case, sample) for sample in trial.samples if not sample.warmup]
    middle = median(values) if values else 0.0
    return Timing(trial, middle) if middle > 0 else None


def _left_out(name: str, cell: CellResult, exported: int) -> list[str]:
    """Return a line for each kind of trial that is left out."""
    lines = []
    if cell.failures:
        lines.append(f"{name}: {cell.failures} of {cell.attempts} trials failed and are left out")
    if cell.unranked is not None and cell.unranked.is_misleading:
        lines.append(f"{name}: {cell.unranked.text}")
    untimed = cell.statuses.get(Status.OK, 0) - exported
    if untimed:
        lines.append(
            f"{name}: {untimed} of {cell.attempts} trials were too short for the clock and are left"
            " out"
        )
    return lines
