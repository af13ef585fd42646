"""Run one child process with limits: lines in, lines out, and no orphans left behind.

Knows nothing about trials. The child leads a session of its own and is ended with all descendants.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING

import psutil

from harness.measuring.processes import orphans, watchdog
from harness.measuring.processes.running_time import RunningTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_TICK_S = 0.25  # between checks of the limits; a check takes well under a millisecond
_TICK_BESIDE_OTHERS_S = 1.0  # of which each has its own checks, while one is timed
_STDERR_KEPT = 4_096
_LONGEST_LINE = 16 * 2**20
_GRACE_S = 2.0  # for descendants of the child to notice that it has ended
_LONGEST_STOP = 2  # times the timeout, for whoever has stopped a child to continue it
STANDSTILL = "standstill"


@dataclass
class Limits:
    """When to stop a child. The timeout may be changed while the child runs."""

    timeout_s: float  # of running time of this process, since the start of the child
    memory_bytes: int  # by how much the machine's free memory may fall
    has_neighbours: bool = False  # others are measured beside it, and use memory too


@dataclass
class ChildResult:
    """How a child ended. Times are in ns, measured by this process."""

    returncode: int  # negative: the signal that ended the child
    wall_ns: int
    cpu_ns: int  # user and system time of the child and of all descendants that were waited for
    stderr_end: str
    # Why we stopped it: timeout, standstill, memory, interrupt, or a reason from `on_line`.
    stopped: str = ""
    orphan_count: int = 0  # processes that outlived the child, in any session, and were killed
    stood_still_s: float = 0.0  # how long it, this process or the machine did not run meanwhile


class Handle:
    """Lets other threads write to a running child or terminate it.

    After the child is reaped and its pipes are closed, its process id and descriptors may belong to
    others. A lock keeps them from being used at that moment.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def attach(self, process: subprocess.Popen[bytes]) -> None:
        """Refer to a child that was started."""
        with self._lock:
            self._process = process

    @contextlib.contextmanager
    def detaching_when_reaped(self) -> Iterator[None]:
        """Hold the lock while the caller may reap the child; detach from the child if it did."""
        with self._lock:
            yield
            if self._process is not None and self._process.returncode is not None:
                self._process = None

    def write_line(self, line: bytes) -> None:
        """Write a short line to the child's input; do nothing if the child has ended."""
        with self._lock:
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    os.write(self._process.stdin.fileno(), line)

    def list_processes(self) -> tuple[int, ...]:
        """Return the process ids of the child and of its descendants; none if it has ended."""
        with self._lock, contextlib.suppress(psutil.Error):
            if self._process is not None:
                child = psutil.Process(self._process.pid)
                return (child.pid, *(one.pid for one in child.children(recursive=True)))
        return ()

    def terminate(self) -> None:
        """Send SIGTERM; do nothing if the child has ended."""
        self._signal(os.kill, signal.SIGTERM)

    def kill_group(self) -> None:
        """Kill the child and its process group; do nothing if the child has ended."""
        self._signal(os.killpg, signal.SIGKILL)

    def _signal(self, send: Callable[[int, int], None], number: int) -> None:
        with self._lock:
            if self._process is not None:
                with contextlib.suppress(OSError):
                    send(self._process.pid, number)


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    first_line: bytes,
    limits: Limits,
    on_line: Callable[[bytes], str],
    interrupted: Callable[[], bool] = lambda: False,
    on_tick: Callable[[], None] = lambda: None,
    folder: Path | None = None,
    cores: frozenset[int] = frozenset(),
    handle: Handle | None = None,
) -> ChildResult:
    """Run a command until it ends or exceeds a limit. Raises OSError if it cannot be started.

    `on_line` receives each line of standard output; if it returns a text, the child is stopped for
    that reason. `interrupted` and `on_tick` are called about four times per second, or once if the
    child has neighbours. The child runs in `folder` (default: the current directory) and on `cores`
    (default: any).
    """
    with _pinning(cores):
        child = _Child(command, env, first_line, limits, on_line, folder, handle or Handle())
    stopped = ""
    try:
        stopped = child.exchange(interrupted, on_tick) or child.wait(interrupted) or child.drain()
    finally:
        result = child.finish(stopped)
    return result


