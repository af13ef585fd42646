"""What an implementation is given: its parameters, and a probe to say more than its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Params:
    """The parameters of a case as attributes; each carries its unit in its name (`wait_ns`)."""

    def __init__(self, values: Mapping[str, int | str]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> int:
        # Only reached when the case has no such parameter. The declared type is what almost every
        # parameter is; `text` is for the others.
        known = ", ".join(sorted(self.__dict__)) or "none"
        raise AttributeError(f"the case has no parameter {name!r}; it has: {known}")

    def text(self, name: str) -> str:
        """Return the parameter `name`, which the workload file declares to be text."""
        return str(getattr(self, name))


class Unsupported(Exception):  # noqa: N818 - a result, and no error of anybody's
    """The case cannot be done on this machine, or by this interpreter."""


class Voice:
    """Who hears what a probe is told. This one hears nothing: for implementations run by hand."""

    case = ""  # that runs

    def parked(self, tasks: int) -> None:
        """Weigh the process while that many tasks wait."""

    def listening(self, port: int) -> None:
        """Say that a server accepts connections."""

    async def stopped(self) -> None:
        """Wait until the harness says stop."""

    def wait_until_stopped(self) -> None:
        """Wait until the harness says stop, in a thread that has nothing else to do."""


class Probe:
    """How an implementation says more than its result. Unused, it costs nothing."""

    def __init__(self, voice: Voice | None = None) -> None:
        self._voice = voice or Voice()
        self.observed: dict[str, int] = {}
        self.waits: list[int] = []

    def observe(self, name: str, value: int) -> None:
        """Report a counter, such as the most tasks in flight; the largest value is kept."""
        if value > self.observed.get(name, value - 1):
            self.observed[name] = value

    def latency(self, ns: int) -> None:
        """Report a single wait, or how late something was; never below zero."""
        self.waits.append(ns)

    def parked(self, tasks: int) -> None:
        """Say that so many tasks are alive and waiting: memory is read before it returns."""
        self._voice.parked(tasks)

    def listening(self, port: int) -> None:
        """Say that the server accepts connections on this port; `stopped` or its twin is next."""
        self._voice.listening(port)

    async def stopped(self) -> None:
        """Wait until the server is to stop, without keeping the loop from anything."""
        await self._voice.stopped()

    def wait_until_stopped(self) -> None:
        """Wait until the server is to stop; blocks, for models without a loop."""
        self._voice.wait_until_stopped()


def most_at_once(spans: Iterable[tuple[int, int]]) -> int:
    """Return how many of the spans (start, end; any one clock) overlap at most at one moment.

    Each implementation notes when its pieces of work began and ended, and hands that to
    `probe.observe`: concurrency that is claimed by a rule is then seen, and not assumed.
    """
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most
