"""harness.measure with planted runners: every failure is a stored result, and ends nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from signal import SIGUSR1
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.catalog.contestant import Contestant
from harness.measuring import blocks as measuring
from harness.measuring.blocks import Ended
from harness.measuring.machine import speed_probe
from harness.measuring.plan import Block
from harness.measuring.processes import child
from harness.measuring.processes.running_time import Budget
from harness.results.records import Cell, Sample, Status, Trial
from tests.support.planted.bench import Bench, Silent, bench, patiently, runner

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("quick_looks")


def cell(way: str, case: str = "check") -> Cell:
    return Cell(Contestant("planted", way), case)


def trial(mark: str, way: str, case: str = "check", timeout_s: float = 20) -> Trial:
    with patiently():
        done = bench(timeout_s, mark=mark).trial(cell(way, case), 0, 0)
    assert done is not None
    return done


FAILURES = {
    # way: (status, what the message says)
    "exit_at_once": (Status.CRASH, "ended with exit code 3 before it had started"),
    "exit_after_samples": (Status.CRASH, "ended with exit code 3 before it had finished"),
    "exit_early_with_success": (Status.CRASH, "ended with exit code 0 before it had finished"),
    "exit_with_failure_after_finished": (Status.CRASH, "ended with exit code 4"),
    "close_all_then_exit": (Status.CRASH, "ended with exit code 7"),
    "signal_at_once": (Status.CRASH, f"ended by signal {int(SIGUSR1)} before it had started"),
    "signal_in_a_case": (Status.CRASH, "ended by signal 9"),
    "garbage": (Status.CRASH, "'hello, world'"),
    "garbage_before_started": (Status.CRASH, "'Loading...'"),
    "not_utf8": (Status.CRASH, "broke the protocol"),
    "nested_too_deep": (Status.CRASH, "broke the protocol"),
    "unknown_kind": (Status.CRASH, "'progress'"),
    "other_protocol": (Status.CRASH, "speaks protocol 3, this harness speaks 1 and 2"),
    "sample_before_started": (Status.CRASH, "sample before started"),
    "too_few_samples": (Status.CRASH, "0 samples after warm-up, expected 1"),
    "case_not_asked_for": (Status.CRASH, "case 'another', which was not requested"),
    "partial_line": (Status.CRASH, "broke the protocol"),
    "partial_line_then_signal": (Status.CRASH, "signal 9"),
    "long_line": (Status.CRASH, "a line of more than 16 MiB"),
    "wrong_digest": (Status.WRONG_ANSWER, "found 1, expected 0"),
    "wrong_once": (Status.WRONG_ANSWER, "found 1, expected 0"),
    "fail_for_lack_of_memory": (Status.OUT_OF_MEMORY, "it was out_of_memory"),
    "fail_in_the_case": (Status.CRASH, "it was crash"),
    "fail_in_the_first_case": (Status.CRASH, "already here"),
    "refuse": (Status.UNSUPPORTED, "no such model"),
}


@pytest.mark.parametrize("way", FAILURES)
def test_a_failure_is_a_status_with_a_message(mark: str, way: str) -> None:
    status, message = FAILURES[way]
    failed = trial(mark, way)
    assert failed.status is status
    assert message in failed.message


@pytest.mark.parametrize("way", ["hang_in_a_case", "hang_after_finished"])
def test_a_runner_that_hangs_is_a_timeout(mark: str, way: str) -> None:
    hung = trial(mark, way, timeout_s=0.4)
    assert hung.status is Status.TIMEOUT
    # On a busy machine the limit may come before a runner that hangs at its end has said so.
    at_the_end = "said that it had finished, but had not ended after 0.4 s"
    assert hung.message in ("not finished after 0.4 s", at_the_end)


@pytest.mark.parametrize(
    "way", ["garbage", "not_utf8", "nested_too_deep", "wrong_once", "leave_a_child", "good"]
)
def test_every_trial_can_be_stored_and_read_back(mark: str, way: str) -> None:
    done = trial(mark, way)
    assert msgspec.json.decode(msgspec.json.encode(done), type=Trial) == done


def test_a_runner_that_eats_memory_is_out_of_memory(mark: str) -> None:
    small = replace(bench(mark=mark), memory_bytes=300 * 2**20)
    done = small.trial(cell("eat_memory"), 0, 0)
    assert done is not None
    assert (done.status, done.message) == (
        Status.OUT_OF_MEMORY,
        "exceeded the memory limit of the trial",
    )


def test_a_runner_that_cannot_be_started_is_a_crash_that_says_so() -> None:
    absent = replace(bench(), runner_of=lambda cell: runner(("loombench-no-such-command",)))
    done = absent.trial(cell("good"), 0, 0)
    assert done is not None
    assert done.status is Status.CRASH
    assert "cannot be started" in done.message + done.stderr_end
    assert "protocol" not in done.message


def test_a_good_trial_stores_the_messages_of_the_runner(mark: str) -> None:
    done = trial(mark, "good", "headline")
    assert (done.status, done.message, done.warnings) == (Status.OK, "", ())
    assert done.samples == (
        Sample(1000, 1, warmup=True, cpu_ns=5),
        Sample(1001, 1, cpu_ns=5),
        Sample(1002, 1, cpu_ns=5),
    )
    assert done.observed == {"calls": 3}
    assert done.usage == {"peak_bytes": 4096}
    assert done.digest is not None
    assert done.facts["pid"] != 0


def test_a_failure_in_the_check_case_fails_the_trial_of_another_case(mark: str) -> None:
    done = trial(mark, "fail_in_the_first_case", "headline")
    assert (done.status, done.message) == (Status.CRASH, "in the check case: already here")


def test_a_failed_case_keeps_no_samples_of_the_check_case(mark: str) -> None:
    assert trial(mark, "fail_in_the_case", "headline").samples == ()


def test_standard_error_is_kept_for_failures_alone(mark: str) -> None:
    assert trial(mark, "exit_after_samples").stderr_end == "lost the thread"
    assert trial(mark, "good_but_talkative").stderr_end == ""


@pytest.mark.parametrize("way", ["leave_a_child", "leave_a_child_that_holds_the_pipes"])
def test_a_process_left_behind_is_a_warning(mark: str, way: str) -> None:
    done = trial(mark, way)
    assert done.status is Status.OK
    assert done.warnings == ("left 1 processes running; they were killed",)


# --- the environment of a child


def environment(seed: int, block: int, contestant: Cell) -> tuple[object, object]:
    done = bench(seed=seed).trial(contestant, block, 0)
    assert done is not None
    return done.facts["seed"], done.facts["padding"]


def test_the_environment_is_the_same_for_the_same_seed_block_and_cell() -> None:
    assert environment(7, 3, cell("good")) == environment(7, 3, cell("good"))


@pytest.mark.parametrize(
    ("seed", "block", "contestant"),
    [(8, 3, cell("good")), (7, 4, cell("good")), (7, 3, cell("good_but_talkative"))],
)
def test_hash_seed_and_padding_differ_between_trials(
    monkeypatch: pytest.MonkeyPatch, seed: int, block: int, contestant: Cell
) -> None:
    drawn: list[dict[str, str]] = []
    gone = child.ChildResult(0, 0, 0, "")
    monkeypatch.setattr(child, "run", lambda command, env, *rest: drawn.append(dict(env)) or gone)
    bench(seed=7).trial(cell("good"), 3, 0)
    bench(seed=seed).trial(contestant, block, 0)
    one, other = drawn
    assert one["PYTHONHASHSEED"] != other["PYTHONHASHSEED"]
    assert len(one["LOOMBENCH_PADDING"]) != len(other["LOOMBENCH_PADDING"])


def test_the_environment_of_the_runner_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict[str, str]] = []
    gone = child.ChildResult(0, 0, 0, "")
    monkeypatch.setattr(child, "run", lambda command, env, *rest: drawn.append(dict(env)) or gone)
    monkeypatch.setenv("LOOMBENCH_OUTSIDE", "seen")
    bench(mark="mine").trial(cell("good"), 0, 0)
    assert drawn[0]["LOOMBENCH_TEST_MARK"] == "mine"
    assert drawn[0]["LOOMBENCH_OUTSIDE"] == "seen"


# --- blocks


@dataclass
class Log:
    """An observer and a store in one: what happened, in order."""

    events: list[tuple[str, str]] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    waits: int = 0
    on_starting: Callable[[], None] = lambda: None

    def starting(self, block: Block, position: int) -> None:
        self.events.append(("starting", block.assignments[position].cell.model))
        self.on_starting()

    def waiting(self) -> None:
        self.waits += 1

    def store(self, trial: Trial) -> None:
        self.trials.append(trial)
        self.events.append(("stored", trial.cell.model))

    def ended(self, trial: Trial) -> None:
        self.events.append(("ended", trial.cell.model))

    def block_ended(self, block: Block) -> None:
        self.events.append(("block ended", str(block.index)))

    def told(self, text: str) -> None:
        pass


def block(index: int, *ways: str) -> tuple[int, tuple[Cell, ...]]:
    return index, tuple(map(cell, ways))


def run(
    bench: Bench,
    *blocks: tuple[int, tuple[Cell, ...]],
    log: Log,
    done: frozenset[tuple[int, Cell]] = frozenset(),
    budget_s: float = 3600,
) -> Ended:
    assigned = [bench.block(*numbered) for numbered in blocks]
    runner = bench.trial_runner
    return measuring.run_blocks(
        runner, assigned, lambda *trial: trial in done, Budget(budget_s), log.store, log
    )


def test_no_failure_ends_the_run(mark: str) -> None:
    ways = ("exit_at_once", "garbage", "not_utf8", "nested_too_deep", "wrong_digest", "good")
    log = Log()
    assert run(bench(mark=mark), block(0, *ways), log=log) is Ended.PRECISE
    assert [trial.cell.model for trial in log.trials] == list(ways)
    assert log.trials[-1].status is Status.OK


def test_a_trial_knows_its_block_and_its_position() -> None:
    log = Log()
    run(bench(), block(4, "good", "refuse"), block(5, "good"), log=log)
    assert [(trial.block, trial.position) for trial in log.trials] == [(4, 0), (4, 1), (5, 0)]


def test_the_observer_is_notified_after_the_trial_is_stored() -> None:
    log = Log()
    run(bench(), block(0, "good", "refuse"), log=log)
    assert log.events == [
        ("starting", "good"), ("stored", "good"), ("ended", "good"),
        ("starting", "refuse"), ("stored", "refuse"), ("ended", "refuse"),
        ("block ended", "0"),
    ]  # fmt: skip


def test_the_observer_is_notified_while_a_trial_runs() -> None:
    log = Log()
    run(bench(0.3), block(0, "hang_at_once"), log=log)
    assert log.waits > 0


def test_without_a_budget_nothing_runs() -> None:
    log = Log()
    assert run(bench(), block(0, "good"), log=log, budget_s=0) is Ended.BUDGET_SPENT
    assert log.events == []


def test_a_trial_that_has_begun_within_the_budget_is_not_cut_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spent = iter([9.0, 11.0])
    monkeypatch.setattr(Budget, "spent_s", property(lambda _: next(spent)))
    log = Log()
    assert run(bench(), block(0, "good", "good"), log=log, budget_s=10) is Ended.BUDGET_SPENT
    assert [trial.status for trial in log.trials] == [Status.OK]


def test_trials_that_a_resumed_run_has_already_are_skipped() -> None:
    log = Log()
    done = frozenset({(0, cell("good")), (1, cell("refuse"))})
    blocks = block(0, "good", "refuse"), block(1, "good", "refuse")
    assert run(bench(), *blocks, log=log, done=done) is Ended.PRECISE
    assert [(trial.block, trial.cell.model) for trial in log.trials] == [(0, "refuse"), (1, "good")]


def test_stored_trials_are_skipped_even_without_a_budget() -> None:
    log = Log()
    done = frozenset({(0, cell("good"))})
    assert run(bench(), block(0, "good"), log=log, done=done, budget_s=0) is Ended.PRECISE


def test_an_interrupted_trial_is_not_stored(mark: str) -> None:
    interrupted: list[None] = []
    log = Log()
    started = iter([lambda: None, lambda: interrupted.append(None)])
    log.on_starting = lambda: next(started)()  # noqa: PLW0108 - another one each time
    stoppable = replace(bench(mark=mark), interrupted=lambda: bool(interrupted))
    assert run(stoppable, block(0, "good", "hang_in_a_case", "good"), log=log) is Ended.INTERRUPTED
    assert [trial.cell.model for trial in log.trials] == ["good"]
    assert log.events[-1] == ("starting", "hang_in_a_case")


def test_an_interrupt_between_trials_starts_no_other() -> None:
    log = Log()
    stoppable = replace(bench(), interrupted=lambda: bool(log.trials))
    assert run(stoppable, block(0, "good", "good"), log=log) is Ended.INTERRUPTED
    assert log.events == [("starting", "good"), ("stored", "good"), ("ended", "good")]


# --- the speed probe


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Trial]]:
    """Run two blocks of two cells; the speed probe takes 1 ms, then 1 ns more each time."""
    numbers = iter(range(1_000_000, 1_000_100))
    monkeypatch.setattr(measuring, "run_probe", lambda: speed_probe.SpeedProbe(next(numbers), 7))

    def run_blocks(done: set[tuple[int, Cell]]) -> list[Trial]:
        cells = (cell("good"), cell("exit_at_once"))
        stored: list[Trial] = []
        measuring.run_blocks(
            bench().trial_runner,
            [bench().block(0, cells), bench().block(1, cells)],
            lambda *trial: trial in done,
            Budget(3600),
            stored.append,
            Silent(),
        )
        return stored

    return run_blocks


def test_the_speed_is_probed_before_the_first_trial_of_a_block_only(
    measured: Callable[..., list[Trial]],
) -> None:
    found = [(one.block, one.position, one.probe_ns, one.probe_cpu_ns) for one in measured(set())]
    assert found == [
        (0, 0, 1_000_000, 7),
        (0, 1, None, None),
        (1, 0, 1_000_001, 7),
        (1, 1, None, None),
    ]


def test_the_speed_is_not_probed_again_in_a_block_that_is_resumed(
    measured: Callable[..., list[Trial]],
) -> None:
    begun = {(0, cell("good"))}
    found = [(one.block, one.position, one.probe_ns) for one in measured(begun)]
    assert found == [(0, 1, None), (1, 0, 1_000_000), (1, 1, None)]
