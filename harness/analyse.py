"""Records -> estimates: for every cell each metric with its interval, and the ratio to a baseline.

Pure. Reads the run's own copy of the workload files, so a run means the same when they change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from harness import catalog, stats
from harness.records import Cell, Status
from harness.workload import HEADLINE, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import AbsentCell, Run, Sample, Trial
    from harness.stats import Estimate
    from harness.workload import Case, Metric, Workload

BASELINE = "asyncio"  # what ratios are shown against where a workload has no baseline of its own


@dataclass(frozen=True)
class CellResult:
    """What is known of one cell."""

    cell: Cell
    metrics: dict[str, Estimate]  # by metric id; left out where nothing is known
    ratio: Estimate | None  # of the headline metric to the baseline, inside blocks
    statuses: dict[Status, int]
    message: str = ""  # of the last trial that failed
    peak_bytes: int | None = None  # median of the trials that tell
    absent: AbsentCell | None = None

    @property
    def contestant(self) -> str:
        """Model and variant as people read them."""
        return self.cell.contestant

    @property
    def failures(self) -> int:
        """How many trials were not ok."""
        return sum(n for status, n in self.statuses.items() if status is not Status.OK)

    @property
    def attempts(self) -> int:
        """How many trials there were."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class WorkloadResult:
    """What is known of one workload."""

    workload: Workload
    cases: dict[str, list[CellResult]]  # by case id; cells in the order of models
    ratios: dict[tuple[str, str], Estimate]  # headline metric, (this contestant, to that)

    @property
    def headline_id(self) -> str:
        """The headline case, or the first that was measured where that was not asked for."""
        return HEADLINE if HEADLINE in self.cases else next(iter(self.cases), HEADLINE)

    @property
    def headline(self) -> list[CellResult]:
        """The cells of that case."""
        return self.cases.get(self.headline_id, [])

    @property
    def metric(self) -> Metric:
        """The headline metric."""
        return next(iter(self.workload.metrics.values()))

    @property
    def models(self) -> tuple[str, ...]:
        """Every model in its order, those of external runners after our own."""
        return in_order(one.cell.model for cells in self.cases.values() for one in cells)


