"""The jobs, the same in every model, and proof of how many run at once."""

from runner.work import Probe


def units_of(job: int) -> int:
    """Return how long a job lasts: 1 to 10 units, each length once in ten jobs."""
    return 1 + job * 3 % 10


class InFlight:
    """Counts the jobs that are in flight: `with in_flight:` around each one."""

    __slots__ = ("most", "now")

    def __init__(self) -> None:
        self.now = self.most = 0

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1


def observe(probe: Probe, most: int, limit: int) -> None:
    """Report how many jobs were in flight at most, and how many more than allowed."""
    probe.observe_least("in_flight", most)
    probe.observe("above_limit", max(0, most - limit))
