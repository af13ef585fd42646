"""What the coordinator asks of a host, and what a host answers. JSON, one message a line."""

from __future__ import annotations

import msgspec

from harness.results.records import Cell, Host, Trial  # noqa: TC001 - msgspec reads the annotations
from harness.statistics.rounds import RoundLimits  # noqa: TC001 - likewise


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all blocks of a run have in common."""

    env: dict[str, str] = {}  # variables for all children
    seed: int = 0
    alone: bool = False
    beside: bool = False  # measure although another run is measured on the same machine
    memory_bytes: int | None = None  # the limit of one trial; None: half of the free memory


class Describe(msgspec.Struct, frozen=True, tag_field="kind", tag="describe"):
    """Ask a host what it is, and what it can measure."""

    settings: Settings


class Diagnose(msgspec.Struct, frozen=True, tag_field="kind", tag="diagnose"):
    """Ask a host what disturbs measuring there."""


class BlockCell(msgspec.Struct, frozen=True, omit_defaults=True):
    """A contestant of a block, in its order."""

    cell: Cell
    with_looks: bool = False  # to see whether time grows with work


class MeasureBlock(msgspec.Struct, frozen=True, tag_field="kind", tag="block"):
    """Ask a host to measure a block."""

    settings: Settings
    index: int
    workload: str
    case: str
    rounds: RoundLimits
    places: tuple[BlockCell, ...]


Order = Describe | Diagnose | MeasureBlock


class Described(msgspec.Struct, frozen=True, tag_field="kind", tag="described"):
    """What a host is."""

    host: Host
    boot: str  # which machine it is: equal for two workers, or containers, on one
    problems: tuple[str, ...] = ()  # of its runners


class Found(msgspec.Struct, frozen=True, tag_field="kind", tag="found"):
    """One property of a host, as `doctor` shows it."""

    name: str
    value: str
    advice: str = ""


class Measured(msgspec.Struct, frozen=True, tag_field="kind", tag="trial"):
    """A trial that has ended."""

    trial: Trial


class Told(msgspec.Struct, frozen=True, tag_field="kind", tag="told"):
    """What the user should know."""

    text: str


class Failed(msgspec.Struct, frozen=True, tag_field="kind", tag="failed"):
    """Why a host could not do what it was asked."""

    reason: str


Reply = Described | Found | Measured | Told | Failed

encode = msgspec.json.encode
decode_order = msgspec.json.Decoder(Order).decode
decode_reply = msgspec.json.Decoder(Reply).decode
