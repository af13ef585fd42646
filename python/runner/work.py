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


class Probe:
    """How an implementation says more than its result. Unused, it costs nothing."""

    def __init__(self) -> None:
        self.observed: dict[str, int] = {}

    def observe(self, name: str, value: int) -> None:
        """Report a counter, such as the most tasks in flight; the largest value is kept."""
        if value > self.observed.get(name, value - 1):
            self.observed[name] = value


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
