"""Who competes for the lead: all do the same work, and no model competes with itself."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.analysis.advice import advice
from harness.analysis.findings import overall, title
from harness.analysis.lead import rivals, without_twins
from harness.analysis.run_results import Analysis, WorkloadResult, ranked
from harness.catalog.workload import HEADLINE
from harness.results.records import Cell
from tests.support.factories import WORKLOAD, analysed, cell, trials, who

STEADY, NOISY = [10_000] * 6, [9_000, 14_000, 10_500, 9_200, 12_500, 10_000]
# A floor beside the question: what a program costs that copies nothing.
GROUPS = """
[[groups]]
label = "with a copy"
variants = [""]

[[groups]]
label = "without a copy"
models = ["sequential", "go"]
"""


def demo(analysis: Analysis) -> WorkloadResult:
    return analysis.workloads["demo"]


def measured(one_cpu: list[int], unlimited: list[int]) -> Analysis:
    return analysed(
        *trials("asyncio", [30_000] * 6), *trials("go-1cpu", one_cpu), *trials("go", unlimited)
    )


@pytest.mark.parametrize(
    ("one_cpu", "led"),
    [(STEADY, "go led, also on one core"), (NOISY, "go led")],
    ids=["tied", "undecided"],
)
def test_a_model_on_one_processor_stands_back_behind_the_same_on_all(
    one_cpu: list[int], led: str
) -> None:
    analysis = measured(one_cpu, STEADY)
    assert [cell.name for cell in rivals(demo(analysis))] == ["go", "asyncio"]
    assert overall([demo(analysis)]) == "Demo: go led"
    assert title(demo(analysis)).text.endswith(
        led
    )  # its figure shows the one processor first, if tied
    (row,) = advice(analysis)
    assert row.aspects[0].choices[0].text == "go"


def test_a_title_names_the_same_leaders_as_the_run() -> None:
    analysis = analysed(
        *trials("asyncio", NOISY), *trials("go-1cpu", STEADY), *trials("go", NOISY[::-1])
    )
    leaders = "Demo: asyncio and go led, too close to rank"
    assert overall([demo(analysis)]) == title(demo(analysis)).text == leaders


def test_variants_and_other_runtimes_that_are_better_follow_the_leader() -> None:
    analysis = analysed(
        *trials("asyncio", [30_000] * 6),
        *trials("trio", [40_000] * 6),
        *trials(cell("asyncio", variant="fast"), STEADY),
        *trials(Cell(structs.replace(who("trio"), runtime="3.14t"), HEADLINE), [20_000] * 6),
        *trials(cell("trio", variant="slow"), [50_000] * 6),
    )
    assert overall([demo(analysis)]) == "Demo: asyncio led"
    assert title(demo(analysis)).text == (
        "Demo: asyncio led; better still: asyncio · fast and trio @ 3.14t"
    )
    (row,) = advice(analysis)
    assert row.aspects[0].choices[0].text == (
        "asyncio; better still: asyncio · fast or trio @ 3.14t"
    )


def test_where_no_plain_contestant_was_measured_variants_compete() -> None:
    analysis = analysed(
        *trials(cell("asyncio", variant="fast"), STEADY),
        *trials(cell("asyncio", variant="slow"), [50_000] * 6),
    )
    assert overall([demo(analysis)]) == "Demo: asyncio · fast led"


def test_a_restriction_that_makes_a_model_better_is_named() -> None:
    analysis = measured([5_000] * 6, STEADY)
    assert overall([demo(analysis)]) == "Demo: go-1cpu led"


def test_a_restricted_model_stands_for_both_where_only_it_is_known_to_lead() -> None:
    noisy = [11_000, 29_000, 12_000, 28_000, 11_500, 29_500]
    analysis = analysed(
        *trials("threads", [20_000] * 6), *trials("go-1cpu", STEADY), *trials("go", noisy)
    )
    assert overall([demo(analysis)]) == "Demo: go-1cpu led"


def test_a_model_on_one_processor_alone_competes() -> None:
    result = demo(analysed(*trials("asyncio", STEADY), *trials("go-1cpu", NOISY)))
    assert len(without_twins(ranked(result), result.comparison)) == 2


def test_who_does_other_work_is_neither_counted_nor_advised() -> None:
    analysis = analysed(
        *trials("asyncio", STEADY),
        *trials("trio", [30_000] * 6),
        *trials("go", [1_000] * 6),
        text=WORKLOAD + GROUPS,
    )
    assert [cell.name for cell in rivals(demo(analysis))] == ["asyncio", "trio"]
    assert overall([demo(analysis)]) == "Demo: asyncio led"
    (row,) = advice(analysis)
    assert {name for choice in row.aspects[0].choices for name in choice.names} == {"asyncio"}
