"""A running trial: what its child says, and the load or the site beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.measuring.processes import child
from harness.measuring.runners import protocol
from harness.measuring.runners.transcript import Transcript
from harness.measuring.servers.cores import move_processes
from harness.measuring.servers.load_protocol import LoadFailure
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.measuring.plan import Assignment
    from harness.measuring.servers.load_driver import LoadDriver
    from harness.measuring.servers.site import SiteDriver

_END = b'{"kind": "end"}\n'
_MOST_BYTES = 8 * 2**20  # of the messages of a trial; those of an honest one have a tenth


@dataclass
class Attempt:
    """A running trial: the messages of its child and, for a server, the load on it."""

    assignment: Assignment
    block: int
    position: int
    request: protocol.Request
    driver: LoadDriver | None
    obstacle: LoadFailure | None = None  # why the child is not started
    site: SiteDriver | None = None  # from which a client fetches pages
    starts_aside: bool = False  # on spare cores, because another one starts on those of both
    on_turn: Callable[[str], None] = lambda _: None  # see `listen`
    first_round: int = 0  # of the block, in which it took its first turn
    turns_ns: list[int] = field(default_factory=list)  # how long each took, seen from here
    handle: child.Handle = field(init=False)
    transcript: Transcript = field(init=False)
    violation: str = ""  # of the protocol
    received_bytes: int = 0
    result: child.ChildResult = field(default_factory=lambda: child.ChildResult(0, 0, 0, ""))
    started_at: str = ""  # UTC, ISO 8601
    disturbed: tuple[str, ...] = ()  # what took CPU time while the child ran

    def __post_init__(self) -> None:
        self.handle = child.Handle()
        if self.driver is not None:
            self.handle = self.driver.server
        self.transcript = Transcript(
            self.request.cases, serves=self.driver is not None, turns=self.request.turns
        )

    def receive_line(self, line: bytes) -> str:
        """Process a line of the child. Returns why to stop the child, or an empty text."""
        self.received_bytes += len(line)
        try:
            if self.received_bytes > _MOST_BYTES:
                raise protocol.ProtocolError(f"more than {_MOST_BYTES >> 20} MiB of messages")
            message = protocol.decode_message(line)
            self.transcript.receive(message)
        except protocol.ProtocolError as error:
            self.violation = str(error)
            return "violation"
        if self.driver is not None:
            self._receive_from_server(message, self.driver)
            return ""
        match message:
            case protocol.Ready():
                self.on_turn("ready")
            case protocol.SampleTaken(warmup=False) if self.transcript.is_ready:
                self.on_turn("sample")
        return ""

    def _receive_from_server(self, message: protocol.Message, driver: LoadDriver) -> None:
        match message:
            case protocol.Listening(port=port):
                case_id = self.transcript.current_case
                driver.start(self.assignment.case_named(case_id), port)
            case protocol.SampleTaken(case=id_) | protocol.Failed(case=str(id_)):
                driver.note_returned(id_)

    def listen(self, on_turn: Callable[[str], None]) -> None:
        """Call `on_turn` with `ready` when it waits for its turns, and `sample` after each."""
        self.on_turn = on_turn
        if self.driver is not None:
            self.driver.on_turn = on_turn

    def give_turn(self, processor: int | None) -> None:
        """Let it take one sample, beginning on this processor; None: on any."""
        if self.driver is not None:
            self.driver.give_turn()
            return
        self.transcript.give_turn()
        self.handle.write_line(protocol.encode_turn(processor))

    def end_turns(self) -> None:
        """Let it clean up and report its answers."""
        if self.driver is not None:
            self.driver.end_turns()
            return
        self.transcript.end_turns()
        self.handle.write_line(_END)

    def start_site(self) -> bool:
        """Start the site of a client. Returns whether nothing forbids the start of the child."""
        site = self.site if self.obstacle is None else None
        if site is not None and not site.start(self.assignment.cases):
            self.obstacle = LoadFailure(Status.CRASH, site.failure)
        return self.obstacle is None

    @property
    def full_request(self) -> protocol.Request:
        """The request with the ports of the site, which has to run."""
        return self.request if self.site is None else self.site.add_ports(self.request)

    @property
    def cores(self) -> frozenset[int]:
        """The cores of the child while it is measured; empty: any."""
        return self.helpers[0].cores.server if self.helpers else frozenset()

    @property
    def start_cores(self) -> frozenset[int]:
        """The cores that the child starts on."""
        spare = self.helpers[0].cores.spare if self.helpers else frozenset()
        return spare if spare and self.starts_aside else self.cores

    def move_to_its_cores(self) -> None:
        """Move a child that has started aside, with all that it has started."""
        if self.start_cores != self.cores:
            move_processes(self.handle.list_processes(), self.cores)

    @property
    def helpers(self) -> tuple[LoadDriver | SiteDriver, ...]:
        """What runs beside the child: the load on a server, or the site of a client."""
        return tuple(helper for helper in (self.driver, self.site) if helper is not None)

    def close(self) -> None:
        """End the load generators, or the site, and add what the site has counted."""
        for helper in self.helpers:
            helper.finish()
        if self.site is not None:
            self.site.add_counts(self.transcript)

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C stopped the trial, so that it has no result."""
        return self.result.stopped == "interrupt" or (
            self.driver is not None and self.driver.was_interrupted
        )

    @property
    def stood_still_s(self) -> float:
        """How long the harness or the machine stood still during the trial."""
        return max(one.stood_still_s for one in (self.result, *self.helpers))
