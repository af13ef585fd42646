"""The program of a host: reads orders from standard input, measures, and writes what came of it.

It ends, with all that it has started, when its standard input closes or nobody asks for a while.
"""

from __future__ import annotations

import errno
import hashlib
import os
import queue
import signal
import sys
import sysconfig
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
from msgspec import structs

from harness.catalog.workload import CHECK
from harness.errors import Problem, explain
from harness.measuring.blocks import run_blocks
from harness.measuring.doctor import diagnose
from harness.measuring.fleet import messages
from harness.measuring.fleet.messages import Described, Failed, Found, Measured, Told
from harness.measuring.inventory import Inventory
from harness.measuring.machine.facts import describe_machine, read_text
from harness.measuring.machine.measuring_alone import ANOTHER_RUN, measuring_alone
from harness.measuring.plan import Block, assign
from harness.measuring.processes.running_time import Budget
from harness.measuring.runners.runner import digest_file
from harness.paths import ROOT
from harness.results.records import Cell, Host, Status, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.catalog.contestant import Contestant
    from harness.measuring.fleet.messages import MeasureBlock, Order, Reply
    from harness.measuring.plan import Assignment

_IDLE_S = 600.0  # until it ends itself: the coordinator may be gone
_TRIES = 3  # to describe all runners
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BUILD_SETTINGS = ("CONFIG_ARGS", "CC", "OPT", "PY_CFLAGS", "Py_GIL_DISABLED")


class Server:
    """Does what it is asked, one order after the other."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader, self._writer = reader, writer
        self._orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._inventories: dict[tuple[tuple[str, str], ...], Inventory] = {}

    def serve(self) -> None:
        """Serve until the input ends."""
        threading.Thread(target=self._read, daemon=True).start()
        while not self._ended.is_set():
            try:
                line = self._orders.get(timeout=_IDLE_S)
            except queue.Empty:
                return
            if line:
                self._answer(line)

    def end(self, *_: object) -> None:
        """End soon, also in the middle of a block."""
        self._ended.set()
        self._orders.put(b"")

    def _read(self) -> None:
        for line in self._reader:
            self._orders.put(line)
        self.end()

    def _answer(self, line: bytes) -> None:
        try:
            for reply in self._do(messages.decode_order(line)):
                self._write(reply)
        except (Problem, OSError, msgspec.DecodeError) as error:
            problem = explain(error) if isinstance(error, OSError) else error
            self._write(Failed(str(problem or error)))
        self._writer.write(b"\n")
        self._writer.flush()

    def _write(self, reply: Reply) -> None:
        self._writer.write(messages.encode(reply) + b"\n")

    def _do(self, order: Order) -> Iterator[Reply]:
        match order:
            case messages.Describe(settings=settings):
                yield _describe(self._open(settings.env))
            case messages.Diagnose():
                yield from (Found(one.name, one.value, one.advice) for one in diagnose())
            case messages.MeasureBlock():
                yield from self._measure(order)

    def _open(self, env: dict[str, str]) -> Inventory:
        """Find the runners, again if one of them could not be used: the host may have been busy."""
        key = tuple(sorted(env.items()))
        found = self._inventories.get(key)
        for _ in range(_TRIES):
            if found is not None and not found.runners.problems:
                break
            found = self._inventories[key] = Inventory.open(passed=env)
        assert found is not None
        return found

    def _measure(self, order: MeasureBlock) -> Iterator[Reply]:
        """Measure a block. What one cannot run here is a trial too, which says why."""
        settings = order.settings
        inventory = self._open(settings.env)
        block = _create_block(order, inventory)
        can_run, observer = [], _Observer()
        for position, assignment in enumerate(block.assignments):
            reason = _find_lack(inventory, assignment.cell.contestant)
            if reason is None:
                can_run.append(assignment)
            elif reason in inventory.runners.problems:
                raise Problem(reason)  # another host has no such problem, or this one later
            else:
                yield Measured(_create_missing(assignment, block.index, position, reason))
        trials: list[Trial] = []

        def keep(trial: Trial) -> str:
            trials.append(trial)
            return ""

        runner = inventory.trial_runner(settings.seed, self._ended.is_set, settings.memory_bytes)
        runner.tell = observer.told
        if not can_run:
            return
        with measuring_alone(beside=settings.beside) as is_alone:
            run_blocks(
                runner,
                [replace(block, assignments=tuple(can_run))],
                lambda *_: False,
                Budget(float("inf")),
                keep,
                observer,
                alone=settings.alone,
            )
        if full := find_full_disk(trials):
            raise Problem(full)  # no fault of a contestant: another host has room
        positions = {assignment.cell: at for at, assignment in enumerate(block.assignments)}
        for trial in trials:
            disturbed = trial.disturbed if is_alone else (*trial.disturbed, ANOTHER_RUN)
            position = positions[trial.cell]
            yield Measured(structs.replace(trial, disturbed=disturbed, position=position))
        yield from map(Told, observer.texts)


class _Observer:
    """Keeps what the user is told; the coordinator shows the progress."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def told(self, text: str) -> None:
        self.texts.append(text)

    def starting(self, block: Block, position: int) -> None: ...
    def waiting(self) -> None: ...
    def ended(self, trial: Trial) -> None: ...
    def block_ended(self, block: Block) -> None: ...


