"""Traces as Perfetto track events, read back with Perfetto's own messages."""

from __future__ import annotations

from collections import defaultdict

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace as Packets
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import TrackEvent

from harness.presenting import perfetto
from tests.support.traces import two_tasks


def decoded() -> Packets:
    packets = Packets()
    packets.ParseFromString(perfetto.encode(two_tasks(), "Ping-pong on asyncio"))
    return packets


def names(packets: Packets) -> dict[int, str]:
    return {
        packet.track_descriptor.uuid: packet.track_descriptor.name
        for packet in packets.packet
        if packet.HasField("track_descriptor")
    }


def slices(packets: Packets) -> dict[str, list[tuple[str, int, int]]]:
    """Return the slices of each track; they must end in the order in which they begin."""
    tracks, found, begun = names(packets), defaultdict(list), {}
    for packet in packets.packet:
        event = packet.track_event
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            assert event.track_uuid not in begun
            begun[event.track_uuid] = (event.name, packet.timestamp)
        elif event.type == TrackEvent.TYPE_SLICE_END:
            name, start = begun.pop(event.track_uuid)
            found[tracks[event.track_uuid]].append((name, start, packet.timestamp))
    assert not begun
    return found


def test_a_lane_is_a_track_with_its_states() -> None:
    assert slices(decoded()) == {
        "ping": [
            ("running", 0, 30),
            ("waits: Queue.get", 30, 60),
            ("ready", 60, 70),
            ("running", 70, 80),
        ],
        "pong": [("created", 10, 10), ("ready", 10, 30), ("running", 30, 70)],
        "the loop waits in the kernel": [("sleep", 80, 90)],
    }


def test_all_tracks_belong_to_the_program() -> None:
    descriptors = [
        packet.track_descriptor
        for packet in decoded().packet
        if packet.HasField("track_descriptor")
    ]
    (root,) = [one for one in descriptors if not one.parent_uuid]
    assert root.name == "Ping-pong on asyncio"
    assert {one.parent_uuid for one in descriptors if one is not root} == {root.uuid}


def test_who_woke_whom_is_a_flow_between_two_tracks() -> None:
    packets = decoded()
    tracks = names(packets)
    begins, ends = {}, {}
    for packet in packets.packet:
        event = packet.track_event
        if not event.type:
            continue
        begins |= dict.fromkeys(event.flow_ids, (tracks[event.track_uuid], packet.timestamp))
        ends |= dict.fromkeys(event.terminating_flow_ids, tracks[event.track_uuid])
    assert sorted(begins.values()) == [("ping", 10), ("pong", 60)]
    assert {flow: (begins[flow][0], ends[flow]) for flow in begins} == {
        1: ("ping", "pong"),
        2: ("pong", "ping"),
    }


def test_lanes_that_are_ready_are_a_counter() -> None:
    packets = decoded()
    counted = [
        (packet.timestamp, packet.track_event.counter_value)
        for packet in packets.packet
        if packet.track_event.type == TrackEvent.TYPE_COUNTER
    ]
    assert counted == [(0, 0), (10, 1), (30, 0), (60, 1), (70, 0)]
