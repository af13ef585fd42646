"""What people see of a whole run: how long its report takes, and how a browser shows it.

The run has every workload and every model, and as many trials as a standard one: made up, since it
is only to be drawn. Without a Chromium that starts, or axe-core, what they would say does not hold.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness import units
from harness.presenting import report
from tests.bench import alone, synthetic, tools
from tests.support import svgs
from tests.support.browser import DESKTOP, PHONE, Browser, axe, browser, chromium

_BLOCKS, _SAMPLES = 8, 3  # about 3,000 trials, as a standard run has
_BAR_S, _BAR_BYTES = 30.0, 10**9
_MOST_BYTES = 4 * 2**30
_OPENED = 5  # times, of which the slowest counts
_BAR_PAINT_MS = 1_000
_VIEWS = {"desktop, 1280 px": DESKTOP, "phone, 375 px": PHONE}
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# As a reader does it: what is far below may move only once it comes into view.
_TO_THE_END = """(async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y)
    await new Promise(requestAnimationFrame)
  }
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)))
  return window.shifted
})()"""
_AXE = """axe.run().then(found => found.violations
  .filter(one => ['serious', 'critical'].includes(one.impact)).map(one => one.id))"""

Row = tuple[str, str, str, bool]


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as name:
        folder = Path(name) / "results" / "run"
        trials = synthetic.full(folder, blocks=tools.amount(_BLOCKS, 1), samples=_SAMPLES)
        yield from _written(folder, trials)
        if chromium() is None:
            yield "the report and its figures in a browser", "no Chromium", "a Chromium", False
            return
        with browser(Path(name) / "profile") as page:
            yield from _opened(page, folder / report.FILE)
            yield from _found(page, folder / report.FILE)
            yield from _legible(page, folder / "figures", Path(name) / "blank.html")


def _written(folder: Path, trials: int) -> Iterator[Row]:
    """Write the report as its user does, in a process of its own: start, analysis and figures."""
    arguments = ("report", folder.name, "--out", folder.parent)
    start = time.perf_counter()
    found = alone.asked("command", *arguments, most_bytes=_MOST_BYTES)
    seconds = time.perf_counter() - start
    figures = len(list((folder / "figures").glob("*.svg")))
    what = f"report.html and all {figures} figures of {trials:,} trials"
    yield f"{what}: time", f"{seconds:.1f} s", f"at most {_BAR_S:.0f} s", seconds <= _BAR_S
    peak = found["peak_bytes"] + found["children_bytes"]
    yield f"{what}: peak of memory", units.format_size(peak), "at most 1 GB", peak <= _BAR_BYTES


def _opened(page: Browser, path: Path) -> Iterator[Row]:
    for view, size in _VIEWS.items():
        paints, shifts = [], []
        for _ in range(tools.amount(_OPENED, 1)):
            page.open(path, size)
            shifts.append(page.run(_TO_THE_END))
            paints.append(page.run(_PAINT))
        slowest = max(paints)
        what = f"opening report.html ({units.format_size(path.stat().st_size)}), {view}"
        yield (
            f"{what}: first contentful paint",
            f"{slowest:.0f} ms, the slowest of {len(paints)}",
            "at most 1 s",
            slowest <= _BAR_PAINT_MS,
        )
        yield f"{what}: cumulative layout shift", f"{max(shifts):.3g}", "0", max(shifts) == 0


def _found(page: Browser, path: Path) -> Iterator[Row]:
    """Ask axe-core, in both themes and at both widths, with everything unfolded."""
    what, bar = "serious or critical findings of axe-core", "0"
    text = axe()
    if text is None:
        yield what, "axe-core is not installed", bar, False
        return
    for dark in (False, True):
        found = []
        for size in _VIEWS.values():
            page.open(path, size, dark=dark)
            page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
            page.run(f"{text}; 0")
            found += page.run(_AXE)
        theme = "dark" if dark else "light"
        yield f"{what}, {theme}", f"{len(found)} {' '.join(sorted(set(found)))}", bar, not found


def _legible(page: Browser, figures: Path, blank: Path) -> Iterator[Row]:
    drawings = {path.stem: path.read_text("utf-8") for path in sorted(figures.glob("*.svg"))}
    for name, font in (("DejaVu Sans", ""), ("another font", svgs.FALLBACK)):
        wrong = svgs.complaints(page, drawings, blank, font)
        measured = f"{len(wrong)} of {len(drawings)}"
        if wrong:
            measured += f", such as {json.dumps(next(iter(wrong.items())))[:200]}"
        what = f"figures at {svgs.WIDTH} px, {name}: with text cut, overlapping or too small"
        yield what, measured, "0", bool(drawings) and not wrong
