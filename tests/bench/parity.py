"""Workloads through the harness against the same loop written by hand without it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from statistics import fmean, median
from typing import NamedTuple

from harness.catalog.workload import MODELS
from harness.measuring.runners import protocol
from tests.bench import tools

_SIZES = {
    "pingpong": ("rounds", 5_000),
    "fanout": ("tasks", 10_000),
    "counter": ("increments", 2_000),
    "offload": ("hops", 500),
    "pickling": ("bytes", 16_777_216),
    "ceiling": ("at_most", 8_192),
    "fileread": ("files", 64),
    "filestream": ("file_bytes", 2_097_152),
    "linecount": ("lines", 20_000),
    "switch": ("switches", 20_000),
    "spawn": ("tasks", 5_000),
    "pipeline": ("items", 5_000),
    "start": ("starts", 100),
    "cancel": ("lead_ns", 60_000_000),
    "deadline": ("lead_ns", 60_000_000),
    "bounded": ("jobs", 30),
    "mixed": ("requests", 40),
}
_ONE_OF_EACH_KIND = ("asyncio", "trio", "threads", "go")
# Where 5,000 rounds last a few milliseconds, a pair says more of where the kernel put the two
# processes than of either: such models play longer.
_SIZE_OF = {
    **{("pingpong", model): 100_000 for model in ("go", "go-1cpu")},
    **{("pingpong", model): 20_000 for model in ("scratch", "uvloop")},
    ("fanout", "threads"): 1_000,  # more is above its limit
    ("counter", "go"): 50_000,
    ("offload", "go"): 5_000,
    ("ceiling", "threads"): 512,
    ("ceiling", "go"): 100_000,
    ("switch", "go"): 200_000,
    ("spawn", "go"): 100_000,
    ("pipeline", "go"): 100_000,
    ("cancel", "threads"): 360_000_000,  # to start them takes longer
}
# The models with a hand-written loop, where it is not all of them.
_WRITTEN = tuple(model for model in MODELS if model not in ("loops", "interpreters"))
_BY_HAND = dict.fromkeys(list(_SIZES)[2:], _ONE_OF_EACH_KIND)
# Of a process, after a warm-up. Samples are as long as those of the headline case.
_TURNS_S, _THROUGH_S, _FEWEST_SAMPLES, _MOST_SAMPLES = 1.0, 0.3, 12, 60
_SHORTEST_SLICE_S, _TO_THE_END_S = 0.06, 3_600.0
# Where the workload's own number is what a call observes, not how long it took: without the time
# for reading memory, and for ending the tasks. Such a process has a single call.
_OBSERVED = {"ceiling": "spent_ns"}
_LEADING = "cancel"  # its size is a wait before the work, which its own number leaves out
# Processes that keep one core busy take turns, by signals. Threads and goroutines share two cores:
# a stop would move them, and where the kernel puts them makes a call up to eight times as long. So
# they run through, in many short processes. So does a single call. Of each process the second half
# of the samples counts: for some 40 ms, goroutines share a core, which makes some work faster.
_PAIRS, _PAIRS_THROUGH, _PAIRS_OF_HAND_OVERS = 15, 30, 60
_ON_SEVERAL_CORES = ("threads", "processes", "go")
_HAND_OVERS = (
    ("pingpong", "go"),
    ("counter", "go"),
    ("linecount", "go"),
    ("filestream", "threads"),
    ("offload", "threads"),
    ("offload", "go"),
    ("pipeline", "threads"),
)
_BAR = 1.05


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for workload, (param, usual) in _SIZES.items():
        for model in _BY_HAND.get(workload, _WRITTEN):
            size = _SIZE_OF.get((workload, model), usual)
            case = tools.inventory().workloads[workload]
            params = {**case.cases["headline"].params, param: size}
            applies = model not in case.not_applicable and not any(
                limit.model == model and int(params[limit.param]) > limit.most
                for limit in case.limits
            )
            if not applies or tools.runner_of(model) is None:
                continue
            ratios = _ratios(workload, model, params, size)
            middle = median(ratios)
            yield (
                f"{workload} at {size:,}, {model}: harness over hand-written",
                f"{middle:.3f} (quartiles {_quartile(ratios, 1):.3f} to {_quartile(ratios, 3):.3f},"
                f" {len(ratios)} pairs)",
                f"at most {_BAR}",
                middle <= _BAR,
            )


def _ratios(workload: str, model: str, params: dict, size: int) -> list[float]:
    """Return one ratio a pair of processes; which of the two begins alternates."""
    plan = _Sampling() if workload in _OBSERVED else _plan(workload, model, params)
    lead = size if workload == _LEADING else 0
    ratios = []
    for pair in range(_count_pairs(workload, model)):
        sides = [
            _through_harness(workload, model, params, plan),
            _Side(_by_hand_command(workload, model, size, plan)),
        ]
        _alternate(sides if pair % 2 else sides[::-1], plan.slice_s)
        times = (
            _times_of_messages(sides[0].said(), workload),
            _times_by_hand(sides[1].said(), plan),
        )
        ours, theirs = (_undisturbed_median(one) - lead for one in times)
        ratios.append(ours / theirs)
    return ratios


def _count_pairs(workload: str, model: str) -> int:
    if (workload, model) in _HAND_OVERS:
        return _PAIRS_OF_HAND_OVERS
    runs_through = model in _ON_SEVERAL_CORES or workload in _OBSERVED
    return _PAIRS_THROUGH if runs_through else _PAIRS


class _Sampling(NamedTuple):
    """How a process is sampled."""

    samples: int = 1
    calls: int = 1  # of a sample
    slice_s: float = _TO_THE_END_S  # how long a process runs before it is the other's turn


def _plan(workload: str, model: str, params: dict) -> _Sampling:
    """Take samples as long as those of the headline case, to see how many there is time for."""
    side = _through_harness(workload, model, params, _Sampling(3))
    side.resume()
    samples = _samples(side.said())
    calls = samples[0].operations
    sample_s = median(sample.elapsed_ns for sample in samples) / 1e9
    runs_through = model in _ON_SEVERAL_CORES
    few = int((_THROUGH_S if runs_through else _TURNS_S) / sample_s)
    return _Sampling(
        samples=max(_FEWEST_SAMPLES, min(_MOST_SAMPLES, few)),
        calls=calls,
        slice_s=_TO_THE_END_S if runs_through else max(_SHORTEST_SLICE_S, 4 * sample_s),
    )


class _Side:
    """A process that is alive while the other one of its pair is, and runs when it is told to.

    What it says goes into a file, so nobody reads while it is timed.
    """

    def __init__(self, command: Sequence[str], line: bytes = b"", env: dict | None = None) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            command,
            env={**tools.environment(), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=self._output,
            start_new_session=True,
        )
        self._signal(signal.SIGSTOP)
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def run_for(self, seconds: float) -> None:
        self.resume()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def await_end(self) -> None:
        assert self._process.wait() == 0

    def said(self) -> list[bytes]:
        """Wait for the end, and return the lines of its output."""
        self.await_end()
        with self._process, self._output:
            self._output.seek(0)
            return self._output.read().splitlines()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def _alternate(sides: Sequence[_Side], slice_s: float) -> None:
    """Let two processes run by turns, so that a slow phase of the machine meets both."""
    while all(side.is_alive for side in sides):
        for side in sides:
            side.run_for(slice_s)
    for side in sides:
        side.resume()
        side.await_end()


def _undisturbed_median(times: Sequence[float]) -> float:
    """Return the median of the later times, of those that do not contain the other side's turn."""
    late = times[len(times) // 2 :]
    return median(time for time in late if time <= 2 * median(late))


def _through_harness(workload: str, model: str, params: dict, sampling: _Sampling) -> _Side:
    runner = tools.runner_of(model)
    assert runner is not None
    case, is_observed = tools.inventory().workloads[workload], workload in _OBSERVED
    line = tools.request(
        case,
        model,
        "headline",
        params=params,
        warmup=0 if is_observed else 1,
        iterations=sampling.samples,
        min_sample_ns=0 if is_observed else case.cases["headline"].sampling.min_sample_ns,
    )
    return _Side((*runner.command_for(workload), "run"), line, runner.env)


def _by_hand_command(workload: str, model: str, size: int, sampling: _Sampling) -> tuple[str, ...]:
    calls = 1 if workload in _OBSERVED else 1 + sampling.samples * sampling.calls
    if not model.startswith("go"):
        program = str(tools.BARE / "python.py")
        return tools.python(program, workload, model, str(size), str(calls))
    processors = "1" if model == "go-1cpu" else "0"
    program = str(tools.bare_go(*tools.BY_HAND_GO))
    return program, workload, processors, str(size), str(calls)


def _samples(lines: Sequence[bytes]) -> list[protocol.SampleTaken]:
    messages = map(protocol.decode_message, lines)
    taken = (one for one in messages if isinstance(one, protocol.SampleTaken))
    return [one for one in taken if not one.warmup]


def _times_of_messages(lines: Sequence[bytes], workload: str) -> list[float]:
    """Return the nanoseconds of a call in each sample, or what the call observed."""
    if (counter := _OBSERVED.get(workload)) is None:
        return [sample.elapsed_ns / sample.operations for sample in _samples(lines)]
    messages = map(protocol.decode_message, lines)
    return [one.observed[counter] for one in messages if isinstance(one, protocol.Outcome)]


def _times_by_hand(lines: Sequence[bytes], sampling: _Sampling) -> list[float]:
    """Return the nanoseconds of a call, over as many calls as a sample of the harness has."""
    times, each = list(map(int, b" ".join(lines).split())), sampling.calls
    return [fmean(times[first : first + each]) for first in range(0, len(times), each)]


def _quartile(values: list[float], which: int) -> float:
    return sorted(values)[round(which * (len(values) - 1) / 4)]
