"""How a run ends in a terminal: at most 25 lines with those that name figures and report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from harness.analysis.findings import overall
from harness.presenting.closing import closing
from tests.support.scenes import LARGE, SCENES, analysis_of

MOST_LINES = 17  # at 80 columns, without figures and report


@pytest.mark.parametrize("scene", sorted(set(SCENES) - set(LARGE)))
@pytest.mark.parametrize("width", [80, 120])
def test_it_is_short_and_no_line_is_too_long(scene: str, width: int) -> None:
    lines = closing(analysis_of(scene), width)
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= width
    results = list(analysis_of(scene).workloads.values())
    answer = overall(results) if len(results) > 1 else results[0].workload.title
    assert " ".join(" ".join(lines).split()).startswith(answer)


def test_it_says_what_would_decide_the_undecided_and_with_which_command() -> None:
    few = analysis_of("too few blocks")
    few = replace(few, run=structs.replace(few.run, budget_s=90.0))
    read = "\n".join(closing(few, 80, "elsewhere/run"))
    assert "Undecided: 14 of 14 comparisons." in read
    assert "2 times as many blocks could decide 14 (in Kitchen):" in read
    assert "loombench run --resume elsewhere/run --budget 2m" in read


def test_it_names_who_is_not_ranked_and_why() -> None:
    read = " ".join(" ".join(closing(analysis_of("contestants without a rank"), 200)).split())
    assert "Not ranked: trio in Sum of squares (suspect), go in Sum of squares (invalid)" in read


def test_nothing_is_undecided_where_all_is_decided() -> None:
    assert closing(analysis_of("each shape"), 80)[-1].startswith("All 93 comparisons are decided")
