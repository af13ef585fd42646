"""`make bench`: what the project claims of itself, measured, each beside its bar.

`python -m tests.bench [part ...]` runs only some: see PARTS. Ratios are formed inside one run, from
processes that alternate; absolute times depend on the machine. With LOOMBENCH_BENCH_SMALL set, the
parts that take minutes do less, to see that they work: what they then print proves nothing.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.bench import (
    ab,
    adding,
    analysis,
    bias,
    client_parity,
    compare,
    compare_runs,
    cost,
    coverage,
    disturbance,
    first_look,
    fleet,
    fleet_faults,
    free_threading,
    fuzzing,
    harness_cost,
    http_parity,
    interrupted,
    load,
    outside,
    overlap,
    parity,
    parked,
    peers,
    planted,
    precision,
    reading,
    report,
    same_runtime,
    sizes,
    startup,
    traces,
    tracing,
    turns,
)


class Row(NamedTuple):
    what: str
    measured: str
    bar: str
    holds: bool


PARTS = {
    "startup": startup.rows,
    "harness": harness_cost.rows,
    "parity": parity.rows,
    "http-parity": http_parity.rows,
    "client-parity": client_parity.rows,
    "load": load.rows,
    "tracing": tracing.rows,
    "traces": traces.rows,
    "peers": peers.rows,
    "overlap": overlap.rows,
    "slopes": parked.slope_rows,
    "many": parked.many_rows,
    "adding": adding.rows,
    "smoke": compare.smoke_rows,
    "sizes": sizes.rows,
    "compare": compare.compare_rows,
    "outside": outside.rows,
    "planted": planted.rows,
    "precision": precision.rows,
    "first-look": first_look.rows,
    "cost": cost.rows,
    "turns": turns.rows,
    "bias": bias.rows,
    "ab": ab.rows,
    "same-runtime": same_runtime.rows,
    "free-threading": free_threading.rows,
    "compare-runs": compare_runs.rows,
    "coverage": coverage.rows,
    "disturbance": disturbance.rows,
    "analysis": analysis.rows,
    "reading": reading.rows,
    "report": report.rows,
    "interrupted": interrupted.rows,
    "fuzzing": fuzzing.rows,
    "fleet": fleet.rows,
    "fleet-faults": fleet_faults.rows,
    "fleet-coverage": fleet.coverage_rows,
}


def main(arguments: list[str]) -> int:
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        print(f"found {unknown[0]!r}, expected any of: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    console = Console()
    table = Table(title="what was measured", title_justify="left", box=None)
    for heading in ("what", "measured", "bar", ""):
        table.add_column(heading)
    failed = 0
    for name in arguments or PARTS:
        console.print(f"measuring: {name}", style="bright_black")
        for row in map(Row._make, PARTS[name]()):
            failed += not row.holds
            mark = "[green]holds[/]" if row.holds else "[red]does not hold[/]"
            table.add_row(row.what, row.measured, row.bar, mark)
            console.print(f"  {row.what}: {row.measured}", highlight=False)
    console.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
