"""Files and messages that are nearly right, and what reads them.

Each target reads one text as a command would. It may return or refuse the text with a message for
people; whatever else is raised is a defect.
"""

from __future__ import annotations

import atexit
import io
import json
import re
import shutil
import signal
import tempfile
import tomllib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import msgspec
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from rich.console import Console

from harness.analysis import run_comparison
from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis
from harness.catalog import workload_file
from harness.claims import judge, judgement, ledger
from harness.errors import Problem
from harness.measuring.attempt import Attempt
from harness.measuring.processes.child import ChildResult
from harness.measuring.runners import external, manifest, protocol
from harness.measuring.runners.runner import Runner
from harness.measuring.trial_record import judge_attempt
from harness.paths import ROOT, WORKLOADS
from harness.presenting import export, figures, tables
from harness.presenting.export import ExportSelection
from harness.presenting.report import page, sources
from harness.results import store
from harness.results.records import Run, Trial
from tests.support.factories import (
    WORKLOAD,
    analysed,
    assignment,
    good_messages,
    who,
    workload,
)
from tests.support.near_misses import documents, encode, line_files, toml_files

HANG_S = 20.0  # of CPU time; each takes milliseconds

# --- what reads it


_DRAWN = 200  # every so many runs: drawing takes a hundred times as long as the rest


def _raise(_: str, error: Exception) -> NoReturn:
    raise error


def _read_in(folder: Path) -> None:
    """Do with a run what `show`, `compare`, `claims`, `export`, `report` and `plot` do."""
    run = store.read_run(folder)
    analysis = analyse(run, store.read_trials(folder, []))
    console = Console(file=io.StringIO(), width=80)
    for renderable in tables.results(analysis):
        console.print(renderable)
    judged = judge.judge_claims(_claims(), analysis)
    for line in tables.claims(judged):
        console.print(line)
    with suppress(Problem):
        run_comparison.check_comparable([run], [_good().run], across_machines=True)
        run_comparison.compare_runs([analysis], [_good()], across_machines=True)
    assert "<html" in page.render(analysis, sources.read_sources(run), {}, judged)
    texts = [(folder / name).read_bytes() for name in (store.RUN_FILE, store.TRIALS_FILE)]
    if zlib.crc32(b"".join(texts)) % _DRAWN == 0:
        figures.draw(analysis, folder / "figures", judged, failed=_raise)
    for format_ in export.FORMATS:
        with suppress(Problem):
            trials = store.read_trials(folder, [])
            export.render(format_, analysis, trials, ExportSelection(), [])


_WORKLOADS = ("echo", "fanout", "footprint", "heartbeat")  # of every shape
_MODELS = ("asyncio", "go")


@cache
def _stored(workload_id: str) -> tuple[bytes, list[bytes]]:
    """Return a small part of the reference run: a few trials of one workload."""
    folder = ROOT / "docs" / "reference-run"
    run = json.loads((folder / store.RUN_FILE).read_bytes())

    def is_part(cell: dict[str, Any]) -> bool:
        contestant = cell["contestant"]
        is_plain_headline = cell["case"] == "headline" and not contestant["variant"]
        is_known = contestant["workload"] == workload_id and contestant["model"] in _MODELS
        return is_plain_headline and is_known

    def first(of: dict[str, str]) -> dict[str, str]:
        return dict(list(of.items())[:1])

    with store.open_trials(folder) as file:
        lines = file.read().splitlines()
    trials = {str(cell): line for line in lines if is_part(cell := json.loads(line)["cell"])}
    changes = {
        "workloads": {workload_id: run["workloads"][workload_id]},
        "cells": [cell for cell in run["cells"] if is_part(cell)],
        "absent": run["absent"][:1],
        "sources": first(run["sources"]),
        "implementations": first(run["implementations"]),
        "runner_files": [str(ROOT / "docs" / "examples" / "shell" / manifest.FILE)],
    }
    return encode(run | changes), list(trials.values())


