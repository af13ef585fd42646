"""What people read in a terminal, held by golden files.

To renew them:
LOOMBENCH_GOLDEN=renew .venv/bin/python -m pytest tests/unit/presenting/test_tables.py
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis
from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK
from harness.claims import judge, ledger
from harness.paths import ROOT
from harness.presenting import tables
from harness.results.records import Absence, AbsentCell, Cell, Diagnosis, Status
from tests.support.factories import cell, run, trial, trials, workload
from tests.support.ledgers import LEDGER, a_claim
from tests.support.terminal import printed

GOLDEN = ROOT / "tests" / "data" / "golden"
RENEW = "LOOMBENCH_GOLDEN=renew .venv/bin/python -m pytest tests/unit/presenting/test_tables.py"
NO_GO = "no Go found; install Go, or run `make setup` with a network"


def holds(name: str, found: str) -> None:
    """Compare with a golden file, or write it when that was asked for."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("LOOMBENCH_GOLDEN") == "renew":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    assert found == expected, f"if this is what people should read: {RENEW}"


def small() -> Analysis:
    """Return five blocks of a demo, with one of everything that can become of a contestant."""
    sequential = Cell(Contestant("demo", "sequential"), "headline")
    variant = cell("asyncio", variant="threads")
    swept = cell("asyncio", "tasks-100")
    cells = [sequential, cell("asyncio"), variant, cell("trio"), cell("threads"), cell("uvloop")]
    absent = [
        AbsentCell(cell("scratch"), Absence.NOT_APPLICABLE, "it is not for this"),
        AbsentCell(cell("go"), Absence.UNAVAILABLE, NO_GO),
        AbsentCell(cell("threads", "tasks-100"), Absence.LIMITED, "stops at 10 tasks: it does"),
    ]
    ms = 1_000_000
    measured = [
        *trials(sequential, [500 * ms, 501 * ms, 502 * ms, 503 * ms, 504 * ms]),
        *trials("asyncio", [52 * ms, 51 * ms, 53 * ms, 52 * ms, 52 * ms]),
        *trials(variant, [60 * ms, 61 * ms, 62 * ms], usage={"peak_bytes": 20 * 2**20}),
        *trials("threads", [51 * ms, 52 * ms, 52 * ms, 53 * ms, 52 * ms], warnings=("left 2",)),
        *[
            trial("trio", block, status=Status.WRONG_ANSWER, message="found [b]5[/b], expected 6")
            for block in range(4)
        ],
        trial("trio", 4, 70 * ms),
        trial(swept, 5, 55 * ms),
    ]
    return analyse(run([*cells, swept], absent), measured)


def test_show_is_as_agreed() -> None:
    holds("show", printed(tables.results(small())))


def compared() -> Analysis:
    """Return five blocks of a demo with its A/A control: two alike, one apart, one that fails."""
    twin = structs.replace(cell("asyncio"), control=True)
    ms = 1_000_000
    measured = [
        *trials("asyncio", [52 * ms, 51 * ms, 53 * ms, 52 * ms, 52 * ms]),
        *trials(twin, [52 * ms, 52 * ms, 52 * ms, 53 * ms, 51 * ms]),
        *trials("threads", [51 * ms, 52 * ms, 52 * ms, 53 * ms, 52 * ms]),
        *trials("trio", [70 * ms, 71 * ms, 72 * ms, 71 * ms, 70 * ms]),
        *trials("uvloop", [40 * ms, 41 * ms, 40 * ms, 41 * ms]),
        trial("uvloop", 4, status=Status.TIMEOUT, message="not finished after 40 s"),
        trial(cell("asyncio", "tasks-100"), 5, 55 * ms),
    ]
    return analyse(run(list(dict.fromkeys(one.cell for one in measured))), measured)


def test_show_of_a_run_with_tiers_is_as_agreed() -> None:
    holds("show-tiers", printed(tables.results(compared())))


def test_a_tier_is_shown_in_the_headline_case_alone_and_only_where_there_are_tiers() -> None:
    assert printed(tables.results(compared())).split().count("tier") == 1
    alone = [trial(cell("asyncio"), block, 52_000_000) for block in range(5)]
    assert "tier" not in printed(tables.results(analyse(run([cell("asyncio")]), alone))).split()


def test_the_noise_floor_is_shown_where_the_control_has_enough_blocks() -> None:
    floor = compared().workloads["demo"].comparison.floor
    assert floor is not None
    text = printed(tables.results(compared()))
    assert f"\nnoise floor {100 * (floor - 1):.1f}%\n" in text
    assert text.count("Noise floor: we ran one program under two names") == 1
    assert "noise floor" not in printed(tables.results(small())).lower()


