"""What can be traced: a scene or a workload, on which models and in which case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant
from harness.catalog.workload import CHECK
from harness.errors import Exit, Problem, unknown_name
from harness.measuring.plan import RunSelection, select_workloads
from harness.measuring.recording import Subject
from harness.traces import scene
from harness.traces.scene import NOT_TRACED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.catalog.workload import Workload
    from harness.measuring.inventory import Inventory
    from harness.measuring.runners.runner import Runner
    from harness.traces.scene import Scene

# A server is paced by its load, and a client by its site; a footprint needs the harness.
_SHAPES = ("makespan", "rate", "latency")


@dataclass(frozen=True)
class TracePlan:
    """What to trace, and why some models are left out."""

    title: str
    question: str
    subjects: tuple[Subject, ...]
    missing: dict[str, str]  # model -> reason


def plan(
    inventory: Inventory, program: str, models: Sequence[str], case: str | None = None
) -> TracePlan:
    """Return what to trace: a scene, or with `case` that case of a workload.

    Raises Problem for unknown names, and if nothing can be traced.
    """
    scenes, workloads = scene.load_folder(), inventory.workloads
    known = inventory.runners.models
    for model in models:
        if model not in known:
            raise unknown_name("model", model, known)
    if program in scenes and case is None:
        planned = plan_scene(inventory, scenes[program], models)
    elif program in workloads:
        here = CHECK if case is None else case
        planned = _plan_workload(inventory, workloads[program], models, here)
    elif program in scenes:
        raise Problem(f"{program} has no cases; found --case {case!r}, expected no --case")
    else:
        raise unknown_name("workload", program, [*workloads, *scenes])
    if not planned.subjects:
        reasons = "; ".join(f"{model}: {reason}" for model, reason in planned.missing.items())
        raise Problem(
            f"{program}: nothing can be traced: {reasons or 'no model has it'}", Exit.NOT_POSSIBLE
        )
    return planned


def plan_scene(inventory: Inventory, one: Scene, models: Sequence[str]) -> TracePlan:
    """Return how to trace a scene on these models; none: on all. Raises Problem."""
    if not one.workload:
        return _plan_program(inventory, one, models or inventory.runners.models)
    planned = _plan_workload(inventory, inventory.workloads[one.workload], models, CHECK)
    subjects = tuple(
        subject._replace(params=dict(one.params), expected=one.expect)
        for subject in planned.subjects
    )
    return replace(planned, title=one.title, question=one.question, subjects=subjects)


def _plan_program(inventory: Inventory, one: Scene, models: Sequence[str]) -> TracePlan:
    missing = {**inventory.runners.missing_models, **one.not_applicable}
    subjects: dict[str, Subject] = {}
    for runner, offered in _tracing(inventory):
        unavailable = {gone.model: gone.reason for gone in runner.description.unavailable}
        missing |= unavailable
        for model in offered:
            if model not in missing:
                subjects[model] = Subject(one.id, model, dict(one.params), one.expect, runner)
    return TracePlan(
        one.title,
        one.question,
        tuple(subjects[model] for model in models if model in subjects),
        {model: reason for model, reason in missing.items() if model in models},
    )


def _tracing(inventory: Inventory) -> Iterator[tuple[Runner, tuple[str, ...]]]:
    """Yield each runner that records traces, with its models."""
    for runner in inventory.runners.found.values():
        if runner.trace and runner.runtime == DEFAULT_RUNTIME:
            offered = (one.model for one in runner.description.implementations)
            yield runner, tuple(dict.fromkeys(offered))


def _plan_workload(
    inventory: Inventory, workload: Workload, models: Sequence[str], case: str
) -> TracePlan:
    if workload.shape not in _SHAPES or workload.site is not None:
        raise Problem(
            f"{workload.id} cannot be traced: it needs the harness while it runs; choose a workload"
            " of tasks",
            Exit.NOT_POSSIBLE,
        )
    if case not in workload.cases:
        raise unknown_name("case", case, workload.cases)
    selection = RunSelection((workload.id,), tuple(models), (case,))
    select_workloads(selection, inventory.workloads, inventory.runners.models)
    present, absent = inventory.plan_cells(selection, None)
    runner_of = {
        offer.contestant: inventory.runners.found[offer.runner]
        for offer in inventory.runners.offers()
    }
    missing = {one.cell.model: one.reason for one in absent if one.cell.contestant.is_plain}
    missing |= {cell.model: NOT_TRACED[cell.model] for cell in present if cell.model in NOT_TRACED}
    subjects = []
    for cell in present:
        runner = runner_of[Contestant(cell.workload, cell.model, cell.contestant.variant)]
        if not cell.contestant.is_plain or cell.model in missing:
            continue
        if not runner.trace:
            missing[cell.model] = "its runner records no traces"
            continue
        here = workload.resolve(case, cell.model)
        subjects.append(Subject(workload.id, cell.model, here.params, here.expected, runner))
    question = f"{workload.question} ({workload.describe_params(workload.cases[case])})"
    return TracePlan(workload.title, question, tuple(subjects), missing)
