"""The advice of a map as text for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.map_advice import MapAdvice
    from harness.catalog.workload import Workload


def advice(workload: Workload, found: MapAdvice) -> Iterator[Text]:
    """Yield the advice for one's own work: the choice by each metric, and its evidence.

    The command that would measure more is not part of it: to be copied, it must stay on one line.
    """
    yield Text(f"{found.work.text}, by the map of {workload.id}:", style="bold")
    width = max(len(choice.judged_by) for choice in found.choices)
    for choice in found.choices:
        yield Text(f"  {choice.judged_by:<{width}}  ").append(choice.text, style="bold")
    yield Text("Nearest measured points:")
    for one in found.evidence:
        yield Text(f"  {one.measured.text}: {one.distance}")
        for finding in one.findings:
            yield Text(f"    {finding.judged_by}: {finding.text}", style="bright_black")
    for note in found.notes:
        yield Text(note, style="yellow")
