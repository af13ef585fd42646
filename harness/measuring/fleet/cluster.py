"""The machines of a fleet, as this program sees them: who is there, and who has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class Answer(NamedTuple):
    """What came of one order."""

    ticket: int
    lines: list[bytes]  # encoded replies
    failure: str = ""  # why there are none


class Cluster(Protocol):
    """Passes orders to workers. Each has at most one order at a time."""

    def workers(self) -> Iterable[str]:
        """Return the addresses of the workers that measure and are there now."""

    def ask(self, worker: str, order: bytes) -> int:
        """Send an order; returns its ticket at once."""

    def await_answers(self, seconds: float) -> list[Answer]:
        """Return the answers that have come, after so many seconds at most."""

    def forget(self, ticket: int) -> None:
        """Let the worker stop what it does for a ticket; there will be no answer."""
