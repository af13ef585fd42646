"""The bench that `make bench` runs: its parts, and the loops it compares with, at tiny sizes."""

from __future__ import annotations

import importlib
import inspect
import math
import re
import shutil
import subprocess
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from harness.analysis.comparison import Comparison
from harness.catalog.contestant import Contestant
from harness.measuring import plan
from harness.measuring.inventory import Inventory
from harness.results import store
from harness.results.records import Cell, Status
from harness.statistics import estimates
from harness.statistics.verdicts import Verdict
from runner.models import MODELS, why_unavailable
from tests.bench import __main__ as bench
from tests.bench import (
    alone,
    analysis,
    interrupted,
    outside,
    parity,
    planted,
    precision,
    synthetic,
    tools,
)
from tests.support import factories
from tests.support.planted.bench import Bench

BASES = ("asyncio", "trio", "threads")
WRITTEN = [model for model in MODELS if model in parity._WRITTEN]
# As many as there are of each: `sequential` has nobody to talk to and no use for waits.
LOOPS = [
    *(("pingpong", model) for model in WRITTEN if model != "sequential"),
    *(("fanout", model) for model in WRITTEN if model not in ("sequential", "processes")),
    *((workload, model) for workload in parity._BY_HAND for model in BASES),
]
# Of the workloads with three loops one each, of the others all.
TRIED = [
    *(pair for pair in LOOPS if pair[0] not in parity._BY_HAND),
    *((workload, BASES[i % len(BASES)]) for i, workload in enumerate(parity._BY_HAND)),
]
BY_HAND = tools.BARE / "python.py"


