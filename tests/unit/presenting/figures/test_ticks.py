"""Tick labels: short enough to stand side by side."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from harness.presenting.figures import ticks


@pytest.mark.parametrize(
    ("value", "unit", "label"),
    [
        (0, "tasks", "0"),
        (1, "tasks", "1 task"),
        (1_000, "tasks", "1,000 tasks"),
        (10_000, "tasks", "10k"),
        (2_000_000, "tasks", "2M"),
        (0.01, "%", "0.01%"),
        (100, "%", "100%"),
        (50_000, "ns/task", "50 µs"),
        (20_000, "messages/s", "20k/s"),
    ],
)
def test_a_tick_has_its_unit_and_few_digits(value: float, unit: str, label: str) -> None:
    axes = Figure().add_subplot()
    axes.set_xlim(0, 2 * value + 1)
    ticks.set_ticks(axes.xaxis, [value], unit)
    assert axes.xaxis.get_major_formatter()(value) == label


@pytest.mark.parametrize(("unit", "most"), [("ns", 4), ("tasks", 3)])
def test_ticks_with_words_are_fewer(unit: str, most: int) -> None:
    axes = Figure(figsize=(3, 1), dpi=100).add_axes((0, 0, 1, 1))
    ticks.set_x_scale(axes, unit, [1, 1], [1_000, 1_000])
    assert 2 <= len(axes.get_xticks()) <= most


def test_a_narrow_logarithmic_axis_has_ticks_between_1_and_2() -> None:
    axes = Figure().add_subplot()
    ticks.set_log_ticks(axes.yaxis, 0.68, 2.6, "x", 9)
    assert list(axes.get_yticks()) == pytest.approx([0.7, 1, 1.5, 2])
    ticks.set_log_ticks(axes.yaxis, 0.68, 26, "x", 9)
    assert list(axes.get_yticks()) == pytest.approx([1, 2, 5, 10, 20])


def test_labels_that_would_touch_are_fewer_and_round() -> None:
    axes = Figure(figsize=(1, 1), dpi=100).add_axes((0, 0, 1, 1))
    ticks.set_x_scale(axes, "cores", [0.2, 0.2], [1.5, 1.5])
    assert list(axes.get_xticks()) == [1]
