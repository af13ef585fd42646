"""What is shown while a run is measured: lines for a log, one live picture for a terminal."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.measuring import progress
from harness.measuring.plan import Block
from harness.measuring.processes import running_time
from harness.measuring.processes.running_time import Budget
from harness.measuring.progress import Display
from harness.results.records import Sample, Status
from tests.support.factories import assignment, trial

BLOCK = Block(3, "demo", "headline", tuple(map(assignment, ("asyncio", "trio", "threads"))))
NEXT = Block(4, "demo", "tasks-100", (assignment("trio", "tasks-100"),))


class Clock:
    """A clock that stands still unless told to go on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    it = Clock()
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=it.monotonic))
    monkeypatch.setattr(running_time, "_read_clock", it.monotonic)
    return it


def console(*, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=terminal,
        width=140,
        color_system=None,
        legacy_windows=False,
        _environ={},
    )


def shown(on: Console) -> str:
    """Return what was written, without the codes that move the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", on.file.getvalue())


def test_a_log_gets_one_line_a_block_however_many_trials_it_has(clock: Clock) -> None:
    log = console(terminal=False)
    with Display(log, Budget(60), lambda: 7, 0) as display:
        for block in (BLOCK, NEXT):
            for position, one in enumerate(block.assignments):
                display.starting(block, position)
                display.waiting()
                display.ended(trial(one.cell, block.index))
    assert shown(log).splitlines() == [
        "[0:00 of 1:00, 1:00 left] block 3: demo headline, 3 trials (0 of 7 trials)",
        "[0:00 of 1:00, 1:00 left] block 4: demo tasks-100, 1 trial (3 of 7 trials)",
    ]


def test_what_is_known_is_shown_and_what_is_new_is_a_line_of_a_log(clock: Clock) -> None:
    for terminal in (True, False):
        on = console(terminal=terminal)
        with Display(on, Budget(60), lambda: 7, 0) as display:
            display.known = "Of 3 workloads, go led or tied in 2"
            display.learned("Demo: go led")
            display.starting(BLOCK, 0)
            read = shown(on)
        assert ("known Of 3 workloads, go led or tied in 2" in read) is terminal
        assert ("new   Demo: go led" in read) is terminal
        assert ("1:00 left] so far: Demo: go led\n" in read) is not terminal


def test_a_line_of_a_log_is_never_broken(clock: Clock) -> None:
    log = Console(file=io.StringIO(), width=80)
    with Display(log, Budget(60), lambda: 2, 5) as display:
        display.starting(BLOCK, 0)
    assert len(shown(log).splitlines()) == 1


def test_a_log_holds_no_codes_for_a_terminal(clock: Clock) -> None:
    log = console(terminal=False)
    with Display(log, Budget(60), lambda: 7, 0) as display:
        display.starting(BLOCK, 0)
        display.ended(trial("asyncio", status=Status.CRASH, message="it fell over"))
    assert "\x1b" not in log.file.getvalue()


def test_a_terminal_shows_the_running_trial_the_progress_and_the_last_result(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 2) as display:
        clock.now += 15
        display.starting(BLOCK, 0)
        display.ended(trial("asyncio", samples=(Sample(10**9, 1), Sample(52_000, 10))))
        clock.now += 1
        display.starting(BLOCK, 1)
        read = shown(terminal)
    for words in (
        "0:15 of 1:00, 0:45 left  2 of 7 trials",
        "now   demo headline asyncio  (block 3, 1 of 3)",
        "0:16 of 1:00, 0:44 left  3 of 7 trials",
        "now   demo headline trio  (block 3, 2 of 3)",
        "last  demo headline asyncio: ok, 5.20 µs per operation",
    ):
        assert words in read


def test_warm_up_is_not_the_last_result(clock: Clock) -> None:
    terminal = console(terminal=True)
    samples = (Sample(10, 1, warmup=True), Sample(5_200, 1))
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        display.ended(trial("asyncio", samples=samples))
        clock.now += 1
        display.starting(BLOCK, 1)
        assert "asyncio: ok, 5.20 µs per operation" in shown(terminal)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_failure_is_printed_at_once_with_its_message_and_only_once(
    clock: Clock, *, is_terminal: bool
) -> None:
    where = console(terminal=is_terminal)
    with Display(where, Budget(60), lambda: 7, 0) as display:
        display.starting(BLOCK, 1)
        display.ended(
            trial("trio", status=Status.WRONG_ANSWER, message="found [b]5[/b], expected 6")
        )
        assert "wrong answer: demo headline trio: found [b]5[/b], expected 6" in shown(where)
        for position in (1, 2):
            clock.now += 2
            display.starting(BLOCK, position)
    assert shown(where).count("found [b]5[/b], expected 6") == 1


def test_failures_are_counted_in_the_display(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        for _ in range(2):
            display.ended(trial("trio", status=Status.TIMEOUT, message="not finished after 30 s"))
        clock.now += 1
        display.starting(BLOCK, 2)
        assert "2 of 7 trials  2 failed" in shown(terminal)


def test_the_display_is_drawn_at_most_once_a_second(clock: Clock) -> None:
    terminal = console(terminal=True)
    drawn = []
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        display.starting(BLOCK, 0)
        for _ in range(40):  # a quarter of a second each, as `measure` asks
            clock.now += 0.25
            before = len(terminal.file.getvalue())
            display.waiting()
            if len(terminal.file.getvalue()) > before:
                drawn.append(clock.now)
    assert [later - earlier for earlier, later in itertools.pairwise(drawn)] == [1.0] * 9


def test_a_good_trial_does_not_redraw_the_display_within_a_second(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        display.starting(BLOCK, 0)
        before = terminal.file.getvalue()
        for position in (1, 2):
            clock.now += 0.4
            display.ended(trial("asyncio"))
            display.starting(BLOCK, position)
        assert terminal.file.getvalue() == before


SHARPENING = replace(BLOCK, reason="sharpening demo: trio/asyncio known to within 12%")


def test_the_display_says_what_is_decided_and_why_a_workload_gets_more_blocks(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 9) as display:
        display.decided = "23 of 61 comparisons decided"
        display.starting(SHARPENING, 0)
        read = shown(terminal)
    assert "9 trials, 7 planned; 23 of 61 comparisons decided" in read
    assert "why   sharpening demo: trio/asyncio known to within 12%" in read


def test_a_line_of_a_log_says_the_same(clock: Clock) -> None:
    log = console(terminal=False)
    with Display(log, Budget(60), lambda: 7, 5) as display:
        display.decided = "1 of 2 comparisons decided"
        display.starting(SHARPENING, 0)
        display.print("First look: [b]/report.html")
    assert shown(log).splitlines() == [
        "[0:00 of 1:00, 1:00 left] block 3: demo headline, 3 trials (5 of 7 trials;"
        " 1 of 2 comparisons decided); sharpening demo: trio/asyncio known to within 12%",
        "[0:00 of 1:00, 1:00 left] First look: [b]/report.html",
    ]


def test_while_figures_are_drawn_no_trial_is_shown_as_running(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        display.starting(BLOCK, 0)
        before = len(shown(terminal))
        display.drawing()
        assert "now   drawing figures and report" in shown(terminal)[before:]
        clock.now += 1
        before = len(shown(terminal))
        display.starting(NEXT, 0)
        assert "now   demo tasks-100 trio" in shown(terminal)[before:]


def test_the_remaining_time_is_never_below_zero(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        clock.now += 75
        display.starting(BLOCK, 0)
        assert "1:15 of 1:00, 0:00 left" in shown(terminal)


def test_the_display_is_removed_after_the_run(clock: Clock) -> None:
    terminal = console(terminal=True)
    with Display(terminal, Budget(60), lambda: 7, 0) as display:
        display.starting(BLOCK, 0)
        before = len(terminal.file.getvalue())
    assert "\x1b[2K" in terminal.file.getvalue()[before:]


def test_fewer_trials_are_planned_once_a_contestant_is_retired(clock: Clock) -> None:
    log, planned = console(terminal=False), iter([9, 7])
    with Display(log, Budget(60), lambda: next(planned), 0) as display:
        display.starting(BLOCK, 0)
        display.block_ended(BLOCK)
        display.starting(NEXT, 0)
    assert [line.rpartition("(")[2] for line in shown(log).splitlines()] == [
        "0 of 9 trials)",
        "0 of 7 trials)",
    ]
