"""Runners that speak the protocol and misbehave in one way each: `misbehaving.py WAY run`."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import leaving  # noqa: F401 - enters its ways into the table
from speaking import (
    SELF_DESTRUCT_S,
    WAYS,
    WRONG,
    answer,
    asked,
    finish,
    fork,
    hang,
    outcome,
    sample,
    samples,
    say,
    start,
    way,
    write,
)

if TYPE_CHECKING:
    pass

MIB = 2**20


# --- what is as it should be


@way
def good() -> None:
    answer(seed=asked_seed(), padding=len(os.environ.get("LOOMBENCH_PADDING", "")))


def asked_seed() -> str:
    return os.environ.get("PYTHONHASHSEED", "none")


@way
def good_but_talkative() -> None:
    answer()
    write(b"something to say\n", 2)


@way
def good_without_last_line_end() -> None:
    request = asked()
    start()
    for case in request["cases"]:
        samples(case)
        outcome(case["id"])
    write(b'{"kind": "finished"}')


@way
def good_in_pieces() -> None:
    """Write every line in three pieces, each of which ends where no line does."""
    read, piped = os.pipe()
    real = os.dup(1)
    os.dup2(piped, 1)
    answer()
    os.close(1)
    os.close(piped)
    with os.fdopen(read, "rb") as said:
        for line in said:
            for piece in (line[:1], line[1:-9], line[-9:]):
                write(piece, real)


# --- hangs


@way
def hang_at_once() -> None:
    hang()


@way
def hang_in_a_case() -> None:
    request = asked()
    start()
    sample(request["cases"][0]["id"])
    hang()


@way
def hang_after_finished() -> None:
    answer()
    hang()


@way
def hang_ignoring_signals() -> None:
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(one, signal.SIG_IGN)
    start()
    hang()


@way
def hang_with_a_child() -> None:
    fork(hang)
    start()
    hang()


@way
def hang_with_output_closed() -> None:
    start()
    os.close(1)
    hang()


@way
def hang_with_all_closed() -> None:
    start()
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    hang()


# --- ends


@way
def exit_at_once() -> None:
    write(b"cannot go on\n", 2)
    os._exit(3)


@way
def exit_after_samples() -> None:
    request = asked()
    start()
    samples(request["cases"][0])
    write(b"lost the thread\n", 2)
    os._exit(3)


@way
def exit_early_with_success() -> None:
    asked()
    start()


@way
def exit_with_failure_after_finished() -> None:
    answer()
    os._exit(4)


@way
def signal_at_once() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


@way
def signal_in_a_case() -> None:
    request = asked()
    start()
    sample(request["cases"][0]["id"])
    os.kill(os.getpid(), signal.SIGKILL)


@way
def be_stopped_for_a_while() -> None:
    """Be stopped until another process has seen that, and a while longer."""
    me = os.getpid()

    def let_go_on() -> None:
        while Path(f"/proc/{me}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.01)
        time.sleep(0.2)  # the harness looks meanwhile
        os.kill(me, signal.SIGCONT)

    other = fork(let_go_on)
    os.kill(me, signal.SIGSTOP)
    os.waitpid(other, 0)
    answer()


@way
def be_stopped_for_good() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


@way
def close_all_then_exit() -> None:
    start()
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    os._exit(7)


# --- breaks the protocol


@way
def garbage() -> None:
    start()
    write(b"hello, world\n")
    hang()


@way
def garbage_before_started() -> None:
    write(b"Loading...\n")
    hang()


@way
def not_utf8() -> None:
    write(b'{"kind": "error", "message": "\xff\xfe"}\n')
    hang()


@way
def nested_too_deep() -> None:
    write(b'{"kind": "started", "protocol": 1, "aside": ' + b"[" * 100_000 + b"\n")
    hang()


@way
def unknown_kind() -> None:
    start()
    say("progress", percent=40)
    hang()


@way
def other_protocol() -> None:
    say("started", protocol=3)
    hang()


@way
def sample_before_started() -> None:
    sample(asked()["cases"][0]["id"])
    hang()


@way
def too_few_samples() -> None:
    request = asked()
    start()
    for case in request["cases"]:
        outcome(case["id"])
    finish()


@way
def case_not_asked_for() -> None:
    start()
    sample("another")
    hang()


@way
def partial_line() -> None:
    start()
    write(b'{"kind": "sample", "case": "che')


@way
def partial_line_then_signal() -> None:
    start()
    write(b'{"kind": "sample", "case": "che')
    os.kill(os.getpid(), signal.SIGKILL)


@way
def long_line() -> None:
    start()
    for _ in range(20):
        write(b"x" * MIB)
    hang()


# --- answers wrongly, or not at all


@way
def wrong_digest() -> None:
    request = asked()
    start()
    for case in request["cases"]:
        samples(case)
        outcome(case["id"], WRONG)
    finish()


@way
def wrong_once() -> None:
    request = asked()
    start()
    for case in request["cases"]:
        samples(case)
        outcome(case["id"])
        outcome(case["id"], WRONG)
    finish()


def fail_last_case(reason: str) -> None:
    request = asked()
    start()
    *before, last = request["cases"]
    for case in before:
        samples(case)
        outcome(case["id"])
    say("error", case=last["id"], reason=reason, message=f"it was {reason}")
    finish()


@way
def fail_for_lack_of_memory() -> None:
    fail_last_case("out_of_memory")


@way
def fail_in_the_case() -> None:
    fail_last_case("crash")


@way
def fail_in_the_first_case() -> None:
    request = asked()
    start()
    say("error", case=request["cases"][0]["id"], message="already here")
    for case in request["cases"][1:]:
        samples(case)
        outcome(case["id"])
    finish()


@way
def refuse() -> None:
    asked()
    say("error", reason="unsupported", message="no such model")
    os._exit(2)


# --- takes what it should not


@way
def flood_standard_error() -> None:
    """Write 100 MB of complaints."""
    for _ in range(100):
        write(b"complaint " * 100_000, 2)
    write(b"\nand the last of them\n", 2)
    answer()


@way
def eat_memory() -> None:
    """Take up to 900 MiB, a little at a time, and keep it for a moment."""
    start()
    held = []
    for _ in range(90):
        held.append(bytearray(b"x") * (10 * MIB))
        time.sleep(0.005)
    hang()


@way
def never_read() -> None:
    start()
    hang()


@way
def burn() -> None:
    """Use processor time, here and in a child that is waited for, and say how much it was."""

    def busy() -> None:
        while time.process_time_ns() < 60_000_000:
            pass

    os.waitpid(fork(busy), 0)
    busy()
    times = os.times()
    own = time.process_time_ns()
    # The times of children count in ticks of at most 10 ms, rounded down.
    answer(own_ns=own, child_ns=int((times.children_user + times.children_system) * 1e9))


if __name__ == "__main__":
    signal.alarm(SELF_DESTRUCT_S)
    WAYS[sys.argv[1]]()