def by_hand(workload: str, model: str, size: int, calls: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        tools.python(str(BY_HAND), workload, model, str(size), str(calls)),
        env=tools.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("part", bench.PARTS)
def test_a_part_of_the_bench_yields_rows(part: str) -> None:
    assert inspect.isgeneratorfunction(bench.PARTS[part])
    assert not inspect.signature(bench.PARTS[part]).parameters


def test_a_part_that_does_not_exist_is_refused_with_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench.main(["startup", "startp"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"found 'startp', expected any of: {', '.join(bench.PARTS)}\n"


def test_a_row_that_does_not_hold_makes_the_bench_fail(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {
        "good": ("one", "1 s", "at most 2 s", True),
        "bad": ("two", "3 s", "at most 2 s", False),
    }
    monkeypatch.setattr(
        bench, "PARTS", {name: lambda row=row: iter([row]) for name, row in rows.items()}
    )
    assert bench.main(["good"]) == 0
    assert "does not hold" not in capsys.readouterr().out
    assert bench.main([]) == 1
    assert re.search(r"two +3 s +at most 2 s +does not hold", capsys.readouterr().out)


@pytest.mark.parametrize(("workload", "model"), TRIED)
def test_a_hand_written_loop_is_right_and_reports_all_calls_but_the_first(
    workload: str, model: str
) -> None:
    reason = why_unavailable(MODELS[model])
    if reason:
        pytest.skip(f"{model}: {reason}")
    size = 65_536 if workload == "filestream" else 3  # bytes: one chunk
    done = by_hand(workload, model, size, calls=2)  # each loop asserts its own answer
    assert (done.returncode, done.stderr) == (0, "")
    (elapsed_ns,) = map(int, done.stdout.split())
    assert elapsed_ns > 0


@pytest.mark.parametrize(
    ("workload", "model"),
    [("fanout", "processes"), ("pingpong", "sequential"), ("kitchen", "asyncio")],
)
def test_a_loop_that_is_not_written_is_refused(workload: str, model: str) -> None:
    done = by_hand(workload, model, size=3, calls=2)
    assert done.returncode != 0
    assert done.stdout == ""


def test_the_hand_written_loops_cover_the_parity_rows() -> None:
    workloads = tools.inventory().workloads
    asked = []
    for workload, (param, size) in parity._SIZES.items():
        it = workloads[workload]
        limits = {one.model: one.most for one in it.limits if one.param == param}
        asked += [
            (workload, model)
            for model in MODELS
            if model in parity._BY_HAND.get(workload, WRITTEN)
            and model not in it.not_applicable
            and parity._SIZE_OF.get((workload, model), size) <= limits.get(model, 10**9)
        ]
    assert sorted(asked) == sorted(LOOPS)


def test_the_hand_written_loops_do_not_import_the_harness() -> None:
    text = BY_HAND.read_text("utf-8")
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE))
    assert "time" in imported
    assert not imported & {"harness", "tests"}


def test_the_long_parts_do_less_when_they_are_only_tried_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(tools.SMALL, raising=False)
    assert tools.amount(20, 2) == 20
    monkeypatch.setenv(tools.SMALL, "1")
    assert tools.amount(20, 2) == 2


# --- the planted runner


@pytest.fixture
def outsiders(monkeypatch: pytest.MonkeyPatch) -> Inventory:
    for name, value in tools.runs_environment().items():
        monkeypatch.setenv(name, value)
    return Inventory.open([tools.PLANTED], {"COMMAND_NS": "0 0"})


def test_the_planted_runner_offers_what_the_parts_measure(outsiders: Inventory) -> None:
    assert outsiders.runners.problems == []
    models = {
        workload: [
            one.model
            for one in outsiders.runners.found["planted"].description.implementations
            if one.workload == workload
        ]
        for workload in ("busy", "command")
    }
    assert set(models["busy"]) == {planted._BASE, planted._TWIN, *planted._SLOWER}
    assert models["command"] == ["base", "longer"]
    cells, _ = outsiders.plan_cells(plan.RunSelection(("busy", "command")), plan.PROFILES["quick"])
    assert [cell.model for cell in cells if cell.control] == ["base", "base"]


def test_a_planted_model_waits_longer_by_what_its_name_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(tools.PLANTED)
    waiting = importlib.import_module("waiting")
    asked = {}
    for model in waiting.PERCENT:
        monkeypatch.setattr(waiting, "busy", lambda ns, model=model: asked.update({model: ns}))
        waiting.waits(model, {"wait_ns": 20_000_000})()
    assert asked == {
        "base": 20_000_000,
        "twin": 20_000_000,
        "slower-2": 20_400_000,
        "slower-5": 21_000_000,
        "slower-20": 24_000_000,
    }


@pytest.mark.parametrize("model", ["base", "slower-20"])
def test_a_planted_model_follows_the_protocol(outsiders: Inventory, model: str) -> None:
    trial = Bench.of(outsiders).trial(Cell(Contestant("busy", model), "headline"), 0, 0)
    assert trial is not None
    assert (trial.status, trial.message, trial.warnings) == (Status.OK, "", ())
    assert [sample.warmup for sample in trial.samples] == [True, False, False, False]


def test_a_command_is_started_once_a_trial(outsiders: Inventory) -> None:
    trial = Bench.of(outsiders).trial(Cell(Contestant("command", "longer"), "headline"), 0, 0)
    assert trial is not None
    assert (trial.status, trial.message) == (Status.OK, "")
    assert len(trial.samples) == 1


# --- what is found of what was planted


def compared(value: float, verdict: Verdict) -> Comparison:
    pair = Contestant("busy", "slower-5"), Contestant("busy", "base")
    return Comparison(
        ratios={pair: estimates.Ratio(value, value * 0.99, value * 1.01, 9, 0.001)},
        verdicts={pair: verdict},
    )


@pytest.mark.parametrize(
    ("value", "judged", "said"),
    [
        (1.05, Verdict.DIFFERENT, "slower"),
        (0.95, Verdict.DIFFERENT, "faster"),
        (1.05, Verdict.TIED, ""),
        (0.95, Verdict.UNDECIDED, ""),
    ],
)
def test_a_difference_counts_if_it_is_real_and_with_its_sign(
    value: float, judged: Verdict, said: str
) -> None:
    assert planted.verdict(compared(value, judged), "slower-5") == said


def test_one_of_twenty_differences_may_be_missed_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(tools.SMALL, raising=False)
    found = {model: estimates.Ratio(1.05, 1.04, 1.06, 9, 0.001) for model in planted._SLOWER}
    found["twin"] = estimates.Ratio(1.0, 0.99, 1.01, 9, 0.9)
    ratios = {
        (Contestant("busy", model), Contestant("busy", "base")): ratio
        for model, ratio in found.items()
    }

    def barred(missed: int) -> list[tuple[str, str, str, bool]]:
        def comparison(seed: int, _: int) -> Comparison:
            found = Verdict.DIFFERENT if seed > missed else Verdict.UNDECIDED
            return Comparison(
                ratios,
                {pair: Verdict.TIED if pair[0].model == "twin" else found for pair in ratios},
            )

        monkeypatch.setattr(planted, "_comparison", comparison)
        return [row for row in planted.rows() if row[2] != "no bar"]

    difference, nothing = barred(1)
    assert "in 19 of 20 runs" in difference[1]
    assert difference[3]
    assert "in 0 of 20 runs" in nothing[1]
    assert nothing[3]
    difference, _ = barred(2)
    assert not difference[3]


# --- how long until a ratio is known


THESE = (77.0, 78.5, 76.2, 77.4, 79.0, 76.8)
THOSE = (84.0, 86.5, 85.1, 84.4, 88.0, 85.3)


def test_the_interval_for_other_tools_is_the_one_that_we_have_for_groups_without_blocks() -> None:
    ours = estimates.unpaired_ratio(THOSE, THESE)
    assert ours is not None
    assert precision.half_width(THESE, THOSE) == pytest.approx(ours.spread)
    assert precision.half_width((2.0, 2.0), (3.0, 3.0)) == 0


def test_a_ratio_is_known_with_the_first_number_of_replicates_that_is_enough() -> None:
    took = precision.Took(12.0, THESE, THOSE, fixed_s=2.0)
    widths = {count: precision.half_width(THESE[:count], THOSE[:count]) for count in range(2, 7)}
    first = next(count for count, width in widths.items() if width <= 0.05)
    assert 2 < first < 6
    assert precision.enough(took, least=2) == first
    assert precision.enough(took, least=first + 1) == first + 1
    assert precision.enough(took, least=2, width=1e-9) is None


def test_what_so_many_replicates_would_have_taken_is_their_share_of_the_time() -> None:
    took = precision.Took(12.0, (1.0,) * 10, (3.0,) * 10, fixed_s=2.0)
    assert took.until(10) == pytest.approx(12)
    assert took.until(2) == pytest.approx(2 + 10 * 2 / 10)
    assert precision.earliest(took, 5) == pytest.approx(2 + 10 * 5 / 10)
    never = precision.Took(12.0, (1.0, 9.0), (3.0, 90.0))
    assert precision.earliest(never, 2) == math.inf
    assert precision.enough(took._replace(batch=3), 2) == 6


def test_a_tool_is_asked_for_more_only_until_the_ratio_is_known() -> None:
    asked = []

    def measure(count: int | None) -> precision.Took:
        asked.append(count)
        return precision.Took(1.0, THESE if count == 160 else (1.0, 9.0), THOSE)

    assert precision._climb(measure, (80, 160, 320)).these == THESE
    assert asked == [None, 80, 160]


@pytest.mark.parametrize(
    ("seconds", "hyperfine", "holds"),
    [(2.9, "here", True), (3.1, "here", False), (2.9, None, False)],
)
def test_the_bar_is_half_of_the_better_tool_and_needs_both(
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    hyperfine: str | None,
    holds: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: hyperfine)
    monkeypatch.setattr(precision, "_waits_ns", lambda: (1, 2))
    own = precision.Ours(seconds, 0.5, 2.0, 5, 1.1, 0.04)
    monkeypatch.setattr(precision, "_ours", lambda _: own)
    theirs = precision.Took(6.0, THESE, THOSE)
    monkeypatch.setattr(precision, "_hyperfine", lambda *_: theirs)
    slow = precision.Took(60.0, THESE, THOSE)
    monkeypatch.setattr(precision, "_pyperf", lambda _: (slow, slow))
    first, *others = precision.rows()
    assert first[3] is holds
    assert ("hyperfine: not measured" in first[1]) == (hyperfine is None)
    assert all(row[2:] == ("no bar", True) for row in others)


# --- the other parts


def test_the_time_outside_children_is_what_trials_leave_of_the_measuring_phase() -> None:
    at = "2026-01-02T03:04:{}+00:00"
    trials = [
        factories.trial(started_at=at.format("05.000"), wall_ns=10**9),
        factories.trial(started_at=at.format("06.250"), wall_ns=2 * 10**9),
        factories.trial(started_at=at.format("08.500"), wall_ns=5 * 10**8),
    ]
    first, last = outside.phase(trials)
    assert last - first == pytest.approx(4.0)
    assert outside.outside(trials) == pytest.approx(1 - 3.5 / 4)


@pytest.mark.parametrize(
    ("data", "whole"),
    [(b"", b""), (b"{}\n", b"{}\n"), (b"{}\n{", b"{}\n"), (b"{", b"")],
)
def test_only_whole_lines_count_as_kept(data: bytes, whole: bytes) -> None:
    assert interrupted.whole_lines(data) == whole


def test_what_is_measured_twice_or_not_whole_is_found() -> None:
    run = factories.run([factories.cell("asyncio"), factories.cell("trio")])
    trials = [
        *(factories.trial(model, block) for block in (0, 1) for model in ("asyncio", "trio")),
        factories.trial("trio", 2),
    ]
    assert interrupted.measured_twice(trials) == []
    assert interrupted.cut_short(run, trials) == [2]
    with_variant = factories.run([*run.cells, factories.cell("asyncio", variant="threads")])
    later = [factories.trial(model, 5) for model in ("asyncio", "trio")]
    assert interrupted.cut_short(with_variant, [*trials, *later]) == [2, 5]
    again = [*trials, factories.trial("trio", 1)]
    assert interrupted.measured_twice(again) == [(1, factories.cell("trio"))]


def test_a_synthetic_run_is_as_large_as_asked_for_and_has_no_trial_twice() -> None:
    run = synthetic.run_of(analysis._WORKLOADS, analysis._CONTESTANTS)
    assert len(run.cells) == len(set(run.cells)) == 500
    trials = list(islice(synthetic.trials(run, 3), 1_000))
    assert interrupted.measured_twice(trials) == []
    assert Counter(trial.cell for trial in trials) == dict.fromkeys(run.cells, 2)
    assert {len(trial.samples) for trial in trials} == {3}
    assert trials == list(islice(synthetic.trials(run, 3), 1_000))


@pytest.mark.parametrize("limit", [{"count": 45}, {"size": 20_000}])
def test_a_synthetic_run_is_read_like_any_other(tmp_path: Path, limit: dict[str, int]) -> None:
    run = synthetic.run_of(2, 20)
    written = synthetic.write(run, tmp_path, samples=2, **limit)
    assert written == limit.get("count", written)
    assert (tmp_path / store.TRIALS_FILE).stat().st_size >= limit.get("size", 0)
    assert store.read_run(tmp_path) == run
    assert len(list(store.read_trials(tmp_path, []))) == written


def test_a_full_run_has_every_workload_and_a_speed_probe_in_each_block(tmp_path: Path) -> None:
    count = synthetic.full(tmp_path / "run", blocks=2, samples=3)
    run = store.read_run(tmp_path / "run")
    trials = list(store.read_trials(tmp_path / "run", []))
    assert len(trials) == count == 2 * len(run.cells)
    assert {one.workload for one in run.cells} == set(tools.inventory().workloads)
    assert {one.block for one in trials if one.probe_ns is not None} == {0, 1}
    assert max(len(one.samples) for one in trials) == 3


def test_a_separate_process_reports_its_result_and_its_peak_memory(tmp_path: Path) -> None:
    synthetic.write(synthetic.run_of(1, 20), tmp_path, samples=1, count=20)
    found = alone.asked("analyse", tmp_path, most_bytes=2**40)
    assert found["trials"] == 20
    assert found["peak_bytes"] > 2**20
    assert {"reading_s", "analysing_s", "showing_s", "children_bytes"} <= found.keys()


def test_timing_an_iterable_does_not_change_it() -> None:
    assert list(alone.Timed("abc")) == ["a", "b", "c"]
    assert alone.Timed(()).seconds == 0
