"""Workloads through the harness against the same loop written by hand without it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from statistics import fmean, median

from harness.catalog.workload import MODELS
from harness.measuring.processes import child
from harness.measuring.runners import protocol
from tests.bench import tools

_SIZES = {
    "pingpong": ("rounds", 5_000),
    "fanout": ("tasks", 10_000),
    "counter": ("increments", 2_000),
    "offload": ("hops", 500),
    "pickling": ("bytes", 16_777_216),
    "ceiling": ("at_most", 8_192),
    "fileread": ("files", 64),
    "filestream": ("file_bytes", 2_097_152),
    "linecount": ("lines", 20_000),
    "switch": ("switches", 20_000),
    "spawn": ("tasks", 5_000),
    "pipeline": ("items", 5_000),
    "start": ("starts", 100),
    "cancel": ("lead_ns", 60_000_000),
    "deadline": ("lead_ns", 60_000_000),
    "bounded": ("jobs", 30),
    "mixed": ("requests", 40),
}
_ONE_OF_EACH_KIND = ("asyncio", "trio", "threads", "go")
# Where 5,000 rounds last a few milliseconds, a pair says more of where the kernel put the two
# processes than of either: such models play longer.
_SIZE_OF = {
    **{("pingpong", model): 100_000 for model in ("go", "go-1cpu")},
    **{("pingpong", model): 20_000 for model in ("scratch", "uvloop")},
    ("fanout", "threads"): 1_000,  # more is above its limit
    ("counter", "go"): 50_000,
    ("offload", "go"): 5_000,
    ("ceiling", "threads"): 512,
    ("ceiling", "go"): 100_000,
    ("switch", "go"): 200_000,
    ("spawn", "go"): 100_000,
    ("pipeline", "go"): 100_000,
    ("cancel", "threads"): 360_000_000,  # to start them takes longer
}
# The models with a hand-written loop, where it is not all of them.
_WRITTEN = tuple(model for model in MODELS if model not in ("loops", "interpreters"))
_BY_HAND = dict.fromkeys(list(_SIZES)[2:], _ONE_OF_EACH_KIND)
_SAMPLES = 5  # in each process, after a warm-up; as long as those of the headline case
# Where the workload's own number is what a call observes, not how long it took: without the time
# for reading memory, and for ending the tasks. Such a process has a single call.
_OBSERVED = {"ceiling": "spent_ns"}
_LEADING = "cancel"  # its size is a wait before the work, which its own number leaves out
_PAIRS = {
    **dict.fromkeys(_SIZES, 7),
    **dict.fromkeys(("pingpong", "offload", "filestream", "mixed", "ceiling", "cancel"), 15),
}
# Two threads on two cores: where the kernel puts them moves a pair by 10% either way, so 15 pairs
# leave the median uncertain by more than the bar. A fixed number, not more until it looks good.
_PAIRS_OF = {
    ("pingpong", "go"): 60,
    ("counter", "go"): 60,
    ("linecount", "go"): 60,
    ("filestream", "threads"): 60,
}
_BAR = 1.05


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for workload, (param, usual) in _SIZES.items():
        for model in _BY_HAND.get(workload, _WRITTEN):
            size = _SIZE_OF.get((workload, model), usual)
            case = tools.inventory().workloads[workload]
            params = {**case.cases["headline"].params, param: size}
            applies = model not in case.not_applicable and not any(
                limit.model == model and int(params[limit.param]) > limit.most
                for limit in case.limits
            )
            if not applies or tools.runner_of(model) is None:
                continue
            ratios = _ratios(workload, model, params, size)
            middle = median(ratios)
            yield (
                f"{workload} at {size:,}, {model}: harness over hand-written",
                f"{middle:.3f} (quartiles {_quartile(ratios, 1):.3f} to {_quartile(ratios, 3):.3f},"
                f" {len(ratios)} pairs)",
                f"at most {_BAR}",
                middle <= _BAR,
            )


def _ratios(workload: str, model: str, params: dict, size: int) -> list[float]:
    """Return one ratio a pair of processes; which of the two goes first alternates."""
    ratios = []
    _, calls = _through_harness(workload, model, params)
    for pair in range(_PAIRS_OF.get((workload, model), _PAIRS[workload])):
        sides = [
            lambda: _through_harness(workload, model, params)[0],
            lambda: _by_hand(workload, model, size, calls),
        ]
        order = (0, 1) if pair % 2 else (1, 0)
        lead = size if workload == _LEADING else 0
        times = {side: sides[side]() - lead for side in order}
        ratios.append(times[0] / times[1])
    return ratios


def _through_harness(workload: str, model: str, params: dict) -> tuple[float, int]:
    """Return the nanoseconds of a call, and how many calls a sample has."""
    runner = tools.runner_of(model)
    assert runner is not None
    observed = _OBSERVED.get(workload)
    case = tools.inventory().workloads[workload]
    line = tools.request(
        case,
        model,
        "headline",
        params=params,
        warmup=0 if observed else 1,
        iterations=1 if observed else _SAMPLES,
        min_sample_ns=0 if observed else case.cases["headline"].sampling.min_sample_ns,
    )
    times, calls = [], 1

    def on_line(text: bytes) -> str:
        nonlocal calls
        message = protocol.decode_message(text)
        if isinstance(message, protocol.SampleTaken) and not message.warmup and not observed:
            calls = message.operations
            times.append(message.elapsed_ns / calls)
        if isinstance(message, protocol.Outcome) and observed:
            times.append(message.observed[observed])
        return ""

    child.run(
        [*runner.command_for(workload), "run"],
        {**tools.environment(), **runner.env},
        line,
        child.Limits(120, 2**40),
        on_line,
    )
    return median(times), calls


def _by_hand(workload: str, model: str, size: int, each: int) -> float:
    """Return the nanoseconds of a call, over as many calls as the samples of a process have."""
    calls = 1 if workload in _OBSERVED else 1 + _SAMPLES * each
    if model.startswith("go"):
        procs = "1" if model == "go-1cpu" else "0"
        command = (
            str(tools.bare_go(*tools.BY_HAND_GO)),
            workload,
            procs,
            str(size),
            str(calls),
        )
    else:
        command = tools.python(
            str(tools.BARE / "python.py"), workload, model, str(size), str(calls)
        )
    done = subprocess.run(
        command, env=tools.environment(), capture_output=True, text=True, check=True
    )
    times = list(map(int, done.stdout.split()))
    return median(fmean(times[first : first + each]) for first in range(0, len(times), each))


def _quartile(values: list[float], which: int) -> float:
    return sorted(values)[round(which * (len(values) - 1) / 4)]
