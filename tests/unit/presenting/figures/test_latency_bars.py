"""The figure of latency by case: what its title counts, and how its panels are named."""

from __future__ import annotations

import re

import pytest
from hdrh.histogram import HdrHistogram
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from msgspec import structs

from harness.presenting.figures import latency_bars
from harness.results.records import Trial
from tests.support.drawings import drawing
from tests.support.factories import analysed, cell, trial

MS = 1_000_000
LATENCY = """\
title = "Demo"
question = "How late?"
shape = "latency"
rules = ["Tick."]

[params.ticks]
unit = "ticks"
min = 1
max = 100
meaning = "number of ticks"

[work]
operations = "ticks"

[oracle]
value = "ticks"

[cases.check]
params = { ticks = 2 }
expect = 2

[cases.headline]
params = { ticks = 10 }
label = "CPU work on the loop"
group = "with work on the loop"
disturbance_ns = 200_000_000

[cases.block]
params = { ticks = 11 }
label = "a blocking call on the loop"
group = "with work on the loop"

[cases.aside]
params = { ticks = 12 }
label = "CPU work in a thread"
group = "in a thread"

[cases.calm]
params = { ticks = 13 }

[metrics.p99]
label = "p99 lateness"
unit = "ns"
better = "lower"
formula = "p99_ns"
"""
LATE = """
[late]
limit_ns = 10_000_000
event = "a tick"
"""


def waits(model: str, case: str, worst_ms: float, variant: str = "") -> Trial:
    """Return a trial of ten latencies, of which the last is the worst."""
    counted = HdrHistogram(1, 120_000_000_000, 3)
    for part in range(1, 11):
        counted.record_value(round(worst_ms * MS * part / 10))
    return trial(cell(model, case, variant), latency=counted.encode().decode())


def draw(*trials: Trial, text: str) -> Figure:
    """Draw trials, each of which five blocks have found."""
    blocks = [structs.replace(one, block=block) for block in range(5) for one in trials]
    analysis = analysed(*blocks, text=text)
    result = analysis.workloads["demo"]
    assert latency_bars.has_bars(result)
    return latency_bars.figure(analysis, result)


def title(*trials: Trial, text: str = LATENCY + LATE) -> str:
    return " ".join(draw(*trials, text=text).texts[0].get_text().split())


def test_the_title_counts_the_models_that_miss_the_event_in_each_group() -> None:
    found = title(
        waits("asyncio", "headline", 200),
        waits("trio", "headline", 9),
        waits("asyncio", "block", 5),
        waits("trio", "block", 20),
        waits("go", "headline", 1),
        waits("asyncio", "aside", 30),
        waits("trio", "aside", 9),
        waits("asyncio", "calm", 1),
    )
    assert found == ("Demo: 2 of 3 models miss a tick with work on the loop, 1 of 2 in a thread")


def test_cases_without_a_group_are_counted_only_where_a_model_misses_the_event() -> None:
    on_the_loop = waits("asyncio", "headline", 200)
    assert title(on_the_loop, waits("asyncio", "calm", 1)) == (
        "Demo: 1 of 1 model misses a tick with work on the loop"
    )
    assert title(on_the_loop, waits("asyncio", "calm", 11)) == (
        "Demo: 1 of 1 model misses a tick with work on the loop, 1 of 1 in other cases"
    )


def test_a_group_in_which_no_model_misses_the_event_is_counted_too() -> None:
    found = title(waits("asyncio", "headline", 200), waits("asyncio", "aside", 1))
    assert found == "Demo: 1 of 1 model misses a tick with work on the loop, 0 of 1 in a thread"


def test_where_no_model_misses_the_event_the_title_says_so() -> None:
    found = title(waits("asyncio", "headline", 9), waits("trio", "aside", 1))
    assert found == "Demo: no model misses a tick"


def test_a_model_has_the_latencies_of_its_plain_implementation_and_not_of_a_variant() -> None:
    found = title(
        waits("asyncio", "headline", 9),
        waits("asyncio", "headline", 200, "threads"),
        waits("trio", "calm", 1),
    )
    assert found == "Demo: no model misses a tick"


def test_without_a_limit_the_title_has_the_extremes_of_the_worst_latencies() -> None:
    found = title(
        waits("asyncio", "headline", 200),
        waits("trio", "headline", 9),
        waits("asyncio", "calm", 2),
        waits("go", "aside", 1),
        text=LATENCY,
    )
    assert found == "Demo: worst latency from 1.0 ms (go) to 200 ms (asyncio, CPU work on the loop)"


def test_a_panel_is_named_by_the_label_of_its_case_or_else_by_its_id() -> None:
    figure = draw(
        waits("asyncio", "headline", 200), waits("asyncio", "calm", 1), text=LATENCY + LATE
    )
    names = [axes.get_title(loc="left") for axes in figure.axes]
    assert names == ["CPU work on the loop", "calm"]


@pytest.mark.parametrize(("case", "is_shaded"), [("headline", True), ("calm", False)])
def test_the_disturbance_of_a_case_is_shaded(case: str, is_shaded: bool) -> None:  # noqa: FBT001
    figure = draw(
        waits("asyncio", "headline", 200), waits("asyncio", "calm", 1), text=LATENCY + LATE
    )
    axes = figure.axes[["headline", "calm"].index(case)]
    assert bool(axes.patches) == is_shaded


def test_one_case_is_nothing_to_compare() -> None:
    result = analysed(waits("asyncio", "headline", 1), text=LATENCY).workloads["demo"]
    assert not latency_bars.has_bars(result)


@pytest.mark.slow
def test_each_place_has_a_row_of_its_models_and_the_same_work_is_in_one_column() -> None:
    page = drawing("each shape").pages["heartbeat-cases"]
    rows: dict[float, list[Axes]] = {}
    for axes in page.figure.axes:
        rows.setdefault(axes.get_position().y0, []).append(axes)
    named = [
        [" ".join(panel.get_title(loc="left").split()) for panel in row] for row in rows.values()
    ]
    work = [[re.split(r"\s(?:on|in)\s(?:a|the)\s", name)[0] for name in row] for row in named]
    assert [row[:4] for row in work[1:]] == [work[0][:4]] * 2
    assert [row[4:] for row in work] == [
        ["no other work"],
        ["read of 4 MiB in chunks of 1 KiB"],
        [],
    ]
    names = [page.ticks(row[0], "y") for row in rows.values()]
    assert "go" in names[0]
    assert "go" not in names[1] + names[2]
    assert all(page.ticks(axes, "x") for axes in page.figure.axes)
