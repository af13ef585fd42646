"""Sentences about results: no stronger than the intervals allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from harness.analysis import findings
from harness.analysis.comparison import Comparison
from harness.analysis.obstacle import Obstacle, Unranked
from harness.analysis.run_results import CellResult, WorkloadResult
from harness.catalog.workload import HEADLINE
from harness.results.records import Status
from harness.statistics.estimates import Estimate, Ratio
from harness.statistics.verdicts import Verdict
from tests.support.factories import WORKLOAD, cell, who, workload

if TYPE_CHECKING:
    from collections.abc import Mapping

MS = 1_000_000
SURE = 0.1  # half the width of an interval, as a part of its value


def about(value: float, spread: float | None = SURE, n: int = 10) -> Estimate:
    if spread is None:
        return Estimate(value, None, None, n)
    return Estimate(value, value * (1 - spread), value * (1 + spread), n)


Compared = tuple[Ratio, Verdict]


def different(value: float) -> Compared:
    return Ratio(value, value * (1 - SURE), value * (1 + SURE), 10, 0.0001), Verdict.DIFFERENT


def tied(value: float) -> Compared:
    return Ratio(value, value * (1 - SURE), value * (1 + SURE), 10, 0.3, 0.01), Verdict.TIED


def undecided(value: float) -> Compared:
    return Ratio(value, value * (1 - SURE), value * (1 + SURE), 10, 0.3, 0.4), Verdict.UNDECIDED


def too_few(value: float) -> Compared:
    return Ratio(value, None, None, 3), Verdict.UNDECIDED


def result(
    values: Mapping[str, Estimate],
    compared: Mapping[tuple[str, str], Compared],
    *,
    text: str = WORKLOAD,
    failed: tuple[str, ...] = (),
) -> WorkloadResult:
    """Return a result with the headline metric of each model and the comparisons of pairs."""
    demo = workload(text)
    cells = [
        CellResult(
            cell=cell(model),
            case=demo.resolve(HEADLINE, model),
            metrics={"elapsed": value},
            ratio=None,
            statuses={Status.OK: 10, **({Status.CRASH: 1} if model in failed else {})},
            unranked=Unranked(Obstacle.FAILED, "1 crash") if model in failed else None,
        )
        for model, value in values.items()
    ]
    comparison = Comparison()
    for (this, to), (ratio, verdict) in compared.items():
        pair, inverse = (who(this), who(to)), (who(to), who(this))
        comparison.ratios.update({pair: ratio, inverse: ratio.inverse()})
        comparison.verdicts.update({pair: verdict, inverse: verdict})
    return WorkloadResult(demo, {HEADLINE: cells}, comparison)


def with_metric(unit: str = "ns", better: str = "lower", shape: str = "makespan") -> str:
    """Return the demo with another headline metric."""
    text = WORKLOAD.replace(
        'unit = "ns"\nbetter = "lower"', f'unit = "{unit}"\nbetter = "{better}"', 1
    )
    return text.replace('shape = "makespan"', f'shape = "{shape}"')


# --- contrasts


def contrast(compared: Compared, text: str = WORKLOAD) -> str:
    """Return the sentence about threads and asyncio."""
    found = result({}, {("threads", "asyncio"): compared}, text=text)
    return findings.contrast(found, (who("threads"), who("asyncio")))


MEASURES = pytest.mark.parametrize(
    ("unit", "better", "shape", "ratio", "sentence"),
    [
        ("ns", "lower", "makespan", 2, "threads took 2.0x as long as asyncio"),
        ("ns/task", "lower", "rate", 2, "threads took 2.0x as long as asyncio"),
        ("ns", "lower", "makespan", 0.5, "threads ran 2.0x as fast as asyncio"),
        ("ns", "lower", "latency", 2, "threads came 2.0x as late as asyncio"),
        ("ns", "lower", "latency", 0.5, "threads came 2.0x less late than asyncio"),
        ("ns", "higher", "makespan", 2, "threads reached 2.0x of asyncio"),
        ("ns", "higher", "makespan", 0.5, "threads reached 0.50x of asyncio"),
        ("x", "lower", "makespan", 2, "threads reached 2.0x of asyncio"),
        ("messages/s", "higher", "rate", 2, "threads did 2.0x as many messages/s as asyncio"),
        ("messages/s", "higher", "rate", 0.5, "asyncio did 2.0x as many messages/s as threads"),
        ("bytes/task", "lower", "rate", 2, "threads took 2.0x the memory of asyncio"),
    ],
)


@MEASURES
def test_a_contrast_is_worded_after_what_is_measured(
    unit: str, better: str, shape: str, ratio: float, sentence: str
) -> None:
    assert contrast(different(ratio), with_metric(unit, better, shape)) == sentence


@pytest.mark.parametrize(
    ("ratio", "sentence"),
    [(2, "threads was 2.0x as far off as asyncio"), (0.5, "threads was 2.0x as exact as asyncio")],
)
def test_who_misses_a_time_by_less_is_more_exact(ratio: float, sentence: str) -> None:
    text = with_metric(shape="latency").replace('"elapsed time"', '"median timing error"')
    assert "median timing error" in text
    assert contrast(different(ratio), text) == sentence


@MEASURES
def test_a_contrast_of_too_few_blocks_states_the_ratio_and_no_decision(
    unit: str, better: str, shape: str, ratio: float, sentence: str
) -> None:
    assert contrast(too_few(ratio), with_metric(unit, better, shape)) == sentence


@pytest.mark.parametrize("unit", ["ns", "messages/s", "bytes/task", "x"])
@pytest.mark.parametrize("better", ["lower", "higher"])
@pytest.mark.parametrize("verdict", [Verdict.TIED, Verdict.UNDECIDED])
def test_a_contrast_that_is_not_different_has_its_ratio_and_its_verdict(
    verdict: Verdict, better: str, unit: str
) -> None:
    compared = Ratio(1.1, 1.05, 1.15, 9), verdict
    sentence = contrast(compared, with_metric(unit, better))
    assert sentence == f"threads measured 1.1x asyncio ({verdict.value})"


@pytest.mark.parametrize(("ratio", "shown"), [(1.04, "1.04x"), (1.004, "1.004x"), (1.1, "1.1x")])
def test_a_small_real_difference_has_the_digits_that_show_it(ratio: float, shown: str) -> None:
    assert contrast(different(ratio)) == f"threads took {shown} as long as asyncio"


@pytest.mark.parametrize(
    ("ratio", "sentence"),
    [
        (Ratio(2.0, 1.7, 2.4, 10, 0.0, 1.0), "threads took 2.0x as long as asyncio"),
        (Ratio(5.7, 2.75, 11.7, 10, 0.0, 1.0), "threads took 2.8 to 12x as long as asyncio"),
        (Ratio(0.2, 0.1, 0.4, 10, 0.0, 1.0), "threads ran 2.5 to 10x as fast as asyncio"),
    ],
)
def test_a_ratio_with_a_wide_interval_is_a_range(ratio: Ratio, sentence: str) -> None:
    assert contrast((ratio, Verdict.DIFFERENT)) == sentence


def test_a_contrast_names_variants_and_runtimes() -> None:
    variant = who("asyncio", "threads")
    runtime = structs.replace(who("asyncio"), runtime="3.14t")
    found = result({}, {})
    found.comparison.ratios[variant, runtime], judged = different(2)
    found.comparison.verdicts[variant, runtime] = judged
    sentence = findings.contrast(found, (variant, runtime))
    assert sentence == "asyncio · threads took 2.0x as long as asyncio @ 3.14t"


# --- the finding of a workload


def test_without_data_nothing_could_be_measured() -> None:
    assert findings.finding(result({}, {})) == "nothing could be measured"


def test_the_best_is_named_alone_if_the_others_differ() -> None:
    found = result(
        {"asyncio": about(50 * MS), "go": about(20 * MS)}, {("asyncio", "go"): different(2.5)}
    )
    assert findings.finding(found) == "go led (20.0 ms)"


def test_a_contrast_of_the_workload_file_follows_the_best() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(50 * MS)},
        {("threads", "asyncio"): different(2.5)},
    )
    assert findings.finding(found) == (
        "asyncio led (20.0 ms); threads took 2.5x as long as asyncio"
    )


def test_an_undecided_lead_is_not_called_equal() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(24 * MS)},
        {("threads", "asyncio"): undecided(1.2)},
    )
    assert findings.finding(found) == (
        "asyncio (20.0 ms) and threads led, too close to rank;"
        " threads measured 1.2x asyncio (undecided)"
    )


def test_a_contrast_that_was_not_measured_is_left_out() -> None:
    found = result({"asyncio": about(20 * MS)}, {})
    assert findings.finding(found) == "asyncio led (20.0 ms)"


def test_contestants_tied_with_the_best_are_named_with_it() -> None:
    found = result(
        {"asyncio": about(20 * MS), "trio": about(21 * MS), "go": about(50 * MS)},
        {("trio", "asyncio"): tied(1.05), ("go", "asyncio"): different(2.5)},
    )
    assert findings.finding(found) == "asyncio (20.0 ms) and trio led, tied"


@pytest.mark.parametrize(
    ("others", "said"), [(("go",), "go undecided"), (("go", "uvloop"), "2 others undecided")]
)
def test_beside_a_tie_the_undecided_are_told_apart_from_the_tied(
    others: tuple[str, ...], said: str
) -> None:
    found = result(
        {name: about(20 * MS) for name in ("asyncio", "trio", *others)},
        {("trio", "asyncio"): tied(1.05)} | {(one, "asyncio"): undecided(1.2) for one in others},
    )
    assert findings.finding(found) == f"asyncio (20.0 ms) and trio led, tied; {said}"


@pytest.mark.parametrize("compared", [None, too_few(2.5)])
def test_a_contestant_with_too_few_blocks_leaves_the_lead_undecided(
    compared: Compared | None,
) -> None:
    found = result(
        {"asyncio": about(20 * MS), "trio": about(50 * MS)},
        {} if compared is None else {("trio", "asyncio"): compared},
    )
    assert findings.finding(found) == "asyncio (20.0 ms) and trio led, too close to rank"


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (("asyncio", "trio", "uvloop"), "trio and uvloop"),
        (("asyncio", "trio", "uvloop", "go"), "trio and 2 others"),
        (("asyncio", "trio", "uvloop", "go", "scratch"), "trio and 3 others"),
    ],
)
def test_a_sentence_names_three_contestants_at_most(models: tuple[str, ...], names: str) -> None:
    values = {model: about((20 + place) * MS) for place, model in enumerate(models)}
    compared = {(model, "asyncio"): tied(1.05) for model in models[1:]}
    assert findings.finding(result(values, compared)) == f"asyncio (20.0 ms), {names} led, tied"


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_a_finding_of_too_few_blocks_says_so(better: str) -> None:
    found = result({"asyncio": about(20 * MS, None, 4)}, {}, text=with_metric(better=better))
    assert findings.finding(found) == "asyncio leads so far (20.0 ms); too few blocks to be sure"


def test_a_contrast_of_too_few_blocks_makes_the_finding_unsure_though_the_best_had_enough() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(50 * MS, None, 3)},
        {("threads", "asyncio"): too_few(2.5)},
    )
    assert findings.finding(found) == (
        "asyncio (20.0 ms) and threads led, too close to rank;"
        " threads took 2.5x as long as asyncio; too few blocks to be sure"
    )


def test_a_contestant_that_failed_once_does_not_lead() -> None:
    found = result(
        {"asyncio": about(20 * MS), "go": about(2 * MS)},
        {("asyncio", "go"): different(10)},
        failed=("go",),
    )
    assert findings.finding(found) == "asyncio led (20.0 ms)"


def test_a_workload_in_which_every_contestant_failed_once_says_so() -> None:
    found = result({"asyncio": about(20 * MS)}, {}, failed=("asyncio",))
    assert (
        findings.finding(found) == "every contestant failed at least once; the reasons are listed"
    )


def test_a_run_without_the_headline_case_says_so_if_no_other_case_ranks() -> None:
    """As with `--case ladder`, which has a capacity and no throughput."""
    found = result({}, {})
    other = CellResult(
        cell("asyncio", "tasks-100"),
        found.workload.resolve("tasks-100", "asyncio"),
        {"capacity": about(9.0)},
        None,
        {Status.OK: 10},
    )
    only = replace(found, cases={"tasks-100": [other]})
    assert findings.finding(only) == ("the headline case was not measured; see the case tasks-100")
    unranked = replace(found, cases={HEADLINE: [other]})
    assert findings.finding(unranked) == "nothing could be measured"
    crashed = replace(found, cases={"tasks-100": [replace(other, statuses={Status.CRASH: 1})]})
    assert (
        findings.finding(crashed) == "every contestant failed at least once; the reasons are listed"
    )


# --- titles

WITH_CONTRASTS = (
    WORKLOAD
    + """
