"""What a trial is worth, from what was said and how it ended: status, message, warnings. Pure."""

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

    from harness.catalog.workload import Case, Workload
    from harness.measuring.processes.child import Ended
    from harness.measuring.runners.conversation import Conversation
    from harness.measuring.runners.protocol import Failed
    from harness.measuring.servers.load_protocol import Asked

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
    workload: Workload, case: Case, model: str, said: Conversation, ended: Ended, violation: str
) -> tuple[Status, str]:
    """Return the status of a trial, and a message where it is not ok."""
    if ended.stopped == "timeout":
        late = f"{case.sampling.timeout_s} s"
        if said.finished is None:
            return Status.TIMEOUT, f"not finished after {late}"
        return Status.TIMEOUT, f"said that it had finished, but had not ended after {late}"
    if ended.stopped == "memory":
        return Status.OUT_OF_MEMORY, "took more memory than a trial may"
    if violation:
        return Status.CRASH, f"broke the protocol: {violation}"
    if said.failed is not None:
        return _failure(said.failed)
    for id_, failed in said.errors.items():
        status, message = _failure(failed)
        return status, message if id_ == case.id else f"in the {id_} case: {message}"
    if said.finished is None or ended.returncode != 0:
        return Status.CRASH, _early_end(said, ended)
    return _answered(workload, case, model, said)


def _answered(workload: Workload, case: Case, model: str, said: Conversation) -> tuple[Status, str]:
    """Return what a trial is worth that came to its end in order."""
    for one in (workload.case_for(workload.cases[id_], model) for id_ in said.cases):
        wrong = _wrong(workload, one, model, said)
        if wrong:
            where = "" if one.id == case.id else f"in the {one.id} case: "
            return Status.WRONG_ANSWER, where + wrong
    for id_ in said.cases:
        if unusable := _unusable(workload, said, id_):
            return Status.CRASH, f"broke the protocol: case {id_!r}: {unusable}"
    return Status.OK, ""


def _unusable(workload: Workload, said: Conversation, case: str) -> str:
    """Return what keeps the result of a case from being read, or an empty text."""
    latency = said.latencies.get(case)
    if latency is None and workload.shape == "latency":
        return "latency: found none, expected one"
    points = len({one.tasks for one in said.footprints[case]})
    if points < _LEAST_POINTS and workload.shape == "footprint":
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


def _wrong(workload: Workload, case: Case, model: str, said: Conversation) -> str:
    # A server answers 0 once it has closed in order; what it served is judged by who asked it.
    expected = 0 if workload.load else workload.expected(case)
    for outcome in said.outcomes[case.id]:
        if outcome.digest != digest(expected):
            return f"found {outcome.value or outcome.digest}, expected {expected}"
        for observation in workload.observations:
            found = outcome.observed.get(observation.name)
            if found != observation.of(model):
                return (
                    f"{observation.name}: found {'nothing' if found is None else found},"
                    f" expected {observation.of(model)}"
                )
    ideal = workload.ideal_of(case, model)
    for sample in said.samples[case.id]:
        if ideal is not None and sample.elapsed_ns < ideal - EARLY_NS:
            return (
                f"done after {units.nanoseconds(sample.elapsed_ns)}, though its waits alone last"
                f" {units.nanoseconds(ideal)}"
            )
    return ""


def judge_served(
    workload: Workload,
    cases: Sequence[Case],
    asked: Mapping[str, Asked],
    status: Status,
    message: str,
) -> tuple[Status, str]:
    """Return the status of a server's trial, by what its load generators found.

    `cases` are the check case and the one that is measured, as this model does them; `status` and
    `message` what the trial is worth as far as the server itself tells.
    """
    if status is Status.TIMEOUT:
        return status, message + _why_so_long(cases, asked)
    for one in cases:
        where = "" if one is cases[-1] else f"in the {one.id} case: "
        trouble = asked[one.id].trouble if one.id in asked else None
        if trouble is not None and status is Status.CRASH:
            return status, f"{message}; before that, {where}{trouble.message}"
        if status is not Status.OK:
            continue
        if trouble is not None:
            return trouble.status, where + trouble.message
        if one.id not in asked:
            return Status.CRASH, f"{where}it never said that it listens"
        if asked[one.id].was_cut:
            return Status.CRASH, f"{where}it stopped serving before it was told to"
        found, what = _as_served(asked[one.id], workload.expected(one))
        if found is not Status.OK:
            return found, where + what
    return status, message


def _why_so_long(cases: Sequence[Case], asked: Mapping[str, Asked]) -> str:
    """Return how far a server came that did not finish in time, as the rest of a sentence."""
    for one in cases:
        where = "" if one is cases[-1] else f" in the {one.id} case"
        if one.id not in asked:
            return f": it never said that it listens{where}"
        if (trouble := asked[one.id].trouble) is not None:
            return f"; before that{where}, {trouble.message}"
        if asked[one.id].was_told and asked[one.id].exit_ns is None:
            return f", though it was told to end{where}"
    return ""


def _as_served(asked: Asked, expected: int) -> tuple[Status, str]:
    heard = asked.heard
    errors: Counter[str] = Counter()
    for phase in heard.phases:
        errors.update(phase.errors)
    if heard.served != expected:
        found = [f"{count} {_ERRORS.get(what, what)}" for what, count in errors.items()]
        again = sum(phase.reconnects for phase in heard.phases)
        found += [f"{again} connected again"] if again else []
        is_late = "timeout" in errors and not errors.keys() & {"wrong", "status"}
        return Status.TIMEOUT if is_late else Status.WRONG_ANSWER, (
            f"{heard.served} of {expected} connections were answered rightly from first to last"
            f" ({', '.join(found) or 'nothing is known of the others'})"
        )
    fault = histograms.fault(
        text for one in heard.phases for text in (one.hdr, one.service_hdr) if text
    )
    return (Status.CRASH, f"the load generator sent {fault}") if fault else (Status.OK, "")


def warnings(said: Conversation, ended: Ended) -> tuple[str, ...]:
    """Return what should be known about a trial beside its status."""
    found = []
    inside = sum(sample.elapsed_ns for taken in said.samples.values() for sample in taken)
    if inside > ended.wall_ns:
        found.append(
            f"its samples add up to {units.nanoseconds(inside)}, but the process lived for only"
            f" {units.nanoseconds(ended.wall_ns)}: both cannot be true"
        )
    if ended.left_running:
        found.append(f"left {ended.left_running} processes running; they were ended")
    return tuple(found)
