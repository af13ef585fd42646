"""harness.machine: what disturbs measuring is found and said; what is not known is said too."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness import machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Files = dict[str, str]  # the end of a path -> what the file holds


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[Files], dict[str, machine.Finding]]:
    """Return what is found on a machine that has these files and no others."""

    def found(files: Files) -> dict[str, machine.Finding]:
        def read(path: Path) -> str:
            return next((text for end, text in files.items() if str(path).endswith(end)), "")

        monkeypatch.setattr(machine, "_read", read)
        return {finding.name: finding for finding in machine.findings()}

    return found


def no_such_command(*_: object, **__: object) -> None:
    raise FileNotFoundError


def test_every_finding_of_this_machine_has_a_name_and_a_value() -> None:
    findings = machine.findings()
    assert all(finding.name and finding.value for finding in findings)
    assert len({finding.name for finding in findings}) == len(findings)


def test_this_machine_is_described() -> None:
    about = machine.machine()
    assert about.host
    assert about.cpu
    assert about.logical_cores >= 1
    assert about.memory_bytes > 2**20


@pytest.mark.parametrize(
    "name", ["governor", "turbo", "transparent huge pages", "cgroup quota", "clock source"]
)
def test_what_cannot_be_read_is_unknown_and_needs_no_advice(
    given: Callable[[Files], dict[str, machine.Finding]], name: str
) -> None:
    finding = given({})[name]
    assert (finding.value, finding.advice) == ("unknown", "")


def test_findings_are_readable_where_no_file_is(
    given: Callable[[Files], dict[str, machine.Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", no_such_command)
    assert all(finding.value.strip(" ,") for finding in given({}).values())


@pytest.mark.parametrize(
    ("name", "files", "value", "advised"),
    [
        ("governor", {"scaling_governor": "powersave"}, "powersave", True),
        ("governor", {"scaling_governor": "performance"}, "performance", False),
        ("turbo", {"intel_pstate/no_turbo": "0"}, "on", True),
        ("turbo", {"intel_pstate/no_turbo": "1"}, "off", False),
        ("turbo", {"cpufreq/boost": "1"}, "on", True),
        ("turbo", {"cpufreq/boost": "0"}, "off", False),
        ("transparent huge pages", {"enabled": "[always] madvise never"}, "always", True),
        ("transparent huge pages", {"enabled": "always [madvise] never"}, "madvise", False),
        ("transparent huge pages", {"enabled": "always madvise [never]"}, "never", False),
        ("cgroup quota", {"cpu.max": "max 100000"}, "none", False),
        ("cgroup quota", {"cpu.max": "150000 100000"}, "1.5 cores", True),
        ("clock source", {"current_clocksource": "tsc"}, "tsc", False),
    ],
)
def test_what_disturbs_measuring_comes_with_advice(
    given: Callable[[Files], dict[str, machine.Finding]],
    name: str,
    files: Files,
    value: str,
    *,
    advised: bool,
) -> None:
    finding = given(files)[name]
    assert (finding.value, bool(finding.advice)) == (value, advised)


@pytest.mark.parametrize(("load", "advised"), [(0.1, False), (3.9, True)])
def test_a_busy_machine_is_noticed(
    monkeypatch: pytest.MonkeyPatch, load: float, *, advised: bool
) -> None:
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(machine.psutil, "cpu_count", lambda: 4)
    found = {finding.name: finding for finding in machine.findings()}
    assert found["load"].value == f"{load:.2f} in the last minute"
    assert bool(found["load"].advice) == advised


@pytest.mark.parametrize(("soft", "advised"), [(256, True), (65_536, False), (-1, False)])
def test_a_low_limit_of_open_files_is_noticed(
    monkeypatch: pytest.MonkeyPatch, soft: int, *, advised: bool
) -> None:
    monkeypatch.setattr(machine.resource, "getrlimit", lambda which: (soft, soft))
    found = {finding.name: finding for finding in machine.findings()}
    assert bool(found["open files"].advice) == advised
    assert "-1" not in found["open files"].value


@pytest.mark.parametrize(
    ("said", "value", "advised"),
    [("kvm\n", "kvm", True), ("docker\n", "docker", True), ("none\n", "none", False)],
)
def test_virtualisation_is_told(
    monkeypatch: pytest.MonkeyPatch, said: str, value: str, *, advised: bool
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said))
    found = {finding.name: finding for finding in machine.findings()}
    assert (found["virtualisation"].value, bool(found["virtualisation"].advice)) == (value, advised)


@pytest.mark.parametrize(
    ("cpuinfo", "value"),
    [
        ("flags\t\t: fpu hypervisor lahf_lm", "yes"),
        ("flags\t\t: fpu lahf_lm hypervisor\nbugs\t\t: none", "yes"),
        ("flags\t\t: fpu lahf_lm", None),
    ],
)
def test_without_systemd_the_processor_tells_of_a_hypervisor(
    given: Callable[[Files], dict[str, machine.Finding]],
    monkeypatch: pytest.MonkeyPatch,
    cpuinfo: str,
    value: str | None,
) -> None:
    monkeypatch.setattr(subprocess, "run", no_such_command)
    given({"cpuinfo": cpuinfo})
    assert machine.machine().virtualisation == value


def test_the_processor_is_named_as_the_system_names_it(
    given: Callable[[Files], dict[str, machine.Finding]],
) -> None:
    files = {"cpuinfo": "processor\t: 0\nmodel name\t: Loom 9000: fast\nflags\t: fpu"}
    assert given(files)["cpu"].value.startswith("Loom 9000: fast, ")


def test_a_file_that_is_not_there_reads_as_nothing(tmp_path: Path) -> None:
    assert machine._read(tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((1.0, 0.0, 0.5), (1.0, 0.0, 0.5), []),
        ((1.0, 0.0, 0.5), (1.4, 0.0, 0.5), ["20% of the processor was given to others (steal)"]),
        ((1.0, 0.0, 0.5), (1.01, 0.0, 0.5), []),
        ((None, None, 0.5), (None, None, 0.5), []),
        ((1.0, 0.2, 0.5), (1.0, 0.25, 0.5), ["held back for 50 ms by a cgroup quota"]),
        ((1.0, 0.0, 4.2), (1.0, 0.0, 0.5), ["load 4.2 before it began"]),
    ],
)
def test_what_the_machine_did_beside_a_trial_is_put_into_words(
    before: tuple[float | None, float | None, float],
    after: tuple[float | None, float | None, float],
    said: list[str],
) -> None:
    weather = machine.Weather(*after).since(machine.Weather(*before), wall_s=1.0, cores=2)
    assert list(weather) == said


def test_the_weather_of_this_machine_can_be_read() -> None:
    now = machine.Weather.now()
    assert now.load_1min >= 0
    assert now.steal_s is None or now.steal_s >= 0
