"""Sentences about results: no stronger than the intervals allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis import findings
from harness.analysis.analyse import CellResult, Comparison, WorkloadResult
from harness.catalog.formula import Formula
from harness.catalog.workload import HEADLINE, Metric
from harness.results.records import Status
from harness.statistics.estimates import Estimate, Ratio
from tests.support.factories import WORKLOAD, cell, workload

if TYPE_CHECKING:
    from collections.abc import Mapping

MS = 1_000_000
SURE = 0.1  # half the width of an interval, as a part of its value


def about(value: float, spread: float | None = SURE, n: int = 10) -> Estimate:
    if spread is None:
        return Estimate(value, None, None, n)
    return Estimate(value, value * (1 - spread), value * (1 + spread), n)


# What is known of two contestants: their ratio, and whether the difference is real.
Compared = tuple[Ratio, bool | None]


def apart(value: float) -> Compared:
    return Ratio(value, value * (1 - SURE), value * (1 + SURE), 10, 0.0001), True


def alike(value: float) -> Compared:
    return Ratio(value, value * (1 - SURE), value * (1 + SURE), 10, 0.3), False


def too_few(value: float) -> Compared:
    return Ratio(value, None, None, 3), None


def result(
    values: Mapping[str, Estimate],
    compared: Mapping[tuple[str, str], Compared],
    *,
    better: str = "lower",
    failed: tuple[str, ...] = (),
) -> WorkloadResult:
    """Return a result with the headline metric of each contestant, and what is known of pairs."""
    cells = [
        CellResult(
            cell=cell(model),
            metrics={"elapsed": value},
            ratio=None,
            statuses={Status.OK: 10, **({Status.CRASH: 1} if model in failed else {})},
        )
        for model, value in values.items()
    ]
    both = Comparison()
    for (this, to), (ratio, differ) in compared.items():
        both.ratios.update({(this, to): ratio, (to, this): ratio.inverse()})
        if differ is not None:
            both.differ.update({(this, to): differ, (to, this): differ})
    demo = workload(WORKLOAD.replace('better = "lower"', f'better = "{better}"', 1))
    return WorkloadResult(demo, {HEADLINE: cells}, both)


CONTRASTS = pytest.mark.parametrize(
    ("ratio", "better", "text"),
    [
        (Ratio(2, 1.8, 2.2, 9), "lower", "threads against asyncio: 2.0x as long"),
        (Ratio(0.5, 0.4, 0.6, 9), "lower", "threads against asyncio: 2.0x as fast"),
        (Ratio(2, 1.8, 2.2, 9), "higher", "threads against asyncio: 2.0x"),
        (Ratio(0.5, 0.4, 0.6, 9), "higher", "threads against asyncio: 0.50x"),
    ],
)


def metric(better: str, unit: str = "ns") -> Metric:
    return Metric("one", "one", unit, better, Formula("elapsed_ns"), ())


@pytest.mark.parametrize(
    ("unit", "better", "text"),
    [
        ("messages/s", "higher", "threads against asyncio: 2.0x as many messages/s"),
        ("bytes/task", "lower", "threads against asyncio: 2.0x as much memory"),
    ],
)
def test_a_contrast_speaks_of_what_is_measured(unit: str, better: str, text: str) -> None:
    ratio = Ratio(2.0, 1.9, 2.1, 9)
    assert findings.contrast("threads", "asyncio", ratio, metric(better, unit), apart=True) == text


@CONTRASTS
def test_what_is_told_apart_is_a_difference(ratio: Ratio, better: str, text: str) -> None:
    assert findings.contrast("threads", "asyncio", ratio, metric(better), apart=True) == text


@CONTRASTS
def test_of_too_few_blocks_there_is_a_ratio_and_no_word_on_whether_it_is_real(
    ratio: Ratio, better: str, text: str
) -> None:
    few = Ratio(ratio.value, None, None, 4)
    assert findings.contrast("threads", "asyncio", few, metric(better), apart=None) == text


@pytest.mark.parametrize("better", ["lower", "higher"])
@pytest.mark.parametrize(
    ("low", "high"),
    [(0.8, 1.4), (1.0, 1.4), (0.9, 1.0), (1.0, 1.0), (1.05, 1.15)],
    ids=["around one", "from one", "to one", "one", "beyond one, adjusted or below the floor"],
)
def test_what_is_not_told_apart_is_no_difference_whatever_its_own_interval(
    low: float, high: float, better: str
) -> None:
    ratio = Ratio(1.1, low, high, 9)
    text = findings.contrast("threads", "asyncio", ratio, metric(better), apart=False)
    assert text == "threads and asyncio are not told apart (1.1x)"


def test_without_data_nothing_is_found() -> None:
    assert findings.finding(result({}, {})) == "nothing could be measured"


def test_the_best_is_named_with_its_value_where_it_stands_apart() -> None:
    found = result(
        {"asyncio": about(50 * MS), "go": about(20 * MS)}, {("asyncio", "go"): apart(2.5)}
    )
    assert findings.finding(found) == "best is go at 20.0 ms"


def test_a_contrast_of_the_file_comes_first_and_the_best_after_it() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(50 * MS)},
        {("threads", "asyncio"): apart(2.5)},
    )
    assert findings.finding(found) == (
        "threads against asyncio: 2.5x as long. Best is asyncio at 20.0 ms"
    )


def test_a_contrast_of_the_file_that_is_not_real_is_not_told_as_one() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(24 * MS)},
        {("threads", "asyncio"): alike(1.2)},
    )
    assert findings.finding(found) == (
        "threads and asyncio are not told apart (1.2x)."
        " Best, and not told apart, are asyncio and threads at 20.0 ms"
    )


def test_a_contrast_that_was_not_measured_is_not_spoken_of() -> None:
    found = result({"asyncio": about(20 * MS)}, {})
    assert findings.finding(found) == "best is asyncio at 20.0 ms"


def test_whoever_cannot_be_told_apart_from_the_best_is_named_with_it() -> None:
    found = result(
        {"asyncio": about(20 * MS), "trio": about(21 * MS), "go": about(50 * MS)},
        {("trio", "asyncio"): alike(1.05), ("go", "asyncio"): apart(2.5)},
    )
    assert findings.finding(found) == "best, and not told apart, are asyncio and trio at 20.0 ms"


@pytest.mark.parametrize("compared", [None, too_few(2.5)])
def test_whoever_was_not_compared_enough_is_not_told_apart_from_the_best(
    compared: Compared | None,
) -> None:
    found = result(
        {"asyncio": about(20 * MS), "trio": about(50 * MS)},
        {} if compared is None else {("trio", "asyncio"): compared},
    )
    assert findings.finding(found) == "best, and not told apart, are asyncio and trio at 20.0 ms"


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (("asyncio", "trio", "uvloop"), "asyncio, trio and uvloop"),
        (("asyncio", "trio", "uvloop", "go"), "asyncio, trio and 2 others"),
        (("asyncio", "trio", "uvloop", "go", "scratch"), "asyncio, trio and 3 others"),
    ],
)
def test_of_many_that_are_not_told_apart_three_at_most_are_named(
    models: tuple[str, ...], names: str
) -> None:
    values = {model: about((20 + place) * MS) for place, model in enumerate(models)}
    compared = {(model, "asyncio"): alike(1.05) for model in models[1:]}
    assert findings.finding(result(values, compared)) == (
        f"best, and not told apart, are {names} at 20.0 ms"
    )


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_a_finding_of_too_few_blocks_says_so(better: str) -> None:
    found = result({"asyncio": about(20 * MS, None, 4)}, {}, better=better)
    assert findings.finding(found) == (
        "best so far is asyncio at 20.0 ms (too few blocks to be sure)"
    )


def test_a_contrast_of_too_few_blocks_says_so_even_if_the_best_had_enough() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(50 * MS, None, 3)},
        {("threads", "asyncio"): too_few(2.5)},
    )
    assert "too few blocks" in findings.finding(found)


def test_whoever_failed_once_is_not_called_best() -> None:
    found = result(
        {"asyncio": about(20 * MS), "go": about(2 * MS)},
        {("asyncio", "go"): apart(10)},
        failed=("go",),
    )
    assert findings.finding(found) == "best is asyncio at 20.0 ms"


def test_where_everybody_failed_once_it_is_not_said_that_nothing_was_measured() -> None:
    found = result({"asyncio": about(20 * MS)}, {}, failed=("asyncio",))
    assert findings.finding(found) != "nothing could be measured"


def test_a_run_without_the_headline_case_says_so_where_another_cannot_rank() -> None:
    """As with `--case ladder`, of which there is a capacity and no throughput."""
    found = result({}, {})
    other = CellResult(cell("asyncio", "ladder"), {"capacity": about(9.0)}, None, {Status.OK: 10})
    asked = replace(found, cases={"ladder": [other]})
    said = "the headline case was not part of the run; see the case ladder"
    assert findings.finding(asked) == said
    missing = replace(found, cases={HEADLINE: [other]})
    assert findings.finding(missing) == "nothing could be measured"
    failed = replace(found, cases={"ladder": [replace(other, statuses={Status.CRASH: 1})]})
    assert "failed at least once" in findings.finding(failed)
