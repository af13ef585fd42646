"""Plan the cells of a run, and list the cells that cannot be measured with the reasons. Pure.

A block is one round of one case: every contestant once, in shuffled order (Abedi and Brecht, 2017,
on randomised interleaved trials). Drift of the machine then affects all contestants alike, and
ratios can be formed inside a block. `allocate` decides on the order of the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from harness.catalog.contestant import Contestant
from harness.catalog.workload import BASELINE, CHECK, HEADLINE, MODELS, ON_ONE_PROCESSOR
from harness.errors import unknown_name
from harness.results.records import Absence, AbsentCell, Cell
from harness.statistics.rounds import SOON, RoundLimits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from harness.catalog.parts import Case
    from harness.catalog.workload import ModelCase, Workload
    from harness.measuring.runners.runner import Offer

    CaseKey = tuple[str, str]  # workload, case


@dataclass(frozen=True)
class Profile:
    """How much a run measures by default."""

    name: str
    budget_s: float
    min_blocks: int  # per headline case, measured before anything else
    sweeps: bool
    thorough: bool
    blocks: int = 0  # per headline case, measured before other cases get more than they need


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", budget_s=600, min_blocks=5, sweeps=False, thorough=False),
        Profile("standard", budget_s=1800, min_blocks=5, sweeps=True, thorough=False),
        Profile("thorough", budget_s=3600, min_blocks=10, sweeps=True, thorough=True),
    )
}


@dataclass(frozen=True)
class RunSelection:
    """The workloads, models and cases that the user selected; empty means all."""

    workloads: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assignment:
    """A cell with its cases as its model runs them, resolved once for all trials.

    Each trial runs the check case first. It verifies the implementation in the same process that is
    timed, against an answer in the workload file, and warms up the code.
    """

    cell: Cell
    check: ModelCase
    case: ModelCase  # the measured case; in a validation, the check case
    # Half of the work, all, and half again, to see whether time grows with it; all comes next.
    looks: tuple[ModelCase, ...] = ()

    @property
    def cases(self) -> tuple[ModelCase, ...]:
        """The cases of one trial in order; the measured case is last."""
        if self.case.id == CHECK:
            return (self.case,)
        return (self.check, *self.looks, self.case)

    def with_looks(self) -> Assignment:
        """Return the same with looks at half of the work and all of it, if its time must grow."""
        return replace(self, looks=self.case.looks)

    def case_named(self, id_: str) -> ModelCase:
        """Return one of the cases by its id."""
        return self.check if id_ == CHECK else self.case

    @property
    def is_served(self) -> bool:
        """Whether the implementation is a server, which needs a load generator."""
        return self.case.workload.load is not None


def assign_validation(cell: Cell, workloads: Mapping[str, Workload]) -> Assignment:
    """Resolve the cases that check an implementation: also two sizes if its time must grow."""
    assignment = assign(cell, workloads)
    workload = assignment.check.workload
    headline = workload.cases.get(HEADLINE)
    if not workload.grows_with or headline is None:
        return assignment
    if workload.find_limit(headline, cell.model) or workload.find_exclusion(headline, cell.model):
        return assignment
    return replace(assignment, case=workload.resolve(HEADLINE, cell.model)).with_looks()


def assign(cell: Cell, workloads: Mapping[str, Workload]) -> Assignment:
    """Resolve the cases of a cell."""
    workload = workloads[cell.workload]
    return Assignment(
        cell, workload.resolve(CHECK, cell.model), workload.resolve(cell.case, cell.model)
    )


@dataclass(frozen=True)
class Block:
    """One round of one case, with the contestants in execution order."""

    index: int
    workload: str
    case: str
    assignments: tuple[Assignment, ...]
    rounds: RoundLimits = SOON  # of those that take turns
    reason: str = ""  # why more of this case; empty for the blocks that every run has


def select_workloads(
    selection: RunSelection, workloads: Mapping[str, Workload], models: Sequence[str] = MODELS
) -> list[Workload]:
    """Return the selected workloads. Raises Problem with near matches for unknown names."""
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


def plan_cells(
    workloads: Sequence[Workload],
    selection: RunSelection,
    offers: Iterable[Offer],
    missing_models: Mapping[str, str],
    profile: Profile | None,
    models: Sequence[str] = MODELS,
    server_processors: int | None = None,
    cores: int | None = None,
) -> tuple[list[Cell], list[AbsentCell]]:
    """Return the cells to measure and the absent cells with their reasons.

    Without a profile these are the check cases. `missing_models` are models whose runner cannot be
    used, with the reason. `models` are all models in display order. `server_processors` says how
    many processors a server may use, and `cores` how many the machine has, if that is known.
    """
    chosen = [model for model in models if model in (selection.models or models)]
    offers_by_model: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        contestant = offer.contestant
        offers_by_model.setdefault((contestant.workload, contestant.model), []).append(offer)
    present: list[Cell] = []
    absent: list[AbsentCell] = []
    for workload in workloads:
        for case in select_cases(workload, profile, selection.cases, cores):
            if case.id in workload.grid_cases:
                present += _plan_point(workload, case, offers_by_model, chosen)
                continue
            for model in chosen:
                model_offers = offers_by_model.get((workload.id, model), [])
                for offer in sorted(model_offers, key=lambda offer: offer.contestant):
                    cell = Cell(offer.contestant, case.id)
                    if absence := _find_absence(workload, case, offer):
                        absent.append(AbsentCell(cell, *absence))
                    else:
                        present.append(cell)
                if not model_offers:
                    cell = Cell(Contestant(workload.id, model), case.id)
                    absence = _explain_missing(workload, case, model, missing_models)
                    absent.append(AbsentCell(cell, *absence))
    if profile is None:
        return present, absent
    twins = _find_twins(present, workloads) if server_processors == 1 else []
    twin_cells = {twin.cell for twin in twins}
    present = [cell for cell in present if cell not in twin_cells]
    return present + _plan_controls(present), absent + twins


def describe_narrowing(cells: Sequence[Cell], runtimes: Collection[str]) -> str:
    """Say in which workloads further runtimes are measured; empty if it is in all."""
    everywhere = {cell.workload for cell in cells}
    there = {cell.workload for cell in cells if cell.contestant.runtime in runtimes}
    if not runtimes or there == everywhere:
        return ""
    return (
        f"{', '.join(runtimes)}: measured in {len(there)} of {len(everywhere)} workloads, where the"
        " runtime matters most; --profile thorough measures all, --workload those that you name"
    )


def _plan_point(
    workload: Workload,
    case: Case,
    offers_by_model: Mapping[tuple[str, str], list[Offer]],
    models: Sequence[str],
) -> list[Cell]:
    """Return the cells of a point of a grid; what cannot be measured is listed with the headline.

    Only variants that the workload compares take part: with all, the map would be too costly.
    """
    compared = {contestant for pair in workload.contrasts for contestant in pair}
    without = workload.grid.without if workload.grid else {}
    return [
        Cell(offer.contestant, case.id)
        for model in models
        if model not in without
        for offer in sorted(
            offers_by_model.get((workload.id, model), []), key=lambda offer: offer.contestant
        )
        if offer.contestant.is_plain or offer.contestant in compared
        if _find_absence(workload, case, offer) is None
    ]


def _find_twins(present: Sequence[Cell], workloads: Sequence[Workload]) -> list[AbsentCell]:
    """Return the contestants that are the same program as another one on one processor."""
    served = {workload.id for workload in workloads if workload.shares_cores}
    twins = []
    for cell in present:
        model = ON_ONE_PROCESSOR.get(cell.model)
        if model is None or cell.workload not in served:
            continue
        contestant = msgspec.structs.replace(cell.contestant, model=model)
        if msgspec.structs.replace(cell, contestant=contestant) in present:
            reason = f"it has one processor here, so this is the same program as {model}"
            twins.append(AbsentCell(cell, Absence.NOT_APPLICABLE, reason))
    return twins


def _plan_controls(present: Sequence[Cell]) -> list[Cell]:
    """Return the A/A controls: one contestant of each headline case, measured a second time.

    The measured difference between the two is the noise floor of the run.
    """
    by_workload: dict[str, Cell] = {}
    for cell in present:
        if cell.case == HEADLINE and cell.contestant.is_plain:
            first = by_workload.setdefault(cell.workload, cell)
            if cell.model == BASELINE and first.model != BASELINE:
                by_workload[cell.workload] = cell
    return [msgspec.structs.replace(cell, control=True) for cell in by_workload.values()]


def select_cases(
    workload: Workload,
    profile: Profile | None,
    ids: Sequence[str] = (),
    cores: int | None = None,
) -> list[Case]:
    """Return the cases of a workload that a run measures, headline first.

    Cases that are too large for so many cores are left out, unless they are selected.
    """
    if ids:
        return [case for id_, case in workload.cases.items() if id_ in ids]
    if profile is None:
        return [workload.cases[CHECK]]
    others = (case for case in workload.cases.values() if case.id not in (CHECK, HEADLINE))
    return [workload.cases[HEADLINE]] + [
        case
        for case in others
        if profile.sweeps and (profile.thorough or not case.thorough) and workload.fits(case, cores)
    ]


def _find_absence(workload: Workload, case: Case, offer: Offer) -> tuple[Absence, str] | None:
    model = offer.contestant.model
    if reason := _explain_not_applicable(workload, case, model):
        return Absence.NOT_APPLICABLE, reason
    if offer.unavailable is not None:
        return Absence.UNAVAILABLE, offer.unavailable
    limit = workload.find_limit(case, model)
    if limit is not None:
        unit = workload.params[limit.param].unit
        return Absence.LIMITED, f"stops at {limit.most:,} {unit}: {limit.reason}"
    return None


def _explain_not_applicable(workload: Workload, case: Case, model: str) -> str:
    """Return why a case does not apply to a model, or an empty text."""
    exclusion = workload.find_exclusion(case, model)
    return workload.not_applicable.get(model, exclusion.reason if exclusion else "")


def _explain_missing(
    workload: Workload, case: Case, model: str, missing_models: Mapping[str, str]
) -> tuple[Absence, str]:
    if reason := _explain_not_applicable(workload, case, model):
        return Absence.NOT_APPLICABLE, reason
    if model in missing_models:
        return Absence.UNAVAILABLE, missing_models[model]
    return Absence.MISSING, "nobody has written it yet"


def group_by_case(planned: Iterable[Cell]) -> dict[CaseKey, list[Cell]]:
    """Return the cells of each (workload, case)."""
    by_case: dict[CaseKey, list[Cell]] = {}
    for cell in planned:
        by_case.setdefault((cell.workload, cell.case), []).append(cell)
    return by_case


def keep_models(cells: Sequence[Cell], compared: Collection[Contestant] = ()) -> list[Cell]:
    """Leave out variants of models that are not in `compared`, if enough is left to compare."""
    models = [cell for cell in cells if not cell.contestant.variant or cell.contestant in compared]
    return models if len(models) > 1 else list(cells)


def split_phases(keys: Iterable[CaseKey]) -> tuple[list[CaseKey], list[CaseKey]]:
    """Split cases into the headline cases, which are measured first, and the others."""
    keys = list(keys)
    first = [key for key in keys if key[1] in (HEADLINE, CHECK)] or keys
    return first, [key for key in keys if key not in first]
