"""V1: a trial with a number that cannot be true is invalid, and the sentence says which and why."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hdrh.histogram import HdrHistogram

from harness.catalog.workload import CHECK, HEADLINE
from harness.measuring.processes.child import ChildResult
from harness.measuring.runners.protocol import (
    PROTOCOL,
    Finished,
    Latency,
    Outcome,
    SampleTaken,
    Started,
    create_request,
    digest,
)
from harness.measuring.runners.transcript import Transcript
from harness.measuring.validity import Bounds, find_impossible, fits
from tests.support.factories import assignment, who, workload

MS = 1_000_000
DEMO = workload()
OPERATIONS = 10  # of the headline case of the demo


@dataclass(frozen=True)
class Told:
    """What an honest runner says of the headline case; a test changes one thing."""

    elapsed_ns: int = 50 * MS
    operations: int = OPERATIONS
    cpu_ns: int | None = MS
    check_operations: int = 3
    usage: dict[str, int] = field(default_factory=lambda: {"user_ns": MS})
    latencies: int | None = None
    wall_ns: int = 1_000 * MS
    own_cpu_ns: int = 2 * MS
    turns_ns: tuple[int, ...] = (60 * MS, 60 * MS)
    calls: tuple[int, ...] = (1, 1, 1)  # of each sample; the first is warm-up
    warm_ups: int = 1

    def problem(self) -> str:
        """Return what is found impossible in it."""
        cases = assignment("asyncio", HEADLINE).cases
        said = Transcript(create_request(who(), cases, 7).cases)
        said.receive(Started(PROTOCOL))
        said.receive(SampleTaken(CHECK, 0, 5 * MS, self.check_operations))
        said.receive(Outcome(CHECK, digest(6)))
        for index, calls in enumerate(self.calls):
            operations, warms_up = calls * self.operations, index < self.warm_ups
            said.receive(
                SampleTaken(HEADLINE, index, self.elapsed_ns, operations, warms_up, self.cpu_ns)
            )
        if self.latencies is not None:
            counted = HdrHistogram(1, 10**9, 3)
            counted.record_value(5, self.latencies)
            said.receive(Latency(HEADLINE, counted.encode().decode()))
        said.receive(Outcome(HEADLINE, digest(20)))
        said.receive(Finished(self.usage))
        result = ChildResult(0, self.wall_ns, self.own_cpu_ns, "")
        return find_impossible(cases, said, result, Bounds(2, self.turns_ns))


def test_honest_numbers_are_possible() -> None:
    assert Told().problem() == ""
    assert Told(operations=50 * OPERATIONS, latencies=100 * OPERATIONS).problem() == ""
    assert Told(calls=(1, 9, 40, 40, 40), warm_ups=3, turns_ns=()).problem() == ""
    assert Told(calls=(4, 4), warm_ups=0).problem() == ""
    assert Told(calls=(1, 4, 4)).problem() == ""  # the first that is long enough counts already


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(operations=1), "sample 0: found 1 operations, expected a multiple of 10"),
        (
            Told(operations=10**18),
            "sample 1: found 10^17 calls in 50.0 ms, expected at most 10 per ns",
        ),
        (
            Told(check_operations=6),
            "in the check case: sample 0: found 6 operations, expected 3",
        ),
        (
            Told(calls=(1, 1, 2)),
            "sample 2: found 20 operations, expected 10 as in sample 1",
        ),
        (
            Told(calls=(2, 1), warm_ups=0),
            "sample 1: found 10 operations, expected 20 as in sample 0",
        ),
        (Told(elapsed_ns=0), "sample 1: found 0 ns, expected more than 0"),
        (
            Told(elapsed_ns=10**40),
            "found samples of 10^40 ns in total, expected at most 1.00 s: the process lived no"
            " longer",
        ),
        (
            Told(elapsed_ns=400 * MS, turns_ns=()),
            "found samples of 1.21 s in total, expected at most 1.00 s: the process lived no"
            " longer",
        ),
        (
            Told(turns_ns=(60 * MS, 40 * MS)),
            "sample 2: found 50.0 ms, expected at most 40.0 ms: its turn took no longer",
        ),
        (
            Told(cpu_ns=5_000 * MS),
            "its samples: found 15.0 s of CPU time, expected at most 300 ms: 2 processors for 150"
            " ms",
        ),
        (Told(cpu_ns=-1), "sample 0: found -1 ns of CPU time, expected 0 or more"),
        (
            Told(usage={"user_ns": 90_000 * MS, "system_ns": 10_000 * MS}),
            "its usage: found 100 s of CPU time, expected at most 2.00 s: 2 processors for 1.00 s",
        ),
        (
            Told(own_cpu_ns=100_000 * MS),
            "the process: found 100 s of CPU time, expected at most 2.00 s: 2 processors for 1.00"
            " s",
        ),
        (
            Told(latencies=19),
            "latency: found 19, expected one for each of 20 operations",
        ),
        (
            Told(usage={"peak_bytes": 10**30}),
            "peak_bytes: found 10^30, expected a number of at most 64 bits",
        ),
    ],
)
def test_the_first_impossible_number_is_named_with_what_was_expected(told: Told, said: str) -> None:
    assert told.problem() == said


def test_numbers_of_more_than_64_bits_cannot_be_stored() -> None:
    assert fits([SampleTaken(CHECK, 0, 2**63 - 1, 1)], {"peak_bytes": 2**63 - 1})
    assert not fits([SampleTaken(CHECK, 0, 2**63, 1)])
    assert not fits([], {"peak_bytes": -(10**400)})