def collect(
    command: Sequence[str],
    env: Mapping[str, str],
    timeout_s: float,
    most_bytes: int,
    interrupted: Callable[[], bool] = lambda: False,
    folder: Path | None = None,
) -> tuple[ChildResult, bytes]:
    """Run a command as `run` does, beside others. Returns also what it has printed.

    One that prints more than `most_bytes` is stopped.
    """
    output = bytearray()

    def receive_line(line: bytes) -> str:
        output.extend(line + b"\n")
        return "its output is too long" if len(output) > most_bytes else ""

    limits = Limits(timeout_s, psutil.virtual_memory().available // 2, has_neighbours=True)
    result = run(command, env, b"", limits, receive_line, interrupted, folder=folder)
    return result, bytes(output)


@contextlib.contextmanager
def _pinning(cores: frozenset[int]) -> Iterator[None]:
    """Pin this thread to the cores, so that a process it starts inherits them."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class _Child:
    """A running child: its process, its pipes and its exit status."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        first_line: bytes,
        limits: Limits,
        on_line: Callable[[bytes], str],
        folder: Path | None,
        handle: Handle,
    ) -> None:
        self._limits = limits
        self._handle = handle
        self._lines = _LineSplitter(on_line)
        self._errors = bytearray()
        self._status: tuple[int, float] | None = None  # exit code, CPU seconds
        self._is_stopped = False  # by a signal, until it is continued
        env = {**env, **watchdog.marker_env()}
        self._free_before = psutil.virtual_memory().available
        input_end, self._in = _open_pipe()
        self._line = self._write(first_line)
        self._start_ns = time.perf_counter_ns()
        try:
            self.process = orphans.start_child(
                lambda: subprocess.Popen(
                    command,
                    env=env,
                    cwd=folder,
                    stdin=input_end,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    bufsize=0,
                    start_new_session=True,
                )
            )
        except BaseException:
            self._in.close()
            raise
        finally:
            os.close(input_end)
        self._clock = RunningTime()
        process = self.process
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin = self._in
        self._out, self._err = process.stdout, process.stderr
        handle.attach(process)

    def exchange(self, interrupted: Callable[[], bool], on_tick: Callable[[], None]) -> str:
        """Write what is left of the first line, and read until the child has ended.

        It is enough that it has closed its outputs. Standard input stays open. Returns why to stop
        the child, or an empty text.
        """
        line = self._line
        with selectors.DefaultSelector() as selector:
            for stream in (self._out, self._err):
                os.set_blocking(stream.fileno(), False)
            selector.register(self._in, selectors.EVENT_WRITE)
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._err, selectors.EVENT_READ)
            tick_s = _TICK_BESIDE_OTHERS_S if self._limits.has_neighbours else _TICK_S
            next_check = time.monotonic() + tick_s
            while selector.get_map().keys() - {self._in.fileno()}:
                for key, events in selector.select(max(0.0, next_check - time.monotonic())):
                    if events & selectors.EVENT_WRITE:
                        line = self._write(line)
                        is_done = not line
                    else:
                        data = os.read(key.fd, 65_536)
                        is_done = not data
                        if reason := self._receive(key.fileobj, data):
                            return reason
                    if is_done:
                        selector.unregister(key.fileobj)
                        next_check = 0.0  # a closed output usually means that the child has ended
                now = time.monotonic()
                if now >= next_check:
                    next_check = now + tick_s
                    if self._has_ended():
                        break  # descendants may still hold the pipes open
                    if reason := self._exceeded_limit(interrupted):
                        return reason
                    on_tick()
        return ""

    def _write(self, line: bytes) -> bytes:
        """Write as much as the pipe accepts; return the remaining bytes."""
        try:
            return line[os.write(self._in.fileno(), line) :]
        except BlockingIOError:
            return line
        except BrokenPipeError:  # the child ended without reading; its exit code gives the reason
            return b""

    def wait(self, interrupted: Callable[[], bool]) -> str:
        """Wait for a child that has closed its outputs. Returns why to stop it."""
        while not self._has_ended():
            if reason := self._exceeded_limit(interrupted):
                return reason
            time.sleep(0.001)
        return ""

    def drain(self) -> str:
        """Read what an ended child has left in its pipes. Returns what is wrong with it."""
        self._receive(self._err, _read_available(self._err.fileno()))
        reason = self._receive(self._out, _read_available(self._out.fileno()))
        # If the child crashed, an incomplete last line is a consequence and not the fault.
        return reason or (self._lines.finish() if self.process.returncode == 0 else "")

    def finish(self, stopped: str) -> ChildResult:
        """Kill the child if it still runs, end its orphans, and return the result."""
        wall_ns = time.perf_counter_ns() - self._start_ns
        self._clock.read()
        if self._status is None:
            self._handle.kill_group()
            self._has_ended(block=True)
        assert self._status is not None
        # Not closed earlier: a child takes the end of its input for the death of the harness.
        for stream in (self._in, self._out, self._err):
            stream.close()
        return ChildResult(
            returncode=self._status[0],
            wall_ns=wall_ns,
            cpu_ns=round(self._status[1] * 1e9),
            stderr_end=self._errors.decode("utf-8", "replace").strip(),
            stopped=stopped,
            orphan_count=orphans.end_orphans(self.process.pid, _GRACE_S),
            stood_still_s=self._clock.stood_still_s
            + (0.0 if stopped == STANDSTILL else self._clock.child_stopped_s),
        )

    def _receive(self, stream: object, data: bytes) -> str:
        if stream is self._out:
            return self._lines.feed(data)
        self._errors += data
        del self._errors[:-_STDERR_KEPT]
        return ""

    def _has_ended(self, *, block: bool = False) -> bool:
        """Return whether the child has ended, and reap it.

        Uses wait4 instead of Popen.wait to get the CPU time of this child alone. `ru_maxrss` is
        ignored, because it starts at the peak of this process.
        """
        if self._status is None:
            with self._handle.detaching_when_reaped():
                flags = 0 if block else os.WNOHANG | os.WUNTRACED | os.WCONTINUED
                pid, status, used = os.wait4(self.process.pid, flags)
                if pid == 0:
                    return False
                self._is_stopped = os.WIFSTOPPED(status)
                if not (self._is_stopped or os.WIFCONTINUED(status)):
                    self.process.returncode = os.waitstatus_to_exitcode(status)
                    self._status = self.process.returncode, used.ru_utime + used.ru_stime
        return self._status is not None

    def _exceeded_limit(self, interrupted: Callable[[], bool]) -> str:
        if interrupted():
            return "interrupt"
        if self._clock.read(is_stopped=self._is_stopped) > self._limits.timeout_s:
            return STANDSTILL if self._is_stopped else "timeout"  # those who take turns wait for it
        if self._clock.child_stopped_s > _LONGEST_STOP * self._limits.timeout_s:
            return STANDSTILL
        # The fall of free memory includes all descendants and takes one small read. Summing over
        # processes would use more CPU time than the harness may use beside a trial.
        fallen = self._free_before - psutil.virtual_memory().available
        if fallen > self._limits.memory_bytes and self._uses_most_of(fallen):
            return "memory"
        return ""

    def _uses_most_of(self, memory_bytes: int) -> bool:
        """Return whether this child, and not its neighbours, uses most of this memory."""
        if not self._limits.has_neighbours:
            return True
        used = 0
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self.process.pid)
            for process in (leader, *leader.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    used += process.memory_info().rss
        return used > memory_bytes // 2


class _LineSplitter:
    """Splits a byte stream into lines."""

    def __init__(self, on_line: Callable[[bytes], str]) -> None:
        self._on_line = on_line
        self._pending = bytearray()

    def feed(self, data: bytes) -> str:
        """Pass on complete lines. Returns why to stop, or an empty text."""
        self._pending += data
        if b"\n" in data:
            *lines, pending = self._pending.split(b"\n")
            self._pending = pending
            for line in lines:
                reason = self._on_line(bytes(line))
                if reason:
                    return reason
        if len(self._pending) > _LONGEST_LINE:
            return f"a line of more than {_LONGEST_LINE >> 20} MiB on standard output"
        return ""

    def finish(self) -> str:
        """Pass on a last line without a newline. It is probably cut, and so invalid JSON."""
        line = bytes(self._pending)
        return self._on_line(line) if line.strip() else ""


def _open_pipe() -> tuple[int, FileIO]:
    """Return the end of a new pipe for a child to read, and the one to write to; it never blocks.

    The first line is written before the child starts. Otherwise a child that asks for SIGIO could
    get the signal for a line it has already read: the kernel wakes the reader first.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    return reading, FileIO(writing, "wb")


def _read_available(descriptor: int) -> bytes:
    """Return the bytes in a pipe at this moment, without waiting for what others still write."""
    available = bytearray(4)
    fcntl.ioctl(descriptor, termios.FIONREAD, available)
    remaining = int.from_bytes(available, sys.byteorder)
    data = bytearray()
    while remaining > 0 and (chunk := os.read(descriptor, remaining)):
        data += chunk
        remaining -= len(chunk)
    return bytes(data)
