"""Does a finding travel: the ratio of every model to the baseline, on each class of hosts. Pure.

Only equal hosts are pooled, and only five or more; else each host has a row of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.catalog.workload import HEADLINE
from harness.results.hosts import classify
from harness.results.records import Status
from harness.statistics import estimates
from harness.statistics.between_hosts import MIN_HOSTS, pool_hosts
from harness.statistics.blocks import BlockValues, geometric_mean_ratio, pair_blocks
from harness.statistics.metrics import sample_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.catalog.contestant import Contestant
    from harness.catalog.workload import Workload
    from harness.results.hosts import HostClass
    from harness.results.records import Run, Trial


@dataclass(frozen=True)
class HostRow:
    """A row: a host, or a class of five or more equal ones."""

    name: str
    label: str  # of the class
    hosts: frozenset[str]


@dataclass(frozen=True)
class PlaceRatio:
    """The ratio of a model to the baseline at one place, with 95% intervals as far as known."""

    value: float
    low: float | None
    high: float | None
    next_low: float | None = None  # of one more host of the class
    next_high: float | None = None

    @property
    def sign(self) -> int:
        """1: more than the baseline, -1: less, 0: undecided."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > 1) - int(self.high < 1)


@dataclass(frozen=True)
class Travel:
    """The ratios of a run on a fleet."""

    places: tuple[HostRow, ...]
    classes: tuple[HostClass, ...]
    ratios: Mapping[str, Mapping[Contestant, Mapping[str, PlaceRatio]]]  # workload; place name

    @property
    def compared(self) -> int:
        """How many ratios are decided at two places or more."""
        return sum(len(signs) > 1 for signs in self._decided())

    @property
    def turned(self) -> int:
        """How many of these are above 1 at one place and below 1 at another."""
        return sum({1, -1} <= set(signs) for signs in self._decided())

    @property
    def by_disagreement(self) -> list[str]:
        """The workloads, that whose ratios differ most between places first."""
        return sorted(self.ratios, key=self.widest, reverse=True)

    def widest(self, workload: str) -> float:
        """Return how many times a ratio of a workload is larger at one place than at another."""
        spans = [
            max(values) / min(values)
            for by_place in self.ratios[workload].values()
            if (values := [ratio.value for ratio in by_place.values()])
        ]
        return max(spans, default=1.0)

    def _decided(self) -> list[list[int]]:
        return [
            [ratio.sign for ratio in by_place.values() if ratio.sign]
            for by_model in self.ratios.values()
            for by_place in by_model.values()
        ]


class TravelCount:
    """Takes in the trials of a run on a fleet."""

    def __init__(self, run: Run, workloads: Mapping[str, Workload]) -> None:
        self._run, self._workloads = run, workloads
        self._values: defaultdict[str, defaultdict[Contestant, BlockValues]] = defaultdict(
            lambda: defaultdict(BlockValues)
        )

    def take(self, trial: Trial) -> None:
        """Take in a trial; those of plain models in headline cases count."""
        cell = trial.cell
        is_counted = cell.case == HEADLINE and cell.contestant.is_plain and not cell.control
        if trial.host and is_counted and trial.status is Status.OK:
            workload = self._workloads[cell.workload]
            case = workload.resolve(cell.case, cell.model)
            samples = sample_values(workload.headline_metric, case, trial)
            values = self._values[trial.host][cell.contestant]
            # Without its host: what is kept here is of one host.
            values.add(trial.block, samples, trial.rounds, trial.first_round)

    def conclude(self) -> Travel | None:
        """Return the ratios; None without at least two hosts that have some."""
        if len(self._values) < 2:  # noqa: PLR2004
            return None
        classes = classify(host for host in self._run.hosts if host.id in self._values)
        places = [place for one in classes for place in _list_places(one)]
        contestants = {who: None for cell in self._run.cells if (who := cell.contestant).is_plain}
        ratios: dict[str, dict[Contestant, dict[str, PlaceRatio]]] = {}
        for who in contestants:
            workload = self._workloads[who.workload]
            if who == workload.baseline:
                continue
            found = {
                place.name: ratio
                for place in places
                if (ratio := self._ratio_at(place, who, workload.baseline)) is not None
            }
            if found:
                ratios.setdefault(who.workload, {})[who] = found
        return Travel(tuple(places), tuple(classes), ratios) if ratios else None

    def _ratio_at(self, place: HostRow, who: Contestant, base: Contestant) -> PlaceRatio | None:
        by_host = [
            pairs
            for host in sorted(place.hosts)
            if (pairs := pair_blocks(self._values[host][who], self._values[host][base]))
        ]
        if not by_host or any(a <= 0 or b <= 0 for pairs in by_host for a, b in pairs):
            return None
        if len(place.hosts) == 1:
            ratio = estimates.paired_ratio(by_host[0])
            assert ratio is not None  # there are pairs, all positive
            return PlaceRatio(ratio.value, ratio.low, ratio.high)
        return _pool([geometric_mean_ratio(pairs) for pairs in by_host])


def _pool(ratios: Sequence[float]) -> PlaceRatio | None:
    pooled = pool_hosts(ratios)
    if pooled is None:  # too few hosts of the class have this ratio
        return None
    return PlaceRatio(pooled.value, pooled.low, pooled.high, pooled.next_low, pooled.next_high)


def _list_places(one: HostClass) -> Iterable[HostRow]:
    """Return the rows of a class: one if it can be pooled, else one a host."""
    if len(one.hosts) >= MIN_HOSTS:
        return [HostRow(f"{len(one.hosts)} hosts of class {one.label}", one.label, one.ids)]
    return [HostRow(host.id, one.label, frozenset({host.id})) for host in one.hosts]
