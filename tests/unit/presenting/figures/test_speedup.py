"""The figure of a speed-up: a panel per setting, with the ideal up to the number of cores."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from harness.presenting.figures import _makers, speedup
from tests.support.scenes import Otherwise, scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis
    from harness.results.records import Trial

CORES = 8  # of the machine of the scenes
SEQUENTIAL_NS = 10_000


def workers_in(case: str) -> int:
    return int(case.rpartition("-")[2]) if "-" in case else 2


def faster_on_more_workers(usual: Trial) -> Trial:
    """Processes run at full speed on each core; all others run as fast as one worker."""
    workers = workers_in(usual.cell.case) if usual.cell.model == "processes" else 1
    times = [
        structs.replace(sample, elapsed_ns=SEQUENTIAL_NS * sample.operations // min(workers, CORES))
        for sample in usual.samples
    ]
    return structs.replace(usual, samples=tuple(times))


@cache
def analysed() -> Analysis:
    models = ("sequential", "threads", "processes")
    fate = Otherwise(faster_on_more_workers)
    return scene(("speedup",), models=models, fate=fate, every_case=True)


def drawn() -> Figure:
    result = analysed().workloads["speedup"]
    return speedup.figure(analysed(), result, result.workload.metrics["speedup"], "workers")


def test_each_setting_has_a_panel_with_the_models_that_it_applies_to() -> None:
    own, shared = drawn().axes
    assert own.get_title("left").startswith("a table for each worker\n")
    assert shared.get_title("left").startswith("one table for all workers\n")
    assert [text.get_text() for text in own.texts][1:] == ["threads", "processes"]
    assert [text.get_text() for text in shared.texts][1:] == ["threads"]


def test_the_ideal_rises_with_the_workers_up_to_the_number_of_cores() -> None:
    own, _ = drawn().axes
    ideal = next(line for line in own.lines if line.get_linestyle() == "--")
    assert list(zip(*ideal.get_data(), strict=True)) == [
        (workers, min(workers, CORES)) for workers in (1, 2, 4, 8, 16, 32)
    ]


def test_a_line_is_the_speed_up_over_sequential_code() -> None:
    own, _ = drawn().axes
    lines = [line for line in own.lines if line.get_marker() == "P"]
    assert [list(line.get_ydata()) for line in lines] == [
        pytest.approx([min(workers, CORES) for workers in (1, 2, 4, 8, 16, 32)])
    ]


def test_the_title_names_the_extremes_with_a_worker_for_each_core() -> None:
    assert (
        drawn().texts[0].get_text() == "Speed-up, 8 workers: 8.00x in processes, 1.00x in threads"
    )


def test_it_is_the_figure_of_a_sweep_whose_metric_has_an_ideal() -> None:
    makers = dict(_makers(analysed(), (), (), {}, None))
    made = makers["speedup-scaling"]
    assert isinstance(made, partial)
    assert made.func is speedup.figure


def test_a_metric_without_an_ideal_is_not_a_speed_up() -> None:
    result = scene(("sumsquares",)).workloads["sumsquares"]
    assert speedup.find_metric(result, "n") is None
