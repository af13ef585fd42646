"""Workloads × models -> the cells of a run, and those it cannot have, each with its reason. Pure.

A block is one round of one case: every contestant once, in shuffled order (Abedi and Brecht,
2017, on randomised interleaved trials). Drift of the machine then meets all of them alike, and a
ratio can be formed inside a block. Which block comes when, `allocate` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from harness.catalog.contestant import Contestant
from harness.catalog.workload import BASELINE, CHECK, HEADLINE, MODELS
from harness.errors import unknown_name
from harness.results.records import Absence, AbsentCell, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.catalog.workload import Case, ModelCase, Workload
    from harness.measuring.runners.runner import Offer


@dataclass(frozen=True)
class Profile:
    """How much a run measures when nothing more is said."""

    name: str
    budget_s: float
    min_blocks: int  # of each headline case, before anything else
    sweeps: bool
    thorough: bool


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", budget_s=600, min_blocks=5, sweeps=False, thorough=False),
        Profile("standard", budget_s=900, min_blocks=5, sweeps=True, thorough=False),
        Profile("thorough", budget_s=3600, min_blocks=10, sweeps=True, thorough=True),
    )
}


@dataclass(frozen=True)
class RunSelection:
    """What the user asked for; empty means everything."""

    workloads: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assignment:
    """A cell with all that its trials need, resolved once: its cases as its model runs them.

    Each trial runs the check case first: it proves the implementation right in the very process
    that is timed, on an answer that stands in the workload file, and warms its code.
    """

    cell: Cell
    check: ModelCase
    case: ModelCase  # the one that is measured; the check case itself in a validation

    @property
    def cases(self) -> tuple[ModelCase, ...]:
        """The cases of one trial in their order, the measured one last."""
        return (self.case,) if self.case.id == CHECK else (self.check, self.case)

    def case_named(self, id_: str) -> ModelCase:
        """Return one of the cases by its id."""
        return self.check if id_ == CHECK else self.case

    @property
    def is_served(self) -> bool:
        """Whether the implementation is a server, which a load generator asks."""
        return self.case.workload.load is not None


def assign(cell: Cell, workloads: Mapping[str, Workload]) -> Assignment:
    """Resolve the cases of a cell."""
    workload = workloads[cell.workload]
    return Assignment(
        cell, workload.resolve(CHECK, cell.model), workload.resolve(cell.case, cell.model)
    )


@dataclass(frozen=True)
class Block:
    """One round of one case: the contestants in the order in which they run."""

    index: int
    workload: str
    case: str
    assignments: tuple[Assignment, ...]


def select(
    selection: RunSelection, workloads: Mapping[str, Workload], models: Sequence[str] = MODELS
) -> list[Workload]:
    """Return the workloads that were asked for. Raises Problem with the near matches."""
    for name in selection.workloads:
        if name not in workloads:
            raise unknown_name("workload", name, workloads)
    for name in selection.models:
        if name not in models:
            raise unknown_name("model", name, models)
    chosen = [w for id_, w in workloads.items() if id_ in (selection.workloads or workloads)]
    for name in selection.cases:
        if not any(name in workload.cases for workload in chosen):
            raise unknown_name(
                "case", name, [case for workload in chosen for case in workload.cases]
            )
    return chosen


def cells(
    workloads: Iterable[Workload],
    selection: RunSelection,
    offers: Iterable[Offer],
    missing_models: Mapping[str, str],
    profile: Profile | None,
    models: Sequence[str] = MODELS,
) -> tuple[list[Cell], list[AbsentCell]]:
    """Return the cells to measure, and the cells that are not, each with its reason.

    Without a profile these are the check cases.

    `missing_models` are models that no runner could even be asked about, with the reason;
    `models` are all there are, in their order.
    """
    by_model: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        contestant = offer.contestant
        by_model.setdefault((contestant.workload, contestant.model), []).append(offer)
    present: list[Cell] = []
    absent: list[AbsentCell] = []
    for workload in workloads:
        for case in wanted_cases(workload, profile, selection.cases):
            for model in models:
                if selection.models and model not in selection.models:
                    continue
                found = by_model.get((workload.id, model), [])
                for offer in sorted(found, key=lambda offer: offer.contestant):
                    cell = Cell(offer.contestant, case.id)
                    if why := _absence(workload, case, offer):
                        absent.append(AbsentCell(cell, *why))
                    else:
                        present.append(cell)
                if not found:
                    cell = Cell(Contestant(workload.id, model), case.id)
                    why = _unoffered(workload, case, model, missing_models)
                    absent.append(AbsentCell(cell, *why))
    return present + ([] if profile is None else _controls(present)), absent


def _controls(present: Sequence[Cell]) -> list[Cell]:
    """Return the A/A controls: in each headline case one contestant enters twice.

    What the two seem to differ by is the noise floor of the run, as no reasoning can give it.
    """
    by_workload: dict[str, Cell] = {}
    for cell in present:
        if cell.case == HEADLINE and cell.contestant.is_plain:
            first = by_workload.setdefault(cell.workload, cell)
            if cell.model == BASELINE and first.model != BASELINE:
                by_workload[cell.workload] = cell
    return [msgspec.structs.replace(cell, control=True) for cell in by_workload.values()]


def wanted_cases(
    workload: Workload, profile: Profile | None, named: Sequence[str] = ()
) -> list[Case]:
    """Return the cases of a workload that a run measures, headline first."""
    if named:
        return [case for id_, case in workload.cases.items() if id_ in named]
    if profile is None:
        return [workload.cases[CHECK]]
    others = (case for case in workload.cases.values() if case.id not in (CHECK, HEADLINE))
    return [workload.cases[HEADLINE]] + [
        case for case in others if profile.sweeps and (profile.thorough or not case.thorough)
    ]


def _absence(workload: Workload, case: Case, offer: Offer) -> tuple[Absence, str] | None:
    model = offer.contestant.model
    if senseless := _senseless(workload, case, model):
        return Absence.NOT_APPLICABLE, senseless
    if offer.unavailable is not None:
        return Absence.UNAVAILABLE, offer.unavailable
    limit = workload.find_limit(case, model)
    if limit is not None:
        unit = workload.params[limit.param].unit
        return Absence.LIMITED, f"stops at {limit.most:,} {unit}: {limit.reason}"
    return None


def _senseless(workload: Workload, case: Case, model: str) -> str:
    """Return why a case makes no sense for a model, or an empty text."""
    exclusion = workload.find_exclusion(case, model)
    return workload.not_applicable.get(model, exclusion.reason if exclusion else "")


def _unoffered(
    workload: Workload, case: Case, model: str, missing_models: Mapping[str, str]
) -> tuple[Absence, str]:
    if senseless := _senseless(workload, case, model):
        return Absence.NOT_APPLICABLE, senseless
    if model in missing_models:
        return Absence.UNAVAILABLE, missing_models[model]
    return Absence.MISSING, "nobody has written it yet"


def count_min_trials(planned: Sequence[Cell], profile: Profile) -> int:
    """Return how many trials the least program of a run has: all that it does in any case."""
    by_case = group_by_case(planned)
    first, later = in_phases(by_case)
    once = sum(len(by_case[place]) for place in later)
    return once + profile.min_blocks * sum(len(by_case[place]) for place in first)


def group_by_case(planned: Iterable[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """Return the cells of each (workload, case)."""
    by_case: dict[tuple[str, str], list[Cell]] = {}
    for cell in planned:
        by_case.setdefault((cell.workload, cell.case), []).append(cell)
    return by_case


def in_phases(
    places: Iterable[tuple[str, str]],
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Sort (workload, case) into those that come first, the headlines, and the others."""
    places = list(places)
    first = [place for place in places if place[1] in (HEADLINE, CHECK)] or places
    return first, [place for place in places if place not in first]
