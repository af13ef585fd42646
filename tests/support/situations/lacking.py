"""Situations in which the machine lacks something that measuring needs."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from harness.paths import ROOT
from tests.support.situations.meeting import (
    CANNOT,
    OK,
    SHOW,
    Make,
    Situation,
    has_go,
)

LONG = "x" * 100


@cache
def has_namespaces() -> bool:
    """Return whether a process may be given a network and mounts of its own."""
    command = ["unshare", "--net", "--mount", "true"]
    return (
        shutil.which("unshare") is not None and not subprocess.run(command, check=False).returncode
    )


def has_server() -> bool:
    return has_namespaces() and has_go()


def folder(name: str) -> Make:
    return lambda place: (place.root / name).mkdir()


def read_only(path: str) -> str:
    """Return what starts a command where a folder is empty and cannot be written."""
    mount = f'mount -t tmpfs -o ro none {path} && exec "$@"'
    return f"exec unshare --mount sh -c '{mount}' sh \"$@\""


ROWS = (
    Situation(
        "few open files for a server",
        "validate echo --model go",
        CANNOT,
        shows="open files: found a limit of 30",
        env={"COLUMNS": "400"},
        shell='ulimit -n 30; exec "$@"',
        needs=has_go,
    ),
    Situation(
        "too long a path for temporary files",
        "doctor",
        OK,
        shows="set TMPDIR to a shorter one",
        env={"TMPDIR": f"{{root}}/{LONG}", "COLUMNS": "400"},
        make=folder(LONG),
    ),
    Situation(
        "shared memory that cannot be written",
        "doctor",
        OK,
        shows="/dev/shm cannot be written",
        env={"COLUMNS": "400"},
        shell=read_only("/dev/shm"),
        needs=has_namespaces,
    ),
    Situation(
        "a read-only clone without the Go programs",
        "list --workload noop --model go",
        OK,
        shows="go/bin cannot be written",
        env={"COLUMNS": "400"},
        shell=read_only(str(ROOT / "go" / "bin")),
        needs=has_server,
    ),
    Situation(
        "a current directory that has been deleted",
        SHOW,
        OK,
        shows="noop",
        shell='mkdir {root}/gone; cd {root}/gone; rmdir {root}/gone; exec "$@"',
    ),
)
