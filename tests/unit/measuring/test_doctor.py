"""harness.doctor on planted machines: what disturbs measuring is found; the unknown is said."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.measuring import doctor
from harness.measuring.machine import facts
from harness.presenting import tables
from tests.support.terminal import printed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.results.records import Diagnosis

Files = dict[str, str]  # path below the root -> what the file holds
CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"
HUGE = "sys/kernel/mm/transparent_hugepage/enabled"
V2 = {"proc/self/cgroup": "0::/jobs/mine\n"}
V1 = {"proc/self/cgroup": "8:pids:/jobs\n4:cpu,cpuacct:/jobs/mine\n0::/\n"}
OF_KERNEL = (
    "governor", "turbo", "SMT", "sleep states", "transparent huge pages", "cgroup quota",
    "throttled so far", "clock source", "timer slack", "cgroup processes and threads", "steal",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_go_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here depends on whether Go is there, but those that plant one."""
    monkeypatch.setattr(doctor, "check_go", lambda about: doctor.Diagnosis("go", "not looked for"))


@pytest.fixture
def given(tmp_path: Path) -> Callable[[Files], dict[str, Diagnosis]]:
    """Return what is found on a machine whose kernel shows these files and no others."""

    def found(files: Files) -> dict[str, Diagnosis]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return {finding.name: finding for finding in doctor.diagnose(tmp_path)}

    return found


def test_every_finding_of_this_machine_has_a_name_of_its_own_and_a_value() -> None:
    findings = doctor.diagnose()
    assert all(finding.name and finding.value for finding in findings)
    assert len({finding.name for finding in findings}) == len(findings)


