"""What measuring needs from the machine: a loopback, ports, open files, places for files.

`doctor` shows every check. After a trial that failed, the same checks tell whether the machine was
at fault: then the error is one that the lack explains.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.measuring.machine.kernel_files import KernelFiles
from harness.measuring.machine.limits import MANY_TASKS, read_pid_limits
from harness.results.records import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL_OPEN_FILES = 1_024
_MIN_PORTS = 4_096  # a closed connection keeps its port for a minute
_CONNECT_S = 2.0
_PORTS = "proc/sys/net/ipv4/ip_local_port_range"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where Linux keeps the locks of processes
_LONGEST_NAME = "pymp-12345678/listener-12345678"  # of a socket that multiprocessing makes
_NO_PORT = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
_NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)


class _Need(NamedTuple):
    """Something that the machine must have."""

    check: Callable[[], Diagnosis]  # has advice if it is missing
    errors: tuple[str, ...]  # that its lack explains, as parts of messages in lower case


def diagnose_essentials() -> list[Diagnosis]:
    """Check what measuring needs, besides the limits; what is missing has advice."""
    return [
        check()
        for check in (
            _check_loopback,
            _check_ports,
            _check_temporary_folder,
            _check_shared_memory,
        )
    ]


def find_lack(text: str) -> str:
    """Return what the machine lacks if that explains an error, with the remedy, or an empty text.

    `text` is the message of the error. A machine that lacks something else is not at fault.
    """
    folded = text.casefold()
    for need in _NEEDS:
        if any(error in folded for error in need.errors):
            found = need.check()
            if found.advice:
                return _describe(found)
    return ""


def find_lack_of_loopback() -> str:
    """Return why no server can be loaded on this machine, with the remedy, or an empty text."""
    found = _check_loopback()
    return _describe(found) if found.advice else ""


def _describe(found: Diagnosis) -> str:
    return f"{found.name}: {found.value}; {found.advice}"


def _check_loopback() -> Diagnosis:
    error = _try_loopback()
    if error is None:
        return Diagnosis("loopback", "works")
    if error.errno in (*_NO_PORT, *_NO_DESCRIPTOR):
        return Diagnosis("loopback", f"unknown ({_reason(error)})")
    advice = "servers cannot be measured; bring it up (ip link set lo up), or allow its use"
    return Diagnosis("loopback", f"does not work ({_reason(error)})", advice)


def _check_ports() -> Diagnosis:
    advice = "servers may run out of ports; set a wider net.ipv4.ip_local_port_range with sysctl"
    error = _try_loopback()
    if error is not None and error.errno in _NO_PORT:
        return Diagnosis("local ports", f"none is free ({_reason(error)})", advice)
    first, _, last = KernelFiles().read(_PORTS).partition("\t")
    if not (first.isdigit() and last.isdigit()):
        return Diagnosis("local ports", "unknown")
    count = max(0, int(last) - int(first) + 1)
    return Diagnosis("local ports", f"{count:,}", advice if count < _MIN_PORTS else "")


def _try_loopback() -> OSError | None:
    """Connect to a port of the loopback, as load generators do; return why that failed."""
    try:
        with socket.socket() as listener, socket.socket() as client:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client.settimeout(_CONNECT_S)
            client.connect(listener.getsockname())
    except OSError as error:
        return error
    return None


def _check_open_files() -> Diagnosis:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_low = soft != resource.RLIM_INFINITY and soft < _USUAL_OPEN_FILES
    return Diagnosis(
        "open files", f"at most {soft:,}", "raise it: ulimit -n 20000" if is_low else ""
    )


def _check_processes() -> Diagnosis:
    limits = [*read_pid_limits(KernelFiles())]
    number = getattr(resource, "RLIMIT_NPROC", None)
    if number is not None and (soft := resource.getrlimit(number)[0]) != resource.RLIM_INFINITY:
        limits.append(soft)
    lowest = min(limits, default=MANY_TASKS)
    advice = "raise it: ulimit -u 32768, and pids.max of the container (--pids-limit)"
    return Diagnosis(
        "processes and threads", f"at most {lowest:,}", advice if lowest < MANY_TASKS else ""
    )


def _check_temporary_folder() -> Diagnosis:
    name, advice = "temporary folder", "set TMPDIR to a folder that can be written, such as /tmp"
    try:
        folder = tempfile.gettempdir()
        with tempfile.TemporaryDirectory(prefix="loombench-") as made:
            Path(made, "file").write_bytes(b"x")
    except OSError as error:
        return Diagnosis(name, f"cannot be written ({_reason(error)})", advice)
    if not _can_name_socket(f"{folder}/{_LONGEST_NAME}"):
        advice = "too long a path for a socket; set TMPDIR to a shorter one, such as /tmp"
        return Diagnosis(name, folder, advice)
    return Diagnosis(name, folder)


def _can_name_socket(path: str) -> bool:
    if not hasattr(socket, "AF_UNIX"):
        return True
    with socket.socket(socket.AF_UNIX) as unbound:
        try:
            unbound.connect(path)
        except OSError as error:
            return error.errno is not None  # a path that is too long has no number: no call is made
    return True


def _check_shared_memory() -> Diagnosis:
    name = "shared memory"
    if not sys.platform.startswith("linux"):
        return Diagnosis(name, "unknown")
    if os.access(_SHARED_MEMORY, os.W_OK):
        return Diagnosis(name, "works")
    advice = "processes cannot share locks; mount a tmpfs there that everyone can write"
    return Diagnosis(name, f"{_SHARED_MEMORY} cannot be written", advice)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


_NEEDS = (
    _Need(_check_loopback, ("network is unreachable", "network is down")),
    _Need(_check_ports, ("assign requested address", "address already in use")),
    _Need(_check_open_files, ("too many open files",)),
    _Need(
        _check_processes,
        ("start new thread", "resource temporarily unavailable", "create new os thread"),
    ),
    _Need(
        _check_temporary_folder,
        (
            *("path too long", "name too long", "temporary directory", "invalid argument"),
            *("read-only file system", "no space left", "permission denied", "no such file"),
        ),
    ),
    _Need(
        _check_shared_memory,
        ("sem_open", "semaphore", "permission denied", "read-only file system", "no space left"),
    ),
)
