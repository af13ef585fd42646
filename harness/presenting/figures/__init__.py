"""Figures from an analysis; the only importer of matplotlib. PNG and SVG of each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.drift import LEAST
from harness.errors import Exit, Problem
from harness.presenting.figures import (
    claims,
    contestants,
    drift,
    ladder,
    latency_bars,
    overview,
    percentiles,
    scaling,
    slopes,
    style,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from harness.analysis.analyse import Analysis, WorkloadResult
    from harness.claims.judge import JudgedClaim

    _Make = Callable[[], Figure]


KINDS = ("svg", "png")


def draw(
    analysis: Analysis,
    folder: Path,
    checked: Sequence[JudgedClaim] = (),
    *,
    only: Collection[str] | None = None,
    kinds: Sequence[str] = KINDS,
) -> list[Path]:
    """Draw every figure of a run into `folder`; returns the PNGs, the overview first.

    `checked` are the claims that were held against it. Where some names are given, `only` these
    figures are drawn, as far as the run has them; what is returned is of the last of `kinds`.

    Raises Problem when they cannot be written.
    """
    written = []
    try:
        folder.mkdir(exist_ok=True)
        with style.applied():
            for name, make in _all(analysis, checked):
                if only is not None and name not in only:
                    continue
                figure = make()
                for kind in kinds:
                    path = folder / f"{name}.{kind}"
                    _save(figure, path, kind)
                written.append(path)
    except OSError as error:
        raise Problem(
            f"{folder}: figures cannot be written: {error.strerror}; the measurements are safe:"
            " free some space, then `loombench plot`",
            Exit.NOT_POSSIBLE,
        ) from None
    return written


def _save(figure: Figure, path: Path, kind: str) -> None:
    """Write a figure beside its place and move it there: a reader never sees half of one."""
    part = path.with_name(f".{path.name}.part")
    try:
        # What a page says of the picture to those who cannot see it.
        title = units.printable(" ".join(figure.texts[0].get_text().split()))
        figure.savefig(part, format=kind, metadata={**style.METADATA[kind], "Title": title})
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _all(analysis: Analysis, checked: Sequence[JudgedClaim]) -> Iterator[tuple[str, _Make]]:
    """Yield the names of all figures that a run has, each with what makes it."""
    yield "overview", partial(overview.figure, analysis)
    if claims.shown(checked):
        yield "claims", partial(claims.figure, analysis, checked)
    for id_, result in analysis.workloads.items():
        yield id_, partial(contestants.figure, analysis, result)
        if len(result.cases) > 1:
            for param in result.workload.lines:
                swept = result.workload.sweep is not None and (result.workload.sweep.param == param)
                name = "scaling" if swept else f"over-{param}"
                yield f"{id_}-{name}", partial(scaling.figure, analysis, result, param)
        yield from _of_shape(analysis, id_, result)
    if len(analysis.probes) >= LEAST:
        yield "drift", partial(drift.figure, analysis)


def _of_shape(analysis: Analysis, id_: str, result: WorkloadResult) -> Iterator[tuple[str, _Make]]:
    """Yield what only some shapes have, where there is something to draw."""
    if percentiles.has_curves(result):
        yield f"{id_}-waits", partial(percentiles.figure, analysis, result)
    if result.workload.sweep is None and latency_bars.has_bars(result):
        yield f"{id_}-beside", partial(latency_bars.figure, analysis, result)
    if slopes.has_points(result):
        yield f"{id_}-slopes", partial(slopes.figure, analysis, result)
    if ladder.cells_of(result):
        yield f"{id_}-ladder", partial(ladder.figure, analysis, result)
