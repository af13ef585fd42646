"""Figures of a run, as PNG and SVG; the only importer of matplotlib."""

from __future__ import annotations

import os
import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.choice_map import maps_of
from harness.analysis.drift import LEAST_PROBES
from harness.analysis.first_look import first_look
from harness.analysis.run_results import FEW_WORKLOADS, by_topic
from harness.analysis.runtimes import is_compared
from harness.analysis.versus import default_pair, head_to_head
from harness.errors import Exit, Problem
from harness.presenting.figures import (
    behaviours,
    choice_map,
    contestants,
    drift,
    ladder,
    lanes,
    latency_bars,
    overview,
    overview_table,
    percentiles,
    runtimes,
    scaling,
    scorecard,
    slopes,
    speedup,
    style,
    travel,
    versus,
)
from harness.presenting.figures.two_processes import write_shared
from harness.traces.scene import FIGURES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.analysis.versus import HeadToHead
    from harness.behaviours.judge import Row
    from harness.claims.judgement import JudgedClaim
    from harness.traces.store import SceneTraces

    _Maker = Callable[[], Figure]


KINDS = ("svg", "png")


def draw(
    analysis: Analysis,
    folder: Path,
    judged: Sequence[JudgedClaim] = (),
    *,
    only: Collection[str] | None = None,
    workloads: Collection[str] | None = None,
    kinds: Sequence[str] = KINDS,
    stop: Callable[[], bool] = lambda: False,
    failed: Callable[[str, Exception], None] | None = None,
    observed: Sequence[Row] = (),
    traced: Mapping[str, SceneTraces] = MappingProxyType({}),
    shared: bool = False,
) -> list[Path]:
    """Draw every figure of a run into `folder`; returns the files of the last of `kinds`.

    The overview is first. `judged` are the claims for the scorecard, `observed` the behaviours,
    `traced` the traces by scene. With `only`, draws just the figures of these names, as far as the
    run has them; with `workloads`, of workloads only theirs. `stop` is asked before each figure.
    `failed` gets the name of a figure that cannot be made, and the error; the others are drawn.
    Without `failed`, the error is raised. With `shared`, another process draws half of them, and
    calls `failed` there.

    Raises Problem if a file cannot be written.
    """
    makers = (
        (name, make)
        for name, make in _makers(analysis, judged, observed, traced, workloads)
        if only is None or name in only
    )
    return _write(makers, analysis, folder, kinds, stop, failed, shared=shared)


def names(
    analysis: Analysis,
    judged: Sequence[JudgedClaim] = (),
    observed: Sequence[Row] = (),
    traced: Mapping[str, SceneTraces] = MappingProxyType({}),
) -> list[str]:
    """Return the names of the figures of a run, in their order, without drawing them."""
    return [name for name, _ in _makers(analysis, judged, observed, traced, None)]


def draw_pair(analysis: Analysis, folder: Path, pair: HeadToHead) -> list[Path]:
    """Draw two contestants head to head into `folder`; returns the PNG. Raises Problem."""
    makers = [(pair_name(pair), partial(versus.figure, analysis, pair))]
    return _write(makers, analysis, folder, KINDS)


def pair_name(pair: HeadToHead) -> str:
    """Return the name of the figure of a pair: `versus-asyncio-go`."""
    names = re.findall(r"[\w.-]+", f"{pair.first} {pair.second}")
    return "-".join(["versus", *names])


def _write(
    makers: Iterable[tuple[str, _Maker]],
    analysis: Analysis,
    folder: Path,
    kinds: Sequence[str],
    stop: Callable[[], bool] = lambda: False,
    failed: Callable[[str, Exception], None] | None = None,
    *,
    shared: bool = False,
) -> list[Path]:
    """Make figures and save each; returns the files of the last of `kinds`. Raises Problem."""

    def write(some: Sequence[tuple[str, _Maker]]) -> list[Path]:
        written = []
        for name, make in some:
            if stop():
                break
            figure = _make(name, make, failed)
            if figure is None:
                continue
            for kind in kinds:
                path = folder / f"{name}.{kind}"
                _save(figure, path, kind, first_look(analysis) if analysis.measuring else "")
            written.append(path)
        return written

    try:
        folder.mkdir(exist_ok=True)
        with style.applied():
            return write_shared(write, list(makers), stop) if shared else write(list(makers))
    except OSError as error:
        is_file = isinstance(error, FileExistsError)
        advice = "move this file away" if is_file else "free some space or make it writable"
        raise Problem(
            f"{folder}: figures cannot be written: {error.strerror}; the measurements are safe:"
            f" {advice}, then: loombench plot",
            Exit.NOT_POSSIBLE,
        ) from None


