"""Our echo servers against those of vmbench, the nearest peer: the same load, one after the other.

Ours run as in any trial, through the runner and the harness; theirs (`servers/peers.py`, and the Go
server beside it) are written anew from what they do. Both have the same processor, and the load
generator another.

Both have served somebody before they are measured. asyncio reads into 256 KiB, which the C library
maps anew for every read until a connection has ended; ours have had the check case by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import geometric_mean, median

from harness.records import Cell, Status
from harness.runners import build_go
from harness.workload import HEADLINE, Sampling, Workload
from tests.bench import load, tools

_BAR = 1.0
_CONNECTIONS = (3, 64)
_MESSAGE = 1_024
_SECOND = 1_000_000_000
# Their server, and ours: model and variant.
_TWINS = {
    ("asyncio", "protocol"): ("asyncio", "protocol"),
    ("asyncio", "streams"): ("asyncio", ""),
    ("asyncio", "sock"): ("asyncio", "sock"),
    ("uvloop", "protocol"): ("uvloop", "protocol"),
    ("echo",): ("go", ""),
}


def rows() -> Iterator[tuple[str, str, str, bool]]:
    if build_go()[0] is None:
        return
    pairs = tools.amount(11, 1)
    for connections in _CONNECTIONS:
        for theirs, ours in _TWINS.items():
            yield _row(theirs, ours, connections, pairs)


def _row(
    theirs: tuple[str, ...], ours: tuple[str, str], connections: int, pairs: int
) -> tuple[str, str, str, bool]:
    rates: list[tuple[float, float]] = []
    for pair in range(pairs):
        both = [0.0, 0.0]
        for side in (0, 1) if pair % 2 else (1, 0):
            both[side] = _theirs(theirs, connections) if side else _ours(*ours, connections)
        rates.append((both[0], both[1]))
    ratios = [mine / other for mine, other in rates]
    middle = median(ratios)
    name = " · ".join(filter(None, ours))
    return (
        f"echo {name} over vmbench's {' '.join(theirs)}, 1 KiB, c = {connections}, messages/s",
        f"{middle:.3f} (geometric mean {geometric_mean(ratios):.3f}, {min(ratios):.3f} to"
        f" {max(ratios):.3f}, {pairs} pairs; ours {median(one for one, _ in rates):,.0f}/s)",
        f"at least {_BAR}",
        middle >= _BAR,
    )


def _lasting(seconds: float) -> Workload:
    """Return echo with a headline case that is asked in a closed loop, and for so long."""
    echo = tools.workshop().workloads["echo"]
    ns = int(seconds * _SECOND)
    sampling = Sampling(warmup=1, iterations=1, min_sample_ns=ns, timeout_s=60)
    case = replace(echo.cases[HEADLINE], sampling=sampling, rate_per_s=0)
    return replace(echo, cases={**echo.cases, HEADLINE: case})


def _ours(model: str, variant: str, connections: int) -> float:
    """Return the messages a second of one of our servers."""
    echo = _lasting(tools.amount(10, 2) / 10)
    case = echo.cases[HEADLINE]
    params = {"message_bytes": _MESSAGE, "connections": connections}
    workload = replace(echo, cases={**echo.cases, HEADLINE: replace(case, params=params)})
    bench = replace(
        tools.workshop().bench(1, lambda: False),
        workloads={**tools.workshop().workloads, "echo": workload},
    )
    trial = bench.trial(Cell("echo", HEADLINE, model, variant), 0, 0)
    assert trial is not None
    assert trial.status is Status.OK, trial.message
    sample = next(one for one in trial.samples if not one.warmup)
    return sample.operations * _SECOND / sample.elapsed_ns


def _theirs(kind: tuple[str, ...], connections: int) -> float:
    """Return the messages a second of one of theirs."""
    ns = tools.amount(10, 2) * _SECOND // 10
    phases = [
        {"loop": "closed", "duration_ns": ns, "warmup": True},
        {"loop": "closed", "duration_ns": ns},
    ]
    first = [{"loop": "closed", "requests": 20}]
    with load.server(*kind) as port:
        load.generate(port, first, application="echo", message_bytes=_MESSAGE, connections=2)
        measured = load.generate(
            port, phases, application="echo", message_bytes=_MESSAGE, connections=connections
        )[-1]
    return measured["requests"] * _SECOND / measured["elapsed_ns"]
