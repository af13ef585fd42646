"""The verdict on a trial: its status, message and warnings, from what its child said. Pure."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

from harness import units
from harness.measuring.runners.protocol import digest
from harness.results import histograms
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.catalog.workload import ModelCase
    from harness.measuring.processes.child import Ended
    from harness.measuring.runners.conversation import Conversation
    from harness.measuring.runners.protocol import Failed
    from harness.measuring.servers.load_driver import ServerLoad

# Some loops' timers count whole milliseconds (uvloop), so a wait may end that much early.
EARLY_NS = 1_000_000
_LEAST_POINTS = 2  # of a slope
_ERRORS = {
    "wrong": "with wrong bytes",
    "status": "with another status than 200",
    "reset": "closed too early",
    "timeout": "late",
    "refused": "refused",
}
_REASONS = {
    "crash": Status.CRASH,
    "out_of_memory": Status.OUT_OF_MEMORY,
    "unsupported": Status.UNSUPPORTED,
}


def judge(
    cases: Sequence[ModelCase], said: Conversation, ended: Ended, violation: str
) -> tuple[Status, str]:
    """Return the status of a trial of these cases, the measured one last; a message if not ok.

    `violation` is how the child broke the protocol, empty if it did not.
    """
    timeout = f"{cases[-1].sampling.timeout_s} s"
    if ended.stopped == "timeout":
        if said.finished is None:
            return Status.TIMEOUT, f"not finished after {timeout}"
        return Status.TIMEOUT, f"said that it had finished, but had not ended after {timeout}"
    if ended.stopped == "memory":
        return Status.OUT_OF_MEMORY, "took more memory than a trial may"
    if violation := violation or ended.stopped:
        return Status.CRASH, f"broke the protocol: {violation}"
    if said.failed is not None:
        return _failure(said.failed)
    for case in cases:
        if case.id in said.errors:
            status, message = _failure(said.errors[case.id])
            return status, _where(case, cases) + message
    if said.finished is None or ended.returncode != 0:
        return Status.CRASH, _early_end(said, ended)
    return _judge_answers(cases, said)


def _where(case: ModelCase, cases: Sequence[ModelCase]) -> str:
    """Return how a message begins that is not about the measured case."""
    return "" if case is cases[-1] else f"in the {case.id} case: "


def _judge_answers(cases: Sequence[ModelCase], said: Conversation) -> tuple[Status, str]:
    """Return the status of a trial that came to its end in order."""
    for case in cases:
        if wrong := _wrong(case, said):
            return Status.WRONG_ANSWER, _where(case, cases) + wrong
    for case in cases:
        if unusable := _unusable(case, said):
            return Status.CRASH, f"broke the protocol: case {case.id!r}: {unusable}"
    return Status.OK, ""


def _unusable(case: ModelCase, said: Conversation) -> str:
    """Return what keeps the result of a case from being read, or an empty text."""
    latency, shape = said.latencies.get(case.id), case.workload.shape
    if latency is None and shape == "latency":
        return "latency: found none, expected one"
    points = len({held.tasks for held in said.footprints[case.id]})
    if points < _LEAST_POINTS and shape == "footprint":
        return f"footprint: found {points} numbers of tasks, expected at least {_LEAST_POINTS}"
    fault = histograms.fault([latency] if latency is not None else [])
    return f"latency: {fault}" if fault else ""


def _failure(failed: Failed) -> tuple[Status, str]:
    return _REASONS.get(failed.reason, Status.CRASH), failed.message


def _early_end(said: Conversation, ended: Ended) -> str:
    if ended.returncode < 0:
        hint = " (often the system, out of memory)" if ended.returncode == -signal.SIGKILL else ""
        how = f"ended by signal {-ended.returncode}{hint}"
    else:
        how = f"ended with exit code {ended.returncode}"
    if said.started is None:
        return f"{how} before it had started"
    return how if said.finished is not None else f"{how} before it had finished"


def _wrong(case: ModelCase, said: Conversation) -> str:
    """Return what is wrong with the answer of a case, or an empty text."""
    # A server answers 0 once it has closed in order; the load generator judges what it served.
    expected = 0 if case.workload.load else case.expected
    for outcome in said.outcomes[case.id]:
        if outcome.digest != digest(expected):
            return f"found {outcome.value or outcome.digest}, expected {expected}"
        for observation in case.workload.observations:
            found, wanted = outcome.observed.get(observation.name), observation.of(case.model)
            if found != wanted:
                shown = "nothing" if found is None else found
                return f"{observation.name}: found {shown}, expected {wanted}"
    for sample in said.samples[case.id]:
        if case.ideal_ns is not None and sample.elapsed_ns < case.ideal_ns - EARLY_NS:
            return (
                f"done after {units.format_time(sample.elapsed_ns)}, though its waits alone last"
                f" {units.format_time(case.ideal_ns)}"
            )
    return ""


def judge_server(
    cases: Sequence[ModelCase],
    loads: Mapping[str, ServerLoad],
    status: Status,
    message: str,
) -> tuple[Status, str]:
    """Return the status of a server's trial, by what its load generators found.

    `status` and `message` are the verdict on what the server itself said; the measured case is the
    last one.
    """
    if status is Status.TIMEOUT:
        return status, message + _reached(cases, loads)
    for case in cases:
        where, load = _where(case, cases), loads.get(case.id)
        failure = load.failure if load else None
        if failure is not None and status is Status.CRASH:
            return status, f"{message}; before that, {where}{failure.message}"
        if status is not Status.OK:
            continue
        if failure is not None:
            return failure.status, where + failure.message
        if load is None:
            return Status.CRASH, f"{where}it never said that it listens"
        if load.was_cut:
            return Status.CRASH, f"{where}it stopped serving before it was told to"
        found, what = _judge_load(load, case.expected)
        if found is not Status.OK:
            return found, where + what
    return status, message


def _reached(cases: Sequence[ModelCase], loads: Mapping[str, ServerLoad]) -> str:
    """Return how far a server came that did not finish in time, as the rest of a sentence."""
    for case in cases:
        where = "" if case is cases[-1] else f" in the {case.id} case"
        load = loads.get(case.id)
        if load is None:
            return f": it never said that it listens{where}"
        if load.failure is not None:
            return f"; before that{where}, {load.failure.message}"
        if load.was_stopped and load.exit_ns is None:
            return f", though it was told to end{where}"
    return ""


def _judge_load(load: ServerLoad, expected: int) -> tuple[Status, str]:
    """Judge what a server did under load; `expected` connections must have been served."""
    phases, served = load.report.phases, load.report.served
    errors: Counter[str] = Counter()
    for phase in phases:
        errors.update(phase.errors)
    if served != expected:
        found = [f"{count} {_ERRORS.get(what, what)}" for what, count in errors.items()]
        again = sum(phase.reconnects for phase in phases)
        found += [f"{again} connected again"] if again else []
        is_late = "timeout" in errors and not errors.keys() & {"wrong", "status"}
        return Status.TIMEOUT if is_late else Status.WRONG_ANSWER, (
            f"{served} of {expected} connections were answered rightly from first to last"
            f" ({', '.join(found) or 'nothing is known of the others'})"
        )
    fault = histograms.fault(
        text for phase in phases for text in (phase.hdr, phase.service_hdr) if text
    )
    return (Status.CRASH, f"the load generator sent {fault}") if fault else (Status.OK, "")


def warnings(said: Conversation, ended: Ended) -> tuple[str, ...]:
    """Return what should be known about a trial beside its status."""
    found = []
    inside = sum(sample.elapsed_ns for taken in said.samples.values() for sample in taken)
    if inside > ended.wall_ns:
        found.append(
            f"its samples add up to {units.format_time(inside)}, but the process lived for only"
            f" {units.format_time(ended.wall_ns)}: both cannot be true"
        )
    if ended.left_running:
        found.append(f"left {ended.left_running} processes running; they were ended")
    return tuple(found)
