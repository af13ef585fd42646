"""A short run that is stopped at random moments, in every way that a user or a machine can.

Each time it goes on by `--resume`. Nothing measured may be lost, nothing measured twice, and no
process left. The moments fall on the start-up of a session too, and on trials of our own runners
beside the planted ones: `processes` has children of its own, and each must notice the end.
"""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar
from uuid import uuid4

from harness.errors import Exit
from harness.measuring import plan
from harness.paths import ROOT
from harness.results import store
from harness.results.records import Run, Trial
from tests.bench import tools
from tests.support import command
from tests.support.planted import bench as planted

_MOMENTS, _SEED = 20, 9
_STARTING_S, _MEASURING_S = (0.2, 2.0), (0.0, 2.0)  # how long after the start, or the first trial
_STARTS_WITHIN_S = 120  # a session on a busy machine
_ENDS_WITHIN_S = 60  # a session that was asked to end
_DISK_MIB = 40
_WORKLOADS, _MODELS = "busy,sumsquares", "base,slower-5,asyncio,threads,processes,go"
_READ_ONLY = ROOT / "tests" / "support" / "read_only.py"


class _Way:
    """One way to stop a session; this one kills the harness alone."""

    name = "kill -9 of the harness"
    codes: ClassVar[set[int]] = {-signal.SIGKILL}

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self.folder, self.draw = folder, draw

    @property
    def out(self) -> Path:
        return self.folder / "results"

    @property
    def trials(self) -> Path:
        return self.out / "latest" / store.TRIALS_FILE

    @property
    def stored(self) -> int:
        """How many bytes of trials there are."""
        return self.trials.stat().st_size if self.trials.exists() else 0

    def command(self, *arguments: object) -> list[str]:
        return command.command(*arguments)

    def open_output(self, stack: ExitStack) -> IO[bytes] | int:
        """Return where the session prints."""
        return subprocess.DEVNULL

    def strike(self, harness: subprocess.Popen[bytes]) -> None:
        harness.kill()

    def mend(self) -> None:
        """Undo it, so that the run can go on."""


class _Terminated(_Way):
    """SIGTERM to the harness; before it measures, that ends it at once."""

    name = "SIGTERM"
    codes: ClassVar[set[int]] = {Exit.INTERRUPTED, -signal.SIGTERM}
    number = signal.SIGTERM

    def strike(self, harness: subprocess.Popen[bytes]) -> None:
        harness.send_signal(self.number)


class _HungUp(_Terminated):
    """The end of the terminal."""

    name = "SIGHUP"
    codes: ClassVar[set[int]] = {Exit.INTERRUPTED, -signal.SIGHUP}
    number = signal.SIGHUP


class _FullOutput(_Terminated):
    """SIGTERM to a session that prints to a full device."""

    name = "SIGTERM, with the output to /dev/full"

    def open_output(self, stack: ExitStack) -> IO[bytes] | int:
        return stack.enter_context(Path("/dev/full").open("wb"))


class _FullDisk(_Way):
    """A small file system without room."""

    name = "a full disk"
    codes: ClassVar[set[int]] = {Exit.NOT_POSSIBLE}

    def strike(self, harness: subprocess.Popen[bytes]) -> None:
        with (self.folder / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(2**16))
            except OSError:  # full
                return

    def mend(self) -> None:
        (self.folder / "filler").unlink()


class _FileLimit(_Way):
    """No file may grow any more, where no small file system can be mounted."""

    name = "a full disk (imitated by RLIMIT_FSIZE)"
    codes: ClassVar[set[int]] = {Exit.NOT_POSSIBLE}

    def strike(self, harness: subprocess.Popen[bytes]) -> None:
        limit = self.stored + self.draw.randrange(500)  # the middle of a line, mostly
        resource.prlimit(harness.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


class _ReadOnly(_Way):
    """A file system that becomes read-only (tests/support/read_only.py)."""

    name = "a file system that becomes read-only (imitated)"
    codes: ClassVar[set[int]] = {Exit.NOT_POSSIBLE}

    @property
    def flag(self) -> Path:
        return self.folder / "is-read-only"

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, *map(str, (_READ_ONLY, self.flag, self.out, *arguments))]

    def strike(self, harness: subprocess.Popen[bytes]) -> None:
        self.flag.touch()

    def mend(self) -> None:
        self.flag.unlink()


@dataclass
class _Tally:
    """What became of the sessions of one way."""

    moments: int
    as_said: int = 0  # ended with the exit code of the way, and without a traceback
    intact: int = 0  # every whole line that was there before is there after
    alone: int = 0  # no process was left
    measured: int = 0  # had measured something
    torn: int = 0  # left a torn line
    complaints: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """Return how many sessions went well, and what those said that did not."""
        if self.holds:
            good = f"{self.moments} of {self.moments}"
        else:
            good = f"{self.as_said} as it should, {self.intact} intact, {self.alone} alone"
        return f"{good} ({self.measured} measured, {self.torn} tore a line)" + "".join(
            self.complaints[:2]
        )

    @property
    def holds(self) -> bool:
        return self.as_said == self.intact == self.alone == self.moments


