"""One place says why a contestant is not ranked, and everything uses it (V2 to V5, W8)."""

from __future__ import annotations

import json

import pytest

from harness.analysis.advice import advice
from harness.analysis.findings import finding, overall, title
from harness.analysis.obstacle import Obstacle
from harness.analysis.run_results import CellResult, by_tier, in_row_order, ranked
from harness.presenting import export, tables
from harness.presenting.export.selection import ExportSelection
from harness.presenting.figures import row_notes
from harness.results.records import Status
from harness.statistics.growth import explain_empty_call
from tests.support.drawings import drawing, main_page
from tests.support.scenes import Otherwise, analysis_of, failed, scene
from tests.support.terminal import printed

SCENE = "contestants without a rank"
UNRANKED = [
    ("sumsquares", "trio", Obstacle.SUSPECT, "2.0 times the work took 1.0 times as long"),
    ("sumsquares", "go", Obstacle.INVALID, "5 invalid of 6 trials: sample 1: found 0 ns"),
    ("sumsquares", "threads", Obstacle.TOO_FEW, "found 3, expected at least 5"),
    ("echo", "uvloop", Obstacle.CLIENT_LIMITED, "used 96 to 98% of its CPU time (6 trials)"),
]


def cell(workload: str, name: str) -> CellResult:
    (found,) = [one for one in analysis_of(SCENE).workloads[workload].headline if one.name == name]
    return found


@pytest.mark.slow
def test_rows_of_what_the_load_generator_limited_are_above_all_that_did_less() -> None:
    """Others without a rank are below all."""
    rows = {id_: in_row_order(result) for id_, result in analysis_of(SCENE).workloads.items()}
    names = [one.name for one in rows["echo"]]
    assert [one.name for one in rows["echo"] if one.is_client_limited] == ["uvloop", "go"]
    assert names[1:4] == ["asyncio-eager", "uvloop", "trio"]
    assert names[-3:] == ["go-1cpu", "go", "tokio"]
    assert [one.name for one in rows["sumsquares"][-3:]] == ["trio", "threads", "go"]


@pytest.mark.slow
@pytest.mark.parametrize(("workload", "name", "obstacle", "reason"), UNRANKED)
def test_a_contestant_without_a_rank_says_why_everywhere(
    workload: str, name: str, obstacle: Obstacle, reason: str
) -> None:
    analysis = analysis_of(SCENE)
    result, own = analysis.workloads[workload], cell(workload, name)
    assert own.unranked is not None
    assert own.unranked.obstacle is obstacle
    assert reason in own.unranked.text
    assert own not in ranked(result)
    assert own not in by_tier(result)
    assert f"{name}:" not in title(result).finding
    advised = [
        one.names
        for row in advice(analysis)
        for aspect in row.aspects
        for one in aspect.choices
        if aspect.workload == workload
    ]
    assert not any(name in names for names in advised)
    page = main_page(drawing(SCENE), workload)
    assert f"{name} {row_notes.MARK}" in page.ticks(page.figure.axes[0], "y")
    assert reason in page.words() or f"{obstacle.value}, not ranked" in page.words()


def test_where_the_load_generator_was_the_limit_nobody_leads() -> None:
    echo = analysis_of(SCENE).workloads["echo"]
    unknown = "fastest unknown, the load generator limited uvloop and go"
    assert title(echo).text == "Echo: by server CPU per message, asyncio led"
    assert finding(echo).startswith(f"{unknown}; by server CPU per message, asyncio led (")
    assert overall([echo]) == f"Echo: {unknown}"
    (throughput, by_cpu) = [
        aspect
        for row in advice(analysis_of(SCENE))
        for aspect in row.aspects
        if aspect.workload == "echo"
    ]
    assert throughput.choices[0].text == "undecided"
    assert "limited uvloop and go" in throughput.choices[0].because
    assert by_cpu.judged_by == "server CPU per message"
    assert by_cpu.choices[0].text == "asyncio"


def test_servers_are_ranked_by_cpu_time_whoever_was_the_limit() -> None:
    echo = analysis_of(SCENE).workloads["echo"]
    assert echo.by_cpu is not None
    unranked = {one.name for one in echo.headline if one.metrics} - {
        one.name for one in ranked(echo)
    }
    assert unranked == {"uvloop", "go"}
    places = {one.name: echo.by_cpu.comparison.tier_of(one.contestant) for one in echo.headline}
    assert places["asyncio"] == 1
    assert all(places[name] for name in unranked)
    page = main_page(drawing(SCENE), "echo")
    assert "[CPU tier]" in page.words()
    assert f" [{places['uvloop']}]" in page.words()
    assert "CPU tier" in printed(tables.results(analysis_of(SCENE)), width=400)
    exported = export.render("json", analysis_of(SCENE), (), ExportSelection(("echo",)), [])
    (found,) = json.loads(exported)["workloads"]
    assert unranked <= {name for tier in found["comparison_by_cpu"]["tiers"] for name in tier}


def test_a_server_that_fails_has_no_rank_by_cpu_time_either() -> None:
    fails = Otherwise(
        lambda usual: failed(usual, Status.CRASH, "ended") if usual.cell.model == "trio" else usual
    )
    echo = scene(("echo",), models=("asyncio", "trio", "go"), fate=fails).workloads["echo"]
    assert echo.by_cpu is not None
    ranks = {one.model for tier in echo.by_cpu.comparison.tiers for one in tier}
    assert ranks == {"asyncio", "go"}


def test_a_language_without_a_baseline_says_so_instead_of_a_speed_up() -> None:
    assert cell("sumsquares", "tokio").lacking == {"speedup": "no baseline in JavaScript"}
    page = main_page(drawing(SCENE), "sumsquares")
    assert "no baseline in JavaScript" in page.words()


@pytest.mark.parametrize(("call_ns", "is_suspect"), [(100.0, True), (199.0, True), (200.0, False)])
def test_a_call_as_cheap_as_an_empty_one_is_suspect(call_ns: float, *, is_suspect: bool) -> None:
    assert bool(explain_empty_call(call_ns, 100.0)) is is_suspect
