"""The latency that the load generator shows, against a client that shares no code with it.

Both load the same server from the same processor, in turns, at the same rate. The generator's
median is what figures show: its own lateness of sending is not part of it. The tracing client
(`tracer.py`) takes the time right before it sends and right after it has received. Both have to be
woken up when a response arrives, as every client has; the kernel's timestamps show how long that
takes.

Where the system permits it, other programs have to wait for the server and both clients: what
preempts a server for milliseconds meets many connections of the generator, and one of the tracer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from harness import units
from harness.measuring.runners.go_build import build_go
from tests.bench import load, peers, tools

_MODELS = ("asyncio", "trio", "go")
_CONNECTIONS, _RATE, _REQUESTS = 64, 1_000, 200
_PAIRS = 15
_TOLERANCE = 0.1
_SECOND = 1_000_000_000


def rows() -> Iterator[tuple[str, str, str, bool]]:
    if build_go()[0] is None:
        return
    for model in _MODELS:
        with _ahead_of_others(), peers.our_server(model, "") as port:
            row = _row(model, port)
        yield row


@contextmanager
def _ahead_of_others() -> Iterator[None]:
    """Let this process and those that it starts run before others, if that is permitted."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def _row(model: str, port: int) -> tuple[str, str, str, bool]:
    ratios, ours, theirs, late, arrived = [], [], [], [], []
    _generate(port)  # the server has then served somebody
    for pair in range(tools.amount(_PAIRS, 2)):
        for side in (0, 1) if pair % 2 else (1, 0):
            if side:
                phase = _generate(port)
                ours.append(load.percentile(phase["hdr"], 50))
                late.append(load.percentile(phase["late_hdr"], 50))
            else:
                told = _trace(port)
                theirs.append(told["seen_ns"])
                arrived.append(told["arrived_ns"] or 0)
        ratios.append(ours[-1] / theirs[-1])
    middle = median(ratios)
    mine, seen, lateness, in_kernel = (
        units.format_time(median(values)) for values in (ours, theirs, late, arrived)
    )
    return (
        f"echo {model}, {_RATE:,}/s: median latency over that of a tracing client",
        f"{middle:.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} pairs; ours {mine},"
        f" traced {seen}, and {in_kernel} until the kernel had the response; sent late:"
        f" {lateness})",
        f"within {_TOLERANCE:.0%}",
        abs(middle - 1) <= _TOLERANCE,
    )


def _generate(port: int) -> dict:
    phase = {"loop": "open", "rate_per_s": _RATE, "duration_ns": _REQUESTS * _SECOND // _RATE}
    return load.generate(
        port, [phase], application="echo", message_bytes=1_024, connections=_CONNECTIONS
    )[-1]


def _trace(port: int) -> dict:
    tracer = str(Path(__file__).with_name("tracer.py"))
    numbers = (str(number) for number in (port, _CONNECTIONS, _RATE, _REQUESTS))
    with load.started([sys.executable, tracer, *numbers], core=1) as process:
        out, _ = process.communicate()
    assert process.returncode == 0, out
    return json.loads(out)
