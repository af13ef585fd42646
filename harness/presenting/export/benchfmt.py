"""The Go benchmark format, one line a trial, for benchstat and what else reads it.

The format: golang.org/design/14313-benchmark-format; its parser: golang.org/x/perf/benchfmt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.presenting.export.selection import one_line, variant_of
from harness.presenting.export.timings import is_per_operation, series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.analyse import Analysis
    from harness.presenting.export.selection import Selection
    from harness.presenting.export.timings import Series, Timing
    from harness.results.records import Run, Trial

_NOT_IN_A_NAME = re.compile(r"[\s/=*\"':(),\\]+")


def text(
    analysis: Analysis, trials: Iterable[Trial], selection: Selection, warnings: list[str]
) -> str:
    """Return configuration, then the trials cell by cell. Raises Problem where none is ok."""
    said: list[str] = []
    found = series(analysis, trials, selection, said)
    warnings += said
    lines = [
        # Readers skip what is no line of theirs. As configuration it would keep benchstat from
        # comparing two runs: it makes a table of each.
        f"# {one_line(f'{analysis.run.id} on {analysis.run.machine.host}')}",
        *(f"# {one}" for one in said),
        *_configuration(analysis.run),
        "Unit ns/op better=lower",
        "Unit peak-bytes better=lower",
        "",
    ]
    for one in found:
        name = _name(one, selection, analysis.run.machine.logical_cores)
        lines += [f"{name} {_values(one, timing)}" for timing in one.timings]
    return "\n".join(lines) + "\n"


def _configuration(run: Run) -> Iterator[str]:
    for key, value in (
        ("goos", run.machine.system.partition(" ")[0].lower()),
        ("pkg", "loombench"),
        ("cpu", run.machine.cpu),
    ):
        if clean := one_line(value):
            yield f"{key}: {clean}"


def _name(one: Series, selection: Selection, cores: int) -> str:
    """Return `BenchmarkFanout/case=headline/model=asyncio/variant=threads-2`; -2 are the cores."""
    parts = {
        "case": one.case.id,
        "model": "" if selection.is_one_model else one.cell.model,
        "variant": variant_of(one.cell).replace("/", "."),
    }
    named = [f"/{key}={_NOT_IN_A_NAME.sub('_', value)}" for key, value in parts.items() if value]
    return f"Benchmark{one.workload.id.capitalize()}{''.join(named)}-{cores}"


def _values(one: Series, timing: Timing) -> str:
    operations = sum(sample.operations for sample in timing.samples)
    counted = operations if is_per_operation(one.workload) else operations // one.operations_a_call
    values = f"{max(1, counted)} {timing.ns!r} ns/op"
    return values if timing.peak_bytes is None else f"{values} {timing.peak_bytes} peak-bytes"
