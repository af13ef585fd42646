"""Read runs of schema 1 as runs of schema 2. In schema 1 a cell was flat and had no runtime."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.catalog.contestant import Contestant
from harness.results.records import AbsentCell, Cell, Run, Trial

VERSION = 1


class _Cell(msgspec.Struct, frozen=True):
    workload: str
    case: str
    model: str
    variant: str = ""
    control: bool = False

    def to_cell(self) -> Cell:
        contestant = Contestant(self.workload, self.model, self.variant)
        return Cell(contestant, self.case, control=self.control)


class _AbsentCell(AbsentCell, frozen=True):
    cell: _Cell  # type: ignore[assignment]


class _Run(Run, frozen=True):
    cells: tuple[_Cell, ...]  # type: ignore[assignment]
    absent: tuple[_AbsentCell, ...] = ()


class _Trial(Trial, frozen=True, rename={"probe_ns": "spin_ns", "probe_cpu_ns": "spin_cpu_ns"}):
    cell: _Cell  # type: ignore[assignment]
    # Declared again, since a field keeps the name in the file that its class gave it.
    probe_ns: int | None = None
    probe_cpu_ns: int | None = None


_trial_decoder = msgspec.json.Decoder(_Trial)


def read_run(text: bytes) -> Run:
    """Parse the text of run.json. Raises msgspec.DecodeError."""
    old = msgspec.json.decode(text, type=_Run)
    return Run(
        **_fields(old)
        | {
            "cells": tuple(cell.to_cell() for cell in old.cells),
            "absent": tuple(
                AbsentCell(**_fields(absent) | {"cell": absent.cell.to_cell()})
                for absent in old.absent
            ),
            "implementations": {
                _contestant_key(name): file for name, file in old.implementations.items()
            },
        }
    )


def _contestant_key(name: str) -> str:
    workload, *model_and_variant = name.split("/")
    if len(model_and_variant) not in (1, 2):
        raise msgspec.ValidationError(
            f"implementations: found {name!r}, expected workload/model or workload/model/variant"
        )
    return Contestant(workload, *model_and_variant).key


def read_trial(line: bytes) -> Trial:
    """Parse one line of trials.jsonl. Raises msgspec.DecodeError."""
    old = _trial_decoder.decode(line)
    return Trial(**_fields(old) | {"cell": old.cell.to_cell()})


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a record by name; not recursive, unlike `msgspec.structs.asdict`."""
    return {name: getattr(record, name) for name in record.__struct_fields__}
