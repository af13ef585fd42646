"""A disk that is full: what was measured stays, and the message says what to do."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import cli
from harness.errors import Exit
from harness.results import store
from harness.results.records import Trial

pytestmark = pytest.mark.usefixtures("asked_once")

GOOD_TRIALS = 3
TINY = ("run", "--workload", "noop", "--model", "sequential", "--no-figures")
FULL = os.strerror(errno.ENOSPC)


@dataclass
class Disk:
    """A place for runs, and how to have no room left on it."""

    out: Path
    fill: Callable[[], None]
    free: Callable[[], None]


def fill(place: Path) -> None:
    with (place / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(2**16))
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - there is no other end to it


def free(place: Path) -> None:
    (place / "filler").unlink()


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount small file systems; skips where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small file system")
    places: list[Path] = []

    def mount(mebibytes: int) -> Path:
        place = tmp_path / f"disk{len(places)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "loombench-test", str(place)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(params=["real", "simulated"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    if request.param == "simulated":
        sync = os.fsync

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, FULL)

        return Disk(
            tmp_path / "results",
            lambda: monkeypatch.setattr(os, "fsync", full),
            lambda: monkeypatch.setattr(os, "fsync", sync),
        )
    place = request.getfixturevalue("mounted")(40)
    return Disk(place / "results", lambda: fill(place), lambda: free(place))


@pytest.fixture
def filling(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Have the disk fill up once some trials are stored."""
    append = store.RunWriter.append
    stored = 0

    def append_and_fill(writer: store.RunWriter, trial: Trial, *, sync: bool = True) -> None:
        nonlocal stored
        append(writer, trial, sync=sync)
        stored += 1
        if stored == GOOD_TRIALS:
            disk.fill()

    monkeypatch.setattr(store.RunWriter, "append", append_and_fill)
    return disk


def test_a_disk_that_fills_up_ends_a_run_with_what_to_do(
    filling: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main([*TINY, "--budget", "60m", "--out", str(filling.out)])
    err = capsys.readouterr().err
    folder = store.find_run(filling.out)
    assert code == Exit.NOT_POSSIBLE
    assert err == (
        f"loombench: {folder}/trials.jsonl: cannot be written: {FULL};"
        " earlier trials are kept; free some space and continue with --resume\n"
    )


def test_what_was_measured_before_the_disk_was_full_can_be_read_and_gone_on_with(
    filling: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main([*TINY, "--budget", "60m", "--out", str(filling.out)])
    folder = store.find_run(filling.out)
    stored = list(store.read_trials(folder, []))
    assert len(stored) >= GOOD_TRIALS
    capsys.readouterr()
    assert cli.main(["show", "--out", str(filling.out)]) == 0
    blocks = len({one.block for one in stored})
    assert f" {len(stored)} trials in {blocks} blocks" in capsys.readouterr().out
    filling.free()
    resumed = [*TINY[:1], "--resume", "--no-figures", "--budget", "300ms"]
    assert cli.main([*resumed, "--out", str(filling.out)]) == 0
    again = list(store.read_trials(folder, []))
    assert again[: len(stored)] == stored
    assert len(again) > len(stored)
    assert set(Counter((one.block, one.cell) for one in again).values()) == {1}


def test_figures_that_find_no_room_leave_the_measurements_and_no_halves(
    mounted: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    place = mounted(40)
    out = place / "results"
    assert cli.main([*TINY, "--budget", "300ms", "--out", str(out)]) == 0
    fill(place)
    capsys.readouterr()
    assert cli.main(["plot", "--out", str(out)]) == Exit.NOT_POSSIBLE
    folder = store.find_run(out)
    assert capsys.readouterr().err == (
        f"loombench: {folder}/figures: figures cannot be written: {FULL}; the measurements are"
        " safe: free some space or make it writable, then: loombench plot\n"
    )
    assert list((folder / "figures").iterdir()) == []
    free(place)
    assert cli.main(["plot", "--out", str(out)]) == 0


def test_a_run_does_not_begin_on_a_disk_that_is_nearly_full(
    mounted: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = mounted(8) / "results"
    assert cli.main([*TINY, "--out", str(out)]) == Exit.NOT_POSSIBLE
    assert capsys.readouterr().err == (
        f"loombench: {out}: found 8 MiB free, expected at least 32 MiB; free some, or choose"
        " another --out\n"
    )
    assert list(out.iterdir()) == []
