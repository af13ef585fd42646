"""A trace as Perfetto track events, for https://ui.perfetto.dev and other viewers.

One track for each lane with its states, arrows from who woke to who was woken, a track for the
waits of the loop, and a counter of the lanes that are ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace as Packets
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import TrackDescriptor, TrackEvent

from harness.traces.lanes import State

if TYPE_CHECKING:
    from harness.traces.lanes import Flow, Lane, Span, Trace

_SEQUENCE = 1
_VERBS = {State.WAITING: "waits: {}", State.READY: "ready, woken by: {}"}
_ROOT, _LOOP, _COUNTER, _FIRST_LANE = 1, 2, 3, 10  # ids of tracks


def encode(trace: Trace, title: str) -> bytes:
    """Return the content of a `.pftrace` file."""
    writer = _Writer(title)
    if trace.idle:
        writer.describe(_LOOP, "the loop waits in the kernel")
        for span in trace.idle:
            writer.slice(_LOOP, span, span.text)
    writer.describe(_COUNTER, "ready", is_counter=True)
    for ns, number in trace.count(State.READY):
        writer.count(ns, number)
    for lane in trace.lanes:
        writer.describe(_FIRST_LANE + lane.id, lane.name)
    # Of two events at one time, the first in the file comes first: an arrow begins before it ends.
    for number, flow in enumerate(trace.flows, 1):
        writer.wake(flow, number)
    woken_at = _number_flows(trace)
    for lane in trace.lanes:
        writer.lane(lane, woken_at.get(lane.id, {}))
    content: bytes = writer.packets.SerializeToString()
    return content


def _number_flows(trace: Trace) -> dict[int, dict[int, int]]:
    """Return lane -> when it was made ready or created -> number of the flow."""
    numbers: dict[int, dict[int, int]] = {}
    for number, flow in enumerate(trace.flows, 1):
        numbers.setdefault(flow.target, {})[flow.ns] = number
    return numbers


class _Writer:
    def __init__(self, title: str) -> None:
        self.packets = Packets()
        descriptor = self.packets.packet.add().track_descriptor
        descriptor.uuid = _ROOT
        descriptor.name = title
        # Lanes keep the order of their creation.
        descriptor.child_ordering = TrackDescriptor.EXPLICIT

    def describe(self, track: int, name: str, *, is_counter: bool = False) -> None:
        descriptor = self.packets.packet.add().track_descriptor
        descriptor.uuid, descriptor.parent_uuid = track, _ROOT
        descriptor.name = name
        descriptor.sibling_order_rank = track
        if is_counter:
            descriptor.counter.unit_name = "lanes"

    def lane(self, lane: Lane, woken_at: dict[int, int]) -> None:
        """Write the states of a lane; a state of no length is one instant."""
        track = _FIRST_LANE + lane.id
        for span in lane.spans:
            name = _VERBS.get(span.state, "{}").format(span.text) if span.text else span.state.value
            arrives = () if span.state is State.RUNNING else (woken_at.pop(span.start_ns, None),)
            self.slice(track, span, name, tuple(one for one in arrives if one is not None))

    def slice(self, track: int, span: Span, name: str, flows: tuple[int, ...] = ()) -> None:
        begin = self._event(track, span.start_ns, TrackEvent.TYPE_SLICE_BEGIN)
        begin.name = name
        begin.categories.append(span.state.value)
        begin.terminating_flow_ids.extend(flows)
        self._event(track, span.end_ns, TrackEvent.TYPE_SLICE_END)

    def wake(self, flow: Flow, number: int) -> None:
        event = self._event(_FIRST_LANE + flow.source, flow.ns, TrackEvent.TYPE_INSTANT)
        event.name = "wakes"
        event.flow_ids.append(number)

    def count(self, ns: int, number: int) -> None:
        self._event(_COUNTER, ns, TrackEvent.TYPE_COUNTER).counter_value = number

    def _event(self, track: int, ns: int, kind: TrackEvent.Type.ValueType) -> TrackEvent:
        packet = self.packets.packet.add()
        packet.timestamp = ns
        packet.trusted_packet_sequence_id = _SEQUENCE
        event = packet.track_event
        event.type, event.track_uuid = kind, track
        return event