def _create_block(order: MeasureBlock, inventory: Inventory) -> Block:
    assignments = []
    for place in order.places:
        assignment = assign(place.cell, inventory.workloads)
        assignments.append(assignment.with_looks() if place.with_looks else assignment)
    return Block(order.index, order.workload, order.case, tuple(assignments), order.rounds)


def _create_missing(assignment: Assignment, block: int, position: int, reason: str) -> Trial:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    message = f"unavailable on this host: {reason}"
    return Trial(assignment.cell, block, position, Status.UNSUPPORTED, now, 0, message)


def _describe(inventory: Inventory) -> Described:
    """Describe this machine, its runners, and how they were built."""
    offered = [Cell(offer.contestant, CHECK) for offer in inventory.runners.offers()]
    machine = describe_machine()
    host = Host(
        id=machine.host,
        machine=machine,
        runners=inventory.runner_facts(offered),
        builds=_list_builds(),
        missing=_list_missing(inventory),
    )
    boot = read_text(_BOOT_ID) or machine.host
    return Described(host, boot, tuple(inventory.runners.problems))


def find_full_disk(trials: Iterable[Trial]) -> str:
    """Return which trial failed because the disk is full, and how; empty if none did."""
    full = os.strerror(errno.ENOSPC).casefold()  # as Python says it; Go has no capital letter
    for trial in trials:
        said = f"{trial.message}\n{trial.stderr_end}"
        if trial.status is not Status.OK and full in said.casefold():
            return f"the disk is full: {trial.cell.name} ended with {os.strerror(errno.ENOSPC)}"
    return ""


def _list_builds() -> dict[str, str]:
    """Return how the toolchains here were built, and the digests of what they built."""
    settings = sysconfig.get_config_vars()
    flags = repr([settings.get(name) for name in _BUILD_SETTINGS]).encode()
    builds = {"python": f"{sys.version} {hashlib.sha256(flags).hexdigest()[:16]}"}
    programs = sorted((ROOT / "go" / "bin").glob("*"))
    return builds | {
        f"go/{path.name}": digest_file(path) for path in programs if path.name != "built-from"
    }


def _list_missing(inventory: Inventory) -> dict[str, str]:
    """Return model -> why it cannot run here."""
    offers = inventory.runners.offers()
    unavailable = {
        offer.contestant.model: offer.unavailable
        for offer in offers
        if offer.unavailable is not None
    }
    return {**inventory.runners.missing_models, **unavailable}


def _find_lack(inventory: Inventory, contestant: Contestant) -> str | None:
    """Return why a contestant cannot run here, or None if it can."""
    offers = {offer.contestant: offer for offer in inventory.runners.offers()}
    offer = offers.get(contestant)
    if offer is None:
        missing = inventory.runners.missing_models
        return missing.get(contestant.model, "the runner here does not offer it")
    if inventory.workloads[contestant.workload].shares_cores and not inventory.runners.load_command:
        return inventory.runners.load_missing
    return offer.unavailable


def main() -> int:
    """Serve. What children or libraries print goes to standard error."""
    writer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = Server(sys.stdin.buffer, writer)
    signal.signal(signal.SIGTERM, server.end)
    server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
