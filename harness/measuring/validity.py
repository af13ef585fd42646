"""Find numbers of a trial that cannot be true, whatever the implementation did. Pure.

A mistake in a runner, an optimiser that removes the work, and a lie look alike here: a trial with
such a number enters no estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.catalog.workload import CHECK
from harness.results import histograms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.catalog.workload import ModelCase
    from harness.measuring.processes.child import ChildResult
    from harness.measuring.runners.protocol import SampleTaken
    from harness.measuring.runners.transcript import Transcript

_MOST_INTEGER = 2**63 - 1  # what every reader of a stored number can hold
_CALLS_PER_NS = 10  # no processor begins more
_LONG = 10**12  # a number that nobody reads digit by digit
# CPU time is read at other moments than wall time, and some clocks of it count in ticks of 10 ms.
_CPU_SLACK_PERCENT = 110
_CPU_SLACK_NS = 100_000_000


@dataclass(frozen=True)
class Bounds:
    """What the harness knows by itself, against which the numbers of a trial are checked."""

    cores: int
    turns_ns: tuple[int, ...] = ()  # how long each turn took; empty if it was measured alone


def find_impossible(
    cases: Sequence[ModelCase], transcript: Transcript, result: ChildResult, bounds: Bounds
) -> str:
    """Return the first number that cannot be true and what was expected, or an empty text.

    The measured case is last.
    """
    return next(_problems(cases, transcript, result, bounds), "")


def fits(samples: Iterable[SampleTaken], *counters: Mapping[str, int]) -> bool:
    """Return whether all numbers can be stored: whether they have at most 64 bits."""
    numbers = [
        number
        for sample in samples
        for number in (sample.elapsed_ns, sample.operations, sample.cpu_ns or 0)
    ]
    numbers += [number for counter in counters for number in counter.values()]
    return all(abs(number) <= _MOST_INTEGER for number in numbers)


def _problems(
    cases: Sequence[ModelCase], transcript: Transcript, result: ChildResult, bounds: Bounds
) -> Iterator[str]:
    usage = transcript.finished.usage if transcript.finished else {}
    for case in cases:
        samples, is_measured = transcript.samples[case.id], case is cases[-1]
        problems = [*_cpu_of_samples(samples, bounds.cores)]
        if case.workload.load is None:  # the operations of a server are those of its load
            problems = [*_wrong_samples(case, samples, is_measured=is_measured), *problems]
            problems += _unequal_samples(samples)
            problems += _miscounted_latencies(case, transcript)
        prefix = "" if is_measured else f"in the {case.id} case: "
        yield from (prefix + problem for problem in problems)
    yield from _longer_than_life(transcript, result)
    yield from _longer_than_turns(transcript.samples[cases[-1].id], bounds.turns_ns)
    yield from _cpu_of_process(usage, result, bounds.cores)
    counters = [usage, *(one.observed for case in cases for one in transcript.outcomes[case.id])]
    for name, number in (pair for counter in counters for pair in counter.items()):
        if abs(number) > _MOST_INTEGER:
            yield f"{name}: found {_short(number)}, expected a number of at most 64 bits"


def _wrong_samples(
    case: ModelCase, samples: Sequence[SampleTaken], *, is_measured: bool
) -> Iterator[str]:
    """Yield samples without time, and operations that are not calls times those of the case."""
    each, repeats = case.operations, case.sampling.min_sample_ns > 0
    for sample in samples:
        where = f"sample {sample.iteration}: "
        calls, rest = divmod(sample.operations, each)
        if rest or not calls or (calls > 1 and not repeats):
            wanted = f"a multiple of {each:,}" if repeats else f"{each:,}"
            yield f"{where}found {_short(sample.operations)} operations, expected {wanted}"
        # A clock may be too coarse for the one call of a check case.
        if sample.warmup or (case.id == CHECK and not is_measured):
            continue
        if sample.elapsed_ns <= 0:
            yield f"{where}found {_time(sample.elapsed_ns)}, expected more than 0"
        elif repeats and calls > _CALLS_PER_NS * sample.elapsed_ns:
            yield (
                f"{where}found {_short(calls)} calls in {_time(sample.elapsed_ns)}, expected at"
                f" most {_CALLS_PER_NS} per ns"
            )


def _unequal_samples(samples: Sequence[SampleTaken]) -> Iterator[str]:
    """Yield measured samples with another number of calls than the first: it grows in warm-up."""
    measured = [sample for sample in samples if not sample.warmup]
    for sample in measured:
        if sample.operations != measured[0].operations:
            yield (
                f"sample {sample.iteration}: found {_short(sample.operations)} operations, expected"
                f" {_short(measured[0].operations)} as in sample {measured[0].iteration}"
            )


def _longer_than_life(transcript: Transcript, result: ChildResult) -> Iterator[str]:
    total_ns = sum(one.elapsed_ns for samples in transcript.samples.values() for one in samples)
    if total_ns > result.wall_ns:
        yield (
            f"found samples of {_time(total_ns)} in total, expected at most"
            f" {_time(result.wall_ns)}: the process lived no longer"
        )


def _longer_than_turns(samples: Sequence[SampleTaken], turns_ns: Sequence[int]) -> Iterator[str]:
    measured = [sample for sample in samples if not sample.warmup]
    for sample, turn_ns in zip(measured, turns_ns, strict=False):  # the last may have been cut
        if sample.elapsed_ns > turn_ns:
            yield (
                f"sample {sample.iteration}: found {_time(sample.elapsed_ns)}, expected at most"
                f" {_time(turn_ns)}: its turn took no longer"
            )


def _cpu_of_samples(samples: Sequence[SampleTaken], cores: int) -> Iterator[str]:
    known = [sample for sample in samples if sample.cpu_ns is not None]
    for sample in known:
        if (sample.cpu_ns or 0) < 0:
            found = f"{_short(sample.cpu_ns or 0)} ns of CPU time"
            yield f"sample {sample.iteration}: found {found}, expected 0 or more"
    cpu_ns = sum(sample.cpu_ns or 0 for sample in known)
    yield from _too_much_cpu(
        "its samples", cpu_ns, sum(sample.elapsed_ns for sample in known), cores
    )


def _cpu_of_process(usage: Mapping[str, int], result: ChildResult, cores: int) -> Iterator[str]:
    reported_ns = usage.get("user_ns", 0) + usage.get("system_ns", 0)
    yield from _too_much_cpu("its usage", reported_ns, result.wall_ns, cores)
    yield from _too_much_cpu("the process", result.cpu_ns, result.wall_ns, cores)


def _too_much_cpu(what: str, cpu_ns: int, wall_ns: int, cores: int) -> Iterator[str]:
    most_ns = wall_ns * cores
    # In integers, because a number may have more digits than a float.
    if 100 * (cpu_ns - _CPU_SLACK_NS) > _CPU_SLACK_PERCENT * most_ns:
        yield (
            f"{what}: found {_time(cpu_ns)} of CPU time, expected at most {_time(most_ns)}:"
            f" {units.format_count(cores, 'processor')} for {_time(wall_ns)}"
        )


def _miscounted_latencies(case: ModelCase, transcript: Transcript) -> Iterator[str]:
    """Yield a distribution that has not one latency for each operation."""
    latency = transcript.latencies.get(case.id)
    if latency is None:
        return
    expected = sum(one.operations for one in transcript.samples[case.id] if not one.warmup)
    found = histograms.decode(latency.hdr).get_total_count()
    if found != expected:
        yield f"latency: found {found:,}, expected one for each of {expected:,} operations"


def _time(ns: int) -> str:
    return units.format_time(ns) if abs(ns) <= _MOST_INTEGER else f"{_short(ns)} ns"


def _short(number: int) -> str:
    """Format a number; one of very many digits as a power of ten."""
    if abs(number) < _LONG:
        return f"{number:,}"
    return f"{'-' * (number < 0)}10^{len(str(abs(number))) - 1}"
