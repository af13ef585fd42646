"""Network namespaces that stand for machines, joined by a bridge in a namespace of its own.

Each has a loopback, an address, a host name and a boot id of its own. It needs root on Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HUB = "hub"  # where the bridge is
_SUBNET = "10.213.77"
_PORT = "lb0"  # the network interface of a machine
_BECOME = (
    'hostname "$1" && mount --bind "$2" /proc/sys/kernel/random/boot_id && shift 2 && exec "$@"'
)


class Machines:
    """The hub and some machines."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """Create them. Raises OSError or CalledProcessError where that is not allowed."""
        self._folder = folder
        self._prefix = f"lb{uuid4().hex[:6]}"
        self._numbers = {name: number for number, name in enumerate((HUB, *names), 1)}
        self._stack = ExitStack()
        try:
            for name in self._numbers:
                self._create(name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stack.close()

    def address(self, name: str) -> str:
        return f"{_SUBNET}.{self._numbers[name]}"

    def within(self, name: str) -> list[str]:
        """Return the start of a command that runs on a machine."""
        boot = self._folder / f"{name}.boot"
        return [
            *("ip", "netns", "exec", self._namespace(name), "unshare", "--uts"),
            *("sh", "-c", _BECOME, "sh", name, str(boot)),
        ]

    def places(self, name: str) -> dict[str, str]:
        """Return the variables that give a machine folders of its own."""
        folder = self._folder / f"{name}.files"
        folder.mkdir(exist_ok=True)
        return {"TMPDIR": str(folder), "XDG_RUNTIME_DIR": str(folder)}

    def cut(self, name: str) -> None:
        """Pull the cable of a machine."""
        self._connect(name, "down")

    def mend(self, name: str) -> None:
        """Plug it in again."""
        self._connect(name, "up")

    def _connect(self, name: str, state: str) -> None:
        _ip("-n", self._namespace(HUB), "link", "set", f"to-{self._numbers[name]}", state)

    def _namespace(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _create(self, name: str) -> None:
        (self._folder / f"{name}.boot").write_text(f"{self._prefix}-{name}\n")
        namespace, port, hub = self._namespace(name), _PORT, self._namespace(HUB)
        _ip("netns", "add", namespace)
        self._stack.callback(_ip, "netns", "del", namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        if name == HUB:
            port = "bridge"
            _ip("-n", hub, "link", "add", port, "type", "bridge")
        else:
            end = f"to-{self._numbers[name]}"
            peer = ("peer", "name", _PORT, "netns", namespace)
            _ip("-n", hub, "link", "add", end, "type", "veth", *peer)
            _ip("-n", hub, "link", "set", end, "master", "bridge", "up")
        _ip("-n", namespace, "addr", "add", f"{self.address(name)}/24", "dev", port)
        _ip("-n", namespace, "link", "set", port, "up")


@contextmanager
def machines(folder: Path, names: Sequence[str]) -> Iterator[Machines]:
    it = Machines(folder, names)
    try:
        yield it
    finally:
        it.close()


def why_not() -> str:
    """Return why no machines can be made here; empty if they can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces need root"
    for program in ("ip", "unshare", "mount"):
        if shutil.which(program) is None:
            return f"network namespaces need the program {program}"
    probe = ("unshare", "--net", "--uts", "--mount", "true")
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return f"network namespaces are not allowed here: {done.stderr}" if done.returncode else ""


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)
