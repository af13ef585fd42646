"""Read the memory and the resources that this process and its descendants use.

`ru_maxrss` is not used: a child inherits its parent's peak through fork and exec, so a large
harness would make every child look large. VmHWM starts again with the new address space.
"""

from __future__ import annotations

import gc
import os

from runner import clock
from runner.work import Unsupported

# THREAD_SIZE, the size of a thread's stack in the kernel. No file tells it for one process.
_KERNEL_STACK = {"x86_64": 16_384, "aarch64": 16_384}


def usage() -> dict[str, int]:
    """Return counters of this process by name, without those the platform does not report."""
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
    """Return the peak resident size of this process, or None if it is unknown."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return _psutil_peak_bytes()


def _psutil_peak_bytes() -> int | None:
    """Return the peak that psutil reads on Windows, or the current resident size on macOS.

    Called after the last sample, so loading psutil affects no measurement.
    """
    try:
        import psutil
    except ImportError:
        return None
    memory = psutil.Process().memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))


def tree_usage() -> dict[str, int]:
    """Return the memory of this process and its living descendants, and the number of processes.

    Counts proportional set sizes (PSS): a page that n processes share counts 1/n for each, so
    pages shared by forked workers count once. Returns an empty dict if any size is unknown. The
    kernel walks the page tables, which takes milliseconds for a large process: do not call this
    during a sample.
    """
    own = os.getpid()
    if not os.path.exists(f"/proc/{own}/task/{own}/children"):
        return {}  # this system does not list descendants, or has no PSS
    total = count = 0
    for pid in (own, *clock.descendants(own)):
        try:
            total += _pss_bytes(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended in the meantime
        except OSError:
            return {}
        count += 1
    return {"pss_bytes": total, "pss_processes": count} if count else {}


def held_bytes() -> dict[str, int | None]:
    """Return the PSS, the virtual size and the kernel memory of this process and its descendants.

    The last two are None if unknown. Raises Unsupported if the system does not report PSS. Do not
    call this while a measured clock runs.
    """
    memory = tree_usage()
    if not memory:
        raise Unsupported("this system does not report the memory (PSS) of a running process")
    sizes: dict[str, int | None] = {"bytes": memory["pss_bytes"]}
    own = os.getpid()
    for name, read in (("virtual_bytes", _virtual_bytes), ("kernel_bytes", _kernel_bytes)):
        try:
            sizes[name] = sum(map(read, (own, *clock.descendants(own))))
        except (OSError, LookupError):
            sizes[name] = None
    return sizes


def _kernel_bytes(pid: int) -> int:
    """Return the page tables and the kernel stacks of a process.

    The kernel's small objects for a process or thread, such as task_struct, are left out: about 7
    KiB a thread, which no file tells for one process. Raises LookupError if the size of a stack is
    unknown.
    """
    stack = _KERNEL_STACK[os.uname().machine]
    with open(f"/proc/{pid}/status", "rb") as file:
        status = dict(line.split(b":", 1) for line in file)
    return int(status[b"VmPTE"].split()[0]) * 1024 + int(status[b"Threads"]) * stack


def _virtual_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _pss_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    raise ProcessLookupError
