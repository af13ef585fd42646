"""How many more processes or threads the system allows; half of them are left to others."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

FILES_EACH = 4  # descriptors that the parent of a process may need for it


def allowed_threads() -> int:
    """Return half of the threads that the system still allows to this user and its container."""
    left = [limit - used for limit, used in _limits()]
    return max(1, min(left) // 2)


def allowed_processes() -> int:
    """Return the same for processes, each of which also takes descriptors of its parent."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(allowed_threads(), soft // FILES_EACH))


def _limits() -> Iterator[tuple[int, int]]:
    """Yield each limit on threads, of which a process has at least one, and how many there are."""
    everywhere = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    for name in ("pid_max", "threads-max"):
        yield int(Path("/proc/sys/kernel", name).read_text()), everywhere
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft != resource.RLIM_INFINITY:
        yield soft, _count_own_threads()
    for folder in _cgroups():
        text = _read(folder / "pids.max")
        if text.isdigit():
            yield int(text), int(_read(folder / "pids.current") or 0)


def _count_own_threads() -> int:
    """Return the threads of all processes of this user."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.getuid():
                total += sum(1 for _ in (folder / "task").iterdir())
        except OSError:
            continue  # it has ended
    return total


def _cgroups() -> Iterator[Path]:
    """Yield the control groups of this process that may limit threads, and those above them."""
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "pids"):
            root = Path("/sys/fs/cgroup", controllers)
            group = root / path.lstrip("/")
            yield from (root, group, *(above for above in group.parents if root in above.parents))


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