@dataclass(frozen=True)
class Analysis:
    """What is known of a run."""

    run: Run
    workloads: dict[str, WorkloadResult]
    blocks: int
    trials: int
    warnings: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Every model in its order, those of external runners after our own."""
        return _models(self.run)


def _models(run: Run) -> tuple[str, ...]:
    absent = (one.cell for one in run.absent)
    return in_order(cell.model for cell in (*run.cells, *absent))


@dataclass
class _Gathered:
    """The trials of one cell; values by metric and block."""

    statuses: Counter[Status] = field(default_factory=Counter)
    message: str = ""
    values: defaultdict[str, dict[int, float]] = field(
        default_factory=lambda: defaultdict(dict[int, float])
    )
    peaks: list[int] = field(default_factory=list)


def analyse(run: Run, trials: Iterable[Trial]) -> Analysis:
    """Analyse a run. Trials are taken in one by one and not kept."""
    workloads = {
        # It was checked before the run; some of these files may be from outside.
        id_: catalog.parse(id_, text, f"{id_}.toml", from_outside=True)
        for id_, text in run.workloads.items()
    }
    gathered: defaultdict[Cell, _Gathered] = defaultdict(_Gathered)
    warnings: Counter[str] = Counter()
    blocks: set[int] = set()
    count = 0
    for trial in trials:
        workload = workloads[trial.cell.workload]
        _gather(gathered[trial.cell], trial, workload)
        warnings.update(
            f"{trial.cell.workload}, {trial.cell.contestant}: {text}" for text in trial.warnings
        )
        blocks.add(trial.block)
        count += 1
    language = {model: one.language for one in run.runners for model in one.models}
    return Analysis(
        run=run,
        workloads={
            id_: _workload_result(run, workload, gathered, language)
            for id_, workload in workloads.items()
        },
        blocks=len(blocks),
        trials=count,
        warnings=tuple(f"{text} ({n} trials)" if n > 1 else text for text, n in warnings.items()),
    )


def _gather(into: _Gathered, trial: Trial, workload: Workload) -> None:
    into.statuses[trial.status] += 1
    if trial.status is not Status.OK:
        into.message = trial.message
        return
    if "peak_bytes" in trial.usage:
        into.peaks.append(trial.usage["peak_bytes"])
    case = workload.cases[trial.cell.case]
    for metric in workload.metrics.values():
        values = [
            value
            for sample in trial.samples
            if not sample.warmup
            and (value := metric_value(workload, case, metric, trial.cell.model, sample))
            is not None
        ]
        if values:
            into.values[metric.id][trial.block] = median(values)


def metric_value(
    workload: Workload, case: Case, metric: Metric, model: str, sample: Sample
) -> float | None:
    """Return a metric of one sample, before any ratio; None where something in it is not known."""
    names: dict[str, int | float | str | None] = {
        **case.params,
        "elapsed_ns": sample.elapsed_ns,
        "cpu_ns": sample.cpu_ns,
        "operations": sample.operations,
        "ideal_ns": workload.ideal_of(case, model),
    }
    known = {name: names[name] for name in metric.formula.names}
    if any(value is None for value in known.values()):
        return None
    try:
        return float(metric.formula(known))
    except ArithmeticError:
        return None


def _workload_result(
    run: Run, workload: Workload, gathered: dict[Cell, _Gathered], language: dict[str, str]
) -> WorkloadResult:
    absent = {one.cell: one for one in run.absent if one.cell.workload == workload.id}
    everything = [cell for cell in run.cells if cell.workload == workload.id] + list(absent)
    models = _models(run)
    everything.sort(key=lambda cell: (models.index(cell.model), cell.variant))
    cases: dict[str, list[CellResult]] = {}
    for case in workload.cases:
        cells = [cell for cell in everything if cell.case == case]
        if cells:
            cases[case] = [
                _cell_result(workload, cell, gathered, language, absent.get(cell)) for cell in cells
            ]
    result = WorkloadResult(workload, cases, {})
    result.ratios.update(_contrasts(result, gathered))
    return result


def _cell_result(
    workload: Workload,
    cell: Cell,
    gathered: dict[Cell, _Gathered],
    language: dict[str, str],
    absent: AbsentCell | None,
) -> CellResult:
    own = gathered.get(cell, _Gathered())
    metrics: dict[str, Estimate] = {}
    for metric in workload.metrics.values():
        name = f"{cell} {metric.id}"
        values = own.values[metric.id]
        if not metric.baselines:
            found = stats.estimate(list(values.values()), name)
        else:
            base = _baseline(metric, cell, language)
            found = (
                None
                if base is None
                else stats.ratio(_pairs(metric, values, gathered[base].values[metric.id]), name)
            )
        if found is not None:
            metrics[metric.id] = found
    headline = next(iter(workload.metrics))
    baseline = gathered.get(Cell(cell.workload, cell.case, BASELINE), _Gathered())
    return CellResult(
        cell=cell,
        metrics=metrics,
        ratio=stats.ratio(
            _in_blocks(own.values[headline], baseline.values[headline]), f"{cell} ratio"
        ),
        statuses=dict(own.statuses),
        message=own.message,
        peak_bytes=round(median(own.peaks)) if own.peaks else None,
        absent=absent,
    )


def _baseline(metric: Metric, cell: Cell, language: dict[str, str]) -> Cell | None:
    """Return the cell a ratio metric compares with: its language's own baseline."""
    for model in metric.baselines:
        if language.get(model) == language.get(cell.model):
            return Cell(cell.workload, cell.case, model)
    return None


def _pairs(
    metric: Metric, own: dict[int, float], base: dict[int, float]
) -> list[tuple[float, float]]:
    """Return the pairs whose ratio grows as this cell gets better, or as its value does."""
    if metric.better == "higher":
        return _in_blocks(base, own)
    return _in_blocks(own, base)


def _in_blocks(these: dict[int, float], those: dict[int, float]) -> list[tuple[float, float]]:
    return [(these[block], those[block]) for block in these if block in those]


def _contrasts(
    result: WorkloadResult, gathered: dict[Cell, _Gathered]
) -> dict[tuple[str, str], Estimate]:
    cells = {one.contestant: one.cell for one in result.headline}
    wanted = list(result.workload.contrasts)
    for ranking in filter(None, (ranked(result), ranked(result, plain=True))):
        wanted += [(other.contestant, ranking[0].contestant) for other in ranking[1:]]
    ratios = {}
    for this, to in wanted:
        if this in cells and to in cells:
            pairs = _in_blocks(
                gathered[cells[this]].values[result.metric.id],
                gathered[cells[to]].values[result.metric.id],
            )
            found = stats.ratio(pairs, f"{result.workload.id} {this} {to}")
            if found is not None:
                ratios[this, to] = found
    return ratios


def ranked(result: WorkloadResult, *, plain: bool = False) -> list[CellResult]:
    """Return the cells of the headline case that have a value and no failure, best first.

    `plain` leaves out variants.
    """
    known = [
        one
        for one in result.headline
        if result.metric.id in one.metrics and not one.failures and not (plain and one.cell.variant)
    ]
    sign = 1 if result.metric.better == "lower" else -1
    return sorted(known, key=lambda one: sign * one.metrics[result.metric.id].value)
