"""Two contestants head to head as a table for the terminal, and as a document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness import units
from harness.analysis.versus import Outcome
from harness.statistics.estimates import MARGIN_PERCENT, MIN_FOR_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from harness.analysis.versus import Bout, HeadToHead
    from harness.catalog.parts import Metric
    from harness.statistics.estimates import Estimate

_WIDE = 105  # columns of a terminal from which the values of both fit
_STYLE = {Outcome.BETTER: "green", Outcome.WORSE: "red"}


def versus(pair: HeadToHead, width: int) -> Iterator[RenderableType]:
    """Yield the answer, a row per workload from the side of the leader, and what is missing."""
    pair = pair.turned()
    yield Text(f"{pair.sentence}.", style="bold")
    if pair.bouts:
        yield Text(
            f"Above 1x, {pair.first} is better: faster, or smaller, or less late."
            f" Tied: no difference was found, and equal within {MARGIN_PERCENT}%.\n"
        )
        yield _table(pair, is_wide=width >= _WIDE)
        if pair.why_undecided:
            yield Text(pair.why_undecided)
        if any(not bout.ratio.has_interval for bout in pair.bouts):
            yield Text(f"n: blocks; no interval with fewer than {MIN_FOR_INTERVAL}.")
    for title, why in pair.missing:
        yield Text(f"Not compared: {title} ({why}).", style="bright_black")


def _table(pair: HeadToHead, *, is_wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="underline")
    names = (pair.first, pair.second) if is_wide else ()
    for heading in ("workload", "measured", *names, f"{pair.first} is", "ratio [95%]"):
        table.add_column(Text(heading), overflow="fold")
    for column in table.columns[2 : 2 + len(names)]:
        column.justify = "right"
    for bout in pair.bouts:
        texts = (bout.title, bout.metric.label)
        values = [_format(value, bout.metric) for value in bout.values] if is_wide else []
        word = Text(bout.outcome.word(is_speed=bout.is_speed), style=_STYLE.get(bout.outcome, ""))
        table.add_row(*map(Text, (*texts, *values)), word, Text(bout.text))
    return table


def _format(value: Estimate, metric: Metric) -> str:
    return units.format_value(value.value, units.column_unit(metric.unit))


def json_document(run: str, pair: HeadToHead) -> dict[str, object]:
    """Return a pair for programs, from the side of the first; values in base units."""
    return {
        "run": run,
        "first": pair.first,
        "second": pair.second,
        "answer": pair.sentence,
        "workloads": [_bout(bout) for bout in pair.bouts],
        "not_compared": [{"workload": title, "why": why} for title, why in pair.missing],
    }


def _bout(bout: Bout) -> dict[str, object]:
    ratio = bout.ratio
    return {
        "workload": bout.workload,
        "metric": bout.metric.id,
        "unit": bout.metric.unit,
        "better": bout.metric.better,
        "first": bout.values[0].value,
        "second": bout.values[1].value,
        "ratio": {"value": ratio.value, "low": ratio.low, "high": ratio.high, "n": ratio.n},
        "verdict": bout.outcome.word(is_speed=bout.is_speed),
        "noise_floor": bout.floor,
    }
