"""Two groups of runs, cell by cell: faster, slower, tied or undecided. Pure.

On one machine the values themselves are compared. Across machines only ratios to the baseline can
be: there a cell's value is its ratio to the baseline of its own run, by block.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.changes import CellChange, Change, decide, undecided
from harness.errors import Exit, Problem
from harness.statistics.between_runs import DEFAULT, ratio_of_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.results.records import Cell, Machine, Run

MARGIN = 0.10  # the largest difference that is called tied
_SHOWN = 8  # names of a list


@dataclass(frozen=True)
class RunComparison:
    """The cells that both groups have, and what else differs between the groups."""

    changes: list[CellChange]
    notes: tuple[str, ...]


def check_comparable(
    first: Sequence[Run], second: Sequence[Run], *, across_machines: bool = False
) -> None:
    """Refuse two groups of runs that cannot be compared, before any trial is read.

    Raises Problem if they are of different machines, share no cell, or have a run twice.
    """
    runs = (*first, *second)
    _check_distinct(runs)
    differences = [
        text for other in runs[1:] for text in _differences(runs[0].machine, other.machine)
    ]
    if differences and not across_machines:
        raise Problem(
            f"the runs are of different machines ({'; '.join(dict.fromkeys(differences))}), so"
            " times cannot be compared; --across-machines compares the ratios to the baseline of"
            " each run",
            Exit.NOT_POSSIBLE,
        )
    if not _planned(first) & _planned(second):
        raise Problem("the runs have no cell in common; nothing to compare", Exit.NOT_POSSIBLE)


def compare_runs(
    first: Sequence[Analysis], second: Sequence[Analysis], *, across_machines: bool = False
) -> RunComparison:
    """Compare two groups of runs, which `check_comparable` has not refused."""
    sides = _cells(first), _cells(second)
    common = [cell for cell in sides[1] if cell in sides[0]]
    changes = [
        change
        for cell in common
        if (change := _compare(sides[0][cell], sides[1][cell], across_machines=across_machines))
    ]
    return RunComparison(decide(changes, MARGIN), tuple(_notes(first, second, *sides)))


@dataclass(frozen=True)
class _Measured:
    """A cell in one run."""

    workload: WorkloadResult
    result: CellResult

    @property
    def values(self) -> list[float]:
        """The headline metric, one value per process."""
        return list(self.result.values.values())

    @property
    def ratios(self) -> list[float]:
        """Its ratio to the baseline, one per block that both share."""
        for base in self.workload.cases[self.result.cell.case]:
            if base.contestant == self.workload.workload.baseline:
                return [
                    value / base.values[block]
                    for block, value in self.result.values.items()
                    if base.values.get(block, 0) > 0
                ]
        return []


_Side = dict["Cell", list[_Measured]]  # a cell that any run planned, in the runs that planned it


def _check_distinct(runs: Sequence[Run]) -> None:
    for id_, count in Counter(origin for run in runs for origin in run.origins).items():
        if count > 1:
            raise Problem(f"found the run {id_} {count} times, expected each run once")


def _planned(runs: Iterable[Run]) -> set[Cell]:
    """Return the cells that any of the runs was to measure, but for the A/A controls."""
    cells = (cell for run in runs for cell in (*run.cells, *(one.cell for one in run.absent)))
    return {cell for cell in cells if not cell.control}


def _differences(first: Machine, second: Machine) -> list[str]:
    """Return what differs of what is known of both."""
    return [
        f"{name}: {value} and {second.identity[name]}"
        for name, value in first.identity.items()
        if second.identity.get(name, value) != value
    ]


def _cells(analyses: Iterable[Analysis]) -> _Side:
    found: _Side = {}
    for analysis in analyses:
        for workload in analysis.workloads.values():
            for results in workload.cases.values():
                for result in results:
                    found.setdefault(result.cell, []).append(_Measured(workload, result))
    return found


def _compare(
    old: Sequence[_Measured], new: Sequence[_Measured], *, across_machines: bool
) -> CellChange | None:
    """Compare a cell; None if there is nothing to say about it."""
    cell, workload = new[0].result.cell, new[0].workload
    if all(one.result.absent is not None for one in (*old, *new)):
        return None
    if across_machines and cell.contestant == workload.workload.baseline:
        return None  # its ratio to itself is always 1
    if reason := _obstacle(old, new):
        return CellChange(cell, Change.NOT_COMPARABLE, reason)
    these, those = (
        [one.ratios if across_machines else one.values for one in side] for side in (new, old)
    )
    return undecided(cell, workload.metric, ratio_of_runs(these, those))


def _obstacle(old: Sequence[_Measured], new: Sequence[_Measured]) -> str:
    """Return why a cell cannot be compared, or an empty text."""
    if len({one.workload.workload.text for one in (*old, *new)}) > 1:
        return "the workload file has changed"
    for which, side in (("first", old), ("second", new)):
        for one in side:
            result = one.result
            run = f"the {which} run" if len(side) == 1 else f"a {which} run"
            if result.absent is not None:
                return f"in {run} it is {result.absent.absence.label}"
            if result.failures:
                return f"in {run} {result.failures} of {result.attempts} trials failed"
            if (unranked := result.unranked) and unranked.is_misleading:
                return f"in {run}: {unranked.text}"
            if not result.values:
                return f"in {run} it was not measured"
    return ""


def _notes(
    first: Sequence[Analysis], second: Sequence[Analysis], before: _Side, after: _Side
) -> Iterator[str]:
    """Yield what only one side has, what changed, and what so few runs cannot show."""
    for which, side, other in (("first", before, after), ("second", after, before)):
        if alone := [cell for cell in side if cell not in other and _is_measured(side[cell])]:
            yield f"Only in the {which}, so not compared: {_list(_name_cells(alone, other))}."
    for which, group in (("first", first), ("second", second)):
        if changed := _changed(group[:1], group[1:]):
            yield f"The {which} runs are not of the same code: {_list(changed)} differ."
    passed = [sorted({_describe_env(one.run) for one in group}) for group in (first, second)]
    if passed[0] != passed[1]:
        yield f"Variables that --env passed differ: {' | '.join(map(', '.join, passed))}."
    yield _describe_changes(first, second)
    if min(len(first), len(second)) == 1:
        yield (
            "One run a side does not show how much runs of the same code differ. The intervals"
            f" allow for a deviation of {DEFAULT.deviation:.0%} between runs: they exclude every"
            " change outside them, and no change inside. More runs a side exclude more:"
            " compare A1,A2,A3 B1,B2,B3. To judge a change of the code, use `loombench ab`."
        )


def _describe_env(run: Run) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(run.env.items())) or "none"


def _is_measured(measured: Sequence[_Measured]) -> bool:
    return any(one.result.attempts for one in measured)


def _name_cells(cells: Sequence[Cell], other: _Side) -> list[str]:
    """Return the names of cells; a workload that the other side lacks is one name."""
    known = {cell.workload for cell in other}
    names = [
        f"{cell.workload} {cell.name} ({cell.case})" if cell.workload in known else cell.workload
        for cell in cells
    ]
    return list(dict.fromkeys(names))


def _changed(first: Sequence[Analysis], second: Sequence[Analysis]) -> list[str]:
    """Return the sources that are in runs of both, and not the same in all of them."""
    digests: dict[str, set[str]] = {}
    for analysis in (*first, *second):
        for path, digest in analysis.run.sources.items():
            digests.setdefault(path, set()).add(digest)
    return [path for path, found in digests.items() if len(found) > 1] if second else []


def _describe_changes(first: Sequence[Analysis], second: Sequence[Analysis]) -> str:
    """Return which sources and versions differ between the sides."""
    old, new = _versions(first), _versions(second)
    versions = "".join(
        f" Versions differ: {' and '.join(sorted(old[name] | new[name]))}."
        for name in old.keys() & new.keys()
        if old[name] != new[name]
    )
    if changed := _changed(first, second):
        return f"Sources that changed: {_list(changed)}.{versions}"
    return f"No source file of an implementation changed.{versions}"


def _versions(group: Sequence[Analysis]) -> dict[str, set[str]]:
    """Return the version of each runner in every run of a side."""
    found: dict[str, set[str]] = {}
    for analysis in group:
        for runner in analysis.run.runners:
            found.setdefault(runner.key, set()).add(runner.summary)
    return found


def _list(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
