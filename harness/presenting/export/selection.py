"""Which cells of a run are exported, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.errors import unknown_name

if TYPE_CHECKING:
    from harness.results.records import Cell, Run


@dataclass(frozen=True)
class ExportSelection:
    """The workloads and models to export; empty means all."""

    workloads: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def check(self, run: Run) -> None:
        """Raise Problem for a name that the run does not have."""
        cells = [*run.cells, *(absent.cell for absent in run.absent)]
        for what, names, known in (
            ("workload", self.workloads, {cell.workload for cell in cells}),
            ("model", self.models, {cell.model for cell in cells}),
        ):
            for name in names:
                if name not in known:
                    raise unknown_name(f"{what} in this run:", name, known)

    def has(self, cell: Cell) -> bool:
        """Return whether a cell is selected."""
        return (not self.workloads or cell.workload in self.workloads) and (
            not self.models or cell.model in self.models
        )

    @property
    def is_one_model(self) -> bool:
        """Whether only one model is selected, so that names need not contain it."""
        return len(set(self.models)) == 1


def variant_label(cell: Cell) -> str:
    """Return the variant of a contestant as a word; empty for the plain implementation.

    The A/A control is `a-a`, which is no valid name of a variant.
    """
    return "/".join(filter(None, (cell.contestant.variant, "a-a" if cell.control else "")))


def runtime_label(cell: Cell) -> str:
    """Return the runtime of a contestant; empty for the default one."""
    runtime = cell.contestant.runtime
    return "" if runtime == DEFAULT_RUNTIME else runtime


def export_name(cell: Cell, selection: ExportSelection) -> str:
    """Return `workload/case/model/variant/runtime`, without the model if only one is selected.

    Two such exports then have the same names, and tools can compare them by name.
    """
    model = "" if selection.is_one_model else cell.model
    parts = (cell.workload, cell.case, model, variant_label(cell), runtime_label(cell))
    return "/".join(filter(None, parts))
