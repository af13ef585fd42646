"""From events to lanes: the state machine of whatever runs, waits and wakes others.

    created -> ready -> running -> waiting -> ready -> ... -> done

A lane that is woken while it still runs is ready as soon as it stops.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from harness.traces.events import NOBODY, Event, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable


class State(StrEnum):
    """The states of a lane; one that is done has no span."""

    CREATED = "created"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"


# kind of event -> the states in which it may happen, and the state after it (None: done).
_STEPS: dict[Kind, tuple[tuple[State, ...], State | None]] = {
    Kind.READY: ((State.CREATED, State.WAITING), State.READY),
    # A greenlet or a goroutine may be resumed directly, without waiting for its turn.
    Kind.RUNS: ((State.CREATED, State.READY, State.WAITING), State.RUNNING),
    Kind.YIELDS: ((State.RUNNING,), State.READY),
    Kind.WAITS: ((State.RUNNING,), State.WAITING),
    Kind.DONE: (tuple(State), None),
}


class BrokenTraceError(ValueError):
    """Events that no run can have: the recording is wrong."""


class Span(NamedTuple):
    """A lane was in this state; `text` is what it waited for, or what made it ready."""

    state: State
    start_ns: int
    end_ns: int
    text: str = ""

    @property
    def length_ns(self) -> int:
        """How long."""
        return self.end_ns - self.start_ns


class Flow(NamedTuple):
    """One lane made another one ready, or created it."""

    ns: int
    source: int
    target: int


@dataclass(frozen=True)
class Lane:
    """What can run or wait, with its spans in the order of time; they leave no gap."""

    id: int
    name: str
    group: str
    spans: tuple[Span, ...]
    is_done: bool = False  # it ended before the run did

    def total_ns(self, state: State) -> int:
        """Return how long the lane was in this state."""
        return sum(span.length_ns for span in self.spans if span.state is state)


@dataclass(frozen=True)
class Trace:
    """The lanes of a run, in the order of their creation; times count from the start of the run."""

    lanes: tuple[Lane, ...]
    flows: tuple[Flow, ...]
    idle: tuple[Span, ...]  # when a loop waited in the kernel, or polled it
    length_ns: int
    events: int  # recorded

    def total_ns(self, state: State) -> int:
        """Return how long all lanes together were in this state."""
        return sum(lane.total_ns(state) for lane in self.lanes)

    def count(self, state: State) -> list[tuple[int, int]]:
        """Return how many lanes were in this state, as steps (from this time on, number)."""
        edges: dict[int, int] = {0: 0}
        for lane in self.lanes:
            for span in lane.spans:
                if span.state is state and span.length_ns:
                    edges[span.start_ns] = edges.get(span.start_ns, 0) + 1
                    edges[span.end_ns] = edges.get(span.end_ns, 0) - 1
        steps, now = [], 0
        for ns in sorted(edges):
            now += edges[ns]
            steps.append((ns, now))
        return steps


@dataclass
class _Open:
    """A lane under construction."""

    event: Event  # that created it
    state: State | None = State.CREATED
    since_ns: int = 0
    text: str = ""
    woken: bool = False  # while it runs
    spans: list[Span] = field(default_factory=list)

    def enter(self, state: State | None, ns: int, text: str = "") -> None:
        assert self.state is not None
        self.spans.append(Span(self.state, self.since_ns, ns, self.text))
        self.state, self.since_ns, self.text, self.woken = state, ns, text, False


def build(events: Iterable[Event], start_ns: int, end_ns: int) -> Trace:
    """Return the lanes of a run that lasted from `start_ns` to `end_ns`. Raises BrokenTraceError.

    What happened before and after is needed to know the states at the start, and then left out.
    """
    ordered = sorted(events, key=attrgetter("ns"))
    lanes: dict[int, _Open] = {}
    flows: list[Flow] = []
    for event in ordered:
        if event.kind in (Kind.SLEEPS, Kind.WAKES):
            continue
        by_other = event.other not in (NOBODY, event.lane)
        if by_other and not _is_start(event, lanes.get(event.lane)):
            flows.append(Flow(event.ns - start_ns, event.other, event.lane))
        if event.kind is Kind.CREATED:
            if event.lane in lanes:
                raise _broken(event, "it exists already")
            lanes[event.lane] = _Open(event, since_ns=event.ns)
            continue
        _step(lanes, event)
    length = end_ns - start_ns
    closed = [_close(lane, start_ns, length) for lane in lanes.values()]
    kept = tuple(lane for lane in closed if lane.spans)
    ids = {lane.id for lane in kept}
    return Trace(
        kept,
        tuple(one for one in flows if 0 <= one.ns <= length and {one.source, one.target} <= ids),
        tuple(_clip(_find_idle(ordered, end_ns), start_ns, length)),
        length,
        len(ordered),
    )


def cut(trace: Trace, start_ns: int) -> Trace:
    """Return a trace without its beginning; times count from `start_ns`."""
    length = trace.length_ns - start_ns
    return replace(
        trace,
        lanes=tuple(
            replace(lane, spans=tuple(_clip(lane.spans, start_ns, length))) for lane in trace.lanes
        ),
        flows=tuple(
            flow._replace(ns=flow.ns - start_ns) for flow in trace.flows if flow.ns >= start_ns
        ),
        idle=tuple(_clip(trace.idle, start_ns, length)),
        length_ns=length,
    )


def _is_start(event: Event, lane: _Open | None) -> bool:
    """Return whether this makes a lane ready that the same lane has just created: one flow."""
    return lane is not None and lane.state is State.CREATED and event.other == lane.event.other


def _step(lanes: dict[int, _Open], event: Event) -> None:
    lane = lanes.get(event.lane)
    if lane is None:
        raise _broken(event, "nothing created it")
    if event.kind is Kind.READY and lane.state is State.RUNNING:
        lane.woken = True
        return
    allowed, state = _STEPS[event.kind]
    if lane.state not in allowed:
        raise _broken(event, f"it is {lane.state or 'done'}")
    text = event.text
    if event.kind is Kind.WAITS and lane.woken:
        state, text = State.READY, ""
    lane.enter(state, event.ns, text)


def _broken(event: Event, why: str) -> BrokenTraceError:
    return BrokenTraceError(f"lane {event.lane} cannot be {event.kind.value} at {event.ns}: {why}")


def _close(lane: _Open, start_ns: int, length_ns: int) -> Lane:
    is_done = lane.state is None and lane.spans[-1].end_ns <= start_ns + length_ns
    if lane.state is not None:
        lane.enter(None, max(start_ns + length_ns, lane.since_ns))
    spans = tuple(_clip(lane.spans, start_ns, length_ns))
    return Lane(lane.event.lane, lane.event.text, lane.event.group, spans, is_done)


def _clip(spans: Iterable[Span], start_ns: int, length_ns: int) -> Iterable[Span]:
    """Yield the part of each span that is in the run, with times that count from its start."""
    for state, start, end, text in spans:
        low, high = max(0, start - start_ns), min(length_ns, end - start_ns)
        if low < high or (start == end and 0 <= low == high):
            yield Span(state, low, high, text)


def _find_idle(ordered: Iterable[Event], end_ns: int) -> Iterable[Span]:
    """Yield when loops waited in the kernel; one loop at a time, as a run has only one."""
    since, text = None, ""
    for event in ordered:
        if event.kind is Kind.SLEEPS:
            since, text = event.ns, event.text
        elif event.kind is Kind.WAKES and since is not None:
            yield Span(State.WAITING, since, event.ns, text)
            since = None
    if since is not None:
        yield Span(State.WAITING, since, max(since, end_ns), text)
