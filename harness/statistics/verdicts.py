"""Whether two contestants are different or tied, or the measurements do not decide. Pure.

"Not shown to be different" is not "equal": with five blocks even a factor of two can be missed. So
a tie needs a test of its own, which a noisy or short run does not pass.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from harness.statistics import estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.statistics.estimates import Ratio

_ALPHA = 0.05  # of one false "different" in a family of ratios, and of one false "tied"


class Verdict(StrEnum):
    """What the ratio of two contestants shows.

    A difference of 3% that is real is inside the margin too. It is called different: that says
    more, namely who is better, and the ratio beside it says by how little.
    """

    DIFFERENT = "different"  # a real difference, however small
    TIED = "tied"  # not different, and within the margin
    UNDECIDED = "undecided"  # neither is shown: too few blocks, or too much noise


def judge_ratios(ratios: Sequence[Ratio], floor: float = 1.0) -> list[Verdict]:
    """Judge all ratios of a family, in the order given.

    Each of the two tests is adjusted for the number of ratios (Holm, 1979), so one family in twenty
    contains any false difference, and one in twenty any false tie. `floor` is the noise floor as a
    factor: no ratio nearer to 1 is different. A ratio could be anything up to the floor, so nothing
    is tied if the floor exceeds the margin.
    """
    ps = _adjust([ratio.p for ratio in ratios])
    ps_apart = _adjust([ratio.p_apart for ratio in ratios])
    return [
        _judge(ratio, p, p_apart, floor)
        for ratio, p, p_apart in zip(ratios, ps, ps_apart, strict=True)
    ]


def _adjust(ps: Sequence[float | None]) -> list[float]:
    """Adjust the known p-values for their number; an unknown one shows nothing and becomes 1."""
    adjusted = iter(estimates.adjust_holm([p for p in ps if p is not None]))
    return [1.0 if p is None else next(adjusted) for p in ps]


def _judge(ratio: Ratio, p: float, p_apart: float, floor: float) -> Verdict:
    """Judge one ratio by its adjusted p-values."""
    if p < _ALPHA and max(ratio.value, 1 / ratio.value) > floor:
        return Verdict.DIFFERENT
    if p_apart < _ALPHA and floor <= estimates.MARGIN:
        return Verdict.TIED
    return Verdict.UNDECIDED
