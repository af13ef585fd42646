"""A run on real Dask workers whose hosts fail at random moments, in every way that a host can.

All moments of a fault fall into one run. The next comes when both hosts have stored a block since
the last, so each host has to come back. At the end, every block is stored once and whole, or it is
named as missing, and no process is left. The coordinator gives up slow hosts sooner than usual.
"""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import Exit
from harness.paths import ROOT
from harness.results import store
from tests.bench import fleet_hosts, interrupted, tools
from tests.bench.fleet_hosts import Hosts
from tests.support import ended_by_file

Row = tuple[str, str, str, bool]

_MOMENTS, _SEED = 20, 11
_PATIENCE_S = 2.0
_BACK_WITHIN_S = 400  # a host, on a busy machine
_ENDS_WITHIN_S = 300
_GONE_WITHIN_S = 60  # what a dead host had started: its program ends its children first
_BETWEEN_S = (0.0, 1.5)


@dataclass
class Tally:
    """What became of the moments of one fault."""

    moments: int = 0
    orphans: int = 0
    again: int = 0  # blocks that had to be done again
    complaints: list[str] = field(default_factory=list)


class _Session:
    """A coordinator, which runs until it is told that its budget is spent."""

    def __init__(self, hosts: Hosts, folder: Path) -> None:
        self.folder = folder
        self._flag = folder / "budget-is-spent"
        self._said = folder / "said.txt"
        self._seen = 0
        out = ("--out", folder / "results", "--scheduler", hosts.address, *hosts.options)
        if self.has_run:
            plan: tuple[object, ...] = ("--resume",)
        else:
            work = ("--workload", hosts.workload, "--model", hosts.models, "--profile", "quick")
            plan = (*work, "--precision", tools.NEVER, "--seed", _SEED)
        arguments = ("run", *out, *plan, "--budget", "9h", "--no-figures")
        with self._said.open("ab") as said:
            self.process = subprocess.Popen(
                [*hosts.within, *ended_by_file.command(self._flag, _PATIENCE_S, arguments)],
                cwd=ROOT,
                env=tools.runs_environment(**hosts.coordinator_env),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            )
        self.forget_hosts()

    @property
    def has_run(self) -> bool:
        return (self.folder / "results" / "latest" / store.RUN_FILE).is_file()

    @property
    def said(self) -> str:
        return self._said.read_text(errors="replace")

    @property
    def _trials(self) -> Path:
        return self.folder / "results" / "latest" / store.TRIALS_FILE

    def forget_hosts(self) -> None:
        """Let `await_hosts` wait for trials that are stored from now on."""
        self._seen = self._trials.stat().st_size if self._trials.exists() else 0

    def await_hosts(self, hosts: Hosts) -> str:
        """Wait until all hosts have stored a trial; returns why they did not."""
        count = len(hosts.names)
        deadline = time.monotonic() + _BACK_WITHIN_S
        while self._count_hosts() < count:
            if self.process.poll() is not None:
                return f"the coordinator ended with {self.process.returncode}"
            if time.monotonic() > deadline:
                return f"fewer than {count} hosts measured for {_BACK_WITHIN_S} s"
            hosts.revive()
            time.sleep(0.05)
        return ""

    def _count_hosts(self) -> int:
        if not self._trials.exists():
            return 0
        with self._trials.open("rb") as file:
            file.seek(self._seen)
            lines = interrupted.whole_lines(file.read()).splitlines()
        return len({json.loads(line).get("host") for line in lines if line.startswith(b"{")})

    def end(self, number: int | None = None) -> int:
        """Let the budget be spent, or send a signal; returns the exit code."""
        if number is None:
            self._flag.touch()
        else:
            self.process.send_signal(number)
        try:
            return self.process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._flag.unlink(missing_ok=True)


def rows() -> Iterator[Row]:
    """Tell what became of each fault, and of Ctrl-C."""
    for kind in fleet_hosts.FAULTS:
        yield from _prepare(kind)


