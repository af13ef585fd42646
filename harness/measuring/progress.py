"""Show the progress of a run: a live display on a terminal, plain lines elsewhere.

Drawing uses CPU time beside a trial, so it happens at most once per second.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.text import Text

from harness import units
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from harness.measuring.plan import Block
    from harness.measuring.processes.running_time import Budget
    from harness.results.records import Trial

_REDRAW_S = 1.0
_BAR = 24


class Display:
    """An observer for `blocks.run_blocks`; use it as a context manager."""

    def __init__(
        self, console: Console, budget: Budget, count_planned: Callable[[], int], done: int
    ) -> None:
        self._console = console
        self._budget = budget
        self._count_planned = count_planned  # fewer once a contestant is retired
        self._planned = count_planned()
        self._done = done
        self._failed = 0
        self.decided = ""  # such as "23 of 61 comparisons decided"
        self.known = ""  # what the run shows so far, in a sentence
        self._news = ""  # what the last block has shown of its workload
        self._drawn = 0.0
        self._block: Block | None = None
        self._position = 0
        self._last = ""
        self._is_drawing = False
        self._said: set[str] = set()
        # auto_refresh would start a thread that draws four times per second beside the trials.
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def starting(self, block: Block, position: int) -> None:
        """Show the next trial; without a terminal, print one line per block."""
        is_new = self._block is None or block.index != self._block.index
        self._block, self._position, self._is_drawing = block, position, False
        if is_new and not self._console.is_terminal:
            self._console.print(
                f"[{self._clock()}] block {block.index}: {block.workload} {block.case},"
                f" {units.format_count(len(block.assignments), 'trial')} ({self._progress()})"
                f"{block.reason and f'; {block.reason}'}",
                highlight=False,
                soft_wrap=True,
            )
        self._redraw()

    def waiting(self) -> None:
        """Update the clock during long trials."""
        self._redraw()

    def block_ended(self, block: Block) -> None:  # noqa: ARG002 - as of every observer
        """Count anew what is planned."""
        self._planned = self._count_planned()

    def told(self, text: str) -> None:
        """Print a message about the measuring itself."""
        self.print(text)

    def ended(self, trial: Trial) -> None:
        """Count a trial. A failure is printed at once and stays on the screen."""
        self._done += 1
        name = f"{trial.cell.workload} {trial.cell.case} {trial.cell.name}"
        if trial.status is Status.OK:
            times = [
                sample.elapsed_ns / sample.operations
                for sample in trial.samples
                if not sample.warmup
            ]
            fastest = f", {units.format_time(min(times))} per operation" if times else ""
            self._last = f"{name}: ok{fastest}"
            return
        self._failed += 1
        self._last = f"{name}: {trial.status.value}"
        if trial.status is Status.UNSUPPORTED and trial.host:
            said = f"{trial.host} {trial.message}"
            if said in self._said:  # of a host that lacks something, in every block
                return
            self._said.add(said)
        self._console.print(
            Text.assemble((f"{trial.status.label}: ", "red"), f"{name}: {trial.message}"),
            soft_wrap=True,
        )

    def learned(self, text: str) -> None:
        """Show what a block has shown; without a terminal, print it as a line."""
        self._news = text
        if not self._console.is_terminal:
            self.print(f"so far: {text}")

    def drawing(self) -> None:
        """Show that figures are drawn, which takes seconds."""
        self._is_drawing = True
        self._drawn = 0.0
        self._redraw()

    def print(self, text: str) -> None:
        """Print a line that stays on the screen."""
        self._console.print(
            f"[{self._clock()}] {text}", markup=False, highlight=False, soft_wrap=True
        )

    def _redraw(self) -> None:
        now = time.monotonic()
        if not self._console.is_terminal or now - self._drawn < _REDRAW_S:
            return
        self._drawn = now
        self._live.update(self._render(), refresh=True)

    def _render(self) -> Text:
        fraction = min(1.0, self._budget.spent_s / self._budget.seconds)
        filled = round(fraction * _BAR)
        text = Text.assemble(
            ("━" * filled, "green"),
            ("━" * (_BAR - filled), "bright_black"),
            f" {self._clock()}  {self._progress()}",
        )
        if self._failed:
            text.append(f"  {self._failed} failed", "red")
        if self._is_drawing:
            text.append("\n  now   drawing figures and report; measuring goes on soon")
        elif self._block is not None:
            self._append_block(text, self._block)
        if self.known:
            text.append(f"\n  known {self.known}")
        if self._news:
            text.append(f"\n  new   {self._news}")
        if self._last:
            text.append(f"\n  last  {self._last}", "bright_black")
        return text

    def _append_block(self, text: Text, block: Block) -> None:
        cell = block.assignments[self._position].cell
        text.append(f"\n  now   {cell.workload} {cell.case} ", "default")
        text.append(cell.name, "bold")
        text.append(f"  (block {block.index}, {self._position + 1} of {len(block.assignments)})")
        if block.reason:
            text.append(f"\n  why   {block.reason}")

    def _progress(self) -> str:
        decided = self.decided and f"; {self.decided}"
        if self._done < self._planned:
            return f"{self._done} of {self._planned} trials{decided}"
        return f"{units.format_count(self._done, 'trial')}, {self._planned} planned{decided}"

    def _clock(self) -> str:
        spent, given = self._budget.spent_s, self._budget.seconds
        left = units.format_clock(given - spent)
        return f"{units.format_clock(spent)} of {units.format_clock(given)}, {left} left"
