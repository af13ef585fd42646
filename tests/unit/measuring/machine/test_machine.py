"""harness.machine: what machine this is."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.measuring.machine import facts

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
