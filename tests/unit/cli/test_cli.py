"""The commands as people type them, in this process: what is printed, and the exit code."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog.workload import MODELS
from harness.errors import Exit
from harness.measuring import inventory
from harness.paths import WORKLOADS
from tests.support.command import Invoke

pytestmark = pytest.mark.usefixtures("asked_once")


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (
            ("list", "--workload", "pingpongg"),
            "unknown workload 'pingpongg'; did you mean pingpong?",
        ),
        (("run", "--workload", "nop"), "unknown workload 'nop'; did you mean noop?"),
        (("validate", "sumsquare"), "unknown workload 'sumsquare'; did you mean sumsquares?"),
        (("list", "--model", "tiro"), "unknown model 'tiro'; did you mean trio?"),
        (("run", "--model", "asyncio,uvlop"), "unknown model 'uvlop'; did you mean uvloop"),
        (("validate", "noop", "--model", "thread"), "did you mean threads?"),
        (("behaviours", "--model", "tiro"), "unknown model 'tiro'; did you mean trio?"),
        (("run", "--profile", "quik"), "'quick'"),
        (("run", "--budgt", "3s"), "--budget"),
        (("list", "--jsn"), "--json"),
        (("lst",), "list"),
        (("plto",), "plot"),
    ],
)
def test_an_unknown_name_is_a_usage_error_that_offers_the_near_ones(
    invoke: Invoke, arguments: tuple[str, ...], near: str
) -> None:
    code, said, err = invoke(*arguments)
    assert (code, said) == (Exit.USAGE, "")
    assert near in err


@pytest.mark.parametrize(
    "arguments",
    [("list", "--model", ""), ("run", "--case", ","), ("validate", ""), ("compare", "", "latest")],
)
def test_an_empty_name_does_not_choose_everything(
    invoke: Invoke, arguments: tuple[str, ...]
) -> None:
    code, said, err = invoke(*arguments)
    assert (code, said) == (Exit.USAGE, "")
    assert "', expected a name" in err


@pytest.mark.parametrize("seed", ["-1", "2147483648", "1.5", "x", ""])
def test_a_seed_that_is_no_number_in_range_is_a_usage_error(invoke: Invoke, seed: str) -> None:
    code, said, err = invoke("run", f"--seed={seed}")
    assert (code, said) == (Exit.USAGE, "")
    assert f"found '{seed}', expected a whole number from 0 to 2147483647" in err


@pytest.mark.parametrize("budget", ["5", "soon", "-1s", "0s", ""])
def test_a_budget_that_is_no_time_is_a_usage_error(invoke: Invoke, budget: str) -> None:
    code, said, err = invoke("run", "--budget", budget)
    assert (code, said) == (Exit.USAGE, "")
    assert f"--budget': duration: found '{budget}', expected " in err


@pytest.mark.parametrize(
    "precision", ["0%", "-3%", "100%", "250", "3%%", "%", "nan", "inf", "fine"]
)
def test_a_precision_that_is_no_percentage_is_a_usage_error(
    invoke: Invoke, tmp_path: Path, precision: str
) -> None:
    code, said, err = invoke("run", f"--precision={precision}", "--out", tmp_path / "out")
    assert (code, said) == (Exit.USAGE, "")
    assert err.splitlines()[-1] == (
        f"Error: Invalid value for '--precision': found '{precision}',"
        " expected a percentage above 0 and below 100"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", ["-1", str(2**31), "x"])
def test_a_seed_out_of_range_is_a_usage_error(invoke: Invoke, seed: str) -> None:
    code, _, err = invoke("run", "--seed", seed)
    assert code == Exit.USAGE
    assert "--seed" in err


def test_no_command_at_all_shows_the_commands(invoke: Invoke) -> None:
    code, _, err = invoke()
    assert code == Exit.USAGE
    assert all(name in err for name in ("list", "run", "show", "plot", "validate", "doctor"))


def test_list_names_every_workload_and_every_model(invoke: Invoke) -> None:
    code, said, err = invoke("list")
    assert (code, err) == (0, "")
    for name in (*MODELS, *(path.stem for path in WORKLOADS.glob("*.toml"))):
        assert name in said
    assert "sequential: not applicable: sequential code" in said


def test_list_for_programs_is_json_with_a_source_for_every_implementation(
    invoke: Invoke,
) -> None:
    code, said, err = invoke("list", "--json", "--workload", "pingpong")
    document = json.loads(said)
    assert (code, err) == (0, "")
    assert [one["id"] for one in document["workloads"]] == ["pingpong"]
    sources = {(one["model"], one["variant"]): one["source"] for one in document["implementations"]}
    assert sources["asyncio", "futures"] == "python/workloads/pingpong/on_asyncio__futures.py"
    absent = {one["model"]: one["why"] for one in document["absent"]}
    assert absent["sequential"] == "not_applicable"


def test_validate_says_of_each_implementation_that_it_conforms(invoke: Invoke) -> None:
    code, said, err = invoke("validate", "noop", "--model", "sequential,trio")
    assert (code, err) == (0, "")
    assert said.endswith("noop sequential ok noop trio ok 2 conform, 0 do not, 0 are not written")


def test_validate_of_what_is_not_applicable_is_not_possible(invoke: Invoke) -> None:
    code, said, _ = invoke("validate", "pingpong", "--model", "sequential")
    assert code == Exit.NOT_POSSIBLE
    assert "0 conform" in said


def test_doctor_for_programs_is_json(invoke: Invoke) -> None:
    code, said, _ = invoke("doctor", "--json")
    assert code == 0
    assert {"cpu", "load"} <= {one["name"] for one in json.loads(said)}


@pytest.fixture
def workloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "workloads"
    shutil.copytree(WORKLOADS, folder)
    monkeypatch.setattr(inventory, "WORKLOADS", folder)
    return folder


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'better = "lower"',
            'better = "faster"',
            'noop.toml: metrics.call.better: found "faster", expected one of lower, higher',
        ),
        ("floor = true", "flor = true", "noop.toml: flor: "),
        ('value = "0"', 'value = "1"', "noop.toml: cases.check.expect: found 0, expected "),
        ("floor = true", "floor = yes", "noop.toml: not valid TOML: "),
    ],
)
@pytest.mark.parametrize("arguments", [("list",), ("validate",), ("run",)])
def test_a_broken_workload_file_is_named_with_the_key(
    invoke: Invoke, workloads: Path, arguments: tuple[str, ...], before: str, after: str, said: str
) -> None:
    path = workloads / "noop.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    code, out, err = invoke(*arguments)
    assert (code, out) == (Exit.USAGE, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_version_is_that_of_the_package(invoke: Invoke) -> None:
    from importlib.metadata import version

    assert invoke("--version")[1].endswith(version("loombench"))
    assert sys.version_info >= (3, 11)
