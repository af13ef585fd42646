"""Results while a run is measured: figures and a report that are renewed between blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.analyse import Analyst
from harness.analysis.contrasts import contrasts
from harness.analysis.findings import overall, so_far
from harness.analysis.stored_run import complete
from harness.claims import judge
from harness.cli.console import warn
from harness.cli.results import import_figures, warn_of_figure, write_report
from harness.errors import Problem
from harness.paths import shorten
from harness.results import store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.analysis.comparison import Decided
    from harness.analysis.run_results import WorkloadResult
    from harness.claims.ledger import Claim
    from harness.measuring.campaign import Campaign
    from harness.measuring.plan import Block
    from harness.measuring.progress import Display
    from harness.results.records import Trial

_USUAL_S = 10.0  # to draw a run of all workloads, before it is known
_APART = 24  # times what drawing takes: below a twentieth of the time


@dataclass
class Pace:
    """Decides when to draw: soon, then so rarely that measuring keeps nearly all of the time."""

    end: float  # of measuring; all in seconds of its budget
    drawn_at: float | None = None
    took_s: float = _USUAL_S

    def is_due(self, now: float) -> bool:
        """Return whether to draw now. Just before the end it is not: then all is drawn anyway."""
        if now + self.took_s > self.end:
            return False
        return self.drawn_at is None or now - self.drawn_at >= _APART * self.took_s

    def note(self, began: float, ended: float) -> None:
        """Note that the results were drawn."""
        self.drawn_at, self.took_s = ended, ended - began


def begin_analysis(current: Campaign) -> Analyst:
    """Return the analyst of a run, who knows the trials of earlier sessions."""
    analyst = Analyst(current.run)
    for trial in store.read_trials(current.folder, []):  # `resume` has warned about these
        analyst.take(trial)
    return analyst


class LiveResults:
    """Observes a run: feeds the display, and draws what is known so far between blocks.

    Without claims to judge, nothing is drawn.
    """

    def __init__(
        self,
        current: Campaign,
        analyst: Analyst,
        display: Display,
        interrupted: Callable[[], bool],
        claims: Sequence[Claim] | None,
    ) -> None:
        self._folder = current.folder
        self._allocator = current.allocator
        self._display = display
        self._interrupted = interrupted
        self._claims = claims
        self._changed = set(current.run.workloads)  # since they were drawn
        self._analyst = analyst
        self._decided: dict[str, Decided] = {}
        self._results: dict[str, WorkloadResult] = {}
        self._told: dict[str, str] = {}  # the latest finding, by workload
        for id_ in current.run.workloads:
            self._count_decided(id_)
        self._budget = current.budget
        self._pace = Pace(current.budget.seconds)

    def starting(self, block: Block, position: int) -> None:
        """Show the next trial."""
        self._display.starting(block, position)

    def waiting(self) -> None:
        """Update the display."""
        self._display.waiting()

    def ended(self, trial: Trial) -> None:
        """Take in a trial."""
        self._changed.add(trial.cell.workload)
        self._analyst.take(trial)
        self._display.ended(trial)

    def block_ended(self, block: Block) -> None:
        """Count what is decided, tell what is new, and draw if it is time to."""
        self._count_decided(block.workload)
        self._tell_news(block.workload)
        self._display.block_ended(block)
        now = self._budget.spent_s
        if self._claims is not None and self._allocator.has_first_look and self._pace.is_due(now):
            try:
                self._draw(self._claims)
                self._pace.note(now, self._budget.spent_s)
            except Problem as problem:
                warn(str(problem))
                self._claims = None

    def told(self, text: str) -> None:
        """Show a message about the measuring itself."""
        self._display.told(text)

    def _count_decided(self, id_: str) -> None:
        result = self._results[id_] = self._analyst.compare(id_)
        self._decided[id_] = result.comparison.count_decided(contrasts(result))
        decided, total = map(sum, zip(*self._decided.values(), strict=True))
        if total:
            self._display.decided = (
                f"{decided} of {units.format_count(total, 'comparison')} decided"
            )
        self._display.known = overall(list(self._results.values()))

    def _tell_news(self, id_: str) -> None:
        """Say what a block has shown of its workload, if that is new."""
        text = so_far(self._results[id_])
        if self._told.get(id_) != text:
            self._told[id_] = text
            self._display.learned(text)

    def _draw(self, claims: Sequence[Claim]) -> None:
        """Write the figures and the report, unless Ctrl-C is pressed: then all is drawn soon."""
        self._display.drawing()
        analysis = self._analyst.conclude(measuring=True)
        checked = judge.judge_claims(claims, analysis)
        import_figures().draw(
            analysis,
            self._folder / "figures",
            checked,
            workloads=self._changed,
            kinds=("svg",),  # of which the report is made; the others would take as long again
            stop=self._interrupted,
            failed=warn_of_figure,
            shared=True,
        )
        if self._interrupted():
            return
        path = write_report(complete(self._folder, analysis), checked)
        if self._pace.drawn_at is None:
            self._display.print(f"First look, renewed from time to time: {shorten(path)}")
        self._changed.clear()