def test_show_of_a_run_without_a_trial_is_as_agreed() -> None:
    empty = analyse(run([cell("asyncio"), cell("trio")]), [])
    holds("show-nothing-yet", printed(tables.results(empty)))


def test_claims_are_as_agreed() -> None:
    known = [
        *ledger.parse(LEDGER, "own.toml"),
        replace(a_claim("at most 50 ms", this="threads"), id="sure"),
        replace(a_claim("51 to 52 ms"), id="open", says="It takes [b]51[/b] to 52 ms."),
        replace(a_claim("at least 1x", this="asyncio · threads", to="threads"), id="few"),
        replace(a_claim(workload="another"), id="elsewhere"),
    ]
    holds("claims", printed(tables.claims(judge.judge_claims(known, small()))))


def test_claims_of_a_run_that_measures_none_say_why() -> None:
    found = printed(tables.claims(judge.judge_claims([a_claim(workload="another")], small())))
    assert found.splitlines() == [
        "This run measures none of 1 claim",
        "Not measured:",
        "quick: another was not part of this run.",
    ]


def test_list_is_as_agreed() -> None:
    analysis = small()
    present = [cell(model, CHECK) for model in ("sequential", "asyncio", "trio")]
    present.append(cell("asyncio", CHECK, "threads"))
    absent = [one for one in analysis.run.absent if one.cell.case == "headline"]
    holds("list", printed(tables.listing([workload()], present, absent)))


def test_validate_is_as_agreed() -> None:
    checked = [
        trial(cell("asyncio", CHECK)),
        trial(cell("trio", CHECK), status=Status.WRONG_ANSWER, message="found 5, expected 6"),
        trial(cell("threads", CHECK), warnings=("left 2 processes running; they were killed",)),
        trial(cell("uvloop", CHECK), status=Status.OUT_OF_MEMORY, message="took more than it may"),
    ]
    absent = [
        AbsentCell(cell("scratch", CHECK), Absence.NOT_APPLICABLE, "it is not for this"),
        AbsentCell(cell("go", CHECK), Absence.MISSING, "nobody has written it yet"),
    ]
    holds("validate", printed([tables.conformance(checked, absent)]))


def test_doctor_is_as_agreed() -> None:
    found = [
        Diagnosis("cpu", "a cpu, 2 logical cores"),
        Diagnosis("load", "3.10 in the last minute", "something else is running"),
    ]
    holds("doctor", printed([tables.machine(found)]))


def test_what_validate_counts_as_not_conforming_is_not_shown_as_ok() -> None:
    warned = trial(cell("threads", CHECK), warnings=("left 2 processes running",))
    row = printed([tables.conformance([warned], [])]).splitlines()[1]
    assert "left 2 processes running" in row
    assert "ok" not in row.split()


def test_a_value_without_an_interval_says_that_n_is_too_small() -> None:
    read = printed(tables.results(small()))
    assert "61.0 ms *" in read
    assert read.count("too few processes for an interval, fewer than 5") == 1


WIDE = 400
MARKUP = ("list index [red] out of range", "cannot read [/etc/hosts]", "found [b]5[/b]")


@pytest.mark.parametrize("message", MARKUP)
def test_a_message_is_printed_as_it_was_said_by_validate(message: str) -> None:
    one = trial(cell("trio", CHECK), status=Status.CRASH, message=message)
    assert message in printed([tables.conformance([one], [])], WIDE)


@pytest.mark.parametrize("message", MARKUP)
def test_a_message_is_printed_as_it_was_said_by_show(message: str) -> None:
    failed = trial("trio", status=Status.CRASH, message=message)
    assert message in printed(tables.results(analyse(run([cell("trio")]), [failed])), WIDE)


@pytest.mark.parametrize("reason", MARKUP)
def test_a_reason_is_printed_as_it_was_given_by_validate_and_list(reason: str) -> None:
    absent = AbsentCell(cell("go", CHECK), Absence.UNAVAILABLE, reason)
    assert reason in printed([tables.conformance([], [absent])], WIDE)
    assert reason in printed(tables.listing([workload()], [], [absent]), WIDE)


@pytest.mark.parametrize("width", [80, 120])
def test_show_loses_no_name_and_no_number_in_a_narrow_terminal(width: int) -> None:
    read = printed(tables.results(small(), width), width)
    assert "…" not in read
    assert len([line for line in read.splitlines() if line.startswith("1       asyncio  ")]) == 1
    for word in ("asyncio · threads", "sequential", "scratch", "502 ms", "9.7x", "applicable"):
        assert word in read
