"""Workloads × models -> the cells of a run, and those it cannot have, each with its reason. Pure.

A block is one round of one case: every contestant once, in shuffled order (Abedi and Brecht,
2017, on randomised interleaved trials). Drift of the machine then meets all of them alike, and a
ratio can be formed inside a block. Which block comes when, `allocate` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from harness.catalog.workload import BASELINE, CHECK, HEADLINE, MODELS
from harness.errors import unknown
from harness.results.records import Absence, AbsentCell, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.catalog.workload import Case, Workload
    from harness.measuring.runners.runner import Offer


@dataclass(frozen=True)
class Profile:
    """How much a run measures when nothing more is said."""

    name: str
    budget_s: float
    least_blocks: int  # of each headline case, before anything else
    sweeps: bool
    thorough: bool


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", budget_s=600, least_blocks=5, sweeps=False, thorough=False),
        Profile("standard", budget_s=900, least_blocks=5, sweeps=True, thorough=False),
        Profile("thorough", budget_s=3600, least_blocks=10, sweeps=True, thorough=True),
    )
}


@dataclass(frozen=True)
class Selection:
    """What the user asked for; empty means everything."""

    workloads: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """One round of one case: the contestants in the order in which they run."""

    index: int
    workload: str
    case: str
    cells: tuple[Cell, ...]


def select(
    selection: Selection, workloads: Mapping[str, Workload], models: Sequence[str] = MODELS
) -> list[Workload]:
    """Return the workloads that were asked for. Raises Problem with the near matches."""
    for name in selection.workloads:
        if name not in workloads:
            raise unknown("workload", name, workloads)
    for name in selection.models:
        if name not in models:
            raise unknown("model", name, models)
    chosen = [w for id_, w in workloads.items() if id_ in (selection.workloads or workloads)]
    for name in selection.cases:
        if not any(name in workload.cases for workload in chosen):
            raise unknown("case", name, [case for workload in chosen for case in workload.cases])
    return chosen


def cells(
    workloads: Iterable[Workload],
    selection: Selection,
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
    by_place: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        by_place.setdefault((offer.workload, offer.model), []).append(offer)
    present: list[Cell] = []
    absent: list[AbsentCell] = []
    for workload in workloads:
        for case in wanted_cases(workload, profile, selection.cases):
            for model in models:
                if selection.models and model not in selection.models:
                    continue
                found = by_place.get((workload.id, model), [])
                for offer in sorted(found, key=lambda offer: offer.variant):
                    cell = Cell(workload.id, case.id, model, offer.variant)
                    reason = _absence(workload, case, model, offer)
                    if reason is None:
                        present.append(cell)
                    else:
                        absent.append(AbsentCell(cell, *reason))
                if not found:
                    cell = Cell(workload.id, case.id, model)
                    absent.append(
                        AbsentCell(cell, *_unoffered(workload, case, model, missing_models))
                    )
    return present + ([] if profile is None else _controls(present)), absent


def _controls(present: Sequence[Cell]) -> list[Cell]:
    """Return the A/A controls: in each headline case one contestant enters twice.

    What the two seem to differ by is the noise floor of the run, as no reasoning can give it.
    """
    by_workload: dict[str, Cell] = {}
    for cell in present:
        if cell.case == HEADLINE and not cell.variant:
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


def _absence(
    workload: Workload, case: Case, model: str, offer: Offer
) -> tuple[Absence, str] | None:
    if senseless := _senseless(workload, case, model):
        return Absence.NOT_APPLICABLE, senseless
    if offer.unavailable is not None:
        return Absence.UNAVAILABLE, offer.unavailable
    limit = workload.limit_on(case, model)
    if limit is not None:
        unit = workload.params[limit.param].unit
        return Absence.LIMITED, f"stops at {limit.most:,} {unit}: {limit.reason}"
    return None


def _senseless(workload: Workload, case: Case, model: str) -> str:
    """Return why a case makes no sense for a model, or an empty text."""
    exclusion = workload.exclusion_of(case, model)
    return workload.not_applicable.get(model, exclusion.reason if exclusion else "")


def _unoffered(
    workload: Workload, case: Case, model: str, missing_models: Mapping[str, str]
) -> tuple[Absence, str]:
    if senseless := _senseless(workload, case, model):
        return Absence.NOT_APPLICABLE, senseless
    if model in missing_models:
        return Absence.UNAVAILABLE, missing_models[model]
    return Absence.MISSING, "nobody has written it yet"


def least_trials(planned: Sequence[Cell], profile: Profile) -> int:
    """Return how many trials the least program of a run has: all that it means to do anyway."""
    first, later, by_case = program(planned)
    once = sum(len(by_case[place]) for place in later)
    return once + profile.least_blocks * sum(len(by_case[place]) for place in first)


def program(
    planned: Sequence[Cell],
) -> tuple[list[tuple[str, str]], list[tuple[str, str]], dict[tuple[str, str], list[Cell]]]:
    """Sort places (workload, case) into those that come first and the others, with their cells."""
    by_case: dict[tuple[str, str], list[Cell]] = {}
    for cell in planned:
        by_case.setdefault((cell.workload, cell.case), []).append(cell)
    first = [place for place in by_case if place[1] in (HEADLINE, CHECK)] or list(by_case)
    later = [place for place in by_case if place not in first]
    return first, later, by_case
