"""Read the kernel's files in /proc and /sys. An unreadable file has no text."""

from __future__ import annotations

from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class KernelFiles:
    """The kernel's files below a root folder, so that tests can provide their own."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def read(self, path: str | PurePath) -> str:
        """Return the stripped text of a file; empty if it cannot be read."""
        try:
            return (self._root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def read_all(self, pattern: str) -> list[str]:
        """Return the non-empty texts of the files that match a pattern, in order of path."""
        paths = sorted(self._root.glob(pattern))
        return [text for path in paths if (text := self.read(path.relative_to(self._root)))]

    def read_cgroup(self, controller: str, name: str, old_name: str = "") -> Iterator[str]:
        """Yield a file's text in the cgroup of this process and in each parent cgroup.

        `old_name` is the name in cgroup version 1, where each controller has its own tree, or
        shares one with others (`cpu,cpuacct`).
        """
        for line in self.read("proc/self/cgroup").splitlines():
            _, _, membership = line.partition(":")
            controllers, _, path = membership.partition(":")
            if not controllers:
                trees, file = ["", "unified"], name
            elif controller in controllers.split(","):
                trees, file = [controllers, controller], old_name or name
            else:
                continue
            own = PurePosixPath(path.lstrip("/"))
            for tree in trees:
                folder = PurePosixPath("sys/fs/cgroup") / tree
                texts = [self.read(folder / place / file) for place in (own, *own.parents)]
                if any(texts):  # the other tree is the same one by another name
                    yield from filter(None, texts)
                    break
