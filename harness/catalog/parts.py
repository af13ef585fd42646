"""The parts of a workload: what its tables say, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.catalog.formula import Formula

Params = dict[str, int | str]


@dataclass(frozen=True)
class Param:
    """A parameter of a workload: an integer with unit and bounds, or a word from `choices`."""

    name: str
    unit: str
    least: int
    most: int
    meaning: str
    choices: tuple[str, ...] = ()  # if set, the value is one of these words
    unit_of: Mapping[str, str] = field(default_factory=dict)  # another parameter's word -> unit
    most_per_core: int = 0  # no run measures a larger value than this times the cores; 0: no limit
    grown: Formula | None = None  # what a model is given instead of the value of a case
    grown_of: Mapping[str, Formula] = field(default_factory=dict)  # model -> its own formula

    def formula_for(self, model: str) -> Formula | None:
        """Return what a model is given, from the parameters of a case; None: the case's value."""
        return self.grown_of.get(model, self.grown)


@dataclass(frozen=True)
class Sampling:
    """How often a case is sampled in one process, and how long a trial may take."""

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
    rate_per_s: int = 0  # server: the fixed rate at which latency is measured; 0: none
    ladder: bool = False  # server: rising rates until it is saturated, instead
    label: str = ""  # name in figures
    group: str = ""  # cases that a title counts together: `beside work on the loop`
    disturbance_ns: int = 0  # duration of the work that runs beside the measurement


@dataclass(frozen=True)
class Load:
    """The load on a server; see docs/load.md."""

    application: str  # echo | http
    path: str  # http: the requested path
    body: str  # http: the expected response body
    requests: int  # per connection in the check case
    rate_ms: int  # duration of a phase at a fixed rate
    ladder_from: int  # requests per second in the first step
    ladder_percent: int  # rate of a step, in percent of the previous one
    ladder_steps: int  # maximum
    connect_ms: int  # timeout for opening all connections
    answer_ms: int  # timeout for one response
    drains: bool  # SIGTERM arrives while the server is under load


@dataclass(frozen=True)
class Site:
    """The pages that a local server has for clients; formulas of the parameters of a case."""

    pages: Formula
    broken: Formula  # further pages, answered with 500 or 404
    page_bytes: Formula  # of page 0; page n has n more
    links: Formula  # from a page to pages that no page before links to; 0: no links at all
    delay_ns: Formula  # from a request to its answer

    def resolve(self, params: Params) -> dict[str, int]:
        """Return the pages for a case with these parameters."""
        return {name: int(formula(params)) for name, formula in vars(self).items()}


RATIO, DIFFERENCE = RELATIONS = ("ratio", "difference")  # of a metric's value to a baseline's


@dataclass(frozen=True)
class Metric:
    """One number computed from a sample; the first metric of a workload is its headline."""

    id: str
    label: str
    unit: str
    better: str  # lower | higher | neither
    formula: Formula
    baselines: tuple[str, ...]  # if set: compared with the first of these models in its language
    ideal: Formula | None = None  # the best value on enough cores, from the parameters
    relation: str = RATIO  # to the baseline

    @property
    def is_ratio(self) -> bool:
        """Whether its values are ratios to a baseline, without a unit of their own."""
        return bool(self.baselines) and self.relation == RATIO

    def describe_better(self) -> str:
        """Return `lower is better`; an empty text if neither is."""
        return "" if self.better == "neither" else f"{self.better} is better"

    @property
    def heading(self) -> str:
        """The label with what is better, if anything is."""
        better = self.describe_better()
        return f"{self.label} ({better})" if better else self.label


@dataclass(frozen=True)
class Limit:
    """The largest value of a parameter that a model runs, and why."""

    model: str
    param: str
    most: int
    reason: str
    clamps: bool = False  # run `most` instead: the metric does not depend on the parameter

    def is_exceeded(self, case: Case, model: str) -> bool:
        """Return whether a case is beyond the limit for this model."""
        return self.model == model and int(case.params[self.param]) > self.most


@dataclass(frozen=True)
class Exclusion:
    """Parameter values that do not apply to a model, and why."""

    model: str
    param: str
    values: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class WantedCount:
    """The value that a counter must have, from the parameters, or its least or largest value."""

    formula: Formula
    is_least: bool = False
    is_most: bool = False

    def accepts(self, count: int, params: Params) -> bool:
        """Return whether a counter has a right value in a case with these parameters."""
        value = int(self.formula(params))
        return (
            count == value or (self.is_least and count > value) or (self.is_most and count < value)
        )

    def describe(self, params: Params) -> str:
        """Format the value in a case with these parameters: `3`, `at least 1,000`."""
        return f"{self._bound}{int(self.formula(params)):,}"

    def describe_formula(self) -> str:
        """Format the value for any case: `3`, `at least tasks`."""
        return f"{self._bound}{self.formula.text}"

    @property
    def _bound(self) -> str:
        return "at least " if self.is_least else "at most " if self.is_most else ""


@dataclass(frozen=True)
class Observation:
    """A counter that every implementation must report."""

    name: str
    wanted: WantedCount
    wanted_of: dict[str, WantedCount]  # model -> what it must report, if different

    def wanted_from(self, model: str) -> WantedCount:
        """Return what this model must report."""
        return self.wanted_of.get(model, self.wanted)


@dataclass(frozen=True)
class PlaceChoice:
    """A choice between cases of the baseline model: where to run some work."""

    judged_by: str
    options: Mapping[str, str]  # case id -> what to do


@dataclass(frozen=True)
class AdviceTexts:
    """Texts for the advice: the kind of work, and the choices that the results allow."""

    work: str
    judged_by: str
    places: tuple[PlaceChoice, ...] = ()


@dataclass(frozen=True)
class VariantGroup:
    """Contestants that follow one principle, so that their results can be compared."""

    label: str
    variants: tuple[str, ...]  # an empty one: the plain implementations
    models: tuple[str, ...] = ()  # whose contestants belong here, whatever their variant


@dataclass(frozen=True)
class LateLimit:
    """The latency from which an event counts as missed."""

    limit_ns: int
    event: str  # `a tick`


@dataclass(frozen=True)
class Sweep:
    """Cases along one parameter; the headline case is one of the points."""

    param: str
    values: tuple[int, ...]
    thorough: tuple[int, ...]
    sampling: Sampling
