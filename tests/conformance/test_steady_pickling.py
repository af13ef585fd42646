"""A payload is sent by processes whose allocators keep what they get back, as after a minute.

Otherwise a trip of 1 MiB has up to some thousand page faults or none, process by process.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.paths import ROOT

TRIPS, MOST_FAULTS = 10, 60  # found: about 20 for each trip; before: 100 to 1,500
ROUNDS = 5  # the best of them counts: a machine short of memory takes pages back
SCRIPT = f"""
import resource
from runner.work import Params
from workloads.pickling.payload import make, process_pool, send_back

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if __name__ == "__main__":
    params = Params({{"bytes": 1_048_576, "to": "process"}})
    with process_pool(params) as pool:
        payload = make(params)
        trips = lambda: [pool.submit(send_back, *payload).result() for _ in range({TRIPS})]
        of_both = lambda: (
            faults() + pool.submit(resource.getrusage, resource.RUSAGE_SELF).result().ru_minflt
        )
        counts = [of_both()]
        for _ in range({ROUNDS} + 1):
            trips()
            counts.append(of_both())
    print(min(after - before for before, after in zip(counts[1:], counts[2:])) // {TRIPS})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="about the allocator of Linux")
def test_a_trip_has_few_page_faults() -> None:
    """W2, in another workload."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT / "python",
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < MOST_FAULTS
