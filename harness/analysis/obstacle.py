"""What can keep a contestant out of the ranking. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Obstacle(StrEnum):
    """What keeps a contestant out of the ranking."""

    INVALID = "invalid"  # a number that cannot be true
    FAILED = "failed"  # some trials; those that survived are not a fair sample
    SUSPECT = "suspect"  # its time does not grow with its work
    UNSETTLED = "not settled"  # whether its time grows with its work
    CLIENT_LIMITED = "client limited"  # the number is the load generator's
    NO_RATIO = "no ratio"  # a value that is not positive
    TOO_FEW = "too few blocks"  # while others have enough


# No value of it shows its work.
UNSOUND = (Obstacle.INVALID, Obstacle.FAILED, Obstacle.SUSPECT, Obstacle.UNSETTLED)


@dataclass(frozen=True)
class Unranked:
    """Why a contestant is not ranked."""

    obstacle: Obstacle
    reason: str

    @property
    def is_misleading(self) -> bool:
        """Whether trials are ok, and their value still is not what the work took."""
        return self.obstacle in (Obstacle.SUSPECT, Obstacle.UNSETTLED, Obstacle.CLIENT_LIMITED)

    @property
    def is_for_now(self) -> bool:
        """Whether more blocks remove the obstacle."""
        return self.obstacle in (Obstacle.TOO_FEW, Obstacle.UNSETTLED)

    @property
    def text(self) -> str:
        """The obstacle and the reason: `suspect, not ranked: 2 times the work took ...`."""
        if self.obstacle in (Obstacle.INVALID, Obstacle.FAILED):
            return self.reason  # it names the statuses
        return f"{self.obstacle.value}, not ranked: {self.reason}"
