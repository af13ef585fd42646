"""pyperf's JSON, version 1.0: one benchmark a cell, one run a trial, for `pyperf compare_to`.

A run has one value, the median of its samples. pyperf's significance test takes every value for an
independent one; samples of one process are not, so all of them would make it too sure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.presenting.export.selection import one_line
from harness.presenting.export.timings import is_per_operation, sample_ns, series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.analyse import Analysis
    from harness.presenting.export.selection import Selection
    from harness.presenting.export.timings import Series, Timing
    from harness.results.records import Run, Trial

    Metadata = dict[str, str | int | float]

VERSION = "1.0"
_NS = 1e-9


def text(
    analysis: Analysis, trials: Iterable[Trial], selection: Selection, warnings: list[str]
) -> str:
    """Return a benchmark suite. Raises Problem where no trial is ok."""
    document = {
        "version": VERSION,
        "metadata": _of_the_run(analysis.run),
        "benchmarks": [
            {
                "metadata": _of_the_cell(analysis.run, one),
                "runs": [_run(one, timing) for timing in one.timings],
            }
            for one in series(analysis, trials, selection, warnings)
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _run(one: Series, timing: Timing) -> dict[str, object]:
    trial = timing.trial
    metadata: Metadata = {
        "date": trial.started_at,
        "duration": trial.wall_ns * _NS,
        "loombench_block": trial.block,
    }
    loops = {sample.operations / one.operations_a_call for sample in timing.samples}
    if len(loops) == 1 and (calls := loops.pop()).is_integer():
        metadata["loops"] = int(calls)
    if timing.peak_bytes is not None:
        metadata["mem_max_rss"] = timing.peak_bytes
    run: dict[str, object] = {"values": [timing.ns * _NS], "metadata": metadata}
    warmups = [
        [
            sample.operations // one.operations_a_call,
            sample_ns(one.workload, one.case, sample) * _NS,
        ]
        for sample in trial.samples
        # A warm-up is stored as whole loops.
        if sample.warmup and sample.operations % one.operations_a_call == 0
    ]
    return {"warmups": warmups, **run} if warmups else run


def _of_the_cell(run: Run, one: Series) -> Metadata:
    metadata: Metadata = {"name": one.name, "unit": "second"}
    if is_per_operation(one.workload):
        metadata["inner_loops"] = one.operations_a_call
    metadata |= {
        "loombench_model": one.cell.model,
        "loombench_runtime": one.cell.contestant.runtime,
    }
    for runner in run.runners:
        if one.cell.model in runner.models:
            metadata["loombench_language"] = f"{runner.language} {runner.version}"
    metadata |= {f"loombench_param_{name}": value for name, value in one.case.params.items()}
    return _allowed(metadata)


def _of_the_run(run: Run) -> Metadata:
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
    """Return what pyperf takes: texts on one line, and no empty ones."""
    clean = {
        name: one_line(value) if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    return {name: value for name, value in clean.items() if value != ""}
