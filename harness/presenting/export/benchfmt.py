"""The Go benchmark format, one line per trial, for benchstat and other readers.

The format: golang.org/design/14313-benchmark-format; its parser: golang.org/x/perf/benchfmt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness import units
from harness.presenting.export.selection import runtime_label, variant_label
from harness.presenting.export.timings import cell_timings, is_per_operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.run_results import Analysis
    from harness.presenting.export.selection import ExportSelection
    from harness.presenting.export.timings import CellTimings, Timing
    from harness.results.records import Run, Trial

_NOT_IN_A_NAME = re.compile(r"[\s/=*\"':(),\\]+")


def render(
    analysis: Analysis, trials: Iterable[Trial], selection: ExportSelection, warnings: list[str]
) -> str:
    """Return the configuration, then the trials cell by cell. Raises Problem if none is ok."""
    left_out: list[str] = []
    exported = cell_timings(analysis, trials, selection, left_out)
    warnings += left_out
    lines = [
        # A comment: as configuration, the name of the run would make benchstat put two runs into
        # two tables instead of comparing them.
        f"# {units.one_line(f'{analysis.run.id} on {analysis.run.machine.host}')}",
        *(f"# {line}" for line in left_out),
        *_configuration(analysis.run),
        "Unit ns/op better=lower",
        "Unit peak-bytes better=lower",
        "",
    ]
    for cell in exported:
        name = _benchmark_name(cell, selection, analysis.run.machine.logical_cores)
        lines += [f"{name} {_values(cell, timing)}" for timing in cell.timings]
    return "\n".join(lines) + "\n"


def _configuration(run: Run) -> Iterator[str]:
    for key, value in (
        ("goos", run.machine.system.partition(" ")[0].lower()),
        ("pkg", "loombench"),
        ("cpu", run.machine.cpu),
    ):
        if clean := units.one_line(value):
            yield f"{key}: {clean}"


def _benchmark_name(cell: CellTimings, selection: ExportSelection, cores: int) -> str:
    """Return `BenchmarkFanout/case=headline/model=asyncio/variant=threads-2` for two cores."""
    parts = {
        "case": cell.case.id,
        "model": "" if selection.is_one_model else cell.cell.model,
        "variant": variant_label(cell.cell).replace("/", "."),
        "runtime": runtime_label(cell.cell),
    }
    named = [f"/{key}={_NOT_IN_A_NAME.sub('_', value)}" for key, value in parts.items() if value]
    return f"Benchmark{cell.workload.id.capitalize()}{''.join(named)}-{cores}"


def _values(cell: CellTimings, timing: Timing) -> str:
    operations = sum(sample.operations for sample in timing.samples)
    per_operation = is_per_operation(cell.workload)
    count = operations if per_operation else operations // cell.operations_per_call
    values = f"{max(1, count)} {timing.ns!r} ns/op"
    return values if timing.peak_bytes is None else f"{values} {timing.peak_bytes} peak-bytes"
