"""One child process from spawn to the last of its group: lines in, lines out, limits, no leftovers.

Knows nothing of trials. The child is in a session of its own, and whatever it started dies with it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TICK_S = 0.25  # how often limits are looked at; a look costs well under a millisecond
_STDERR_KEPT = 4_096
_LONGEST_LINE = 16 * 2**20
_GRACE_S = 2.0  # for helpers of the child to see that it is gone


@dataclass(frozen=True)
class Limits:
    """When a child is stopped."""

    timeout_s: float
    memory_bytes: int  # by how much the machine's free memory may fall


@dataclass
class Ended:
    """How a child ended. Times in ns, taken outside."""

    returncode: int  # negative: the signal that ended it
    wall_ns: int
    cpu_ns: int  # user and system, of the child and of all it waited for
    stderr_end: str
    stopped: str = ""  # why we stopped it: timeout, memory, interrupt, or what `on_line` said
    left_running: int = 0  # processes of its group that outlived it, now ended


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    first_line: bytes,
    limits: Limits,
    on_line: Callable[[bytes], str],
    interrupted: Callable[[], bool] = lambda: False,
    on_tick: Callable[[], None] = lambda: None,
) -> Ended:
    """Run a command to its end, or to the limits. Raises OSError if it cannot be started.

    `on_line` is given each line of standard output; a text that is not empty stops the child.
    """
    start = time.monotonic()
    start_ns = time.perf_counter_ns()
    free_before = psutil.virtual_memory().available
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    stopped = ""
    lines = _Lines(on_line)
    errors = bytearray()
    status: tuple[int, float] | None = None
    try:
        try:
            process.stdin.write(first_line)
        except BrokenPipeError:
            pass  # it ended without reading; its exit code tells
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            next_look = start + _TICK_S
            while selector.get_map() and not stopped:
                for key, _ in selector.select(max(0.0, next_look - time.monotonic())):
                    data = os.read(key.fd, 65_536)
                    if not data:
                        selector.unregister(key.fileobj)
                        if key.fileobj is process.stdout:
                            next_look = 0.0  # most likely the end: look at once
                    elif key.fileobj is process.stdout:
                        stopped = lines.feed(data)
                    else:
                        errors += data
                        del errors[:-_STDERR_KEPT]
                now = time.monotonic()
                if now >= next_look and not stopped:
                    next_look = now + _TICK_S
                    status = status or _waited(process)
                    if status is not None:
                        break  # gone, though somebody may hold its pipes open
                    stopped = _limit_reached(now - start, free_before, limits, interrupted)
                    on_tick()
        while status is None and not stopped:
            # It closed both its outputs; give it until the timeout to end.
            status = _waited(process)
            if status is None:
                stopped = _limit_reached(time.monotonic() - start, free_before, limits, interrupted)
                time.sleep(0.001)
        if not stopped:
            errors += _rest(process.stderr.fileno())
            stopped = lines.feed(_rest(process.stdout.fileno())) or lines.end()
    finally:
        wall_ns = time.perf_counter_ns() - start_ns
        process.stdin.close()
        if status is None:
            _kill_group(process.pid)
            status = _waited(process, block=True)
        assert status is not None
        left_running = _end_group(process.pid)
        process.stdout.close()
        process.stderr.close()
    return Ended(
        returncode=status[0],
        wall_ns=wall_ns,
        cpu_ns=round(status[1] * 1e9),
        stderr_end=errors[-_STDERR_KEPT:].decode("utf-8", "replace").strip(),
        stopped=stopped,
        left_running=left_running,
    )


class _Lines:
    """Cuts a stream into lines."""

    def __init__(self, on_line: Callable[[bytes], str]) -> None:
        self._on_line = on_line
        self._pending = bytearray()

    def feed(self, data: bytes) -> str:
        """Hand on the lines that are whole. Returns why to stop, or an empty text."""
        self._pending += data
        if b"\n" in data:
            *whole, rest = self._pending.split(b"\n")
            self._pending = rest
            for line in whole:
                reason = self._on_line(bytes(line))
                if reason:
                    return reason
        if len(self._pending) > _LONGEST_LINE:
            return f"a line of more than {_LONGEST_LINE >> 20} MiB on standard output"
        return ""

    def end(self) -> str:
        """Hand on what is left; a line that was never ended is most likely cut, and then no JSON."""
        line = bytes(self._pending)
        return self._on_line(line) if line.strip() else ""


def _rest(descriptor: int) -> bytes:
    """Return what a pipe holds at this moment."""
    data = bytearray()
    try:
        while chunk := os.read(descriptor, 65_536):
            data += chunk
    except BlockingIOError:
        pass
    return bytes(data)


def _waited(process: subprocess.Popen[bytes], *, block: bool = False) -> tuple[int, float] | None:
    """Return (exit code, CPU seconds) once the child has ended.

    wait4 rather than Popen.wait: it tells what this one child used. Its `ru_maxrss` is not looked
    at, since that starts at this process's own peak.
    """
    pid, status, used = os.wait4(process.pid, 0 if block else os.WNOHANG)
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def _limit_reached(
    elapsed_s: float, free_before: int, limits: Limits, interrupted: Callable[[], bool]
) -> str:
    if interrupted():
        return "interrupt"
    if elapsed_s > limits.timeout_s:
        return "timeout"
    # The fall of free memory covers all the child has started, at the price of one small read.
    # Summing over processes would cost more than the harness may use beside a trial.
    if free_before - psutil.virtual_memory().available > limits.memory_bytes:
        return "memory"
    return ""


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _end_group(group: int) -> int:
    """Wait until the group is empty, then end by force what is left; return how many that were."""
    deadline = time.monotonic() + _GRACE_S
    while _exists(group):
        living = _living(group)
        if not living:
            return 0  # only zombies, which somebody else will reap
        if time.monotonic() > deadline:
            _kill_group(group)
            return len(living)
        time.sleep(0.002)
    return 0


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _living(group: int) -> list[int]:
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return members
