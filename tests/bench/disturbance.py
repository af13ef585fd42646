"""Whether disturbance is noticed: the share of blocks that are marked as disturbed.

Runs on the machine as it is and beside an imitated noisy host alternate. The host is slow for about
half of the time, so most blocks meet a slow phase. On a quiet machine few blocks should be marked;
if other programs run during this part, it finds them too, and the bar is missed rightly.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import tools
from tests.bench.noisy_host import noise

_BUDGETS_S = {"pingpong": 15, "sumsquares": 40}  # a run: several blocks even if noisy
_MODELS = ("asyncio", "uvloop")
_ROUNDS = 3
_NOISY_BAR, _QUIET_BAR = 0.5, 0.1


def rows() -> Iterator[tuple[str, str, str, bool]]:
    rounds = tools.amount(_ROUNDS, 1)
    for workload, usual_s in _BUDGETS_S.items():
        budget_s = tools.amount(usual_s, 5)
        found = {False: [0, 0], True: [0, 0]}  # is it noisy: marked blocks, all blocks
        for _ in range(rounds):
            for is_noisy, counts in found.items():
                marked, blocks = _marked(workload, budget_s, is_noisy=is_noisy)
                counts[0] += marked
                counts[1] += blocks
        for is_noisy, (marked, blocks) in found.items():
            where = "beside an imitated noisy host" if is_noisy else "on the machine as it is"
            least_or_most = "at least" if is_noisy else "at most"
            bar = _NOISY_BAR if is_noisy else _QUIET_BAR
            share = marked / blocks
            yield (
                f"{workload}: blocks marked as disturbed {where}",
                f"{marked} of {blocks} ({100 * share:.0f}%)",
                f"{least_or_most} {100 * bar:.0f}%",
                share >= bar if is_noisy else share <= bar,
            )


def _marked(workload: str, budget_s: int, *, is_noisy: bool) -> tuple[int, int]:
    """Run once; returns how many blocks are marked, and how many there are."""
    with (
        noise() if is_noisy else contextlib.nullcontext(),
        tempfile.TemporaryDirectory(prefix="loombench-bench-") as folder,
    ):
        tools.loombench(
            *("run", "--workload", workload, "--case", "headline", "--budget", f"{budget_s}s"),
            *(option for model in _MODELS for option in ("--model", model)),
            *("--precision", tools.NEVER, "--no-figures", "--out", folder),
        )
        analysis = tools.analysed(Path(folder))
        return analysis.disturbed.blocks, analysis.blocks
