"""Records -> estimates: for every cell each metric with its interval, and the ratio to a baseline.

Pure. Reads the run's own copy of the workload files, so a run means the same when they change.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from msgspec import structs

from harness import units
from harness.analysis import drift
from harness.analysis.aggregate import CellAggregate
from harness.analysis.builds import explain_build
from harness.analysis.comparison import Comparison, compare
from harness.analysis.disturbance import DisturbanceCount
from harness.analysis.ranking import compare_counts, find_unranked
from harness.analysis.run_results import Analysis, CellResult, WorkloadResult, models_of, ranked
from harness.analysis.travel import TravelCount
from harness.catalog import workload_file
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant
from harness.catalog.parts import DIFFERENCE
from harness.catalog.workload import HEADLINE
from harness.errors import Problem
from harness.results.hosts import lead_ids
from harness.results.records import Cell
from harness.statistics.blocks import BlockValues, estimate_difference, estimate_ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.catalog.parts import Metric
    from harness.catalog.workload import Workload
    from harness.results.records import AbsentCell, Run, Trial
    from harness.statistics.estimates import Estimate, Ratio


def analyse(run: Run, trials: Iterable[Trial]) -> Analysis:
    """Analyse a run. Trials are taken in one by one and not kept."""
    analyst = Analyst(run)
    for trial in trials:
        analyst.take(trial)
    return analyst.conclude()


class Analyst:
    """Takes in the trials of a run as they come, and says at any time what they show."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._workloads = {
            # It was checked before the run; some of these files may be from outside.
            id_: workload_file.parse(id_, text, f"{id_}.toml", from_outside=True)
            for id_, text in run.workloads.items()
        }
        self._aggregates = _Aggregates(self._workloads)
        self._blocks: set[int] = set()
        self._probes: list[drift.ProbeReading] = []
        self._disturbance = DisturbanceCount()
        self._trials = 0
        self._lead = lead_ids(run.hosts)
        self._travel = TravelCount(run, self._workloads)

    @property
    def run(self) -> Run:
        """The run, with the hosts that it had when this began."""
        return self._run

    def take(self, trial: Trial) -> None:
        """Take in a trial, without keeping it. Of a fleet, the results are of one class of hosts.

        Machines of different kinds are never pooled: those of other classes are in `travel` alone.
        """
        self._travel.take(trial)
        if trial.host and trial.host not in self._lead:
            return
        self._aggregates[trial.cell].take(trial)
        for text in trial.warnings:  # the A/A control is not shown, and runs the same code
            self._aggregates[structs.replace(trial.cell, control=False)].remarks.take(text)
        self._disturbance.take(trial)
        self._blocks.add(trial.block)
        self._probes += drift.probe_readings([trial])
        self._trials += 1

    def compare(self, id_: str) -> WorkloadResult:
        """Return the comparison of a workload's headline case, and little else: it is quick."""
        workload = self._workloads[id_]
        metric = workload.headline_metric
        cases = {HEADLINE: workload.cases[HEADLINE]}
        return self._conclude(replace(workload, cases=cases, metrics={metric.id: metric}))

    def conclude(self, *, measuring: bool = False) -> Analysis:
        """Return all that is known. `measuring` says that more trials are to come."""
        return Analysis(
            run=self._run,
            workloads={id_: self._conclude(one) for id_, one in self._workloads.items()},
            blocks=len(self._blocks),
            trials=self._trials,
            disturbed=self._disturbance.result(),
            probes=tuple(self._probes),
            measuring=measuring,
            travel=self._travel.conclude(),
        )

    def _conclude(self, workload: Workload) -> WorkloadResult:
        return _workload_result(self._run, workload, self._aggregates)


class _Aggregates(dict[Cell, CellAggregate]):
    """The aggregate of every cell; one without trials is empty."""

    def __init__(self, workloads: Mapping[str, Workload]) -> None:
        super().__init__()
        self._workloads = workloads
        # The workload whose calls do nothing.
        self.floor = next((id_ for id_, one in workloads.items() if one.is_floor), None)

    def __missing__(self, cell: Cell) -> CellAggregate:
        workload = self._workloads.get(cell.workload)
        if workload is None or cell.case not in workload.cases:
            raise Problem(
                f"found a trial of {cell.workload!r}, case {cell.case!r}, expected a case of the"
                f" run's workloads: {', '.join(self._workloads)}; its line must be removed from"
                " trials.jsonl"
            )
        case = workload.resolve(cell.case, cell.model)
        return self.setdefault(cell, CellAggregate(case))


