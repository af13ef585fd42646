"""Which block comes next, on a machine that is made up: no process is started."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE, MODELS
from harness.errors import Problem
from harness.measuring.allocate import ENOUGH_FOR_FLOOR, MOST_LOST, Allocator
from harness.measuring.measured_case import MeasuredCase
from harness.measuring.plan import (
    PROFILES,
    Profile,
    RunSelection,
    assign,
    plan_cells,
    select_cases,
)
from harness.results.records import Cell, Sample, Status, Trial
from harness.statistics.rounds import DEFAULT_ROUNDS, OF_LATENCIES
from harness.statistics.stopping import PRECISE_BLOCKS
from tests.support import factories
from tests.support.factories import WORKLOAD, examples, offer, workload
from tests.support.histograms import encoded
from tests.support.workload_texts import TICKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.measuring.plan import Block

PROFILE = Profile("test", budget_s=1, min_blocks=5, sweeps=True, thorough=False)
BOTH = {"demo": workload(), "other": workload(WORKLOAD, "other")}
# Blocks of a run whose ratios are precise at once: three more of each headline case confirm it.
FEWEST = 2 * (PROFILE.min_blocks + PRECISE_BLOCKS - 1) + 4
PLACES = [(id_, case.id) for id_, one in BOTH.items() for case in select_cases(one, PROFILE)]


def planned(*models: str, cases: tuple[str, ...] = ()) -> list[Cell]:
    offers = [offer(model, id_) for model in models for id_ in BOTH]
    selection = RunSelection(models=models, cases=cases)
    return plan_cells(BOTH.values(), selection, offers, {}, PROFILE)[0]


class MadeUp:
    """A machine on which each trial takes what it is told to, with some noise."""

    def __init__(
        self,
        noise: dict[str, float],
        wall_ns: dict[str, int] | None = None,
        failing: Callable[[Cell, Block], str] = lambda *_: "",
        status: Status = Status.CRASH,
    ) -> None:
        """Make one up. `failing` says with which message a trial of trio fails, if it does."""
        self.noise = noise
        self.wall_ns = wall_ns or {}
        self.failing = failing
        self.status = status
        self.random = np.random.default_rng(1)

    def trial(self, cell: Cell, block: Block, position: int) -> Trial:
        elapsed = 60e6 * np.exp(self.random.normal(0, self.noise[cell.workload]))
        message = self.failing(cell, block) if cell.model == "trio" else ""
        return Trial(
            cell=cell,
            block=block.index,
            position=position,
            status=self.status if message else Status.OK,
            message=message,
            started_at="2026-01-02T03:04:05+00:00",
            wall_ns=self.wall_ns.get(cell.workload, 10**8),
            samples=(Sample(round(elapsed), 10),),
        )


def allocator(of: list[Cell], seed: int = 7, precision: float = 0.03) -> Allocator:
    return Allocator(of, BOTH, seed, PROFILE, precision)


def cells_of(block: Block) -> list[Cell]:
    return [assigned.cell for assigned in block.assignments]


def run(one: Allocator, machine: MadeUp, most: int = 400) -> Iterator[Block]:
    """Carry the blocks out, and yield each when it is done."""
    for block in islice(one.blocks(), most):
        for position, cell in enumerate(cells_of(block)):
            one.record(machine.trial(cell, block, position))
        yield block


QUIET = {"demo": 0.001, "other": 0.001}
NOISY = {"demo": 0.001, "other": 0.2}


@given(
    st.lists(st.sampled_from(MODELS), min_size=1, unique=True),
    st.integers(0, 2**31),
)
@examples(25)
def test_every_block_has_every_cell_of_its_case_exactly_once(models: list[str], seed: int) -> None:
    of = planned(*models)
    if not of:
        return
    for index, block in enumerate(run(allocator(of, seed), MadeUp(NOISY), 25)):
        assert block.index == index
        own = [one for one in of if (one.workload, one.case) == (block.workload, block.case)]
        assert sorted(cells_of(block)) == sorted(own)


def test_models_and_the_variants_that_claims_need_have_their_blocks_before_other_variants() -> None:
    offers = [
        *(offer(model, id_) for model in ("asyncio", "trio") for id_ in BOTH),
        *(offer("trio", "demo", variant) for variant in ("claimed", "nowait")),
    ]
    cells, _ = plan_cells(BOTH.values(), RunSelection(), offers, {}, PROFILE)
    claimed = Cell(Contestant("demo", "trio", "claimed"), HEADLINE)
    it = Allocator(cells, BOTH, 7, PROFILE, 0.03, urgent=[claimed])
    done = list(run(it, MadeUp(NOISY), 10 + 4 + 5))
    variants = [sorted(filter(None, (c.contestant.variant for c in cells_of(b)))) for b in done]
    of_demo = [i for i, block in enumerate(done) if block.workload == "demo"]
    first = [["claimed"] if i in of_demo else [] for i in range(10)]
    assert variants[:10] == first
    assert Counter(block.workload for block in done[:10]) == {"demo": 5, "other": 5}
    assert {(block.workload, block.case) for block in done[14:]} == {("demo", HEADLINE)}
    assert variants[14:] == [["claimed", "nowait"]] * 5
    assert it.planned == sum(len(block.assignments) for block in done)


def test_the_least_blocks_come_first_then_each_point_of_a_sweep_once() -> None:
    done = list(run(allocator(planned("asyncio", "trio")), MadeUp(NOISY), 2 * 5 + 4))
    first = Counter((block.workload, block.case) for block in done[:10])
    assert first == {("demo", HEADLINE): 5, ("other", HEADLINE): 5}
    later = [(block.workload, block.case) for block in done[10:]]
    assert later == [place for place in PLACES if place[1] != HEADLINE]


def test_the_order_within_a_block_is_drawn_anew_and_depends_on_the_seed_alone() -> None:
    of = planned("asyncio", "trio", "go")
    one, same, other = (
        [cells_of(block) for block in run(allocator(of, seed), MadeUp(NOISY), 14)]
        for seed in (1, 1, 2)
    )
    assert one == same != other
    assert len({cells_[0].model for cells_ in one}) == 3


def test_then_the_blocks_go_where_ratios_are_least_precise() -> None:
    done = list(run(allocator(planned("asyncio", "trio")), MadeUp(NOISY), 100))[14:]
    headline = Counter(block.workload for block in done if block.case == HEADLINE)
    assert headline["demo"] == 0
    assert headline["other"] > 20


def test_a_headline_case_with_a_high_noise_floor_is_sharpened_before_intervals_of_sweeps() -> None:
    done = list(run(allocator(planned("asyncio", "trio")), MadeUp(NOISY), 30))
    headline = Counter(block.workload for block in done if block.case == HEADLINE)
    assert headline["other"] == ENOUGH_FOR_FLOOR
    assert headline["demo"] < ENOUGH_FOR_FLOOR


def test_the_noise_floor_counts_as_much_where_there_are_further_runtimes() -> None:
    here = planned("asyncio", "trio")
    there = [
        msgspec.structs.replace(
            one, contestant=msgspec.structs.replace(one.contestant, runtime="3.14t")
        )
        for one in here
        if one.case == HEADLINE and not one.control
    ]
    done = list(run(allocator([*here, *there]), MadeUp(NOISY), 30))
    headline = Counter(block.workload for block in done if block.case == HEADLINE)
    assert headline["other"] == ENOUGH_FOR_FLOOR


def test_a_ratio_that_lacks_blocks_for_its_interval_is_not_precise_enough() -> None:
    busy = MadeUp(
        {"demo": 0.2, "other": 0.001},
        failing=lambda _, block: "the machine is busy" if block.index < 2 else "",
        status=Status.UNSETTLED,
    )
    done = list(run(allocator(planned("asyncio", "trio")), busy, 100))
    headline = Counter(block.workload for block in done if block.case == HEADLINE)
    assert headline["demo"] > ENOUGH_FOR_FLOOR
    assert any(
        block.reason == "sharpening demo: trio/asyncio has too few blocks for an interval"
        for block in done
    )


def test_a_ratio_that_never_has_blocks_is_not_waited_for() -> None:
    never = MadeUp(QUIET, failing=lambda *_: "the machine is busy", status=Status.UNSETTLED)
    headline = Counter(
        block.workload
        for block in run(allocator(planned("asyncio", "trio")), never, 100)
        if block.case == HEADLINE
    )
    assert headline == dict.fromkeys(BOTH, 10 + PRECISE_BLOCKS - 1)


def test_a_floor_gets_twice_the_blocks_that_the_user_asked_for() -> None:
    profile = replace(PROFILE, blocks=12)
    it = Allocator(planned("asyncio", "trio"), BOTH, 7, profile, 0.03)
    headline = Counter(
        block.workload for block in run(it, MadeUp(NOISY), 50) if block.case == HEADLINE
    )
    assert headline == {"demo": 12, "other": 24}


def test_cheaper_cases_are_measured_more_often_at_the_same_precision() -> None:
    machine = MadeUp({"demo": 0.2, "other": 0.2}, {"demo": 10**8, "other": 10**9})
    done = list(run(allocator(planned("asyncio", "trio")), machine, 80))[14:]
    headline = Counter(block.workload for block in done if block.case == HEADLINE)
    assert headline["demo"] > headline["other"]


def test_what_a_claim_needs_has_an_interval_before_other_points_of_a_sweep_begin() -> None:
    later = [place for place in PLACES if place[1] != HEADLINE]
    urgent = later[-1]
    needed = Cell(Contestant(urgent[0], "trio"), urgent[1])
    it = Allocator(planned("asyncio", "trio"), BOTH, 7, PROFILE, 0.03, urgent=[needed])
    done = [(block.workload, block.case) for block in run(it, MadeUp(NOISY), 2 * 5 + 5 + 3)][10:]
    assert done == [*[urgent] * 5, *later[:-1]]


def test_points_of_a_sweep_get_the_blocks_that_an_interval_needs() -> None:
    done = list(run(allocator(planned("asyncio", "trio")), MadeUp(NOISY), 120))
    counts = Counter((block.workload, block.case) for block in done)
    assert all(counts[place] == 5 for place in PLACES if place[1] != HEADLINE)


def test_it_ends_when_every_headline_ratio_is_precise_enough() -> None:
    done = list(run(allocator(planned("asyncio", "trio")), MadeUp(QUIET)))
    assert len(done) == FEWEST
    strict = list(run(allocator(planned("asyncio", "trio"), precision=0.0005), MadeUp(QUIET)))
    assert len(strict) > len(done)


def takes_part(cells: list[Cell], machine: MadeUp, blocks: int) -> Counter[str]:
    """Return in how many blocks each case of `demo` in trio is measured."""
    done = run(allocator(cells), machine, blocks)
    return Counter(
        cell.case
        for block in done
        for cell in cells_of(block)
        if (cell.workload, cell.model) == ("demo", "trio")
    )


def test_a_contestant_that_fails_three_times_in_the_same_way_is_retired() -> None:
    machine = MadeUp(NOISY, failing=lambda cell, block: f"lost {block.index} tasks")
    assert takes_part(planned("asyncio", "trio"), machine, 100) == {HEADLINE: 3}


def test_a_contestant_that_fails_in_one_case_alone_is_retired_from_that_case() -> None:
    machine = MadeUp(NOISY, failing=lambda cell, block: "lost" if cell.case != HEADLINE else "")
    counts = takes_part(planned("asyncio", "trio"), machine, 200)
    assert counts.pop(HEADLINE) >= PROFILE.min_blocks
    assert set(counts.values()) == {3}
    assert len(counts) == len(PLACES) / 2 - 1


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        (lambda _, block: f"in the way {'abcde'[block.index % 5]}", Status.CRASH),
        (lambda _, block: "sometimes" if block.index % 3 else "", Status.CRASH),
        (lambda *_: "the machine is busy", Status.UNSETTLED),
    ],
    ids=["in another way each time", "sometimes", "by the machine's fault"],
)
def test_a_contestant_that_fails_otherwise_is_not_retired(
    failing: Callable[[Cell, Block], str], status: Status
) -> None:
    machine = MadeUp(NOISY, failing=failing, status=status)
    counts = takes_part(planned("asyncio", "trio"), machine, 14)
    assert counts == Counter(dict.fromkeys((case for _, case in PLACES), 1) | {HEADLINE: 5})


def test_a_time_out_in_a_large_case_retires_from_no_smaller_one() -> None:
    machine = MadeUp(NOISY, failing=lambda *_: "late", status=Status.TIMEOUT)
    assert set(takes_part(planned("asyncio", "trio"), machine, 100).values()) == {3}


def test_who_is_retired_is_named_once_with_the_reason() -> None:
    one, machine = allocator(planned("asyncio", "trio")), MadeUp(NOISY, failing=lambda *_: "lost")
    said = [
        one.record(machine.trial(cell, block, position))
        for block in islice(one.blocks(), 60)
        for position, cell in enumerate(cells_of(block))
    ]
    assert sorted(filter(None, said)) == [
        f"{id_} trio failed 3 times in the same way (crash); the run goes on without it"
        for id_ in BOTH
    ]


def test_a_retired_contestant_does_not_prolong_the_run() -> None:
    machine = MadeUp(QUIET, failing=lambda *_: "lost")
    assert len(list(run(allocator(planned("asyncio", "trio")), machine, 100))) == FEWEST


def test_of_a_retired_contestant_only_what_it_took_part_in_is_planned() -> None:
    one, machine = allocator(planned("asyncio", "trio")), MadeUp(NOISY, failing=lambda *_: "lost")
    before = one.planned
    done = list(run(one, machine, 2 * PROFILE.min_blocks + 4))  # and each point of a sweep once
    assert one.planned == sum(len(block.assignments) for block in done) < before


def test_a_run_ends_when_every_contestant_is_retired() -> None:
    one = allocator([cell for cell in planned("trio") if not cell.control])
    machine = MadeUp(QUIET, failing=lambda *_: "lost")
    assert len(list(run(one, machine))) == 2 * 3
    assert one.has_retired_all


@pytest.mark.parametrize("cut", [0, 1, 7, 15, 21, 22, 23, 31, 32, 60])
@pytest.mark.parametrize("message", ["", "lost"])
def test_a_resumed_run_continues_as_if_never_interrupted(cut: int, message: str) -> None:
    of = planned("asyncio", "trio", "go")
    whole, machine = allocator(of), MadeUp(NOISY, failing=lambda *_: message)
    trials: list[Trial] = []
    order: list[tuple[int, Cell]] = []
    for block in islice(whole.blocks(), 30):
        for position, cell in enumerate(cells_of(block)):
            trials.append(machine.trial(cell, block, position))
            whole.record(trials[-1])
            order.append((block.index, cell))
    again = allocator(of)
    for trial in trials[:cut]:
        again.record(trial)
    later = {(trial.block, trial.cell): trial for trial in trials[cut:]}
    done = {(trial.block, trial.cell) for trial in trials[:cut]}
    went_on = []
    for block in again.blocks():
        for cell in cells_of(block):
            if (block.index, cell) not in done:
                went_on.append((block.index, cell))
                again.record(later[block.index, cell])
        if len(went_on) == len(later):
            break
    assert went_on == order[cut:]


def test_a_first_look_needs_a_block_of_every_headline_case() -> None:
    one = allocator(planned("asyncio", "trio"))
    known = [one.has_first_look for _ in run(one, MadeUp(NOISY), 3)]
    assert known == [False, True, True]


def test_a_block_beyond_the_plan_says_why_it_is_run() -> None:
    done = list(run(allocator(planned("asyncio", "trio")), MadeUp(NOISY), 60))
    assert {block.reason for block in done[:14]} == {""}
    for block in done[14:]:
        if block.case == HEADLINE:
            assert re.fullmatch(
                r"sharpening other: (trio|asyncio \(again\))/asyncio known to within [\d.]+%",
                block.reason,
            )
        else:
            assert block.reason == f"more blocks of {block.workload} {block.case}, for intervals"


def test_without_the_headline_case_the_named_ones_come_first() -> None:
    of = planned("asyncio", "trio", cases=("tasks-1", "tasks-100"))
    first = list(run(allocator(of), MadeUp(QUIET), 20))
    assert Counter((block.workload, block.case) for block in first) == {
        (id_, case): 5 for id_ in BOTH for case in ("tasks-1", "tasks-100")
    }


def test_nothing_to_measure_is_a_problem_and_no_endless_wait() -> None:
    with pytest.raises(Problem, match="nothing to measure"):
        allocator([])


def test_profiles_have_enough_blocks_for_an_interval() -> None:
    from harness.statistics.estimates import MIN_FOR_INTERVAL

    assert all(one.min_blocks >= MIN_FOR_INTERVAL for one in PROFILES.values())


# --- turns


def in_turns(cell: Cell, block: Block, slow: np.ndarray, rng: np.random.Generator) -> Trial:
    """Return a trial of rounds of which some are slow for the whole machine."""
    elapsed = (1.1 if cell.model == "trio" else 1.0) * 60e6 * slow
    return Trial(
        cell=cell,
        block=block.index,
        position=0,
        status=Status.OK,
        started_at="2026-01-02T03:04:05+00:00",
        wall_ns=10**8,
        samples=tuple(
            Sample(round(ns), 10) for ns in elapsed * np.exp(rng.normal(0, 1e-3, slow.size))
        ),
        rounds=slow.size,
    )


def test_a_slow_phase_in_the_later_rounds_of_all_contestants_costs_no_blocks() -> None:
    """It begins in the middle of a round, so it may miss some contestants of that round.

    The median of a contestant that it missed in the third round is fast, and that of another slow.
    """
    rng = np.random.default_rng(3)
    one = allocator(planned("asyncio", "trio"))
    done = 0
    for block in islice(one.blocks(), 100):
        done += 1
        begins = rng.integers(0, 5)
        for cell in cells_of(block):
            slow = np.where(np.arange(5) >= begins + rng.integers(0, 2), 1.9, 1.0)
            one.record(in_turns(cell, block, slow, rng))
    assert done == FEWEST


def test_trials_in_turns_share_the_time_of_their_block() -> None:
    """A block in turns costs as much as its longest trial, so it is not put off as too dear."""
    of = planned("asyncio", "trio")
    costs = []
    for rounds in (0, 5):
        one = allocator(of)
        block = next(one.blocks())
        for position, cell in enumerate(cells_of(block)):
            trial = MadeUp(QUIET).trial(cell, block, position)
            one.record(msgspec.structs.replace(trial, rounds=rounds))
        costs.append(one._cases[block.workload, block.case].block_cost_ns)
    alone, together = costs
    assert alone == len(cells_of(block)) * 10**8
    assert together == pytest.approx(10**8)


def noisy_rounds(cell: Cell, block: Block, position: int) -> Trial:
    """Return a trial of a process like all others, whose samples differ by 10%."""
    rng = np.random.default_rng([block.index, position])
    slow = np.exp(rng.normal(0, 0.1, block.rounds.most))
    trial = in_turns(cell, block, slow, rng)
    return msgspec.structs.replace(trial, wall_ns=100 * trial.wall_ns)  # dear to start


def test_noisy_samples_get_some_more_rounds_soon_and_all_they_need_with_an_interval() -> None:
    one = allocator([cell for cell in planned("asyncio", "trio") if cell.case == HEADLINE])
    rounds: dict[str, list[int]] = {"demo": [], "other": []}
    for block in islice(one.blocks(), 16):
        rounds[block.workload].append(block.rounds.most)
        for position, cell in enumerate(cells_of(block)):
            one.record(noisy_rounds(cell, block, position))
    for counts in rounds.values():
        # One takes a fifth of a second, and those beyond the first few take at most half a one.
        assert counts[:5] == [DEFAULT_ROUNDS, *[DEFAULT_ROUNDS + 2] * 4]
        assert all(count > DEFAULT_ROUNDS + 2 for count in counts[5:])


@pytest.mark.parametrize("cut", range(33, 39))
def test_a_resumed_run_chooses_the_same_rounds(cut: int) -> None:
    of = [cell for cell in planned("asyncio", "trio") if cell.case == HEADLINE]
    whole, rounds, trials = allocator(of), {}, []
    for block in islice(whole.blocks(), 14):
        rounds[block.index] = block.rounds
        for position, cell in enumerate(cells_of(block)):
            trials.append(noisy_rounds(cell, block, position))
            whole.record(trials[-1])
    again = allocator(of)
    for trial in trials[:cut]:
        again.record(trial)
    for block in islice(again.blocks(), 2):
        assert block.rounds.most == rounds[block.index].most
        for position, cell in enumerate(cells_of(block)):
            if not again.has_trial(block.index, cell):
                again.record(noisy_rounds(cell, block, position))


def test_an_interrupted_block_keeps_the_rounds_that_another_version_chose() -> None:
    one = allocator([cell for cell in planned("asyncio", "trio") if cell.case == HEADLINE])
    block = next(one.blocks())
    # The baseline took part in two groups of seven rounds, because memory did not allow one.
    for position, (cell, rounds) in enumerate(zip(cells_of(block), (14, 7), strict=False)):
        trial = noisy_rounds(cell, block, position)
        one.record(msgspec.structs.replace(trial, rounds=rounds))
    assert next(one.blocks()).rounds.most == 7


def test_a_percentile_of_a_trial_with_a_single_round_asks_for_no_more_rounds() -> None:
    ticking = {"ticking": workload(TICKING, "ticking")}
    of = [Cell(Contestant("ticking", model), HEADLINE) for model in ("asyncio", "trio")]
    case = MeasuredCase([assign(one, ticking) for one in of], precision=0.03)
    for one in of:
        case.record(factories.trial(one, rounds=1, latency=encoded(5_000_000)))
    assert case.limit_rounds(1) == OF_LATENCIES


def test_of_two_runtimes_only_the_contrasts_between_them_have_to_be_precise() -> None:
    here = [factories.cell("asyncio"), factories.cell("trio")]
    there = [
        msgspec.structs.replace(
            one, contestant=msgspec.structs.replace(one.contestant, runtime="1a2b3c4d")
        )
        for one in here
    ]
    draw = np.random.default_rng(1)

    def excess(of: list[Cell]) -> float:
        case = MeasuredCase([assign(one, BOTH) for one in of], precision=0.03)
        for block in range(6):
            effects = np.exp(draw.normal(0, 0.5, 2))  # of a model in this block, on both runtimes
            for place, one in enumerate(of):
                case.record(factories.trial(one, block, round(1e8 * effects[place % 2])))
        return case.excess

    assert excess([*here, *there]) == 0
    assert excess(here) > 0


def test_blocks_that_the_user_asks_for_come_before_intervals_of_sweeps_even_of_quiet_cases() -> (
    None
):
    cells = planned("asyncio", "trio")
    asked = replace(PROFILE, blocks=13)
    it = Allocator(cells, BOTH, 7, asked, 0.03)
    done = list(run(it, MadeUp(QUIET), 2 * 13 + 4))
    headline = Counter(block.workload for block in done if block.case == HEADLINE)
    assert headline == {"demo": 13, "other": 13}
    assert done[-1].reason == "12 of 13 blocks of other"


def test_a_block_that_no_host_could_do_is_not_counted_and_another_is_planned() -> None:
    it = Allocator(planned("asyncio", "trio"), BOTH, 7, replace(PROFILE, blocks=13), 0.03)
    machine, headline = MadeUp(QUIET), Counter[str]()
    for block in islice(it.blocks(), 2 * 13 + 4 + 2):
        if block.index in (20, 25):
            it.give_up(block.index)
            continue
        headline[block.workload] += block.case == HEADLINE
        for position, cell in enumerate(cells_of(block)):
            it.record(machine.trial(cell, block, position))
    assert headline == {"demo": 13, "other": 13}


def test_a_case_that_no_host_can_do_keeps_no_other_from_being_measured() -> None:
    it = allocator(planned("asyncio", "trio"), precision=1e-9)
    broken, machine = PLACES[1], MadeUp(NOISY)
    counts: Counter[tuple[str, str]] = Counter()
    for block in islice(it.blocks(), 100):
        counts[block.workload, block.case] += 1
        if (block.workload, block.case) == broken:
            it.give_up(block.index)
            continue
        for position, cell in enumerate(cells_of(block)):
            it.record(machine.trial(cell, block, position))
    assert broken[1] != HEADLINE
    assert counts[broken] == MOST_LOST
    assert min(counts[place] for place in PLACES if place != broken) == 5
