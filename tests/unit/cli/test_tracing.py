"""The command `trace`: it writes lanes and files, and names what cannot be traced."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace as Packets

from harness.cli import tracing
from harness.errors import Exit, Problem
from harness.measuring import recording
from harness.measuring.recording import Subject
from harness.measuring.runners import protocol
from harness.measuring.runners.runner import Runner
from harness.traces import scene
from tests.support.command import Invoke

pytestmark = pytest.mark.usefixtures("asked_once")


def test_a_trace_is_a_figure_and_a_file_for_perfetto(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "PAIRS", 1)
    code, said, _ = invoke("trace", "threetasks", "--model", "asyncio,trio", "--out", tmp_path)
    assert code == Exit.SUCCESS
    assert "cost of tracing" in said
    (folder,) = tmp_path.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "all.png",
        *("asyncio.pftrace", "asyncio.png", "trio.pftrace", "trio.png"),
    ]
    packets = Packets()
    packets.ParseFromString((folder / "trio.pftrace").read_bytes())
    tracks = {packet.track_descriptor.name for packet in packets.packet}
    assert {"Three tasks on trio", "main", "A", "B", "C"} <= tracks


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("threetask",), Exit.USAGE, "unknown workload 'threetask'; did you mean threetasks?"),
        (("threetasks", "--model", "tria"), Exit.USAGE, "did you mean trio"),
        (("kitchen", "--case", "headlines"), Exit.USAGE, "did you mean headline?"),
        (("kitchen", "--case", ""), Exit.USAGE, "unknown case ''; there is: "),
        (("busy", "--case", ""), Exit.USAGE, "busy has no cases; found --case '', expected"),
        (("busy", "--case", "check"), Exit.USAGE, "busy has no cases; found --case 'check'"),
        (("echo",), Exit.NOT_POSSIBLE, "echo cannot be traced: it needs the harness"),
        (("fetch",), Exit.NOT_POSSIBLE, "fetch cannot be traced: it needs the harness"),
        (
            ("pingpong", "--model", "sequential"),
            Exit.NOT_POSSIBLE,
            "pingpong: nothing can be traced: sequential: sequential code has no second task",
        ),
    ],
)
def test_what_cannot_be_traced_is_named(
    tmp_path: Path, invoke: Invoke, arguments: tuple[str, ...], code: Exit, complaint: str
) -> None:
    found, _, errors = invoke("trace", *arguments, "--out", tmp_path)
    assert (found, complaint in errors) == (code, True), errors
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_have_no_folder_is_one_line(tmp_path: Path, invoke: Invoke) -> None:
    (tmp_path / "file").touch()
    for place, why in {
        tmp_path / "file" / "below": "Not a directory",
        "/dev/null": "Not a directory",
        "/proc/x": "No such file or directory",
    }.items():
        code, _, errors = invoke("trace", "threetasks", "--model", "asyncio", "--out", place)
        assert (code, errors.count("\n")) == (Exit.NOT_POSSIBLE, 1)
        assert f"cannot be written: {why}; choose another directory with --out" in errors


def test_a_second_trace_in_the_same_second_is_refused(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr(tracing, "datetime", SimpleNamespace(now=lambda _: moment))
    monkeypatch.setattr(recording, "record", None)  # nothing is recorded in vain
    first = tmp_path / "20260102-030405-trace-threetasks"
    first.mkdir()
    code, _, errors = invoke("trace", "threetasks", "--model", "asyncio", "--out", tmp_path)
    assert (code, "a run of this name exists" in errors) == (Exit.NOT_POSSIBLE, True)


def test_a_disk_that_is_full_leaves_no_empty_file_and_no_empty_folder(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(path: Path, _: bytes) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recording, "PAIRS", 1)
    monkeypatch.setattr(Path, "write_bytes", fill)
    code, _, errors = invoke("trace", "threetasks", "--model", "asyncio", "--out", tmp_path)
    assert (code, "No space left on device; free some space" in errors) == (3, True)
    assert list(tmp_path.iterdir()) == []


# --- runs that fail

SAYS = {
    "ends early": ("", "the process ended with 0 before the trace was complete; it said: nothing"),
    "speaks nonsense": ("print('nonsense', flush=True)", "the runner sent no message of a trace"),
    "gives a wrong answer": (
        'print(\'{"kind":"ended","start_ns":0,"end_ns":9,"cpu_ns":1,"answer":8}\')',
        "found the answer 8, expected 9",
    ),
    "fails": ('print(\'{"kind":"error","message":"no lamp"}\')', "on test: no lamp"),
    "records what no run can have": (
        'print(\'{"kind":"events","events":[[1,"runs",7]]}\');'
        'print(\'{"kind":"ended","start_ns":0,"end_ns":9,"cpu_ns":1,"answer":9}\')',
        "the recording makes no sense: lane 7 cannot be runs at 1: nothing created it",
    ),
}


@pytest.mark.parametrize("what", SAYS)
def test_a_run_that_fails_says_why(what: str) -> None:
    script, complaint = SAYS[what]
    about = protocol.Description(2, "python", "3", ())
    runner = Runner("test", (), {}, about, trace=("python3", "-S", "-c", f"input();{script}"))
    with pytest.raises(Problem, match=complaint) as raised:
        recording.record(Subject("scene", "test", {}, 9, runner), pairs=1)
    assert raised.value.code is Exit.FAILED


# --- scenes


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = 1", "bad.toml: params: found nothing, expected a table"),
        ("[params]\nsteps = -1", "bad.toml: params.steps: found -1, expected an integer from 0"),
        (
            'title="T"\nquestion="Q?"\nlesson="ends"\nexpect=1\ncolour=2\n[params]',
            "colour: unknown key",
        ),
        ('title="T"\nquestion="Q?"\nlesson="all"\n[params]', "expected one of at-once, cleanup"),
    ],
)
def test_a_scene_that_is_wrong_says_where(text: str, complaint: str) -> None:
    with pytest.raises(Problem, match=complaint):
        scene.parse(text, "bad", "bad.toml")
