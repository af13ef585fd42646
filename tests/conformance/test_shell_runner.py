"""docs/external-runners.md: the runner in POSIX shell conforms, is measured and drawn."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.measuring.runners import external
from harness.paths import ROOT
from harness.results import store
from tests.support.command import Invoke
from tests.support.outside import PLANTED

pytestmark = pytest.mark.usefixtures("asked_once")

DOCUMENT = (ROOT / "docs" / "external-runners.md").read_text("utf-8")


def can_run_the_shell_runner() -> bool:
    if not shutil.which("sha256sum") or not shutil.which("date"):
        return False
    said = subprocess.run(["date", "+%s%N"], capture_output=True, text=True, check=False).stdout
    return said.strip().isdigit()


@pytest.fixture(scope="module")
def shell() -> None:
    if not can_run_the_shell_runner():
        pytest.skip("lacks what the shell runner needs")


needs_shell = pytest.mark.usefixtures("shell")


# --- the shell runner of the documentation


def test_the_document_shows_the_files_that_are_tested() -> None:
    folder = PLANTED / "shell"
    for file in ("loombench.toml", "runner.sh", "workloads/busywait.toml"):
        language = "bash" if file.endswith(".sh") else "toml"
        assert f"```{language}\n{(folder / file).read_text('utf-8')}```" in DOCUMENT


@needs_shell
def test_the_shell_runner_conforms(invoke: Invoke) -> None:
    code, said, err = invoke("validate", "--runner", PLANTED / "shell", "busywait", "nothing")
    assert (code, err) == (0, "")
    assert "busywait sh ok" in said
    assert "2 conform, 0 do not, 0 are not written" in said


@needs_shell
def test_the_shell_runner_is_listed_with_its_workloads(invoke: Invoke) -> None:
    code, said, err = invoke("list", "--runner", PLANTED / "shell")
    assert (code, err) == (0, "")
    assert "busywait By how much does a wait end late" in said
    assert "models sh" in said
    assert "without sh: missing" in said  # in noop


@needs_shell
def test_the_shell_runner_is_measured_and_drawn(invoke: Invoke, tmp_path: Path) -> None:
    # It ends as soon as it has the least number of blocks, however busy the machine is.
    arguments = ("--workload", "busywait,nothing", "--precision", "99%", "--out", tmp_path)
    code, said, _ = invoke("run", "--runner", PLANTED / "shell", *arguments)
    assert code == 0
    assert "Busy waiting: best" in said
    folder = store.find(tmp_path)
    trials = list(store.read_trials(folder, []))
    assert {trial.status.value for trial in trials} == {"ok"}
    run = store.read_run(folder)
    assert run.runner_files == (str(PLANTED / "shell" / external.FILE),)
    assert set(run.sources) == {"shell: runner.sh", "shell: loombench.toml"}
    assert ">sh</text>" in (folder / "figures" / "overview.svg").read_text("utf-8")


@needs_shell
def test_the_shell_runner_refuses_a_workload_that_it_lacks() -> None:
    request = json.dumps({"protocol": 1, "workload": "noop", "model": "sh", "cases": []})
    done = subprocess.run(
        [PLANTED / "shell" / "runner.sh", "run"],
        input=request + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["reason"] == "unsupported"
