"""What must hold in every trace, and what can be counted in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from harness.traces.events import Kind
from harness.traces.lanes import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.traces.lanes import Lane, Trace


class Overlap(NamedTuple):
    """Two lanes ran at once although they share a loop or a GIL."""

    group: str
    lanes: tuple[str, str]
    ns: int


def find_overlaps(trace: Trace) -> list[Overlap]:
    """Return where two lanes of one group ran at once; none in a sound trace."""
    groups: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for lane in trace.lanes:
        if lane.group:
            groups[lane.group] += [(start, end, lane.name) for start, end in _running(lane)]
    found = []
    for group, spans in groups.items():
        last_end, last_name = 0, ""
        for start, end, name in sorted(spans):
            if start < last_end:
                found.append(Overlap(group, (last_name, name), start))
            if end > last_end:
                last_end, last_name = end, name
    return found


def only_tasks(trace: Trace) -> Trace:
    """Return a trace without its first lane, which creates the others; as it is if it is alone."""
    return replace(trace, lanes=trace.lanes[1:] or trace.lanes)


def count_parallel(trace: Trace) -> int:
    """Return how many lanes ran at once at most."""
    return max(number for _, number in trace.count(State.RUNNING))


def count_overtakes(trace: Trace) -> int:
    """Return how often a lane ran before one of its group that had been ready for longer.

    0 for a loop whose ready queue is first in, first out. A loop that runs timers before ready
    tasks, or shuffles them, has some.
    """
    queues: dict[str, list[tuple[int, int]]] = defaultdict(list)  # when ready, when it ran
    for lane in trace.lanes:
        for span, following in pairwise(lane.spans):
            if span.state is State.READY and following.state is State.RUNNING:
                queues[lane.group].append((span.start_ns, span.end_ns))
    return sum(
        later[1] < earlier[1]
        for waits in queues.values()
        for earlier, later in pairwise(sorted(waits))
        if earlier[0] < later[0]
    )


def count_switches(trace: Trace) -> int:
    """Return how often a lane began to run."""
    return sum(sum(1 for _ in _running(lane)) for lane in trace.lanes)


def list_turns(trace: Trace) -> list[str]:
    """Return the name of each lane that began to run, in the order of time."""
    turns = [(start, lane.id, lane.name) for lane in trace.lanes for start, _ in _running(lane)]
    return [name for _, _, name in sorted(turns)]


def list_ends(trace: Trace) -> list[Lane]:
    """Return the lanes that ended, in the order of time."""
    return sorted(
        (lane for lane in trace.lanes if lane.is_done), key=lambda lane: lane.spans[-1].end_ns
    )


def list_states(lane: Lane) -> list[str]:
    """Return the states of a lane, in the order in which it first entered each."""
    states = dict.fromkeys(span.state.value for span in lane.spans)
    return [*states, Kind.DONE.value] if lane.is_done else [*states]


def _running(lane: Lane) -> Iterator[tuple[int, int]]:
    for span in lane.spans:
        if span.state is State.RUNNING:
            yield span.start_ns, span.end_ns