[[contrasts]]
this = "trio"
to = "asyncio"
"""
)
THREE = {"asyncio": about(20 * MS), "trio": about(21 * MS), "threads": about(50 * MS)}
THREADS_DIFFER = {
    ("threads", "asyncio"): different(2.5),
    ("threads", "trio"): different(2.4),
    ("trio", "asyncio"): tied(1.05),
}


def test_a_title_has_the_real_contrasts_and_the_leaders_without_numbers() -> None:
    found = result(THREE, THREADS_DIFFER, text=WITH_CONTRASTS)
    assert findings.title(found).text == (
        "Demo: threads took 2.5x as long as asyncio; asyncio and trio led, tied"
    )


def test_a_title_without_a_real_contrast_names_the_leaders() -> None:
    found = result(
        {"asyncio": about(20 * MS), "threads": about(21 * MS)},
        {("threads", "asyncio"): undecided(1.05)},
    )
    assert findings.title(found).text == "Demo: asyncio and threads led, too close to rank"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (
            "Four words of title",
            "Four words of title: threads took 2.5x as long as asyncio; asyncio and trio led, tied",
        ),
        (
            "A title of so many words that nothing else fits",
            "A title of so many words that nothing else fits: asyncio and trio led, tied",
        ),
    ],
)
def test_a_title_leaves_out_what_exceeds_90_characters(name: str, title: str) -> None:
    text = WITH_CONTRASTS.replace('title = "Demo"', f'title = "{name}"')
    assert findings.title(result(THREE, THREADS_DIFFER, text=text)).text == title
    assert len(title) <= 90


def test_a_title_of_too_few_blocks_says_so() -> None:
    found = result({"asyncio": about(20 * MS, None, 4)}, {})
    assert findings.title(found).text == "Demo: too few blocks for a finding"


def test_a_title_without_results_says_why() -> None:
    assert findings.title(result({}, {})).text == "Demo: nothing could be measured"


# --- the finding of a run


def leads(
    values: Mapping[str, Estimate],
    compared: Mapping[tuple[str, str], Compared] | None = None,
    *,
    text: str = WORKLOAD,
) -> WorkloadResult:
    return result(values, compared or {}, text=text)


ASYNCIO_LEADS = leads(
    {"asyncio": about(20 * MS), "trio": about(50 * MS)}, {("trio", "asyncio"): different(2.5)}
)
BOTH_LEAD = leads(
    {"asyncio": about(20 * MS), "trio": about(21 * MS)},
    {("trio", "asyncio"): tied(1.05)},
    text=WORKLOAD.replace('title = "Demo"', 'title = "Other"'),
)
UNDECIDED = leads(
    {"asyncio": about(20 * MS), "go": about(21 * MS)}, {("go", "asyncio"): undecided(1.05)}
)
UNSURE = leads(
    {"asyncio": about(20 * MS, None), "trio": about(50 * MS, None)},
    text=WORKLOAD.replace('title = "Demo"', 'title = "Unsure"'),
)
FLOOR = leads({"go": about(MS)}, text=WORKLOAD.replace("rules =", "floor = true\nrules ="))


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([], "Nothing could be measured yet"),
        ([FLOOR, result({}, {})], "Nothing could be measured yet"),
        ([ASYNCIO_LEADS], "Demo: asyncio led"),
        ([BOTH_LEAD], "Other: asyncio and trio led, tied"),
        ([UNDECIDED], "Demo: asyncio and go led, too close to rank"),
        ([UNSURE], "Too few blocks for a finding"),
        ([ASYNCIO_LEADS, FLOOR], "Demo: asyncio led"),
        ([ASYNCIO_LEADS, BOTH_LEAD], "Of 2 workloads, asyncio led or tied in 2, trio in 1"),
        (
            [UNDECIDED, BOTH_LEAD],
            "Of 2 workloads, asyncio led or tied in 1, trio in 1; 1 undecided",
        ),
        ([UNDECIDED, UNDECIDED], "The lead is undecided in all 2 workloads"),
        (
            [ASYNCIO_LEADS, UNSURE],
            "Demo: asyncio led; too few blocks in 1 other",
        ),
    ],
)
def test_a_run_counts_in_how_many_workloads_each_model_leads(
    results: list[WorkloadResult], sentence: str
) -> None:
    assert findings.overall(results) == sentence


def test_who_led_on_one_processor_alone_counts_for_its_model_and_is_told() -> None:
    one_cpu = {"go-1cpu": about(20 * MS), "go": about(30 * MS), "asyncio": about(50 * MS)}
    leads_alone = leads(one_cpu, {(name, "go-1cpu"): different(2.0) for name in ("go", "asyncio")})
    sentence = "Of 2 workloads, go led or tied in 1 (1 as go-1cpu), asyncio in 1"
    assert findings.overall([leads_alone, ASYNCIO_LEADS]) == sentence


def test_variants_do_not_count_for_their_models() -> None:
    found = ASYNCIO_LEADS
    variant = replace(
        found.headline[0], cell=cell("asyncio", variant="fast"), metrics={"elapsed": about(MS)}
    )
    with_variant = replace(found, cases={HEADLINE: [variant, *found.headline]})
    assert findings.overall([with_variant]) == "Demo: asyncio led"
