"""harness.machine: what machine this is, and what it did beside a trial."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.measuring.machine import facts, interference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Files = dict[str, str]  # the end of a path -> what the file holds


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[Files], None]:
    """Make this a machine that has these files and no others."""

    def has(files: Files) -> None:
        def read(path: Path) -> str:
            return next((text for end, text in files.items() if str(path).endswith(end)), "")

        monkeypatch.setattr(facts, "read_text", read)
        monkeypatch.setattr(interference, "read_text", read)

    return has


def no_such_command(*_: object, **__: object) -> None:
    raise FileNotFoundError


def test_this_machine_is_described() -> None:
    about = facts.describe_machine()
    assert about.host
    assert about.cpu
    assert about.logical_cores >= 1
    assert about.memory_bytes > 2**20


@pytest.mark.parametrize(
    ("cpuinfo", "value"),
    [
        ("flags\t\t: fpu hypervisor lahf_lm", "yes"),
        ("flags\t\t: fpu lahf_lm hypervisor\nbugs\t\t: none", "yes"),
        ("flags\t\t: fpu lahf_lm", None),
    ],
)
def test_without_systemd_the_cpu_flags_show_a_hypervisor(
    given: Callable[[Files], None],
    monkeypatch: pytest.MonkeyPatch,
    cpuinfo: str,
    value: str | None,
) -> None:
    monkeypatch.setattr(subprocess, "run", no_such_command)
    given({"cpuinfo": cpuinfo})
    assert facts.describe_machine().virtualisation == value


def test_the_cpu_has_the_name_that_the_system_gives(
    given: Callable[[Files], None],
) -> None:
    files = {"cpuinfo": "processor\t: 0\nmodel name\t: Loom 9000: fast\nflags\t: fpu"}
    given(files)
    assert facts.describe_machine().cpu == "Loom 9000: fast"


def test_a_missing_file_reads_as_empty(tmp_path: Path) -> None:
    assert facts.read_text(tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((1.0, 0.0, 0.5), (1.0, 0.0, 0.5), []),
        (
            (1.0, 0.0, 0.5),
            (1.4, 0.0, 0.5),
            ["20% of the CPU time was given to other guests (steal)"],
        ),
        ((1.0, 0.0, 0.5), (1.01, 0.0, 0.5), []),
        ((None, None, 0.5), (None, None, 0.5), []),
        ((1.0, 0.2, 0.5), (1.0, 0.25, 0.5), ["throttled for 50 ms by a cgroup quota"]),
        ((1.0, 0.0, 4.2), (1.0, 0.0, 0.5), ["load 4.2 before the trial"]),
    ],
)
def test_interference_is_described_in_words(
    before: tuple[float | None, float | None, float],
    after: tuple[float | None, float | None, float],
    said: list[str],
) -> None:
    found = interference.Interference(*after).describe_since(
        interference.Interference(*before), wall_s=1.0, cores=2
    )
    assert list(found) == said


def test_the_interference_on_this_machine_can_be_read() -> None:
    now = interference.Interference.read()
    assert now.load_1min >= 0
    assert now.steal_s is None or now.steal_s >= 0
