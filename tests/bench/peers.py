"""Our echo servers against those of vmbench, the nearest peer, under the same load.

Theirs (`servers/peers.py`, and the Go server beside it) are written anew from what they do; ours
are run by our runners, as in any trial. Both are alive at once, on the same processor, and the load
generator, on another, turns from one to the other several times a second: so what the machine does
meanwhile happens to both. A pair of processes is one replicate, since what differs between two
processes of the same program (where their memory lies) stays for as long as they live.

Both have served somebody before they are measured. asyncio reads into 256 KiB, which the C library
maps anew for every read until a connection has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from harness import stats
from harness.protocol import Request, RequestCase, encode_request
from harness.runners import build_go
from tests.bench import load, tools

_BAR = 1.0
_HALF_WIDTH = 0.01  # of the interval, at most: what differs by less is called the same
_CONNECTIONS = (3, 64)
_MESSAGE = 1_024
_SECOND = 1_000_000_000
_PAIRS, _TURNS = 10, 12
_WARM_NS, _TURN_NS = _SECOND // 20, _SECOND // 5
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
    for connections in _CONNECTIONS:
        for theirs, ours in _TWINS.items():
            yield _row(theirs, ours, connections)


def _row(
    theirs: tuple[str, ...], ours: tuple[str, str], connections: int
) -> tuple[str, str, str, bool]:
    pairs = [_pair(theirs, ours, connections, order) for order in range(tools.amount(_PAIRS, 1))]
    found = stats.ratio(pairs)
    assert found is not None
    low, high = found.low or found.value, found.high or found.value
    name = " · ".join(filter(None, ours))
    return (
        f"echo {name} over vmbench's {' '.join(theirs)}, 1 KiB, c = {connections}, messages/s",
        f"{found.value:.4f} [{low:.4f}, {high:.4f}] ({found.n} pairs of processes; ours"
        f" {median(one for one, _ in pairs):,.0f}/s)",
        f"at least {_BAR}, or not told from it to {_HALF_WIDTH:.0%}",
        found.value >= _BAR or (high >= _BAR and found.value >= _BAR - _HALF_WIDTH),
    )


def _pair(
    theirs: tuple[str, ...], ours: tuple[str, str], connections: int, order: int
) -> tuple[float, float]:
    """Return the messages a second of ours and of theirs, by turns, each its median turn."""
    with _our_server(*ours) as our_port, load.server(*theirs) as their_port:
        ports = (our_port, their_port)
        for port in ports:
            first = [{"loop": "closed", "requests": 20}]
            load.generate(port, first, application="echo", message_bytes=_MESSAGE, connections=2)
        rates: tuple[list[float], list[float]] = ([], [])
        for turn in range(tools.amount(_TURNS, 2)):
            # Who is first changes from turn to turn: ours, theirs, theirs, ours.
            for side in (0, 1) if (turn + order) % 2 else (1, 0):
                rates[side].append(_rate(ports[side], connections))
    return median(rates[0]), median(rates[1])


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
def _our_server(model: str, variant: str) -> Iterator[int]:
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
