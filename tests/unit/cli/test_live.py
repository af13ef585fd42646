"""When results are drawn while a run is measured: soon, then seldom, not just before its end."""

from __future__ import annotations

import pytest

from harness.cli.live import Pace


def drawn(*, budget_s: float, block_s: float, drawing_s: float) -> list[float]:
    """Return when results are drawn in a run of blocks of one length."""
    pace, now, times = Pace(budget_s), 0.0, []
    while now < budget_s:
        now += block_s
        if pace.is_due(now):
            times.append(now)
            pace.note(now, now + drawing_s)
            now += drawing_s
    return times


def test_the_first_time_is_as_soon_as_possible() -> None:
    assert drawn(budget_s=900, block_s=4, drawing_s=8)[0] == 4


@pytest.mark.parametrize("block_s", [0.1, 4, 60])
@pytest.mark.parametrize("drawing_s", [0.5, 8, 30])
def test_drawing_again_takes_less_than_a_twentieth_of_the_time(
    block_s: float, drawing_s: float
) -> None:
    times = drawn(budget_s=900, block_s=block_s, drawing_s=drawing_s)
    assert len(times) > 1
    assert drawing_s * (len(times) - 1) < 45


def test_what_would_be_ready_only_after_the_end_is_not_drawn() -> None:
    assert drawn(budget_s=9, block_s=1, drawing_s=1) == []
    times = drawn(budget_s=900, block_s=1, drawing_s=8)
    assert times[-1] + 8 <= 900