def _workload_result(run: Run, workload: Workload, aggregates: _Aggregates) -> WorkloadResult:
    language = {model: runner.language for runner in run.runners for model in runner.models}
    absent = {
        absence.cell: absence for absence in run.absent if absence.cell.workload == workload.id
    }
    everything = [cell for cell in run.cells if cell.workload == workload.id] + list(absent)
    models = models_of(run)
    everything.sort(key=lambda cell: (models.index(cell.model), cell.contestant))
    points = workload
    if workload.grid and any(cell.case not in workload.grid_cases for cell in everything):
        # A map shows only these, and estimates of hundreds of cells take long.
        shown = {workload.headline_metric.id, *workload.grid.metrics, workload.grid.used}
        metrics = {id_: metric for id_, metric in workload.metrics.items() if id_ in shown}
        points = replace(workload, metrics=metrics)
    cases: dict[str, list[CellResult]] = {}
    for case in workload.cases:
        cells = [cell for cell in everything if cell.case == case and not cell.control]
        if case in workload.grid_cases:  # most points of a grid are not measured
            cells = [cell for cell in cells if aggregates[cell].statuses]
        if cells:
            of = points if case in workload.grid_cases else workload
            found = [
                _cell_result(run, of, cell, aggregates, language, absent.get(cell))
                for cell in cells
            ]
            cases[case] = compare_counts(found, workload.headline_metric)
    grid = {case: cells for case, cells in cases.items() if case in workload.grid_cases}
    others = {case: cells for case, cells in cases.items() if case not in grid}
    result = WorkloadResult(workload, others or grid, grid=grid)
    result = replace(result, controls=_find_controls(result, aggregates))
    by_cpu = _rank_by_cpu(result, aggregates)
    return replace(result, comparison=_compare(result, aggregates), by_cpu=by_cpu)


def _rank_by_cpu(result: WorkloadResult, aggregates: _Aggregates) -> WorkloadResult | None:
    """Return the headline case with CPU time as its only metric, or None if it has none.

    Contestants for which the load generator was the limit have a place here.
    """
    metric = result.workload.cpu_metric
    if metric is None or all(metric.id not in cell.metrics for cell in result.headline):
        return None
    cells = []
    for cell in result.headline:
        values = cell.series[metric.id].by_block
        found = replace(cell, values=values, unranked=None)
        own = aggregates[cell.cell]
        unranked = find_unranked(own, found, metric, _empty_call_ns(cell.cell, aggregates))
        cells.append(replace(found, unranked=unranked))
    ranking = WorkloadResult(
        replace(result.workload, metrics={metric.id: metric}),
        {result.headline_id: compare_counts(cells, metric)},
        controls=result.controls,
    )
    return replace(ranking, comparison=_compare(ranking, aggregates))


def _cell_result(
    run: Run,
    workload: Workload,
    cell: Cell,
    aggregates: _Aggregates,
    language: dict[str, str],
    absent: AbsentCell | None,
) -> CellResult:
    own = aggregates[cell]
    shown = [metric for metric in workload.metrics.values() if own.has_enough_for(metric)]
    metrics, lacking = _estimate_metrics(shown, cell, aggregates, language)
    headline = workload.headline_metric.id
    values = own.series[headline].values
    baseline = aggregates[Cell(workload.baseline, cell.case)].series[headline].values
    build = explain_build(cell.contestant, workload.baseline, run.runners) if metrics else ""
    result = CellResult(
        cell=cell,
        case=own.case,
        metrics=metrics,
        ratio=estimate_ratio(values, baseline),
        statuses=dict(own.statuses),
        message=own.message,
        peak_bytes=round(median(own.peaks)) if own.peaks else None,
        cores=median(own.cores) if own.cores else None,
        absent=absent,
        lacking=lacking if metrics else {},
        values=values.by_block,
        warnings=(*own.warnings(), *filter(None, [build])),
        curve=own.curve(),
        parked=own.points(),
        ladder=own.steps(),
        series={
            metric: own.series[metric].values if known in shown else BlockValues()
            for metric, known in workload.metrics.items()
        },
        requests=own.requests,
        gil_came_on=own.gil_came_on > 0,
    )
    empty_ns = _empty_call_ns(cell, aggregates)
    return replace(result, unranked=find_unranked(own, result, workload.headline_metric, empty_ns))


