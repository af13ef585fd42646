"""Cost over one parameter: a panel per metric, and in it a line per model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness import units
from harness.analysis.findings import (
    LONGEST_TITLE,
    Title,
    client_limited,
    is_enough,
    unknown_lead,
)
from harness.catalog.workload import HEADLINE
from harness.presenting.figures import style, ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.catalog.parts import Case, Metric
    from harness.presenting.figures.style import Look
    from harness.statistics.estimates import Estimate

_WIDTH, _WIDEST, _BODY, _BELOW = 10.0, 11.9, 4.8, 0.6  # inches
_LEFT, _PANELS, _GAP = 0.65, 8.6, 0.45  # inches; the panels with the names beside them
_HEAD_LINE = 0.16  # inches, of each further line of a panel's heading
_NAMES = 1.2  # inches, enough for our own names
_MOST_PANELS = 2
_SMALLER = 0.9  # size of the names here, relative to names beside an axis
_LEAST_SHOWN = 0.005  # of the ideal: a smaller cost is below the resolution of the timers


class Point(NamedTuple):
    """The estimate of a metric at one value of the parameter."""

    x: int
    estimate: Estimate


def figure(analysis: Analysis, result: WorkloadResult, param: str) -> Figure:
    """Draw a workload along one parameter: a line per model, labelled at its end."""
    metrics = _shown_metrics(result, param)
    # Names longer than our own widen the sheet, as far as its small print stays readable.
    names = max(_NAMES, _SMALLER * style.name_width(result.models))
    wanted = _WIDTH + len(metrics) * (names - _NAMES)
    sheet_width = min(wanted, _WIDEST)
    missing = name_missing(result, result.workload.cases_along(param))
    unranked = _unranked(result, param)
    width = (_PANELS - (wanted - sheet_width)) / len(metrics) - _NAMES
    headings = [style.wrap(metric.heading, width) for metric in metrics]
    head = 0.3 + _HEAD_LINE * max(heading.count("\n") for heading in headings)
    sheet, bottom, top = style.sheet(
        sheet_width,
        _BODY,
        _title(result, param),
        result.workload.question,
        analysis,
        " ".join(
            filter(
                None,
                [
                    f"Not at every size: {missing}." if missing else "",
                    f"Not ranked: {unranked}." if unranked else "",
                ],
            )
        ),
    )
    looks = style.model_looks(analysis.models)
    for column, (metric, heading) in enumerate(zip(metrics, headings, strict=True)):
        axes = sheet.add_axes(
            (
                (_LEFT + column * (width + names + _GAP)) / sheet_width,
                bottom + _BELOW / sheet.get_figheight(),
                width / sheet_width,
                top - bottom - (_BELOW + head) / sheet.get_figheight(),
            )
        )
        axes.set_title(heading, fontsize=9, loc="left")
        _draw_panel(axes, result, metric, param, looks)
    return sheet


def _shown_metrics(result: WorkloadResult, param: str) -> list[Metric]:
    """Return the metrics with a line, at most two, the headline metric last."""
    drawn = [
        metric
        for metric in result.workload.metrics.values()
        if not metric.is_ratio and has_line(result, metric, param)
    ] or [result.metric]
    return drawn[:_MOST_PANELS][::-1]


def has_line(result: WorkloadResult, metric: Metric, param: str) -> bool:
    """Return whether a model has a value of this metric at two values of the parameter."""
    return any(len(_points(result, metric, model, param)) > 1 for model in result.models)


def _points(
    result: WorkloadResult, metric: Metric, model: str, param: str, *, ranked: bool = False
) -> list[Point]:
    """Return the points of a model's plain implementation, in the order of the parameter.

    A logarithmic axis has no place for zero. `ranked` leaves out those that are not ranked.
    """
    return [
        Point(int(case.params[param]), cell.metrics[metric.id])
        for case in result.workload.cases_along(param)
        for cell in result.cases.get(case.id, [])
        if cell.cell.model == model and cell.contestant.is_plain and metric.id in cell.metrics
        if cell.metrics[metric.id].value > 0
        if cell.unranked is None or not ranked
    ]


def _draw_panel(
    axes: Axes, result: WorkloadResult, metric: Metric, param: str, looks: Mapping[str, Look]
) -> None:
    workload = result.workload
    ideal = workload.compute_ideal_ns(workload.cases[HEADLINE], "") if workload.ideal_ns else None
    is_elapsed = metric.formula.names == {"elapsed_ns"}
    lines = {model: _points(result, metric, model, param) for model in result.models}
    if "ideal_ns" in metric.formula.names and ideal:
        # A cost within the resolution of the timers is noise. A logarithmic axis would show it as
        # the steepest line of the figure.
        lines = {
            model: [
                point for point in line if point.estimate.value * point.x > _LEAST_SHOWN * ideal
            ]
            for model, line in lines.items()
        }
    lines = {model: line for model, line in lines.items() if line}
    if not lines:
        axes.set_axis_off()
        return
    for model, line in lines.items():
        draw_line(axes, line, looks[model])
    _set_axes(axes, result, metric, param, list(lines.values()), ideal if is_elapsed else None)
    ends = [(line[-1].x, line[-1].estimate.value, model) for model, line in lines.items()]
    style.label_ends(axes, ends, looks)


def draw_line(axes: Axes, line: Sequence[Point], look: Look) -> None:
    """Draw the points of one model, each with its interval."""
    xs, ys = [point.x for point in line], [point.estimate.value for point in line]
    axes.plot(xs, ys, marker=look.marker, color=look.colour, ms=5, lw=1.3)
    for x, estimate in line:
        if estimate.low is not None and estimate.high is not None and estimate.low > 0:
            axes.plot([x, x], [estimate.low, estimate.high], color=look.colour, lw=2.2, alpha=0.5)


def _set_axes(
    axes: Axes,
    result: WorkloadResult,
    metric: Metric,
    param: str,
    lines: Sequence[Sequence[Point]],
    ideal: int | None,
) -> None:
    """Set limits, ticks and labels; `ideal`, in ns, is drawn if it is given."""
    sizes = sorted({point.x for line in lines for point in line})
    values = [point.estimate.value for line in lines for point in line]
    low, high = min(values) / 1.6, max(values) * 1.6
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(axis="both")
    unit = result.workload.params[param].unit
    axes.set_xlabel(param.replace("_", " ") if unit == "bytes" else f"number of {unit}")
    if ideal:
        low = min(low, ideal / 1.6)
        axes.axhline(ideal, color=style.FAINT, lw=1, ls=(0, (4, 3)))
        axes.text(
            sizes[0], ideal / 1.07, "ideal: one wait", fontsize=7.5, color=style.FAINT, va="top"
        )
    axes.set_ylim(low, high)
    axes.set_xlim(sizes[0] / 1.4, sizes[-1] * 1.4)
    ticks.set_log_ticks(axes.yaxis, low, high, metric.unit, 9)
    ticks.set_ticks(axes.xaxis, sizes, "bytes" if unit == "bytes" else "")
    axes.tick_params(labelsize=8)


def _title(result: WorkloadResult, param: str) -> Title:
    """Return the extremes at the largest size that was measured; which one wins is not tested."""
    metric, title = result.metric, result.workload.title
    by_size: dict[int, list[tuple[float, str, int]]] = {}
    for model in result.models:
        for x, estimate in _points(result, metric, model, param, ranked=True):
            by_size.setdefault(x, []).append((estimate.value, model, estimate.n))
    if not by_size:
        return Title(title, "nothing could be measured and ranked yet")
    largest = max(by_size)
    unit = result.workload.params[param].unit
    size = (
        units.format_trimmed(largest, unit)
        if unit == "bytes"
        else f"{largest:,} {units.unit_name(largest, unit)}"
    )
    subject = f"{title}, {size}"
    limited = client_limited(result.cases[_case_at(result, param, largest)])
    if limited:
        return Title(subject, unknown_lead(limited))
    ranked = sorted(by_size[largest], reverse=metric.better == "higher")
    ends = [ranked[0]] if len(ranked) == 1 else [ranked[0], ranked[-1]]
    if not is_enough(n for _, _, n in ends):
        return Title(subject, "")
    named = [f"{units.format_compact(value, metric.unit)} in {model}" for value, model, _ in ends]
    text = ", ".join(named)
    full = Title(subject, f"{metric.label} {text}")
    return full if len(full.text) <= LONGEST_TITLE else Title(subject, text)


def _case_at(result: WorkloadResult, param: str, value: int) -> str:
    """Return the id of the case with this value of the parameter."""
    cases = (case for case in result.workload.cases_along(param) if case.id in result.cases)
    return next(case.id for case in cases if case.params[param] == value)


def name_missing(result: WorkloadResult, cases: Iterable[Case]) -> str:
    """Name the models that lack one of these cases; the report has the reasons."""
    return _join_models(
        cell.cell.model
        for case in cases
        for cell in result.cases.get(case.id, [])
        if cell.contestant.is_plain
        if not cell.metrics and (cell.absent is not None or cell.failures)
    )


def _unranked(result: WorkloadResult, param: str) -> str:
    """Name the models that are drawn and not ranked at some size, by what is in the way."""
    found: dict[str, list[str]] = {}
    for case in result.workload.cases_along(param):
        for cell in result.cases.get(case.id, []):
            if cell.contestant.is_plain and cell.metrics and cell.unranked is not None:
                found.setdefault(cell.unranked.obstacle.value, []).append(cell.cell.model)
    return "; ".join(f"{_join_models(models)} ({why})" for why, models in found.items())


def _join_models(models: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(models))
