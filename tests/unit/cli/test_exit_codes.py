"""The exit code of a run says how it ended."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.cli import measuring
from harness.cli.fleet import Place
from harness.errors import Exit
from harness.measuring.blocks import Ended

COMPLETE = SimpleNamespace(inventory=SimpleNamespace(runners=SimpleNamespace(is_incomplete=False)))


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (Ended.PRECISE, Exit.SUCCESS),
        (Ended.BUDGET_SPENT, Exit.SUCCESS),
        (Ended.NO_CONTESTANT, Exit.SUCCESS),
        (Ended.INTERRUPTED, Exit.INTERRUPTED),
        (Ended.NO_HOST, Exit.NOT_POSSIBLE),
        (Ended.BLOCKS_MISSING, Exit.NOT_POSSIBLE),
    ],
)
def test_a_run_that_hosts_could_not_finish_is_no_success(ended: Ended, code: Exit) -> None:
    found = measuring._exit_code_of(ended, COMPLETE, Place(), is_empty=False)  # type: ignore[arg-type]
    assert found == code


def test_a_run_whose_contestants_all_failed_is_no_success() -> None:
    code = measuring._exit_code_of(
        Ended.NO_CONTESTANT,
        COMPLETE,  # type: ignore[arg-type]
        Place(),
        is_empty=True,
    )
    assert code == Exit.NOT_POSSIBLE
