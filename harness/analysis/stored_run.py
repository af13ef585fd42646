"""A run as it is stored: read here, and only here, so that every command warns of the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.analysis.analyse import analyse
from harness.behaviours import judge
from harness.behaviours import store as behaviours
from harness.results import store
from harness.traces import store as traces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.analysis.run_results import Analysis
    from harness.behaviours.judge import Row
    from harness.behaviours.store import Observed
    from harness.traces.store import SceneTraces


@dataclass(frozen=True)
class StoredRun:
    """A run, with the behaviours and the traces that are stored beside its trials."""

    folder: Path
    analysis: Analysis
    observed: Observed | None
    traced: Mapping[str, SceneTraces]  # by scene

    @cached_property
    def behaviours(self) -> list[Row]:
        """The table of its behaviours; empty if none were observed."""
        return [] if self.observed is None else judge.table(self.observed)


def analyse_run(folder: Path, tell: Callable[[str], object]) -> Analysis:
    """Analyse the trials of a run, and `tell` which could not be read. Raises Problem."""
    warnings: list[str] = []
    analysis = analyse(store.read_run(folder), store.read_trials(folder, warnings))
    for warning in warnings:
        tell(warning)
    return analysis


def load_run(folder: Path, tell: Callable[[str], object]) -> StoredRun:
    """Read and analyse all that is stored of a run. Raises Problem."""
    return complete(folder, analyse_run(folder, tell))


def complete(folder: Path, analysis: Analysis) -> StoredRun:
    """Read what is stored beside the trials of a run that is analysed already. Raises Problem."""
    return StoredRun(folder, analysis, behaviours.read(folder), traces.of_run(folder))
