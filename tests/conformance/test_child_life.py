"""A child of the Python runner: when its server stops, takes turns, and dies with the harness."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from harness.paths import ROOT

BEGINNING = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {python!r})
from runner import lifetime, models, session, wire
from runner.transport import HarnessTransport
private_in, emit = wire.take_stdio()
request = wire.parse_request(wire.read_line(private_in))
assert lifetime.exit_with_harness(private_in)
model = models.MODELS[request.model]
transport = HarnessTransport(emit, private_in, model.readable)
"""
SERVER = (
    BEGINNING
    + """
async def serve(params, probe):
    probe.listening(7)
    await probe.stopped()
    return 0

def serve_sync(params, probe):
    probe.listening(7)
    probe.wait_until_stopped()
    return 0

if model.boot is None:
    session.run_sync(request, SimpleNamespace(run=serve_sync), emit, transport)
else:
    async def main():
        await session.run_async(request, SimpleNamespace(run=serve), emit, transport)
    model.boot(main)
"""
)


def request(model: str, cases: int, *, turns: bool) -> bytes:
    case = {"params": {}, "operations": 1, "warmup": 0, "iterations": 1, "min_sample_ns": 0}
    message = {
        "protocol": 2,
        "workload": "planted",
        "model": model,
        "turns": turns,
        "cases": [{"id": f"case-{index}", **case} for index in range(cases)],
    }
    return json.dumps(message).encode() + b"\n"


MODELS = [
    "asyncio",
    "uvloop",
    "trio",
    "anyio-asyncio",
    "anyio-trio",
    "gevent",
    "scratch",
    "threads",
]


def start_server(
    model: str, cases: int = 1, *, program: str = SERVER, turns: bool = False
) -> subprocess.Popen[bytes]:
    """Start a program on a model, and send it its request."""
    for name in model.split("-"):
        if name in ("uvloop", "trio", "anyio", "gevent"):
            pytest.importorskip(name)
    process = subprocess.Popen(
        [sys.executable, "-c", program.format(python=str(ROOT / "python"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(request(model, cases, turns=turns))
    process.stdin.flush()
    return process


def read_record(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("model", MODELS)
def test_a_server_stops_in_every_case_when_stop_is_sent(model: str) -> None:
    with start_server(model, cases=2) as process:
        assert process.stdin is not None
        for index in range(2):
            assert read_record(process) == {"kind": "listening", "port": 7}
            process.stdin.write(b'{"kind": "stop"}\n')
            process.stdin.flush()
            assert read_record(process)["kind"] == "sample"
            outcome = read_record(process)
            assert (outcome["case"], outcome["value"]) == (f"case-{index}", "0")
        assert process.wait() == 0  # its input is still open, as with a real harness


@pytest.mark.parametrize("model", MODELS)
def test_a_server_dies_with_the_harness(model: str) -> None:
    with start_server(model) as process:
        assert read_record(process)["kind"] == "listening"
        assert process.stdin is not None
        process.stdin.close()
    assert process.returncode < 0


IN_TURNS = (
    BEGINNING
    + """
async def work(params, probe):
    return 0

if model.boot is None:
    session.run_sync(request, SimpleNamespace(run=lambda *_: 0), emit, transport)
else:
    async def main():
        await session.run_async(request, SimpleNamespace(run=work), emit, transport)
    model.boot(main)
"""
)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_takes_turns_and_dies_with_the_harness_between_them(model: str) -> None:
    with start_server(model, program=IN_TURNS, turns=True) as process:
        assert process.stdin is not None
        assert read_record(process) == {"kind": "ready", "case": "case-0"}
        for iteration in range(2):
            process.stdin.write(b'{"kind": "turn"}\n')
            process.stdin.flush()
            assert read_record(process)["iteration"] == iteration
        process.stdin.close()
    assert process.returncode < 0
