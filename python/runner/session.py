"""Run the cases of a request, and report what happened.

The sequence of steps (grow the batch, warm up, sample, compare answers) is the same for plain
functions and for coroutine functions; only the timed loop, and entering and leaving `prepare`,
differ. So the sequence is a generator that yields steps, and two small drivers execute them:
`run_sync` calls each step, `run_async` awaits it.
"""

from __future__ import annotations

import traceback
from contextlib import AsyncExitStack, ExitStack
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from runner import clock, wire
from runner.work import Params, Probe, Transport, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import ModuleType

    Emit = Callable[[dict[str, Any]], None]
    Action = Callable[[], None]
    Step = Callable[[], Any]
    Steps = Generator[Step, Any, None]
    Timed = Callable[..., Any]

_PARTS = 8  # of a sample; a run-up repeats one
_ENOUGH_WARM_UP_NS = 50_000_000  # after which no further warm-up sample begins
_MOST_CALLS = 1 << 32  # in a sample; if more seem needed, the clock or the work is broken


def _do_nothing() -> None:
    pass


def run_sync(
    request: wire.Request,
    module: ModuleType,
    emit: Emit,
    transport: Transport | None = None,
    after_last_sample: Action = _do_nothing,
) -> None:
    """Run all cases of an implementation whose `run` is a plain function.

    Its probe reports to `transport`. `after_last_sample` is called after the last sample of the
    last case, when no clock runs but everything that was prepared, such as workers, is still alive.
    """
    steps = _run_cases(
        request, module, emit, transport or Transport(), _time_calls, ExitStack, after_last_sample
    )
    try:
        step = next(steps)
        while True:
            try:
                result = step()
            except BaseException as error:  # noqa: BLE001 - raised again inside the generator
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration:
        return


async def run_async(
    request: wire.Request,
    module: ModuleType,
    emit: Emit,
    transport: Transport | None = None,
    after_last_sample: Action = _do_nothing,
) -> None:
    """Do the same as `run_sync` if `run` is a coroutine function."""
    steps = _run_cases(
        request,
        module,
        emit,
        transport or Transport(),
        _time_awaited_calls,
        AsyncExitStack,
        after_last_sample,
    )
    try:
        step = next(steps)
        while True:
            try:
                result = await step()
            except BaseException as error:  # noqa: BLE001 - raised again inside the generator
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration:
        return


def _time_calls(run: Callable[..., Any], arguments: tuple[Any, ...], calls: int) -> tuple[int, Any]:
    value = None
    start = clock.now_ns()
    for _ in repeat(None, calls):
        value = run(*arguments)
    return clock.now_ns() - start, value


async def _time_awaited_calls(
    run: Callable[..., Any], arguments: tuple[Any, ...], calls: int
) -> tuple[int, Any]:
    value = None
    start = clock.now_ns()
    for _ in repeat(None, calls):
        value = await run(*arguments)
    return clock.now_ns() - start, value


def _run_cases(
    request: wire.Request,
    module: ModuleType,
    emit: Emit,
    transport: Transport,
    timed: Timed,
    stack_type: type[ExitStack | AsyncExitStack],
    after_last_sample: Action,
) -> Steps:
    for case in request.cases:
        is_last = case is request.cases[-1]
        try:
            transport.case = case.id
            run_up = _RunUp(request.run_up_ns, request.cases[0].params)
            turns = run_up if is_last and request.turns else None
            sampler = _Sampler(case, module, emit, transport, timed, turns)
            yield from _run_case(
                sampler, stack_type(), after_last_sample if is_last else _do_nothing
            )
        except Exception as error:  # noqa: BLE001 - any exception of an implementation is a result
            traceback.print_exc()
            emit(
                {
                    "kind": "error",
                    "case": case.id,
                    "reason": _reason(error),
                    "message": _message(error),
                }
            )


def _run_case(sampler: _Sampler, stack: ExitStack | AsyncExitStack, after_samples: Action) -> Steps:
    """Prepare, take the samples, clean up, and report each distinct answer."""
    try:
        yield from sampler.prepare(stack)
        yield from sampler.take_all()
        after_samples()
    finally:
        if isinstance(stack, AsyncExitStack):
            yield stack.aclose
        else:
            yield stack.close
    sampler.report()


class _RunUp(NamedTuple):
    """Unmeasured work before the sample of a turn: a process that has waited is slow at first."""

    at_least_ns: int
    small_params: dict[str, int | str]  # of a case whose call is short


