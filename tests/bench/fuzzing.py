"""Fuzzing: 10,000 nearly right texts of each kind, each kind in a process of its own.

`python -m tests.bench.fuzzing KIND COUNT` reads those of one kind, and says what it found.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.paths import ROOT
from tests.support import fuzzing

COUNT = 25 if "LOOMBENCH_BENCH_SMALL" in os.environ else 10_000
_MOST_MIB = 300


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for name in fuzzing.TARGETS:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "tests.bench.fuzzing", name, str(COUNT)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "python"},
            capture_output=True,
            text=True,
            check=False,
        )
        peak = int(done.stdout) if done.returncode == 0 else 0
        said = f"none; {peak} MiB" if peak else done.stderr.strip()[-2_000:]
        yield (
            f"{name}: tracebacks and hangs in {COUNT:,} texts; peak memory",
            said,
            f"none; at most {_MOST_MIB} MiB",
            0 < peak <= _MOST_MIB,
        )


def main(name: str, count: str) -> None:
    fuzzing.fuzz(name, int(count))
    status = Path("/proc/self/status").read_text("utf-8")
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
