"""pyperf's JSON, version 1.0: one benchmark per cell, one run per trial, for `pyperf compare_to`.

A run has one value, the median of its samples. pyperf's significance test treats all values as
independent. Samples of one process are not, so exporting all of them would make it too certain.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness import units
from harness.presenting.export.timings import cell_timings, is_per_operation, sample_ns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import Analysis
    from harness.presenting.export.selection import ExportSelection
    from harness.presenting.export.timings import CellTimings, Timing
    from harness.results.records import Run, Trial

    Metadata = dict[str, str | int | float]

VERSION = "1.0"
_NS = 1e-9


def render(
    analysis: Analysis, trials: Iterable[Trial], selection: ExportSelection, warnings: list[str]
) -> str:
    """Return a benchmark suite. Raises Problem if no trial is ok."""
    document = {
        "version": VERSION,
        "metadata": _run_metadata(analysis.run),
        "benchmarks": [
            {
                "metadata": _cell_metadata(analysis.run, cell),
                "runs": [_run(cell, timing) for timing in cell.timings],
            }
            for cell in cell_timings(analysis, trials, selection, warnings)
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _run(cell: CellTimings, timing: Timing) -> dict[str, object]:
    trial = timing.trial
    metadata: Metadata = {
        "date": trial.started_at,
        "duration": trial.wall_ns * _NS,
        "loombench_block": trial.block,
    }
    loops = {sample.operations / cell.operations_per_call for sample in timing.samples}
    if len(loops) == 1 and (calls := loops.pop()).is_integer():
        metadata["loops"] = int(calls)
    if timing.peak_bytes is not None:
        metadata["mem_max_rss"] = timing.peak_bytes
    run: dict[str, object] = {"values": [timing.ns * _NS], "metadata": metadata}
    warmups = [
        [
            sample.operations // cell.operations_per_call,
            sample_ns(cell.workload, cell.case, sample) * _NS,
        ]
        for sample in trial.samples
        # pyperf stores a warm-up as a whole number of loops.
        if sample.warmup and sample.operations % cell.operations_per_call == 0
    ]
    return {"warmups": warmups, **run} if warmups else run


def _cell_metadata(run: Run, cell: CellTimings) -> Metadata:
    metadata: Metadata = {"name": cell.name, "unit": "second"}
    if is_per_operation(cell.workload):
        metadata["inner_loops"] = cell.operations_per_call
    metadata |= {
        "loombench_model": cell.cell.model,
        "loombench_runtime": cell.cell.contestant.runtime,
    }
    for runner in run.runners:
        if cell.cell.model in runner.models and runner.runtime == cell.cell.contestant.runtime:
            metadata["loombench_language"] = f"{runner.language} {runner.version}"
    metadata |= {f"loombench_param_{name}": value for name, value in cell.case.params.items()}
    return _allowed(metadata)


def _run_metadata(run: Run) -> Metadata:
    machine = run.machine
    return _allowed(
        {
            "hostname": machine.host,
            "platform": machine.system,
            "cpu_model_name": machine.cpu,
            "cpu_count": machine.logical_cores,
            "loombench_run": run.id,
            "loombench_seed": run.seed,
        }
    )


def _allowed(metadata: Metadata) -> Metadata:
    """Return what pyperf accepts: texts on one line, and no empty texts."""
    clean = {
        name: units.one_line(value) if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    return {name: value for name, value in clean.items() if value != ""}
