"""An honest runner whose work is in C: `native.py LIBRARY run`, with native.c as a library."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Any

from speaking import SELF_DESTRUCT_S, asked, finish, outcome, sample, start


class Sample(ctypes.Structure):
    """What native.c returns of a sample."""

    _fields_ = [(name, ctypes.c_int64) for name in ("elapsed_ns", "cpu_ns", "answer", "switches")]


def run_case(library: ctypes.CDLL, workload: str, case: dict[str, Any]) -> None:
    """Take the samples of a case, each with as many calls as its least time needs."""
    size = next((case["params"][name] for name in ("n", "rounds") if name in case["params"]), 0)
    taken, calls, said, found = 0, 1, 0, Sample()
    while taken < case["warmup"] + case["iterations"]:
        library.take(
            workload.encode(), ctypes.c_int64(size), ctypes.c_int64(calls), ctypes.byref(found)
        )
        is_short = not taken and found.elapsed_ns < case["min_sample_ns"]
        is_warmup = is_short or taken < case["warmup"]
        sample(
            case["id"],
            said,
            warmup=is_warmup,
            elapsed_ns=found.elapsed_ns,
            cpu_ns=found.cpu_ns,
            operations=calls * case["operations"],
        )
        said += 1
        calls = calls * 4 if is_short else calls
        taken += not is_short
    outcome(case["id"], str(found.answer), switches=found.switches)


def main() -> None:
    library = ctypes.CDLL(sys.argv[1])
    request = asked()
    start()
    for case in request["cases"]:
        run_case(library, request["workload"], case)
    finish()


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    main()
