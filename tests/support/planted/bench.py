"""What tests of real child processes share: how to start planted ones, and what is left of them."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from harness.catalog import workload_file
from harness.measuring.plan import Block, assign
from harness.measuring.runners import protocol
from harness.measuring.runners.runner import Runner
from harness.measuring.trials import TrialRunner
from harness.paths import ROOT
from harness.statistics.rounds import DEFAULT_ROUNDS, RoundLimits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.catalog.contestant import Contestant
    from harness.catalog.workload import Workload
    from harness.measuring.inventory import Inventory
    from harness.results.records import Cell, Trial

HERE = Path(__file__).parent
LateAfter = Callable[..., None]  # see the fixture of this name
MARK = "LOOMBENCH_TEST_MARK"  # a variable that every process of one test inherits
# Killed is not yet gone; only a process that stays is left over. Nothing here lasts so long by
# itself: speaking.SELF_DESTRUCT_S is longer.
GONE_WITHIN_S = 60
_WAITS = ("delay_ns", "lead_ns", "unit_ns", "wait_ns")
PATIENCE_S = 240.0  # more than anything here takes on a busy machine

# The ways to misbehave that only a timeout ends.
HANGS = (
    "hang_at_once",
    "hang_in_a_case",
    "hang_after_finished",
    "hang_ignoring_signals",
    "hang_with_a_child",
    "hang_with_output_closed",
    "hang_with_all_closed",
    "never_read",
)

WORKLOAD = """
title = "Planted"
question = "What becomes of a runner that misbehaves?"
shape = "rate"
rules = ["Return 0."]
[work]
operations = "1"
[oracle]
value = "0"
[cases.check]
expect = 0
[cases.headline]
warmup = 1
iterations = 2
[metrics.call]
label = "time per call"
unit = "ns/call"
better = "lower"
formula = "elapsed_ns / operations"
"""


class Silent:
    """An observer that shows nothing."""

    def starting(self, block: Block, position: int) -> None:
        pass

    def waiting(self) -> None:
        pass

    def ended(self, trial: Trial) -> None:
        pass

    def block_ended(self, block: Block) -> None:
        pass

    def told(self, text: str) -> None:
        pass


def planted(way: str, program: str = "misbehaving") -> tuple[str, ...]:
    """Return the command of a planted runner, less its `run` or `describe`."""
    # -E -s -S: no site packages, so that it has started before any limit of a test is reached.
    return (sys.executable, "-E", "-s", "-S", str(HERE / f"{program}.py"), way)


def new_mark() -> str:
    return uuid.uuid4().hex


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes that carry a mark, in whatever group or session."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.Error, OSError):  # gone meanwhile, a zombie, or somebody else's
            continue
    return found


def left_of(mark: str) -> list[psutil.Process]:
    """Return the processes with a mark that are still there after a while; the rest has ended."""
    return [process for process in marked(mark) if not ends(process)]


def ends(process: psutil.Process) -> bool:
    """Return whether a process is gone after a while."""
    try:
        descriptor = os.pidfd_open(process.pid)  # readable once it has ended, reaped or not
    except AttributeError:
        return not psutil.wait_procs([process], GONE_WITHIN_S)[1]
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], GONE_WITHIN_S)[0])
    finally:
        os.close(descriptor)


def in_any_time(rounds: int) -> RoundLimits:
    """Have a block take all its rounds, however slow the machine is."""
    return RoundLimits(rounds, 3600.0)


@contextmanager
def patiently(seconds: float = PATIENCE_S) -> Iterator[None]:
    """Fail what never ends, instead of waiting for it."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"still not done after {seconds} s, though nothing here takes long")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def workload(timeout_s: float = 60, text: str = WORKLOAD, id_: str = "planted") -> Workload:
    """Return a workload whose cases stop early."""
    parsed = workload_file.parse(id_, text, f"{id_}.toml")
    return hurried(parsed, timeout_s)


def hurried(parsed: Workload, timeout_s: float) -> Workload:
    cases = {
        id_: replace(case, sampling=replace(case.sampling, timeout_s=timeout_s))
        for id_, case in parsed.cases.items()
    }
    return replace(parsed, cases=cases)


def waiting_longer(parsed: Workload, case: str, model: str, factor: int) -> Workload:
    """Return a workload whose case has the same tasks, which wait so many times as long.

    They all have to be there at once, and a busy machine lets some of them start late.
    """
    shipped = parsed.resolve(case, model).case
    longer = {name: factor * int(shipped.params[name]) for name in _WAITS if name in shipped.params}
    slower = replace(
        shipped,
        params={**shipped.params, **longer},
        sampling=replace(shipped.sampling, timeout_s=factor * shipped.sampling.timeout_s),
    )
    # What is waited for has grown already, as far as it grows with the number of tasks.
    fixed = {name: replace(parsed.params[name], grown=None, grown_of={}) for name in longer}
    return replace(parsed, params={**parsed.params, **fixed}, cases={**parsed.cases, case: slower})


def runner(
    command: tuple[str, ...], env: Mapping[str, str] | None = None, version: int = 1
) -> Runner:
    """Return a runner for trials; those use only the version of its description."""
    description = protocol.Description(version, "planted", "1", ())
    return Runner("planted", command, dict(env or {}), description)


@dataclass(frozen=True)
class Bench:
    """Runs trials of cells by their workloads."""

    workloads: Mapping[str, Workload]
    runner_of: Callable[[Contestant], Runner]
    seed: int = 1
    memory_bytes: int = 2**40
    interrupted: Callable[[], bool] = lambda: False
    load_command: tuple[str, ...] = ()

    @classmethod
    def of(cls, inventory: Inventory) -> Bench:
        runner = inventory.trial_runner(1, lambda: False)
        return cls(
            inventory.workloads,
            runner.runner_of,
            memory_bytes=runner.memory_bytes,
            load_command=runner.load_command,
        )

    @property
    def trial_runner(self) -> TrialRunner:
        return TrialRunner(
            self.runner_of, self.seed, self.memory_bytes, self.interrupted, self.load_command
        )

    def block(self, index: int, cells: Sequence[Cell]) -> Block:
        assigned = tuple(assign(cell, self.workloads) for cell in cells)
        return Block(index, cells[0].workload, cells[0].case, assigned, in_any_time(DEFAULT_ROUNDS))

    def trial(self, cell: Cell, block: int, position: int) -> Trial | None:
        return self.trial_runner.run(assign(cell, self.workloads), block, position)


def bench(timeout_s: float = 60, *, mark: str = "none", seed: int = 1) -> Bench:
    """Return a bench on which the model of a cell is the way in which its runner misbehaves."""
    return Bench(
        workloads={"planted": workload(timeout_s)},
        runner_of=lambda cell: runner(planted(cell.model), {MARK: mark}),
        seed=seed,
    )


def python_tree(folder: Path, implementations: Mapping[str, str]) -> Path:
    """Make a `python/` with the real runner and the implementations given: path -> source."""
    shutil.copytree(
        ROOT / "python" / "runner",
        folder / "runner",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for path, source in implementations.items():
        file = folder / "workloads" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return folder


def python_runner(tree: Path = ROOT / "python", **env: str) -> Runner:
    """Return the real Python runner, over the implementations of a tree."""
    command = (sys.executable, "-P", "-m", "runner")
    return runner(command, {"PYTHONPATH": str(tree), **env}, version=protocol.PROTOCOL)
