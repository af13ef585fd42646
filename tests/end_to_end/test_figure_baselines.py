"""Each kind of figure held against a small picture of it, so that no change goes unseen.

To renew them:
LOOMBENCH_GOLDEN=renew .venv/bin/python -m pytest tests/end_to_end/test_figure_baselines.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from harness.paths import ROOT
from harness.presenting.figures import contestants, style
from harness.presenting.figures.style import LOOKS, Look
from tests.support.drawings import drawing, outside, overlaps, strays

BASELINES = ROOT / "tests" / "data" / "baselines"
RENEW = (
    "LOOMBENCH_GOLDEN=renew .venv/bin/python -m pytest tests/end_to_end/test_figure_baselines.py"
)
THOROUGH = "a thorough run of a server"
# One of each kind; beside the plain figure of a workload one of many panels and variants.
KINDS = {
    "overview": "many workloads",
    "claims": "many workloads",
    "kitchen": "many workloads",
    "sumsquares": "many workloads",
    "fanout-scaling": "many workloads",
    "echo-over-message_bytes": "many workloads",
    "echo-percentiles": "many workloads",
    "heartbeat-cases": "many workloads",
    "footprint-slopes": "many workloads",
    "echo-ladder": THOROUGH,
    "drift": THOROUGH,
}
DPI = 60
# Root of the mean square of a difference, of 255. The same versions draw the same on every machine
# but for the last bit of a rounding; one marker of another colour is several times as much.
TOLERANCE = 0.3


def shot(figure: Figure, path: Path) -> Path:
    """Save a figure as small as it may be and still be recognised."""
    with style.applied():
        figure.savefig(path, format="png", dpi=DPI, metadata=style.METADATA["png"])
    return path


def difference(expected: Path, found: Path) -> str:
    """Return how two pictures differ; empty: they do not."""
    these, those = (255 * imread(path)[..., :3].astype(float) for path in (expected, found))
    if these.shape != those.shape:
        return f"{found.name}: found a size of {those.shape[:2]}, expected {these.shape[:2]}"
    off = float(np.sqrt(np.mean((these - those) ** 2)))
    return f"{found.name}: found a difference of {off:.2f}" if off > TOLERANCE else ""


@pytest.mark.parametrize("name", KINDS)
def test_a_figure_looks_as_agreed(name: str, tmp_path: Path) -> None:
    found = shot(drawing(KINDS[name]).pages[name].figure, tmp_path / f"{name}.png")
    expected = BASELINES / found.name
    if os.environ.get("LOOMBENCH_GOLDEN") == "renew":
        expected.parent.mkdir(exist_ok=True)
        expected.write_bytes(found.read_bytes())
    assert expected.exists(), f"{found} has no picture to be held against: {RENEW}"
    wrong = difference(expected, found)
    assert not wrong, f"{wrong}\nif {found} is how it should look: {RENEW}"


def test_there_is_a_baseline_of_every_kind_and_no_other_and_all_are_small() -> None:
    assert {path.stem for path in BASELINES.iterdir()} == set(KINDS)
    assert sum(path.stat().st_size for path in BASELINES.iterdir()) < 1_500_000


def test_no_text_is_cut_or_overlaps_in_the_figures_of_every_workload() -> None:
    found = {
        name: [*outside(page), *overlaps(page), *strays(page)]
        for name, page in drawing("many workloads").pages.items()
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def of_kitchen() -> Figure:
    analysis = drawing("too few blocks").analysis
    with style.applied():
        return contestants.figure(analysis, analysis.workloads["kitchen"])


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shot(of_kitchen(), tmp_path_factory.mktemp("before") / "before.png")


@pytest.mark.parametrize("change", ["nothing", "colour", "marker", "a word", "a shade"])
def test_a_change_that_can_be_seen_fails_and_a_repetition_does_not(
    before: Path, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = LOOKS["trio"]
    if change == "colour":
        monkeypatch.setitem(LOOKS, "trio", Look("#0072b2", look.marker))
    elif change == "marker":
        monkeypatch.setitem(LOOKS, "trio", Look(look.colour, "s"))
    elif change == "a word":
        monkeypatch.setattr(contestants, "title", lambda _: "trio led")
    elif change == "a shade":
        monkeypatch.setattr(style, "GRID", "#c0c0c0")
    after = shot(of_kitchen(), tmp_path / "after.png")
    assert bool(difference(before, after)) == (change != "nothing")
