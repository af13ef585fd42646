"""What planted runners do that leave processes behind; entered into the table of `misbehaving`."""

from __future__ import annotations

import contextlib
import fcntl
import os

from speaking import answer, fork, hang, start, way, write


@way
def leave_a_child() -> None:
    """Leave a process that holds neither of the pipes."""
    fork(lambda: (os.close(0), os.close(1), os.close(2), hang()))
    answer()


@way
def leave_a_child_that_holds_the_pipes() -> None:
    fork(hang)
    answer()


@way
def leave_children_that_flood() -> None:
    """Leave processes that write to standard output faster than anybody reads."""
    answer()
    with contextlib.suppress(AttributeError, OSError):
        fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 2**20)  # a large pipe is never found empty

    def flood() -> None:
        line = b'{"kind": "unheard_of", "task": "a", "what": "b", "at_ns": 1}\n'
        while True:
            write(line * (2**20 // 2 // len(line)))

    for _ in range(3):
        fork(flood)


@way
def leave_a_child_in_another_session() -> None:
    """Leave a process that has left the process group, and holds no pipe."""
    fork(lambda: (os.setsid(), close_all(), hang()))
    answer()


@way
def leave_a_daemon() -> None:
    """Leave a process as a daemon starts itself: in a session whose leader has ended."""
    ready, told = os.pipe()

    def second() -> None:
        close_all()
        os.write(told, b"x")
        hang()

    os.waitpid(fork(lambda: (os.setsid(), fork(second))), 0)
    os.read(ready, 1)
    answer()


@way
def leave_a_family() -> None:
    """Leave three generations, each in a session of its own; they are there before the answer."""
    ready, told = os.pipe()

    def second() -> None:
        os.setsid()
        fork(hang)
        os.write(told, b"x")
        hang()

    fork(lambda: (os.setsid(), fork(second), hang()))
    os.read(ready, 1)
    answer()


@way
def leave_a_zombie() -> None:
    """Leave a process that has ended, and that its own parent never waits for."""
    pid = fork(lambda: None)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    answer()


@way
def hang_with_a_daemon() -> None:
    os.waitpid(fork(lambda: (os.setsid(), fork(hang))), 0)
    start()
    hang()


def close_all() -> None:
    for descriptor in (0, 1, 2):
        os.close(descriptor)
