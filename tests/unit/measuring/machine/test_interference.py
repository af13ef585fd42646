"""Steal and throttling: read from the kernel's files, described, and noted by round."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.measuring.machine.interference import Interference, RoundWatch, throttled_times_ns
from harness.measuring.machine.kernel_files import KernelFiles

V1 = "8:pids:/jobs\n4:cpu,cpuacct:/jobs/mine\n0::/\n"
V2 = "0::/jobs/mine\n"
V1_STAT, V2_STAT = (
    "nr_periods 90\nnr_throttled 3\nthrottled_time {}\n",
    "usage_usec 700\nnr_throttled 3\nthrottled_usec {}\n",
)


def throttled(root: Path, membership: str, stats: dict[str, str]) -> list[int]:
    files = {f"sys/fs/cgroup/{path}/cpu.stat": text for path, text in stats.items()}
    for name, text in {"proc/self/cgroup": membership, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return throttled_times_ns(KernelFiles(root))


def test_version_1_counts_ns_in_the_own_cgroup_and_its_parents(tmp_path: Path) -> None:
    found = throttled(
        tmp_path,
        V1,
        {
            "cpu,cpuacct/jobs/mine": V1_STAT.format(7_000),
            "cpu,cpuacct/jobs": V1_STAT.format(5),
            "cpu,cpuacct/jobs/other": V1_STAT.format(900),
            "pids/jobs": V1_STAT.format(900),
        },
    )
    assert found == [7_000, 5]


def test_a_tree_of_version_1_with_two_names_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu").symlink_to("cpu,cpuacct")
    stats = {"cpu,cpuacct/jobs/mine": V1_STAT.format(7_000)}
    assert throttled(tmp_path, V1, stats) == [7_000]
    (tmp_path / "sys/fs/cgroup/cpu,cpuacct").rename(tmp_path / "sys/fs/cgroup/moved")
    (tmp_path / "sys/fs/cgroup/cpu").unlink()
    (tmp_path / "sys/fs/cgroup/moved").rename(tmp_path / "sys/fs/cgroup/cpu")
    assert throttled_times_ns(KernelFiles(tmp_path)) == [7_000]


def test_version_2_counts_microseconds_in_the_own_cgroup_and_its_parents(tmp_path: Path) -> None:
    stats = {
        "jobs/mine": V2_STAT.format(40),
        "jobs": V2_STAT.format(2),
        "": "usage_usec 700\n",  # the root has no quota
        "other": V2_STAT.format(9),
    }
    assert throttled(tmp_path, V2, stats) == [40_000, 2_000]


def test_a_container_that_sees_only_its_own_cgroup_reads_it_at_the_root(tmp_path: Path) -> None:
    assert throttled(tmp_path, "3:cpu:/docker/abc\n", {"cpu": V1_STAT.format(6)}) == [6]


def test_without_files_nothing_is_known(tmp_path: Path) -> None:
    assert throttled_times_ns(KernelFiles(tmp_path)) == []


Counters = tuple[float | None, float | None]  # seconds of steal and of throttling


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((1.0, 0.0), (1.0, 0.0), []),
        ((1.0, 0.0), (1.4, 0.0), ["20% of the CPU time was given to other guests (steal)"]),
        ((1.0, 0.0), (1.01, 0.0), []),
        ((None, None), (None, None), []),
        ((1.0, 0.2), (1.0, 0.25), ["throttled for 50 ms by a cgroup quota"]),
    ],
)
def test_interference_is_described_in_words(
    before: Counters, after: Counters, said: list[str]
) -> None:
    found = Interference(*after).describe_since(Interference(*before), wall_s=1.0, cores=2)
    assert list(found) == said


def test_the_interference_on_this_machine_can_be_read() -> None:
    now = Interference.read()
    assert now.steal_s is None or now.steal_s >= 0
    assert now.throttled_s is None or now.throttled_s >= 0


def test_a_watch_notes_the_rounds_in_which_cpu_time_was_taken() -> None:
    rounds = [
        ((1.0, 0.0), (1.0, 0.0)),
        ((1.0, 0.0), (1.1, 0.0)),  # 5% of two processors for a second
        ((1.4, 0.0), (1.4, 0.0)),  # taken between two rounds
        ((1.4, 0.0), (1.4, 0.002)),
    ]
    readings = iter([Interference(*counters) for round_ in rounds for counters in round_])
    seconds = iter(range(len(rounds) * 2))
    watch = RoundWatch(lambda: next(readings), lambda: float(next(seconds)), cores=2)
    found = []
    for _ in rounds:
        watch.begin()
        found.append(watch.end())
    assert found == [False, True, False, True]
    assert watch.disturbed == (1, 3)
