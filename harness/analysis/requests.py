"""How many requests are behind the percentiles of servers, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.catalog.workload import LATENCIES
from harness.statistics.latencies import requests_needed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import CellResult
    from harness.catalog.workload import Metric


def describe_better(metric: Metric, cells: Iterable[CellResult]) -> str:
    """Return which values are better and, for a percentile, how many requests are behind each."""
    better = f"{metric.better} is better"
    counts = [cell.requests for cell in cells if cell.requests]
    if not counts or not metric.formula.names & LATENCIES:
        return better
    needed = requests_needed(metric.formula.names)
    if min(counts) < needed:
        return f"{better}; shown from {needed:,} requests on"
    return f"{better}; at least {units.format_count(min(counts), 'request')} each"
