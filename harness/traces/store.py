"""The file of traces, `traces.jsonl`: it holds the events, and lanes are built when it is read."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from harness.errors import Exit, Problem
from harness.traces import lanes, lessons
from harness.traces.records import SCHEMA_VERSION, Heading, Recording
from harness.traces.scene import Scene, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.traces.lanes import Trace

FILE = "traces.jsonl"
_decoder: msgspec.json.Decoder[Heading | Recording] = msgspec.json.Decoder(Heading | Recording)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Traced:
    """The content of a file of traces."""

    heading: Heading
    recordings: tuple[Recording, ...]


@dataclass(frozen=True)
class SceneTraces:
    """The traces of a scene, by model, and why some models have none."""

    scene: Scene
    traces: Mapping[str, Trace]
    missing: Mapping[str, str]

    @property
    def lesson(self) -> str:
        """What they show, in one sentence or two."""
        return lessons.teach(self.scene.lesson, self.traces)


def write(folder: Path, heading: Heading, recordings: Iterable[Recording]) -> Traced:
    """Write the recordings as they come, and return them. Raises Problem.

    They get their final name only when all are there, so that a file is always complete.
    """
    path, part = folder / FILE, folder / f".{FILE}.part"
    kept: list[Recording] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb", buffering=0) as file:
            file.write(msgspec.json.encode(heading) + b"\n")
            for recording in recordings:
                file.write(msgspec.json.encode(recording) + b"\n")
                kept.append(recording)
        part.replace(path)
    except OSError as error:
        raise Problem(
            f"{path}: cannot be written: {error.strerror}; choose another directory with --out",
            Exit.NOT_POSSIBLE,
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return Traced(heading, tuple(kept))


def read(folder: Path) -> Traced | None:
    """Read the recordings in a folder; None if there are none. Raises Problem."""
    path = folder / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from None
    try:
        heading, *recordings = map(_decoder.decode, lines)
    except (*_UNREADABLE, ValueError) as error:
        raise Problem(f"{path}: not a file of traces: {error}") from None
    if not isinstance(heading, Heading) or heading.schema_version != SCHEMA_VERSION:
        raise Problem(
            f"{path}: found another heading, expected schema_version {SCHEMA_VERSION}; record"
            " again, or read it with the Loombench that wrote it",
            Exit.NOT_POSSIBLE,
        )
    return Traced(heading, tuple(one for one in recordings if isinstance(one, Recording)))


def of_run(folder: Path) -> dict[str, SceneTraces]:
    """Return the traces that are stored in a folder, by scene; empty if there are none.

    Raises Problem, also for events that no run can have.
    """
    traced = read(folder)
    return {} if traced is None else by_scene(traced)


def by_scene(traced: Traced) -> dict[str, SceneTraces]:
    """Build the lanes of each scene of which anything was recorded. Raises Problem."""
    found: dict[str, SceneTraces] = {}
    for id_, text in traced.heading.scenes.items():
        here = [one for one in traced.recordings if one.scene == id_]
        traces = {one.model: _build(one) for one in here if not one.missing}
        if traces:
            missing = {one.model: one.missing for one in here if one.missing}
            found[id_] = SceneTraces(parse(text, id_, id_), traces, missing)
    return found


def _build(one: Recording) -> Trace:
    try:
        trace = lanes.build(one.events, 0, one.length_ns)
    except lanes.BrokenTraceError as error:
        raise Problem(f"{FILE}: {one.scene} on {one.model}: {error}") from None
    if not trace.lanes:
        raise Problem(f"{FILE}: {one.scene} on {one.model}: found no lane, expected at least one")
    return trace
