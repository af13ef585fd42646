"""The bench that `make bench` runs: its parts, and the loops it compares with, at tiny sizes."""

from __future__ import annotations

import inspect
import os
import re
import subprocess

import pytest

from harness.runners import build_go
from runner.models import MODELS, why_unavailable
from tests.bench import __main__ as bench
from tests.bench import load, parity, tools

# As many as there are of each: `sequential` has nobody to talk to and no use for waits.
LOOPS = [
    *(("pingpong", model) for model in MODELS if model != "sequential"),
    *(("fanout", model) for model in MODELS if model not in ("sequential", "processes")),
]
BY_HAND = tools.BARE / "python.py"


def by_hand(workload: str, model: str, size: int, calls: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        tools.python(str(BY_HAND), workload, model, str(size), str(calls)),
        env=tools.environment(),
        capture_output=True,
        text=True,
        timeout=30,
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


@pytest.mark.parametrize(("workload", "model"), LOOPS)
def test_a_loop_by_hand_answers_right_and_tells_the_time_of_all_calls_but_the_first(
    workload: str, model: str
) -> None:
    reason = why_unavailable(MODELS[model])
    if reason:
        pytest.skip(f"{model}: {reason}")
    done = by_hand(workload, model, size=3, calls=2)  # each loop asserts its own answer
    assert (done.returncode, done.stderr) == (0, "")
    (elapsed_ns,) = map(int, done.stdout.split())
    assert elapsed_ns > 0


@pytest.mark.parametrize(
    ("workload", "model"),
    [("fanout", "processes"), ("pingpong", "sequential"), ("kitchen", "asyncio")],
)
def test_a_loop_that_nobody_has_written_is_refused(workload: str, model: str) -> None:
    done = by_hand(workload, model, size=3, calls=2)
    assert done.returncode != 0
    assert done.stdout == ""


def test_the_loops_by_hand_cover_what_parity_asks_of_them() -> None:
    workloads = tools.workshop().workloads
    asked = []
    for workload, (param, size) in parity._SIZES.items():
        it = workloads[workload]
        limits = {one.model: one.most for one in it.limits if one.param == param}
        asked += [
            (workload, model)
            for model in MODELS
            if model not in it.not_applicable and size <= limits.get(model, size)
        ]
    assert sorted(asked) == sorted(LOOPS)


def test_the_loops_by_hand_know_nothing_of_the_harness() -> None:
    text = BY_HAND.read_text("utf-8")
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE))
    assert "time" in imported
    assert not imported & {"harness", "tests"}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no choice of cores here")
def test_the_load_generator_is_measured_at_a_small_size() -> None:
    if build_go()[0] is None:
        pytest.skip(build_go()[1])
    rows = [*load.against_arithmetic(seconds=1), *load.against_wrk(pairs=1, seconds=1)]
    assert len(rows) == 3
    # Whether they hold is for a quiet machine to say.
    assert all(measured for _, measured, _, _ in rows)
