"""Threads that compute, on free-threaded Python with two cores: how much faster than sequential.

`Thread.start` waits on a lock until the thread has begun. On free-threaded Python, whoever waits on
a lock first gives up the processor 40 times (`sched_yield`, in Python/lock.c). Linux 6.18 takes
that at its word: such a thread is not woken as long as another computes on the same core, even if
the other core is idle. So one thread ends before the next begins. A program in C that waits on a
semaphore shows the same: it was woken after 0.01 ms, and after 4 ms if it had yielded before.

That is measured here with a pipe, and what it costs by the same threads, started without waiting.
Two processes that share nothing show what the two cores can give.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from statistics import median

from harness.measuring.runners.interpreters import Interpreter, find_interpreters
from harness.statistics import estimates
from harness.statistics.estimates import Ratio
from tests.bench import tools

_BAR = 1.6
_PROCESSES, _ROUNDS = 10, 15
_WHAT = "sums of squares on free-threaded Python, two cores"


def rows() -> Iterator[tuple[str, str, str, bool]]:
    found = [one for one in find_interpreters(os.environ) if one.free_threaded and not one.reason]
    if not found:
        yield _WHAT, "not measured: found no free-threaded Python in PATH", f"{_BAR}x", False
        return
    newest = max(found, key=lambda one: [int(part) for part in one.version.split(".")[:2]])
    answers = [_measure(newest) for _ in range(tools.amount(_PROCESSES, 2))]
    measured = [answer["times"] for answer in answers]
    plain, pool = (_speedup(measured, way) for way in ("threads", "pool"))
    yield (
        f"{_WHAT} ({newest.name}): a thread for each of 8 chunks (variant `each`)",
        f"{_say(plain)} sequential; two processes that share nothing {_of(measured, 'processes')}",
        f"at least {_BAR}x",
        plain.value >= _BAR,
    )
    yield (
        "the same, not waiting until each thread has begun",
        f"{_of(measured, 'unawaited')} sequential; waiting costs"
        f" {_say(_ratio(measured, 'threads', 'unawaited'))} the time",
        f"at least {_BAR}x",
        _speedup(measured, "unawaited").value >= _BAR,
    )
    yield (
        "the same, a warm pool of two threads (model `threads`)",
        f"{_say(pool)} sequential",
        f"at least {_BAR}x",
        pool.value >= _BAR,
    )
    at_once, yielded = (_median_wake_ms(answers, yields) for yields in ("0", "40"))
    yield (
        "a waiting thread wakes up while the one that woke it computes",
        f"after {at_once:.2f} ms; if it called sched_yield 40 times before, after {yielded:.2f} ms",
        "none; it explains the first row",
        True,
    )


def _measure(python: Interpreter) -> dict[str, dict[str, list[float]]]:
    """Return the `times` of each way in one process, s, by round, and those of `wakes`."""
    script = tools.BARE / "free_threads.py"
    rounds = tools.amount(_ROUNDS, 2)
    done = subprocess.run(
        [str(python.path), str(script), str(rounds)], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert not answer["gil"], "found the GIL on, expected it off"
    return {"times": answer["times"], "wakes": answer["wakes"]}


def _median_wake_ms(answers: list[dict[str, dict[str, list[float]]]], yields: str) -> float:
    return 1e3 * median(median(answer["wakes"][yields]) for answer in answers)


def _ratio(measured: list[dict[str, list[float]]], this: str, to: str) -> Ratio:
    """Return the ratio of two times: inside rounds, then over processes."""
    pairs = [
        (median(a / b for a, b in zip(times[this], times[to], strict=True)), 1.0)
        for times in measured
    ]
    ratio = estimates.paired_ratio(pairs)
    assert ratio is not None
    return ratio


def _speedup(measured: list[dict[str, list[float]]], way: str) -> Ratio:
    return _ratio(measured, "sequential", way)


def _of(measured: list[dict[str, list[float]]], way: str) -> str:
    return _say(_speedup(measured, way))


def _say(ratio: Ratio) -> str:
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f}x"
    return f"{ratio.value:.2f}x [{ratio.low:.2f}, {ratio.high:.2f}]"
