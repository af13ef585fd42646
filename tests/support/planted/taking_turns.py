"""Runners of version 2 of the protocol, each with one way to take its turns.

The command is `taking_turns.py WAY run`. Each appends its way to the file that TURNS_LOG names when
it has a turn, so that a test sees the order of the turns.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speaking import (
    RIGHT,
    SELF_DESTRUCT_S,
    WAYS,
    WRONG,
    asked,
    finish,
    hang,
    outcome,
    sample,
    sample_line,
    samples,
    say,
    way,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 2**20


def answer_in_turns(
    in_turn: Callable[[int], object] = lambda turn: None,
    value: str = RIGHT,
    before_ready: Callable[[], object] = lambda: None,
) -> None:
    """Do all that is asked for, and `in_turn` at the start of each turn, counted from 1."""
    request = asked()
    say("started", protocol=2, facts={"pid": os.getpid()})
    *others, last = request["cases"]
    for case in others:
        samples(case)
        outcome(case["id"])
    if request["turns"]:
        take_turns(last, in_turn, before_ready)
    else:
        samples(last)
    outcome(last["id"], value)
    finish()


def take_turns(
    case: dict[str, Any], in_turn: Callable[[int], object], before_ready: Callable[[], object]
) -> None:
    for iteration in range(case["warmup"]):
        sample(case["id"], iteration, warmup=True)
    before_ready()
    say("ready", case=case["id"])
    turn = 0
    while asked()["kind"] == "turn":
        turn += 1
        log_turn()
        in_turn(turn)
        sample(case["id"], case["warmup"] + turn - 1)


def log_turn() -> None:
    if name := os.environ.get("TURNS_LOG"):
        with Path(name).open("ab") as log:
            log.write(sys.argv[1].encode() + b"\n")


def second(act: Callable[[], object]) -> Callable[[int], object]:
    """Do something in the second turn only."""
    return lambda turn: act() if turn == 2 else None


@way
def good() -> None:
    answer_in_turns()


@way
def good_too() -> None:
    answer_in_turns()


@way
def good_as_well() -> None:
    answer_in_turns()


@way
def crash_in_a_turn() -> None:
    answer_in_turns(second(lambda: os._exit(3)))


@way
def killed_in_a_turn() -> None:
    answer_in_turns(second(lambda: os.kill(os.getpid(), signal.SIGKILL)))


@way
def hang_in_a_turn() -> None:
    answer_in_turns(second(hang))


@way
def stop_in_a_turn() -> None:
    answer_in_turns(second(lambda: os.kill(os.getpid(), signal.SIGSTOP)))


@way
def nonsense_in_a_turn() -> None:
    answer_in_turns(second(lambda: write(b"hello, world\n")))


@way
def two_samples_in_a_turn() -> None:
    def both() -> None:
        # In one write: after the first line alone, the harness might give the next turn.
        write(sample_line("headline", 2) + sample_line("headline", 3))

    answer_in_turns(second(both))


@way
def leave_in_a_turn() -> None:
    def leave() -> None:
        sample("headline", 2)
        outcome("headline")
        finish()
        os._exit(0)

    answer_in_turns(second(leave))


@way
def fail_in_a_turn() -> None:
    def fail() -> None:
        say("error", case="headline", message="no more", reason="crash")
        finish()
        os._exit(0)

    answer_in_turns(second(fail))


@way
def eat_memory_in_a_turn() -> None:
    def eat() -> None:
        eaten = bytearray(600 * MIB)
        eaten[:: 1 << 12] = b"x" * len(eaten[:: 1 << 12])  # touch every page
        hang()

    answer_in_turns(second(eat))


@way
def wrong_at_the_end() -> None:
    answer_in_turns(value=WRONG)


@way
def never_ready() -> None:
    answer_in_turns(before_ready=hang)


@way
def announce_itself() -> None:
    answer_in_turns(before_ready=announcement().touch)


@way
def wait_for_the_announcement() -> None:
    def wait() -> None:
        while not announcement().exists():
            time.sleep(0.001)

    answer_in_turns(before_ready=wait)


def announcement() -> Path:
    return Path(os.environ["TURNS_LOG"] + ".announced")


@way
def crash_before_ready() -> None:
    answer_in_turns(before_ready=lambda: os._exit(3))


@way
def never_wait() -> None:
    """Take the samples without any turn."""
    answer_in_turns(before_ready=lambda: sample("headline", 1))


@way
def hang_at_the_end() -> None:
    answer_in_turns()
    hang()


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    WAYS[sys.argv[1]]()
