"""What a child process leaves running: found in whatever session it hides, ended, and reaped.

On Linux this process asks to be given its orphaned descendants (PR_SET_CHILD_SUBREAPER). What a
child has left then shows up among our own children, also a daemon that forked twice and leads a
session of its own. Elsewhere only the child's process group can be searched.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>
_TASKS = Path("/proc/self/task")
_LOOK_S = 0.002
_GIVE_UP_S = 10.0  # what SIGKILL has not ended by then hangs in the kernel, or is not ours to end


_lock = threading.Lock()  # a server and who asks it run at once, each waited for by a thread
_watched: set[int] = set()  # the children that were started here and have not come to `end`
_ending: set[int] = set()  # those whose leftovers are being ended
_others: frozenset[int] = frozenset()  # children of ours that have nothing to do with those


def start(begin: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start a child whose leftovers are to be ended. What `begin` raises is raised.

    Our children of that moment are left alone ever after. Costs some ten microseconds.
    """
    global _others  # noqa: PLW0603 - a process has one set of children, whoever looks at it
    with _lock:
        # While another thread ends what its child has left, an orphan is nobody else's child.
        if _adopts() and not _watched and not _ending:
            _others = _children()
        process = begin()
        _watched.add(process.pid)
    return process


def end(child: int, grace_s: float) -> int:
    """End all that a child has left, once it is reaped; return how many had to be ended by force.

    Its helpers have `grace_s` seconds to see that it is gone. Where nothing is left, this takes
    some ten microseconds. While another child runs, nobody can tell whose an orphan is that has
    left its process group: it is the last child's to end it.
    """
    with _lock:
        _watched.discard(child)
        _ending.add(child)
    try:
        if _adopts():
            return _end_adopted(child, grace_s)
        return _end_group(child, grace_s)
    finally:
        with _lock:
            _ending.discard(child)


@cache
def _adopts() -> bool:
    """Become the one who is given our orphaned descendants; return whether that is so now.

    Only where the kernel also lists our children: those that are given to us must be reaped.
    """
    if not sys.platform.startswith("linux") or not _lists_children():
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):  # a libc without it
        return False


def _lists_children() -> bool:
    return (_TASKS / str(os.getpid()) / "children").is_file()


def _children() -> frozenset[int]:
    """Return the process ids of our children, ended ones that nobody has reaped included.

    The list of a process is complete only while none of its children is reaped; nobody but us
    reaps ours, and not while we read. So only our own are read: theirs come to us when they end.
    """
    children: set[int] = set()
    for thread in _TASKS.iterdir():  # the kernel lists children by the thread they belong to
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            children.update(map(int, (thread / "children").read_bytes().split()))
    return frozenset(children)


def _end_adopted(group: int, grace_s: float) -> int:
    deadline = time.monotonic() + grace_s
    while _adopted(group):
        if time.monotonic() > deadline:
            return _kill_adopted(group)
        time.sleep(_LOOK_S)
    return 0


def _adopted(group: int, *, kill: bool = False) -> list[int]:
    """Reap what has ended of the processes that were given to us; return the others.

    Only those of a process group while another child runs or is ended. `kill` them, where that is
    asked for: under the lock, since a process id is free as soon as somebody has reaped it.
    """
    with _lock:
        living = [pid for pid in _children() - _others - _watched if not _is_reaped(pid)]
        if _watched or _ending - {group}:
            living = [pid for pid in living if _group_of(pid) == group]
        if not living:
            _ending.discard(group)  # so that of two the second sees what is of neither group
        for pid in living if kill else []:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return living


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _is_reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _kill_adopted(group: int) -> int:
    """End by force what was given to us, then what that had started, and so on down.

    A child of ours that is not yet reaped keeps its process id, so nothing else can be hit; of a
    process further down, that could not be known.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + _GIVE_UP_S
    while (adopted := _adopted(group, kill=True)) and time.monotonic() < deadline:
        killed.update(adopted)
        time.sleep(_LOOK_S)
    return len(killed)


def kill_group(group: int) -> None:
    """End a process group by force, if it is there and ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end_group(group: int, grace_s: float) -> int:
    """Wait until the group is empty, then end by force what is left; return how many that were."""
    deadline = time.monotonic() + grace_s
    while _exists(group):
        living = _living(group)
        if not living:
            return 0  # only zombies, which somebody else will reap
        if time.monotonic() > deadline:
            kill_group(group)
            return len(living)
        time.sleep(_LOOK_S)
    return 0


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _living(group: int) -> list[int]:
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return members
