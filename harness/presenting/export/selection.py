"""Which cells of a run are exported, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.errors import unknown_name

if TYPE_CHECKING:
    from harness.results.records import Cell, Run


@dataclass(frozen=True)
class Selection:
    """The workloads and models asked for; empty means all."""

    workloads: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def check(self, run: Run) -> None:
        """Raise Problem for a name that the run does not have."""
        cells = [*run.cells, *(one.cell for one in run.absent)]
        for what, names, known in (
            ("workload", self.workloads, {cell.workload for cell in cells}),
            ("model", self.models, {cell.model for cell in cells}),
        ):
            for name in names:
                if name not in known:
                    raise unknown_name(f"{what} in this run:", name, known)

    def has(self, cell: Cell) -> bool:
        """Return whether a cell is among those asked for."""
        return (not self.workloads or cell.workload in self.workloads) and (
            not self.models or cell.model in self.models
        )

    @property
    def is_one_model(self) -> bool:
        """Whether every cell is of one model, so that its name says nothing."""
        return len(set(self.models)) == 1


def variant_of(cell: Cell) -> str:
    """Return what tells contestants of one model apart, as a word; empty for the plain one.

    The A/A control is `a-a`, which no variant can be called.
    """
    return "/".join(filter(None, (cell.contestant.variant, "a-a" if cell.control else "")))


def name_of(cell: Cell, selection: Selection) -> str:
    """Return `workload/case/model/variant`, without the model where only one was asked for.

    Two such exports then have the same names, and tools compare them name by name.
    """
    model = "" if selection.is_one_model else cell.model
    return "/".join(filter(None, (cell.workload, cell.case, model, variant_of(cell))))


def one_line(text: str) -> str:
    """Return a text of unknown origin on one line, without control characters."""
    return " ".join(units.printable(text).split())
