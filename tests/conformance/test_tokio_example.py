"""docs/examples/tokio: it builds, conforms, is measured, and refuses what it lacks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from harness.errors import Exit
from harness.paths import ROOT
from harness.results import store
from tests.support.command import Invoke

FOLDER = ROOT / "docs" / "examples" / "tokio"
MANIFEST = tomllib.loads((FOLDER / "Cargo.toml").read_text("utf-8"))
MODELS = ("tokio", "tokio-1cpu")
LISTED = re.findall(
    r'new\(\s*"(\w+)",\s*"(\w*)",\s*"(\w+\.rs)"',
    (FOLDER / "src/workloads/mod.rs").read_text("utf-8"),
)
BINARY = "bin/loombench-tokio"


def find_obstacle(folder: Path) -> str:
    """Return why the runner cannot be built here, or an empty text."""
    needed = MANIFEST["package"]["rust-version"]
    if shutil.which("cargo") is None:
        return "found no cargo on PATH"
    said = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"cargo (\d+)\.(\d+)", said.stdout)
    if version is None or tuple(map(int, version.groups())) < tuple(map(int, needed.split("."))):
        return f"found {said.stdout.strip() or 'a cargo that does not run'}, expected {needed}"
    fetched = subprocess.run(["cargo", "fetch", "--quiet"], cwd=folder, check=False)
    return "found no way to download the crates" if fetched.returncode else ""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the runner that is built, the crates once for all runs of the tests."""
    folder = tmp_path_factory.mktemp("tokio") / "tokio"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("bin", "target", "Cargo.lock"))
    if obstacle := find_obstacle(folder):
        pytest.skip(obstacle)
    built = subprocess.run(
        ["nice", "./build.sh", "quick"],
        cwd=folder,
        env={**os.environ, "CARGO_TARGET_DIR": str(ROOT / ".pytest_cache" / "tokio")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert "warning" not in built.stderr
    return folder


pytestmark = pytest.mark.usefixtures("asked_once")


def test_the_files_of_the_runner_and_its_versions_are_named() -> None:
    (declared,) = tomllib.loads((FOLDER / "loombench.toml").read_text("utf-8"))["runners"].values()
    modules = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("src/**/*.rs")}
    implementations = {f"src/workloads/{source}" for _, _, source in LISTED}
    assert declared["command"] == [BINARY]
    assert {"Cargo.toml", "build.rs", "build.sh"} | modules == {
        *declared["files"]
    } | implementations
    versions = [
        one if isinstance(one, str) else one["version"] for one in MANIFEST["dependencies"].values()
    ]
    assert all(version.startswith("=") for version in versions)  # there is no Cargo.lock


def test_every_implementation_conforms(invoke: Invoke, runner: Path) -> None:
    for _ in range(3):  # on a busy machine, tasks may not wait at once
        code, said, err = invoke("validate", "--runner", runner, "--model", ",".join(MODELS))
        if code == Exit.SUCCESS:
            break
    assert (code, err) == (Exit.SUCCESS, "")
    for workload, variant, _ in LISTED:
        for model in MODELS:
            assert f"{workload} {model} {f'· {variant} ' if variant else ''}ok" in said
    assert f"{len(MODELS) * len(LISTED)} conform, 0 do not, " in said


def test_both_models_take_turns_and_are_drawn(invoke: Invoke, runner: Path, tmp_path: Path) -> None:
    models = ("asyncio", *MODELS)
    arguments = ("--workload", "kitchen", "--model", ",".join(models), "--budget", "1s")
    code, _, _ = invoke("run", "--runner", runner, *arguments, "--out", tmp_path)
    assert code == Exit.SUCCESS
    measured = store.find_run(tmp_path)
    trials = list(store.read_trials(measured, []))
    # On a busy machine, not all dishes wait at once.
    assert {trial.status.value for trial in trials} - {"unsettled"} == {"ok"}
    assert {trial.cell.model for trial in trials} == {*models}
    assert ">tokio-1cpu</text>" in (measured / "figures" / "kitchen.svg").read_text("utf-8")


def request(**fields: object) -> bytes:
    case = {
        "id": "check", "params": {}, "operations": 1,
        "warmup": 0, "iterations": 1, "min_sample_ns": 0,
    }  # fmt: skip
    asked = {"protocol": 2, "workload": "noop", "model": "tokio", "cases": [case]} | fields
    return json.dumps(asked).encode() + b"\n"


def answered(runner: Path, line: bytes) -> tuple[int, list[dict[str, object]]]:
    """Send a request to the runner. Its input stays open until it has ended."""
    command = [runner / BINARY, "run"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        messages = [json.loads(line) for line in process.stdout]
    return process.returncode, messages


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"protocol": 1}, "found protocol 1, expected 2"),
        ({"workload": "nop"}, 'workload: found "nop", which is not written'),
        ({"model": "smol"}, 'model: found "smol", expected one of ["tokio", "tokio-1cpu"]'),
        ({"variant": "fast"}, 'variant: found "fast", expected one of [""]'),
        ({"cases": []}, "cases: expected at least one"),
        ({"cases": [{}]}, "missing field `id`"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(
    runner: Path, fields: dict[str, object], message: str
) -> None:
    code, (refusal,) = answered(runner, request(**fields))
    assert (code, refusal["kind"], refusal["reason"]) == (2, "error", "unsupported")
    assert message in str(refusal["message"])


def test_work_that_tokio_cannot_move_to_a_process_is_unsupported(runner: Path) -> None:
    case = {
        "id": "check", "params": {"ticks": 5, "beside": "block", "on": "process", "amount": 1},
        "operations": 5, "warmup": 0, "iterations": 1, "min_sample_ns": 0,
    }  # fmt: skip
    code, messages = answered(runner, request(workload="heartbeat", cases=[case]))
    assert code == 0
    assert [one["kind"] for one in messages] == ["started", "error", "finished"]
    assert messages[1]["reason"] == "unsupported"


def test_the_runner_ends_with_the_harness(runner: Path) -> None:
    done = subprocess.run(
        [runner / BINARY, "run"],
        input=request(workload="echo"), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"the harness is gone" in done.stderr
