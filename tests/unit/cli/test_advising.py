"""The command advise: what it prints for one's own requests, and its exit codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from harness.cli import main
from harness.errors import Exit
from harness.results.store import RunWriter
from tests.support import scenes
from tests.support.choice_maps import MODELS, Planted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Invoke

WORK = ("--cpu", "5ms", "--wait", "50ms", "--concurrency", "200")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store a run with a planted map, and then one without any."""
    folder = tmp_path_factory.mktemp("runs")
    for id_, maps in (("mapped", True), ("bare", False)):
        chosen = [scenes.workloads()["mixed"]]
        run = scenes.planned(chosen, MODELS[:1] + MODELS[-1:], maps=maps)
        run = structs.replace(run, id=id_)
        writer = RunWriter.create(folder, run)
        for trial in scenes.trials(run, chosen, 5, Planted(), every_case=True):
            writer.append(trial)
        writer.close()
    return folder


def test_advice_is_printed_with_its_evidence(invoke: Invoke, out: Path) -> None:
    code, said, err = invoke("advise", "mapped", *WORK, "--out", out)
    assert (code, err) == (Exit.SUCCESS, "")
    assert said.startswith("5 ms of CPU and 50 ms of waiting (9.1% CPU), 200 at a time")
    assert "throughput go p90 latency go Nearest measured points:" in said
    assert "better than asyncio" in said


def test_the_command_to_run_is_one_line_that_can_be_copied(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    main(["advise", "mapped", *WORK[:4], "--concurrency", "20000", "--out", str(out)])
    (line,) = (one for one in capsys.readouterr().out.splitlines() if "loombench run" in one)
    assert re.fullmatch(r" +loombench run --workload mixed( --case share-\d+-at-10000){2}", line)


def test_requests_that_nothing_was_measured_for_are_exit_code_three(
    invoke: Invoke, out: Path
) -> None:
    code, said, _ = invoke("advise", "mapped", *WORK[:4], "--concurrency", "20000", "--out", out)
    assert code == Exit.NOT_POSSIBLE
    assert "Not measured here. Run: loombench run --workload mixed --case" in said
    code, said, err = invoke("advise", "bare", *WORK, "--out", out)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert "bare: found no map, expected" in err
    assert "loombench run --workload mixed" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cpu", "0", "--wait", "0ms", "--concurrency", "2"), "found 0 for both"),
        (("--cpu", "fast", "--wait", "0", "--concurrency", "2"), "found 'fast', expected"),
        (("--cpu", "1ms", "--wait", "0", "--concurrency", "0"), "--concurrency"),
        (("--cpu", "1ms", "--wait", "0"), "--concurrency"),
    ],
)
def test_wrong_requests_are_usage_errors(
    invoke: Invoke, arguments: tuple[str, ...], message: str
) -> None:
    code, said, err = invoke("advise", *arguments)
    assert (code, said) == (Exit.USAGE, "")
    assert message in err
