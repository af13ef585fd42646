"""The latency of a request counts from when it could begin."""

from __future__ import annotations

from workloads.mixed.handling import Handled, latencies_ns


def handled(start_ns: int, end_ns: int) -> Handled:
    return Handled(correct=True, cpu_ns=0, start_ns=start_ns, end_ns=end_ns)


def test_a_request_that_does_not_get_to_begin_is_late() -> None:
    # Two at a time: the second could begin at 100, and the third when the first was done, at 110.
    done = [handled(100, 110), handled(108, 120), handled(130, 135)]
    assert latencies_ns(done, 2) == [10, 20, 25]
    assert latencies_ns(done[::-1], 2) == [10, 20, 25]
    assert latencies_ns(done, 10) == [10, 20, 35]
