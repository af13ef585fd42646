"""Runners are asked all at once, and not again while what they depend on has not changed."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import Exit
from harness.measuring.runners import describing, protocol
from harness.measuring.runners.describing import Question, describe_all
from tests.support.command import Invoke
from tests.support.outside import toml

DESCRIPTION = {"protocol": 1, "language": "sh", "version": "1", "implementations": []}


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(describing, "cache_folder", lambda: tmp_path / "answers")
    return tmp_path / "answers"


def program(path: Path, *lines: str, **changes: object) -> Path:
    """Write a runner in shell that counts how often it is started, in a file beside its folder."""
    path.parent.mkdir(exist_ok=True)
    counted = f"echo x >> '{path.parent}.count'"
    said = f"echo '{json.dumps({**DESCRIPTION, **changes})}'"
    path.write_text("\n".join(["#!/bin/sh", counted, *lines, said, ""]), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def question(path: Path, env: dict[str, str] | None = None) -> Question:
    return Question((str(path),), env or {}, path.parent, depends_on=(path.parent,))


def starts(path: Path) -> int:
    return len(Path(f"{path.parent}.count").read_text("utf-8").splitlines())


def test_runners_are_asked_at_once(tmp_path: Path) -> None:
    def waits_for_the_other(own: str, other: str) -> Question:
        wait = f"touch {own}; while [ ! -e {other} ]; do :; done"
        return question(program(tmp_path / "both" / own[-1], f"cd '{tmp_path}'; {wait}"))

    found = describe_all([waits_for_the_other("on-a", "on-b"), waits_for_the_other("on-b", "on-a")])
    assert all(isinstance(one, protocol.Description) for one in found)


def test_one_that_hangs_or_cannot_be_started_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describing, "DEADLINE_S", 60.0)  # of the good one
    hanging = replace(question(program(tmp_path / "a" / "hangs", "exec sleep 600")), deadline_s=0.5)
    absent, good = question(tmp_path / "b"), question(program(tmp_path / "c" / "good"))
    one, two, three, four = describe_all([hanging, absent, good, hanging])
    assert str(one) == str(four) == "describe timed out after 0.5 s"
    assert isinstance(two, OSError)
    assert isinstance(three, protocol.Description)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kill -9 $$", "describe ended by signal 9"),
        ("exit 4", "describe ended with exit code 4"),
        ("echo no >&2; exit 4", "describe ended with exit code 4: no"),
    ],
)
def test_how_one_ended_is_said_and_what_it_said_if_it_did(
    tmp_path: Path, line: str, said: str
) -> None:
    (found,) = describe_all([question(program(tmp_path / "home" / "runner", line))])
    assert str(found) == said


def test_a_runner_is_asked_again_when_something_has_changed(answers: Path, tmp_path: Path) -> None:
    path = program(tmp_path / "home" / "runner")

    def ask(env: dict[str, str] | None = None) -> int:
        (found,) = describe_all([question(path, env)], remembered=True)
        assert isinstance(found, protocol.Description)
        return starts(path)

    assert (ask(), ask(), ask()) == (1, 1, 1)
    assert ask({"A": "B"}) == 2
    (path.parent / "new").write_text("")
    assert (ask(), ask()) == (3, 3)
    program(path, version="2")
    assert (ask(), ask()) == (4, 4)
    for kept in answers.iterdir():
        kept.write_text('{"protocol": 1')
    assert ask() == 5


@pytest.mark.parametrize("why", ["missing", "link", "pipe", "nowhere"])
def test_an_answer_that_may_not_stay_true_is_not_kept(
    answers: Path, tmp_path: Path, why: str
) -> None:
    missing = [{"model": "a", "reason": "no library"}] if why == "missing" else []
    path = program(tmp_path / "home" / "runner", unavailable=missing)
    if why == "link":
        (path.parent / "link").symlink_to(tmp_path)
    if why == "pipe":
        os.mkfifo(path.parent / "pipe")
    if why == "nowhere":
        answers.write_text("")  # no folder
    for _ in range(2):
        (found,) = describe_all([question(path)], remembered=True)
        assert isinstance(found, protocol.Description)
    assert starts(path) == 2


def test_few_answers_are_kept(
    answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describing, "_MOST_KEPT", 2)
    path = program(tmp_path / "home" / "runner")
    for number in range(4):
        describe_all([question(path, {"N": str(number)})], remembered=True)
    assert len(list(answers.iterdir())) == 2


@pytest.mark.usefixtures("asked_once")
def test_list_and_validate_remember_and_a_run_asks(
    invoke: Invoke, answers: Path, tmp_path: Path
) -> None:
    path = program(tmp_path / "home" / "runner")
    toml(path.parent, "counting", command=["./runner"], workloads=None)
    for command in (("list",), ("list",), ("validate", "noop", "--model", "sequential")):
        assert invoke(*command, "--runner", path.parent)[0] == Exit.NOT_POSSIBLE  # it offers none
    assert starts(path) == 1
    out = ("--out", tmp_path / "out", "--no-figures", "--budget", "1ms")
    for count in (2, 3):
        invoke("run", "--workload", "noop", "--model", "sequential", "--runner", path.parent, *out)
        assert starts(path) == count
