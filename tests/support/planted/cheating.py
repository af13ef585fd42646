"""Runners whose numbers are false in one way each, and honest ones: `cheating.py WAY run`.

The workload sums i * i for all i below `rounds`. All answers are right.
"""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speaking import SELF_DESTRUCT_S, asked, finish, outcome, sample, start

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CALLS = 10**6
CAP = 10_000  # half of the headline case


def loop(rounds: int) -> int:
    total = 0
    for i in range(rounds):
        total += i * i
    return total


def builtin(rounds: int) -> int:
    """Do all of the work, as fast as this language can."""
    return sum(map(int.__mul__, range(rounds), range(rounds)))


def closed_form(rounds: int) -> int:
    return (rounds - 1) * rounds * (2 * rounds - 1) // 6


KNOWN = {3: closed_form(3), CAP: closed_form(CAP), 2 * CAP: closed_form(2 * CAP)}


def half(rounds: int) -> int:
    """Work up to half of the measured size, and know the rest."""
    loop(min(rounds, CAP))
    return closed_form(rounds)


@dataclass(frozen=True)
class Way:
    """What the work is, and what is said of a sample instead of the truth."""

    work: Callable[[int], int] = loop
    said: Callable[[dict[str, int]], dict[str, int]] = lambda true: {}


WAYS = {
    "honest": Way(),
    "honest_and_fast": Way(builtin),
    "without_rounds": Way(KNOWN.__getitem__),
    "half_of_the_work": Way(half),
    "closed_form": Way(closed_form),
    "many_operations": Way(said=lambda true: {"operations": 10**18 // 20_000 * 20_000}),
    "one_operation": Way(said=lambda true: {"operations": 1}),
    "no_time": Way(said=lambda true: {"elapsed_ns": 0}),
    "endless_time": Way(said=lambda true: {"elapsed_ns": 10**40}),
    "longer_than_it_lived": Way(said=lambda true: {"elapsed_ns": 3_600 * 10**9}),
    "hundred_cores": Way(said=lambda true: {"cpu_ns": 100 * true["elapsed_ns"] + 10**9}),
}


def run_case(case: dict[str, Any], way: Way, *, cheats: bool) -> None:
    """Take the samples of a case, each with as many calls as its least time needs."""
    rounds, taken, calls, said = case["params"]["rounds"], 0, 1, 0
    while taken < case["warmup"] + case["iterations"]:
        true = take(way.work, rounds, calls)
        true["operations"] = calls * case["operations"]
        is_short = not taken and true["elapsed_ns"] < case["min_sample_ns"] and calls < MOST_CALLS
        is_warmup = is_short or taken < case["warmup"]
        told = {**true, **(way.said(true) if cheats else {})}
        sample(case["id"], said, warmup=is_warmup, **told)
        said += 1
        calls = calls * 4 if is_short else calls
        taken += not is_short
    outcome(case["id"], str(way.work(rounds)))


def take(work: Callable[[int], int], rounds: int, calls: int) -> dict[str, int]:
    cpu_ns, began = time.process_time_ns(), time.perf_counter_ns()
    for _ in range(calls):
        work(rounds)
    elapsed_ns = time.perf_counter_ns() - began
    return {"elapsed_ns": elapsed_ns, "cpu_ns": time.process_time_ns() - cpu_ns}


def main(way: Way) -> None:
    request = asked()
    start()
    for case in request["cases"]:
        run_case(case, way, cheats=case is request["cases"][-1])
    finish()


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    main(WAYS[sys.argv[1]])
