"""What a trial is worth, from what was said and how it ended: status, message, warnings. Pure."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

from harness import units
from harness.protocol import Failed, digest
from harness.records import Status
from harness.workload import CHECK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.child import Ended
    from harness.conversation import Conversation
    from harness.load import Heard
    from harness.workload import Case, Workload

# Some loops' timers count whole milliseconds (uvloop), so a wait may end that much early.
EARLY_NS = 1_000_000
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
        return Status.TIMEOUT, f"not finished after {case.sampling.timeout_s} s"
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
    for one in (workload.case_for(workload.cases[id_], model) for id_ in said.cases):
        wrong = _wrong(workload, one, model, said)
        if wrong:
            where = "" if one.id == case.id else f"in the {one.id} case: "
            return Status.WRONG_ANSWER, where + wrong
    return Status.OK, ""


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
    workload: Workload, case: Case, heard: Mapping[str, Heard], problems: Mapping[str, str]
) -> tuple[Status, str]:
    """Return the status of a server's trial, by what its load generators found."""
    for one in (workload.cases[CHECK], case):
        where = "" if one is case else f"in the {one.id} case: "
        if one.id in problems:
            return Status.CRASH, where + problems[one.id]
        if one.id not in heard:
            return Status.CRASH, f"{where}it never said that it listens"
        errors: Counter[str] = Counter()
        for phase in heard[one.id].phases:
            errors.update(phase.errors)
        expected, served = workload.expected(one), heard[one.id].served
        if served != expected:
            found = ", ".join(f"{count} {what}" for what, count in errors.items()) or "no error"
            return Status.WRONG_ANSWER, (
                f"{where}{served} of {expected} connections were answered rightly from first to"
                f" last: {found}"
            )
    return Status.OK, ""


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
