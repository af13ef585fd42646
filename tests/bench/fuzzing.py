"""Fuzzing: 10,000 nearly right texts of each kind, a thousand in each process.

What makes the texts remembers them, so more in one process would blur what reading them takes.
`python -m tests.bench.fuzzing KIND COUNT PART` reads those of one process, and prints its peak.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.paths import ROOT
from tests.support import fuzzing

PARTS, COUNT = (1, 25) if "LOOMBENCH_BENCH_SMALL" in os.environ else (10, 1_000)
_MOST_MIB = 300


# Hypothesis makes its table of characters in 200 MiB, once, and keeps it in a file.
_MAKE_TABLE = "from hypothesis import given, strategies; given(strategies.text())(lambda _: None)()"


def rows() -> Iterator[tuple[str, str, str, bool]]:
    subprocess.run([sys.executable, "-c", _MAKE_TABLE], cwd=ROOT, check=True)
    for name in fuzzing.TARGETS:
        found = [_read(name, part) for part in range(PARTS)]
        complaints = [done.stderr.strip()[-2_000:] for done in found if done.returncode]
        peak = max((int(done.stdout) for done in found if not done.returncode), default=0)
        yield (
            f"{name}: tracebacks and hangs in {PARTS * COUNT:,} texts; peak memory",
            "; ".join(complaints) or f"none; {peak} MiB",
            f"none; at most {_MOST_MIB} MiB",
            not complaints and peak <= _MOST_MIB,
        )


def _read(name: str, part: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.bench.fuzzing", name, str(COUNT), str(part)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "python"},
        capture_output=True,
        text=True,
        check=False,
    )


def main(name: str, count: str, part: str) -> None:
    fuzzing.fuzz(name, int(count), int(part))
    status = Path("/proc/self/status").read_text("utf-8")
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
