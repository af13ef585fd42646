"""A large run analysed, in a process of its own: the time, and the peak of memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import units
from tests.bench import alone, synthetic, tools

_WORKLOADS, _CONTESTANTS, _BLOCKS, _SAMPLES = 25, 20, 20, 100
_BAR_S, _BAR_BYTES = 5.0, 10**9
_MOST_BYTES = 4 * 2**30


def rows() -> Iterator[tuple[str, str, str, bool]]:
    run = synthetic.run_of(tools.amount(_WORKLOADS, 3), _CONTESTANTS)
    count = len(run.cells) * _BLOCKS
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as folder:
        synthetic.write(run, Path(folder), samples=_SAMPLES, count=count)
        found = alone.asked("analyse", folder, most_bytes=_MOST_BYTES)
    assert found.get("trials", count) == count
    what = f"analysing {count * _SAMPLES:,} samples in {len(run.cells)} cells"
    if "ended" in found:
        yield what, f"ended at {units.format_size(found['peak_bytes'])}", "an end", False
        return
    seconds = found["analysing_s"] + found["showing_s"]
    yield (
        f"{what}: intervals, tiers, summary",
        f"{seconds:.1f} s, of which the tables {found['showing_s']:.1f} s;"
        f" reading them beside it: {found['reading_s']:.1f} s",
        f"at most {_BAR_S:.0f} s",
        seconds <= _BAR_S,
    )
    yield (
        f"{what}: peak of memory, reading included",
        units.format_size(found["peak_bytes"]),
        "at most 1 GB",
        found["peak_bytes"] <= _BAR_BYTES,
    )