def _run(workload_id: str) -> Any:
    return json.loads(_stored(workload_id)[0])


def _trials(workload_id: str) -> list[Any]:
    return [json.loads(line) for line in _stored(workload_id)[1]]


@cache
def _good() -> Analysis:
    run, trials = _stored("echo")
    decoder = msgspec.json.Decoder(Trial)
    return analyse(msgspec.json.decode(run, type=Run), map(decoder.decode, trials))


@cache
def _claims() -> list[ledger.Claim]:
    return ledger.load()


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="loombench-fuzzing-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "files").mkdir()
    (folder / "files" / "runner.py").touch()
    return folder


def read_run(text: bytes) -> None:
    kind, _, text = text.partition(b"\n")
    folder, (_, trials) = _folder(), _stored(kind.decode())
    (folder / store.RUN_FILE).write_bytes(text)
    (folder / store.TRIALS_FILE).write_bytes(b"\n".join([*trials, b""]))
    _read_in(folder)


def read_trials(text: bytes) -> None:
    kind, _, text = text.partition(b"\n")
    folder, (run, _) = _folder(), _stored(kind.decode())
    (folder / store.RUN_FILE).write_bytes(run)
    (folder / store.TRIALS_FILE).write_bytes(text)
    _read_in(folder)


def read_workload(text: bytes) -> None:
    """Read a workload file and plan its cases, as `list`, `validate` and `run` do."""
    folder = _folder() / "workloads"
    folder.mkdir(exist_ok=True)
    (folder / "demo.toml").write_bytes(text)
    loaded = workload_file.load_folder(folder, from_outside=True)
    for one in loaded.values():
        for case in one.cases:
            for model in ("asyncio", "threads", "fibers"):
                resolved = one.resolve(case, model)
                assert resolved.operations >= 1
                protocol.encode_request(protocol.create_request(who(model), [resolved], 7))
                one.describe_params(resolved.case)


def read_ledger(text: bytes) -> None:
    path = _folder() / "ledger.toml"
    path.write_bytes(text)
    judged = judge.judge_claims(ledger.load([path], only=True), _good())
    console = Console(file=io.StringIO(), width=80)
    for line in tables.claims(judged):
        console.print(line)
    judgement.json_document(_good(), judged)
    judgement.complaints(judged)


def read_manifest(text: bytes) -> None:
    path = _folder() / "files" / manifest.FILE
    path.write_bytes(text)
    for declared in manifest.read_files([path]):
        with suppress(manifest.UnusableError):
            external._create_question(declared)


def read_messages(text: bytes) -> None:
    """Take what a runner says in a trial, judge it, store it and analyse it."""
    assigned = assignment()
    request = protocol.create_request(who(), assigned.cases, 7)
    attempt = Attempt(assigned, 0, 0, request, None)
    lines = text.split(b"\n")[1:-1]
    violation = ""
    for line in lines:
        violation = violation or attempt.receive_line(line)
    attempt.result = ChildResult(0, 10**9, 10**9, "", violation)
    trial = judge_attempt(attempt, 2, lambda _: "")
    assert trial.message.isprintable()
    again = msgspec.json.decode(msgspec.json.encode(trial), type=Trial)
    console = Console(file=io.StringIO(), width=80)
    for renderable in tables.results(analysed(again)):
        console.print(renderable)


def read_description(text: bytes) -> None:
    try:
        description = protocol.decode_description(text.partition(b"\n")[2])
    except protocol.ProtocolError:
        return
    home = _folder() / "files"
    declared = manifest.DeclaredRunner("demo", home / manifest.FILE, ("sh",), {}, ())
    runner: Runner = external._create_runner(declared, ("sh",), description)
    _, problems = external._select_usable(runner, {}, {"demo": workload()})
    assert all(isinstance(one, str) for one in problems)


