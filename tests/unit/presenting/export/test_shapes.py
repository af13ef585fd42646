"""Exports, tables and findings of the shapes that are not one time a process."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pyperf
import pytest
from hdrh.histogram import HdrHistogram
from rich.console import Console

from harness.analysis.analyse import analyse
from harness.analysis.findings import finding
from harness.analysis.run_results import Analysis
from harness.catalog.contestant import Contestant
from harness.errors import Exit, Problem
from harness.presenting import export, tables
from harness.presenting.export.selection import ExportSelection
from harness.results.records import Cell, Parked, Phase, Sample, Trial
from tests.support.factories import run, trial
from tests.support.planted.served import DRAINED
from tests.support.workload_texts import CLIMBED, TICKING

MS = 1_000_000
PARKED = """\
title = "Parked"
question = "How much?"
shape = "footprint"
rules = ["Park."]
[work]
operations = "1"
[oracle]
value = "0"
[cases.check]
expect = 0
[cases.headline]
[metrics.bytes]
label = "memory of a task"
unit = "bytes/task"
better = "lower"
formula = "bytes_per_task"
[[contrasts]]
this = "threads"
to = "asyncio"
"""
CONTRAST = '[[contrasts]]\nthis = "uvloop"\nto = "asyncio"\n'
TEXTS = {
    "served": CLIMBED + CONTRAST,
    "ticking": TICKING,
    "parked": PARKED,
    "drained": DRAINED,
}


def waits(ns: int) -> str:
    histogram = HdrHistogram(1, 120 * 10**9, 3)
    histogram.record_value(ns, 400)
    return histogram.encode().decode()


def served(model: str, block: int, requests: int) -> Trial:
    """Return 100 ms of so many requests, after a warm-up, and a wait of a millisecond."""
    samples = (Sample(100 * MS, 9, warmup=True), Sample(100 * MS, requests))
    return trial(
        Cell(Contestant("served", model), "headline"), block, samples=samples, latency=waits(MS),
        warnings=(f"client limited: {95 + block}% used",) if model == "uvloop" else (),
    )  # fmt: skip


def measured() -> list[Trial]:
    blocks = range(6)
    return [
        *[served("asyncio", block, 3_000 + block) for block in blocks],
        *[served("uvloop", block, 5_230 + block) for block in blocks],
        trial(
            Cell(Contestant("served", "asyncio"), "ladder"),
            9,
            samples=(),
            phases=(Phase("ladder", 10**9, 40_123), Phase("ladder", 10**9, 1, saturated=True)),
        ),
        *[
            trial(Cell(Contestant("ticking", "asyncio"), "headline"), block, latency=waits(20 * MS))
            for block in blocks
        ],
        *[
            trial(
                Cell(Contestant("parked", model), "headline"),
                block,
                parked=(Parked(1, size), Parked(2, 2 * size + block)),
            )
            for model, size in (("asyncio", 1_000), ("threads", 9_000))
            for block in blocks
        ],
        *[
            trial(
                Cell(Contestant("drained", "asyncio"), "headline"),
                block,
                samples=(),
                exit_ns=5 * MS,
                phases=(Phase("drain", MS, 5, errors={"lost": 3}),),
            )
            for block in blocks
        ],
    ]


def analysed() -> Analysis:
    of = measured()
    return analyse(run(list(dict.fromkeys(one.cell for one in of)), workloads=TEXTS), of)


def exported(format_: str, warnings: list[str], *workloads: str) -> str:
    return export.render(format_, analysed(), measured(), ExportSelection(workloads), warnings)


LEFT_OUT = [
    "served/ladder/asyncio: left out: the case measures rising request rates, not the time of an"
    " operation",
    "ticking/headline/asyncio: left out: the workload measures latency, not the time of an"
    " operation",
    "parked/headline/asyncio: left out: the workload measures footprint, not the time of an"
    " operation",
    "parked/headline/threads: left out: the workload measures footprint, not the time of an"
    " operation",
    "drained/headline/asyncio: left out: the workload measures a shutdown, not the time of an"
    " operation",
]
A_REQUEST_S = 0.1 / 3_000


def of_hyperfine(text: str) -> list[tuple[str, float]]:
    return [(one["command"], one["times"][0]) for one in json.loads(text)["results"]]


def of_pyperf(text: str) -> list[tuple[str, float]]:
    suite = pyperf.BenchmarkSuite.loads(text)
    return [(one.get_name(), one.get_values()[0]) for one in suite.get_benchmarks()]


def of_benchfmt(text: str) -> list[tuple[str, float]]:
    rows = [line.split() for line in text.splitlines() if line.startswith("Benchmark")]
    assert rows[0][1] == "3000"  # of requests
    first = {name: float(ns) * 1e-9 for name, _, ns, *_ in reversed(rows)}
    return [
        (name.replace("BenchmarkServed/case=", "served/").replace("/model=", "/")[:-2], ns)
        for name, ns in reversed(first.items())
    ]


@pytest.mark.parametrize(
    ("format_", "read"),
    [("hyperfine", of_hyperfine), ("pyperf", of_pyperf), ("benchfmt", of_benchfmt)],
)
def test_of_a_server_the_time_of_a_request_is_exported_and_what_has_no_time_is_left_out(
    format_: str, read: Callable[[str], list[tuple[str, float]]]
) -> None:
    warnings: list[str] = []
    found = dict(read(exported(format_, warnings)))
    assert list(found) == ["served/headline/asyncio", "served/headline/uvloop"]
    assert found["served/headline/asyncio"] == pytest.approx(A_REQUEST_S)
    limit = "served/headline/uvloop: client limited, not ranked: 95 to 100% used (6 trials)"
    assert warnings == [limit, *LEFT_OUT]


@pytest.mark.parametrize("format_", ["pyperf", "benchfmt", "hyperfine"])
@pytest.mark.parametrize("workload", ["ticking", "parked", "drained"])
def test_where_nothing_has_a_time_there_is_nothing_to_export(format_: str, workload: str) -> None:
    with pytest.raises(Problem, match="whose operations have a time") as caught:
        exported(format_, [], workload)
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_csv_has_every_metric_in_its_base_unit() -> None:
    warnings: list[str] = []
    rows = list(csv.DictReader(io.StringIO(exported("csv", warnings))))
    found = {
        (row["workload"], row["case"], row["model"], row["metric"]): float(row["value"])
        for row in rows
        if row["value"]
    }
    assert warnings == []
    assert found["served", "headline", "uvloop", "throughput"] == pytest.approx(52_325)
    assert found["served", "headline", "asyncio", "p50"] == pytest.approx(MS, rel=0.001)
    assert found["ticking", "headline", "asyncio", "p99"] == pytest.approx(20 * MS, rel=0.001)
    assert found["parked", "headline", "threads", "bytes"] == pytest.approx(9_002.5)
    assert found["drained", "headline", "asyncio", "lost"] == 3
    params = {row["params"] for row in rows if row["workload"] == "ticking"}
    assert params == {"ticks=20;on=loop"}


def test_json_has_every_metric_and_the_warnings_of_each_cell() -> None:
    document = json.loads(exported("json", []))
    first = document["workloads"][0]["cases"][0]["cells"][1]
    assert first["metrics"]["throughput"]["value"] == pytest.approx(52_325)
    assert first["unranked"] == {"why": "client limited", "reason": "95 to 100% used (6 trials)"}
    assert first["tier"] is None


def test_markdown_reads_as_people_would_write_it() -> None:
    text = exported("markdown", [])
    assert "| 52,300 messages/s [52,300 messages/s, 52,300 messages/s] |" in text
    assert "| 3 requests [3 requests, 3 requests] | 5.00 ms [" in text
    assert "8.79 KiB [" in text
    assert "- uvloop: client limited, not ranked: 95 to 100% used (6 trials)\n" in text


def printed() -> str:
    console = Console(width=200, file=io.StringIO(), color_system=None)
    for one in tables.results(analysed()):
        console.print(one)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_tables_read_as_people_would_write_them() -> None:
    text = printed()
    assert "52,300 messages/s [52,300, 52,300]" in text
    assert "3 requests [3, 3]" in text
    assert "uvloop: client limited, not ranked: 95 to 100% used (6 trials)" in text
    assert "e+" not in text


@pytest.mark.parametrize(
    ("workload", "sentence"),
    [
        (
            "served",
            "fastest unknown, the load generator limited uvloop",
        ),
        ("parked", "asyncio led (1,002 B/task); threads took 9.0x the memory of asyncio"),
        ("drained", "asyncio led (3 requests)"),
        ("ticking", "asyncio led (20.0 ms)"),
    ],
)
def test_findings_speak_of_what_was_measured(workload: str, sentence: str) -> None:
    assert finding(analysed().workloads[workload]) == sentence
