"""docs/examples/shell: the runner in POSIX shell conforms, is measured and drawn."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.measuring.runners import manifest
from harness.paths import ROOT
from harness.results import store
from tests.support.command import Invoke

pytestmark = pytest.mark.usefixtures("asked_once")

SHELL = ROOT / "docs" / "examples" / "shell"


def can_run_the_shell_runner() -> bool:
    if not shutil.which("sha256sum") or not shutil.which("date"):
        return False
    said = subprocess.run(["date", "+%s%N"], capture_output=True, text=True, check=False).stdout
    return said.strip().isdigit()


@pytest.fixture(scope="module")
def shell() -> None:
    if not can_run_the_shell_runner():
        pytest.skip("found no sha256sum or no date that prints nanoseconds")


needs_shell = pytest.mark.usefixtures("shell")


@needs_shell
def test_the_shell_runner_conforms(invoke: Invoke) -> None:
    code, said, err = invoke("validate", "--runner", SHELL, "busywait", "nothing")
    assert (code, err) == (0, "")
    assert "busywait sh ok" in said
    assert "2 conform, 0 do not, 0 are not written" in said


@needs_shell
def test_the_shell_runner_is_listed_with_its_workloads(invoke: Invoke) -> None:
    code, said, err = invoke("list", "--runner", SHELL)
    assert (code, err) == (0, "")
    assert "busywait How late does a busy wait end?" in said
    assert "models sh" in said
    assert "without sh: missing" in said  # in noop


@needs_shell
def test_the_shell_runner_is_measured_and_drawn(invoke: Invoke, tmp_path: Path) -> None:
    # It ends as soon as it has the least number of blocks, however busy the machine is.
    arguments = ("--workload", "busywait", "--precision", "99%", "--out", tmp_path)
    code, said, _ = invoke("run", "--runner", SHELL, *arguments)
    assert code == 0
    assert "Busy waiting: " in said
    folder = store.find_run(tmp_path)
    trials = list(store.read_trials(folder, []))
    assert {trial.status.value for trial in trials} == {"ok"}
    run = store.read_run(folder)
    assert run.runner_files == (str(SHELL / manifest.FILE),)
    assert set(run.sources) == {"shell: runner.sh", "shell: loombench.toml"}
    assert ">sh</text>" in (folder / "figures" / "overview.svg").read_text("utf-8")


@needs_shell
def test_the_shell_runner_refuses_a_workload_that_it_lacks() -> None:
    request = json.dumps({"protocol": 1, "workload": "noop", "model": "sh", "cases": []})
    done = subprocess.run(
        [SHELL / "runner.sh", "run"],
        input=request + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["reason"] == "unsupported"
