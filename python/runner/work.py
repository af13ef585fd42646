"""What an implementation is given: its parameters, and a probe for further measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Params:
    """The parameters of a case as attributes; a name includes the unit (`wait_ns`)."""

    def __init__(self, values: Mapping[str, int | str]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> int:
        # Called only if the case has no such parameter. The return type is int because almost
        # every parameter is one; use `text` for the others.
        known = ", ".join(sorted(self.__dict__)) or "none"
        raise AttributeError(f"the case has no parameter {name!r}; it has: {known}")

    def text(self, name: str) -> str:
        """Return the parameter `name`, which the workload file declares as text."""
        return str(getattr(self, name))


class Unsupported(Exception):  # noqa: N818 - a result, not a programming error
    """Raised by an implementation if this machine or this interpreter cannot run the case."""


class Transport:
    """Carries the reports of a probe to the harness.

    This base class discards them, so that an implementation can run without a harness.
    """

    case = ""  # the id of the case that is running

    def parked(self, tasks: int) -> int:  # noqa: ARG002
        """Report the memory in use while `tasks` tasks wait, and return its size in bytes."""
        return 0

    def listening(self, port: int) -> None:
        """Report that a server accepts connections on `port`."""

    def ready(self) -> None:
        """Report that the case is warm and waits for its turns."""

    def wait_for_turn(self) -> bool:
        """Block until the case has a turn; False if it is over."""
        return False

    async def stopped(self) -> None:
        """Wait for the harness to send stop, without blocking the event loop."""

    def wait_until_stopped(self) -> None:
        """Block until the harness sends stop."""


class Probe:
    """Reports what an implementation measures besides its result. Unused, it costs nothing."""

    def __init__(self, transport: Transport | None = None) -> None:
        self._transport = transport or Transport()
        self.observed: dict[str, int] = {}
        self.latencies_ns: list[int] = []

    def observe(self, name: str, value: int) -> None:
        """Report a counter, such as the most tasks in flight; the largest value is kept."""
        if value > self.observed.get(name, value - 1):
            self.observed[name] = value

    def observe_least(self, name: str, value: int) -> None:
        """Report a counter of which the smallest value is kept: every call must reach a minimum."""
        if value < self.observed.get(name, value + 1):
            self.observed[name] = value

    def latency(self, ns: int) -> None:
        """Report how long one wait took or how late one event was; below 0 if it was early."""
        self.latencies_ns.append(ns)

    def parked(self, tasks: int) -> int:
        """Report that `tasks` tasks are alive and waiting.

        Returns the bytes that this process and its descendants hold; 0 without a harness.
        """
        return self._transport.parked(tasks)

    def listening(self, port: int) -> None:
        """Report that the server accepts connections on `port`.

        Call `stopped` or `wait_until_stopped` next.
        """
        self._transport.listening(port)

    async def stopped(self) -> None:
        """Wait until the server should stop, without blocking the event loop."""
        await self._transport.stopped()

    def wait_until_stopped(self) -> None:
        """Block until the server should stop; for models without an event loop."""
        self._transport.wait_until_stopped()


def most_at_once(spans: Iterable[tuple[int, int]]) -> int:
    """Return how many spans overlap at most; a span is (start, end), all read from one clock.

    An implementation records when each piece of work starts and ends, and passes the result to
    `probe.observe`, so that concurrency is measured and not assumed.
    """
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most
