"""What the runtimes of a run show: the same model on two of them, judged pair by pair. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from harness import units
from harness.analysis.run_results import ranked
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.results.records import Absence
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.results.records import Run
    from harness.statistics.estimates import Ratio


class Tally(NamedTuple):
    """How a runtime compares with the default one, over workloads and plain models."""

    runtime: str
    better: int
    worse: int
    pairs: int  # of a model on the two, in a workload; with enough blocks

    @property
    def text(self) -> str:
        """The tally in words."""
        if not self.pairs:
            return f"{self.runtime}: too few blocks to compare"
        return f"{self.runtime} better in {self.better}, worse in {self.worse} of {self.pairs}"


def runtimes_of(run: Run) -> tuple[str, ...]:
    """Return the labels of all runtimes that are measured, the default one first."""
    found = dict.fromkeys(cell.contestant.runtime for cell in run.cells)
    return tuple(sorted(found, key=lambda label: (label != DEFAULT_RUNTIME, label)))


def version_of(run: Run, runtime: str) -> str:
    """Return the version of a runtime, of the default one that of Python."""
    for runner in run.runners:
        if runner.runtime == runtime and (runtime != DEFAULT_RUNTIME or runner.name == "python"):
            return runner.version
    return ""


def plain_cells(result: WorkloadResult) -> list[CellResult]:
    """Return the plain implementations of a headline case on every runtime."""
    return [cell for cell in result.headline if not cell.contestant.variant]


def is_compared(result: WorkloadResult) -> bool:
    """Return whether a model has a value on more than one runtime."""
    seen: dict[str, set[str]] = {}
    for cell in plain_cells(result):
        if result.metric.id in cell.metrics:
            seen.setdefault(cell.cell.model, set()).add(cell.contestant.runtime)
    return any(len(labels) > 1 for labels in seen.values())


def tallies(analysis: Analysis, results: Sequence[WorkloadResult]) -> list[Tally]:
    """Compare each runtime with the default one, model by model."""
    return [
        _tally(runtime, results)
        for runtime in runtimes_of(analysis.run)
        if runtime != DEFAULT_RUNTIME
    ]


class _Pair(NamedTuple):
    """A plain model on a runtime and on the default one, which have enough blocks."""

    own: CellResult
    twin: CellResult
    verdict: Verdict
    is_better: bool  # if they are different


def _pairs(result: WorkloadResult, runtime: str) -> Iterator[_Pair]:
    comparison = result.comparison
    places = {cell.contestant: place for place, cell in enumerate(ranked(result))}
    cells = {cell.contestant: cell for cell in ranked(result)}
    for contestant, place in places.items():
        twin = structs.replace(contestant, runtime=DEFAULT_RUNTIME)
        if contestant.variant or contestant.runtime != runtime or twin not in places:
            continue
        if comparison.is_judged(contestant, twin):
            verdict = comparison.verdict(contestant, twin)
            yield _Pair(cells[contestant], cells[twin], verdict, place < places[twin])


def _tally(runtime: str, results: Sequence[WorkloadResult]) -> Tally:
    better = worse = pairs = 0
    for result in results:
        for pair in _pairs(result, runtime):
            pairs += 1
            if pair.verdict is Verdict.DIFFERENT:
                better += pair.is_better
                worse += not pair.is_better
    return Tally(runtime, better, worse, pairs)


def surest_difference(analysis: Analysis, results: Sequence[WorkloadResult]) -> str:
    """Return the surest large gain, or else loss, of a runtime; empty if none is shown."""
    shown = [
        (pair.is_better, _least_factor(result, pair), pair, result)
        for result in results
        for runtime in runtimes_of(analysis.run)[1:]
        for pair in _pairs(result, runtime)
        if pair.verdict is Verdict.DIFFERENT
    ]
    if not shown:
        return ""
    _, _, pair, result = max(shown, key=lambda one: one[:2])
    return _describe(analysis, result, pair)


def _least_factor(result: WorkloadResult, pair: _Pair) -> float:
    """Return by how much the two differ at least, by the interval; 0 if there is no ratio."""
    ratio = _ratio(result, pair)
    if ratio is None or ratio.low is None or ratio.high is None or ratio.low <= 0:
        return 0
    return max(ratio.low, 1 / ratio.high)


def _ratio(result: WorkloadResult, pair: _Pair) -> Ratio | None:
    return result.comparison.ratios.get((pair.own.contestant, pair.twin.contestant))


def _describe(analysis: Analysis, result: WorkloadResult, pair: _Pair) -> str:
    """Return `threads on 3.14t: 1.8x better than on Python 3.11.7 in Sum of squares`."""
    contestant, ratio = pair.own.contestant, _ratio(result, pair)
    factor = (
        ""
        if ratio is None
        else f"{units.format_significant(max(ratio.value, 1 / ratio.value), 2)}x "
    )
    word = "better" if pair.is_better else "worse"
    of_python = any(
        runner.name == "python" and contestant.model in runner.models
        for runner in analysis.run.runners
    )
    default = version_of(analysis.run, DEFAULT_RUNTIME)
    default = f"Python {default}" if of_python else "the default runtime"
    title = result.workload.title
    return (
        f"{contestant.model} on {contestant.runtime}: {factor}{word} than on {default} in {title}"
    )


def finding(analysis: Analysis, results: Sequence[WorkloadResult]) -> str:
    """Return what the runtimes show, in one sentence; the words count models in workloads."""
    found = tallies(analysis, results)
    if all(not tally.pairs for tally in found):
        return "Which runtime: too few blocks for a finding"
    others = {one.language for one in analysis.run.runners if one.runtime != DEFAULT_RUNTIME}
    default = version_of(analysis.run, DEFAULT_RUNTIME) if others == {"python"} else ""
    against = f"Against Python {default}" if default else "Against the default runtime"
    return f"{against}: {'; '.join(tally.text for tally in found)}"


def list_gaps(analysis: Analysis, results: Sequence[WorkloadResult]) -> list[str]:
    """Return which models a runtime lacks, with the reason, and where the GIL came on.

    What the default runtime lacks is named once, for that one, unless it is a limit of the work.
    """
    lines: dict[str, list[str]] = {}
    for result in results:
        lacking = {
            cell.contestant.model: cell.absent
            for cell in plain_cells(result)
            if cell.contestant.runtime == DEFAULT_RUNTIME and cell.absent is not None
        }
        for model, absent in lacking.items():
            if absent.absence is Absence.UNAVAILABLE and model in analysis.models:
                lines.setdefault(f"{model}: {absent.reason}", []).append(result.workload.id)
        for cell in plain_cells(result):
            contestant = cell.contestant
            where = f"{contestant.model} @ {contestant.runtime}"
            if contestant.runtime == DEFAULT_RUNTIME or contestant.model not in analysis.models:
                continue
            if contestant.model in lacking and cell.absent is not None:
                continue
            if cell.gil_came_on:
                lines.setdefault(f"{where} was not free-threaded (hollow)", []).append(
                    result.workload.id
                )
            elif cell.absent is not None:
                lines.setdefault(f"{where}: {cell.absent.reason}", []).append(result.workload.id)
            elif cell.failures:
                lines.setdefault(f"{where}: {cell.failed_how}", []).append(result.workload.id)
    most = len(results)
    return [
        text if len(ids) == most else f"{text} ({units.format_count(len(ids), 'workload')})"
        for text, ids in lines.items()
    ]