def _prepare(kind: type[Hosts]) -> Iterator[Row]:
    reason = kind.why_not()
    if reason:
        yield f"fleet: {kind.name}", f"not possible here: {reason}", "", True
        return
    moments = tools.amount(_MOMENTS, 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loombench-bench-")))
        draw = random.Random(f"{_SEED} {kind.__name__}")
        hosts = stack.enter_context(kind(folder, draw))
        yield _fail_at_random(hosts, folder, moments, stack)


def _fail_at_random(hosts: Hosts, folder: Path, moments: int, stack: ExitStack) -> Row:
    tally = Tally()
    session = _Session(hosts, folder)
    # Not the session of now: the last one, if the bench is stopped.
    stack.callback(lambda: session.process.kill())  # noqa: PLW0108
    for _ in range(moments):
        reason = session.await_hosts(hosts)
        if reason:
            tally.complaints.append(f"{reason}: {session.said[-2000:]}")
            break
        time.sleep(hosts.draw.uniform(*_BETWEEN_S))
        if hosts.stops_coordinator:
            code = session.end(signal.SIGINT)
            if code != Exit.INTERRUPTED:
                tally.complaints.append(f"exit code {code} after Ctrl-C")
            tally.orphans += _count_left(hosts, with_trials=True)
            session = _Session(hosts, folder)
        else:
            victim = hosts.draw.choice(hosts.names)
            hosts.strike(victim)
            hosts.mend(victim)
            tally.orphans += _count_left(hosts)
            session.forget_hosts()
        tally.moments += 1
    if not tally.complaints:
        tally.complaints += filter(None, [session.await_hosts(hosts)])
    code = session.end()
    if code not in (Exit.SUCCESS, Exit.NOT_POSSIBLE) or "Traceback" in session.said:
        tally.complaints.append(f"exit code {code}: {session.said[-3000:]}")
    tally.orphans += len(hosts.end())
    return _judge(hosts, session, tally, moments)


def _count_left(hosts: Hosts, *, with_trials: bool = False) -> int:
    """Return how many processes were left after a while; they are ended."""
    deadline = time.monotonic() + _GONE_WITHIN_S
    while left := hosts.find_left(with_trials=with_trials):
        if time.monotonic() > deadline:
            for one in left:
                one.kill()
            break
        time.sleep(0.05)
    return len(left)


def _judge(hosts: Hosts, session: _Session, tally: Tally, moments: int) -> Row:
    what = f"fleet: {hosts.name}, at {moments} random moments"
    if not session.has_run:
        return what, f"no run has begun: {session.said[-2000:]}", "", False
    folder = store.find_run(session.folder / "results")
    run, trials = store.read_run(folder), list(store.read_trials(folder, []))
    stored = {trial.block for trial in trials}
    missing = {int(number) for number in re.findall(r"block (\d+) \(.*is missing", session.said)}
    lost = set(range(max(stored | missing, default=-1) + 1)) - stored - missing
    doubles = interrupted.measured_twice(trials)
    divided = len({(trial.block, trial.host) for trial in trials}) - len(stored)
    not_whole = interrupted.cut_short(run, trials)
    failed = [trial for trial in trials if trial.status.value not in ("ok", "unsupported")]
    again = len(re.findall("is done elsewhere", session.said))
    holds = not (lost or doubles or divided or not_whole or tally.orphans or tally.complaints)
    return (
        what,
        f"{tally.moments} moments, {len(stored)} blocks stored on {len(run.hosts)} hosts:"
        f" {len(lost)} lost, {len(doubles)} trials twice, {tally.orphans} orphans"
        f" ({again} done elsewhere, {len(missing)} named as missing, {len(failed)} trials failed,"
        f" {divided} blocks divided, {len(not_whole)} not whole)"
        + "".join(f"\n{one}" for one in tally.complaints[:2]),
        "nothing lost, nothing twice, no orphan",
        holds and tally.moments == moments,
    )
