"""harness.machine: what machine this is."""

from __future__ import annotations

import resource
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.measuring.machine import facts
from harness.measuring.machine.limits import raise_open_files

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


def test_macos_tells_the_name_of_the_cpu(
    given: Callable[[Files], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    given({})
    monkeypatch.setattr(facts.sys, "platform", "darwin")
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: SimpleNamespace(stdout=f"{command[-1]}\n")
    )
    assert facts.describe_machine().cpu == "machdep.cpu.brand_string"


@pytest.mark.parametrize(
    ("limits", "refuses", "reached"),
    [
        ((256, 4096), False, 1000),
        ((256, 512), False, 512),
        ((2000, 4096), False, 2000),
        ((256, resource.RLIM_INFINITY), False, 1000),
        ((256, resource.RLIM_INFINITY), True, 256),  # as macOS does above its own limit
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], reached: float, *, refuses: bool
) -> None:
    def set_limit(_: int, wanted: tuple[int, int]) -> None:
        assert wanted == (reached, limits[1]) or refuses
        if refuses:
            raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    assert raise_open_files(1000) == reached


def test_a_missing_file_reads_as_empty(tmp_path: Path) -> None:
    assert facts.read_text(tmp_path / "none") == ""
