"""The jobs, the same in every model, and the report of how many ran at once."""

from runner.work import Probe


def units_of(job: int) -> int:
    """Return how long a job lasts: 1 to 10 units, each length once in ten jobs."""
    return 1 + job * 3 % 10


def observe(probe: Probe, most: int, limit: int) -> None:
    """Report how many jobs were in flight at most, and how many more than allowed."""
    probe.observe_least("in_flight", most)
    probe.observe("above_limit", max(0, most - limit))
