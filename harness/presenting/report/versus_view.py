"""Two contestants head to head as the page shows them; its script draws other pairs alike. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.analysis import versus
from harness.analysis.versus import Outcome
from harness.statistics.estimates import MARGIN, MARGIN_PERCENT

if TYPE_CHECKING:
    from harness.analysis.run_results import Analysis
    from harness.analysis.versus import Bout, HeadToHead

_LEAST_SHOWN = 1.3  # factor that the axis shows at least, so that small differences look small
_ROOM = 1.15  # factor beyond the outermost interval
_DIGITS = 6  # significant, of the numbers for the script
_OUTCOMES = tuple(Outcome)


@dataclass(frozen=True)
class DuelRow:
    """A workload; places are percent of the width of the drawing."""

    workload: str
    title: str
    metric: str
    word: str
    outcome: str
    ratio: str
    ends: str  # of its interval, or the number of blocks
    place: str
    interval: tuple[str, str] | None
    floor: tuple[str, str] | None  # left end and width


@dataclass(frozen=True)
class VersusSection:
    """The section: the pair that is shown first, and what the script needs for the others."""

    names: tuple[str, ...]
    first: str  # as the selectors have it; the rows are from the side of the leader
    second: str
    leader: str
    answer: str
    undecided: str
    one: str  # place of the ratio 1
    rows: tuple[DuelRow, ...]
    missing: tuple[tuple[str, str], ...]
    margin_percent: int
    data: dict[str, object]


def section(analysis: Analysis) -> VersusSection | None:
    """Return the section; None if the run compares no two contestants."""
    chosen = versus.default_pair(analysis)
    if chosen is None:
        return None
    pair = versus.head_to_head(analysis, *chosen)
    axis = _Axis.of(pair.turned())
    return VersusSection(
        tuple(versus.contestants(analysis)),
        *chosen,
        leader=pair.leader,
        answer=pair.sentence,
        undecided=pair.why_undecided,
        one=axis.place(1.0),
        rows=tuple(_row(bout, axis) for bout in pair.turned().bouts),
        missing=pair.missing,
        margin_percent=MARGIN_PERCENT,
        data=_data(analysis),
    )


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis."""

    low: float
    high: float

    @classmethod
    def of(cls, pair: HeadToHead) -> _Axis:
        ratios = [bout.ratio for bout in pair.bouts]
        ends = [end for one in ratios for end in (one.low, one.value, one.high) if end is not None]
        return cls(min([1 / _LEAST_SHOWN, *ends]) / _ROOM, max([_LEAST_SHOWN, *ends]) * _ROOM)

    def percent(self, ratio: float) -> float:
        inside = min(max(ratio, self.low), self.high)
        return 100 * math.log(inside / self.low) / math.log(self.high / self.low)

    def place(self, ratio: float) -> str:
        return f"{self.percent(ratio):.2f}%"


def _row(bout: Bout, axis: _Axis) -> DuelRow:
    low, high, floor = bout.ratio.low, bout.ratio.high, bout.floor
    return DuelRow(
        workload=bout.workload,
        title=bout.title,
        metric=bout.metric.label,
        word=bout.outcome.word(is_speed=bout.is_speed),
        outcome=bout.outcome.value,
        ratio=bout.ratio_text,
        ends=bout.interval_text,
        place=axis.place(bout.ratio.value),
        interval=None if low is None or high is None else (axis.place(low), axis.place(high)),
        floor=None
        if floor is None
        else (
            axis.place(1 / floor),
            f"{axis.percent(floor) - axis.percent(1 / floor):.2f}%",
        ),
    )


def _data(analysis: Analysis) -> dict[str, object]:
    """Return every pair for the script: numbers and positions in lists, to stay small.

    kinds: [workload, title, metric, is about speed, noise floor]. bouts: [kind, first, second,
    ratio, low, high, n, outcome]. workloads: [title, {measured: why not}, {others: why not}].
    """
    names = {name: number for number, name in enumerate(versus.contestants(analysis))}
    kinds: dict[tuple[str, str], int] = {}
    described: list[list[object]] = []
    bouts: list[list[object]] = []
    for first, second, bout in versus.bouts(analysis):
        key = (bout.workload, bout.metric.id)
        if key not in kinds:
            kinds[key] = len(kinds)
            described.append(
                [
                    *map(units.printable, (bout.workload, bout.title, bout.metric.label)),
                    bout.is_speed,
                    _round(bout.floor),
                ]
            )
        ratio = bout.ratio
        numbers = [_round(value) for value in (ratio.value, ratio.low, ratio.high)]
        outcome = _OUTCOMES.index(bout.outcome)
        bouts.append([kinds[key], names[first], names[second], *numbers, ratio.n, outcome])
    return {
        "names": list(map(units.printable, names)),
        "kinds": described,
        "bouts": bouts,
        "workloads": _workloads(analysis, names),
        "margin": MARGIN,
    }


def _workloads(analysis: Analysis, names: dict[str, int]) -> list[list[object]]:
    rows: list[list[object]] = []
    for result, obstacles in versus.obstacles(analysis):
        measured = {cell.name for cell in result.headline if cell.attempts}
        rows.append(
            [
                units.printable(result.workload.title),
                *(
                    {
                        str(names[name]): why
                        for name, why in obstacles.items()
                        if name in names and (name in measured) is wanted
                    }
                    for wanted in (True, False)
                ),
            ]
        )
    return rows


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
