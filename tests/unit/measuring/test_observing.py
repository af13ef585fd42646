"""Probes are run in fresh processes, and what they do to these is observed too."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.behaviours import question
from harness.behaviours.question import DIES, HANGS
from harness.behaviours.records import Observation, OtherRuntime
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.errors import Exit, Problem
from harness.measuring import observing
from harness.measuring.observing import Assignment
from harness.measuring.runners import protocol
from harness.measuring.runners.runner import Runner, Runners
from tests.support.observations import QUESTION

SAYS = """\
import json, os, signal, sys, time
request = json.loads(sys.stdin.readline())
def say(**record): print(json.dumps(record), flush=True)
"""
DEMO = question.parse(QUESTION.replace("[words]", "deadline_s = 1\n\n[words]"), "demo", "demo")


def a_runner(folder: Path, program: str, *models: str) -> Runner:
    (folder / "probe.py").write_text(SAYS + program)
    offered = tuple(protocol.OfferedProbe("demo", model, "probe.py") for model in models)
    about = protocol.Description(2, "python", "3", (), probes=offered)
    return Runner("planted", (sys.executable, "probe.py"), {}, about, folder)


def observe(folder: Path, program: str) -> Observation:
    runner = a_runner(folder, program, "asyncio")
    return observing.observe(Assignment(DEMO, "asyncio", runner, "probe.py"), 3)


def test_a_probe_reports_evidence_and_a_word(tmp_path: Path) -> None:
    program = 'say(kind="evidence", text=request["model"]); say(kind="observed", word="one")'
    found = observe(tmp_path, program)
    assert (found.question, found.model, found.repetition) == ("demo", "asyncio", 3)
    assert (found.word, found.evidence, found.problem) == ("one", ("asyncio",), "")
    assert (found.source, len(found.digest)) == ("planted: probe.py", 64)


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ('say(kind="observed", word="one"); say(kind="observed", word="other")', "other"),
        ('say(kind="observed", word="one"); os.kill(os.getpid(), signal.SIGKILL)', "one"),
        ("os.kill(os.getpid(), signal.SIGKILL)", DIES),
        ("sys.exit(2)", DIES),
        ('say(kind="observed", word="one"); sys.stdin.readline()', HANGS),
    ],
)
def test_the_last_word_counts_unless_the_process_does_not_end(
    tmp_path: Path, program: str, word: str
) -> None:
    found = observe(tmp_path, program)
    assert (found.word, found.problem) == (word, "")


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("", "the probe reported nothing"),
        ('say(kind="error", message="no such probe")', "no such probe"),
        ('print("nonsense", flush=True); sys.stdin.readline()', "JSON is malformed"),
    ],
)
def test_a_probe_that_observes_nothing_says_why(tmp_path: Path, program: str, problem: str) -> None:
    found = observe(tmp_path, program)
    assert found.word == ""
    assert problem in found.problem


def test_what_a_dying_process_prints_is_kept(tmp_path: Path) -> None:
    found = observe(tmp_path, 'sys.exit("it is over")')
    assert (found.word, found.stderr_end) == (DIES, "it is over")
    assert found.evidence == ("the process ended with exit code 1",)


def plan_of(tmp_path: Path, *models: str) -> observing.Plan:
    runner = a_runner(tmp_path, "", "asyncio", "trio", "threads")
    runners = Runners({"planted": runner}, missing_models={"go": "no Go found"})
    return observing.plan({"demo": DEMO}, runners, models)


def test_a_plan_has_every_probe_of_these_models(tmp_path: Path) -> None:
    everything = plan_of(tmp_path)
    assert [one.model for one in everything.assignments] == ["asyncio", "trio", "threads"]
    assert everything.models == ("asyncio", "trio", "threads", "go")  # unavailable, and shown
    assert everything.unavailable == {"go": "no Go found"}
    assert [one.model for one in plan_of(tmp_path, "trio").assignments] == ["trio"]


def test_all_probes_run_once_before_any_runs_again(tmp_path: Path) -> None:
    program = 'say(kind="observed", word="one")'
    runner = a_runner(tmp_path, program, "asyncio")
    assignments = [Assignment(DEMO, model, runner, "probe.py") for model in ("asyncio", "trio")]
    found = [(one.model, one.repetition) for one in observing.observe_all(assignments, 2)]
    assert found == [("asyncio", 0), ("trio", 0), ("asyncio", 1), ("trio", 1)]


def test_an_interrupt_ends_it_and_stores_nothing(tmp_path: Path) -> None:
    runner = a_runner(tmp_path, "sys.stdin.readline()", "asyncio")
    assignments = [Assignment(DEMO, "asyncio", runner, "probe.py")]
    with pytest.raises(Problem, match="nothing was stored") as raised:
        list(observing.observe_all(assignments, 5, lambda: True))
    assert raised.value.code is Exit.INTERRUPTED


# --- runtimes


def test_every_runtime_is_asked_and_its_answers_are_told_apart(tmp_path: Path) -> None:
    ours = a_runner(tmp_path, 'say(kind="observed", word="one")', "asyncio", "trio")
    (tmp_path / "there").mkdir()
    there = a_runner(tmp_path / "there", 'say(kind="observed", word="other")', "asyncio")
    runners = Runners({one.key: one for one in (ours, replace(there, runtime="3.14"))})
    planned = observing.plan({"demo": DEMO}, runners, ())
    assert planned.models == ("asyncio", "trio")
    assert planned.others == (OtherRuntime("3.14", ("asyncio",)),)
    assert planned.runtimes == ("Python 3", "Python 3 (3.14)")
    found = observing.observe_all(planned.assignments, 1)
    assert [(one.model, one.runtime, one.word) for one in found] == [
        ("asyncio", DEFAULT_RUNTIME, "one"),
        ("asyncio", "3.14", "other"),
        ("trio", DEFAULT_RUNTIME, "one"),
    ]
