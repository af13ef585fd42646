from __future__ import annotations

from harness.measuring.machine import speed_probe


def test_a_probe_takes_time_and_processor_time() -> None:
    probe = speed_probe.run_probe()
    assert probe.wall_ns > 0
    assert probe.cpu_ns > 0
