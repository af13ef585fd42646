"""Our echo servers against those of vmbench, the nearest peer, under the same load.

Theirs (`servers/peers.py`, and the Go server beside it) are written anew from what they do; ours
are run by our runners, as in any trial. Both are alive at once, on the same processor, and the load
generator, on another, turns from one to the other several times a second: so what the machine does
meanwhile happens to both. A pair of processes is one replicate, since what differs between two
processes of the same program (where their memory lies) stays for as long as they live. Of Go both
are one process: where the linker puts the functions of the runtime and of the net package differs
between any two programs, and is worth more than what differs in the servers (the same program,
linked with -randlayout, was slower by 2 to 8% at three connections). Within a pair each turn
connects anew: three connections and a fast server fall into step with their client, or do not, for
as long as they last, and that alone is worth a third of the rate.

Both processors are kept awake by a process that runs when nothing else would. Three connections
leave a server idle several thousand times a second, and how long a sleeping processor takes to wake
is no property of a server: it halves the rate of the fast ones, and hides what they differ by.

Pairs are added until the interval is narrow enough to tell, whatever the ratio then is.

Both have served somebody before they are measured. asyncio reads into 256 KiB, which the C library
maps anew for every read until a connection has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import geometric_mean

from harness.measuring.runners.go_build import build_go
from harness.measuring.runners.protocol import Request, RequestCase, encode_request
from harness.statistics import estimates
from tests.bench import load, tools

_BAR = 1.0
_MARGIN = 0.01  # a whole interval within it of the bar, and the bar in it: called the same
_CONNECTIONS = (3, 64)
_MESSAGE = 1_024
_SECOND = 1_000_000_000
_LEAST_PAIRS, _MOST_PAIRS, _TURNS = 10, 150, 8
_WARM_NS, _TURN_NS = _SECOND // 50, _SECOND // 10
# Their server, and ours: model and variant.
_TWINS = {
    ("asyncio", "protocol"): ("asyncio", "protocol"),
    ("asyncio", "streams"): ("asyncio", ""),
    ("asyncio", "sock"): ("asyncio", "sock"),
    ("uvloop", "protocol"): ("uvloop", "protocol"),
    ("go",): ("go", ""),
}
# At the lowest priority there is: whatever else can run does so at once. It ends with its parent.
_AWAKE = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
parent = os.getppid()
while os.getppid() == parent:
    pass
"""


def rows() -> Iterator[tuple[str, str, str, bool]]:
    if build_go()[0] is None:
        return
    with _awake():
        for connections in _CONNECTIONS:
            for theirs, ours in _TWINS.items():
                yield _row(theirs, ours, connections)


@contextmanager
def _awake() -> Iterator[None]:
    """Let neither processor sleep."""
    with ExitStack() as running:
        for core in range(2):
            running.enter_context(load.started(tools.python("-S", "-c", _AWAKE), core))
        yield


def _row(
    theirs: tuple[str, ...], ours: tuple[str, str], connections: int
) -> tuple[str, str, str, bool]:
    pairs: list[tuple[float, float]] = []
    narrow = False
    while len(pairs) < tools.amount(_MOST_PAIRS, 2) and not narrow:
        pairs.append(_pair(theirs, ours, connections, len(pairs)))
        found = estimates.paired_ratio(pairs)
        assert found is not None
        low, high = found.low or found.value, found.high or found.value
        narrow = len(pairs) >= _LEAST_PAIRS and high / low <= (1 + _MARGIN) / (1 - _MARGIN)
    name = " · ".join(filter(None, ours))
    return (
        f"echo {name} over vmbench's {' '.join(theirs)}, 1 KiB, c = {connections}, messages/s",
        f"{found.value:.4f} [{low:.4f}, {high:.4f}] ({found.n} pairs; ours"
        f" {geometric_mean(one for one, _ in pairs):,.0f}/s)",
        f"at least {_BAR}, or the same within {_MARGIN:.0%}",
        found.value >= _BAR or (narrow and low <= _BAR <= high),
    )


def _pair(
    theirs: tuple[str, ...], ours: tuple[str, str], connections: int, order: int
) -> tuple[float, float]:
    """Return the messages a second of ours and of theirs, by turns, each as a geometric mean."""
    with _servers(theirs, ours, order) as ports:
        for port in ports:
            first = [{"loop": "closed", "requests": 20}]
            load.generate(port, first, application="echo", message_bytes=_MESSAGE, connections=2)
        rates: tuple[list[float], list[float]] = ([], [])
        for turn in range(tools.amount(_TURNS, 2)):
            # Who is first changes from turn to turn: ours, theirs, theirs, ours.
            for side in (0, 1) if (turn + order) % 2 else (1, 0):
                rates[side].append(_rate(ports[side], connections))
    return geometric_mean(rates[0]), geometric_mean(rates[1])


@contextmanager
def _servers(
    theirs: tuple[str, ...], ours: tuple[str, str], order: int
) -> Iterator[tuple[int, int]]:
    """Run both; yields their ports, ours first. Who is started first changes from pair to pair."""
    if theirs == ("go",):
        with load.twins() as ports:
            yield ports
    elif order % 2:
        with our_server(*ours) as our_port, load.server(*theirs) as their_port:
            yield our_port, their_port
    else:
        with load.server(*theirs) as their_port, our_server(*ours) as our_port:
            yield our_port, their_port


def _rate(port: int, connections: int) -> float:
    phases = [
        {"loop": "closed", "duration_ns": _WARM_NS, "warmup": True},
        {"loop": "closed", "duration_ns": _TURN_NS},
    ]
    measured = load.generate(
        port, phases, application="echo", message_bytes=_MESSAGE, connections=connections
    )[-1]
    return measured["requests"] * _SECOND / measured["elapsed_ns"]


@contextmanager
def our_server(model: str, variant: str) -> Iterator[int]:
    """Run one of our servers by its runner; yields its port."""
    runner = tools.runner_of(model)
    assert runner is not None, f"no {model} here"
    params = {"message_bytes": _MESSAGE, "connections": max(_CONNECTIONS)}
    case = RequestCase("headline", params, operations=1, warmup=0, iterations=1, min_sample_ns=0)
    line = encode_request(Request("echo", model, variant, 1, (case,))).decode()
    with load.started([*runner.command_for("echo"), "run"], core=0, env=runner.env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        for text in process.stdout:
            record = json.loads(text)
            assert record["kind"] in ("started", "listening"), record
            if record["kind"] == "listening":
                break
        yield record["port"]
        process.stdin.write('{"kind": "stop"}\n')
        process.stdin.flush()  # and it stays open: its end would mean that the harness has died
        said = process.stdout.read()
        assert process.wait() == 0, said
