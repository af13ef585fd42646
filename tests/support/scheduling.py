"""A hook of pytest-xdist: which tests run in one process."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# They look at the scenes that `drawings.drawing` lays out, once in each process that asks.
_OF_DRAWINGS = {
    "tests/end_to_end/test_figure_baselines.py",
    "tests/unit/analysis/test_ranking.py",
    "tests/unit/presenting/figures/test_bands.py",
    "tests/unit/presenting/figures/test_figures.py",
    "tests/unit/presenting/figures/test_scorecard.py",
}


class _Scheduling(LoadFileScheduling):
    """Have one process run the tests of a file, and those of all files that share drawings."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "drawings" if file in _OF_DRAWINGS else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling | None:
    """Replace the scheduler of `--dist loadfile`."""
    return _Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None
