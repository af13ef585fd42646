"""What a run has to decide, and what it says of itself before it has."""

from __future__ import annotations

import itertools

import pytest

from harness.analysis.analyse import Analyst
from harness.analysis.contrasts import contrasts
from harness.analysis.first_look import first_look
from harness.results.records import Absence, AbsentCell
from tests.support.factories import WORKLOAD, cell, result, run, trial, trials, who

MS = 1_000_000
AGAIN = WORKLOAD + '[[contrasts]]\nthis = "trio"\nto = "threads"\n'


def test_contrasts_are_all_against_the_baseline_and_the_named_pairs_each_once() -> None:
    found = result(*map(trial, ("trio", "asyncio", "threads")), text=AGAIN)
    assert contrasts(found) == [
        (who("trio"), who("asyncio")),
        (who("threads"), who("asyncio")),  # also named by the file
        (who("trio"), who("threads")),
    ]


def test_what_is_not_measured_is_in_no_contrast() -> None:
    absent = AbsentCell(cell("threads"), Absence.UNAVAILABLE, "it is not here")
    found = result(trial("trio"), trial("asyncio"), absent=(absent,), text=AGAIN)
    assert contrasts(found) == [(who("trio"), who("asyncio"))]
    assert contrasts(result(trial("trio"), trial("go"))) == []


def test_an_analyst_knows_at_any_time_what_is_decided() -> None:
    models = ("asyncio", "trio", "threads")
    analyst = Analyst(run([cell(model) for model in models]))
    decided = []
    for block in range(6):
        for model, factor in zip(models, (1.0, 2.0, 1.0), strict=True):
            noise = (block * 7 % 5 + len(model)) * MS // 10
            analyst.take(trial(model, block, round(50 * MS * factor) + noise))
        found = analyst.compare("demo")
        decided.append(found.comparison.count_decided(contrasts(found)))
        whole = analyst.conclude().workloads["demo"].comparison
        assert found.comparison.verdicts == whole.verdicts
    assert decided == [(0, 2)] * 4 + [(2, 2)] * 2


@pytest.mark.parametrize(
    ("blocks", "measuring", "said"),
    [
        (1, True, "First look: 1 block of 1 workload; measuring goes on."),
        (6, True, "First look: 6 blocks of 1 workload; measuring goes on."),
        (4, False, "First look: fewer than 5 blocks, too few for intervals."),
        (5, False, ""),
        (0, False, ""),
    ],
)
def test_a_run_that_is_not_over_or_was_cut_short_is_a_first_look(
    blocks: int, said: str, *, measuring: bool
) -> None:
    analyst = Analyst(run([cell()]))
    for one in trials("asyncio", range(MS, MS + blocks)):
        analyst.take(one)
    assert first_look(analyst.conclude(measuring=measuring)) == said


def test_a_first_look_counts_the_workloads_that_have_too_few_blocks() -> None:
    other = cell().contestant.__class__("other", "asyncio")
    cells = [cell(), cell().__class__(other, "headline")]
    analyst = Analyst(run(cells, workloads={"demo": WORKLOAD, "other": WORKLOAD}))
    for of, block in itertools.chain(
        zip(itertools.repeat(cells[0]), range(5)), zip(itertools.repeat(cells[1]), range(5, 7))
    ):
        analyst.take(trial(of, block))
    said = "First look: fewer than 5 blocks in 1 of 2 workloads, too few for intervals."
    assert first_look(analyst.conclude()) == said
