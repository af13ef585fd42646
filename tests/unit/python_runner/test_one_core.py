"""Threads that are kept on one core, for the ping-pong of pinned threads."""

from __future__ import annotations

import os
from threading import Thread

import pytest

from runner.work import Unsupported
from workloads.pingpong.one_core import one_core

NEEDS_PINNING = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system cannot pin"
)


@NEEDS_PINNING
def test_this_thread_and_those_that_it_starts_stay_on_the_core_where_it_runs() -> None:
    """W10: the core is that of the turn, which the harness chose for all contestants alike."""
    allowed = os.sched_getaffinity(0)
    seen: list[set[int]] = []
    for core in sorted(allowed):
        os.sched_setaffinity(0, {core})
        with one_core():
            other = Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
            other.start()
            other.join()
            assert os.sched_getaffinity(0) == seen[-1] == {core}
        os.sched_setaffinity(0, allowed)
    assert len(seen) == len(allowed)


@NEEDS_PINNING
def test_afterwards_the_thread_may_run_anywhere_again_even_if_the_work_failed() -> None:
    allowed = os.sched_getaffinity(0)
    with pytest.raises(ZeroDivisionError), one_core():
        raise ZeroDivisionError
    assert os.sched_getaffinity(0) == allowed


def test_a_system_that_cannot_pin_does_not_run_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    with pytest.raises(Unsupported, match="one core"), one_core():
        pass
