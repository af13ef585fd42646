"""The run directory: `run.json`, written once, and `trials.jsonl`, one synced line per trial.

A run that is only read may have `trials.jsonl.gz` instead, the same lines compressed.

Measurements are never rewritten. A torn last line (power cut, kill -9, full disk) is ignored with a
warning when reading, and truncated before appending.
"""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import UNREADABLE, Exit, Problem
from harness.results import schema_1
from harness.results.lock import HeldError, Lock
from harness.results.records import SCHEMA_VERSION, Run, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

RUN_FILE, TRIALS_FILE = "run.json", "trials.jsonl"
PACKED_FILE = f"{TRIALS_FILE}.gz"
_LOCK_FILE = ".lock"
_MIN_FREE_BYTES = 32 * 2**20

_trial_decoder = msgspec.json.Decoder(Trial)


class _Versioned(msgspec.Struct):
    schema_version: int


def lock_run(folder: Path) -> Lock:
    """Become the only writer of a run. Raises Problem if another process is."""
    with _explain_write_errors(folder):
        try:
            return Lock(folder / _LOCK_FILE)
        except HeldError as holder:
            raise _being_measured(folder, holder) from None


def refuse_if_measured(folder: Path) -> None:
    """Raise Problem if another process is the writer of a run. Creates no file."""
    try:
        if (folder / _LOCK_FILE).exists():
            Lock(folder / _LOCK_FILE).release()
    except HeldError as holder:
        raise _being_measured(folder, holder) from None
    except OSError:  # where nothing can be written, nobody measures
        return


def _being_measured(folder: Path, holder: HeldError) -> Problem:
    return Problem(
        f"{folder.name} is being measured by {holder}; wait until it has ended", Exit.NOT_POSSIBLE
    )


def encode_run(run: Run) -> bytes:
    """Return the text of `run.json`."""
    return msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n"


class RunWriter:
    """Appends trials to one run directory, as its only writer."""

    def __init__(self, folder: Path, lock: Lock | None = None) -> None:
        """Open a run; `lock` is that of `lock_run`, if it was taken before."""
        self.folder = folder
        self._path = folder / TRIALS_FILE
        self._lock = lock or lock_run(folder)
        with _explain_write_errors(self._path):
            self._refuse_packed()
            self._truncate_torn_line()
            self._file = self._path.open("ab", buffering=0)

    @classmethod
    def create(cls, out: Path, run: Run) -> RunWriter:
        """Create the directory `out/<run id>` and link `out/latest` to it. Raises Problem."""
        folder = out / run.id
        latest = out / "latest"
        if latest.is_dir() and not latest.is_symlink():
            raise Problem(f"{latest}: found a directory, expected a link; move it away")
        with _explain_write_errors(folder):
            folder.mkdir(parents=True)
            free = shutil.disk_usage(folder).free
            if free < _MIN_FREE_BYTES:
                folder.rmdir()
                raise Problem(
                    f"{out}: found {free // 2**20} MiB free, expected at least"
                    f" {_MIN_FREE_BYTES // 2**20} MiB; free some, or choose another --out",
                    Exit.NOT_POSSIBLE,
                )
            (folder / RUN_FILE).write_bytes(encode_run(run))
            _point_latest(out, folder)
        return cls(folder)

    def append(self, trial: Trial, *, sync: bool = True) -> None:
        """Append one trial and sync it to disk before returning, or leave that to `sync`.

        Raises Problem.
        """
        line = msgspec.json.encode(trial) + b"\n"
        with _explain_write_errors(self._path):
            while line:
                line = line[self._file.write(line) or 0 :]
        if sync:
            self.sync()

    def sync(self) -> None:
        """Sync what was appended to disk. Raises Problem."""
        with _explain_write_errors(self._path):
            os.fsync(self._file.fileno())

    def replace_run(self, run: Run) -> None:
        """Write `run.json` anew, with one more host; a reader finds either. Raises Problem."""
        part = self.folder / f"{RUN_FILE}.part"
        with _explain_write_errors(part):
            part.write_bytes(encode_run(run))
            part.replace(self.folder / RUN_FILE)

    def close(self) -> None:
        """Close the file, in which nothing is buffered, and let others write."""
        self._file.close()
        self._lock.release()

    def _refuse_packed(self) -> None:
        if not self._path.exists() and (self.folder / PACKED_FILE).exists():
            self._lock.release()
            raise Problem(
                f"{self.folder / PACKED_FILE}: found compressed trials, to which none can be added;"
                " first: gunzip it",
                Exit.NOT_POSSIBLE,
            )

    def _truncate_torn_line(self) -> None:
        if not self._path.exists():
            return
        length = _whole_lines_length(self._path)
        if length < self._path.stat().st_size:
            os.truncate(self._path, length)


def _whole_lines_length(path: Path) -> int:
    """Return the length in bytes of a file's complete lines; reads backwards from the end."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - 65_536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
    return 0


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Create a folder that must not exist; remove it if nothing is written. Raises Problem."""
    with _explain_write_errors(folder):
        folder.mkdir(parents=True)
    try:
        yield
    finally:
        with suppress(OSError):  # there is something in it
            folder.rmdir()


