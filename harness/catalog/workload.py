"""Workloads as plain data, after their files have been parsed, and the arithmetic on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from harness import units
from harness.catalog.contestant import Contestant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.catalog.formula import Formula
    from harness.catalog.grid import Grid
    from harness.catalog.parts import (
        AdviceTexts,
        Case,
        Exclusion,
        LateLimit,
        Limit,
        Load,
        Metric,
        Observation,
        Param,
        Params,
        Sampling,
        Site,
        Sweep,
        VariantGroup,
    )

# Our own models in the order of lists and legends, from sequential to parallel. External runners
# add theirs; see `order_models`.
MODELS = (
    "sequential",
    "asyncio",
    "asyncio-eager",
    "uvloop",
    "trio",
    "anyio-asyncio",
    "anyio-trio",
    "gevent",
    "scratch",
    "threads",
    "loops",
    "interpreters",
    "processes",
    "go-1cpu",
    "go",
)
# Models that are another one, restricted to one processor.
ON_ONE_PROCESSOR = {"go-1cpu": "go"}
SHAPES = ("makespan", "rate", "latency", "server", "footprint")
LATENCIES = frozenset({"p50_ns", "p90_ns", "p99_ns", "p999_ns", "worst_ns"})
# What a workload is about: the headings of an overview of many, in their order.
TOPICS = (
    "starting",
    "waiting",
    "handing over",
    "computing",
    "reading",
    "serving",
    "stopping",
)
CHECK, HEADLINE = "check", "headline"
ALL_CASES = "all"  # a key of [alone], and a value of on_runtimes, in a workload file
ALL_MODELS = "all"  # a key of [run_up_ms]
BASELINE = "asyncio"  # the denominator of ratios, unless a workload has a baseline of its own
_LOOK_NS = 9_000_000  # the least duration of a sample that shows whether time grows with work
SITE_PORT = "port"  # the parameter in which a client of a site is given its port
SITE_COUNTERS = ("in_flight", "connections")  # counted by the site, not by clients
OTHER_VARIANTS = "other variants"  # those in no group, where a workload has groups
NOT_ADVISED = frozenset({"scratch"})  # models that are written to teach, not for real work
MIN_CASES_FOR_LINE = 3  # in a figure with a line per model


_WORKLOAD_ID = re.compile(r"[a-z][a-z0-9]*")


def is_workload_id(name: str) -> bool:
    """Return whether this is a valid workload id: one lowercase word."""
    return _WORKLOAD_ID.fullmatch(name) is not None


def order_models(models: Iterable[str]) -> tuple[str, ...]:
    """Return all models in display order: our own, then the given others in order of appearance."""
    return tuple(dict.fromkeys((*MODELS, *models)))


@dataclass(frozen=True)
class Workload:
    """The contents of a workload file."""

    id: str
    title: str
    question: str
    topic: str  # empty, or one of TOPICS
    shape: str
    is_floor: bool  # measures the overhead of the workbench, not the models
    starts_alone: bool  # what it observes before its samples takes time, so no two start at once
    rules: tuple[str, ...]
    params: dict[str, Param]
    oracle: Formula  # the correct answer, from the parameters
    operations: Formula  # per call
    ideal_ns: Formula | None  # the shortest possible time, given the waits in the parameters
    ideal_ns_of: dict[str, Formula]  # model -> its own ideal, if different
    grows_with: str  # the parameter that time is proportional to; empty: there is none
    cases: dict[str, Case]
    sweep: Sweep | None
    grid: Grid | None
    metrics: dict[str, Metric]
    limits: tuple[Limit, ...]
    not_growing: dict[str, str]  # model -> why its time need not grow with the work
    not_applicable: dict[str, str]  # model -> reason
    on_runtimes: tuple[str, ...]  # the cases in which the runtime matters most
    alone: dict[str, str]  # case, or ALL_CASES -> why its contestants do not take turns
    run_ups_ns: dict[str, int]  # model, or ALL_MODELS -> how long to work before each sample
    observations: tuple[Observation, ...]
    contrasts: tuple[tuple[Contestant, Contestant], ...]  # pairs to compare in the finding
    exclusions: tuple[Exclusion, ...]
    load: Load | None  # of the shape `server`
    site: Site | None  # what clients fetch pages from
    advice: AdviceTexts | None  # None: advice uses the title of the workload
    late: LateLimit | None
    groups: tuple[VariantGroup, ...]  # the first competes for the lead; none: all do
    text: str  # the file itself

    @property
    def headline_metric(self) -> Metric:
        """The first metric; contestants are ranked by it."""
        return next(iter(self.metrics.values()))

    @property
    def cpu_metric(self) -> Metric | None:
        """The metric by which servers are ranked too: no load generator limits their CPU time."""
        _, *others = self.metrics.values()
        costs = (metric for metric in others if "cpu_ns" in metric.formula.names)
        return next(costs, None) if self.shape == "server" else None

    @property
    def shares_cores(self) -> bool:
        """Whether the load generator's program takes part, so that contestants get fewer cores."""
        return self.load is not None or self.site is not None

    @property
    def drains(self) -> bool:
        """Whether servers are shut down while they are under load."""
        return self.load is not None and self.load.drains

    @property
    def measures_error(self) -> bool:
        """Whether its headline metric is an error in time: too early is as wrong as too late."""
        return self.shape == "latency" and self.headline_metric.label.endswith("error")

    @property
    def baseline(self) -> Contestant:
        """The contestant in the denominator of ratios."""
        return Contestant(self.id, BASELINE)

    def group_of(self, contestant: Contestant) -> int:
        """Return the position of a contestant's group; a variant in no group comes last."""
        for position, group in enumerate(self.groups):
            if contestant.model in group.models:
                return position
        for position, group in enumerate(self.groups):
            if contestant.variant in group.variants:
                return position
        return len(self.groups)

    def find_other_work(self, contestant: Contestant, other: Contestant) -> VariantGroup | None:
        """Return the group of models that only one of two belongs to: it does other work."""
        for group in self.groups:
            if (contestant.model in group.models) != (other.model in group.models):
                return group
        return None

    def run_up_ns(self, model: str) -> int:
        """Return how long a model works before each sample; 0: no longer than usual."""
        return self.run_ups_ns.get(model, self.run_ups_ns.get(ALL_MODELS, 0))

    def why_alone(self, case: str) -> str | None:
        """Return why the contestants of a case do not take turns, or None if they do."""
        return self.alone.get(case, self.alone.get(ALL_CASES))

    def resolve(self, case: str, model: str) -> ModelCase:
        """Return a case as a model runs it: within the model's limits, and grown parameters."""
        original = self.cases[case]
        params = dict(original.params)
        for limit in self.limits:
            if limit.clamps and limit.is_exceeded(original, model):
                params[limit.param] = min(limit.most, int(params[limit.param]))
        grown: Params = {
            name: int(formula(params))
            for name, param in self.params.items()
            if (formula := param.formula_for(model)) is not None
        }
        return ModelCase(self, model, replace(original, params=params | grown))

    def count_operations(self, case: Case) -> int:
        """Return the number of operations per call."""
        return int(self.operations(case.params))

    def compute_ideal_ns(self, case: Case, model: str) -> int | None:
        """Return the shortest time that the waits of a case allow, in ns; None if nothing waits."""
        formula = self.ideal_ns_of.get(model, self.ideal_ns)
        return None if formula is None else int(formula(case.params))

    def describe_params(self, case: Case) -> str:
        """Format the parameters of a case: `tasks = 1,000, wait = 50 ms`.

        Those that are grown are left out: they differ between models.
        """
        return ", ".join(
            f"{name.removesuffix('_ns')} = {self.describe_param(case, name)}"
            for name in case.params
            if self.params[name].grown is None
        )

    def describe_param(self, case: Case, name: str) -> str:
        """Format one parameter of a case: `1,000`, `50 ms`, `loop`."""
        value, param = case.params[name], self.params[name]
        if isinstance(value, str):
            return value
        other_units = (param.unit_of.get(str(other)) for other in case.params.values())
        return units.format_trimmed(value, next(filter(None, other_units), param.unit))

    def fits(self, case: Case, cores: int | None) -> bool:
        """Return whether no parameter is too large for a machine with so many cores."""
        return cores is None or all(
            int(case.params[name]) <= param.most_per_core * cores
            for name, param in self.params.items()
            if param.most_per_core
        )

    def find_exclusion(self, case: Case, model: str) -> Exclusion | None:
        """Return why a case does not apply to a model, or None if it applies."""
        for exclusion in self.exclusions:
            if exclusion.model == model and case.params[exclusion.param] in exclusion.values:
                return exclusion
        return None

    def find_limit(self, case: Case, model: str) -> Limit | None:
        """Return the limit that stops a model from running a case, or None."""
        for limit in self.limits:
            if limit.is_exceeded(case, model) and not limit.clamps:
                return limit
        return None

    @property
    def grid_cases(self) -> frozenset[str]:
        """The cases of the grid, which a map shows and no table of cases."""
        return frozenset() if self.grid is None else frozenset(self.grid.cases.values())

    def cases_along(self, param: str) -> list[Case]:
        """Return the cases that differ from the headline case in this parameter only, in order."""
        headline = self.cases[HEADLINE].params
        cases = (
            case
            for case in self.cases.values()
            if case.id != CHECK
            and not case.ladder
            and {**case.params, param: 0} == {**headline, param: 0}
        )
        return sorted(cases, key=lambda case: int(case.params[param]))

    @property
    def line_params(self) -> tuple[str, ...]:
        """The parameters with enough cases for a line, the swept one first."""
        numbers = [name for name, param in self.params.items() if not param.choices]
        swept = [] if self.sweep is None else [self.sweep.param]
        return tuple(
            name
            for name in dict.fromkeys((*swept, *numbers))
            if len(self.cases_along(name)) >= MIN_CASES_FOR_LINE
        )