def _estimate_metrics(
    wanted: Iterable[Metric], cell: Cell, aggregates: _Aggregates, language: dict[str, str]
) -> tuple[dict[str, Estimate], dict[str, str]]:
    """Return the metrics of a cell, and why it lacks those that need a baseline."""
    own = aggregates[cell]
    metrics: dict[str, Estimate] = {}
    lacking: dict[str, str] = {}
    for metric in wanted:
        series = own.series[metric.id]
        found = None
        if not metric.baselines:
            found = series.estimate(_seed(cell, metric))
        elif base := _metric_baseline(metric, cell, language):
            found = _relate(metric, cell, series.values, aggregates[base].series[metric.id].values)
            lacking[metric.id] = f"no value of {base.model}"
        else:
            name = language.get(cell.model)
            where = f" in {units.language_name(name)}" if name else ""
            lacking[metric.id] = f"no baseline{where}"
        if found is not None:
            metrics[metric.id] = found
    return metrics, {id_: why for id_, why in lacking.items() if id_ not in metrics}


def _empty_call_ns(cell: Cell, aggregates: _Aggregates) -> float | None:
    """Return the time of a call that does nothing, of the same runner and model, if measured."""
    floor = aggregates.floor
    if floor is None:
        return None
    contestant = structs.replace(cell.contestant, workload=floor, variant="")
    found = aggregates.get(Cell(contestant, HEADLINE))
    return None if found is None else found.call_ns


def _seed(cell: Cell, metric: Metric) -> str:
    """Return the text that seeds the bootstrap of a metric.

    It is how a cell was printed in schema 1, so that published intervals stay as they are.
    """
    contestant = cell.contestant
    old = {
        "workload": contestant.workload,
        "case": cell.case,
        "model": contestant.model,
        "variant": contestant.variant,
        "control": cell.control,
    }
    if contestant.runtime != DEFAULT_RUNTIME:
        old["runtime"] = contestant.runtime
    return f"Cell({', '.join(f'{name}={value!r}' for name, value in old.items())}) {metric.id}"


def _metric_baseline(metric: Metric, cell: Cell, language: dict[str, str]) -> Cell | None:
    """Return the cell a ratio metric compares with: its own language's and runtime's baseline."""
    for model in metric.baselines:
        if language.get(model) == language.get(cell.model):
            runtime = cell.contestant.runtime
            return Cell(Contestant(cell.workload, model, runtime=runtime), cell.case)
    return None


def _relate(metric: Metric, cell: Cell, own: BlockValues, base: BlockValues) -> Estimate | None:
    """Return the difference, or the ratio that grows as this cell gets better or its value does."""
    if metric.relation == DIFFERENCE:
        return estimate_difference(own, base, _seed(cell, metric))
    if metric.better == "higher":
        return estimate_ratio(base, own)
    return estimate_ratio(own, base)


def _compare(result: WorkloadResult, aggregates: _Aggregates) -> Comparison:
    """Compare every two contestants of the headline case that are ranked, or will be.

    The others must not change what is found of these: every pair makes all p-values larger.
    """
    best_first = [cell.contestant for cell in ranked(result)]
    values = {
        cell.contestant: aggregates[cell.cell].series[result.metric.id].values
        for cell in result.headline
        if cell.contestant in best_first or (cell.unranked and cell.unranked.is_for_now)
    }
    control = result.controls.get(result.metric.id)
    return compare(values, control, best_first, result.workload.baseline)


def _find_controls(result: WorkloadResult, aggregates: _Aggregates) -> dict[str, Ratio]:
    """Return the A/A ratio of each metric in the headline case: a contestant against itself."""
    for cell, own in list(aggregates.items()):
        if cell.control and (cell.workload, cell.case) == (result.workload.id, result.headline_id):
            other = aggregates[structs.replace(cell, control=False)]
            ratios = {
                metric: estimate_ratio(series.values, other.series[metric].values)
                for metric, series in own.series.items()
            }
            return {metric: ratio for metric, ratio in ratios.items() if ratio is not None}
    return {}
