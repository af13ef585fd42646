"""The load generator against its peers, tried at a small size."""

from __future__ import annotations

import os

import pytest

from harness.measuring.runners.go_build import build_go
from tests.bench import load


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no choice of cores here")
def test_the_load_generator_is_measured_at_a_small_size() -> None:
    if build_go()[0] is None:
        pytest.skip(build_go()[1])
    rows = [*load.against_arithmetic(seconds=1), *load.against_wrk(pairs=1, seconds=1)]
    assert len(rows) == 3
    # Whether they hold is for a quiet machine to say.
    assert all(measured for _, measured, _, _ in rows)