# --- the starting points


def _workload_texts() -> list[str]:
    return [WORKLOAD, *(path.read_text("utf-8") for path in sorted(WORKLOADS.glob("*.toml")))]


def _ledger_texts() -> list[str]:
    """Return some claims each, in ledgers short enough for a change to matter."""
    head, *claims = re.split(r"(?m)^(?=\[claims\.)", ledger.BUILT_IN.read_text("utf-8"))
    parts = ["".join([head, *claims[i : i + 3]]) for i in range(0, len(claims), 3)]
    assert all(tomllib.loads(part) for part in parts)
    return parts


MANIFEST = """\
[runners.demo]
command = ["sh", "runner.sh"]
files = ["runner.py"]
workloads = []

[runners.demo.env]
A = "b"

[runners.other]
command = ["runner.py"]
"""


def _conversation() -> list[Any]:
    said: list[Any] = [protocol.Started(protocol.PROTOCOL, {"gil": True})]
    for case in ("check", "headline"):
        said += good_messages(workload(), case)
    said.append(protocol.Finished({"peak_bytes": 4096}))
    return [json.loads(msgspec.json.encode(one)) for one in said]


def _description() -> Any:
    one = {"workload": "demo", "model": "fibers", "source": "runner.py", "files": ["runner.py"]}
    return {
        "protocol": 2,
        "language": "c",
        "version": "1",
        "facts": {"a": 1, "b": "c", "d": True},
        "implementations": [one, {**one, "variant": "two"}, {**one, "model": "other"}],
        "unavailable": [{"model": "other", "reason": "no luck"}],
    }


TARGETS: dict[str, tuple[st.SearchStrategy[bytes], Callable[[bytes], None]]] = {
    "run.json": (documents({id_: partial(_run, id_) for id_ in _WORKLOADS}), read_run),
    "trials.jsonl": (line_files({id_: partial(_trials, id_) for id_ in _WORKLOADS}), read_trials),
    "workload files": (toml_files(_workload_texts), read_workload),
    "ledgers": (toml_files(_ledger_texts), read_ledger),
    "loombench.toml": (toml_files(lambda: [MANIFEST]), read_manifest),
    "messages": (line_files({"demo": _conversation}), read_messages),
    "descriptions": (documents({"demo": _description}), read_description),
}


class _Text(bytes):
    """A text whose representation is short."""

    def __repr__(self) -> str:
        return f"{bytes(self[:200])!r}, {len(self)} bytes"


def starting_point(name: str) -> bytes:
    """Return a text that a target takes."""
    return _STARTING[name]()


_STARTING: dict[str, Callable[[], bytes]] = {
    "run.json": lambda: b"heartbeat\n" + _stored("heartbeat")[0],
    "trials.jsonl": lambda: b"\n".join([b"echo", *_stored("echo")[1], b""]),
    "workload files": WORKLOAD.encode,
    "ledgers": lambda: "".join(_ledger_texts()[:1]).encode(),
    "loombench.toml": MANIFEST.encode,
    "messages": lambda: b"\n".join([b"demo", *map(encode, _conversation()), b""]),
    "descriptions": lambda: b"demo\n" + encode(_description()),
}


class HangError(Exception):
    """A text took far too long to read."""


@contextmanager
def _no_hang() -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> NoReturn:
        raise HangError(f"took more than {HANG_S} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def fuzz(name: str, count: int, part: int = 0) -> None:
    """Have a target read so many texts, the same ones for each part. Raises what it may not."""
    texts, read = TARGETS[name]

    @seed(part)
    @given(texts.map(_Text))
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(text: _Text) -> None:
        try:
            with _no_hang(), suppress(Problem):
                read(text)
        except BaseException as error:
            path = Path(tempfile.gettempdir()) / "loombench-fuzzed"
            path.write_bytes(text)
            error.add_note(f"{name}: the text is in {path}")
            raise

    check()