def _point_latest(out: Path, folder: Path) -> None:
    latest = out / "latest"
    link = out / f".latest-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.replace(latest)  # atomic: `latest` always exists


@contextmanager
def _explain_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "earlier trials are kept; free some space and continue with --resume"
        elif error.errno == errno.EEXIST:
            advice = "a run of this name exists; choose another --out"
        else:
            advice = "choose another directory with --out"
        raise Problem(f"{path}: cannot be written: {reason}; {advice}", Exit.NOT_POSSIBLE) from None


def find_run(out: Path, name: str | None = None) -> Path:
    """Return the directory of a run, given as a path or a name in `out`; default: the latest.

    Raises Problem with the existing runs.
    """
    candidates = [out / "latest"] if name is None else [out / name, Path(name)]
    for candidate in candidates:
        if (candidate / RUN_FILE).is_file():
            return candidate.resolve()
    runs = (path.parent for path in out.glob(f"*/{RUN_FILE}") if path.is_file())
    known = sorted(run.name for run in runs if not run.is_symlink())
    hint = f"there is: {', '.join(known[-5:])}" if known else "make one with: loombench run"
    for candidate in candidates:
        if candidate.is_dir():
            raise Problem(f"{candidate}: found no file {RUN_FILE}, expected a run; {hint}")
    raise Problem(f"no run at {candidates[0]}; {hint}")


def is_part_of_run(path: Path) -> bool:
    """Return whether a file is what a run has stored, and so cannot be made again."""
    try:
        found = path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return False
    stored = (RUN_FILE, TRIALS_FILE, PACKED_FILE)
    return found.name in stored and (found.parent / RUN_FILE).is_file()


def trials_path(folder: Path) -> Path:
    """Return the file of a run's trials, which may be compressed."""
    plain, packed = folder / TRIALS_FILE, folder / PACKED_FILE
    return packed if packed.is_file() and not plain.exists() else plain


def open_trials(folder: Path) -> gzip.GzipFile | BufferedReader:
    """Open the lines of a run's trials, as they are or unpacked. Raises OSError."""
    path = trials_path(folder)
    return gzip.open(path) if path.name == PACKED_FILE else path.open("rb")


def write_packed(folder: Path, run: Run, trials: Iterable[Trial]) -> None:
    """Write a whole run, its trials compressed, instead of what the folder has. Raises Problem."""
    lines = b"".join(msgspec.json.encode(trial) + b"\n" for trial in trials)
    with _explain_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Without a time, so that the same trials are the same file.
        packed = gzip.compress(lines, 9, mtime=0)
        for name, data in ((RUN_FILE, msgspec.json.encode(run) + b"\n"), (PACKED_FILE, packed)):
            part = folder / f"{name}.part"
            part.write_bytes(data)
            part.replace(folder / name)
        (folder / TRIALS_FILE).unlink(missing_ok=True)


def read_run(folder: Path) -> Run:
    """Read run.json. Raises Problem if it is damaged or has a newer schema version."""
    path = folder / RUN_FILE
    try:
        text = path.read_bytes()
        version = msgspec.json.decode(text, type=_Versioned).schema_version
        if version == schema_1.VERSION:
            return schema_1.read_run(text)
        if version != SCHEMA_VERSION:
            raise Problem(
                f"{path}: schema_version: found {version}, expected at most {SCHEMA_VERSION};"
                " read it with the Loombench that wrote it",
                Exit.NOT_POSSIBLE,
            )
        return msgspec.json.decode(text, type=Run)
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from None
    except UNREADABLE as error:
        raise Problem(f"{path}: not a run file: {error}") from None


def read_trials(folder: Path, warnings: list[str]) -> Iterator[Trial]:
    """Yield the trials of a run in execution order, with one line in memory at a time.

    A torn last line is skipped and reported in `warnings`. Raises Problem for any other bad line,
    and for a trial that is there twice.
    """
    path = trials_path(folder)
    if path.is_fifo():  # nobody writes: it would be waited for
        raise Problem(f"{path}: cannot be read: found a pipe, expected a file")
    lines: dict[int, int] = {}  # hash of a trial's block and cell -> its line
    decode = schema_1.read_trial if _is_schema_1(folder) else _trial_decoder.decode
    try:
        with open_trials(folder) as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    warnings.append(
                        f"{TRIALS_FILE}:{number}: the last line is torn and was ignored"
                    )
                    return
                try:
                    trial = decode(line)
                except UNREADABLE as error:
                    raise Problem(f"{path}:{number}: not a trial: {error}") from None
                first = lines.setdefault(hash((trial.block, trial.cell)), number)
                if first != number:
                    raise Problem(
                        f"{path}:{number}: found {trial.cell.workload} {trial.cell.name} of block"
                        f" {trial.block} in line {first} too, expected each trial once; delete one"
                        " of the two lines"
                    )
                yield trial
    except FileNotFoundError:
        return
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise Problem(f"{path}: cannot be read: {reason}") from None


def _is_schema_1(folder: Path) -> bool:
    try:
        text = (folder / RUN_FILE).read_bytes()
        return msgspec.json.decode(text, type=_Versioned).schema_version == schema_1.VERSION
    except (OSError, *UNREADABLE):
        return False
