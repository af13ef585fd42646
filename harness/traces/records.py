"""What a run stores of its traces: a heading, and a line for each model of a scene."""

from __future__ import annotations

import msgspec

from harness.traces.events import Event  # noqa: TC001 - msgspec evaluates annotations

SCHEMA_VERSION = 1


class Heading(msgspec.Struct, frozen=True, tag="heading", tag_field="kind", omit_defaults=True):
    """The first line of the file: when, where, and what was traced."""

    schema_version: int
    started_at: str  # UTC, ISO 8601
    system: str
    logical_cores: int
    scenes: dict[str, str]  # id -> text of its file, so that old words keep their meaning


class Recording(msgspec.Struct, frozen=True, tag="recording", tag_field="kind", omit_defaults=True):
    """What one fresh process of a scene did, or why there is nothing."""

    scene: str
    model: str
    length_ns: int = 0  # the run lasted from 0 to this on the clock of the events
    cpu_ns: int = 0  # of all its threads and processes, meanwhile
    sees: str = ""  # what this recording can and cannot see
    events: tuple[Event, ...] = ()
    missing: str = ""  # why nothing was recorded
