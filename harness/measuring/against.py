"""Prepare a run that measures a git revision and the working tree in the same blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.errors import Exit, Problem
from harness.measuring import plan
from harness.measuring.runners import revision as revisions
from harness.measuring.runners.differences import find_differences
from harness.measuring.runners.find import find_runners_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.catalog.contestant import Contestant
    from harness.measuring.inventory import Inventory
    from harness.measuring.plan import RunSelection
    from harness.measuring.runners.differences import Differences
    from harness.measuring.runners.revision import Revision
    from harness.measuring.runners.runner import Runners
    from harness.results.records import Run

_SHOWN = 5  # names of a list in a message


@dataclass(frozen=True)
class Match:
    """The inventory in which a revision and the working tree are compared."""

    inventory: Inventory  # of both
    alone: bool  # the revision cannot take turns
    notes: tuple[str, ...]  # what is measured, and what is not


def open_match(
    inventory: Inventory, name: str, selection: RunSelection, out: Path, *, unchanged: bool
) -> Match:
    """Find the selected implementations that a revision has too, and that differ from it.

    With `unchanged`, also those that do not differ. Raises Problem if there are none.
    """
    chosen = plan.select_workloads(selection, inventory.workloads, inventory.runners.models)
    ids = {workload.id for workload in chosen}
    revision = revisions.extract(name, out)
    theirs = find_runners_of(revision, selection.models, inventory.passed)

    def is_selected(contestant: Contestant) -> bool:
        is_model = not selection.models or contestant.model in selection.models
        return is_model and contestant.workload in ids

    differences = find_differences(inventory.runners, theirs).select(is_selected)
    measured = [*differences.changed, *(differences.unchanged if unchanged else ())]
    if not measured:
        raise Problem(_explain_nothing(revision, theirs, differences), Exit.NOT_POSSIBLE)
    alone = any(not runner.takes_turns for runner in theirs.found.values())
    notes = _notes(revision, theirs, differences, alone=alone)
    return Match(inventory.with_revision(revision, theirs, measured), alone, tuple(notes))


def reopen(inventory: Inventory, run: Run, out: Path) -> Inventory:
    """Return the inventory to continue such a run. Raises Problem."""
    revision = revisions.extract(run.revision, out)
    contestants = {structs.replace(cell.contestant, runtime=DEFAULT_RUNTIME) for cell in run.cells}
    models = {contestant.model for contestant in contestants}
    theirs = find_runners_of(revision, models, inventory.passed)
    return inventory.with_revision(revision, theirs, contestants)


def _explain_nothing(revision: Revision, theirs: Runners, differences: Differences) -> str:
    """Return why nothing can be measured."""
    if reasons := sorted(set(theirs.missing_models.values())):
        return f"nothing to measure: in {revision}, {'; '.join(reasons)}"
    if differences.unchanged:
        count = units.format_count(len(differences.unchanged), "selected implementation")
        return (
            f"nothing changed: the files of {count} are the same in {revision} and in the working"
            " tree; --unchanged measures them anyway"
        )
    return (
        f"nothing to measure: {revision} has none of the selected implementations; choose a later"
        " revision or others"
    )


def _notes(
    revision: Revision, theirs: Runners, differences: Differences, *, alone: bool
) -> Iterator[str]:
    """Yield what is measured, and what is not and why."""
    count = units.format_count(len(differences.changed), "implementation")
    files = dict.fromkeys(file for changed in differences.changed.values() for file in changed)
    if files:
        yield f"Changed since {revision}: {count}, in {_list(files)}."
    else:
        yield f"Nothing changed since {revision}: its implementations are the same."
    for reason in sorted(set(theirs.missing_models.values())):
        yield f"Not measured: in {revision}, {reason}."
    lacking = [one for one in differences.only_here if one.model not in theirs.missing_models]
    if lacking:
        yield f"Not measured, because {revision} lacks them: {_list(map(_name, lacking))}."
    if differences.only_there:
        names = _list(map(_name, differences.only_there))
        yield f"Not measured, because the working tree lacks them: {names}."
    if alone:
        yield (
            f"{revision} speaks version 1 of the runner protocol, which has no turns. Both are"
            " measured one after the other; that needs more time for the same precision."
        )


def _name(contestant: Contestant) -> str:
    return f"{contestant.workload} {contestant.name}"


def _list(names: Iterable[str]) -> str:
    """Return the first few names, and how many there are besides."""
    every = list(names)
    rest = [f"and {len(every) - _SHOWN:,} more"] if len(every) > _SHOWN else []
    return ", ".join([*every[:_SHOWN], *rest])
