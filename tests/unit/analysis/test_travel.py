"""Machines of different kinds are never pooled: not in the results, and not in the figure."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis
from harness.catalog.contestant import Contestant
from harness.presenting.figures import style
from harness.presenting.figures import travel as drawn
from harness.results.hosts import classify, kinds, lead_ids, list_differences
from harness.results.records import Host, Sample, Trial
from tests.support import factories
from tests.support.simulated_fleet import host

BLOCKS = 6
THREADS = Contestant("demo", "threads")


def measured(*hosts: tuple[Host, float]) -> Analysis:
    """Return the results of a run; the ratio of threads to asyncio is given for each host."""
    rng = np.random.default_rng(3)
    trials: list[Trial] = []
    for number in range(BLOCKS * len(hosts)):
        one, ratio = hosts[number % len(hosts)]
        for model, times in (("asyncio", 1.0), ("threads", ratio)):
            sample = Sample(round(60e6 * times * np.exp(rng.normal(0, 0.01))), 10)
            trials.append(factories.trial(model, number, samples=(sample,), host=one.id))
    cells = dict.fromkeys(trial.cell for trial in trials)
    run = structs.replace(factories.run(list(cells)), hosts=tuple(one for one, _ in hosts))
    return analyse(run, trials)


def equal(cpu: str, names: str) -> list[Host]:
    return [host(name, cpu) for name in names]


def test_equal_hosts_are_a_class_and_the_largest_leads() -> None:
    few, many = equal("slow", "ab"), equal("fast", "cde")
    first, second = classify([*few, *many])
    assert (first.label, first.ids, second.label) == ("A", {"c", "d", "e"}, "B")
    assert list_differences(first, second) == ["processor"]
    assert lead_ids([*few, *many]) == first.ids
    assert lead_ids([]) == frozenset()
    assert kinds([*few, *many]) == {"a": "a", "b": "a", "c": "c", "d": "c", "e": "c"}


def test_a_host_with_another_toolchain_build_is_not_equal() -> None:
    assert host("a", python="3.11 gcc").kind == host("b", python="3.11 gcc").kind
    assert host("a", python="3.11 gcc").kind != host("b", python="3.11 clang").kind


def test_the_results_of_a_run_are_those_of_its_lead_class() -> None:
    lead = [(one, 2.0) for one in equal("fast", "abc")]
    found = measured(*lead, (host("z", "slow"), 0.5))
    [threads] = [one for one in found.workloads["demo"].headline if one.cell.model == "threads"]
    assert threads.ratio is not None
    assert abs(threads.ratio.value / 2.0 - 1) < 0.02
    assert threads.attempts == 3 * BLOCKS


def test_five_equal_hosts_are_one_row_and_fewer_stand_side_by_side() -> None:
    many = [(one, 2.0 + 0.02 * n) for n, one in enumerate(equal("fast", "abcde"))]
    found = measured(*many, *((one, 0.5) for one in equal("slow", "yz")))
    travel = found.travel
    assert travel is not None
    assert [place.name for place in travel.places] == ["5 hosts of class A", "y", "z"]
    ratios = travel.ratios["demo"][THREADS]
    pooled, alone = ratios["5 hosts of class A"], ratios["y"]
    assert pooled.next_low is not None
    assert pooled.low is not None
    assert pooled.next_low < pooled.low < 2.04 < (pooled.high or 0) < (pooled.next_high or 0)
    assert alone.next_low is None
    assert (alone.sign, pooled.sign) == (-1, 1)
    assert (travel.compared, travel.turned) == (1, 1)
    assert travel.widest("demo") > 3.8


def test_a_run_on_one_machine_has_no_such_figure() -> None:
    assert factories.analysed(factories.trial("asyncio"), factories.trial("threads")).travel is None
    assert measured((host("a"), 2.0)).travel is None


def test_the_figure_says_what_turned_around_and_how_classes_differ() -> None:
    found = measured((host("a", "fast"), 2.0), (host("b", "slow"), 0.5))
    with style.applied():
        figure = drawn.figure(found)
    texts = [text.get_text() for text in figure.texts]
    assert "1 of 1 decided ratio reversed on other hosts" in texts[0]
    assert "Class B differs from A in processor" in " ".join(" ".join(texts).split())
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows == ["Demo", "a (A)", "b (B)"]
