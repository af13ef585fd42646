"""The table that is added up, and each worker's part of the work: the same in every model."""

from itertools import pairwise

SIZE = 1_000  # numbers in the table


def make_table() -> list[int]:
    """Return the numbers from 1,000 to 1,999: Python keeps no such number for ever."""
    return [SIZE + i for i in range(SIZE)]


def split(passes: int, workers: int) -> list[int]:
    """Return how often each worker adds up the table."""
    bounds = [worker * passes // workers for worker in range(workers + 1)]
    return [end - start for start, end in pairwise(bounds)]


def add_up(table: list[int], passes: int) -> int:
    total = 0
    for _ in range(passes):
        for number in table:
            total += number
    return total
