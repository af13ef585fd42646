"""Counts switches: steps that find that another task had the last turn."""


class Turns:
    """Who had the last turn, how often it passed to another task, and how many tasks ran."""

    __slots__ = ("last", "ran", "switches")

    def __init__(self) -> None:
        self.last: object = None
        self.switches = self.ran = 0
