"""Runs inside a Dask worker: unpacks Loombench's sources there, and passes orders to its program.

It needs the standard library and Dask alone. The coordinator uploads this file, so a worker needs
no Loombench, only the packages that Loombench imports.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLDEST = (3, 11)
POLL_S = 0.1
PATIENCE_S = 15.0  # that the program has to end its children
_STDERR_BYTES = 4_000
_NO_MORE = b""  # of the lines of a program that has ended


def digest_tree(folder: Path) -> str:
    """Return the digest of the files below a folder, as `digest_files` does."""
    return digest_files(
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in list_files(folder)}
    )


def digest_files(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of names and contents."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def list_files(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted, without what building and running creates."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in ("__pycache__", "bin")]
        found += [
            Path(place, name)
            for name in names
            if not name.endswith((".pyc", ".part", "_gen.go")) and not name.startswith(".")
        ]
    return sorted(found)


def ask(digest: str, order: bytes, parcel: bytes | None = None) -> tuple[list[bytes], str]:
    """Give an order to the program made of these sources. Returns (answers, why it failed).

    Without a parcel, and if these sources are not here, it fails with "no sources".
    """
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        return [], f"found Python {found}, expected {OLDEST[0]}.{OLDEST[1]} or later"
    program = _programs.get(digest)
    try:
        if program is None or program.has_ended:
            if program is not None:
                program.end()
            folder = _unpack(digest, parcel)
            if folder is None:
                return [], "no sources"
            program = _programs[digest] = _Program(folder)
        return program.ask(order, _create_check())
    except OSError as error:
        return [], f"{error.filename or 'the host'}: {error.strerror or error}"


_programs: dict[str, _Program] = {}


def _unpack(digest: str, parcel: bytes | None) -> Path | None:
    """Return the folder with these sources, or None if they are neither here nor in a parcel."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loombench"
    folder = base / "sources" / digest
    if folder.is_dir() and digest_tree(folder) == digest:
        return folder
    if parcel is None:
        return None
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(suffix=".part", dir=folder.parent))
    changed = part.with_suffix(".changed")
    try:
        with zipfile.ZipFile(io.BytesIO(parcel)) as archive:
            archive.extractall(part)
        if digest_tree(part) != digest:
            raise OSError(0, "the sources that arrived are not those that were sent", str(folder))
        # Another worker may share this folder, and may already run what is in it.
        if folder.is_dir() and digest_tree(folder) != digest:
            folder.rename(changed)
        with contextlib.suppress(OSError):
            part.rename(folder)
        if digest_tree(folder) != digest:
            raise OSError(0, "the sources changed while they were unpacked", str(folder))
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(changed, ignore_errors=True)
    return folder


def _create_check() -> Callable[[], bool]:
    """Return what tells whether the coordinator still waits for the answer of this task."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        is_running = worker.status.name in ("running", "paused")
        return is_running and task is not None and task.state in ("executing", "long-running")

    return is_wanted


class _Program:
    """A running `harness.measuring.fleet.host`, which ends when its standard input closes.

    It has a temporary folder of its own, which is removed when it has ended. What is killed leaves
    its files there, and they would fill the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._temporary = tempfile.TemporaryDirectory(
            prefix="loombench-", ignore_cleanup_errors=True
        )
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the program
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "harness.measuring.fleet.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "TMPDIR": self._temporary.name},
            start_new_session=True,  # Ctrl-C in the terminal of the worker is not for it
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._stdin, self._stdout = stdin, stdout
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, order: bytes, is_wanted: Callable[[], bool]) -> tuple[list[bytes], str]:
        """Write an order and return the lines of the answer, as `ask` does."""
        answers: list[bytes] = []
        try:
            self._stdin.write(order + b"\n")
            self._stdin.flush()
        except OSError:
            return [], self._explain_end()
        while True:
            try:
                line = self._lines.get(timeout=POLL_S)
            except queue.Empty:
                if is_wanted():
                    continue
                self.end()
                return [], "the coordinator no longer waits"
            if line == _NO_MORE:
                return [], self._explain_end()
            if line == b"\n":
                return answers, ""
            answers.append(line)

    def end(self) -> None:
        """End the program and all that it has started, and remove what it has left."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._temporary.cleanup()

    def _read(self) -> None:
        for line in self._stdout:
            self._lines.put(line)
        self._lines.put(_NO_MORE)

    def _explain_end(self) -> str:
        self.end()
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _STDERR_BYTES))
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        last = said[-1] if said else f"exit code {self._process.returncode}"
        return f"the program of Loombench ended: {last}"
