"""The JSON of `hyperfine --export-json`, one time a trial, for the scripts around hyperfine."""

from __future__ import annotations

import json
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING

from harness.presenting.export.timings import series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.analyse import Analysis
    from harness.presenting.export.selection import Selection
    from harness.presenting.export.timings import Series
    from harness.results.records import Trial

_NS = 1e-9


def text(
    analysis: Analysis, trials: Iterable[Trial], selection: Selection, warnings: list[str]
) -> str:
    """Return one result a cell, in seconds. Raises Problem where no trial is ok."""
    results = [_result(one) for one in series(analysis, trials, selection, warnings)]
    return json.dumps({"results": results}, indent=2) + "\n"


def _result(one: Series) -> dict[str, object]:
    times = [timing.ns * _NS for timing in one.timings]
    result: dict[str, object] = {
        "command": one.name,
        "mean": fmean(times),
        "stddev": stdev(times) if len(times) > 1 else None,
        "median": median(times),
        "user": _mean_seconds(one, "user_ns"),
        "system": _mean_seconds(one, "system_ns"),
        "min": min(times),
        "max": max(times),
        "times": times,
    }
    peaks = [timing.peak_bytes for timing in one.timings]
    if None not in peaks:
        result["memory_usage_byte"] = peaks
    result["exit_codes"] = [0] * len(times)
    if parameters := _parameters(one):
        result["parameters"] = parameters
    return result


def _mean_seconds(one: Series, usage: str) -> float | None:
    """Return processor time of whole processes; None unless every trial tells."""
    known = [timing.trial.usage[usage] for timing in one.timings if usage in timing.trial.usage]
    return fmean(known) * _NS if len(known) == len(one.timings) else None


def _parameters(one: Series) -> dict[str, str]:
    """Return the swept parameter alone where there is one: that is what plots have for an axis."""
    sweep = one.workload.sweep
    names = one.case.params if sweep is None else [sweep.param]
    return {name: str(one.case.params[name]) for name in names}
