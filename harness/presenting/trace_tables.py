"""Traces for the terminal: what each model did, and what tracing cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from harness import units
from harness.traces import checks
from harness.traces.lanes import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.traces.recorded import Recorded

_COLUMNS = ("lanes", "turns", "at once", "overtakes", "running", "CPU time", "cost of tracing")


def table(recorded: Sequence[Recorded]) -> Table:
    """Return a table with a row for each model."""
    drawn = Table(box=None, pad_edge=False)
    drawn.add_column("model")
    for heading in _COLUMNS:
        drawn.add_column(heading, justify="right")
    for one in recorded:
        trace = one.trace
        drawn.add_row(
            one.model,
            f"{len(trace.lanes):,}",
            f"{checks.count_switches(trace):,}",
            str(checks.count_parallel(checks.only_tasks(trace))),
            f"{checks.count_overtakes(trace):,}",
            units.format_time(trace.total_ns(State.RUNNING)),
            units.format_time(one.cpu_ns),
            f"{one.cost.wall_ratio:.2f}x, CPU {one.cost.cpu_ratio:.2f}x",
        )
    return drawn


def explain(recorded: Sequence[Recorded], missing: Mapping[str, str]) -> Iterator[str]:
    """Yield what the columns mean, what each recording sees, and which models are missing."""
    yield (
        "turns: how often a lane began to run; at once: tasks that ran at one moment; overtakes:"
        " lanes that ran before one that had been ready for longer; cost: traced over untraced."
    )
    seen: dict[str, list[str]] = {}
    for one in recorded:
        seen.setdefault(one.sees, []).append(one.model)
    for sees, models in seen.items():
        yield f"{', '.join(models)}: the trace shows {sees}."
    for model, reason in missing.items():
        yield f"{model}: not traced: {reason}"
