"""What a workload is, once its file has been read: plain data and the arithmetic on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from harness import units
from harness.catalog.contestant import Contestant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.catalog.formula import Formula

# Every model of our own, in the order of lists and legends: from one thing at a time to many at
# once. External runners add theirs; see `in_order`.
MODELS = (
    "sequential",
    "asyncio",
    "asyncio-eager",
    "uvloop",
    "trio",
    "anyio-asyncio",
    "anyio-trio",
    "scratch",
    "threads",
    "processes",
    "go-1cpu",
    "go",
)
SHAPES = ("makespan", "rate", "latency", "server", "footprint")
LATENCIES = frozenset({"p50_ns", "p90_ns", "p99_ns", "p999_ns", "worst_ns"})  # of single waits
CHECK, HEADLINE = "check", "headline"
BASELINE = "asyncio"  # what ratios are shown against where a workload has no baseline of its own
LEAST_OF_A_LINE = 3  # cases

Params = dict[str, int | str]

_WORKLOAD_ID = re.compile(r"[a-z][a-z0-9]*")


def is_workload_id(name: str) -> bool:
    """Return whether a workload may be called that: one lowercase word."""
    return _WORKLOAD_ID.fullmatch(name) is not None


def in_order(models: Iterable[str]) -> tuple[str, ...]:
    """Return every model in the order of lists: our own, then the others as they first appear."""
    return tuple(dict.fromkeys((*MODELS, *models)))


@dataclass(frozen=True)
class Param:
    """A parameter of a workload: an integer with its unit and bounds, or one of some words."""

    name: str
    unit: str
    least: int
    most: int
    meaning: str
    choices: tuple[str, ...] = ()  # where set: a word, and no integer
    unit_of: Mapping[str, str] = field(default_factory=dict)  # beside a word: another unit


@dataclass(frozen=True)
class Sampling:
    """How often a case is sampled within one process, and how long a trial may take."""

    warmup: int
    iterations: int
    min_sample_ns: int
    timeout_s: int


@dataclass(frozen=True)
class Case:
    """A workload with all its parameters fixed."""

    id: str
    params: Params
    sampling: Sampling
    thorough: bool = False  # only in the profile of that name
    rate_per_s: int = 0  # server: the fixed rate at which latency is taken; 0: it is not
    ladder: bool = False  # server: rising rates until it is saturated, instead
    label: str = ""  # what a figure calls it
    group: str = ""  # cases that a title counts together: `beside work on the loop`
    disturbance_ns: int = 0  # how long the work lasts that runs beside what is measured


@dataclass(frozen=True)
class Load:
    """How the load generator asks a server; see docs/load.md."""

    application: str  # echo | http
    path: str  # http: what is asked for
    body: str  # http: what must be answered
    requests: int  # of each connection in the check case
    rate_ms: int  # how long a phase of fixed rate lasts
    ladder_from: int  # requests a second of the first step
    ladder_percent: int  # of the step before
    ladder_steps: int  # at most
    connect_ms: int  # how long all connections may take to be opened
    answer_ms: int  # how long an answer may take
    drains: bool  # the server is told to end by SIGTERM while it is asked


@dataclass(frozen=True)
class Metric:
    """One number drawn from a sample; the first of a workload is its headline."""

    id: str
    label: str
    unit: str
    better: str  # lower | higher
    formula: Formula
    baselines: tuple[str, ...]  # where set: a ratio to the first of these that its language has


@dataclass(frozen=True)
class Limit:
    """Where a model stops along a parameter, and why."""

    model: str
    param: str
    most: int
    reason: str
    clamps: bool = False  # it does that many instead, as what is measured does not depend on it

    def exceeded(self, case: Case, model: str) -> bool:
        """Return whether a case asks a model for more."""
        return self.model == model and int(case.params[self.param]) > self.most


@dataclass(frozen=True)
class Exclusion:
    """Where a parameter makes no sense for a model, and why."""

    model: str
    param: str
    values: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Observation:
    """A counter that every implementation must report with this value."""

    name: str
    expected: int
    expected_of: dict[str, int]  # model -> its value, where it differs

    def of(self, model: str) -> int:
        """Return the value that a model must report."""
        return self.expected_of.get(model, self.expected)


@dataclass(frozen=True)
class PlaceChoice:
    """A choice between cases of the baseline model: where to do some work."""

    judged_by: str
    options: Mapping[str, str]  # case id -> what to do


@dataclass(frozen=True)
class AdviceTexts:
    """What work a workload stands for, and what its result lets one choose."""

    work: str
    judged_by: str
    places: tuple[PlaceChoice, ...] = ()


@dataclass(frozen=True)
class LateLimit:
    """From which latency on an event counts as missed."""

    limit_ns: int
    event: str  # `a tick`


@dataclass(frozen=True)
class Sweep:
    """The cases along one parameter; the headline case is one of its points."""

    param: str
    values: tuple[int, ...]
    thorough: tuple[int, ...]
    sampling: Sampling


@dataclass(frozen=True)
class Workload:
    """Everything a workload file says."""

    id: str
    title: str
    question: str
    shape: str
    is_floor: bool  # it measures the workbench, and not the models
    rules: tuple[str, ...]
    params: dict[str, Param]
    oracle: Formula  # the right answer, from the parameters
    operations: Formula  # how many one call makes
    ideal_ns: Formula | None  # the least time that the waits in the parameters allow
    ideal_ns_of: dict[str, Formula]  # model -> its own ideal, where it differs
    cases: dict[str, Case]
    sweep: Sweep | None
    metrics: dict[str, Metric]
    limits: tuple[Limit, ...]
    not_applicable: dict[str, str]  # model -> reason
    observations: tuple[Observation, ...]
    contrasts: tuple[tuple[Contestant, Contestant], ...]  # pairs that the finding compares
    exclusions: tuple[Exclusion, ...]
    load: Load | None  # of the shape `server`
    advice: AdviceTexts | None  # None: the title of the workload is all that is known
    late: LateLimit | None
    text: str  # the file itself

    @property
    def headline_metric(self) -> Metric:
        """The first metric, by which contestants are ranked."""
        return next(iter(self.metrics.values()))

    @property
    def drains(self) -> bool:
        """Whether its servers are told to end while they are under load."""
        return self.load is not None and self.load.drains

    @property
    def baseline(self) -> Contestant:
        """The contestant that ratios are shown against."""
        return Contestant(self.id, BASELINE)

    def resolve(self, case: str, model: str) -> ModelCase:
        """Return a case as a model runs it: where a limit clamps, with fewer."""
        asked = self.cases[case]
        params = dict(asked.params)
        for limit in self.limits:
            if limit.clamps and limit.exceeded(asked, model):
                params[limit.param] = min(limit.most, int(params[limit.param]))
        return ModelCase(self, model, replace(asked, params=params))

    def operations_of(self, case: Case) -> int:
        """Return how many operations one call makes."""
        return int(self.operations(case.params))

    def ideal_of(self, case: Case, model: str) -> int | None:
        """Return the least time that the waits of a case allow, in ns; None where nothing waits."""
        formula = self.ideal_ns_of.get(model, self.ideal_ns)
        return None if formula is None else int(formula(case.params))

    def settings(self, case: Case) -> str:
        """Return the parameters of a case as people read them: `tasks = 1,000, wait = 50 ms`."""
        return ", ".join(
            f"{name.removesuffix('_ns')} = {self.setting(case, name)}" for name in case.params
        )

    def setting(self, case: Case, name: str) -> str:
        """Return a parameter of a case as people read it: `1,000`, `50 ms`, `loop`."""
        value, param = case.params[name], self.params[name]
        if isinstance(value, str):
            return value
        others = (param.unit_of.get(str(one)) for one in case.params.values())
        return units.format_trimmed(value, next(filter(None, others), param.unit))

    def exclusion_of(self, case: Case, model: str) -> Exclusion | None:
        """Return what keeps a model from a case as it makes no sense there, if there is such."""
        for one in self.exclusions:
            if one.model == model and case.params[one.param] in one.values:
                return one
        return None

    def limit_on(self, case: Case, model: str) -> Limit | None:
        """Return the limit that keeps a model from a case, if there is one."""
        for limit in self.limits:
            if limit.exceeded(case, model) and not limit.clamps:
                return limit
        return None

    def sweep_cases(self) -> list[Case]:
        """Return the cases along the swept parameter in its order, the headline case among them."""
        return [] if self.sweep is None else self.cases_along(self.sweep.param)

    def cases_along(self, param: str) -> list[Case]:
        """Return the cases that differ from the headline case in nothing but one number."""
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
    def lines(self) -> tuple[str, ...]:
        """The parameters along which there are enough cases for a line, the swept one first."""
        numbers = [name for name, param in self.params.items() if not param.choices]
        swept = [] if self.sweep is None else [self.sweep.param]
        return tuple(
            name
            for name in dict.fromkeys((*swept, *numbers))
            if len(self.cases_along(name)) >= LEAST_OF_A_LINE
        )


@dataclass(frozen=True)
class ModelCase:
    """A case as one model runs it: limits are applied, and formulas are evaluated."""

    workload: Workload
    model: str
    case: Case

    @property
    def id(self) -> str:
        """The id of the case."""
        return self.case.id

    @property
    def params(self) -> Params:
        """The parameters, clamped where the model does fewer."""
        return self.case.params

    @property
    def sampling(self) -> Sampling:
        """How often it is sampled."""
        return self.case.sampling

    @cached_property
    def expected(self) -> int:
        """The right answer; of a server the number of connections that it must serve."""
        return int(self.workload.oracle(self.params))

    @cached_property
    def operations(self) -> int:
        """How many operations one call makes."""
        return self.workload.operations_of(self.case)

    @cached_property
    def ideal_ns(self) -> int | None:
        """The least time that its waits allow; None where nothing waits."""
        return self.workload.ideal_of(self.case, self.model)
