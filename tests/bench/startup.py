"""From spawning a child to its first sample, beyond what the bare interpreter takes."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.bench import tools

_ROUNDS = 25
_PYTHON_BAR_MS, _GO_BAR_MS = 60.0, 10.0


def rows() -> Iterator[tuple[str, str, str, bool]]:
    go = tools.bare_go(*tools.BY_HAND_GO)
    pairs = {
        "asyncio": tools.python("-c", "import asyncio"),
        "trio": tools.python("-c", "import trio"),
        **({"go": (str(go),)} if go else {}),
    }
    noop = tools.inventory().workloads["noop"]
    for model, bare in pairs.items():
        runner = tools.runner_of(model)
        if runner is None:
            continue
        line = tools.request(noop, model, "check")
        beyond, alone = [], []
        for _ in range(_ROUNDS):
            alone.append(tools.whole_ns(*bare))
            beyond.append(tools.until_first_sample_ns(runner, line) - alone[-1])
        bar = _GO_BAR_MS if model == "go" else _PYTHON_BAR_MS
        more = median(beyond) / 1e6
        yield (
            f"start-up of {model} to its first sample, beyond the bare interpreter",
            f"{more:+.1f} ms (bare: {median(alone) / 1e6:.1f} ms; {_ROUNDS} pairs)",
            f"at most {bar:.0f} ms more",
            more <= bar,
        )
