"""Waits without sleeping for as many nanoseconds as are asked for: `busy.py NS`, or `busy`."""

from __future__ import annotations

import sys
import time


def busy(wait_ns: int) -> None:
    deadline = time.perf_counter_ns() + wait_ns
    while time.perf_counter_ns() < deadline:
        pass


if __name__ == "__main__":
    busy(int(sys.argv[1]))
