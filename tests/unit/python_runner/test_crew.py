"""runner.crew: threads that wait for work, each behind a queue of its own."""

from __future__ import annotations

import threading

import pytest

from runner.crew import run_in_each, waiting_threads


def test_each_part_has_a_thread_of_its_own_and_all_run_at_once() -> None:
    all_there = threading.Barrier(3)

    def work(part: int) -> tuple[int, int]:
        all_there.wait(timeout=30)
        return part, threading.get_ident()

    with waiting_threads(3) as threads:
        first, second = (run_in_each(threads, work, [10, 20, 30]) for _ in range(2))
    assert [part for part, _ in first] == [10, 20, 30]
    assert first == second, "the same thread has the same place"
    idents = {ident for _, ident in first}
    assert len(idents) == 3
    assert threading.get_ident() not in idents


def test_the_threads_end_even_if_the_work_fails() -> None:
    before = threading.active_count()

    def fail(part: int) -> None:
        raise LookupError(f"a bug in part {part}")

    with pytest.raises(LookupError, match="a bug in part 7"), waiting_threads(2) as threads:
        run_in_each(threads, fail, [7, 8])
    assert threading.active_count() == before