class _Sampler:
    """Takes the samples of a case, and collects its distinct answers: digest -> text.

    With `turns` it takes one sample at a time, when the harness says so.
    """

    def __init__(
        self,
        case: wire.Case,
        module: ModuleType,
        emit: Emit,
        transport: Transport,
        timed: Timed,
        turns: _RunUp | None,
    ) -> None:
        self._case = case
        self._transport = transport
        self._turns = turns
        self._module = module
        self._emit = emit
        self._timed = timed
        self._probe = Probe(transport)
        self._arguments: tuple[Any, ...] = (Params(case.params), self._probe)
        self._answers: dict[str, str] = {}
        self._taken = 0
        self._call_ns = 0  # how long a call of the last sample took

    def prepare(self, stack: ExitStack | AsyncExitStack) -> Steps:
        """Enter `prepare` of the module, if it has one, before any clock starts.

        It provides what should exist before the samples, such as a warm pool or a file. What it
        yields becomes the third argument of `run`.
        """
        if not hasattr(self._module, "prepare"):
            return
        prepared = self._module.prepare(*self._arguments)
        if isinstance(stack, AsyncExitStack):
            resource = yield lambda: stack.enter_async_context(prepared)
        else:
            resource = yield lambda: stack.enter_context(prepared)
        self._arguments = (*self._arguments, resource)

    def take_all(self) -> Steps:
        """Grow the batch, warm up, and take the samples that count."""
        calls = yield from self._grow_batch()
        yield from self._warm_up(calls)
        self._probe.latencies_ns.clear()  # those of the warm-up do not count
        if self._turns is not None:
            yield from self._take_turns(calls, self._turns)
            return
        for _ in range(self._case.iterations):
            yield from self._take(calls, warmup=False)

    def _warm_up(self, calls: int) -> Steps:
        """Take the warm-up samples; where calls are long, as many as are enough."""
        warmed_ns = 0
        for _ in range(self._case.warmup):
            if warmed_ns >= _ENOUGH_WARM_UP_NS:
                return
            warmed_ns += yield from self._take(calls, warmup=True)

    def _take_turns(self, calls: int, run_up: _RunUp) -> Steps:
        is_small = calls >= _PARTS or 0 < self._call_ns <= run_up.at_least_ns
        params = self._arguments[0] if is_small else Params(run_up.small_params)
        self._transport.ready()
        while self._transport.wait_for_turn():
            yield from self._run_up(params, max(1, calls // _PARTS), run_up.at_least_ns)
            yield from self._take(calls, warmup=False)

    def _run_up(self, params: Params, batch: int, at_least_ns: int) -> Steps:
        """Work for a while as the sample does; where its calls are long, with a small case."""
        # What it reports does not count.
        arguments = (params, Probe(Transport()), *self._arguments[2:])
        end_ns = clock.now_ns() + at_least_ns
        while clock.now_ns() < end_ns:
            yield lambda: self._timed(self._module.run, arguments, batch)

    def report(self) -> None:
        """Emit the latency distribution, if there is one, and each distinct answer."""
        latencies_ns = self._probe.latencies_ns
        if latencies_ns:
            record = {"kind": "latency", "case": self._case.id}
            record["hdr"] = wire.encode_histogram([abs(ns) for ns in latencies_ns])
            if early_ns := [-ns for ns in latencies_ns if ns < 0]:
                record["early_hdr"] = wire.encode_histogram(early_ns)
            self._emit(record)
        for digest, text in self._answers.items():
            self._emit(
                {
                    "kind": "outcome",
                    "case": self._case.id,
                    "digest": digest,
                    "value": text,
                    "observed": self._probe.observed,
                }
            )

    def _grow_batch(self) -> Generator[Step, Any, int]:
        """Take warm-up samples until one lasts long enough; return its number of calls."""
        min_sample_ns = self._case.min_sample_ns
        calls = 1
        while min_sample_ns:
            elapsed_ns = yield from self._take(calls, warmup=True)
            if elapsed_ns >= min_sample_ns or calls >= _MOST_CALLS:
                break
            # Aim 20% too high. Grow tenfold at most, because the first call is often slow.
            aim = calls * min_sample_ns * 1.2 / max(elapsed_ns, 1)
            calls = max(calls + 1, min(calls * 10, int(aim)))
        return calls

    def _take(self, calls: int, *, warmup: bool) -> Generator[Step, Any, int]:
        """Take and emit one sample of `calls` calls; return its duration in ns."""
        cpu_before = clock.cpu_ns()
        elapsed_ns, value = yield lambda: self._timed(self._module.run, self._arguments, calls)
        cpu_after = clock.cpu_ns()
        digest, text = wire.digest_answer(value)
        self._answers.setdefault(digest, text)
        self._emit(
            {
                "kind": "sample",
                "case": self._case.id,
                "iteration": self._taken,
                "warmup": warmup,
                "elapsed_ns": elapsed_ns,
                "operations": calls * self._case.operations,
                "cpu_ns": (
                    None
                    if cpu_before is None or cpu_after is None
                    else max(0, cpu_after - cpu_before)
                ),
            }
        )
        self._taken += 1
        self._call_ns = elapsed_ns // calls
        return int(elapsed_ns)


def _reason(error: BaseException) -> str:
    """Return the reason for a failure; in a group, any other reason comes before `crash`."""
    if isinstance(error, BaseExceptionGroup):
        reasons = {_reason(nested) for nested in error.exceptions} - {"crash"}
        return min(reasons, default="crash")
    if isinstance(error, MemoryError):
        return "out_of_memory"
    return "unsupported" if isinstance(error, Unsupported) else "crash"


def _message(error: BaseException) -> str:
    """Return the message of an error; for a group, of the first error with the group's reason."""
    reason = _reason(error)
    while isinstance(error, BaseExceptionGroup):
        error = next(nested for nested in error.exceptions if _reason(nested) == reason)
    return "".join(traceback.format_exception_only(error)).strip()
