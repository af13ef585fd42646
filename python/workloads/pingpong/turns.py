"""Proves that two sides take turns: each says who it is before it hands over its value."""


class Turns:
    """Who had the last turn, and how often a side found that it was the other one.

    The sides are tasks, greenlets or threads, so a task that plays both of them finds only itself.
    """

    __slots__ = ("last", "switches")

    def __init__(self) -> None:
        self.last: object = None
        self.switches = 0
