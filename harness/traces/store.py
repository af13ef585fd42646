"""The file of traces, `traces.jsonl`: it holds the events, and lanes are built when it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import Problem
from harness.results.headed_file import HeadedFile
from harness.traces import lanes, lessons
from harness.traces.records import SCHEMA_VERSION, Heading, Recording
from harness.traces.scene import Scene, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.traces.lanes import Trace

FILE = "traces.jsonl"
_FILE = HeadedFile(FILE, Heading, Recording, SCHEMA_VERSION, "traces", "record again")


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
    """Write the recordings as they come, and return them. Raises Problem."""
    return Traced(heading, _FILE.write(folder, heading, recordings))


def pack(folder: Path) -> None:
    """Compress the file in a folder, if there is one. Raises Problem."""
    _FILE.pack(folder)


def read(folder: Path) -> Traced | None:
    """Read the recordings in a folder; None if there are none. Raises Problem."""
    found = _FILE.read(folder)
    return None if found is None else Traced(*found)


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
