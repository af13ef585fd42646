"""Sums of squares on free-threaded Python, in several ways that take turns; prints their times.

Also how long a thread that waits takes to wake up, with and without `sched_yield` before it waits.

The ways: in sequence; a thread for each chunk; the same without waiting until each has begun; a
warm pool of two threads; two processes that share nothing, which is all that two cores can give.
"""

from __future__ import annotations

import _thread
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

NUMBERS, CHUNKS, CORES = 500_000, 8, 2  # the headline case
YIELDS = 40  # as often as a lock of free-threaded CPython yields before it waits
UNTIL_IT_WAITS_S = 0.0003
PAUSE_S = 0.05  # before each measurement, as between the turns of a run
BOUNDS = [(c * NUMBERS // CHUNKS, (c + 1) * NUMBERS // CHUNKS) for c in range(CHUNKS)]
HALF = NUMBERS // 2


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def in_sequence() -> int:
    return sum(sum_squares(low, high) for low, high in BOUNDS)


def in_threads() -> int:
    sums: list[int] = []
    threads = [
        Thread(target=lambda low, high: sums.append(sum_squares(low, high)), args=bounds)
        for bounds in BOUNDS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sums)


def without_waiting() -> int:
    """Start the threads as `Thread.start` does, but do not wait until each has begun."""
    sums: list[int] = []
    handles = [
        _thread.start_joinable_thread(lambda bounds=bounds: sums.append(sum_squares(*bounds)))
        for bounds in BOUNDS
    ]
    for handle in handles:
        handle.join()
    return sum(sums)


def wake_s(yields: int) -> float:
    """Return how long this thread took to wake up while the thread that woke it computes."""
    reading, writing = os.pipe()
    woken_at = 0.0

    def wake_and_compute() -> None:
        nonlocal woken_at
        end = time.perf_counter() + UNTIL_IT_WAITS_S
        while (woken_at := time.perf_counter()) < end:
            pass
        os.write(writing, b"x")
        sum_squares(*BOUNDS[0])

    time.sleep(PAUSE_S)
    handle = _thread.start_joinable_thread(wake_and_compute)
    for _ in range(yields):
        os.sched_yield()
    os.read(reading, 1)
    took = time.perf_counter() - woken_at
    handle.join()
    os.close(reading)
    os.close(writing)
    return took


def main(rounds: int) -> None:
    pool, warm = ThreadPoolExecutor(CORES), Barrier(CORES)
    list(pool.map(lambda _: warm.wait(), range(CORES)))
    other = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    ask, answer = other.stdin, other.stdout

    def in_a_pool() -> int:
        return sum(pool.map(sum_squares, *zip(*BOUNDS, strict=True)))

    def in_two_processes() -> int:
        ask.write("\n")
        ask.flush()
        return sum_squares(0, HALF) + int(answer.readline())

    ways: dict[str, Callable[[], int]] = {
        "sequential": in_sequence,
        "threads": in_threads,
        "unawaited": without_waiting,
        "pool": in_a_pool,
        "processes": in_two_processes,
    }
    expected = (NUMBERS - 1) * NUMBERS * (2 * NUMBERS - 1) // 6
    times: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(-1, rounds):  # the first is not counted
        for way in random.sample(list(ways), len(ways)):
            time.sleep(PAUSE_S)
            begin = time.perf_counter()
            assert ways[way]() == expected
            if round_ >= 0:
                times[way].append(time.perf_counter() - begin)
    wakes = {str(yields): [wake_s(yields) for _ in range(2 * rounds)] for yields in (0, YIELDS)}
    ask.close()
    other.wait()
    gil = sys._is_gil_enabled()  # type: ignore[attr-defined]
    json.dump({"gil": gil, "times": times, "wakes": wakes}, sys.stdout)


def serve() -> None:
    for _ in sys.stdin:
        print(sum_squares(HALF, NUMBERS), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1])) if len(sys.argv) > 1 else serve()