def test_findings_are_printed_with_their_advice(
    given: Callable[[Files], dict[str, Diagnosis]],
) -> None:
    found = given({f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave\n"})
    text = " ".join(printed([tables.machine(list(found.values()))]).split())
    assert "governor powersave" in text
    assert "`performance`" in text


@pytest.mark.parametrize("name", OF_KERNEL)
def test_an_unreadable_value_is_unknown_and_has_no_advice(
    given: Callable[[Files], dict[str, Diagnosis]], name: str
) -> None:
    finding = given({})[name]
    assert (finding.value, finding.advice) == ("unknown", "")


SLEEPS = {
    f"{CPU}/cpu0/cpuidle/state{number}/{file}": text
    for number, state in enumerate([("POLL", "0"), ("C1", "2"), ("C6", "133")])
    for file, text in zip(("name", "latency"), state, strict=True)
}
STAT = "cpu  700 0 200 0 50 0 0 {steal} 90 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n"


@pytest.mark.parametrize(
    ("name", "files", "value", "advised"),
    [
        ("governor", {f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave\n"}, "powersave", True),
        ("governor", {f"{CPU}/cpu0/cpufreq/scaling_governor": "performance"}, "performance", False),
        (
            "governor",
            {
                f"{CPU}/cpu0/cpufreq/scaling_governor": "performance",
                f"{CPU}/cpu1/cpufreq/scaling_governor": "ondemand",
            },
            "ondemand, performance",
            True,
        ),
        ("turbo", {f"{CPU}/intel_pstate/no_turbo": "0"}, "on", True),
        ("turbo", {f"{CPU}/intel_pstate/no_turbo": "1"}, "off", False),
        ("turbo", {f"{CPU}/cpufreq/boost": "1"}, "on", True),
        ("turbo", {f"{CPU}/cpufreq/boost": "0"}, "off", False),
        ("SMT", {f"{CPU}/smt/active": "1\n"}, "on", True),
        ("SMT", {f"{CPU}/smt/active": "0\n"}, "off", False),
        ("sleep states", SLEEPS, "C1, C6 (133 µs to wake)", True),
        ("transparent huge pages", {HUGE: "[always] madvise never"}, "always", True),
        ("transparent huge pages", {HUGE: "always [madvise] never"}, "madvise", False),
        ("transparent huge pages", {HUGE: "always madvise [never]"}, "never", False),
        ("steal", {"proc/stat": STAT.format(steal=50)}, "5.00% since boot", True),
        ("steal", {"proc/stat": STAT.format(steal=0)}, "0.00% since boot", False),
        ("steal", {"proc/stat": "cpu  700 0 200 0"}, "unknown", False),
        ("clock source", {CLOCK: "tsc\n"}, "tsc", False),
        ("clock source", {CLOCK: "arch_sys_counter\n"}, "arch_sys_counter", False),
        ("clock source", {CLOCK: "hpet\n"}, "hpet", True),
        ("timer slack", {"proc/self/timerslack_ns": "50000\n"}, "50.0 µs", False),
        ("timer slack", {"proc/self/timerslack_ns": "40000000\n"}, "40.0 ms", True),
    ],
)
def test_a_disturbance_comes_with_advice(
    given: Callable[[Files], dict[str, Diagnosis]],
    name: str,
    files: Files,
    value: str,
    *,
    advised: bool,
) -> None:
    finding = given(files)[name]
    assert (finding.value, bool(finding.advice)) == (value, advised)


@pytest.mark.parametrize(
    ("name", "files", "value", "advised"),
    [
        ("cgroup quota", {"cpu.max": "max 100000"}, "none", False),
        ("cgroup quota", {"jobs/mine/cpu.max": "150000 100000"}, "1.5 cores", True),
        (
            "cgroup quota",
            {"jobs/mine/cpu.max": "max 100000", "jobs/cpu.max": "50000 100000"},
            "0.5 cores",
            True,
        ),
        ("cgroup quota", {"other/cpu.max": "50000 100000"}, "unknown", False),
        ("throttled so far", {"cpu.stat": "usage_usec 9\nthrottled_usec 0\n"}, "never", False),
        ("throttled so far", {"jobs/cpu.stat": "throttled_usec 2500\n"}, "2.50 ms", True),
        ("cgroup processes and threads", {"jobs/mine/pids.max": "max\n"}, "no limit", False),
        (
            "cgroup processes and threads",
            {"jobs/mine/pids.max": "max\n", "jobs/pids.max": "4096\n"},
            "at most 4,096",
            True,
        ),
        ("cgroup processes and threads", {"pids.max": "98304\n"}, "at most 98,304", False),
    ],
)
def test_the_limits_of_parent_cgroups_apply(
    given: Callable[[Files], dict[str, Diagnosis]],
    name: str,
    files: Files,
    value: str,
    *,
    advised: bool,
) -> None:
    below = {f"sys/fs/cgroup/{path}": text for path, text in files.items()}
    finding = given({**V2, **below})[name]
    assert (finding.value, bool(finding.advice)) == (value, advised)


@pytest.mark.parametrize(
    ("name", "files", "value"),
    [
        ("cgroup quota", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "1"}, "none"),
        (
            "cgroup quota",
            {
                "cpu/jobs/mine/cpu.cfs_quota_us": "200000",
                "cpu/jobs/mine/cpu.cfs_period_us": "100000",
                "cpu/cpu.cfs_quota_us": "-1",
                "cpu/cpu.cfs_period_us": "100000",
            },
            "2 cores",
        ),
        ("throttled so far", {"cpu/jobs/mine/cpu.stat": "throttled_time 2500000"}, "2.50 ms"),
        ("cgroup processes and threads", {"pids/jobs/pids.max": "100"}, "at most 100"),
    ],
)
def test_cgroups_of_version_1_are_understood_too(
    given: Callable[[Files], dict[str, Diagnosis]], name: str, files: Files, value: str
) -> None:
    below = {f"sys/fs/cgroup/{path}": text for path, text in files.items()}
    assert given({**V1, **below})[name].value == value


@pytest.mark.parametrize(("load", "advised"), [(0.1, False), (3.9, True)])
def test_a_busy_machine_is_noticed(
    monkeypatch: pytest.MonkeyPatch, load: float, *, advised: bool
) -> None:
    monkeypatch.setattr(facts.os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(facts.psutil, "cpu_count", lambda: 4)
    found = {finding.name: finding for finding in doctor.diagnose()}
    assert found["load"].value == f"{load:.2f} in the last minute"
    assert bool(found["load"].advice) == advised


@pytest.mark.parametrize(("allowed", "advised"), [({0, 1}, True), ({0, 1, 2, 3}, False)])
def test_a_cpu_affinity_is_noticed(
    monkeypatch: pytest.MonkeyPatch, allowed: set[int], *, advised: bool
) -> None:
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda pid: allowed, raising=False)
    monkeypatch.setattr(facts.psutil, "cpu_count", lambda: 4)
    found = {finding.name: finding for finding in doctor.diagnose()}["cores allowed"]
    assert (found.value, bool(found.advice)) == (str(len(allowed)), advised)


@pytest.mark.parametrize("name", ["open files", "processes and threads"])
@pytest.mark.parametrize(
    ("soft", "value", "advised"),
    [(256, "at most 256", True), (65_536, "at most 65,536", False), (-1, "no limit", False)],
)
def test_a_low_limit_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, soft: int, value: str, *, advised: bool
) -> None:
    monkeypatch.setattr(doctor.resource, "getrlimit", lambda which: (soft, soft))
    finding = {finding.name: finding for finding in doctor.diagnose()}[name]
    assert (finding.value, bool(finding.advice)) == (value, advised)


@pytest.mark.parametrize(
    ("said", "value", "advised"),
    [("kvm\n", "kvm", True), ("docker\n", "docker", True), ("none\n", "none", False)],
)
def test_virtualisation_is_reported(
    monkeypatch: pytest.MonkeyPatch, said: str, value: str, *, advised: bool
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said))
    found = {finding.name: finding for finding in doctor.diagnose()}
    assert (found["virtualisation"].value, bool(found["virtualisation"].advice)) == (value, advised)


def test_on_other_systems_every_finding_has_a_value(
    given: Callable[[Files], dict[str, Diagnosis]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_such_command(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_such_command)
    monkeypatch.setattr(facts, "read_text", lambda path: "")
    monkeypatch.delattr(doctor.os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(doctor.resource, "RLIMIT_NPROC", raising=False)
    found = given({})
    assert all(finding.value.strip(" ,") for finding in found.values())
    assert found["cores allowed"].value == found["processes and threads"].value == "unknown"
