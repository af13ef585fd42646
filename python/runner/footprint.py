"""What this process has used, read from inside it.

`ru_maxrss` is not used: a child inherits its parent's peak through fork and exec, so a large
harness would make every child look large. VmHWM starts anew with the new address space.
"""

from __future__ import annotations

import gc
import os

from runner import clock
from runner.work import Unsupported


def usage() -> dict[str, int]:
    """Return counters of this process by name; what the platform does not tell is left out."""
    counters = {"gc_collections": sum(generation["collections"] for generation in gc.get_stats())}
    peak = peak_bytes()
    if peak is not None:
        counters["peak_bytes"] = peak
    try:
        import resource
    except ImportError:  # not a POSIX system
        return counters
    own = resource.getrusage(resource.RUSAGE_SELF)
    counters.update(
        user_ns=round(own.ru_utime * 1e9),
        system_ns=round(own.ru_stime * 1e9),
        voluntary_switches=own.ru_nvcsw,
        involuntary_switches=own.ru_nivcsw,
        minor_faults=own.ru_minflt,
        major_faults=own.ru_majflt,
    )
    return counters


def peak_bytes() -> int | None:
    """Return the largest resident size this process has had, or None where it is not known."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return _peak_elsewhere()


def _peak_elsewhere() -> int | None:
    """Return psutil's figure: the peak on Windows, on macOS the resident size at the end.

    Asked for after the last sample, so that loading psutil weighs on nothing.
    """
    try:
        import psutil
    except ImportError:
        return None
    told = psutil.Process().memory_info()
    return int(getattr(told, "peak_wset", told.rss))


def tree() -> dict[str, int]:
    """Return the memory of this process and its living descendants, and how many they are.

    Proportional sizes (PSS): a page that n processes share counts 1/n for each, so what forked
    workers share counts once. Empty where any of it is not known. The kernel walks the page tables
    for it, some milliseconds for a large process: never while a clock runs.
    """
    own = os.getpid()
    if not os.path.exists(f"/proc/{own}/task/{own}/children"):
        return {}  # this system does not list descendants, or has no PSS
    total = count = 0
    for pid in (own, *clock.descendants(own)):
        try:
            total += _pss_bytes(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        except OSError:
            return {}
        count += 1
    return {"pss_bytes": total, "pss_processes": count} if count else {}


def held() -> tuple[int, int | None]:
    """Return what this process and its living descendants hold, and what they have reserved.

    Bytes: proportional sizes (PSS) and virtual sizes, added up. Raises Unsupported where the
    system does not tell; never while a clock runs that counts.
    """
    weighed = tree()
    if not weighed:
        raise Unsupported("how much memory a living process holds is not known on this system")
    own = os.getpid()
    try:
        reserved = sum(map(_virtual_bytes, (own, *clock.descendants(own))))
    except OSError:
        return weighed["pss_bytes"], None
    return weighed["pss_bytes"], reserved


def _virtual_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _pss_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    raise ProcessLookupError
