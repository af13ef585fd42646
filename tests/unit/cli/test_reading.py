"""The commands that read runs: all warn of the same, and none reads anything twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from harness.behaviours import store as behaviours
from harness.errors import Exit
from harness.presenting import figures
from harness.results import store
from harness.results.store import RUN_FILE, TRIALS_FILE
from harness.traces import store as traces
from tests.support.command import Invoke
from tests.support.observations import heading, observation
from tests.support.references import measured
from tests.support.traces import recording, traced

TORN = "trials.jsonl:14: the last line is torn and was ignored"


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing: that takes seconds."""
    monkeypatch.setattr(figures, "draw", lambda *_, **__: [])


@pytest.mark.parametrize(
    "command",
    [
        "show",
        "plot",
        "report",
        "claims",
        "export --format csv",
        "versus asyncio trio --no-figure",
        "advise --cpu 1ms --wait 1ms --concurrency 1",
    ],
)
def test_every_command_warns_of_a_torn_last_line(
    invoke: Invoke, tmp_path: Path, command: str
) -> None:
    with (measured(tmp_path) / TRIALS_FILE).open("ab") as file:
        file.write(b'{"cell":')
    _, _, errors = invoke(*command.split(), "--out", tmp_path)
    assert errors.splitlines()[0] == f"warning: {TORN}"
    assert errors.count(TORN) == 1


@pytest.mark.parametrize("command", ["plot", "report", "claims"])
def test_behaviours_and_traces_are_read_once(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    folder = measured(tmp_path)
    behaviours.write(folder, heading(), [observation("trio", "one")])
    traces.write(folder, traced().heading, [recording("asyncio")])
    times = Counter[str]()

    def count(name: str, read: Callable[[Path], object]) -> Callable[[Path], object]:
        def counted(folder: Path) -> object:
            times[name] += 1
            return read(folder)

        return counted

    monkeypatch.setattr(behaviours, "read", count("behaviours", behaviours.read))
    monkeypatch.setattr(traces, "read", count("traces", traces.read))
    code, _, errors = invoke(command, "--out", tmp_path)
    assert (code, errors) == (0, "")
    assert times == {"behaviours": 1, "traces": 1}


# --- compare


def test_compare_warns_of_a_torn_last_line_and_names_the_run(
    invoke: Invoke, tmp_path: Path
) -> None:
    torn = measured(tmp_path)
    whole = shutil.copytree(torn, tmp_path / "whole") / RUN_FILE
    whole.write_text(whole.read_text("utf-8").replace(torn.name, "whole"), "utf-8")
    with (torn / TRIALS_FILE).open("ab") as file:
        file.write(b'{"cell":')
    _, _, errors = invoke("compare", torn.name, "whole", "--out", tmp_path)
    assert errors.splitlines()[0] == f"warning: {torn.name}: {TORN}"


@pytest.mark.parametrize(
    ("second", "complaint"), [("nosuch", "no run at"), ("latest", "2 times, expected each run")]
)
def test_compare_refuses_before_it_reads_any_trial(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    second: str,
    complaint: str,
) -> None:
    folder = measured(tmp_path)

    def read(*_: object) -> NoReturn:
        raise AssertionError("trials are read although nothing can be compared")

    monkeypatch.setattr(store, "read_trials", read)
    code, _, errors = invoke("compare", folder.name, second, "--out", tmp_path)
    assert code == Exit.USAGE
    assert complaint in errors
