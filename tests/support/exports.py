"""A run with one of everything that can become of a contestant, to be exported by the tests."""

from __future__ import annotations

from collections.abc import Callable

from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis
from harness.catalog.contestant import Contestant
from harness.presenting import export
from harness.presenting.export.selection import ExportSelection
from harness.results.records import Absence, AbsentCell, Cell, Run, Sample, Status, Trial
from tests.support.factories import WORKLOAD, cell, run, trial, trials

OVERHEAD = """\
[metrics.overhead]
label = "beyond | the ideal"
unit = "ns"
better = "lower"
formula = "elapsed_ns - ideal_ns"

"""
DEMO = WORKLOAD.replace("[not_applicable]", OVERHEAD + "[not_applicable]")
RATE = DEMO.replace('shape = "makespan"', 'shape = "rate"').replace('title = "Demo"', 'title = "R"')
MS = 1_000_000
MESSAGE = "found | 5\r\n\x1b[31mexpected\t6"
ALL = ExportSelection()
RATES = Cell(Contestant("rates", "trio"), "headline")
EARLY = [40 * MS, 41 * MS, 42 * MS, 43 * MS, 44 * MS]  # the ideal is 50 ms

Export = Callable[..., tuple[int, str, str]]


def small() -> tuple[Run, list[Trial]]:
    """Return a run with one of everything that can become of a contestant."""
    variant = cell("asyncio", variant="threads")
    swept = cell("asyncio", "tasks-100")
    lost = cell("uvloop")
    cells = [cell("asyncio"), variant, cell("trio"), cell("threads"), lost, swept, RATES]
    absent = [AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go | found\nhere")]
    samples = (
        Sample(100 * MS, 10, warmup=True),
        Sample(100 * MS, 20, cpu_ns=50 * MS),
        Sample(140 * MS, 20, cpu_ns=70 * MS),
    )
    usage = {"peak_bytes": 20 * 2**20, "user_ns": 30 * MS, "system_ns": 10 * MS}
    measured = [
        *trials("asyncio", [51 * MS, 52 * MS, 53 * MS, 54 * MS, 55 * MS], usage=usage),
        *trials("threads", EARLY),
        *trials(variant, [60 * MS, 61 * MS, 62 * MS]),
        *[trial("trio", block, status=Status.WRONG_ANSWER, message=MESSAGE) for block in range(2)],
        *[trial("trio", block, 70 * MS + block) for block in (2, 3)],
        trial(lost, 0, status=Status.TIMEOUT, message="took too long"),
        trial(swept, 5, samples=(Sample(55 * MS, 100),)),
        *[trial(RATES, block, samples=samples, usage=usage) for block in range(2)],
    ]
    return run(cells, absent, {"demo": DEMO, "rates": RATE}), measured


def analysed() -> tuple[Analysis, list[Trial]]:
    run_, measured = small()
    return analyse(run_, measured), measured


def exported(
    format_: str, selection: ExportSelection = ALL, warnings: list[str] | None = None
) -> str:
    analysis, measured = analysed()
    return export.render(
        format_, analysis, measured, selection, [] if warnings is None else warnings
    )
