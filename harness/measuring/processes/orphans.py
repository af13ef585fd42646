"""Find, end and reap the processes that a child leaves behind, in any session.

On Linux this process becomes a child subreaper (PR_SET_CHILD_SUBREAPER). Orphans of a child then
become our own children, even a daemon that forked twice and leads a session of its own. On other
systems only the process group of the child is searched.
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

_SET_CHILD_SUBREAPER = 36  # from <linux/prctl.h>
_TASKS = Path("/proc/self/task")
_POLL_S = 0.002
_GIVE_UP_S = 10.0  # a process that survives SIGKILL this long hangs in the kernel or is not ours


_lock = threading.Lock()  # a server and its load generator run at once, on different threads
_watched: set[int] = set()  # children from start_child, until end_orphans is called for them
_ending: set[int] = set()  # children whose orphans are being ended
_unrelated: frozenset[int] = frozenset()  # our other children


def start_child(spawn: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start a child whose orphans will be ended. Raises whatever `spawn` raises.

    Children that already exist are never touched. Takes about ten microseconds.
    """
    global _unrelated  # noqa: PLW0603 - the set of children belongs to the whole process
    with _lock:
        # While another thread ends the orphans of its child, they are among our children.
        if _become_subreaper() and not _watched and not _ending:
            _unrelated = _children()
        process = spawn()
        _watched.add(process.pid)
    return process


def end_orphans(child: int, grace_s: float) -> int:
    """End all orphans of a reaped child and return how many had to be killed.

    Orphans get `grace_s` seconds to end by themselves. Takes about ten microseconds if there are
    none. While another child runs, an orphan that has left its process group cannot be attributed;
    it is ended after the last child.
    """
    with _lock:
        _watched.discard(child)
        _ending.add(child)
    try:
        if _become_subreaper():
            return _end_adopted(child, grace_s)
        return _end_group(child, grace_s)
    finally:
        with _lock:
            _ending.discard(child)


@cache
def _become_subreaper() -> bool:
    """Become the subreaper of our descendants; return whether that worked.

    Requires that the kernel lists our children, because adopted orphans must be reaped.
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
    """Return the process ids of our children, including zombies.

    The kernel's list is complete only while no child is being reaped. Only this process reaps its
    children, and not while it reads. Descendants need no list: they become our children when their
    parents end.
    """
    children: set[int] = set()
    for thread in _TASKS.iterdir():  # the kernel lists children per thread
        with contextlib.suppress(OSError):  # the thread has ended
            children.update(map(int, (thread / "children").read_bytes().split()))
    return frozenset(children)


def _end_adopted(group: int, grace_s: float) -> int:
    deadline = time.monotonic() + grace_s
    while _reap_orphans(group):
        if time.monotonic() > deadline:
            return _kill_adopted(group)
        time.sleep(_POLL_S)
    return 0


def _reap_orphans(group: int, *, kill: bool = False) -> set[int]:
    """Reap ended orphans and return the living ones, optionally killing them.

    While another child runs, or its orphans are being ended, only orphans in the process group
    `group` are returned. Killing happens under the lock, because a process id can be reused as soon
    as it is reaped.
    """
    with _lock:
        orphans = _children() - _unrelated - _watched
        while orphans != (living := {pid for pid in orphans if not _try_reap(pid)}):
            # Whoever has just been reaped may have left us its own children meanwhile.
            orphans = _children() - _unrelated - _watched
        if _watched or _ending - {group}:
            living = {pid for pid in living if _process_group(pid) == group}
        if not living:
            _ending.discard(group)  # the other of two children then gets orphans of neither group
        for pid in living if kill else ():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return living


def _process_group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _try_reap(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _kill_adopted(group: int) -> int:
    """Kill our orphans, then the orphans that those leave, and so on.

    Only our own children are killed. They keep their process ids until we reap them, so no other
    process can be hit.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + _GIVE_UP_S
    while (orphans := _reap_orphans(group, kill=True)) and time.monotonic() < deadline:
        killed.update(orphans)
        time.sleep(_POLL_S)
    return len(killed)


def _kill_group(group: int) -> None:
    """Kill a process group if it exists and is ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end_group(group: int, grace_s: float) -> int:
    """Wait for the group to become empty, then kill the rest; return the number killed."""
    deadline = time.monotonic() + grace_s
    while _group_exists(group):
        living = _living_members(group)
        if not living:
            return 0  # only zombies, which their parent will reap
        if time.monotonic() > deadline:
            _kill_group(group)
            return len(living)
        time.sleep(_POLL_S)
    return 0


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _living_members(group: int) -> list[int]:
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return members
