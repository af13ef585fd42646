"""Builds the record of a trial from an attempt that has ended. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from harness import units
from harness.catalog.workload import CHECK
from harness.measuring.growth import find_growth
from harness.measuring.judge_trial import TrialVerdict, judge
from harness.measuring.processes.running_time import describe_standstill
from harness.measuring.servers.site import find_miscount
from harness.measuring.validity import Bounds, fits
from harness.results import histograms
from harness.results.records import Parked, Sample, Status, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.catalog.workload import ModelCase
    from harness.measuring.attempt import Attempt
    from harness.measuring.runners.protocol import Footprint, SampleTaken
    from harness.measuring.servers.load_driver import LoadDriver
    from harness.measuring.servers.site import SiteDriver

MOST_ATTEMPTS = 3  # to measure without a standstill
_PERHAPS_OF_MACHINE = (Status.CRASH, Status.TIMEOUT)


def judge_attempt(attempt: Attempt, cores: int, find_lack: Callable[[str], str]) -> Trial:
    """Judge an ended attempt and return the trial to store.

    `cores` are those of the machine. `find_lack` says what the machine lacks if that explains an
    error; it is asked only about errors that can have such a cause.
    """
    trial = _create_trial(attempt, _judge(attempt, cores, find_lack))
    if attempt.obstacle is not None or attempt.stood_still_s:
        return trial
    if attempt.site is not None and attempt.site.cpu_ns is not None:
        trial = structs.replace(trial, usage={**trial.usage, "site_cpu_ns": attempt.site.cpu_ns})
    driver = attempt.driver
    return _add_load(trial, driver, attempt.assignment.case) if driver else trial


def _judge(attempt: Attempt, cores: int, find_lack: Callable[[str], str]) -> TrialVerdict:
    if attempt.obstacle is not None:
        return TrialVerdict(attempt.obstacle.status, attempt.obstacle.message)
    if attempt.stood_still_s:
        stood_still = describe_standstill(attempt.stood_still_s)
        return TrialVerdict(Status.UNSETTLED, f"{stood_still}, in each of {MOST_ATTEMPTS} tries")
    verdict = _judge_messages(attempt, cores)
    if attempt.site is not None:
        verdict = _judge_site(attempt, attempt.site, verdict)
    error = f"{verdict.message}\n{attempt.result.stderr_end}"
    if verdict.status in _PERHAPS_OF_MACHINE and (lack := find_lack(error)):
        return TrialVerdict(Status.UNSUPPORTED, f"{verdict.message}; {lack}")
    return verdict


def _judge_messages(attempt: Attempt, cores: int) -> TrialVerdict:
    """Judge what the child and the load on it have said, and how the child ended."""
    driver = attempt.driver
    left = sum(helper.orphan_count for helper in attempt.helpers)
    return judge(
        attempt.assignment.cases,
        attempt.transcript,
        replace(attempt.result, orphan_count=attempt.result.orphan_count + left),
        attempt.violation,
        Bounds(cores, () if driver else tuple(attempt.turns_ns)),
        driver.loads if driver else None,
    )


def _judge_site(attempt: Attempt, site: SiteDriver, verdict: TrialVerdict) -> TrialVerdict:
    """Return the verdict on a client, given what its site has counted."""
    measured = attempt.assignment.case
    warning = site.find_warning(attempt.transcript)
    if warning and measured.id != CHECK:  # which is too short to tell
        verdict = replace(verdict, warnings=(*verdict.warnings, warning))
    if site.failure:
        return TrialVerdict(Status.CRASH, site.failure)
    if verdict.status not in (Status.OK, Status.UNSETTLED):
        return verdict
    for case in attempt.assignment.cases:
        if error := find_miscount(case, attempt.transcript, site.served[case.id]):
            prefix = "" if case is measured else f"in the {case.id} case: "
            return TrialVerdict(Status.WRONG_ANSWER, prefix + error)
    return verdict


def _create_trial(attempt: Attempt, verdict: TrialVerdict) -> Trial:
    """Return the trial with the messages and the resource usage of the child."""
    case, transcript, result = attempt.assignment.case.id, attempt.transcript, attempt.result
    is_ok = verdict.status is Status.OK
    outcome = next(iter(transcript.outcomes[case]), None)
    observed = outcome.observed if outcome else {}
    usage = transcript.finished.usage if transcript.finished else {}
    samples = transcript.samples[case]
    if not fits(samples, observed, usage):
        samples, observed, usage = [], {}, {}
    latency = transcript.latencies.get(case)
    return Trial(
        cell=attempt.assignment.cell,
        block=attempt.block,
        position=attempt.position,
        status=verdict.status,
        started_at=attempt.started_at,
        wall_ns=result.wall_ns,
        message=verdict.message,
        samples=_store_samples(samples),
        digest=outcome.digest if outcome else None,
        observed=observed,
        facts=transcript.facts,
        usage=usage,
        cpu_ns=result.cpu_ns if result.wall_ns else None,
        # The standard error of a successful trial is not stored.
        stderr_end="" if is_ok else units.printable(result.stderr_end),
        growth=find_growth(attempt.assignment, transcript) if is_ok else None,
        latency=latency.hdr if latency else "",
        early=latency.early_hdr if latency else "",
        parked=_store_footprints(transcript.footprints[case]),
        warnings=verdict.warnings,
        rounds=sum(not sample.warmup for sample in samples) if attempt.request.turns else 0,
        first_round=attempt.first_round,
        disturbed=attempt.disturbed,
    )


def _store_samples(samples: Iterable[SampleTaken]) -> tuple[Sample, ...]:
    return tuple(
        Sample(sample.elapsed_ns, sample.operations, sample.warmup, sample.cpu_ns)
        for sample in samples
    )


def _store_footprints(footprints: Iterable[Footprint]) -> tuple[Parked, ...]:
    return tuple(
        Parked(
            footprint.tasks,
            footprint.bytes,
            footprint.virtual_bytes,
            footprint.kernel_bytes,
        )
        for footprint in footprints
    )


def _add_load(trial: Trial, driver: LoadDriver, case: ModelCase) -> Trial:
    """Return the trial of a server with the measurements of its load generator."""
    load = driver.loads.get(trial.cell.case)
    if load is None:
        return structs.replace(trial, samples=())
    phases = load.report.phases
    steady = [phase for phase in phases if phase.loop == "open"]
    server_ns = trial.samples[0].cpu_ns if trial.samples else None
    return structs.replace(
        trial,
        samples=tuple(
            Sample(phase.elapsed_ns, phase.requests, phase.warmup, phase.cpu_of_requests_ns)
            for phase in phases
            if phase.loop == "closed" and phase.requests
        ),
        latency=histograms.merge_texts([phase.hdr for phase in steady]),
        lateness=histograms.merge_texts([phase.late_hdr for phase in steady]),
        rounds=load.report.turns_taken,
        phases=tuple(phase.stored for phase in phases),
        load={
            **load.report.facts,
            "server_cores": _format_cores(driver.cores.server),
            "client_cores": _format_cores(driver.cores.client),
        },
        exit_ns=load.exit_ns if case.workload.drains else None,
        usage=trial.usage | ({} if server_ns is None else {"server_cpu_ns": server_ns}),
        # The check case has too few requests for warnings about the load generator.
        warnings=trial.warnings + (() if trial.cell.case == CHECK else load.report.warnings()),
    )


def _format_cores(cores: frozenset[int]) -> str:
    return ",".join(map(str, sorted(cores))) or "any"
