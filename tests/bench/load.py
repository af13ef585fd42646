"""The load generator against `wrk`, and against a server whose latency follows from arithmetic.

The server that stalls answers nothing in the first s = 100 ms of each second. Requests come evenly
at a fixed rate, so a request falls into a stall with probability 0.1, and evenly within it; it then
waits for the rest of the stall. For 0 <= x <= s:

    P(wait > x) = 0.1 (1 - x / s)

The 99th percentile is the x for which that is 0.01, so 1 - x / s = 0.1 and x = 0.9 s = 90 ms. To it
comes the time that an answer takes otherwise, less than a millisecond. Only whole seconds are
measured, so that the share of 0.1 is exact and not a matter of where the run began.

A closed loop sends nothing while its connections wait: of tens of thousands of requests a second
only one a connection meets the stall, far less than one in a hundred.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import median

from hdrh.histogram import HdrHistogram

from harness import units
from harness.measuring.runners.go_build import build_go, find_go
from harness.paths import ROOT

_SERVERS = Path(__file__).parent / "servers"
_SECOND = 1_000_000_000
_CONNECTIONS = 64
_BODY = "Hello, World!"
_PAIRS, _PAIR_SECONDS = 7, 3
_LEAST_OF_WRK = 0.9
_STALL_RATE, _STALL_SECONDS = 2_000, 10
_STALL_P99_NS = 90_000_000
_STALL_TOLERANCE = 0.05


def rows() -> Iterator[tuple[str, str, str, bool]]:
    if build_go()[0] is None:
        return
    yield from against_wrk(_PAIRS, _PAIR_SECONDS)
    yield from against_arithmetic(_STALL_SECONDS)


def against_wrk(pairs: int, seconds: int) -> Iterator[tuple[str, str, str, bool]]:
    what = f"load generator over wrk -t1, net/http, c = {_CONNECTIONS}, requests/s"
    bar = f"at least {_LEAST_OF_WRK}"
    wrk = shutil.which("wrk")
    if wrk is None:
        yield what, "not measured: wrk is not installed", bar, False
        return
    ratios, ours, theirs, busy = [], [], [], []
    with server("http") as port:
        for pair in range(pairs):
            for side in (0, 1) if pair % 2 else (1, 0):
                if side:
                    theirs.append(_wrk(wrk, port, seconds))
                    continue
                phase = _http(port, seconds)[-1]
                ours.append(phase["requests"] * _SECOND / phase["elapsed_ns"])
                busy.append(phase["cpu_ns"] / phase["elapsed_ns"])
            ratios.append(ours[-1] / theirs[-1])
    middle = median(ratios)
    yield (
        what,
        f"{middle:.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs; ours"
        f" {median(ours):,.0f}/s at {median(busy):.0%} of its core, wrk {median(theirs):,.0f}/s)",
        bar,
        middle >= _LEAST_OF_WRK,
    )


def against_arithmetic(seconds: int) -> Iterator[tuple[str, str, str, bool]]:
    phases = [
        {"loop": "closed", "duration_ns": _SECOND // 5, "warmup": True},
        {"loop": "open", "rate_per_s": _STALL_RATE, "duration_ns": seconds * _SECOND},
        {"loop": "closed", "duration_ns": seconds * _SECOND},
    ]
    with server("stall") as port:
        _, is_open, closed = _echo(port, phases)
    found, hidden = (percentile(phase["hdr"], 99) for phase in (is_open, closed))
    service = percentile(is_open["service_hdr"], 99)
    off = found / _STALL_P99_NS - 1
    late = ", ".join(
        f"{name} {units.format_time(percentile(is_open['late_hdr'], share))}"
        for name, share in (("p50", 50), ("p99", 99), ("max", 100))
    )
    yield (
        f"open loop, {_STALL_RATE:,}/s, a stall of 100 ms a second: p99 off the arithmetic",
        f"{off:+.1%} ({units.format_time(found)}; from the time of sending"
        f" {units.format_time(service)}; sent late: {late})",
        f"within {_STALL_TOLERANCE:.0%}",
        abs(off) <= _STALL_TOLERANCE and not is_open["errors"],
    )
    yield (
        "closed loop on the same server: p99",
        f"{units.format_time(hidden)} of {closed['requests']:,} requests",
        "misses it: less than a tenth",
        hidden < _STALL_P99_NS / 10,
    )


def percentile(text: str, percent: float) -> int:
    return int(HdrHistogram.decode(text).get_value_at_percentile(percent))


def _http(port: int, seconds: int) -> list[dict]:
    warmup = {"loop": "closed", "duration_ns": _SECOND // 5, "warmup": True}
    measured = {"loop": "closed", "duration_ns": seconds * _SECOND}
    return generate(port, [warmup, measured], application="http", path="/", body=_BODY)


def _echo(port: int, phases: Sequence[dict]) -> list[dict]:
    return generate(port, phases, application="echo", message_bytes=1024)


def generate(port: int, phases: Sequence[dict], **request: object) -> list[dict]:
    """Run the load generator on its core; returns its `phase` records."""
    built, reason = build_go()
    assert built is not None, reason
    line = json.dumps(
        {
            "protocol": 1,
            "address": f"127.0.0.1:{port}",
            "connections": _CONNECTIONS,
            "seed": 7,
            "connect_timeout_ns": 5 * _SECOND,
            "answer_timeout_ns": 5 * _SECOND,
            "phases": list(phases),
            **request,
        }
    )
    with started([str(built.load)], core=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()  # and it stays open, as a harness keeps it
        records = [json.loads(text) for text in process.stdout]
        assert process.wait() == 0, records
    served = request.get("connections", _CONNECTIONS)
    assert records[-1] == {"kind": "finished", "served": served}, records[-1]
    return [record for record in records if record["kind"] == "phase"]


def _wrk(wrk: str, port: int, seconds: int) -> float:
    """Return its requests a second."""
    url = f"http://127.0.0.1:{port}/"
    with started([wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", url], core=1) as process:
        out, _ = process.communicate()
    assert process.returncode == 0, out
    assert "Socket errors" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


@contextmanager
def server(*kind: str) -> Iterator[int]:
    """Run a server on its core; yields its port. Of two words it is one in Python."""
    command = [str(servers())] if len(kind) == 1 else [sys.executable, str(_SERVERS / "peers.py")]
    with _serving([*command, *kind]) as lines:
        yield int(next(lines))


@contextmanager
def twins() -> Iterator[tuple[int, int]]:
    """Run our Go echo and a plain one in one process; yields their ports, ours first."""
    with _serving([str(servers()), "twins"]) as lines:
        theirs, ours = int(next(lines)), int(next(lines))
        yield ours, theirs


@contextmanager
def _serving(command: Sequence[str]) -> Iterator[Iterator[str]]:
    """Run a server; yields the lines that it prints."""
    with started(command, core=0) as process:
        assert process.stdout is not None
        yield process.stdout
        process.communicate()  # closes its standard input, at which it ends


@contextmanager
def started(
    command: Sequence[str], core: int, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a process on one core, where there are two; it is not left running.

    `env` is added to the environment.
    """
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core]})  # a child inherits it
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
    finally:
        os.sched_setaffinity(0, before)
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@cache
def servers() -> Path:
    """Build the servers outside the repository."""
    go, reason = find_go(ROOT / "go" / "go.mod")
    assert go is not None, reason
    folder = Path(tempfile.mkdtemp(prefix="loombench-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    binary = folder / "server"
    # Built where it may import what is internal to our Go module, without standing there.
    placed = folder / "overlay.json"
    source = _SERVERS / "server.go"
    placed.write_text(json.dumps({"Replace": {str(ROOT / "go/bench/server.go"): str(source)}}))
    subprocess.run(
        [go, "build", "-trimpath", "-overlay", str(placed), "-o", str(binary), "./bench"],
        cwd=ROOT / "go",
        check=True,
        env={**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
    )
    return binary
