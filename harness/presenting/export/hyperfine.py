"""The JSON of `hyperfine --export-json`, one time per trial, for scripts that read it."""

from __future__ import annotations

import json
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING

from harness.presenting.export.timings import cell_timings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import Analysis
    from harness.presenting.export.selection import ExportSelection
    from harness.presenting.export.timings import CellTimings
    from harness.results.records import Trial

_NS = 1e-9


def render(
    analysis: Analysis, trials: Iterable[Trial], selection: ExportSelection, warnings: list[str]
) -> str:
    """Return one result per cell, in seconds. Raises Problem if no trial is ok."""
    results = [_result(cell) for cell in cell_timings(analysis, trials, selection, warnings)]
    return json.dumps({"results": results}, indent=2) + "\n"


def _result(cell: CellTimings) -> dict[str, object]:
    times = [timing.ns * _NS for timing in cell.timings]
    result: dict[str, object] = {
        "command": cell.name,
        "mean": fmean(times),
        "stddev": stdev(times) if len(times) > 1 else None,
        "median": median(times),
        "user": _mean_seconds(cell, "user_ns"),
        "system": _mean_seconds(cell, "system_ns"),
        "min": min(times),
        "max": max(times),
        "times": times,
    }
    peaks = [timing.peak_bytes for timing in cell.timings]
    if None not in peaks:
        result["memory_usage_byte"] = peaks
    result["exit_codes"] = [0] * len(times)
    if parameters := _parameters(cell):
        result["parameters"] = parameters
    return result


def _mean_seconds(cell: CellTimings, usage: str) -> float | None:
    """Return the mean CPU time of whole processes; None unless every trial has it."""
    known = [timing.trial.usage[usage] for timing in cell.timings if usage in timing.trial.usage]
    return fmean(known) * _NS if len(known) == len(cell.timings) else None


def _parameters(cell: CellTimings) -> dict[str, str]:
    """Return just the swept parameter if there is one: plots use it as their axis."""
    sweep = cell.workload.sweep
    names = cell.case.params if sweep is None else [sweep.param]
    return {name: str(cell.case.params[name]) for name in names}