@dataclass(frozen=True)
class ModelCase:
    """A case as one model runs it: limits applied, formulas evaluated."""

    workload: Workload
    model: str
    case: Case

    @property
    def id(self) -> str:
        """The id of the case."""
        return self.case.id

    @property
    def params(self) -> Params:
        """The parameters, clamped to the model's limits."""
        return self.case.params

    @property
    def sampling(self) -> Sampling:
        """How often the case is sampled."""
        return self.case.sampling

    @cached_property
    def expected(self) -> int:
        """The correct answer; for a server, the number of connections that it must serve."""
        return int(self.workload.oracle(self.params))

    @property
    def connections(self) -> int:
        """The largest number of connections to a server, or from a client to its site."""
        site = self.workload.site
        return int(self.params["connections"] if site is None else site.pages(self.params))

    @cached_property
    def operations(self) -> int:
        """The number of operations per call."""
        return self.workload.count_operations(self.case)

    @property
    def looks(self) -> tuple[ModelCase, ...]:
        """The case with half of its work, with all, and with half; empty if time need not grow.

        The measured case, which follows, makes them alternate: half, all, half, all.
        """
        workload, case = self.workload, self.case
        param = workload.grows_with
        if not param or case.id == CHECK or self.model in workload.not_growing:
            return ()
        half = int(case.params[param]) // 2
        if half < max(1, workload.params[param].least):
            return ()
        shortest_ns = min(case.sampling.min_sample_ns, _LOOK_NS)
        halved = {**case.params, param: half}
        # A JIT compiler needs some samples before a call is as fast as it gets. Then those that
        # find the number of calls are enough, and one sample tells: three would take three times as
        # long where a call takes long.
        looks = (("half", halved, 3), ("whole", case.params, 0), ("half-again", halved, 0))
        return tuple(
            replace(
                self,
                case=replace(
                    case,
                    id=f"{case.id}-{name}",
                    params=params,
                    sampling=replace(
                        case.sampling, warmup=warmup, iterations=1, min_sample_ns=shortest_ns
                    ),
                ),
            )
            for name, params, warmup in looks
        )

    @cached_property
    def ideal_ns(self) -> int | None:
        """The shortest time that the waits allow; None if nothing waits."""
        return self.workload.compute_ideal_ns(self.case, self.model)
