"""Make this interpreter look as if it ran on macOS: what only Linux has is gone.

A process with this folder in PYTHONPATH imports this module before anything else of its own.
"""

import builtins
import errno
import io
import os
import resource
import select
import signal
import sys
import sysconfig
import time
from collections.abc import Callable
from typing import Any

# It chooses how to ask the system when it is imported, and has to ask the real one.
import psutil  # noqa: F401

_LINUX_ONLY = {
    os: (
        *("sched_getaffinity", "sched_setaffinity", "sched_getscheduler", "sched_setscheduler"),
        *("pidfd_open", "memfd_create", "eventfd", "splice", "posix_fadvise", "posix_fallocate"),
        *("getrandom", "setresuid", "getresuid", "pipe2", "accept4", "fdatasync"),
    ),
    time: ("CLOCK_BOOTTIME", "CLOCK_TAI", "pthread_getcpuclockid"),
    select: ("epoll",),
    signal: ("sigwaitinfo", "sigtimedwait", "SIGPWR", "SIGSTKFLT", "SIGPOLL", "SIGRTMIN"),
    resource: ("prlimit", "RUSAGE_THREAD", "RLIMIT_NICE", "RLIMIT_OFILE", "RLIMIT_SIGPENDING"),
}
_MISSING = ("/proc", "/sys", "/dev/shm")


def _without_folders(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that finds no file in a folder that macOS has not."""

    def checked(path: Any = ".", *arguments: Any, **options: Any) -> Any:
        asks = sys._getframe(1).f_globals.get("__name__", "")
        if not isinstance(path, int) and not asks.startswith("psutil"):
            name = os.fsdecode(path)
            if any(name == folder or name.startswith(f"{folder}/") for folder in _MISSING):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return call(path, *arguments, **options)

    return checked


def _pretend() -> None:
    sysconfig.get_config_vars()  # is read once, from a file that is named after the platform
    for module, names in _LINUX_ONLY.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for module, name in ((builtins, "open"), (io, "open")):
        setattr(module, name, _without_folders(getattr(module, name)))
    for name in ("stat", "lstat", "listdir", "scandir", "access"):
        setattr(os, name, _without_folders(getattr(os, name)))
    sys.platform = "darwin"


_pretend()
