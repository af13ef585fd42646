from __future__ import annotations

from harness.measuring.machine import speed_probe


def test_a_probe_takes_time_and_processor_time() -> None:
    one = speed_probe.spin()
    assert one.wall_ns > 0
    assert one.cpu_ns > 0
