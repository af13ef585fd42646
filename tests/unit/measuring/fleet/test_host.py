"""What a host makes of trials that its machine has spoilt."""

from __future__ import annotations

import pytest

from harness.measuring.fleet.host import find_full_disk
from harness.results.records import Status
from tests.support.factories import cell, trial


@pytest.mark.parametrize(
    "said",
    [
        {"message": "OSError: [Errno 28] No space left on device: '/tmp/x'"},
        {"stderr_end": "write /tmp/x: no space left on device"},
    ],
)
def test_a_full_disk_is_the_fault_of_the_host(said: dict[str, str]) -> None:
    good = trial(cell("threads"), 1)
    failed = trial(cell("asyncio"), 1, status=Status.CRASH, samples=(), **said)
    assert find_full_disk([good]) == ""
    assert "the disk is full" in find_full_disk([good, failed])


def test_other_failures_are_those_of_the_contestant() -> None:
    failed = trial(cell("asyncio"), 1, status=Status.CRASH, samples=(), message="exit code 3")
    assert find_full_disk([failed]) == ""
