"""How many requests are behind the percentiles of servers, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.catalog.workload import LATENCIES
from harness.statistics.latencies import requests_needed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import CellResult
    from harness.catalog.parts import Metric


def describe_better(metric: Metric, cells: Iterable[CellResult]) -> str:
    """Return which values are better and, for a percentile, how many requests are behind each."""
    parts = [metric.describe_better()]
    counts = [cell.requests for cell in cells if cell.requests]
    if counts and metric.formula.names & LATENCIES:
        needed = requests_needed(metric.formula.names)
        parts.append(
            f"shown from {needed:,} requests on"
            if min(counts) < needed
            else f"at least {units.format_count(min(counts), 'request')} each"
        )
    return "; ".join(filter(None, parts))
