"""What an implementation says through its probe, and how a server hears that it is to stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hdrh.histogram import HdrHistogram

from harness.paths import ROOT
from runner import footprint, session, wire
from runner.voice import Line
from runner.work import Probe, Unsupported

if TYPE_CHECKING:
    from tests.unit.python_runner.sessions import Kind

SERVER = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {python!r})
from runner import models, session, voice, wire
private_in, emit = wire.take_stdio()
request = wire.parse_request(wire.read_line(private_in))
assert voice.die_with_the_harness(private_in)
model = models.MODELS[request.model]
line = voice.Line(emit, private_in, model.readable)

async def serve(params, probe):
    probe.listening(7)
    await probe.stopped()
    return 0

def serve_plainly(params, probe):
    probe.listening(7)
    probe.wait_until_stopped()
    return 0

if model.boot is None:
    session.run_plain(request, SimpleNamespace(run=serve_plainly), emit, line)
else:
    async def main():
        await session.run_awaited(request, SimpleNamespace(run=serve), emit, line)
    model.boot(main)
"""


def request(model: str, cases: int) -> bytes:
    case = {"params": {}, "operations": 1, "warmup": 0, "iterations": 1, "min_sample_ns": 0}
    asked = {
        "protocol": 1,
        "workload": "planted",
        "model": model,
        "cases": [{"id": f"case-{index}", **case} for index in range(cases)],
    }
    return json.dumps(asked).encode() + b"\n"


MODELS = ["asyncio", "uvloop", "trio", "anyio-asyncio", "anyio-trio", "scratch", "threads"]


def started(model: str, cases: int = 1) -> subprocess.Popen[bytes]:
    """Start a server on a model, and give it its request."""
    for name in model.split("-"):
        if name in ("uvloop", "trio", "anyio"):
            pytest.importorskip(name)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER.format(python=str(ROOT / "python"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(request(model, cases))
    process.stdin.flush()
    return process


def heard(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("model", MODELS)
def test_a_server_stops_when_it_is_told_in_every_case(model: str) -> None:
    with started(model, cases=2) as process:
        assert process.stdin is not None
        for index in range(2):
            assert heard(process) == {"kind": "listening", "port": 7}
            process.stdin.write(b'{"kind": "stop"}\n')
            process.stdin.flush()
            assert heard(process)["kind"] == "sample"
            outcome = heard(process)
            assert (outcome["case"], outcome["value"]) == (f"case-{index}", "0")
        assert process.wait() == 0  # while its input is still open, as a harness keeps it


@pytest.mark.parametrize("model", MODELS)
def test_a_server_ends_with_the_harness(model: str) -> None:
    with started(model) as process:
        assert heard(process)["kind"] == "listening"
        assert process.stdin is not None
        process.stdin.close()
    assert process.returncode < 0


def test_what_is_not_stop_is_refused() -> None:
    read, write = os.pipe()
    os.write(write, b'{"kind": "go"}\n')
    with pytest.raises(ValueError, match="expected a line of kind stop"):
        Line(lambda _: None, read, None).wait_until_stopped()
    os.close(read)
    os.close(write)


def test_waits_are_one_histogram_a_case_without_those_of_warming_up(kind: Kind) -> None:
    def run(params: Any, probe: Probe) -> int:
        probe.latency(5_000_000)
        probe.latency(1_000_000_000)
        return 0

    case = wire.Case("headline", {}, 1, warmup=3, iterations=2, min_sample_ns=0)
    records = kind.run(kind.module(run), case)
    assert [one["kind"] for one in records] == ["sample"] * 5 + ["latency", "outcome"]
    found = HdrHistogram.decode(records[5]["hdr"])
    assert found.get_total_count() == 4
    assert found.get_value_at_percentile(50) == pytest.approx(5_000_000, rel=0.001)
    assert found.get_max_value() == pytest.approx(1e9, rel=0.001)


def test_parked_tasks_are_weighed_where_they_are_said(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footprint, "held", lambda: (1_000, 9_000))

    def run(params: Any, probe: Probe) -> int:
        probe.parked(10)
        return 0

    records: list[dict[str, Any]] = []
    line = Line(records.append, -1, None)
    request = wire.Request("planted", "any", "", 0, [wire.Case("check", {}, 1, 0, 1, 0)])
    session.run_plain(request, kind.__class__(awaited=False).module(run), records.append, line)
    assert records[0] == {
        "kind": "footprint",
        "case": "check",
        "tasks": 10,
        "bytes": 1_000,
        "virtual_bytes": 9_000,
    }


def test_what_a_process_holds_is_not_more_than_it_has_reserved() -> None:
    try:
        held, reserved = footprint.held()
    except Unsupported:
        pytest.skip("this system does not tell")
    assert reserved is not None
    assert 2**20 < held < reserved


def test_a_case_that_cannot_be_done_here_is_unsupported(kind: Kind) -> None:
    def run(params: Any, probe: Probe) -> int:
        raise Unsupported("no such socket option")

    (record,) = kind.run(kind.module(run), wire.Case("check", {}, 1, 0, 1, 0))
    assert (record["reason"], record["case"]) == ("unsupported", "check")


def test_a_probe_of_nobody_hears_everything_and_says_nothing() -> None:
    probe = Probe()
    probe.parked(3)
    probe.listening(1)
    probe.wait_until_stopped()
    probe.latency(4)
    assert probe.waits == [4]