def rows() -> Iterator[tuple[str, str, str, bool]]:
    moments = tools.amount(_MOMENTS, 2)
    previous = signal.signal(
        signal.SIGHUP, lambda *_: None
    )  # under nohup, children would ignore it
    try:
        for way in (_Way, _Terminated, _HungUp, _FullOutput, _FullDisk, _ReadOnly):
            with ExitStack() as stack:
                yield _stop_at_random(*_prepare(way, stack), moments)
    finally:
        signal.signal(signal.SIGHUP, previous)


def _prepare(way: type[_Way], stack: ExitStack) -> tuple[type[_Way], Path]:
    """Return the way and a folder for its run: for a full disk, on one of its own if possible."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loombench-bench-")))
    if way is not _FullDisk:
        return way, folder
    mount = ("mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "loombench-bench", folder)
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except OSError:
        return _FileLimit, folder
    if done.returncode != 0:
        return _FileLimit, folder
    stack.callback(subprocess.run, ("umount", folder), check=True)
    return way, folder


def _stop_at_random(kind: type[_Way], folder: Path, moments: int) -> tuple[str, str, str, bool]:
    draw = random.Random(f"{_SEED} {kind.__name__}")
    way, tally = kind(folder, draw), _Tally(moments)
    file = way.trials
    kept = b""
    for moment in range(moments):
        _stop(way, tally, while_starting=moment % 4 == 0)
        data = file.read_bytes() if file.exists() else b""
        tally.intact += data.startswith(kept)
        tally.measured += len(data) > len(kept)
        tally.torn += not data.endswith(b"\n") and bool(data)
        kept = whole_lines(data)
    tools.loombench(*_arguments(way.out, "5s"))
    is_kept = file.read_bytes().startswith(kept)
    run = store.read_run(store.find_run(way.out))
    trials = list(store.read_trials(store.find_run(way.out), []))
    doubles, holes = measured_twice(trials), cut_short(run, trials)
    return (
        f"{way.name} at {moments} random moments, then --resume",
        tally.summary
        + f"; at the end {len(doubles)} of {len(trials)} trials twice, {len(holes)} blocks not"
        f" whole, {'nothing' if is_kept else 'SOMETHING'} lost",
        f"{moments} of {moments} end as they should, lose nothing and leave no process; no trial"
        " twice, only the last block not whole",
        tally.holds and is_kept and not doubles and len(holes) <= 1,
    )


def _stop(way: _Way, tally: _Tally, *, while_starting: bool) -> None:
    """Begin the run or go on with it, and stop it; notes what became of that."""
    mark, size = uuid4().hex, way.stored
    with ExitStack() as stack:
        harness = subprocess.Popen(
            way.command(*_arguments(way.out, "10m")),
            cwd=ROOT,
            env=tools.runs_environment(**{planted.MARK: mark}),
            stdin=subprocess.DEVNULL,
            stdout=way.open_output(stack),
            stderr=subprocess.PIPE,
            process_group=0,
        )
        if not while_starting:
            _wait_until_measured(harness, way, size)
        seconds = way.draw.uniform(*(_STARTING_S if while_starting else _MEASURING_S))
        time.sleep(seconds)
        was_running = harness.poll() is None
        way.strike(harness)
        try:
            _, said = harness.communicate(timeout=_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            harness.kill()
            _, said = harness.communicate()
    way.mend()
    left = planted.left_of(mark)
    for process in left:
        process.kill()
    is_as_said = was_running and harness.returncode in way.codes and b"Traceback" not in said
    if not is_as_said:
        tally.complaints.append(f"\nafter {seconds:.2f} s: {harness.returncode}: {said.decode()}")
    tally.as_said += is_as_said
    tally.alone += not left


def _wait_until_measured(harness: subprocess.Popen[bytes], way: _Way, size: int) -> None:
    """Wait until a session has stored a trial."""
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while way.stored <= size and harness.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def _arguments(out: Path, budget: str) -> tuple[object, ...]:
    common = ("run", "--runner", tools.PLANTED, "--budget", budget, "--no-figures", "--out", out)
    common = (*common, "--beside")
    if (out / "latest" / store.RUN_FILE).is_file():
        return (*common, "--resume")
    return (
        *common,
        *("--workload", _WORKLOADS, "--model", _MODELS, "--profile", "quick"),
        *("--precision", tools.NEVER, "--seed", _SEED),
    )


def whole_lines(data: bytes) -> bytes:
    """Return what of a file of lines was whole."""
    return data[: data.rfind(b"\n") + 1]


def measured_twice(trials: Iterable[Trial]) -> list[object]:
    """Return the cells that a block has more than once."""
    counts = Counter((trial.block, trial.cell) for trial in trials)
    return [place for place, count in counts.items() if count > 1]


def cut_short(run: Run, trials: Iterable[Trial]) -> list[int]:
    """Return the blocks that lack a contestant. The first rounds need no variants."""
    by_case = plan.group_by_case(run.cells)
    headlines, _ = plan.split_phases(by_case)
    first_rounds = range(plan.PROFILES[run.profile].min_blocks * len(headlines))
    seen: dict[int, set[object]] = {}
    wanted: dict[int, set[object]] = {}
    for trial in trials:
        cells = by_case[trial.cell.workload, trial.cell.case]
        seen.setdefault(trial.block, set()).add(trial.cell)
        wanted[trial.block] = set(plan.keep_models(cells) if trial.block in first_rounds else cells)
    return [block for block, cells in seen.items() if not cells >= wanted[block]]
