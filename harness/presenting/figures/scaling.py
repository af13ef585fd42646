"""A sweep: the time of all the work over its size, and what each piece of it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.catalog.workload import HEADLINE
from harness.presenting.figures import style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.catalog.workload import Metric
    from harness.presenting.figures.style import Look
    from harness.statistics.estimates import Estimate

_WIDTH, _WIDEST, _BODY, _BELOW = 10.0, 11.9, 4.8, 0.6  # inches
_LEFT, _PANELS, _GAP = 0.65, 8.6, 0.45  # inches; the panels with the names beside them
_NAMES = 1.2  # inches, which take all of our own names
_MOST_PANELS = 2
_SMALLER = 0.9  # than beside an axis is how the names are written here
_LEAST_SHOWN = 0.005  # of the ideal: less than this over it is lost in the timers


def figure(analysis: Analysis, result: WorkloadResult, param: str) -> Figure:
    """Draw a workload along one parameter: each contestant a line, labelled at its end."""
    workload = result.workload
    stops = _stops(result, param)
    drawn = [
        metric
        for metric in workload.metrics.values()
        if not metric.baselines and _has_line(result, metric, param)
    ] or [result.metric]
    metrics = drawn[:_MOST_PANELS][::-1]
    # Names longer than our own widen the sheet; as far as its small print can be read on a page.
    names = max(_NAMES, _SMALLER * style.name_width(result.models))
    wanted = _WIDTH + len(metrics) * (names - _NAMES)
    sheet_width = min(wanted, _WIDEST)
    sheet, bottom, top = style.sheet(
        sheet_width,
        _BODY,
        f"{workload.title}: {_finding(result, param)}",
        workload.question,
        analysis,
        f"Where a line stops: {stops}." if stops else "",
    )
    width = (_PANELS - (wanted - sheet_width)) / len(metrics) - _NAMES
    for column, metric in enumerate(metrics):
        axes = sheet.add_axes(
            (
                (_LEFT + column * (width + names + _GAP)) / sheet_width,
                bottom + _BELOW / sheet.get_figheight(),
                width / sheet_width,
                top - bottom - (_BELOW + 0.3) / sheet.get_figheight(),
            )
        )
        _panel(axes, result, metric, param, style.looks(analysis.models))
    return sheet


def _has_line(result: WorkloadResult, metric: Metric, param: str) -> bool:
    return any(len(_points(result, metric, model, param)) > 1 for model in result.models)


def _points(
    result: WorkloadResult, metric: Metric, model: str, param: str
) -> list[tuple[int, Estimate, CellResult]]:
    points = []
    for case in result.workload.cases_along(param):
        for one in result.cases.get(case.id, []):
            if one.cell.model == model and one.contestant.is_plain and metric.id in one.metrics:
                x = int(case.params[param])
                points.append((x, one.metrics[metric.id], one))
    return points


def _panel(
    axes: Axes, result: WorkloadResult, metric: Metric, param: str, looks: Mapping[str, Look]
) -> None:
    workload = result.workload
    ends: list[tuple[float, float, str]] = []
    everything: list[float] = []
    sizes: set[int] = set()
    ideal = workload.ideal_of(workload.cases[HEADLINE], "") if workload.ideal_ns else None
    is_elapsed = metric.formula.names == {"elapsed_ns"}
    for model in result.models:
        points = [
            point
            for point in _points(result, metric, model, param)
            # What is within the timers' own resolution of the ideal is not a cost; on a
            # logarithmic axis it would draw noise as the steepest line of the figure.
            if is_elapsed or not ideal or point[1].value * point[0] > _LEAST_SHOWN * ideal
        ]
        if not points:
            continue
        look = looks[model]
        xs, ys = [x for x, _, _ in points], [e.value for _, e, _ in points]
        axes.plot(xs, ys, marker=look.marker, color=look.colour, ms=5, lw=1.3)
        for x, estimate, _ in points:
            if estimate.low is not None and estimate.high is not None and estimate.low > 0:
                axes.plot(
                    [x, x], [estimate.low, estimate.high], color=look.colour, lw=2.2, alpha=0.5
                )
        ends.append((xs[-1], ys[-1], model))
        everything += ys
        sizes.update(xs)
    if not everything:
        axes.set_axis_off()
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(axis="both")
    unit = workload.params[param].unit
    axes.set_xlabel(param.replace("_", " ") if unit == "bytes" else f"{unit}, N")
    low, high = min(everything) / 1.6, max(everything) * 1.6
    if is_elapsed and ideal:
        low = min(low, ideal / 1.6)
        axes.axhline(ideal, color=style.FAINT, lw=1, ls=(0, (4, 3)))
        axes.text(
            min(sizes), ideal / 1.07, "ideal: one wait", fontsize=7.5, color=style.FAINT, va="top"
        )
    axes.set_ylim(low, high)
    axes.set_xlim(min(sizes) / 1.4, max(sizes) * 1.4)
    style.human_log_ticks(axes.yaxis, low, high, metric.unit, 9)
    style.place_ticks(axes.xaxis, sorted(sizes), "bytes" if unit == "bytes" else "")
    axes.tick_params(labelsize=8)
    better = "less" if metric.better == "lower" else "more"
    axes.set_title(f"{metric.label} ({better} is better)", fontsize=9, loc="left")
    style.label_ends(axes, ends, looks)


def _finding(result: WorkloadResult, param: str) -> str:
    """Say who gets furthest, and who costs least there."""
    metric = result.metric
    best: dict[int, list[tuple[float, str]]] = {}
    for model in result.models:
        for x, estimate, _ in _points(result, metric, model, param):
            best.setdefault(x, []).append((estimate.value, model))
    if not best:
        return "nothing could be measured yet"
    largest = max(best)
    ranked = sorted(best[largest], reverse=metric.better == "higher")
    unit = result.workload.params[param].unit
    at = (
        units.format_trimmed(largest, unit)
        if unit == "bytes"
        else f"{largest:,} {units.unit_name(largest, unit)}"
    )
    least = f"{ranked[0][1]} at {units.format_value(ranked[0][0], metric.unit)}"
    if len(ranked) == 1:
        return f"at {at}, only {least}"
    most = f"{ranked[-1][1]} at {units.format_value(ranked[-1][0], metric.unit)}"
    return f"{len(ranked)} models reach {at}, from {least} to {most}"


def _stops(result: WorkloadResult, param: str) -> str:
    """Name the models that stop before the end, and where, failures included."""
    said: dict[str, str] = {}
    for case in result.workload.cases_along(param):
        for one in result.cases.get(case.id, []):
            if not one.contestant.is_plain or one.metrics or one.cell.model in said:
                continue
            if one.absent is not None:
                said[one.cell.model] = one.absent.reason
            elif one.failures:
                statuses = ", ".join(status.words for status in one.statuses)
                said[one.cell.model] = f"{statuses} at {case.id}"
    return "; ".join(f"{model}: {why}" for model, why in said.items())
