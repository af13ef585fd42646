"""runner.lifetime: the signal for a line may come late, when the process is about to exit."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from runner import lifetime

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def pipe() -> Iterator[int]:
    """Yield the end of a pipe to read; the signal has its default action before and after."""
    assert signal.getsignal(signal.SIGIO) is signal.SIG_DFL
    ends = os.pipe()
    yield ends[0]
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    for end in ends:
        os.close(end)


def test_a_process_that_read_lines_ignores_a_late_signal_when_it_exits(pipe: int) -> None:
    lifetime.exit_at_end_of_input(pipe)
    os.kill(os.getpid(), signal.SIGIO)  # the input is still open
    lifetime.stop_watching()
    assert signal.getsignal(signal.SIGIO) is signal.SIG_IGN


def test_a_process_that_read_none_still_ends_with_the_harness() -> None:
    lifetime.stop_watching()
    assert signal.getsignal(signal.SIGIO) is signal.SIG_DFL
