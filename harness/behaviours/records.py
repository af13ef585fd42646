"""What is stored of the behaviours: a heading, and one observation for each run of a probe."""

from __future__ import annotations

import msgspec

from harness.catalog.contestant import DEFAULT_RUNTIME

SCHEMA_VERSION = 1


class OtherRuntime(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another interpreter that was asked too."""

    label: str
    models: tuple[str, ...]  # in display order
    unavailable: dict[str, str] = {}  # model -> why it cannot run there


class Heading(msgspec.Struct, frozen=True, tag="heading", tag_field="kind", omit_defaults=True):
    """The first line of the file: when, where, and with what was observed."""

    schema_version: int
    started_at: str  # UTC, ISO 8601
    system: str
    logical_cores: int
    repetitions: int
    runtimes: tuple[str, ...]  # `Python 3.11.7`, `trio 0.30.0`
    questions: dict[str, str]  # id -> text of its file, so that old words keep their meaning
    models: tuple[str, ...]  # in display order
    unavailable: dict[str, str] = {}  # model -> why it cannot run on this machine
    others: tuple[OtherRuntime, ...] = ()


class Observation(
    msgspec.Struct, frozen=True, tag="observation", tag_field="kind", omit_defaults=True
):
    """What one fresh process of a probe showed."""

    question: str
    model: str
    repetition: int  # from 0
    word: str  # empty: nothing could be observed, and `problem` says why
    evidence: tuple[str, ...]  # what the probe saw, in order
    source: str  # the file of the probe
    digest: str  # its SHA-256
    wall_ns: int
    stderr_end: str = ""
    problem: str = ""
    runtime: str = DEFAULT_RUNTIME
