"""A run directory far larger than memory should have to be: read, analysed, and gone on with.

The run is a real one of this machine, begun and not measured, so that it can be resumed; its trials
are synthetic. One trial leaves a number of each metric behind, so how many trials a gigabyte has
decides over the peak as well: here each has 100 samples, as `analysis` has it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import units
from harness.measuring import campaign
from harness.measuring.plan import PROFILES, RunSelection
from harness.results import store
from tests.bench import alone, synthetic, tools

_BYTES, _SAMPLES = 10**9, 100
_BAR_BYTES = 300 * 10**6
_MOST_BYTES = 4 * 2**30  # beyond that nobody waits for the end


def rows() -> Iterator[tuple[str, str, str, bool]]:
    size = tools.amount(_BYTES, 30 * 10**6)
    with tempfile.TemporaryDirectory(prefix="loombench-bench-") as out:
        begun = campaign.begin(
            Path(out), RunSelection(), PROFILES["standard"], None, 1, 0.5, tools.inventory()
        )
        begun.writer.close()
        folder = begun.folder
        trials = synthetic.write(begun.run, folder, samples=_SAMPLES, size=size)
        length = (folder / store.TRIALS_FILE).stat().st_size
        where = f"a trials.jsonl of {length / 1e9:.2g} GB ({trials:,} trials)"
        yield _row(
            f"{where}: read, analysed and shown",
            alone.asked("analyse", folder, most_bytes=_MOST_BYTES),
        )
        # The whole command: what was measured is read, a second measured on, and all shown.
        arguments = ("run", "--resume", "--budget", "1s", "--no-figures", "--out", out)
        yield _row(
            f"{where}: gone on with, --resume",
            alone.asked("command", *arguments, most_bytes=_MOST_BYTES),
        )


def _row(what: str, found: dict[str, float]) -> tuple[str, str, str, bool]:
    peak = found["peak_bytes"]
    if "ended" in found:
        measured = f"ended by us at a peak of {units.format_size(peak)}"
    elif "seconds" in found:
        measured = f"peak {units.format_size(peak)}, {found['seconds']:.1f} s"
    else:
        measured = (
            f"peak {units.format_size(peak)}, {found['reading_s']:.1f} s to read and"
            f" {found['analysing_s'] + found['showing_s']:.1f} s to analyse and show"
        )
    return f"{what}: peak of memory", measured, "at most 300 MB", peak <= _BAR_BYTES