def _make(
    name: str, make: _Maker, failed: Callable[[str, Exception], None] | None
) -> Figure | None:
    """Make a figure. One that fails must not take the others with it."""
    try:
        return make()
    except Exception as error:
        if failed is None:
            raise
        failed(name, error)
        return None


def _save(figure: Figure, path: Path, kind: str, description: str) -> None:
    """Write a figure to a temporary file and rename it, so that readers never see half of it.

    The description and the height of the title are kept inside the file; `report` asks for them.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # The title of the file is what a page reads out to people who cannot see the picture.
        title = units.printable(" ".join(figure.texts[0].get_text().split()))
        metadata = {**style.METADATA[kind], "Title": title, "Source": str(figure.get_label())}
        if description:
            metadata["Description"] = description
        figure.savefig(part, format=kind, metadata=metadata)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def save(figure: Figure, path: Path) -> None:
    """Write a figure that belongs to no run, in the format that the name of the file says."""
    _save(figure, path, path.suffix.removeprefix("."), "")


def _makers(
    analysis: Analysis,
    judged: Sequence[JudgedClaim],
    observed: Sequence[Row],
    traced: Mapping[str, SceneTraces],
    workloads: Collection[str] | None,
) -> Iterator[tuple[str, _Maker]]:
    """Yield the name of every figure that a run has, with the function that makes it."""
    is_few = len(analysis.workloads) <= FEW_WORKLOADS
    yield "overview", partial((overview if is_few else overview_table).figure, analysis)
    yield from _runtime_makers(analysis)
    if pair := default_pair(analysis):
        yield "versus", partial(versus.figure, analysis, head_to_head(analysis, *pair))
    for topic, page in scorecard.pages(analysis, judged).items():
        name = "-".join(["claims", *topic.replace(",", "").split()])
        yield name, partial(scorecard.figure, analysis, judged, topic, page)
    if behaviours.answered(observed):
        yield "behaviours", partial(behaviours.figure, analysis, observed)
    for id_, scene in traced.items():
        yield f"{FIGURES}{id_}", partial(lanes.of_scene, scene)
    for id_, result in analysis.workloads.items():
        if workloads is not None and id_ not in workloads:
            continue
        yield id_, partial(contestants.figure, analysis, result)
        if len(result.cases) > 1:
            yield from _line_makers(analysis, id_, result)
        yield from _special_makers(analysis, id_, result)
    if len(analysis.probes) >= LEAST_PROBES:
        yield "drift", partial(drift.figure, analysis)
    if analysis.travel is not None:
        yield "travel", partial(travel.figure, analysis)


def _line_makers(
    analysis: Analysis, id_: str, result: WorkloadResult
) -> Iterator[tuple[str, _Maker]]:
    """Yield the figures of a workload over its parameters."""
    for param in result.workload.line_params:
        if not scaling.has_line(result, result.metric, param):
            continue  # a point is no line; while measuring, it may become one
        swept = result.workload.sweep is not None and result.workload.sweep.param == param
        name = f"{id_}-scaling" if swept else f"{id_}-over-{param}"
        metric = speedup.find_metric(result, param)
        if metric is None:
            yield name, partial(scaling.figure, analysis, result, param)
        else:
            yield name, partial(speedup.figure, analysis, result, metric, param)


def _runtime_makers(analysis: Analysis) -> Iterator[tuple[str, _Maker]]:
    """Yield the figures that compare runtimes: one, or one for each topic of many workloads."""
    compared = [one for one in analysis.workloads.values() if is_compared(one)]
    for topic, results in by_topic(compared) if compared else ():
        word = topic.replace(" ", "-").lower()
        yield (
            f"runtimes-{word}" if word else "runtimes",
            partial(runtimes.figure, analysis, results),
        )


def _special_makers(
    analysis: Analysis, id_: str, result: WorkloadResult
) -> Iterator[tuple[str, _Maker]]:
    """Yield the figures that only some shapes of workloads have."""
    if percentiles.has_curves(result):
        yield f"{id_}-percentiles", partial(percentiles.figure, analysis, result)
    if result.workload.sweep is None and latency_bars.has_bars(result):
        yield f"{id_}-cases", partial(latency_bars.figure, analysis, result)
    if slopes.has_points(result):
        yield f"{id_}-slopes", partial(slopes.figure, analysis, result)
    for metric, maps in maps_of(analysis, result).items():
        yield f"{id_}-map-{metric}", partial(choice_map.figure, analysis, maps)
    if ladder.ladder_cells(result):
        yield f"{id_}-ladder", partial(ladder.figure, analysis, result)
