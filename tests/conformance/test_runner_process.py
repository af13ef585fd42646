"""The Python runner as a real process: only the protocol reaches its standard output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.measuring.runners import protocol
from tests.support.implementations import GREENLETS
from tests.support.planted.bench import (
    MARK,
    PATIENCE_S,
    left_of,
    new_mark,
    patiently,
    python_runner,
    python_tree,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.measuring.runners.runner import Runner, Runners

CASE = {
    "id": "check",
    "params": {},
    "operations": 1,
    "warmup": 0,
    "iterations": 2,
    "min_sample_ns": 0,
}
PRINTING = """
import os, subprocess, sys
print("imported")

def run(params, probe):
    print("printed", flush=True)
    os.write(1, b"written\\n")
    os.system("echo printed by a child")
    sys.__stdout__.write("written to the real one\\n")
    return sys.stdin.read() + str(os.read(0, 10))
"""
IMPLEMENTATIONS = {
    "planted/on_sequential__printing.py": PRINTING,
    "planted/on_sequential__zero.py": "def run(params, probe):\n    return 0\n",
    "planted/on_sequential__pid.py": (
        "import os\n\ndef run(params, probe):\n    return os.getpid()\n"
    ),
    "planted/on_sequential__syntax.py": "def run(params, probe:\n",
    "planted/on_sequential__import.py": "import runner.no_such_module\n",
    "planted/on_sequential__library.py": "import loombench_no_such_library.submodule\n",
    "planted/on_sequential__lookup.py": "{}['missing key']\n",
    "planted/on_sequential__hang.py": "def run(params, probe):\n    while True:\n        pass\n",
    "planted/on_asyncio__cancelled.py": (
        "import asyncio\n\nasync def run(params, probe):\n    raise asyncio.CancelledError\n"
    ),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return python_tree(tmp_path_factory.mktemp("python"), IMPLEMENTATIONS)


def request(model: str = "sequential", variant: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "protocol": 2,
        "workload": "planted",
        "model": model,
        "variant": variant,
        "seed": 1,
        "cases": [CASE],
        **changes,
    }


def start(runner: Runner, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*runner.command, *arguments],
        env={**os.environ, **runner.env, **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def run_trial(
    tree: Path, line: dict[str, Any] | bytes, **env: str
) -> tuple[list[dict[str, Any]], int, str]:
    """Run a trial with a real runner. Return its records, exit code and standard error."""
    data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
    with patiently(), start(python_runner(tree), "run", **env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(data)  # it stays open, as with a real harness
        process.stdin.flush()
        if not data.endswith(b"\n"):
            process.stdin.close()
        records = [json.loads(record) for record in process.stdout]
        errors = process.stderr.read().decode()
    return records, process.returncode, errors


def kinds(records: list[dict[str, Any]]) -> list[str]:
    return [record["kind"] for record in records]


# --- describe


def run_describe(runner: Runner) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*runner.command, "describe"],
        env={**os.environ, **runner.env},
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )


def test_describe_prints_a_description_that_the_harness_accepts() -> None:
    done = run_describe(python_runner())
    assert (done.returncode, done.stderr) == (0, b"")
    description = protocol.decode_description(done.stdout)
    assert (description.language, description.version) == ("python", sys.version.split()[0])
    assert protocol.Implementation("noop", "trio", "python/workloads/noop/on_trio.py") in (
        description.implementations
    )


def test_describe_fails_for_an_unknown_base_and_says_why(tmp_path: Path) -> None:
    tree = python_tree(tmp_path / "python", {"noop/on_curio.py": ""})
    done = run_describe(python_runner(tree))
    assert done.returncode == 1
    assert b"python/workloads/noop/on_curio.py: found base 'curio', expected one of" in done.stderr


def test_describe_imports_no_implementation(tmp_path: Path) -> None:
    tree = python_tree(tmp_path / "python", {"noop/on_trio.py": "raise SystemExit(9)\n"})
    assert run_describe(python_runner(tree)).returncode == 0


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["run", "describe"]])
def test_the_error_for_other_arguments_says_what_was_expected(arguments: list[str]) -> None:
    with start(python_runner(), *arguments) as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert errors.decode().rstrip().endswith("expected describe, run, probe or trace")


# --- run


def test_the_records_of_a_trial_are_started_samples_outcome_finished(tree: Path) -> None:
    records, code, errors = run_trial(tree, request(variant="zero"))
    assert kinds(records) == ["started", "sample", "sample", "outcome", "finished"]
    assert (code, errors) == (0, "")
    assert records[0]["protocol"] == 2
    assert records[-1]["usage"]["peak_bytes"] > 0


def test_the_facts_describe_the_process_that_runs_the_trial(tree: Path) -> None:
    records, _, _ = run_trial(tree, request(variant="pid"), PYTHONHASHSEED="77")
    facts = records[0]["facts"]
    assert facts["hash_seed"] == "77"
    assert str(facts["pid"]) == records[3]["value"]


def test_an_implementation_cannot_print_into_or_read_from_the_protocol(tree: Path) -> None:
    records, code, errors = run_trial(tree, request(variant="printing"))
    assert kinds(records) == ["started", "sample", "sample", "outcome", "finished"]
    assert code == 0
    assert records[3]["value"] == "\"b''\""  # its standard input is empty
    for line in ("imported", "printed", "written", "printed by a child", "written to the real one"):
        assert line in errors.splitlines()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"hello\n", "not a JSON object: found hello"),
        (b"", "not a JSON object: found nothing"),
        (b'{"protocol": 1', "not a JSON object"),
        (request(protocol=1), "protocol: found 1, expected 2"),
        (request(cases=[]), "expected at least one case"),
        (request("curio"), "no model 'curio'; available: sequential, asyncio"),
        (request(workload="planned"), "no implementation planned/on_sequential.py; available: "),
        (request(variant="zeros"), "available: planted/on_sequential__zero.py"),
    ],
    ids=["text", "nothing", "truncated", "version", "cases", "model", "workload", "variant"],
)
def test_a_bad_request_gives_an_error_without_a_case_and_exit_code_2(
    tree: Path, line: dict[str, Any] | bytes, message: str
) -> None:
    records, code, _ = run_trial(tree, line)
    assert code == 2
    (record,) = records
    assert (record["kind"], record["case"], record["reason"]) == ("error", None, "unsupported")
    assert message in record["message"]


def test_an_unavailable_model_is_refused_with_the_reason(tmp_path: Path) -> None:
    # Without site-packages, none of the libraries is installed.
    tree = python_tree(tmp_path / "python", {"planted/on_trio.py": "import trio\n"})
    runner = python_runner(tree)
    command = [runner.command[0], "-S", *runner.command[1:], "run"]
    done = subprocess.run(
        command,
        env={**os.environ, **runner.env},
        input=json.dumps(request("trio")).encode() + b"\n",
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["message"] == "trio: trio is not installed for this interpreter"


@pytest.mark.parametrize(
    ("variant", "error"),
    [
        ("syntax", "SyntaxError"),
        ("import", "ModuleNotFoundError"),
        ("lookup", "KeyError"),
    ],
)
def test_an_implementation_that_cannot_be_imported_is_a_crash_with_a_message(
    tree: Path, variant: str, error: str
) -> None:
    """The reason is not `unsupported`, which would hide a mistake in the implementation."""
    records, code, errors = run_trial(tree, request(variant=variant))
    (record,) = records
    assert (record["kind"], record["case"], record["reason"]) == ("error", None, "crash")
    assert error in record["message"]
    assert "Traceback" in errors
    assert code == 1


def test_an_implementation_with_a_missing_library_is_unsupported(tree: Path) -> None:
    records, code, errors = run_trial(tree, request(variant="library"))
    assert records == [
        {
            "kind": "error",
            "case": None,
            "reason": "unsupported",
            "message": "loombench_no_such_library is not installed for this interpreter;"
            " planted/on_sequential__library.py needs it",
        }
    ]
    assert (code, errors) == (2, "")


def test_cancelled_work_is_not_a_success(tree: Path) -> None:
    records, code, _ = run_trial(tree, request("asyncio", "cancelled"))
    assert code != 0 or "error" in kinds(records)


# --- the harness dies

PARENT = """
import json, subprocess, sys
runner = subprocess.Popen(
    json.loads(sys.argv[1]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
)
runner.stdin.write(sys.argv[2].encode() + b"\\n")
runner.stdin.flush()
print(runner.stdout.readline().decode(), end="", flush=True)
sys.stdin.read()
"""
LONG_CASE = {**CASE, "params": {"unit_ns": 600_000_000_000}, "operations": 3}  # ends by no work
MODELS_TO_KILL = [
    pytest.param(name, model, id=model)
    for name, models in (
        ("python", ("sequential", "asyncio", "trio", *GREENLETS, "threads", "processes")),
        ("go", ("go",)),
    )
    for model in models
]


@pytest.fixture
def mark() -> Iterator[str]:
    mark = new_mark()
    yield mark
    for process in left_of(mark):
        process.kill()


def runner_named(name: str, runners: Runners) -> Runner:
    if name not in runners.found:
        pytest.skip(f"no {name} runner here")
    return runners.found[name]


@pytest.mark.parametrize(("name", "model"), MODELS_TO_KILL)
def test_a_runner_dies_with_its_harness_and_leaves_no_process(
    name: str, model: str, mark: str, ours: Runners
) -> None:
    runner = runner_named(name, ours)
    line = json.dumps(request(model, workload="kitchen", cases=[LONG_CASE]))
    harness = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", PARENT, json.dumps([*runner.command, "run"]), line],
        env={**os.environ, **runner.env, MARK: mark},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with patiently(), harness:
        assert harness.stdout is not None
        assert json.loads(harness.stdout.readline())["kind"] == "started"
        harness.send_signal(signal.SIGKILL)
    assert left_of(mark) == []


@pytest.mark.parametrize(("name", "model"), [("python", "sequential"), ("go", "go")])
def test_a_runner_ends_if_its_harness_died_before_the_trial(
    name: str, model: str, mark: str, ours: Runners
) -> None:
    line = json.dumps(request(model, workload="kitchen", cases=[LONG_CASE])).encode() + b"\n"
    with start(runner_named(name, ours), "run", **{MARK: mark}) as process:
        assert process.stdin is not None
        process.stdin.write(line)
        process.stdin.close()
        remaining = left_of(mark)
        process.kill()
    assert remaining == []
