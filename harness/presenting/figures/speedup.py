"""Speed-up over a number of workers: a panel per setting, with a line per model and the ideal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import Title, is_enough
from harness.catalog.workload import CHECK
from harness.presenting.figures import style, ticks
from harness.presenting.figures.scaling import Point, draw_line, name_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.catalog.parts import Case, Metric
    from harness.presenting.figures.style import Look

    Lines = dict[str, list[Point]]  # model -> its points, by the parameter

_WIDTH, _BODY, _BELOW, _ABOVE = 10.0, 4.5, 0.6, 0.55  # inches
_LEFT, _NAMES, _GAP = 0.65, 1.15, 0.4  # inches; the names are beside each panel
_DASHES = (0, (4, 3))


def find_metric(result: WorkloadResult, param: str) -> Metric | None:
    """Return the metric whose best value is a formula of this parameter, if it has a line."""
    for metric in result.workload.metrics.values():
        if metric.ideal and param in metric.ideal.names and _settings(result, metric, param):
            return metric
    return None


def figure(analysis: Analysis, result: WorkloadResult, metric: Metric, param: str) -> Figure:
    """Draw a metric over a parameter, and its best value on as many cores as the machine has."""
    settings = _settings(result, metric, param)
    cores = analysis.run.machine.logical_cores
    missing = name_missing(result, [case for cases in settings.values() for case in cases])
    sheet, bottom, top = style.sheet(
        _WIDTH,
        _BODY,
        _title(result, metric, param, cores),
        result.workload.question,
        analysis,
        f"Not measured everywhere: {missing}." if missing else "",
    )
    height, count = sheet.get_figheight(), len(settings)
    width = (_WIDTH - _LEFT - (count - 1) * _GAP) / count - _NAMES
    looks = style.model_looks(analysis.models)
    for column, (label, cases) in enumerate(settings.items()):
        axes = sheet.add_axes(
            (
                (_LEFT + column * (width + _NAMES + _GAP)) / _WIDTH,
                bottom + _BELOW / height,
                width / _WIDTH,
                top - bottom - (_BELOW + _ABOVE) / height,
            )
        )
        lines = _lines(result, metric, param, cases)
        _draw_lines(axes, lines, looks)
        _draw_ideal(axes, metric, param, cases, cores)
        ends = [(line[-1].x, line[-1].estimate.value, model) for model, line in lines.items()]
        style.label_ends(axes, ends, looks)
        heading = style.wrap(metric.heading, width + _NAMES)
        axes.set_title(f"{label}\n{heading}" if label else heading, fontsize=9, loc="left")
        axes.set_xlabel(f"number of {result.workload.params[param].unit}")
    return sheet


def _settings(result: WorkloadResult, metric: Metric, param: str) -> dict[str, list[Case]]:
    """Return the cases of each line, by the label that they have in common."""
    found: dict[tuple[object, ...], list[Case]] = {}
    for case in result.workload.cases.values():
        if case.id != CHECK and case.id in result.cases:
            others = tuple(value for name, value in case.params.items() if name != param)
            found.setdefault(others, []).append(case)
    lines = {}
    for cases in found.values():
        cases.sort(key=lambda case: int(case.params[param]))
        if any(len(line) > 1 for line in _lines(result, metric, param, cases).values()):
            lines[next((case.label for case in cases if case.label), "")] = cases
    return lines


def _lines(result: WorkloadResult, metric: Metric, param: str, cases: Sequence[Case]) -> Lines:
    """Return the points of plain implementations; the baselines themselves are left out."""
    lines: Lines = {}
    for case in cases:
        for cell in result.cases[case.id]:
            known = cell.contestant.is_plain and metric.id in cell.metrics
            if known and cell.cell.model not in metric.baselines:
                point = Point(int(case.params[param]), cell.metrics[metric.id])
                lines.setdefault(cell.cell.model, []).append(point)
    return lines


def _draw_lines(axes: Axes, lines: Lines, looks: Mapping[str, Look]) -> None:
    for model, line in lines.items():
        draw_line(axes, line, looks[model])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(axis="both")
    axes.tick_params(labelsize=8)
    values = [point.estimate.value for line in lines.values() for point in line]
    axes.set_ylim(min(*values, 1) / 1.3, max(*values, 1) * 1.3)


def _draw_ideal(axes: Axes, metric: Metric, param: str, cases: Sequence[Case], cores: int) -> None:
    """Draw the best value up to the number of cores, and the baseline at 1x."""
    assert metric.ideal is not None, "only such metrics are drawn here"
    sizes = [int(case.params[param]) for case in cases]
    best = [min(cores, float(metric.ideal(case.params))) for case in cases]
    bends = sorted({*zip(sizes, best, strict=True), (cores, float(cores))})
    shown = [(x, y) for x, y in bends if sizes[0] <= x <= sizes[-1]]
    axes.plot(*zip(*shown, strict=True), color=style.FAINT, lw=1.1, ls=_DASHES)
    axes.axhline(1, color=style.FAINT, lw=0.8)
    low, high = axes.get_ylim()
    high = max(high, 1.3 * max(best))
    axes.set_ylim(low, high)
    axes.set_xlim(sizes[0] / 1.2, sizes[-1] * 1.2)
    x, y = shown[-1]
    name = f"ideal, {cores} cores"
    axes.text(x, 1.03 * y, name, fontsize=7.5, color=style.FAINT, ha="right", va="bottom")
    ticks.set_log_ticks(axes.yaxis, low, high, metric.unit, 9)
    ticks.set_ticks(axes.xaxis, sizes, "")


def _title(result: WorkloadResult, metric: Metric, param: str, cores: int) -> Title:
    """Return the extremes with one worker per core, or with the most that were measured."""
    title = result.workload.title
    cases = result.workload.cases_along(param)
    by_size: dict[int, list[tuple[float, str, int]]] = {}
    for model, line in _lines(
        result, metric, param, [case for case in cases if case.id in result.cases]
    ).items():
        for x, estimate in line:
            by_size.setdefault(x, []).append((estimate.value, model, estimate.n))
    if not by_size:
        return Title(title, "nothing could be measured yet")
    size = max((x for x in by_size if x <= cores), default=min(by_size))
    unit = result.workload.params[param].unit
    heading = f"{title}, {size:,} {units.unit_name(size, unit)}"
    ranked = sorted(by_size[size], reverse=metric.better == "higher")
    if not is_enough(n for _, _, n in ranked):
        return Title(heading, "")
    ends = [ranked[0]] if len(ranked) == 1 else [ranked[0], ranked[-1]]
    named = (f"{units.format_compact(value, metric.unit)} in {model}" for value, model, _ in ends)
    return Title(heading, ", ".join(named))
