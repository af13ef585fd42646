"""Latency by case: a panel per case, and in it a bar per model from the median to the worst.

Cases that differ in where work runs stand in a grid: a row per place, a column per kind of work.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import Title, is_enough
from harness.catalog.workload import CHECK
from harness.presenting.figures import style, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.parts import Case, LateLimit
    from harness.catalog.workload import Workload
    from harness.presenting.figures.style import Look

    CaseCells = list[tuple[Case, dict[str, CellResult]]]  # cells by model

_WIDTH, _COLUMNS = 11.0, 3
_ROW, _HEAD, _FOOT, _GAP = 0.15, 0.45, 0.3, 0.2  # inches
_MEDIAN, _TAIL, _WORST = 0.5, 0.99, 1.0  # shares of the latencies
_LEAST_SHOWN_NS = 10_000.0


def has_bars(result: WorkloadResult) -> bool:
    """Return whether several cases have latencies, so that they can be compared."""
    return result.workload.shape == "latency" and len(_cases(result)) > 1


def figure(analysis: Analysis, result: WorkloadResult) -> Figure:
    """Draw the median, the 99th percentile and the worst latency of each model in each case."""
    cases = _cases(result)
    rows = [_Row(result, own) for own in _split_rows(result.workload, cases)]
    left = style.name_width([model for row in rows for model in row.models])
    width = (_WIDTH - left - 0.25) / max(len(row.cases) for row in rows)
    sheet, _, top = style.sheet(
        _WIDTH,
        sum(row.height for row in rows),
        Title(result.workload.title, _finding(cases, result.workload.late)),
        result.workload.question,
        analysis,
        "Stroke: median. End of the bar: p99. Marker: worst. Shaded: how long the other work lasts."
        " Empty: not applicable.",
        intervals=False,
    )
    height = sheet.get_figheight()
    looks, span = style.model_looks(analysis.models), _span(cases)
    for row in rows:
        top -= (_HEAD + row.panel) / height
        for column, (case, cells) in enumerate(row.cases):
            axes = sheet.add_axes(
                (
                    (left + column * width) / _WIDTH,
                    top,
                    (width - _GAP) / _WIDTH,
                    row.panel / height,
                )
            )
            name = style.wrap(case.label or case.id, width - _GAP)
            axes.set_title(name, fontsize=8.5, loc="left", pad=4)
            _panel(axes, case, [(looks[model], cells.get(model)) for model in row.models], span)
            axes.set_yticks(
                range(len(row.models)), row.models if column == 0 else [""] * len(row.models)
            )
            axes.tick_params(axis="y", length=0, labelsize=7.5)
        top -= _FOOT / height
    return sheet


class _Row:
    """A row of panels, with the models that have a bar in any of them."""

    def __init__(self, result: WorkloadResult, cases: CaseCells) -> None:
        self.cases = cases
        self.models = [model for model in result.models if any(model in own for _, own in cases)]
        self.panel = _ROW * len(self.models)  # inches
        self.height = _HEAD + self.panel + _FOOT


def _split_rows(workload: Workload, cases: CaseCells) -> list[CaseCells]:
    """Return the cases of each row, from the left.

    If groups of cases stand for the values of a parameter, each value has a row. Work that is in
    most rows is at the left, so that the same work is in the same column.
    """
    param = _place_param(workload, [case for case, _ in cases])
    if param is None:
        return [cases[first : first + _COLUMNS] for first in range(0, len(cases), _COLUMNS)]
    rows: dict[object, CaseCells] = {}
    for case, cells in cases:
        rows.setdefault(case.params[param], []).append((case, cells))
    counts = Counter(_kind(workload, case, param) for case, _ in cases)
    for row in rows.values():
        row.sort(key=lambda item: -counts[_kind(workload, item[0], param)])
    return list(rows.values())


def _kind(workload: Workload, case: Case, place: str) -> tuple[object, ...]:
    """Return what a case does, wherever it does it and however often."""
    apart = {place, *workload.operations.names}
    return tuple(value for name, value in case.params.items() if name not in apart)


def _place_param(workload: Workload, cases: Sequence[Case]) -> str | None:
    """Return the parameter with few values of which each group of cases has one."""
    for name, param in workload.params.items():
        values: dict[str, set[object]] = {}
        for case in cases:
            if case.group:
                values.setdefault(case.group, set()).add(case.params[name])
        number = len({case.params[name] for case in cases})
        if (
            param.choices
            and 1 < number <= _COLUMNS
            and all(len(own) == 1 for own in values.values())
        ):
            return name
    return None


def _cases(result: WorkloadResult) -> CaseCells:
    """Return the cases that have latencies, each with its plain cells by model."""
    found = [
        (
            result.workload.cases[case],
            {cell.cell.model: cell for cell in cells if cell.curve and cell.contestant.is_plain},
        )
        for case, cells in result.cases.items()
        if case != CHECK
    ]
    return [(case, cells) for case, cells in found if cells]


def _span(cases: CaseCells) -> tuple[float, float]:
    """Return the ends of the axis that all panels share, in ns."""
    values = [
        ns
        for _, cells in cases
        for cell in cells.values()
        for share, ns in cell.curve
        if share >= _MEDIAN
    ]
    return max(min(values), _LEAST_SHOWN_NS) / 1.6, max(values) * 1.6


def _panel(
    axes: Axes,
    case: Case,
    rows: list[tuple[Look, CellResult | None]],
    span: tuple[float, float],
) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*span)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    ticks.set_log_ticks(axes.xaxis, *span, "ns", 5)
    axes.tick_params(axis="x", labelsize=7.5)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    if case.disturbance_ns:
        axes.axvspan(span[0], case.disturbance_ns, color=style.BAND, zorder=0, lw=0)
    for row, (look, cell) in enumerate(rows):
        if cell is not None:
            _bar(axes, row, look, dict(cell.curve), span[0])


def _bar(axes: Axes, row: int, look: Look, curve: dict[float, float], least_ns: float) -> None:
    """Draw the latencies of one model; `curve` is ns by share."""
    worst = max(curve[_WORST], least_ns)
    median, tail = (max(curve.get(share, worst), least_ns) for share in (_MEDIAN, _TAIL))
    colour = look.colour
    axes.plot([median, worst], [row, row], color=colour, lw=1.0, alpha=0.6)
    axes.plot([median, tail], [row, row], color=colour, lw=4.0, alpha=0.4, solid_capstyle="butt")
    axes.plot([median, median], [row - 0.3, row + 0.3], color=colour, lw=1.6)
    axes.plot([worst], [row], color=colour, marker=look.marker, ms=5)


def _finding(cases: CaseCells, late: LateLimit | None) -> str:
    """Return how many models are late in each group of cases; without a limit, the extremes.

    Too few blocks show nothing.
    """
    cases = [
        (case, {model: cell for model, cell in cells.items() if cell.is_sound})
        for case, cells in cases
    ]
    counts = [cell.attempts for _, cells in cases for cell in cells.values()]
    if not counts or not is_enough(counts):
        return ""
    if late is None:
        return _extremes(cases)
    able: dict[str, set[str]] = {}
    missed: dict[str, set[str]] = {}
    for case, cells in cases:
        able.setdefault(case.group, set()).update(cells)
        missed.setdefault(case.group, set()).update(
            model for model, cell in cells.items() if dict(cell.curve)[_WORST] > late.limit_ns
        )
    if not any(missed.values()):
        return f"no model misses {late.event}"
    named = sorted(able.items(), key=lambda item: not item[0])  # cases without a group are last
    (group, models), *rest = [item for item in named if item[0] or missed[item[0]]]
    word = "model misses" if len(models) == 1 else "models miss"
    first = f"{len(missed[group])} of {len(models)} {word} {late.event} {group}".rstrip()
    others = (
        f"{len(missed[group])} of {len(models)} {group or 'in other cases'}"
        for group, models in rest
    )
    return ", ".join((first, *others))


def _extremes(cases: CaseCells) -> str:
    worst = sorted(
        (dict(cell.curve)[_WORST], model, case.label or case.id)
        for case, cells in cases
        for model, cell in cells.items()
    )
    (least_ns, least, _), (most_ns, most, case) = worst[0], worst[-1]
    return (
        f"worst latency from {units.format_time(least_ns, 2)} ({least}) to"
        f" {units.format_time(most_ns, 2)} ({most}, {case})"
    )
