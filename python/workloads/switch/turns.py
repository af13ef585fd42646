"""Counts switches: steps that find that another task had the last turn."""

# A task that has yielded so often gives up. So tasks that never let each other run end as well, and
# a kernel that keeps one of them from running for a while does no harm.
MOST_YIELDS = 1_000_000


class Turns:
    """Who had the last turn, how often it passed to another task, and how many tasks ran."""

    __slots__ = ("last", "ran", "switches")

    def __init__(self) -> None:
        self.last: object = None
        self.switches = self.ran = 0
