"""Judge a trial by its transcript, by how its child ended, and by the load on it. Pure."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.measuring.processes.child import STANDSTILL
from harness.measuring.runners.protocol import canonical, digest
from harness.measuring.validity import find_impossible
from harness.results import histograms
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.catalog.parts import Observation
    from harness.catalog.workload import ModelCase
    from harness.measuring.processes.child import ChildResult
    from harness.measuring.runners.protocol import Failed, Outcome
    from harness.measuring.runners.transcript import Transcript
    from harness.measuring.servers.load_driver import ServerLoad
    from harness.measuring.validity import Bounds

# Some loops (uvloop) have timers of whole milliseconds, so a wait may end this much early.
EARLY_NS = 1_000_000
_LONGEST_MESSAGE = 500  # characters; a runner can send megabytes
_CUT = 200  # characters of a value that a runner sends
_DIGITS = 12  # of a digest that are shown
_MIN_POINTS = 2  # for a slope
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


@dataclass(frozen=True)
class TrialVerdict:
    """The status of a trial, with a message."""

    status: Status
    message: str  # empty if the status is ok
    warnings: tuple[str, ...] = ()


def judge(
    cases: Sequence[ModelCase],
    transcript: Transcript,
    result: ChildResult,
    violation: str,
    bounds: Bounds,
    loads: Mapping[str, ServerLoad] | None = None,
) -> TrialVerdict:
    """Judge a trial whose child has ended. The measured case is last.

    `violation` describes how the child broke the protocol; empty if it did not. `bounds` are the
    limits of what it can have done. `loads` are the loads on a server, by case; None if the child
    is no server.
    """
    status, message = _judge_child(cases, transcript, result, violation)
    if loads is not None:
        status, message = _judge_server(cases, loads, status, message)
    if status is Status.OK and (problem := find_impossible(cases, transcript, result, bounds)):
        status, message = Status.INVALID, problem
    return TrialVerdict(status, units.one_line(message, _LONGEST_MESSAGE), _find_warnings(result))


def _judge_child(
    cases: Sequence[ModelCase], transcript: Transcript, result: ChildResult, violation: str
) -> tuple[Status, str]:
    timeout = f"{cases[-1].sampling.timeout_s} s"
    reported = _find_reported_failure(cases, transcript)
    if result.stopped == "timeout":
        if reported is not None:  # what it left behind keeps it from ending
            return reported[0], f"{reported[1]}; it had not ended after {timeout}"
        if transcript.finished is None:
            return Status.TIMEOUT, f"not finished after {timeout}"
        return Status.TIMEOUT, f"said that it had finished, but had not ended after {timeout}"
    if result.stopped == STANDSTILL:
        return Status.TIMEOUT, "it was stopped by a signal, and nobody continued it"
    if result.stopped == "memory":
        return Status.OUT_OF_MEMORY, "exceeded the memory limit of the trial"
    if violation := violation or result.stopped:
        return Status.CRASH, f"broke the protocol: {violation}"
    if reported is not None:
        return reported
    if transcript.finished is None or result.returncode != 0:
        return Status.CRASH, _describe_early_end(transcript, result)
    return _judge_answers(cases, transcript)


def _find_reported_failure(
    cases: Sequence[ModelCase], transcript: Transcript
) -> tuple[Status, str] | None:
    """Return the failure that the runner reported, if any."""
    if transcript.failed is not None:
        return _status_of_failure(transcript.failed)
    for case in cases:
        if case.id in transcript.errors:
            status, message = _status_of_failure(transcript.errors[case.id])
            return status, _case_prefix(case, cases) + message
    return None


def _case_prefix(case: ModelCase, cases: Sequence[ModelCase]) -> str:
    """Return the beginning of a message, which names the case unless it is the measured one."""
    return "" if case is cases[-1] else f"in the {case.id} case: "


def _judge_answers(cases: Sequence[ModelCase], transcript: Transcript) -> tuple[Status, str]:
    """Return the status of a trial that ended normally."""
    for case in cases:
        if error := _find_wrong_answer(case, transcript):
            return Status.WRONG_ANSWER, _case_prefix(case, cases) + error
    if error := _find_too_little(cases[-1], transcript):  # the check case proves the answer only
        return Status.UNSETTLED, error
    for case in cases:
        if error := _find_unusable_result(case, transcript):
            return Status.CRASH, f"broke the protocol: case {case.id!r}: {error}"
    return Status.OK, ""


def _find_unusable_result(case: ModelCase, transcript: Transcript) -> str:
    """Return why the result of a case is unusable, or an empty text."""
    latency, shape = transcript.latencies.get(case.id), case.workload.shape
    if latency is None and shape == "latency":
        return "latency: found none, expected one"
    points = len({footprint.tasks for footprint in transcript.footprints[case.id]})
    if points < _MIN_POINTS and shape == "footprint":
        return f"footprint: found {points} numbers of tasks, expected at least {_MIN_POINTS}"
    texts = [latency.hdr] if latency is not None else []
    texts += [latency.early_hdr] if latency is not None and latency.early_hdr else []
    error = histograms.find_decode_error(texts)
    return f"latency: {error}" if error else ""


def _status_of_failure(failed: Failed) -> tuple[Status, str]:
    return _REASONS.get(failed.reason, Status.CRASH), failed.message


def _describe_early_end(transcript: Transcript, result: ChildResult) -> str:
    if result.returncode < 0:
        is_killed = result.returncode == -signal.SIGKILL
        hint = " (often because the system is out of memory)" if is_killed else ""
        description = f"ended by signal {-result.returncode}{hint}"
    else:
        description = f"ended with exit code {result.returncode}"
    if transcript.started is None:
        return f"{description} before it had started"
    return (
        description if transcript.finished is not None else f"{description} before it had finished"
    )


def _find_wrong_answer(case: ModelCase, transcript: Transcript) -> str:
    """Return why the answer of a case is wrong, or an empty text."""
    # A server returns 0 after closing normally; the load generator checks its responses.
    expected = 0 if case.workload.load else case.expected
    for outcome in transcript.outcomes[case.id]:
        if outcome.digest != digest(expected):
            return _describe_answer(outcome, expected)
        for observation in case.workload.observations:
            wanted = observation.wanted_from(case.model)
            count = outcome.observed.get(observation.name)
            if count is None or not (wanted.is_least or wanted.accepts(count, case.params)):
                return _describe_count(case, observation, count)
    for sample in transcript.samples[case.id]:
        if case.ideal_ns is not None and sample.elapsed_ns < case.ideal_ns - EARLY_NS:
            return (
                f"done after {units.format_time(sample.elapsed_ns)}, but its waits alone take"
                f" {units.format_time(case.ideal_ns)}"
            )
    return ""


def _describe_answer(outcome: Outcome, expected: object) -> str:
    """Describe a wrong answer; a value that was cut may be wrong in what is not seen of it."""
    if outcome.value != canonical(expected) or len(outcome.value) >= _CUT:
        return f"found {outcome.value or outcome.digest}, expected {expected}"
    found, wanted = (
        one if len(one) <= _DIGITS else f"{one[:_DIGITS]}…"
        for one in (outcome.digest, digest(expected))
    )
    return (
        f"the value {outcome.value} is right and its digest is not: found {found!r}, expected"
        f" {wanted!r}; see The digest in docs/protocol.md"
    )


def _find_too_little(case: ModelCase, transcript: Transcript) -> str:
    """Return which counter is below its least value, or an empty text.

    The answer may be right all the same: on a busy machine, tasks can start so late that others
    have ended. But then the case is not the one that its workload describes.
    """
    for outcome in transcript.outcomes[case.id]:
        for observation in case.workload.observations:
            count = outcome.observed[observation.name]
            if not observation.wanted_from(case.model).accepts(count, case.params):
                return _describe_count(case, observation, count)
    return ""


def _describe_count(case: ModelCase, observation: Observation, count: int | None) -> str:
    found = "nothing" if count is None else f"{count:,}"
    wanted = observation.wanted_from(case.model).describe(case.params)
    return f"{observation.name}: found {found}, expected {wanted}"


def _judge_server(
    cases: Sequence[ModelCase],
    loads: Mapping[str, ServerLoad],
    status: Status,
    message: str,
) -> tuple[Status, str]:
    """Return the status and message of a server's trial, given what its load generators found.

    `status` and `message` are the judgement of the server itself. The measured case is
    last.
    """
    if status is Status.TIMEOUT:
        return status, message + _describe_progress(cases, loads)
    for case in cases:
        prefix, load = _case_prefix(case, cases), loads.get(case.id)
        failure = load.failure if load else None
        if failure is not None and status is Status.CRASH:
            return status, f"{message}; before that, {prefix}{failure.message}"
        if status is not Status.OK:
            continue
        if failure is not None:
            return failure.status, prefix + failure.message
        if load is None:
            return Status.CRASH, f"{prefix}it never sent `listening`"
        if load.was_cut:
            return Status.CRASH, f"{prefix}it stopped serving before it was asked to"
        load_status, load_message = _judge_load(load, case.expected)
        if load_status is not Status.OK:
            return load_status, prefix + load_message
    return status, message


def _describe_progress(cases: Sequence[ModelCase], loads: Mapping[str, ServerLoad]) -> str:
    """Describe how far a server got before its timeout, as the end of a sentence."""
    for case in cases:
        where = "" if case is cases[-1] else f" in the {case.id} case"
        load = loads.get(case.id)
        if load is None:
            return f": it never sent `listening`{where}"
        if load.failure is not None:
            return f"; before that{where}, {load.failure.message}"
        if load.was_stopped and load.exit_ns is None:
            return f", although it was asked to stop{where}"
    return ""


def _judge_load(load: ServerLoad, expected: int) -> tuple[Status, str]:
    """Return the status of a server under load; it must have served `expected` connections."""
    phases, served = load.report.phases, load.report.served
    errors: Counter[str] = Counter()
    for phase in phases:
        errors.update(phase.errors)
    if served != expected:
        details = [f"{count} {_ERRORS.get(kind, kind)}" for kind, count in errors.items()]
        reconnects = sum(phase.reconnects for phase in phases)
        details += [f"{reconnects} reconnected"] if reconnects else []
        is_late = "timeout" in errors and not errors.keys() & {"wrong", "status"}
        return Status.TIMEOUT if is_late else Status.WRONG_ANSWER, (
            f"{served} of {expected} connections had only correct responses"
            f" ({', '.join(details) or 'nothing is known about the others'})"
        )
    error = histograms.find_decode_error(
        text for phase in phases for text in (phase.hdr, phase.service_hdr) if text
    )
    if error:
        return Status.CRASH, f"the load generator sent an invalid histogram: {error}"
    return Status.OK, ""


def _find_warnings(result: ChildResult) -> tuple[str, ...]:
    """Return warnings about a trial, whatever its status."""
    if result.orphan_count:
        return (f"left {result.orphan_count} processes running; they were killed",)
    return ()
