"""Looks at whether time grows with the work: who takes them in which process, and their ratios."""

from __future__ import annotations

import pytest

from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.measuring.growth import find_growth
from harness.measuring.measured_case import MeasuredCase
from harness.measuring.plan import assign
from harness.measuring.runners.protocol import Outcome, SampleTaken, Started, create_request
from harness.measuring.runners.transcript import Transcript
from harness.paths import WORKLOADS
from harness.results.records import Cell, Growth
from tests.support.factories import trial

SHIPPED = workload_file.load_folder(WORKLOADS)
GREW = Growth(2.0, 100.0, 200.0, ratios=(2.0, 2.0, 2.0))
STOOD = Growth(2.0, 100.0, 100.0, ratios=(1.0, 1.0, 1.0))
FAILED = None  # a trial without an answer
ASYNCIO, TRIO, VARIANT = (
    Cell(Contestant("pingpong", model, variant), "headline")
    for model, variant in (("asyncio", ""), ("trio", ""), ("trio", "reschedule"))
)


def recorded(found: dict[Cell, list[Growth | None]]) -> MeasuredCase:
    case = MeasuredCase([assign(cell, SHIPPED) for cell in (ASYNCIO, TRIO, VARIANT)], 0.03)
    for cell, growths in found.items():
        for block, growth in enumerate(growths):
            case.record(trial(cell, block, growth=growth))
    return case


def test_everyone_takes_looks_in_one_process_and_a_variant_that_comes_later_too() -> None:
    case = recorded({ASYNCIO: [GREW]})
    assert not case.needs_looks(ASYNCIO, 1)
    assert case.needs_looks(TRIO, 1)
    assert case.needs_looks(VARIANT, 1)
    assert case.needs_looks(ASYNCIO, 0)  # a resumed run decides as before


def test_who_has_failed_takes_looks_once_more() -> None:
    case = recorded({ASYNCIO: [FAILED], TRIO: [FAILED, FAILED], VARIANT: [FAILED, GREW]})
    assert case.needs_looks(ASYNCIO, 2)
    assert not case.needs_looks(TRIO, 2)
    assert not case.needs_looks(VARIANT, 2)


def test_who_is_not_settled_takes_more_looks() -> None:
    case = recorded({ASYNCIO: [STOOD, STOOD], TRIO: [STOOD, GREW, STOOD], VARIANT: [GREW, GREW]})
    assert not case.needs_looks(ASYNCIO, 2)
    assert case.needs_looks(TRIO, 3)
    assert not case.needs_looks(VARIANT, 2)
    assert case.needs_looks(TRIO, 1)


def test_a_model_that_the_workload_exempts_takes_no_looks() -> None:
    exempt, other = (
        assign(Cell(Contestant("counter", model), "headline"), SHIPPED).with_looks()
        for model in ("interpreters", "asyncio")
    )
    assert exempt.looks == ()
    assert len(other.looks) == 3


@pytest.mark.parametrize("id_", ["pingpong", "pickling"])
def test_each_two_looks_that_follow_each_other_give_a_ratio(id_: str) -> None:
    """A slow phase from the third look on falsifies one ratio of three."""
    cell = Cell(Contestant(id_, "asyncio"), "headline")
    assignment = assign(cell, SHIPPED).with_looks()
    request = create_request(cell.contestant, assignment.cases, 1, 2)
    transcript = Transcript(request.cases)
    transcript.receive(Started(2))
    for case, call_ns in zip(assignment.cases, (50, 100, 200, 190, 380), strict=True):
        for iteration, is_warmup in enumerate((True, False)):
            transcript.receive(
                SampleTaken(case.id, iteration, call_ns, case.operations, is_warmup, call_ns)
            )
        transcript.receive(Outcome(case.id, ""))
    growth = find_growth(assignment, transcript)
    assert growth is not None
    assert growth.work == pytest.approx(2.0)
    assert growth.ratios == pytest.approx((2.0, 200 / 190, 2.0))
    assert growth.cpu_ratios == growth.ratios
    assert find_growth(assign(cell, SHIPPED), transcript) is None
