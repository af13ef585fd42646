"""Speed probes as a run could have taken them, one before each block."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.drift import ProbeReading

MS = 1_000_000
STEADY = [5.0, 5.05, 4.95, 5.1, 4.9] * 8


def at(second: float) -> str:
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"2026-01-02T{3 + hours:02}:{minutes:02}:{seconds:06.3f}+00:00"


def probes(walls: Sequence[float], every_s: float = 6, cpu: float = 1.0) -> list[ProbeReading]:
    """Return probes that took so many milliseconds, one every so many seconds."""
    return [
        ProbeReading(at(index * every_s), round(wall * MS), round(wall * MS * cpu))
        for index, wall in enumerate(walls)
    ]
